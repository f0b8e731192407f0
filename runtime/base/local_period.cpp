#include "runtime/base/local_period.h"

#include <array>

#include "runtime/base/time.h"

namespace lull {
namespace {

constexpr std::int64_t kMonthsPerYear = 12;
/// Of days that the calendar of a zone repeats or that its clocks lengthen.
constexpr std::int64_t kSlackMicros = 2 * kMicrosPerDay;

struct PeriodRow {
  const char* name;
  std::int64_t days_max;
  std::int64_t months;  // 0: made of days
};

constexpr std::array<PeriodRow, 5> kPeriodRows = {
    {{"day", 1, 0}, {"week", 7, 0}, {"month", 31, 1}, {"quarter", 92, 3}, {"year", 366, 12}}};

const PeriodRow& PeriodRowOf(LocalPeriod period) { return kPeriodRows[static_cast<std::size_t>(period)]; }

/// 1970-01-01 was a Thursday: week 0 began three days before it.
std::int64_t NumberOf(const Zone& zone, LocalPeriod period, std::int64_t micros) {
  if (period == LocalPeriod::kDay) return zone.DayOf(micros);
  if (period == LocalPeriod::kWeek) return zone.WeekOf(micros);
  return FloorDivide(zone.MonthOf(micros), PeriodRowOf(period).months);
}

std::int64_t StartOf(const Zone& zone, LocalPeriod period, std::int64_t number) {
  if (period == LocalPeriod::kDay) return zone.DayStart(number);
  if (period == LocalPeriod::kWeek) return zone.DayStart(number * 7 - 3);
  const std::int64_t month = number * PeriodRowOf(period).months;
  const std::int64_t year = FloorDivide(month, kMonthsPerYear);
  return zone.DayStart(DayOfDate(
      {static_cast<std::int32_t>(year), static_cast<std::int32_t>(month - year * kMonthsPerYear + 1), 1}));
}

}  // namespace

const char* PeriodName(LocalPeriod period) { return PeriodRowOf(period).name; }

std::int64_t PeriodMicrosMax(LocalPeriod period) {
  return PeriodRowOf(period).days_max * kMicrosPerDay + kSlackMicros;
}

PeriodSpan PeriodAt(const Zone& zone, LocalPeriod period, std::int64_t micros, std::int64_t back) {
  std::int64_t number = NumberOf(zone, period, micros);
  // Where clocks are turned back over midnight, the local date is yesterday's once more.
  if (StartOf(zone, period, number + 1) <= micros) ++number;
  return {StartOf(zone, period, number - back), StartOf(zone, period, number - back + 1)};
}

}  // namespace lull
