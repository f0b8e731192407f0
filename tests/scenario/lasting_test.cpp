// Rules that last: `valid for`, `repeat every`, `keep when over`, `including existing`, `until`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::string kLastingShop = R"(
ruleset shop { zone "UTC" currency USD channels call as task, note as message }
entity customer by customer_id { name text = "?"  opted_out flag = no  vip flag = no }
event updated of customer sets name, opted_out, vip
event viewed  of customer { page text }
event quoted  of customer { quote_id text, amount money }
event ordered of customer { quote_id text? }
unit sales
)";

TEST(ValidFor, TheTriggerWaitsForTheEndOfQuietHoursWithTheFieldsOfItsEvent) {
  const std::string rules = kLastingShop + R"(
    nudge n of customer { on quoted do note "{quoted.amount} for {name}" to sales worth quoted.amount valid for 1 day }
    policy p of customer { quiet hours 20:00 to 08:00 }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T21:00:00Z","customer_id":"a","quote_id":"q","amount":7}
    {"type":"updated","time":"2026-03-01T22:00:00Z","customer_id":"a","name":"Ada"}
  )",
                          {.until = "2026-03-03T00:00:00Z"}),
              ElementsAre("2026-03-01T21:00:00Z waiting n a (quiet hours until 2026-03-02 08:00)",
                          "2026-03-02T08:00:00Z sent n a -> sales: 7 USD for Ada"));
}

TEST(ValidFor, TheLastTryIsAtExactlyTheEnd) {
  const std::string policy = "policy p of customer { quiet hours 20:00 to 08:00 }";
  const auto rules = [&](const char* duration) {
    return kLastingShop + "nudge n of customer { on quoted do note \"x\" to sales valid for " + duration +
           " }" + policy;
  };
  const char* log = R"(
    {"type":"quoted","time":"2026-03-01T21:00:00Z","customer_id":"a","quote_id":"q","amount":7}
  )";
  const ScenarioOptions options{.until = "2026-03-03T00:00:00Z"};
  EXPECT_THAT(RunScenario(rules("11 hours"), log, options),
              ElementsAre(HasSubstr("waiting"), "2026-03-02T08:00:00Z sent n a -> sales: x"));
  EXPECT_THAT(RunScenario(rules("10 hours 59 minutes"), log, options),
              ElementsAre(HasSubstr("waiting"), StartsWith("2026-03-02T07:59:00Z suppressed n a")));
}

TEST(ValidFor, ANewTriggerReplacesTheOneThatWaits) {
  const std::string rules = kLastingShop + R"(
    nudge n of customer { on quoted do note "{quoted.quote_id}" to sales valid for 1 day }
    policy p of customer { quiet hours 20:00 to 08:00 }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T21:00:00Z","customer_id":"a","quote_id":"one","amount":7}
    {"type":"quoted","time":"2026-03-01T23:00:00Z","customer_id":"a","quote_id":"two","amount":7}
  )",
                          {.until = "2026-03-03T00:00:00Z"}),
              ElementsAre(HasSubstr("T21:00:00Z waiting"), HasSubstr("T23:00:00Z waiting"),
                          "2026-03-02T08:00:00Z sent n a -> sales: two"));
}

TEST(ValidFor, EachTryReadsTheIfAgain) {
  const std::string rules = kLastingShop + R"(
    nudge n of customer { on quoted if not opted_out do note "x" to sales valid for 1 day }
    policy p of customer { quiet hours 20:00 to 08:00 }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T21:00:00Z","customer_id":"a","quote_id":"one","amount":7}
    {"type":"updated","time":"2026-03-01T22:00:00Z","customer_id":"a","opted_out":true}
    {"type":"updated","time":"2026-03-02T10:00:00Z","customer_id":"a","opted_out":false}
    {"type":"quoted","time":"2026-03-05T21:00:00Z","customer_id":"b","quote_id":"one","amount":7}
    {"type":"updated","time":"2026-03-05T22:00:00Z","customer_id":"b","opted_out":true}
  )",
                          {.until = "2026-03-08T00:00:00Z"}),
              ElementsAre(HasSubstr("waiting n a (quiet"), HasSubstr("waiting n a (its `if`"),
                          "2026-03-02T10:00:00Z sent n a -> sales: x", HasSubstr("waiting n b (quiet"),
                          HasSubstr("waiting n b (its `if`"),
                          "2026-03-06T21:00:00Z suppressed n b (its `if` does not hold)"));
}

