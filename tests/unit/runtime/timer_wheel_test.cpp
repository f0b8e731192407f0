#include "runtime/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/unit/runtime/state_fixture.h"

namespace lull::runtime {
namespace {

struct Due {
  std::uint32_t handle;
  std::int64_t instant;
  friend bool operator==(const Due&, const Due&) = default;
};

std::vector<Due> DueUntil(TimerWheel& wheel, std::int64_t to) {
  std::vector<Due> due;
  wheel.Advance(to, [&](std::uint32_t handle, std::int64_t instant) { due.push_back({handle, instant}); });
  return due;
}

TEST(TimerWheel, YieldsInOrderOfInstantAndOnce) {
  TimerWheel wheel;
  wheel.Schedule(0, 1'000'000'000'000);
  wheel.Schedule(1, -5);
  wheel.Schedule(2, 7);
  EXPECT_EQ(DueUntil(wheel, 6), (std::vector<Due>{{1, -5}}));
  EXPECT_EQ(DueUntil(wheel, 999'999'999'999), (std::vector<Due>{{2, 7}}));
  EXPECT_EQ(DueUntil(wheel, 1'000'000'000'000), (std::vector<Due>{{0, 1'000'000'000'000}}));
  EXPECT_EQ(DueUntil(wheel, kNever - 1), (std::vector<Due>{}));
  EXPECT_EQ(wheel.entry_count(), 0U);
}

TEST(TimerWheel, PushingAwayKeepsOneEntry) {
  TimerWheel wheel;
  for (std::int64_t instant = 100; instant < 100'000; instant += 10) wheel.Schedule(3, instant);
  EXPECT_EQ(wheel.entry_count(), 1U);
  EXPECT_EQ(wheel.InstantOf(3), 99'990);
  EXPECT_EQ(DueUntil(wheel, 99'989), (std::vector<Due>{}));
  EXPECT_EQ(DueUntil(wheel, 99'990), (std::vector<Due>{{3, 99'990}}));
}

TEST(TimerWheel, WhatIsCancelledNeverComesUp) {
  TimerWheel wheel;
  wheel.Schedule(3, 10);
  wheel.Schedule(4, 11);
  wheel.Cancel(3);
  EXPECT_EQ(wheel.InstantOf(3), kNever);
  EXPECT_EQ(DueUntil(wheel, 100), (std::vector<Due>{{4, 11}}));
}

TEST(TimerWheel, AHandleMayBeScheduledWhileItIsDue) {
  TimerWheel wheel;
  wheel.Schedule(0, 10);
  std::vector<std::int64_t> instants;
  wheel.Advance(1'000, [&](std::uint32_t handle, std::int64_t instant) {
    instants.push_back(instant);
    wheel.Schedule(handle, instant * 3);
  });
  EXPECT_EQ(instants, (std::vector<std::int64_t>{10, 30, 90, 270, 810}));
}

TEST(TimerWheel, AnInstantThatHasPassedComesUpNext) {
  TimerWheel wheel;
  wheel.Schedule(0, 1'000);
  DueUntil(wheel, 5'000);
  wheel.Schedule(1, 20);
  EXPECT_EQ(DueUntil(wheel, 5'000), (std::vector<Due>{{1, 20}}));
}

TEST(TimerWheel, AgreesWithASortedMap) {
  const std::uint32_t seed = PrintedSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 30; ++round) {
    TimerWheel wheel;
    std::map<std::uint32_t, std::int64_t> wanted;
    std::int64_t now = static_cast<std::int64_t>(random() >> 12) - (std::int64_t{1} << 51);
    for (int step = 0; step < 2'000; ++step) {
      const auto handle = static_cast<std::uint32_t>(random() % 200);
      const std::int64_t ahead = static_cast<std::int64_t>(random() >> (18 + random() % 45));
      if (random() % 10 == 0) {
        wheel.Cancel(handle);
        wanted.erase(handle);
      } else {
        wheel.Schedule(handle, now + 1 + ahead);
        wanted[handle] = now + 1 + ahead;
      }
      if (random() % 4 != 0) continue;
      now += static_cast<std::int64_t>(random() >> (20 + random() % 44));
      std::int64_t last = kUnknown;
      for (const Due& due : DueUntil(wheel, now)) {
        ASSERT_LE(last, due.instant);
        last = due.instant;
        ASSERT_EQ(wanted.at(due.handle), due.instant);
        wanted.erase(due.handle);
      }
      for (const auto& [left, instant] : wanted) ASSERT_GT(instant, now) << left;
    }
  }
}

}  // namespace
}  // namespace lull::runtime
