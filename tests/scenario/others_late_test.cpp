// Cases of other engines in which events come out of order. Those that come in order stand in tests/others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;

const std::string kKeys = R"(
ruleset keys { channels note as message }
entity key by key_id
event seen of key
)";

/// "key@milliseconds" for each event, in the order in which they come.
std::string LogOf(const std::vector<std::pair<const char*, int>>& events) {
  std::string log;
  for (const auto& [key, millis] : events) {
    char time[40];
    std::snprintf(time, sizeof time, "2026-01-01T00:%02d:%02d.%03dZ", millis / 60'000, millis / 1'000 % 60,
                  millis % 1'000);
    log += R"({"type":"seen","time":")" + std::string(time) + R"(","key_id":")" + key + "\"}\n";
  }
  return log;
}

/// WindowOperatorTest.testSlidingEventTimeWindows (apache/flink): windows of three seconds. There, nothing is
/// told before the watermark; here, not before the lateness has passed, but as of the instants of the events.
TEST(OthersLate, WithinTheLatenessOrderDoesNotMatter) {
  const std::string rules = kKeys + R"(
    nudge three of key {
      on count of seen in last 3 seconds >= 3
      do note "{count of seen in last 3 seconds}"
    }
  )";
  const auto as_there = LogOf({{"key2", 3999},
                               {"key2", 3000},
                               {"key1", 20},
                               {"key1", 0},
                               {"key1", 999},
                               {"key2", 1998},
                               {"key2", 1999},
                               {"key2", 1000}});
  const auto in_order = LogOf({{"key1", 0},
                               {"key1", 20},
                               {"key1", 999},
                               {"key2", 1000},
                               {"key2", 1998},
                               {"key2", 1999},
                               {"key2", 3000},
                               {"key2", 3999}});
  const ScenarioOptions late{.until = "2026-01-01T00:00:20Z", .lateness_micros = 5'000'000};
  const auto expected = ElementsAre("2026-01-01T00:00:00.999Z sent three key1: 3",
                                    "2026-01-01T00:00:01.999Z sent three key2: 3");
  EXPECT_THAT(RunScenario(rules, as_there, late), expected);
  EXPECT_THAT(RunScenario(rules, in_order, late), expected);
}

/// KStreamSessionWindowAggregateProcessorTest.shouldMergeSessions (apache/kafka): the event between two
/// sessions makes them one. Here, too, if it comes within the lateness; what was told already stays as it is.
TEST(OthersLate, ALateEventJoinsSessionsOnlyWithinTheLateness) {
  const std::string rules = kKeys + R"(
    stall over of key { quiet 5 minutes }
    journey session of key { start away  away -> here on seen  here -> away on over }
    nudge tell of key { on over do note "{count of seen since session entered away}" }
  )";
  const auto log = LogOf({{"mel", 0}, {"mel", 300'001}, {"mel", 150'000}});
  EXPECT_THAT(RunScenario(rules, log, {.until = "2026-01-01T00:30:00Z", .lateness_micros = 300'000'000}),
              ElementsAre("2026-01-01T00:10:00.001Z sent tell mel: 3"));
  EXPECT_THAT(
      RunScenario(rules, log, {.until = "2026-01-01T00:30:00Z"}),
      ElementsAre("2026-01-01T00:05:00Z sent tell mel: 1", "2026-01-01T00:10:00.001Z sent tell mel: 1"));
}

}  // namespace
}  // namespace lull::test
