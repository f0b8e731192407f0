// Waits with the fields of their event, deadlines at a time, and sequences.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::string kWaitsShop = R"(
ruleset shop { zone "America/Chicago" currency USD channels call as task, note as message }
entity customer by customer_id { patience duration = 1 day  promise time }
event updated of customer sets patience, promise
event viewed  of customer { page text, seconds number? }
event quoted  of customer { quote_id text, amount money, promised_by time?, ready_on date? }
event ordered of customer { quote_id text?, amount money }
event called  of customer
unit sales
)";

TEST(Waits, TheAnswerIsComparedWithTheEventThatOpened) {
  const std::string rules = kWaitsShop + R"(
    stall unpaid of customer {
      after quoted as q no ordered where amount >= q.amount within 1 day
      because "{q.quote_id}: {q.amount} were asked for"
    }
    nudge n of customer { while unpaid do note "Ask for {q.amount}" to sales / q.quote_id, else sales worth q.amount }
  )";
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q1","amount":100}
    {"type":"ordered","time":"2026-03-01T01:00:00Z","customer_id":"a","amount":99}
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"b","quote_id":"q2","amount":100}
    {"type":"ordered","time":"2026-03-01T01:00:00Z","customer_id":"b","amount":100}
  )",
                  {.until = "2026-03-03T00:00:00Z"}),
      ElementsAre("2026-03-02T00:00:00Z sent n a -> sales/q1: Ask for 100 USD | q1: 100 USD were asked for"));
}

TEST(Waits, EachWaitIsComparedOnItsOwn) {
  const std::string rules = kWaitsShop + R"(
    stall unpaid of customer { after each quoted as q no ordered where amount >= q.amount within 1 day }
    nudge n of customer { while unpaid do note "{q.quote_id}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"small","amount":10}
    {"type":"quoted","time":"2026-03-01T01:00:00Z","customer_id":"a","quote_id":"large","amount":100}
    {"type":"ordered","time":"2026-03-01T02:00:00Z","customer_id":"a","amount":50}
  )",
                          {.until = "2026-03-03T00:00:00Z"}),
              ElementsAre("2026-03-02T01:00:00Z sent n a -> sales: large"));
}

TEST(Waits, EachWaitHasTheDeadlineOfItsOwnTime) {
  const std::string rules = kWaitsShop + R"(
    stall late of customer { after each quoted as q no ordered by q.time + 5 minutes }
    nudge n of customer { while late do note "late" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q1","amount":10}
    {"type":"quoted","time":"2026-03-01T00:02:00Z","customer_id":"a","quote_id":"q2","amount":10}
  )",
                          {.until = "2026-03-03T00:00:00Z"}),
              ElementsAre("2026-03-01T00:05:00Z sent n a -> sales: late",
                          "2026-03-01T00:07:00Z sent n a -> sales: late"));
}

TEST(Waits, OneThatIsOverAlreadyLastsToTheEndOfItsInstant) {
  const std::string rules = kWaitsShop + R"(
    stall late of customer { after first quoted as q no ordered within patience - 2 days }
    nudge n of customer { on late do note "{q.quote_id}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q1","amount":10}
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q2","amount":10}
  )",
                          {.until = "2026-03-03T00:00:00Z"}),
              ElementsAre("2026-03-01T00:00:00Z sent n a -> sales: q1"));
}

TEST(Waits, WhileAndWithinMayReadTheEventThatOpened) {
  const std::string rules = kWaitsShop + R"(
    stall one of customer {
      while q.amount > 50 USD
      after quoted as q no ordered within (if q.amount > 200 USD then 1 hour else 1 day)
    }
    stall many of customer {
      while q.amount > 50 USD
      after each quoted as q no ordered within (if q.amount > 200 USD then 1 hour else 1 day)
    }
    nudge n of customer { on one do note "{q.quote_id}" to sales }
    nudge m of customer { on many do note "{q.quote_id}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q1","amount":10}
    {"type":"quoted","time":"2026-03-01T01:00:00Z","customer_id":"a","quote_id":"q2","amount":300}
    {"type":"quoted","time":"2026-03-01T03:00:00Z","customer_id":"a","quote_id":"q3","amount":60}
  )",
                          {.until = "2026-03-03T00:00:00Z"}),
              UnorderedElementsAre("2026-03-01T02:00:00Z sent n a -> sales: q2",
                                   "2026-03-02T03:00:00Z sent n a -> sales: q3",
                                   "2026-03-01T02:00:00Z sent m a -> sales: q2",
                                   "2026-03-02T03:00:00Z sent m a -> sales: q3"));
}

