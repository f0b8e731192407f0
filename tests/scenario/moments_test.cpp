// Cases of the language, each stated by hand: rules, log, and what has to come of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kShop = R"(
ruleset shop { zone "UTC" currency USD channels call as task, visit as task, note as message }
entity customer by customer_id { name text = "?"  store text  opted_out flag = no }
event updated of customer sets name, store, opted_out
event viewed  of customer { page text }
event quoted  of customer { quote_id text, amount money }
event ordered of customer { quote_id text? }
event cart    of customer
unit sales
unit desk
)";

TEST(Moments, AnEventAtExactlyTheDeadlineIsInTime) {
  const std::string rules = kShop + R"(
    stall gone of customer { after quoted no ordered within 36 hours }
    nudge n of customer { on gone do note "x" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":1}
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"b","quote_id":"q","amount":1}
    {"type":"ordered","time":"2026-03-02T12:00:00Z","customer_id":"a"}
    {"type":"ordered","time":"2026-03-02T12:00:00.000001Z","customer_id":"b"}
  )"),
              ElementsAre("2026-03-02T12:00:00Z sent n b -> sales: x"));
}

TEST(Moments, ABreakOfZeroLengthIsABreak) {
  // The third of three viewed is the fourth: the first leaves at the instant at which it comes.
  const std::string rules = kShop + R"(
    nudge n of customer { on count of viewed in last 7 days >= 3 do note "x" to sales }
  )";
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-02T00:00:00Z","customer_id":"a","page":"2"}
    {"type":"viewed","time":"2026-03-03T00:00:00Z","customer_id":"a","page":"3"}
    {"type":"viewed","time":"2026-03-08T00:00:00Z","customer_id":"a","page":"4"}
  )"),
      ElementsAre("2026-03-03T00:00:00Z sent n a -> sales: x", "2026-03-08T00:00:00Z sent n a -> sales: x"));
}

TEST(Moments, WhatDoesNotFitIsNotWhatStaysAway) {
  // b never sees the page: its time counts from its first event. a takes it before it opts out.
  const std::string rules = kShop + R"(
    stall away of customer { no viewed where page is "/pay" and not opted_out for 2 days }
    nudge n of customer { on away do note "x" to sales }
  )";
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"/"}
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"b","page":"/"}
    {"type":"viewed","time":"2026-03-02T00:00:00Z","customer_id":"a","page":"/pay"}
    {"type":"viewed","time":"2026-03-02T00:00:00Z","customer_id":"b","page":"/"}
    {"type":"updated","time":"2026-03-02T12:00:00Z","customer_id":"a","opted_out":true}
    {"type":"viewed","time":"2026-03-03T00:00:00Z","customer_id":"a","page":"/pay"}
    {"type":"cart","time":"2026-03-09T00:00:00Z","customer_id":"a"}
    {"type":"viewed","time":"2026-03-09T00:00:00Z","customer_id":"b","page":"/pay"}
  )"),
      ElementsAre("2026-03-03T00:00:00Z sent n b -> sales: x", "2026-03-04T00:00:00Z sent n a -> sales: x"));
}

TEST(Moments, QuietThatEndsAtTheInstantOfAViewIsNotQuiet) {
  const std::string rules = kShop + R"(
    stall silent of customer { quiet 36 hours }
    nudge n of customer { on silent do note "silent for {time since activity}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-02T12:00:00Z","customer_id":"a","page":"2"}
  )",
                          {.until = "2026-03-04T00:00:00Z"}),
              ElementsAre("2026-03-04T00:00:00Z sent n a -> sales: silent for 36 hours"));
}

TEST(Moments, ATaskIsWithdrawnWhenItsStateEnds) {
  const std::string rules = kShop + R"(
    stall gone of customer { after quoted no ordered within 1 day because "Quoted {latest quoted.amount}" }
    nudge n of customer { while gone do call "Call {name}" to sales / store, else desk worth latest quoted.amount * 2% }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"updated","time":"2026-03-01T00:00:00Z","customer_id":"a","name":"Ada","store":"Oak Park"}
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":21500}
    {"type":"quoted","time":"2026-03-01T01:00:00Z","customer_id":"b","quote_id":"q","amount":"0.5"}
    {"type":"ordered","time":"2026-03-03T00:00:00Z","customer_id":"a"}
  )"),
              ElementsAre("2026-03-02T00:00:00Z sent n a -> sales/Oak Park: Call Ada | Quoted 21,500 USD",
                          "2026-03-02T01:00:00Z sent n b -> desk: Call ? | Quoted 0.50 USD",
                          testing::StartsWith("2026-03-03T00:00:00Z withdrawn n a")));
}

