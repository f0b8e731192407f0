#include "runtime/base/zone.h"

#include <gtest/gtest.h>

#include <random>

#include "runtime/base/time.h"

namespace lull {
namespace {

Zone Chicago() {
  Result<Zone> zone = Zone::Find("America/Chicago");
  EXPECT_TRUE(zone.has_value());
  return *zone;
}

std::int64_t At(const Zone& zone, LocalDate date, int hour, int minute) {
  return zone.LocalToMicros({date, hour, minute, 0});
}

std::int64_t Utc(LocalDate date, int hour, int minute) { return At(Zone::Utc(), date, hour, minute); }

TEST(ZoneTest, FindsZonesByName) {
  EXPECT_EQ(Zone::Find("Europe/Berlin")->name(), "Europe/Berlin");
  const Result<Zone> wrong = Zone::Find("Europe/Atlantis");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_NE(wrong.error().message.find("Europe/Atlantis"), std::string::npos);
}

TEST(ZoneTest, DatesAndDaysAgree) {
  EXPECT_EQ(DayOfDate({1970, 1, 1}), 0);
  EXPECT_EQ(DayOfDate({2026, 3, 2}), 20'514);
  EXPECT_EQ(DayOfDate({2026, 2, 29}), kUnknown);
  EXPECT_EQ(DayOfDate({2026, 13, 1}), kUnknown);
  EXPECT_EQ(DayOfDate({2026, 0, 1}), kUnknown);
  EXPECT_EQ(DateOfDay(20'514), (LocalDate{2026, 3, 2}));
  EXPECT_EQ(DateOfDay(-1), (LocalDate{1969, 12, 31}));
}

TEST(ZoneTest, DatesReachAsFarAsInstants) {
  EXPECT_EQ(DateOfDay(11'574'074), (LocalDate{33'658, 9, 27}));
  EXPECT_EQ(DayOfDate({33'658, 9, 27}), 11'574'074);
  for (const Zone& zone : {Zone::Utc(), Chicago(), *Zone::Find("Asia/Tokyo")}) {
    EXPECT_EQ(zone.MicrosToLocal(kNever).date.year, 294'247) << zone.name();
    EXPECT_EQ(zone.MicrosToLocal(kUnknown + 1).date.year, -290'308) << zone.name();
    EXPECT_GE(zone.MicrosToLocal(kUnknown + 1).hour, 0) << zone.name();
  }
  for (const std::int64_t day :
       {-106'751'992LL, -12'000'000LL, -146'098LL, 146'096LL, 146'097LL, 106'751'991LL})
    EXPECT_EQ(DayOfDate(DateOfDay(day)), day);
}

TEST(ZoneTest, UtcIsPlain) {
  const Zone zone = Zone::Utc();
  EXPECT_EQ(zone.OffsetMicros(0), 0);
  EXPECT_EQ(Utc({1970, 1, 2}, 1, 30), kMicrosPerDay + 90 * kMicrosPerMinute);
  EXPECT_EQ(zone.DayOf(-1), -1);
  EXPECT_EQ(zone.MinuteOf(-1), 1439);
  EXPECT_EQ(zone.MonthOf(0), 1970 * 12);
  EXPECT_EQ(zone.WeekOf(0), 0);
  EXPECT_EQ(zone.WeekOf(Utc({1970, 1, 4}, 23, 59)), 0);
  EXPECT_EQ(zone.WeekOf(Utc({1970, 1, 5}, 0, 0)), 1);
}

TEST(ZoneTest, OffsetsFollowDaylightSaving) {
  const Zone zone = Chicago();
  EXPECT_EQ(zone.OffsetMicros(Utc({2026, 1, 15}, 12, 0)), -6 * kMicrosPerHour);
  EXPECT_EQ(zone.OffsetMicros(Utc({2026, 7, 15}, 12, 0)), -5 * kMicrosPerHour);
  EXPECT_EQ(zone.OffsetMicros(Utc({2026, 3, 8}, 8, 0) - 1), -6 * kMicrosPerHour);
  EXPECT_EQ(zone.OffsetMicros(Utc({2026, 3, 8}, 8, 0)), -5 * kMicrosPerHour);
}

TEST(ZoneTest, SkippedLocalTimeIsTheFirstInstantAfterTheGap) {
  const Zone zone = Chicago();
  EXPECT_EQ(At(zone, {2026, 3, 8}, 1, 59), Utc({2026, 3, 8}, 7, 59));
  EXPECT_EQ(At(zone, {2026, 3, 8}, 2, 0), Utc({2026, 3, 8}, 8, 0));
  EXPECT_EQ(At(zone, {2026, 3, 8}, 2, 30), Utc({2026, 3, 8}, 8, 0));
  EXPECT_EQ(At(zone, {2026, 3, 8}, 3, 0), Utc({2026, 3, 8}, 8, 0));
  EXPECT_EQ(At(zone, {2026, 3, 8}, 3, 1), Utc({2026, 3, 8}, 8, 1));
}

TEST(ZoneTest, RepeatedLocalTimeIsTheFirst) {
  const Zone zone = Chicago();
  EXPECT_EQ(At(zone, {2026, 11, 1}, 1, 30), Utc({2026, 11, 1}, 6, 30));
  EXPECT_EQ(At(zone, {2026, 11, 1}, 2, 0), Utc({2026, 11, 1}, 8, 0));
}

TEST(ZoneTest, NoSuchDateIsUnknown) { EXPECT_EQ(At(Chicago(), {2026, 2, 30}, 1, 0), kUnknown); }

TEST(ZoneTest, LocalTimesOfInstants) {
  const Zone zone = Chicago();
  const LocalTime local = zone.MicrosToLocal(Utc({2026, 3, 9}, 3, 15) + 7);
  EXPECT_EQ(local, (LocalTime{{2026, 3, 8}, 22, 15, 7}));
  EXPECT_EQ(zone.MinuteOf(Utc({2026, 3, 9}, 3, 15)), 22 * 60 + 15);
}

TEST(ZoneTest, NextStartsCountLocalDays) {
  const Zone zone = Chicago();
  // The days of the changes have 23 and 25 hours.
  const std::int64_t spring = zone.DayStart(DayOfDate({2026, 3, 8}));
  EXPECT_EQ(zone.NextDayStart(spring) - spring, 23 * kMicrosPerHour);
  const std::int64_t autumn = zone.DayStart(DayOfDate({2026, 11, 1}));
  EXPECT_EQ(zone.NextDayStart(autumn) - autumn, 25 * kMicrosPerHour);
  // 2026-03-08 is a Sunday.
  EXPECT_EQ(zone.NextWeekStart(spring), At(zone, {2026, 3, 9}, 0, 0));
  EXPECT_EQ(zone.NextWeekStart(At(zone, {2026, 3, 9}, 0, 0)), At(zone, {2026, 3, 16}, 0, 0));
  EXPECT_EQ(zone.NextMonthStart(At(zone, {2026, 12, 31}, 23, 59)), At(zone, {2027, 1, 1}, 0, 0));
  EXPECT_EQ(zone.NextMonthStart(At(zone, {2026, 2, 1}, 0, 0)), At(zone, {2026, 3, 1}, 0, 0));
}

TEST(ZoneTest, NextMinuteIsStrictlyLater) {
  const Zone zone = Chicago();
  const std::int64_t eight = At(zone, {2026, 3, 2}, 8, 0);
  EXPECT_EQ(zone.NextMinute(eight - 1, 8 * 60), eight);
  EXPECT_EQ(zone.NextMinute(eight, 8 * 60), At(zone, {2026, 3, 3}, 8, 0));
  EXPECT_EQ(zone.NextMinute(At(zone, {2026, 3, 7}, 12, 0), 150), Utc({2026, 3, 8}, 8, 0));
  // 01:30 came once before the clocks went back; the second one does not count.
  EXPECT_EQ(zone.NextMinute(Utc({2026, 11, 1}, 7, 0), 90), At(zone, {2026, 11, 2}, 1, 30));
}

TEST(ZoneTest, DailySpansCrossMidnight) {
  const Zone zone = Chicago();
  const int from = 20 * 60;
  const int to = 8 * 60;
  EXPECT_FALSE(zone.InDailySpan(At(zone, {2026, 3, 2}, 19, 59), from, to));
  EXPECT_TRUE(zone.InDailySpan(At(zone, {2026, 3, 2}, 20, 0), from, to));
  EXPECT_TRUE(zone.InDailySpan(At(zone, {2026, 3, 3}, 7, 59), from, to));
  EXPECT_FALSE(zone.InDailySpan(At(zone, {2026, 3, 3}, 8, 0), from, to));
  EXPECT_EQ(zone.DailySpanEnd(At(zone, {2026, 3, 2}, 21, 0), from, to), At(zone, {2026, 3, 3}, 8, 0));
  EXPECT_EQ(zone.DailySpanEnd(At(zone, {2026, 3, 2}, 12, 0), from, to), At(zone, {2026, 3, 2}, 12, 0));
  EXPECT_TRUE(zone.InDailySpan(At(zone, {2026, 3, 2}, 12, 0), 9 * 60, 17 * 60));
  EXPECT_FALSE(zone.InDailySpan(At(zone, {2026, 3, 2}, 12, 0), 12 * 60, 12 * 60));
}

TEST(ZoneTest, ASpanDoesNotEndWhenClocksGoBack) {
  const Zone zone = Chicago();
  // 01:30 to 08:00: at the second 01:10 the span that began at the first 01:30 still lasts.
  EXPECT_TRUE(zone.InDailySpan(Utc({2026, 11, 1}, 7, 10), 90, 480));
  EXPECT_EQ(zone.DailySpanEnd(Utc({2026, 11, 1}, 7, 10), 90, 480), At(zone, {2026, 11, 1}, 8, 0));
}

TEST(ZoneTest, ADayThatWasSkippedHasNoLength) {
  const Result<Zone> apia = Zone::Find("Pacific/Apia");
  ASSERT_TRUE(apia.has_value());
  const std::int64_t skipped = DayOfDate({2011, 12, 30});
  EXPECT_EQ(apia->DayStart(skipped), apia->DayStart(skipped + 1));
  EXPECT_EQ(apia->NextDayStart(apia->DayStart(skipped - 1)), apia->DayStart(skipped + 1));
}

TEST(ZoneTest, RandomInstantsKeepTheLaws) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::int64_t> instants(kEventMicrosMin, kEventMicrosMax);
  for (const char* name : {"America/Chicago", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia"}) {
    const Zone zone = *Zone::Find(name);
    for (int i = 0; i < 500; ++i) {
      const std::int64_t instant = instants(random);
      const std::int64_t local = zone.LocalToMicros(zone.MicrosToLocal(instant));
      EXPECT_LE(local, instant) << name;
      EXPECT_GE(local, instant - 2 * kMicrosPerHour) << name;
      const std::int64_t next = zone.NextDayStart(instant);
      EXPECT_GT(next, instant) << name;
      EXPECT_GT(zone.DayOf(next), zone.DayOf(instant)) << name << " " << instant;
      EXPECT_LE(zone.DayOf(next - 1), zone.DayOf(instant)) << name << " " << instant;
      const int minute = static_cast<int>(random() % 1440);
      EXPECT_GT(zone.NextMinute(instant, minute), instant) << name;
      EXPECT_NE(zone.InDailySpan(instant, minute, (minute + 100) % 1440),
                zone.InDailySpan(instant, (minute + 100) % 1440, minute))
          << name << " " << instant << " " << minute;
    }
  }
}

}  // namespace
}  // namespace lull
