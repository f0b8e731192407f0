// Windows by the calendar and since a stage, and values of time: each case stated by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kWindowShop = R"(
ruleset shop { zone "America/Chicago" currency USD channels call as task, note as message }
entity customer by customer_id { name text = "?"  contract_end date  birthday date  meeting time }
event updated of customer sets name, contract_end, birthday, meeting
event viewed  of customer { page text }
event quoted  of customer { amount money }
event ordered of customer
unit sales
)";

TEST(Windows, ADayBeginsAtMidnightOfTheZone) {
  const std::string rules = kWindowShop + R"(
    nudge n of customer { on viewed do note "{count of viewed today}, {count of viewed yesterday}" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-02T05:59:59Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-02T06:00:00Z","customer_id":"a","page":"2"}
    {"type":"viewed","time":"2026-03-02T20:00:00Z","customer_id":"a","page":"3"}
    {"type":"viewed","time":"2026-03-04T06:00:00Z","customer_id":"a","page":"4"}
  )"),
              ElementsAre("2026-03-02T05:59:59Z sent n a -> sales: 1, 0",
                          "2026-03-02T06:00:00Z sent n a -> sales: 1, 1",
                          "2026-03-02T20:00:00Z sent n a -> sales: 2, 1",
                          "2026-03-04T06:00:00Z sent n a -> sales: 1, 0"));
}

TEST(Windows, ACalendarWindowChangesAtItsEdge) {
  const std::string rules = kWindowShop + R"(
    nudge n of customer { on (count of viewed yesterday) >= 2 do note "x" to sales }
    nudge m of customer { while any viewed this week do call "y" to sales }
  )";
  // The clocks change on 8 March, a Sunday.
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-07T12:00:00Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-07T13:00:00Z","customer_id":"a","page":"2"}
  )",
                  {.until = "2026-03-20T00:00:00Z"}),
      ElementsAre("2026-03-07T12:00:00Z sent m a -> sales: y", "2026-03-08T06:00:00Z sent n a -> sales: x",
                  testing::StartsWith("2026-03-09T05:00:00Z withdrawn m a")));
}

TEST(Windows, TheSpanBeforeThat) {
  const std::string rules = kWindowShop + R"(
    nudge n of customer {
      on count of viewed in last 24 hours > count of viewed in the 24 hours before that
      do note "{count of viewed in last 24 hours} after {count of viewed in the 24 hours before that}" to sales
    }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-02T12:00:00Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-03T12:00:00Z","customer_id":"a","page":"2"}
    {"type":"viewed","time":"2026-03-03T12:00:00Z","customer_id":"a","page":"3"}
  )"),
              ElementsAre("2026-03-02T12:00:00Z sent n a -> sales: 1 after 0",
                          "2026-03-03T12:00:00Z sent n a -> sales: 2 after 1"));
}

TEST(Windows, SinceAStageWasEntered) {
  const std::string rules = kWindowShop + R"(
    journey purchase of customer {
      start browsing
      browsing -> quoting on quoted
      quoting -> browsing on ordered
    }
    nudge n of customer {
      on viewed
      do note "{count of quoted since purchase entered quoting} {count of viewed since purchase entered quoting}" to sales
    }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-02T12:00:00Z","customer_id":"a","page":"1"}
    {"type":"quoted","time":"2026-03-02T13:00:00Z","customer_id":"a","amount":1}
    {"type":"viewed","time":"2026-03-02T13:00:00Z","customer_id":"a","page":"2"}
    {"type":"quoted","time":"2026-03-02T14:00:00Z","customer_id":"a","amount":1}
    {"type":"ordered","time":"2026-03-02T15:00:00Z","customer_id":"a"}
    {"type":"viewed","time":"2026-03-02T16:00:00Z","customer_id":"a","page":"3"}
  )"),
              ElementsAre("2026-03-02T12:00:00Z sent n a -> sales: 0 1",
                          "2026-03-02T13:00:00Z sent n a -> sales: 0 1",
                          "2026-03-02T16:00:00Z sent n a -> sales: 1 2"));
}

TEST(Times, ACountdownToTheEndOfADateIsExact) {
  const std::string rules = kWindowShop + R"(
    nudge renew of customer {
      while time until contract_end <= 14 days and time until contract_end > 0 days
      do call "Renew" to sales
    }
  )";
  // The contract ends when 30 March begins in Chicago.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"updated","time":"2026-03-01T00:00:00Z","customer_id":"a","contract_end":"2026-03-29"}
    {"type":"updated","time":"2026-03-16T05:00:00Z","customer_id":"b","contract_end":"2026-03-29"}
    {"type":"updated","time":"2026-05-01T05:00:00Z","customer_id":"c","contract_end":"2026-03-29"}
  )"),
              ElementsAre("2026-03-16T05:00:00Z sent renew a -> sales: Renew",
                          "2026-03-16T05:00:00Z sent renew b -> sales: Renew",
                          testing::StartsWith("2026-03-30T05:00:00Z withdrawn renew a"),
                          testing::StartsWith("2026-03-30T05:00:00Z withdrawn renew b")));
}

