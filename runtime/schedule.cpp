#include "runtime/schedule.h"

#include <algorithm>

#include "runtime/base/time.h"

namespace lull::runtime {
namespace {

constexpr std::int64_t kDaysAhead = 100;

bool IsOn(const Schedule& schedule, std::int64_t day) {
  if (schedule.kind == Schedule::Kind::kWeekdays) return ((schedule.weekdays >> WeekdayOf(day)) & 1U) != 0;
  const LocalDate date = DateOfDay(day);
  const bool is_last = DateOfDay(day + 1).day == 1;
  return date.day == schedule.month_day || (is_last && date.day < schedule.month_day);
}

}  // namespace

std::int64_t NextInstant(const Zone& zone, std::span<const Calendar> calendars, const Schedule& schedule,
                         std::int64_t micros) {
  if (schedule.kind == Schedule::Kind::kOpenDays) {
    return calendars[schedule.calendar].NextOpenDayAt(micros, schedule.second_of_day);
  }
  const std::int64_t today = zone.DayOf(micros);
  // From yesterday on: its end may be today.
  for (std::int64_t day = today - 1; day <= today + kDaysAhead; ++day) {
    if (!IsOn(schedule, day)) continue;
    const std::int64_t instant = zone.SecondOfDay(day, schedule.second_of_day);
    if (instant > micros) return instant;
  }
  return kNever;
}

}  // namespace lull::runtime