TEST(Waits, ADeadlineByATimeOfTheEvent) {
  const std::string rules = kWaitsShop + R"(
    stall late of customer { after quoted as q no ordered by q.promised_by }
    stall each_late of customer { after each quoted as q no ordered by q.promised_by }
    nudge n of customer { on late do note "{q.quote_id}" to sales }
    nudge m of customer { on each_late do note "{q.quote_id}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T12:00:00Z","customer_id":"a","quote_id":"q1","amount":10,"promised_by":"2026-03-03T06:00:00Z"}
    {"type":"quoted","time":"2026-03-01T12:00:00Z","customer_id":"b","quote_id":"q2","amount":10,"promised_by":"2026-03-03T06:00:00Z"}
    {"type":"quoted","time":"2026-03-01T12:00:00Z","customer_id":"c","quote_id":"q3","amount":10}
    {"type":"ordered","time":"2026-03-03T06:00:00Z","customer_id":"b","amount":10}
  )",
                          {.until = "2026-03-09T00:00:00Z"}),
              UnorderedElementsAre("2026-03-03T06:00:00Z sent n a -> sales: q1",
                                   "2026-03-03T06:00:00Z sent m a -> sales: q1"));
}

TEST(Waits, ADeadlineByADateIsTheEndOfThatDay) {
  const std::string rules = kWaitsShop + R"(
    stall late of customer { after quoted as q no ordered by q.ready_on }
    stall each_late of customer { after each quoted as q no ordered by q.ready_on }
    nudge n of customer { on late do note "{q.quote_id}" to sales }
    nudge m of customer { on each_late do note "{q.quote_id}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T12:00:00Z","customer_id":"a","quote_id":"q1","amount":10,"ready_on":"2026-03-02"}
    {"type":"quoted","time":"2026-03-01T12:00:00Z","customer_id":"b","quote_id":"q2","amount":10,"ready_on":"2026-03-02"}
    {"type":"ordered","time":"2026-03-03T06:00:00Z","customer_id":"b","amount":10}
  )",
                          {.until = "2026-03-09T00:00:00Z"}),
              UnorderedElementsAre("2026-03-03T06:00:00Z sent n a -> sales: q1",
                                   "2026-03-03T06:00:00Z sent m a -> sales: q1"));
}

TEST(Waits, ADeadlineThatIsOverFallsDueAtTheEndOfTheInstantAndOneThatMovesIsReadAgain) {
  const std::string rules = kWaitsShop + R"(
    stall late of customer { after quoted no ordered by promise }
    nudge n of customer { on late do note "x" to sales }
  )";
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"updated","time":"2026-03-01T12:00:00Z","customer_id":"a","promise":"2026-02-01T00:00:00Z"}
    {"type":"quoted","time":"2026-03-01T13:00:00Z","customer_id":"a","quote_id":"q1","amount":10}
    {"type":"updated","time":"2026-03-01T12:00:00Z","customer_id":"b","promise":"2026-03-02T18:00:00Z"}
    {"type":"quoted","time":"2026-03-01T13:00:00Z","customer_id":"b","quote_id":"q1","amount":10}
    {"type":"updated","time":"2026-03-02T12:00:00Z","customer_id":"b","promise":"2026-03-05T06:00:00Z"}
  )",
                  {.until = "2026-03-09T00:00:00Z"}),
      ElementsAre("2026-03-01T13:00:00Z sent n a -> sales: x", "2026-03-05T06:00:00Z sent n b -> sales: x"));
}

TEST(Waits, AnOnNudgeThatWaitsKeepsTheEventOfItsEpisode) {
  const std::string rules = kWaitsShop + R"(
    stall unpaid of customer { after quoted as q no ordered within 1 hour }
    nudge n of customer { on unpaid do note "{q.quote_id}" to sales valid for 1 day }
    policy p of customer { quiet hours 20:00 to 08:00 }
  )";
  // At 02:00 UTC it is 20:00 in Chicago.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T02:00:00Z","customer_id":"a","quote_id":"q1","amount":10}
    {"type":"quoted","time":"2026-03-01T13:30:00Z","customer_id":"a","quote_id":"q2","amount":10}
  )",
                          {.until = "2026-03-01T14:00:00Z"}),
              ElementsAre(HasSubstr("waiting"), "2026-03-01T14:00:00Z sent n a -> sales: q1"));
}

