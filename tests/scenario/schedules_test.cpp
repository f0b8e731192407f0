// Nudges by the clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;

const std::string kScheduleShop = R"(
ruleset shop { zone "America/Chicago" currency USD channels call as task, note as message }
entity customer by customer_id { name text = "?" }
event updated of customer sets name
event viewed  of customer
unit sales
)";

TEST(Schedules, OneChanceAtEachInstantFromTheFirstEventOn) {
  const std::string rules = kScheduleShop + R"(
    nudge n of customer { on every monday, thursday at 09:00 if any viewed do note "{name}" to sales }
  )";
  // Monday 2 March, 09:00 in Chicago, is 15:00Z; from 8 March on it is 14:00Z.
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-02T15:00:00Z","customer_id":"a"}
    {"type":"viewed","time":"2026-03-02T15:00:00.000001Z","customer_id":"b"}
    {"type":"updated","time":"2026-03-02T10:00:00Z","customer_id":"c","name":"Cy"}
  )",
                  {.until = "2026-03-09T14:00:00Z"}),
      ElementsAre("2026-03-02T15:00:00Z sent n a -> sales: ?", "2026-03-05T15:00:00Z sent n a -> sales: ?",
                  "2026-03-05T15:00:00Z sent n b -> sales: ?", "2026-03-09T14:00:00Z sent n a -> sales: ?",
                  "2026-03-09T14:00:00Z sent n b -> sales: ?"));
}

TEST(Schedules, AnEventAtTheInstantCountsForIt) {
  const std::string rules = kScheduleShop + R"(
    nudge n of customer { on every day at 09:00 if count of viewed today >= 2 do note "x" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-03-02T14:00:00Z","customer_id":"a"}
    {"type":"viewed","time":"2026-03-02T15:00:00Z","customer_id":"a"}
  )"),
              ElementsAre("2026-03-02T15:00:00Z sent n a -> sales: x"));
}

TEST(Schedules, AMonthsLastDayAndATimeThatTheClocksSkip) {
  const std::string rules = kScheduleShop + R"(
    nudge last of customer { on every month on day 31 at 24:00 do note "x" to sales }
    nudge skip of customer { on every sunday at 02:30 do note "y" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-02-27T00:00:00Z","customer_id":"a"}
  )",
                          {.until = "2026-03-09T00:00:00Z"}),
              ElementsAre("2026-03-01T06:00:00Z sent last a -> sales: x",
                          "2026-03-01T08:30:00Z sent skip a -> sales: y",
                          "2026-03-08T08:00:00Z sent skip a -> sales: y"));
}

TEST(Schedules, OpenDaysAreThoseOfTheCalendarInItsZone) {
  const std::string rules = R"(
    ruleset shop { zone "America/Chicago" channels note as message }
    calendar office { zone "Europe/Berlin" monday to friday 09:00 to 17:00 closed 2026-03-03 }
    entity customer by customer_id
    event viewed of customer
    nudge n of customer { on every open day of office at 08:00 do note "x" }
  )";
  // Tuesday is a holiday; the clocks of Berlin go forward on 29 March.
  EXPECT_THAT(RunScenario(rules, R"({"type":"viewed","time":"2026-02-28T12:00:00Z","customer_id":"a"})",
                          {.until = "2026-03-05T00:00:00Z"}),
              ElementsAre("2026-03-02T07:00:00Z sent n a: x", "2026-03-04T07:00:00Z sent n a: x"));
  EXPECT_THAT(RunScenario(rules, R"({"type":"viewed","time":"2026-03-28T12:00:00Z","customer_id":"a"})",
                          {.until = "2026-03-31T00:00:00Z"}),
              ElementsAre("2026-03-30T06:00:00Z sent n a: x"));
}

TEST(Schedules, TimeInAStageOfACalendarStandsStillWhileItIsClosed) {
  const std::string rules = R"(
    ruleset shop { zone "UTC" channels note as message }
    calendar office { monday to friday 09:00 to 17:00 }
    entity customer by customer_id
    event asked of customer
    event told of customer
    journey care of customer {
      start idle
      idle -> waiting on asked
      waiting -> idle on told
    }
    nudge n of customer { on time in waiting of office >= 3 hours do note "{time in waiting of care of office}" }
    nudge m of customer { on told do note "{time in waiting of office before this}" }
  )";
  // Asked on Friday at 16:00: one hour, and two on Monday.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"asked","time":"2026-03-06T16:00:00Z","customer_id":"a"}
    {"type":"asked","time":"2026-03-07T16:00:00Z","customer_id":"b"}
    {"type":"told","time":"2026-03-09T10:30:00Z","customer_id":"b"}
  )",
                          {.until = "2026-03-10T00:00:00Z"}),
              ElementsAre("2026-03-09T10:30:00Z sent m b: 1 hour 30 minutes",
                          "2026-03-09T11:00:00Z sent n a: 3 hours"));
}

}  // namespace
}  // namespace lull::test