TEST(Moments, EachUnansweredWaitIsAnEpisodeAndKeepsTheFieldsOfItsEvent) {
  const std::string rules = kShop + R"(
    stall open_quote of customer {
      after each quoted no ordered with same quote_id within 1 day
      because "Quote {quoted.quote_id} over {quoted.amount}"
    }
    nudge told of customer { on open_quote if quoted.amount > 10 USD do note "{quoted.quote_id}" to sales / quoted.quote_id }
    nudge task of customer { while open_quote do call "Call about {quoted.quote_id}" to sales worth quoted.amount }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q1","amount":100}
    {"type":"quoted","time":"2026-03-01T01:00:00Z","customer_id":"a","quote_id":"q2","amount":5}
    {"type":"quoted","time":"2026-03-01T02:00:00Z","customer_id":"a","quote_id":"q3","amount":300}
    {"type":"ordered","time":"2026-03-01T03:00:00Z","customer_id":"a","quote_id":"q3"}
    {"type":"ordered","time":"2026-03-03T00:00:00Z","customer_id":"a","quote_id":"q2"}
  )"),
              testing::UnorderedElementsAre(
                  "2026-03-02T00:00:00Z sent told a -> sales/q1: q1 | Quote q1 over 100 USD",
                  "2026-03-02T00:00:00Z sent task a -> sales: Call about q1 | Quote q1 over 100 USD",
                  "2026-03-02T01:00:00Z sent task a -> sales: Call about q2 | Quote q2 over 5 USD",
                  testing::StartsWith("2026-03-03T00:00:00Z withdrawn task a")));
}

TEST(Moments, LinearTimeIsMetAtItsMicrosecond) {
  const std::string rules = kShop + R"(
    nudge exact of customer { on time since quoted >= 90 minutes do note "x" to sales }
    nudge ratio of customer { on time since quoted / 1 hour > 1.5 do note "y" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":1}
  )",
                          {.until = "2026-03-02T00:00:00Z"}),
              ElementsAre("2026-03-01T01:30:00Z sent exact a -> sales: x",
                          "2026-03-01T01:30:00.000001Z sent ratio a -> sales: y"));
}

TEST(Moments, PercentOfMoneyRoundsHalfEvenOnce) {
  const std::string rules = kShop + R"(
    nudge n of customer { on quoted do note "{quoted.amount * 50%} {quoted.amount * 2%}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":"0.0025"}
    {"type":"quoted","time":"2026-03-01T00:00:01Z","customer_id":"a","quote_id":"q","amount":"0.0075"}
  )"),
              ElementsAre("2026-03-01T00:00:00Z sent n a -> sales: 0.0012 USD 0 USD",
                          "2026-03-01T00:00:01Z sent n a -> sales: 0.0038 USD 0.0002 USD"));
}

TEST(Moments, JourneysTakeOneTransitionAMomentAndFollowUpsDirectly) {
  const std::string rules = kShop + R"(
    journey purchase of customer {
      start browsing
      browsing -> quoting on quoted
      quoting  -> hot     when count of quoted >= 2
      hot      -> done    on ordered
      end done
    }
    nudge n of customer { on purchase entering hot do note "{purchase}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"ordered","time":"2026-03-01T00:00:00Z","customer_id":"a"}
    {"type":"quoted","time":"2026-03-01T01:00:00Z","customer_id":"a","quote_id":"q","amount":1}
    {"type":"quoted","time":"2026-03-01T02:00:00Z","customer_id":"a","quote_id":"q","amount":1}
    {"type":"ordered","time":"2026-03-01T03:00:00Z","customer_id":"a"}
  )"),
              ElementsAre("2026-03-01T02:00:00Z sent n a -> sales: hot"));
}

TEST(Moments, LatenessPutsEventsInOrder) {
  const std::string rules = kShop + R"(
    stall gone of customer { after quoted no ordered within 1 minute }
    nudge n of customer { on gone do note "x" to sales }
  )";
  const std::string log = R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":1}
    {"type":"viewed","time":"2026-03-01T00:01:20Z","customer_id":"a","page":"1"}
    {"type":"ordered","time":"2026-03-01T00:00:50Z","customer_id":"a"}
  )";
  EXPECT_THAT(RunScenario(rules, log), ElementsAre("2026-03-01T00:01:00Z sent n a -> sales: x"));
  EXPECT_THAT(RunScenario(rules, log, {.lateness_micros = 60'000'000}), IsEmpty());
}

