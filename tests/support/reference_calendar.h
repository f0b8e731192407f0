// Calendars as the reference engine has them: day by day, without tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dsl/checked_program.h"
#include "runtime/base/zone.h"

namespace lull::test {

/// Instants, counted from others; none if it takes more than some years. Not for several threads: what was
/// asked for is kept.
class ReferenceCalendars {
 public:
  explicit ReferenceCalendars(const dsl::CheckedProgram& program);

  bool IsOpen(dsl::CalendarId calendar, std::int64_t instant) const;
  std::optional<std::int64_t> NextEdge(dsl::CalendarId calendar, std::int64_t instant) const;
  std::optional<std::int64_t> AfterOpenTime(dsl::CalendarId calendar, std::int64_t start,
                                            std::int64_t micros) const;
  std::optional<std::int64_t> AfterOpenDays(dsl::CalendarId calendar, std::int64_t start, double count) const;
  /// How long it was open from one instant to a later one.
  std::int64_t OpenTime(dsl::CalendarId calendar, std::int64_t from, std::int64_t to) const;
  /// Whether an instant is this second of an open day.
  bool IsTimeOfOpenDay(dsl::CalendarId calendar, std::int64_t instant, std::int32_t second) const;
  /// The instants that may be, on the days around this one.
  std::vector<std::int64_t> TimesAround(dsl::CalendarId calendar, std::int64_t instant,
                                        std::int32_t second) const;
  std::optional<std::int64_t> AfterMonths(std::int64_t start, double count) const;
  /// The zone of this name; the ruleset's if there is none.
  Zone ZoneNamed(const std::string& name) const;

 private:
  struct Span {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  bool LooksOpen(dsl::CalendarId calendar, std::int64_t instant) const;
  std::optional<std::int64_t> FindEdge(dsl::CalendarId calendar, std::int64_t instant) const;
  /// A stretch of time without an edge.
  struct Stretch {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool open = false;
  };
  const Stretch& StretchAt(dsl::CalendarId calendar, std::int64_t instant) const;
  /// What begins on a local day.
  const std::vector<Span>& OfDay(dsl::CalendarId calendar, std::int64_t day) const;
  std::vector<Span> MakeDay(dsl::CalendarId calendar, std::int64_t day) const;
  std::int64_t DayOf(dsl::CalendarId calendar, std::int64_t instant) const;

  const dsl::CheckedProgram* program_;
  Zone own_ = Zone::Utc();
  std::vector<Zone> zones_;  // by CalendarId
  using Days = std::unordered_map<std::int64_t, std::vector<Span>>;
  mutable std::vector<Days> days_;          // by CalendarId: those that were asked for
  mutable std::vector<Stretch> stretches_;  // by CalendarId: that asked for last
};

}  // namespace lull::test
