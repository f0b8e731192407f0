// Instants that come again and again by the calendar: `every monday at 09:00`.
//
// Local times follow runtime/base/zone.h: one that the clocks skip means the first instant after the gap, one
// that they repeat means the first.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/base/zone.h"
#include "runtime/calendar.h"

namespace lull::runtime {

struct Schedule {
  enum class Kind : std::uint8_t { kWeekdays, kMonthDay, kOpenDays };
  Kind kind = Kind::kWeekdays;
  std::uint8_t weekdays = 0;   // kWeekdays: bit 0 is Monday
  std::int32_t month_day = 1;  // kMonthDay: 1..31, the last day where the month is shorter
  std::uint32_t calendar = 0;  // kOpenDays: index into Ruleset::calendars, whose zone counts
  std::int64_t second_of_day = 0;
};

/// The first instant of the schedule after `micros`; kNever if there is none within a few months (kOpenDays:
/// within the years of the calendar).
std::int64_t NextInstant(const Zone& zone, std::span<const Calendar> calendars, const Schedule& schedule,
                         std::int64_t micros);

}  // namespace lull::runtime
