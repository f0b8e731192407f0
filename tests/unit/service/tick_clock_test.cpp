#include "service/tick_clock.h"

#include <gtest/gtest.h>

namespace lull::service {
namespace {

constexpr std::int64_t kSecond = kMicrosPerSecond;
constexpr std::int64_t kHour = 3'600 * kSecond;
constexpr std::int64_t kNow = 1'000'000 * kHour;

connectors::ServeConfig Config() {
  connectors::ServeConfig config;
  config.tick_interval_micros = kSecond;
  config.tick_delay_micros = 2 * kSecond;
  return config;
}

TEST(TickClock, TicksStayBehindTheClockByDelayOrLateness) {
  TickClock clock(Config());
  EXPECT_EQ(clock.Due({kNow}, 0), EventTime{kNow - 2 * kSecond});
  clock.set_lateness(60 * kSecond);
  EXPECT_EQ(clock.Due({kNow}, 0), EventTime{kNow - 60 * kSecond});
}

TEST(TickClock, TicksComeOnceAnInterval) {
  TickClock clock(Config());
  clock.Published(5 * kSecond);
  EXPECT_FALSE(clock.Due({kNow}, 6 * kSecond - 1));
  EXPECT_TRUE(clock.Due({kNow}, 6 * kSecond));
}

TEST(TickClock, AClockThatJumpedAndWasPutRightHoldsNothingBack) {
  TickClock clock(Config());
  ASSERT_TRUE(clock.Due({kNow + kHour}, 0));
  clock.Published(0);
  // The log passed over a tick so far ahead: it was not read as one. Then the clock is put right.
  EXPECT_EQ(clock.Due({kNow + kSecond}, kSecond), EventTime{kNow - kSecond});
}

TEST(TickClock, NoTickGoesBack) {
  TickClock clock(Config());
  clock.Read({kNow});
  EXPECT_FALSE(clock.Due({kNow + 2 * kSecond}, 0));
  EXPECT_TRUE(clock.Due({kNow + 2 * kSecond + 1}, 0));
}

TEST(TickClock, ASilentSourceHoldsTheClock) {
  connectors::ServeConfig config = Config();
  config.sources.push_back({.subject = "events.>", .stream = {}, .silence_micros = 30 * kSecond});
  TickClock clock(config);
  EXPECT_FALSE(clock.Due({kNow}, 0));
  EXPECT_EQ(clock.SilentSources({kNow}), std::vector<std::string>{"events.>"});
  clock.Saw({.sequence = 1, .subject = "events.a", .stored_at = {kNow}});
  EXPECT_TRUE(clock.Due({kNow + 30 * kSecond}, 0));
  EXPECT_FALSE(clock.Due({kNow + 30 * kSecond + 1}, 0));
}

}  // namespace
}  // namespace lull::service
