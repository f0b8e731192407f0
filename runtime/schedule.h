// Instants that come again and again by the calendar: `every monday at 09:00`.
//
// Local times follow runtime/base/zone.h: one that the clocks skip means the first instant after the gap, one
// that they repeat means the first.
#pragma once

#include <cstdint>

#include "runtime/base/zone.h"

namespace lull::runtime {

struct Schedule {
  enum class Kind : std::uint8_t { kWeekdays, kMonthDay };
  Kind kind = Kind::kWeekdays;
  std::uint8_t weekdays = 0;   // kWeekdays: bit 0 is Monday
  std::int32_t month_day = 1;  // kMonthDay: 1..31, the last day where the month is shorter
  std::int64_t second_of_day = 0;
};

/// The first instant of the schedule after `micros`; kNever if there is none within a few months.
std::int64_t NextInstant(const Zone& zone, const Schedule& schedule, std::int64_t micros);

}  // namespace lull::runtime
