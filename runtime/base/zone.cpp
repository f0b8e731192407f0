#include "runtime/base/zone.h"

#include <date/date.h>
#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "runtime/base/time.h"

namespace lull {
namespace {

constexpr std::int64_t kMinutesPerDay = 24 * 60;
// No zone was ever further than this from UTC.
constexpr std::int64_t kOffsetMicrosMax = 26 * kMicrosPerHour;
// After so many years the calendar repeats. The library's years end at 32,767; instants go on to 294,247.
constexpr std::int64_t kYearsPerCycle = 400;
constexpr std::int64_t kDaysPerCycle = 146'097;

// The zone database counts in seconds and marks "for ever" with years outside every accepted event time.
std::int64_t MicrosOf(date::sys_seconds instant) {
  const std::int64_t seconds = instant.time_since_epoch().count();
  if (seconds <= kEventMicrosMin * 2 / kMicrosPerSecond) {
    return kUnknown + 1;
  }
  if (seconds >= kEventMicrosMax * 2 / kMicrosPerSecond) {
    return kNever;
  }
  return seconds * kMicrosPerSecond;
}

std::int64_t DayOfMonthStart(std::int64_t month_index) {
  return DayOfDate({static_cast<std::int32_t>(FloorDivide(month_index, 12)),
                    static_cast<std::int32_t>(month_index - FloorDivide(month_index, 12) * 12 + 1), 1});
}

}  // namespace

std::int64_t DayOfDate(LocalDate local) {
  if (local.month < 1 || local.day < 1) {
    return kUnknown;
  }
  const std::int64_t cycle = FloorDivide(local.year, kYearsPerCycle);
  const date::year_month_day ymd{date::year{static_cast<int>(local.year - cycle * kYearsPerCycle)},
                                 date::month{static_cast<unsigned>(local.month)},
                                 date::day{static_cast<unsigned>(local.day)}};
  return ymd.ok() ? date::sys_days{ymd}.time_since_epoch().count() + cycle * kDaysPerCycle : kUnknown;
}

LocalDate DateOfDay(std::int64_t day) {
  const std::int64_t cycle = FloorDivide(day, kDaysPerCycle);
  const date::year_month_day ymd{date::sys_days{date::days{day - cycle * kDaysPerCycle}}};
  return {static_cast<std::int32_t>(static_cast<int>(ymd.year()) + cycle * kYearsPerCycle),
          static_cast<std::int32_t>(static_cast<unsigned>(ymd.month())),
          static_cast<std::int32_t>(static_cast<unsigned>(ymd.day()))};
}

Result<Zone> Zone::Find(std::string_view name) {
  Zone zone;
  if (name == "UTC") {
    return zone;
  }
  try {
    zone.zone_ = date::locate_zone(std::string(name));
  } catch (const std::exception& exception) {
    return Fail("there is no time zone \"" + std::string(name) +
                "\" in this machine's zone database: " + exception.what());
  }
  zone.name_ = name;
  return zone;
}

Zone Zone::Utc() { return {}; }

const Zone::OffsetSpan& Zone::SpanAt(std::int64_t micros) const {
  if (micros >= spans_[0].begin && micros < spans_[0].end) {
    return spans_[0];
  }
  std::swap(spans_[0], spans_[1]);
  if (micros >= spans_[0].begin && micros < spans_[0].end) {
    return spans_[0];
  }
  if (zone_ == nullptr) {
    spans_[0] = {kUnknown, kNever, 0};
    return spans_[0];
  }
  const date::sys_seconds instant{std::chrono::seconds(FloorDivide(micros, kMicrosPerSecond))};
  const date::sys_info info = zone_->get_info(instant);
  spans_[0] = {MicrosOf(info.begin), MicrosOf(info.end), info.offset.count() * kMicrosPerSecond};
  return spans_[0];
}

// The first instant, not before `from_micros`, at which the local clock shows `local_micros` or later.
std::int64_t Zone::FirstInstantAtLocal(std::int64_t from_micros, std::int64_t local_micros) const {
  OffsetSpan span = SpanAt(from_micros);
  std::int64_t earliest = from_micros;
  while (true) {
    const std::int64_t instant = std::max(local_micros - span.offset, earliest);
    if (instant < span.end) {
      return instant;
    }
    earliest = span.end;
    span = SpanAt(span.end);
  }
}

std::int64_t Zone::InstantOfLocal(std::int64_t local_micros) const {
  return FirstInstantAtLocal(local_micros - kOffsetMicrosMax, local_micros);
}

std::int64_t Zone::LocalToMicros(const LocalTime& local) const {
  const std::int64_t day = DayOfDate(local.date);
  if (day == kUnknown) {
    return kUnknown;
  }
  return InstantOfLocal(day * kMicrosPerDay + local.hour * kMicrosPerHour + local.minute * kMicrosPerMinute +
                        local.micros);
}

LocalTime Zone::MicrosToLocal(std::int64_t micros) const {
  // Any instant, also the first and last ones, whose local time may be beyond the ends.
  std::int64_t local = 0;
  if (__builtin_add_overflow(micros, OffsetMicros(micros), &local)) local = micros;
  const std::int64_t day = FloorDivide(local, kMicrosPerDay);
  const std::int64_t over = local % kMicrosPerDay;
  const std::int64_t rest = over < 0 ? over + kMicrosPerDay : over;
  return {DateOfDay(day), static_cast<std::int32_t>(rest / kMicrosPerHour),
          static_cast<std::int32_t>(rest % kMicrosPerHour / kMicrosPerMinute), rest % kMicrosPerMinute};
}

std::int64_t Zone::InstantOf(std::int64_t day, std::int64_t micros_of_day) const {
  return InstantOfLocal(day * kMicrosPerDay + micros_of_day);
}

std::int64_t Zone::DayStart(std::int64_t day) const { return InstantOfLocal(day * kMicrosPerDay); }

std::int64_t Zone::SecondOfDay(std::int64_t day, std::int64_t second) const {
  constexpr std::int64_t kDayMax = 50'000'000;
  if (day > kDayMax || day < -kDayMax) return kUnknown;
  return InstantOfLocal(day * kMicrosPerDay + second * kMicrosPerSecond);
}

std::int64_t Zone::DayOf(std::int64_t micros) const {
  return FloorDivide(LocalMicrosOf(micros), kMicrosPerDay);
}

std::int64_t Zone::WeekOf(std::int64_t micros) const { return FloorDivide(DayOf(micros) + 3, 7); }

std::int64_t Zone::MonthOf(std::int64_t micros) const {
  const LocalDate local = DateOfDay(DayOf(micros));
  return std::int64_t{local.year} * 12 + local.month - 1;
}

std::int32_t Zone::MinuteOf(std::int64_t micros) const {
  const std::int64_t local = LocalMicrosOf(micros);
  return static_cast<std::int32_t>((local - FloorDivide(local, kMicrosPerDay) * kMicrosPerDay) /
                                   kMicrosPerMinute);
}

std::int64_t Zone::NextDayStart(std::int64_t micros) const {
  return FirstInstantAtLocal(micros, (DayOf(micros) + 1) * kMicrosPerDay);
}

std::int64_t Zone::NextWeekStart(std::int64_t micros) const {
  return FirstInstantAtLocal(micros, ((WeekOf(micros) + 1) * 7 - 3) * kMicrosPerDay);
}

std::int64_t Zone::NextMonthStart(std::int64_t micros) const {
  return FirstInstantAtLocal(micros, DayOfMonthStart(MonthOf(micros) + 1) * kMicrosPerDay);
}

std::int64_t Zone::NextMinute(std::int64_t micros, std::int32_t minute_of_day) const {
  std::int64_t local = (DayOf(micros) - 1) * kMicrosPerDay + minute_of_day * kMicrosPerMinute;
  std::int64_t instant = InstantOfLocal(local);
  while (instant <= micros) {
    local += kMicrosPerDay;
    instant = InstantOfLocal(local);
  }
  return instant;
}

bool Zone::InDailySpan(std::int64_t micros, std::int32_t from_minute, std::int32_t to_minute) const {
  return DailySpanEnd(micros, from_minute, to_minute) != micros;
}

std::int64_t Zone::DailySpanEnd(std::int64_t micros, std::int32_t from_minute, std::int32_t to_minute) const {
  const std::int64_t length = (to_minute - from_minute + kMinutesPerDay) % kMinutesPerDay;
  if (length == 0) {
    return micros;
  }
  const std::int64_t today = DayOf(micros);
  // The day before, for a span over midnight; the day after, because clocks may have been turned back over
  // midnight.
  for (std::int64_t day = today - 1; day <= today + 1; ++day) {
    const std::int64_t from = day * kMicrosPerDay + from_minute * kMicrosPerMinute;
    const std::int64_t end = InstantOfLocal(from + length * kMicrosPerMinute);
    if (InstantOfLocal(from) <= micros && micros < end) {
      return end;
    }
  }
  return micros;
}

}  // namespace lull