TEST(ValidFor, WithdrawWhenDropsWhatWaits) {
  const std::string rules = kLastingShop + R"(
    nudge n of customer { on quoted do call "x" to sales valid for 1 day withdraw when opted_out }
    policy p of customer { quiet hours 20:00 to 08:00 }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T21:00:00Z","customer_id":"a","quote_id":"one","amount":7}
    {"type":"updated","time":"2026-03-01T22:00:00Z","customer_id":"a","opted_out":true}
  )",
                          {.until = "2026-03-08T00:00:00Z"}),
              ElementsAre(HasSubstr("waiting")));
}

TEST(Repeat, RemindsWhileItLastsAndAsOftenAsSaid) {
  const std::string rules = kLastingShop + R"(
    stall gone of customer { after quoted no ordered within 1 day }
    nudge n of customer { while gone do note "x" to sales repeat every 2 days up to 2 times }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":7}
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"b","quote_id":"q","amount":7}
    {"type":"ordered","time":"2026-03-05T00:00:00Z","customer_id":"b"}
  )",
                          {.until = "2026-03-20T00:00:00Z"}),
              UnorderedElementsAre(
                  "2026-03-02T00:00:00Z sent n a -> sales: x", "2026-03-04T00:00:00Z sent n a -> sales: x",
                  "2026-03-06T00:00:00Z sent n a -> sales: x", "2026-03-02T00:00:00Z sent n b -> sales: x",
                  "2026-03-04T00:00:00Z sent n b -> sales: x"));
}

TEST(Repeat, ARemindersPauseCountsFromWhenItWentOutAndItNeedsNoPlace) {
  // The first reminder is due in quiet hours, so it and the next come later; the open task holds the one
  // place.
  const std::string rules = kLastingShop + R"(
    stall gone of customer { after quoted no ordered within 12 hours }
    nudge n of customer { while gone do call "x" to sales worth 1 USD repeat every 11 hours up to 2 times }
    policy p of customer { best 1 by worth  quiet hours 20:00 to 08:00 }
  )";
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":7}
  )",
                  {.until = "2026-03-03T00:00:00Z"}),
      ElementsAre("2026-03-01T12:00:00Z sent n a -> sales: x", HasSubstr("2026-03-01T23:00:00Z waiting"),
                  "2026-03-02T08:00:00Z sent n a -> sales: x", "2026-03-02T19:00:00Z sent n a -> sales: x"));
}

TEST(Repeat, EachWaitRemindsOnItsOwn) {
  const std::string rules = kLastingShop + R"(
    stall open_quote of customer { after each quoted no ordered with same quote_id within 1 day }
    nudge n of customer { while open_quote do note "{quoted.quote_id}" to sales repeat every 1 day up to 1 times }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"one","amount":7}
    {"type":"quoted","time":"2026-03-01T06:00:00Z","customer_id":"a","quote_id":"two","amount":7}
    {"type":"ordered","time":"2026-03-02T12:00:00Z","customer_id":"a","quote_id":"one"}
  )",
                          {.until = "2026-03-20T00:00:00Z"}),
              ElementsAre("2026-03-02T00:00:00Z sent n a -> sales: one",
                          "2026-03-02T06:00:00Z sent n a -> sales: two",
                          "2026-03-03T06:00:00Z sent n a -> sales: two"));
}

TEST(KeepWhenOver, TheTaskStaysOpen) {
  const std::string rules = kLastingShop + R"(
    stall gone of customer { after quoted no ordered within 1 day }
    nudge stays of customer { while gone do call "x" to sales keep when over }
    nudge goes of customer { while gone do call "x" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","quote_id":"q","amount":7}
    {"type":"ordered","time":"2026-03-05T00:00:00Z","customer_id":"a"}
  )"),
              ElementsAre(HasSubstr("sent goes"), HasSubstr("sent stays"),
                          StartsWith("2026-03-05T00:00:00Z withdrawn goes")));
}

TEST(Until, KeepsABegunStallUntilItsConditionHolds) {
  const std::string rules = kLastingShop + R"(
    stall silent of customer { quiet 1 day  until vip  unless opted_out }
    nudge n of customer { while silent do call "x" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"p"}
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"b","page":"p"}
    {"type":"viewed","time":"2026-03-03T00:00:00Z","customer_id":"a","page":"p"}
    {"type":"updated","time":"2026-03-03T06:00:00Z","customer_id":"a","vip":true}
    {"type":"updated","time":"2026-03-03T07:00:00Z","customer_id":"b","opted_out":true}
  )"),
              UnorderedElementsAre("2026-03-02T00:00:00Z sent n a -> sales: x",
                                   "2026-03-02T00:00:00Z sent n b -> sales: x",
                                   StartsWith("2026-03-03T06:00:00Z withdrawn n a"),
                                   StartsWith("2026-03-03T07:00:00Z withdrawn n b")));
}

