// Days, weeks, months, quarters and years of a zone's calendar.
//
// Periods of one kind follow each other without a gap: one begins at the first instant of its first local
// day, also where the clocks are turned back over midnight. Weeks begin on Monday.
#pragma once

#include <cstdint>

#include "runtime/base/zone.h"

namespace lull {

enum class LocalPeriod : std::uint8_t { kDay, kWeek, kMonth, kQuarter, kYear };

/// Instants [begin, end).
struct PeriodSpan {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// "day", "week", ...
const char* PeriodName(LocalPeriod period);
/// No period is longer, whatever the zone does.
std::int64_t PeriodMicrosMax(LocalPeriod period);
/// The period that lies `back` periods before the one that holds `micros`; -1 is the next one.
PeriodSpan PeriodAt(const Zone& zone, LocalPeriod period, std::int64_t micros, std::int64_t back);

}  // namespace lull
