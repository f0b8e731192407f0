#include "runtime/base/local_period.h"

#include <gtest/gtest.h>

#include <random>

#include "runtime/base/time.h"

namespace lull {
namespace {

std::int64_t UtcOf(LocalDate date, int hour, int minute) {
  return Zone::Utc().LocalToMicros({date, hour, minute, 0});
}

void ExpectPeriod(LocalPeriod period, std::int64_t back, LocalDate begin, LocalDate end) {
  // A Wednesday.
  const PeriodSpan span = PeriodAt(Zone::Utc(), period, UtcOf({2026, 3, 4}, 10, 0), back);
  EXPECT_EQ(span.begin, UtcOf(begin, 0, 0)) << PeriodName(period) << " " << back;
  EXPECT_EQ(span.end, UtcOf(end, 0, 0)) << PeriodName(period) << " " << back;
}

TEST(LocalPeriodTest, PeriodsOfTheCalendar) {
  ExpectPeriod(LocalPeriod::kDay, 0, {2026, 3, 4}, {2026, 3, 5});
  ExpectPeriod(LocalPeriod::kDay, 1, {2026, 3, 3}, {2026, 3, 4});
  ExpectPeriod(LocalPeriod::kWeek, 0, {2026, 3, 2}, {2026, 3, 9});
  ExpectPeriod(LocalPeriod::kWeek, 2, {2026, 2, 16}, {2026, 2, 23});
  ExpectPeriod(LocalPeriod::kMonth, 0, {2026, 3, 1}, {2026, 4, 1});
  ExpectPeriod(LocalPeriod::kMonth, 3, {2025, 12, 1}, {2026, 1, 1});
  ExpectPeriod(LocalPeriod::kQuarter, 0, {2026, 1, 1}, {2026, 4, 1});
  ExpectPeriod(LocalPeriod::kQuarter, 1, {2025, 10, 1}, {2026, 1, 1});
  ExpectPeriod(LocalPeriod::kYear, 1, {2025, 1, 1}, {2026, 1, 1});
  ExpectPeriod(LocalPeriod::kMonth, -1, {2026, 4, 1}, {2026, 5, 1});
}

TEST(LocalPeriodTest, PeriodsFollowEachOtherWithoutAGapInEveryZone) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  // Changes at midnight, half hours, a day that was left out, southern summers.
  for (const char* name : {"UTC", "America/Chicago", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe",
                           "Pacific/Apia", "America/Sao_Paulo"}) {
    const Zone zone = Zone::Find(name).value_or(Zone::Utc());
    for (int i = 0; i < 2'000; ++i) {
      const std::int64_t micros =
          static_cast<std::int64_t>(random() % (60ULL * 366 * 86'400)) * kMicrosPerSecond;
      for (const LocalPeriod period : {LocalPeriod::kDay, LocalPeriod::kWeek, LocalPeriod::kMonth,
                                       LocalPeriod::kQuarter, LocalPeriod::kYear}) {
        const PeriodSpan span = PeriodAt(zone, period, micros, 0);
        const PeriodSpan before = PeriodAt(zone, period, micros, 1);
        EXPECT_LE(span.begin, micros) << name << " " << micros << " seed " << seed;
        EXPECT_GT(span.end, micros) << name << " " << micros << " seed " << seed;
        EXPECT_EQ(before.end, span.begin) << name << " " << micros << " seed " << seed;
        EXPECT_LE(span.end - before.begin, 2 * PeriodMicrosMax(period)) << name << " seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace lull