TEST(Moments, AgainAfterAndLimitsAreFreeAtExactlyTheirEnd) {
  const std::string rules = kShop + R"(
    nudge often of customer { on viewed do note "x" to sales again after 1 hour }
    nudge rare of customer { on cart do note "y" to sales }
    policy p of customer { covers rare  at most 1 nudge in 2 hours }
  )";
  const auto lines = RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-01T00:59:59.999999Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-01T01:00:00Z","customer_id":"a","page":"1"}
    {"type":"cart","time":"2026-03-01T02:00:00Z","customer_id":"a"}
    {"type":"cart","time":"2026-03-01T03:59:00Z","customer_id":"a"}
    {"type":"cart","time":"2026-03-01T04:00:00Z","customer_id":"a"}
  )");
  EXPECT_THAT(lines, ElementsAre("2026-03-01T00:00:00Z sent often a -> sales: x",
                                 "2026-03-01T01:00:00Z sent often a -> sales: x",
                                 "2026-03-01T02:00:00Z sent rare a -> sales: y",
                                 testing::StartsWith("2026-03-01T03:59:00Z suppressed rare a"),
                                 "2026-03-01T04:00:00Z sent rare a -> sales: y"));
}

TEST(Moments, WhatWaitsGoesOutWhenQuietHoursEnd) {
  const std::string rules = kShop + R"(
    stall gone of customer { after quoted no ordered within 1 hour }
    nudge n of customer { while gone do note "x" to sales }
    policy p of customer { quiet hours 20:00 to 08:00 }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T19:30:00Z","customer_id":"a","quote_id":"q","amount":1}
    {"type":"viewed","time":"2026-03-01T23:00:00Z","customer_id":"a","page":"1"}
  )",
                          {.until = "2026-03-02T12:00:00Z"}),
              ElementsAre(testing::StartsWith("2026-03-01T20:30:00Z waiting n a"),
                          "2026-03-02T08:00:00Z sent n a -> sales: x"));
}

TEST(Moments, WhatLosesTheOnlyPlaceOfAMomentWaitsForOneInWhichSomethingHappens) {
  // A wake-up that turns out to be early (a page view moved the deadline of `idle`) is no chance to be sent.
  const std::string rules = kShop + R"(
    stall gone of customer { after quoted no ordered within 1 hour }
    stall idle of customer { quiet 3 hours }
    nudge high of customer { while gone do note "high" to sales worth 2 USD }
    nudge low of customer { while gone do note "low" to sales worth 1 USD }
    nudge silent of customer { on idle do note "idle" to desk worth 5 USD }
    policy p of customer { covers high, low  best 1 by worth }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":1}
    {"type":"viewed","time":"2026-03-01T00:30:00Z","customer_id":"a","page":"1"}
  )",
                          {.until = "2026-03-01T03:10:00Z"}),
              ElementsAre("2026-03-01T01:00:00Z sent high a -> sales: high",
                          testing::StartsWith("2026-03-01T01:00:00Z waiting low a")));
}

TEST(Moments, SwappingRulesKeepsDeadlinesOfWhatIsUnchanged) {
  const std::string before = kShop + R"(
    stall gone of customer { after quoted no ordered within 36 hours }
    nudge n of customer { on gone do note "old text" to sales }
  )";
  const std::string after = kShop + R"(
    stall gone of customer { after quoted no ordered within 36 hours }
    nudge n of customer { on gone do note "new text" to sales }
    nudge new_one of customer { on any quoted do note "asked" to sales }
  )";
  ScenarioOptions options;
  options.until = "2026-03-03T00:00:00Z";
  options.next_rules = after;
  options.swap_at = 1;
  // What is already true when first watched (a has asked for a quote) is held without triggering.
  EXPECT_THAT(RunScenario(before, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":1}
    {"type":"viewed","time":"2026-03-01T05:00:00Z","customer_id":"a","page":"1"}
    {"type":"quoted","time":"2026-03-01T05:00:00Z","customer_id":"b","quote_id":"q","amount":1}
  )",
                          options),
              ElementsAre("2026-03-01T05:00:00Z sent new_one b -> sales: asked",
                          "2026-03-02T12:00:00Z sent n a -> sales: new text",
                          "2026-03-02T17:00:00Z sent n b -> sales: new text"));
}

TEST(JourneyProofs, ReportStagesThatCannotBeReachedLeftOrEnded) {
  const auto journey = [](const std::string& body) {
    return kShop + "journey j of customer { " + body + " }";
  };
  EXPECT_THAT(CodesOf(journey("start a  a -> b on viewed  b -> a on cart")), IsEmpty());
  EXPECT_THAT(CodesOf(journey("start a  a -> b on viewed  b -> a on cart  c -> a on ordered")),
              testing::Contains("L0501"));
  EXPECT_THAT(CodesOf(journey("start a  a -> b on viewed")), testing::Contains("L0502"));
  EXPECT_THAT(CodesOf(journey("start a  a -> b, c on viewed")), testing::Not(IsEmpty()));
  EXPECT_THAT(CodesOf(journey(
                  "start a  a -> b on viewed  b -> c on cart  c -> b on viewed  a -> d on ordered  end d")),
              testing::Contains("L0503"));
}

}  // namespace
}  // namespace lull::test
