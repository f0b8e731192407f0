// Opening hours by hand; tests/oracle/calendars.py asks thousands of random ones.
#include "runtime/calendar.h"

#include <gtest/gtest.h>

#include <limits>

#include "runtime/base/time.h"

namespace lull::runtime {
namespace {

constexpr std::int64_t kHour = kMicrosPerHour;

struct Place {
  explicit Place(const char* name) : zone(*Zone::Find(name)) {}
  std::int64_t At(LocalDate date, int hour, int minute = 0) const {
    return zone.LocalToMicros({date, hour, minute, 0});
  }
  Zone zone;
};

CalendarSpec Weekdays(const char* zone, OpenSpan hours) {
  CalendarSpec spec;
  spec.name = "office";
  spec.zone = zone;
  for (std::size_t day = 0; day < 5; ++day) spec.week[day] = {hours};
  return spec;
}

TEST(CalendarTest, CountsOverNightsWeekendsAndHolidays) {
  CalendarSpec spec = Weekdays("Europe/Berlin", {9 * 60, 17 * 60});
  const std::int64_t holiday = DayOfDate({2026, 4, 6});  // a Monday
  spec.closed.push_back({holiday, holiday});
  const Calendar office = *Calendar::Make(spec);
  const Place berlin("Europe/Berlin");
  const std::int64_t friday = berlin.At({2026, 4, 3}, 16);
  EXPECT_TRUE(office.IsOpen(friday));
  EXPECT_FALSE(office.IsOpen(friday + kHour));
  EXPECT_EQ(office.NextEdge(friday), friday + kHour);
  EXPECT_EQ(office.NextEdge(friday + kHour), berlin.At({2026, 4, 7}, 9));
  EXPECT_EQ(office.AfterOpenTime(friday, 0), friday);
  EXPECT_EQ(office.AfterOpenTime(friday, kHour), friday + kHour);
  EXPECT_EQ(office.AfterOpenTime(friday, kHour + 1), berlin.At({2026, 4, 7}, 9) + 1);
  EXPECT_EQ(office.AfterOpenTime(friday, 9 * kHour), berlin.At({2026, 4, 7}, 17));
  EXPECT_EQ(office.AfterOpenTime(berlin.At({2026, 4, 7}, 10), -2 * kHour), friday);
  EXPECT_EQ(office.OpenTimeBetween(friday, berlin.At({2026, 4, 7}, 10)), 2 * kHour);
  EXPECT_EQ(office.OpenTimeBetween(friday, friday - 1), 0);
  EXPECT_FALSE(office.IsOpenDay(holiday));
  EXPECT_EQ(office.AfterOpenDaysAt(friday, 1), berlin.At({2026, 4, 7}, 16));
  EXPECT_EQ(office.AfterOpenDaysAt(friday, -5), berlin.At({2026, 3, 27}, 16));
}

TEST(CalendarTest, ClocksThatChangeMakeShortAndLongDays) {
  CalendarSpec spec;
  spec.zone = "America/Chicago";
  for (std::vector<OpenSpan>& day : spec.week) day = {{90, 210}};  // 01:30 to 03:30
  const Calendar night = *Calendar::Make(spec);
  const Place chicago("America/Chicago");
  // 2026-03-08: 02:00 to 03:00 is skipped. 2026-11-01: 01:00 to 02:00 comes twice.
  const std::int64_t spring = chicago.At({2026, 3, 8}, 0);
  EXPECT_EQ(night.OpenTimeBetween(spring, spring + 12 * kHour), kHour);
  const std::int64_t autumn = chicago.At({2026, 11, 1}, 0);
  EXPECT_EQ(night.OpenTimeBetween(autumn, autumn + 12 * kHour), 3 * kHour);
}

TEST(CalendarTest, WhatNeverOpensAgainHasNoAnswer) {
  CalendarSpec spec = Weekdays("UTC", {9 * 60, 17 * 60});
  spec.closed.push_back({DayOfDate({2026, 1, 1}), DayOfDate({2500, 1, 1})});
  const Calendar closed = *Calendar::Make(spec);
  const std::int64_t now = Zone::Utc().LocalToMicros({{2026, 6, 1}, 12, 0, 0});
  EXPECT_FALSE(closed.IsOpen(now));
  EXPECT_EQ(closed.NextEdge(now), kNever);
  EXPECT_EQ(closed.AfterOpenTime(now, 1), kUnknown);
  EXPECT_EQ(closed.AfterOpenDaysAt(now, 1), kUnknown);
  EXPECT_EQ(closed.AfterOpenTime(kUnknown, 1), kUnknown);
  EXPECT_EQ(closed.AfterOpenTime(now, kUnknown), kUnknown);
}

TEST(CalendarTest, AnHourThatIsAlwaysOpenHasNoEdge) {
  CalendarSpec spec;
  for (std::vector<OpenSpan>& day : spec.week) day = {{0, 24 * 60}};
  const Calendar always = *Calendar::Make(spec);
  EXPECT_EQ(always.NextEdge(0), kNever);
  EXPECT_EQ(always.AfterOpenTime(0, 100 * kMicrosPerDay), 100 * kMicrosPerDay);
}

TEST(CalendarTest, MonthsEndOnTheLastDayOfAShorterOne) {
  const auto day = [](int year, int month, int of_month) { return DayOfDate({year, month, of_month}); };
  EXPECT_EQ(DayAfterMonths(day(2026, 1, 31), 1), day(2026, 2, 28));
  EXPECT_EQ(DayAfterMonths(day(2024, 1, 31), 1), day(2024, 2, 29));
  EXPECT_EQ(DayAfterMonths(day(2024, 2, 29), 12), day(2025, 2, 28));
  EXPECT_EQ(DayAfterMonths(day(2026, 3, 31), -1), day(2026, 2, 28));
  EXPECT_EQ(DayAfterMonths(day(2026, 1, 15), -13), day(2024, 12, 15));
  EXPECT_EQ(DayAfterMonths(kUnknown, 1), kUnknown);
  const Place chicago("America/Chicago");
  EXPECT_EQ(InstantAfterMonths(chicago.zone, chicago.At({2026, 2, 8}, 10), 2), chicago.At({2026, 4, 8}, 10));
}

TEST(CalendarTest, CountsAreMadeWholeUpwards) {
  EXPECT_EQ(WholeCount(2), 2);
  EXPECT_EQ(WholeCount(1.25), 2);
  EXPECT_EQ(WholeCount(-1.25), -1);
  EXPECT_EQ(WholeCount(std::numeric_limits<double>::quiet_NaN()), kUnknown);
  EXPECT_EQ(WholeCount(1e30), kUnknown);
}

TEST(CalendarTest, AnUnknownZoneIsAnError) {
  const Result<Calendar> made = Calendar::Make(Weekdays("Mars/Base", {0, 60}));
  ASSERT_FALSE(made.has_value());
  EXPECT_NE(made.error().message.find("calendar office"), std::string::npos);
}

}  // namespace
}  // namespace lull::runtime
