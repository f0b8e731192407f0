// Local time in a zone of the IANA database.
//
// Daylight saving follows one rule everywhere: a local time that the clocks skip means the first instant
// after the gap, and one that they repeat means the first of the two. All instants are event time in
// microseconds since 1970-01-01T00:00Z; local dates are proleptic Gregorian.
//
// The library knows the changes that the zone database lists one by one, which go up to 2037; from then on
// the offset stays as it is at the end of that year.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace date {
class time_zone;
}

namespace lull {

/// A date of the local calendar.
struct LocalDate {
  std::int32_t year = 1970;
  std::int32_t month = 1;  // 1..12
  std::int32_t day = 1;    // 1..31
  friend bool operator==(LocalDate, LocalDate) = default;
};

/// A date and a time of day on the local clock.
struct LocalTime {
  LocalDate date;
  std::int32_t hour = 0;
  std::int32_t minute = 0;
  std::int64_t micros = 0;  // within the minute
  friend bool operator==(LocalTime, LocalTime) = default;
};

/// Division that rounds down; divisor > 0.
constexpr std::int64_t FloorDivide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// Days since 1970-01-01; kUnknown if there is no such date.
std::int64_t DayOfDate(LocalDate date);
LocalDate DateOfDay(std::int64_t day);
/// Of a day since 1970-01-01, which was a Thursday; Monday is 0.
constexpr std::uint32_t WeekdayOf(std::int64_t day) {
  return static_cast<std::uint32_t>(((day + 3) % 7 + 7) % 7);
}

/// One zone. Cheap to copy. Look-ups remember the last two spans of constant offset, so an object serves one
/// thread at a time; give each thread a copy.
class Zone {
 public:
  /// The zone of an IANA name such as "America/Chicago". Fails on an unknown name or a missing zone database.
  static Result<Zone> Find(std::string_view name);
  /// The same as Find("UTC"), which needs no database.
  static Zone Utc();

  const std::string& name() const { return name_; }

  /// What local clocks add to UTC at an instant, in microseconds.
  std::int64_t OffsetMicros(std::int64_t micros) const { return SpanAt(micros).offset; }

  /// The instant of a local time; kUnknown if there is no such date.
  std::int64_t LocalToMicros(const LocalTime& local) const;
  LocalTime MicrosToLocal(std::int64_t micros) const;
  /// The instant at which clocks show so much of a local day, which may be more than a day.
  std::int64_t InstantOf(std::int64_t day, std::int64_t micros_of_day) const;
  /// The first instant of a local day, given in days since 1970-01-01.
  std::int64_t DayStart(std::int64_t day) const;

  /// The instant of a second of a local day, 0..86400 (the end of the day); kUnknown beyond the years that
  /// instants have.
  std::int64_t SecondOfDay(std::int64_t day, std::int64_t second) const;

  /// Days since 1970-01-01 on the local calendar.
  std::int64_t DayOf(std::int64_t micros) const;
  /// Weeks from Monday to Sunday; week 0 holds 1970-01-01.
  std::int64_t WeekOf(std::int64_t micros) const;
  /// Months since January of year 0.
  std::int64_t MonthOf(std::int64_t micros) const;
  /// Minute of the local day, 0..1439.
  std::int32_t MinuteOf(std::int64_t micros) const;

  /// The first instant after `micros` that belongs to the next local day, week or month.
  std::int64_t NextDayStart(std::int64_t micros) const;
  std::int64_t NextWeekStart(std::int64_t micros) const;
  std::int64_t NextMonthStart(std::int64_t micros) const;

  /// The first instant after `micros` at which the local clock shows a minute of the day.
  std::int64_t NextMinute(std::int64_t micros, std::int32_t minute_of_day) const;

  /// Whether an instant lies in the daily span [from, to) of minutes of the day; from > to spans midnight,
  /// and equal ends make an empty span.
  bool InDailySpan(std::int64_t micros, std::int32_t from_minute, std::int32_t to_minute) const;
  /// The first instant at or after `micros` that lies in no daily span [from, to).
  std::int64_t DailySpanEnd(std::int64_t micros, std::int32_t from_minute, std::int32_t to_minute) const;

 private:
  /// A span [begin, end) of instants in which the offset is constant.
  struct OffsetSpan {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t offset = 0;
  };

  const OffsetSpan& SpanAt(std::int64_t micros) const;
  std::int64_t LocalMicrosOf(std::int64_t micros) const { return micros + OffsetMicros(micros); }
  std::int64_t InstantOfLocal(std::int64_t local_micros) const;
  std::int64_t FirstInstantAtLocal(std::int64_t from_micros, std::int64_t local_micros) const;

  const date::time_zone* zone_ =
      nullptr;  // nullptr: UTC; owned by the zone database, which is never unloaded
  std::string name_ = "UTC";
  mutable std::array<OffsetSpan, 2> spans_ = {};  // the one used last comes first
};

}  // namespace lull