TEST(Times, AnEventAtTheVeryInstantIsBeforeTheCountdownIsOver) {
  const std::string rules = kWindowShop + R"(
    nudge n of customer { on time until meeting <= 2 hours do note "x" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"updated","time":"2026-03-01T00:00:00Z","customer_id":"a","meeting":"2026-03-01T12:00:00Z"}
    {"type":"updated","time":"2026-03-01T10:00:00Z","customer_id":"a","meeting":"2026-03-01T13:00:00Z"}
  )",
                          {.until = "2026-03-02T00:00:00Z"}),
              ElementsAre("2026-03-01T11:00:00Z sent n a -> sales: x"));
}

TEST(Times, ABirthdayComesEveryYearAndTodayCounts) {
  const std::string rules = kWindowShop + R"(
    nudge n of customer { on time until 09:00 on next yearly birthday <= 1 day do note "x" to sales }
    nudge m of customer { on viewed do note "{next yearly birthday}" to sales }
  )";
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"updated","time":"2026-01-01T12:00:00Z","customer_id":"a","birthday":"2000-02-29"}
    {"type":"viewed","time":"2026-03-01T05:59:59Z","customer_id":"a","page":"1"}
    {"type":"viewed","time":"2026-03-01T06:00:00Z","customer_id":"a","page":"2"}
    {"type":"viewed","time":"2028-02-29T18:00:00Z","customer_id":"a","page":"3"}
  )"),
      ElementsAre(
          "2026-02-27T15:00:00Z sent n a -> sales: x", "2026-03-01T05:59:59Z sent m a -> sales: 2026-02-28",
          "2026-03-01T06:00:00Z sent m a -> sales: 2027-02-28", "2027-02-27T15:00:00Z sent n a -> sales: x",
          "2028-02-28T15:00:00Z sent n a -> sales: x", "2028-02-29T18:00:00Z sent m a -> sales: 2028-02-29"));
}

TEST(Times, WhatWasBeforeThis) {
  const std::string rules = kWindowShop + R"(
    feature last_amount of customer = latest quoted.amount
    nudge once of customer { on quoted where (count of quoted) before this is 0 do note "first" to sales }
    nudge more of customer {
      on    quoted where amount > last_amount before this
      if    name before this is "?"
      do    note "{amount} after {last_amount before this}, {time since quoted before this} later" to sales
    }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a","amount":5}
    {"type":"quoted","time":"2026-03-01T01:00:00Z","customer_id":"a","amount":7}
    {"type":"quoted","time":"2026-03-01T02:00:00Z","customer_id":"a","amount":6}
  )"),
              ElementsAre("2026-03-01T00:00:00Z sent once a -> sales: first",
                          "2026-03-01T01:00:00Z sent more a -> sales: 7 USD after 5 USD, 1 hour later"));
}

TEST(Times, TheKeyAndTheTimeInAStage) {
  const std::string rules = kWindowShop + R"(
    journey purchase of customer {
      start browsing
      browsing -> quoting on quoted
      quoting -> browsing on ordered
    }
    nudge n of customer { on time in quoting >= 3 days do call "Call {customer_id}" to sales withdraw when any ordered }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-03-01T00:00:00Z","customer_id":"a 1","amount":5}
    {"type":"quoted","time":"2026-03-02T00:00:00Z","customer_id":"b","amount":5}
    {"type":"ordered","time":"2026-03-03T00:00:00Z","customer_id":"b"}
    {"type":"quoted","time":"2026-03-04T00:00:00Z","customer_id":"b","amount":5}
  )",
                          {.until = "2026-03-06T00:00:00Z"}),
              ElementsAre("2026-03-04T00:00:00Z sent n a 1 -> sales: Call a 1"));
}

TEST(Times, ComparisonsOfWhatBendsAndStepsAreNoticedInTime) {
  const std::string rules = kWindowShop + R"(
    nudge steps of customer { on (time since viewed / 1 hour rounded) >= 3 do note "x" to sales }
    nudge bends of customer {
      on smaller of (time since viewed, 4 hours) + larger of (time since viewed, 2 hours) >= 7 hours
      do note "y" to sales
    }
    nudge turns of customer { on larger of (time since viewed, time until meeting) < 3 hours do note "z" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"updated","time":"2026-03-01T00:00:00Z","customer_id":"a","meeting":"2026-03-01T04:00:00Z"}
    {"type":"viewed","time":"2026-03-01T00:00:00Z","customer_id":"a","page":"1"}
  )",
                          {.until = "2026-03-02T00:00:00Z"}),
              ElementsAre("2026-03-01T01:00:00.000001Z sent turns a -> sales: z",
                          "2026-03-01T02:30:00Z sent steps a -> sales: x",
                          "2026-03-01T03:30:00Z sent bends a -> sales: y"));
}

}  // namespace
}  // namespace lull::test
