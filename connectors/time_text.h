// Reads times, dates and durations as they are written on the wire and on the command line.
//
// All read the whole text or fail (nullopt). Instants and durations are in microseconds; what is finer is cut
// off towards the past.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::connectors {

/// RFC 3339 with `T`, `t` or a space, an offset or Z, any number of fraction digits, leap seconds (as the
/// second that follows).
std::optional<std::int64_t> ParseRfc3339(std::string_view text);

/// The way back, in UTC: "2026-03-02T16:00:00Z", with three or six decimals of a second if needed.
std::string Rfc3339Text(std::int64_t micros);

/// A number of seconds, milliseconds or microseconds since 1970, told apart by its size (below 10^11 seconds,
/// below 10^14 milliseconds).
std::optional<std::int64_t> ParseEpoch(std::string_view number);
std::optional<std::int64_t> EpochMicros(std::int64_t number);

/// 2026-11-26 in days since 1970-01-01.
std::optional<std::int64_t> ParseDate(std::string_view text);

/// ISO 8601 of weeks, days, hours, minutes and seconds ("P1DT12H", "-PT0.5S"); not of years or months, whose
/// length the calendar decides.
std::optional<std::int64_t> ParseIsoDuration(std::string_view text);

/// As people type it: "60s", "5m", "36h", "7d", "2w", "1 day 12 hours", "250ms".
std::optional<std::int64_t> ParseSpokenDuration(std::string_view text);

/// A decimal number (JSON's form, an exponent allowed) times 10^scale, half-even. Nullopt if it is no such
/// number or does not fit (the reserved unknown does not).
std::optional<std::int64_t> ParseScaled(std::string_view text, int scale);

}  // namespace lull::connectors