TEST(Until, EndsInTheMomentInWhichBothAreSo) {
  const std::string rules = kLastingShop + R"(
    stall silent of customer { quiet 1 day  until any viewed in last 1 hour }
    nudge n of customer { while silent do call "x" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"p"}
    {"type":"viewed","time":"2026-03-03T00:00:00Z","customer_id":"a","page":"p"}
  )",
                          {.until = "2026-03-05T00:00:00Z"}),
              ElementsAre("2026-03-02T00:00:00Z sent n a -> sales: x",
                          StartsWith("2026-03-03T00:00:00Z withdrawn n a"),
                          "2026-03-04T00:00:00Z sent n a -> sales: x"));
}

// At the swap, before the third event, nothing has been quoted for four days.
const char* kNothingQuoted = R"(
  {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"p"}
  {"type":"viewed","time":"2026-03-05T00:00:00Z","customer_id":"a","page":"p"}
  {"type":"viewed","time":"2026-03-05T00:00:00Z","customer_id":"z","page":"p"}
)";
const std::string kBefore = kLastingShop + "nudge other of customer { on ordered do note \"x\" }\n";

std::vector<std::string> Swapped(const std::string& rules) {
  return RunScenario(kBefore, kNothingQuoted,
                     {.until = "2026-03-06T00:00:00Z", .next_rules = kLastingShop + rules, .swap_at = 2});
}

TEST(IncludingExisting, WithoutItWhatIsTrueAlreadyDoesNotTrigger) {
  EXPECT_THAT(Swapped(R"(
    stall unquoted of customer { no quoted for 2 days }
    nudge n of customer { on unquoted do note "x" to sales }
    nudge w of customer { while unquoted do note "y" to sales }
  )"),
              IsEmpty());
}

TEST(IncludingExisting, ANewNudgeHasItsTriggerForWhatIsTrueAlready) {
  EXPECT_THAT(Swapped(R"(
    stall unquoted of customer { no quoted for 2 days }
    journey way of customer { start fresh  fresh -> done on ordered  end done }
    nudge n of customer { on unquoted do note "x" to sales including existing }
    nudge w of customer { while unquoted do note "y" to sales including existing }
    nudge c of customer { on not vip do note "z" to sales including existing }
    nudge i of customer { on unquoted if vip do note "i" to sales including existing }
    nudge s of customer { on way entering fresh do note "s" to sales including existing }
  )"),
              UnorderedElementsAre(
                  "2026-03-05T00:00:00Z sent n a -> sales: x", "2026-03-05T00:00:00Z sent w a -> sales: y",
                  "2026-03-05T00:00:00Z sent c a -> sales: z", "2026-03-05T00:00:00Z sent s a -> sales: s",
                  "2026-03-05T00:00:00Z sent c z -> sales: z"));
}

TEST(IncludingExisting, AStallThatIsNewBeginsForWhatIsSoAlready) {
  EXPECT_THAT(Swapped(R"(
    stall unquoted of customer { no quoted for 2 days  including existing }
    nudge n of customer { on unquoted do note "x" to sales }
  )"),
              ElementsAre("2026-03-05T00:00:00Z sent n a -> sales: x"));
}

TEST(Lasting, WhatWaitsKeepsWhatWasBeforeItsEvent) {
  const std::string rules = R"(
    ruleset shop { zone "UTC" channels note as message }
    entity customer by customer_id { level number  name text }
    event seen of customer sets level, name { level number, name text }
    nudge n of customer {
      on seen
      valid for 2 days
      do note "{customer.level} {customer.level before this} {customer.name before this}"
    }
    nudge m of customer {
      on seen as a then seen within 1 day
      do note "{a.level} {seen.level} {customer.level before this}"
    }
    policy p of customer { covers n  quiet hours 20:00 to 08:00 }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"seen","time":"2026-03-02T10:00:00Z","customer_id":"a","level":1,"name":"first"}
    {"type":"seen","time":"2026-03-02T21:00:00Z","customer_id":"a","level":2,"name":"second"}
    {"type":"seen","time":"2026-03-02T22:00:00Z","customer_id":"b","level":7,"name":"other"}
  )",
                          {.until = "2026-03-04T00:00:00Z"}),
              UnorderedElementsAre("2026-03-02T10:00:00Z sent n a: 1 unknown unknown",
                                   "2026-03-02T21:00:00Z sent m a: 1 2 1",
                                   "2026-03-02T21:00:00Z waiting n a (quiet hours until 2026-03-03 08:00)",
                                   "2026-03-02T22:00:00Z waiting n b (quiet hours until 2026-03-03 08:00)",
                                   "2026-03-03T08:00:00Z sent n a: 2 1 first",
                                   "2026-03-03T08:00:00Z sent n b: 7 unknown unknown"));
}

}  // namespace
}  // namespace lull::test
