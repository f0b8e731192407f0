// Event time and wall time, and durations, in microseconds.
//
// Decisions read event time only; wall time appears in the connectors. They are different types so that one
// is never taken for the other.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace lull {

inline constexpr std::int64_t kMicrosPerMilli = 1'000;
inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;

/// The reserved value "unknown" of every 64-bit integer type of the language (money, duration, time, date,
/// ...).
inline constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::min();

/// A deadline that never comes.
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// Accepted event times: years 1900 to 2200. An event outside is a dead letter.
inline constexpr std::int64_t kEventMicrosMin = -2'208'988'800 * kMicrosPerSecond;
inline constexpr std::int64_t kEventMicrosMax = 7'258'118'400 * kMicrosPerSecond;

/// An instant of the log's time: microseconds since 1970-01-01T00:00Z.
struct EventTime {
  std::int64_t micros = kUnknown;
  friend auto operator<=>(EventTime, EventTime) = default;
};

/// An instant of the machine's clock: microseconds since 1970-01-01T00:00Z.
struct WallTime {
  std::int64_t micros = 0;
  friend auto operator<=>(WallTime, WallTime) = default;
};

}  // namespace lull
