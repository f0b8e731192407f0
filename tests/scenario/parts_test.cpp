// Parts: entities that live within another one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::string kDesk = R"(
ruleset desk { zone "UTC" currency USD channels call as task, note as message }
entity customer by customer_id { name text = "?"  region text  vip flag = no }
entity ticket by ticket_id within customer { subject text = "?" }
event updated of customer sets name, region, vip
event viewed  of customer { page text }
event ordered of customer
event opened  of ticket { amount money } sets subject
event replied of ticket
event closed  of ticket
unit desk
unit sales
)";

const std::string kUnanswered = R"(
stall unanswered of ticket {
  after opened no replied, closed within 1 day
  because "{customer.name} of {customer.region} waits for an answer about {subject}"
}
)";

TEST(Parts, EachHasItsOwnStallAndReadsItsWhole) {
  const std::string rules = kDesk + kUnanswered + R"(
    nudge answer of ticket { while unanswered do call "Answer {customer.name}" to desk / customer.region, else desk }
  )";
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"updated","time":"2026-03-01T00:00:00Z","customer_id":"a","name":"Ada","region":"north"}
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"2","subject":"wind","amount":1}
    {"type":"opened","time":"2026-03-01T03:00:00Z","customer_id":"b","ticket_id":"1","subject":"snow","amount":1}
    {"type":"replied","time":"2026-03-01T04:00:00Z","customer_id":"a","ticket_id":"2"}
    {"type":"closed","time":"2026-03-03T00:00:00Z","customer_id":"a","ticket_id":"1"}
  )"),
      ElementsAre("2026-03-02T01:00:00Z sent answer a/1 -> desk/north: Answer Ada | Ada of north waits for "
                  "an answer about rain",
                  "2026-03-02T03:00:00Z sent answer b/1 -> desk: Answer ? | ? of unknown waits for an "
                  "answer about snow",
                  StartsWith("2026-03-03T00:00:00Z withdrawn answer a/1")));
}

TEST(Parts, TheirEventsCountForTheWhole) {
  const std::string rules = kDesk + R"(
    feature tickets of customer = count of opened in last 7 days
    nudge many of customer { on tickets >= 2 do note "{tickets}, idle {time since activity}" to desk }
    nudge second of ticket { on opened if tickets >= 2 do note "{ticket.subject}" to desk }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"2","subject":"wind","amount":1}
  )"),
              UnorderedElementsAre("2026-03-01T02:00:00Z sent many a -> desk: 2, idle 0 seconds",
                                   "2026-03-01T02:00:00Z sent second a/2 -> desk: wind"));
}

TEST(Parts, ThePolicyOfTheWholeCoversThem) {
  const std::string rules = kDesk + kUnanswered + R"(
    nudge answer of ticket { while unanswered do call "{subject}" to desk worth latest opened.amount }
    policy contact of customer { best 1 by worth }
  )";
  // Both deadlines are one moment: the better one goes out. When it ends, the other one takes its place.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"2","subject":"wind","amount":5}
    {"type":"closed","time":"2026-03-03T00:00:00Z","customer_id":"a","ticket_id":"2"}
  )"),
              ElementsAre(StartsWith("2026-03-02T01:00:00Z sent answer a/2 -> desk: wind"),
                          StartsWith("2026-03-02T01:00:00Z waiting answer a/1"),
                          StartsWith("2026-03-03T00:00:00Z withdrawn answer a/2"),
                          StartsWith("2026-03-03T00:00:00Z sent answer a/1 -> desk: rain")));
}

TEST(Parts, APolicyOfTheirOwnCountsForEach) {
  const std::string rules = kDesk + R"(
    nudge told of ticket { on replied do note "{subject}" to desk }
    policy calm of ticket { at most 1 nudges in 1 day }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"replied","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1"}
    {"type":"replied","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"2"}
    {"type":"replied","time":"2026-03-01T03:00:00Z","customer_id":"a","ticket_id":"1"}
  )"),
              ElementsAre(StartsWith("2026-03-01T01:00:00Z sent told a/1"),
                          StartsWith("2026-03-01T02:00:00Z sent told a/2"),
                          StartsWith("2026-03-01T03:00:00Z suppressed told a/1")));
}

TEST(Parts, WhatChangesOfTheWholeIsSeenAtOnce) {
  const std::string rules = kDesk + R"(
    nudge hurry of ticket { on customer.vip do note "{subject}" to desk }
    nudge other of ticket { on customer.region is "north" do note "north" to desk }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"2","subject":"wind","amount":1}
    {"type":"opened","time":"2026-03-01T02:00:00Z","customer_id":"b","ticket_id":"3","subject":"snow","amount":1}
    {"type":"updated","time":"2026-03-01T03:00:00Z","customer_id":"a","vip":true}
  )"),
              UnorderedElementsAre("2026-03-01T03:00:00Z sent hurry a/1 -> desk: rain",
                                   "2026-03-01T03:00:00Z sent hurry a/2 -> desk: wind"));
}