TEST(Sequences, AreDueInTheMomentOfTheLastAndCountedFromTheLatestFirst) {
  const std::string rules = kWaitsShop + R"(
    nudge n of customer {
      on viewed as v then quoted within 30 minutes
      do note "{v.page}, then {quoted.quote_id} for {amount}" to sales
    }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"one"}
    {"type":"viewed","time":"2026-03-01T00:20:00Z","customer_id":"a","page":"two"}
    {"type":"quoted","time":"2026-03-01T00:50:00Z","customer_id":"a","quote_id":"q1","amount":10}
    {"type":"quoted","time":"2026-03-01T00:50:00Z","customer_id":"a","quote_id":"q2","amount":10}
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"b","page":"one"}
    {"type":"quoted","time":"2026-03-01T00:30:00.000001Z","customer_id":"b","quote_id":"q1","amount":10}
  )"),
              ElementsAre("2026-03-01T00:50:00Z sent n a -> sales: two, then q1 for 10 USD"));
}

TEST(Sequences, WithoutBreaksOffAndWhereComparesTheEvents) {
  const std::string rules = kWaitsShop + R"(
    nudge n of customer {
      on quoted as q then ordered within 1 day without called where amount < q.amount
      do note "{q.amount} became {ordered.amount}" to sales
    }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":10}
    {"type":"ordered","time":"2026-03-01T01:00:00Z","customer_id":"a","amount":8}
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"b","quote_id":"q","amount":10}
    {"type":"called","time":"2026-03-01T00:30:00Z","customer_id":"b"}
    {"type":"ordered","time":"2026-03-01T01:00:00Z","customer_id":"b","amount":8}
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"c","quote_id":"q","amount":10}
    {"type":"ordered","time":"2026-03-01T01:00:00Z","customer_id":"c","amount":10}
    {"type":"ordered","time":"2026-03-01T02:00:00Z","customer_id":"c","amount":9}
  )"),
              UnorderedElementsAre("2026-03-01T01:00:00Z sent n a -> sales: 10 USD became 8 USD",
                                   "2026-03-01T02:00:00Z sent n c -> sales: 10 USD became 9 USD"));
}

TEST(Sequences, AnEventThatIsBothEndsOneAndBeginsTheNext) {
  const std::string rules = kWaitsShop + R"(
    nudge n of customer { on viewed as v then viewed within 1 hour do note "{v.page} {viewed.page}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-01T00:10:00Z","customer_id":"a","page":"2"}
    {"type":"viewed","time":"2026-03-01T00:20:00Z","customer_id":"a","page":"3"}
    {"type":"viewed","time":"2026-03-01T02:00:00Z","customer_id":"a","page":"4"}
  )"),
              ElementsAre("2026-03-01T00:10:00Z sent n a -> sales: 1 2",
                          "2026-03-01T00:20:00Z sent n a -> sales: 2 3"));
}

TEST(Sequences, OfThreeStepsInAJourneyToo) {
  const std::string rules = kWaitsShop + R"(
    journey way of customer {
      start none
      none -> hot on viewed as v then quoted then ordered within 1 day where amount > 5 USD
      hot -> none on called
    }
    nudge n of customer { on way entering hot do note "x" to sales }
    nudge m of customer {
      on viewed as v then quoted as q then ordered within 1 day
      do note "{v.page} {q.quote_id} {ordered.amount}" to sales / q.quote_id, else sales
    }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q0","amount":10}
    {"type":"viewed","time":"2026-03-01T01:00:00Z","customer_id":"a","page":"p"}
    {"type":"ordered","time":"2026-03-01T02:00:00Z","customer_id":"a","amount":8}
    {"type":"quoted","time":"2026-03-01T03:00:00Z","customer_id":"a","quote_id":"q1","amount":10}
    {"type":"ordered","time":"2026-03-01T04:00:00Z","customer_id":"a","amount":9}
  )"),
              UnorderedElementsAre("2026-03-01T04:00:00Z sent n a -> sales: x",
                                   "2026-03-01T04:00:00Z sent m a -> sales/q1: p q1 9 USD"));
}

}  // namespace
}  // namespace lull::test
