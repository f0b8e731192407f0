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

}  // namespace
}  // namespace lull::test