TEST(Parts, StallsOfTheWholeThatBeginByTimeAreConditions) {
  const std::string rules = kDesk + R"(
    stall silent of customer { quiet 2 days }
    nudge ask of ticket { while customer.silent and subject is "rain" do call "{subject}" to desk }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"2","subject":"wind","amount":1}
    {"type":"viewed","time":"2026-03-04T00:00:00Z","customer_id":"a","page":"/"}
  )"),
              ElementsAre("2026-03-03T02:00:00Z sent ask a/1 -> desk: rain",
                          StartsWith("2026-03-04T00:00:00Z withdrawn ask a/1")));
}

TEST(Parts, WhatEndsOfTheWholeAtTheInstantOfAnEventOpensInItsDeadlineMoment) {
  const std::string rules = kDesk + R"(
    stall active of customer { while any viewed in last 1 hour for 1 minute }
    nudge ask of ticket { on not customer.active do note "{subject}" to desk }
  )";
  // Just before the update the view has left, so the condition is early: it opens when the clock passes.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"/"}
    {"type":"opened","time":"2026-03-01T00:30:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"updated","time":"2026-03-01T01:00:00Z","customer_id":"a","name":"Ada"}
  )"),
              ElementsAre("2026-03-01T01:00:00Z sent ask a/1 -> desk: rain"));
}

TEST(Parts, TheTimeOfTheWholeWakesThem) {
  const std::string rules = kDesk + R"(
    feature idle of customer = time since viewed
    nudge ask of ticket { on customer.idle >= 90 minutes do note "{subject} after {idle}" to desk }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"/"}
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
  )",
                          {.until = "2026-03-02T00:00:00Z"}),
              ElementsAre("2026-03-01T01:30:00Z sent ask a/1 -> desk: rain after 1 hour 30 minutes"));
}

TEST(Parts, TheirJourneysFollowTheWhole) {
  const std::string rules = kDesk + R"(
    journey purchase of customer { start looking  looking -> buying on ordered  buying -> looking on viewed }
    journey work of ticket {
      start waiting
      waiting -> hot    when customer.purchase is buying
      hot     -> done   on closed
      waiting -> done   on closed
      end done
    }
    nudge hot_now of ticket { on work entering hot do note "{subject} {customer.purchase}" to desk }
  )";
  // Journeys read one snapshot: the ticket moves in the moment that follows.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"2","subject":"wind","amount":1}
    {"type":"closed","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"2"}
    {"type":"ordered","time":"2026-03-01T03:00:00Z","customer_id":"a"}
  )"),
              ElementsAre("2026-03-01T03:00:00Z sent hot_now a/1 -> desk: rain buying"));
}

TEST(Parts, AStallEndsWhenTheWholeIsInTheStageThatEndsIt) {
  const std::string rules = kDesk + R"(
    journey life of customer { start new  new -> buyer on ordered  end buyer }
    stall forgotten of ticket { quiet 1 hour until life is buyer because "x" }
    nudge remind of ticket { while forgotten do call "{subject}" to desk }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"opened","time":"2026-03-01T00:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"replied","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"1"}
    {"type":"ordered","time":"2026-03-01T02:30:00Z","customer_id":"a"}
  )"),
              ElementsAre(StartsWith("2026-03-01T01:00:00Z sent remind a/1"),
                          StartsWith("2026-03-01T02:30:00Z withdrawn remind a/1")));
}

TEST(Parts, RemindersFollowTheStageOfTheWhole) {
  const std::string rules = kDesk + R"(
    journey life of customer { start new  new -> buyer on ordered  end buyer }
    stall forgotten of ticket { quiet 1 hour because "x" }
    nudge remind of ticket {
      while forgotten
      repeat every (if life is buyer then 1 hour else 10 hours)
      do call "{subject}"
      to desk
    }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"opened","time":"2026-03-01T00:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"ordered","time":"2026-03-01T01:30:00Z","customer_id":"a"}
    {"type":"updated","time":"2026-03-01T03:30:00Z","customer_id":"b"}
  )"),
              ElementsAre(StartsWith("2026-03-01T01:00:00Z sent remind a/1"),
                          StartsWith("2026-03-01T02:00:00Z sent remind a/1"),
                          StartsWith("2026-03-01T03:00:00Z sent remind a/1")));
}

TEST(Parts, ScoresOfTheWholeTravelWithTheirReasons) {
  const std::string rules = kDesk + R"(
    score weight of customer { start 1  add 9 when vip because "a customer of ours" }
    nudge n of ticket { on opened if customer.weight > 5 do note "{ticket.subject}" to desk }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"updated","time":"2026-03-01T00:00:00Z","customer_id":"a","vip":true}
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"b","ticket_id":"1","subject":"rain","amount":1}
  )"),
              ElementsAre("2026-03-01T01:00:00Z sent n a/1 -> desk: rain | a customer of ours"));
}

const std::string kShortLived = R"(
ruleset desk { zone "UTC" channels call as task keep 2 }
entity customer by customer_id { name text = "?" forget after 10 days quiet }
entity ticket by ticket_id within customer { forget after 2 days quiet }
event seen of customer sets name
event opened of ticket
unit desk
stall waiting of ticket { quiet 1 hour }
nudge ask of ticket { while waiting do call "{count of opened}" to desk }
)";

TEST(Parts, AreForgottenAloneAndWithTheirWhole) {
  EXPECT_THAT(RunScenario(kShortLived, R"(
    {"type":"opened","time":"2026-03-01T00:00:00Z","customer_id":"a","ticket_id":"1"}
    {"type":"opened","time":"2026-03-09T00:00:00Z","customer_id":"a","ticket_id":"1"}
    {"type":"seen","time":"2026-03-30T00:00:00Z","customer_id":"b"}
  )"),
              ElementsAre("2026-03-01T01:00:00Z sent ask a/1 -> desk: 1",
                          StartsWith("2026-03-03T00:00:00Z withdrawn ask a/1"),
                          "2026-03-09T01:00:00Z sent ask a/1 -> desk: 1",
                          StartsWith("2026-03-11T00:00:00Z withdrawn ask a/1")));
}

TEST(Parts, TheQuietestGoesWhenThereAreTooMany) {
  EXPECT_THAT(RunScenario(kShortLived, R"(
    {"type":"opened","time":"2026-03-01T00:00:00Z","customer_id":"a","ticket_id":"1"}
    {"type":"opened","time":"2026-03-01T01:30:00Z","customer_id":"a","ticket_id":"2"}
    {"type":"opened","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"3"}
  )"),
              ElementsAre("2026-03-01T01:00:00Z sent ask a/1 -> desk: 1",
                          StartsWith("2026-03-01T02:00:00Z withdrawn ask a/1")));
}

TEST(Parts, LateEventsFindTheirPart) {
  const std::string rules = kDesk + kUnanswered + R"(
    nudge answer of ticket { while unanswered do call "{subject}" to desk }
  )";
  ScenarioOptions options;
  options.lateness_micros = 3'600'000'000;
  options.until = "2026-03-05T00:00:00Z";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"replied","time":"2026-03-01T01:30:00Z","customer_id":"a","ticket_id":"1"}
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T01:20:00Z","customer_id":"a","ticket_id":"2","subject":"wind","amount":1}
  )",
                          options),
              ElementsAre(StartsWith("2026-03-02T01:20:00Z sent answer a/2 -> desk: wind")));
}

TEST(Parts, StateCarriesOverToANewRuleset) {
  const std::string rules = kDesk + kUnanswered + R"(
    nudge answer of ticket { while unanswered do call "{subject}" to desk }
  )";
  ScenarioOptions options;
  options.next_rules = rules + R"(
    nudge more of ticket { on closed do note "{subject}" to desk }
    nudge most of customer { on ordered do note "ordered" to desk }
  )";
  options.swap_at = 2;
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"opened","time":"2026-03-01T01:00:00Z","customer_id":"a","ticket_id":"1","subject":"rain","amount":1}
    {"type":"opened","time":"2026-03-01T02:00:00Z","customer_id":"a","ticket_id":"2","subject":"wind","amount":1}
    {"type":"viewed","time":"2026-03-02T01:30:00Z","customer_id":"a","page":"/"}
    {"type":"closed","time":"2026-03-03T00:00:00Z","customer_id":"a","ticket_id":"1"}
  )",
                          options),
              ElementsAre(StartsWith("2026-03-02T01:00:00Z sent answer a/1 -> desk: rain"),
                          StartsWith("2026-03-02T02:00:00Z sent answer a/2 -> desk: wind"),
                          StartsWith("2026-03-03T00:00:00Z withdrawn answer a/1"),
                          StartsWith("2026-03-03T00:00:00Z sent more a/1 -> desk: rain")));
}

TEST(Parts, TheOneAndOnlyMayHaveParts) {
  const std::string rules = R"(
    ruleset shop { zone "UTC" channels note as message }
    entity shop { motto text = "open" }
    entity till by till_id within shop { }
    event sold of till
    unit desk
    feature sales of shop = count of sold
    nudge n of till { on sold if shop.sales >= 2 do note "{shop.motto} {count of sold} of {sales}" to desk }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"sold","time":"2026-03-01T01:00:00Z","till_id":"1"}
    {"type":"sold","time":"2026-03-01T02:00:00Z","till_id":"2"}
  )"),
              ElementsAre("2026-03-01T02:00:00Z sent n /2 -> desk: open 1 of 2"));
}

TEST(Parts, AreReportedWhereTheyCannotBe) {
  EXPECT_THAT(CodesOf(kDesk + "entity line by line_id within ticket { }"), testing::Contains("L0470"));
  EXPECT_THAT(CodesOf(kDesk + "entity line by customer_id within customer { }"), testing::Contains("L0471"));
  EXPECT_THAT(CodesOf(kDesk + "nudge n of ticket { on opened if region is known do note \"x\" to desk }"),
              testing::Contains("L0201"));
  EXPECT_THAT(
      CodesOf(kDesk + "nudge n of customer { on opened if ticket.subject is known do note \"x\" to desk }"),
      testing::Contains("L0214"));
  EXPECT_THAT(CodesOf(kDesk + "nudge n of ticket { on ordered do note \"x\" to desk }"),
              testing::Contains("L0217"));
}

}  // namespace
}  // namespace lull::test
