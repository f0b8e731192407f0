// Calendars as the reference engine has them: day by day, without tables.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dsl/checked_program.h"
#include "runtime/base/zone.h"

namespace lull::test {

/// Instants, counted from others; none if it takes more than some years.
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
  /// What begins on a local day.
  const std::vector<Span>& OfDay(dsl::CalendarId calendar, std::int64_t day) const;
  std::vector<Span> MakeDay(dsl::CalendarId calendar, std::int64_t day) const;
  std::int64_t DayOf(dsl::CalendarId calendar, std::int64_t instant) const;

  const dsl::CheckedProgram* program_;
  Zone own_ = Zone::Utc();
  std::vector<Zone> zones_;  // by CalendarId
  using Days = std::map<std::pair<dsl::CalendarId, std::int64_t>, std::vector<Span>>;
  std::shared_ptr<Days> days_ = std::make_shared<Days>();  // those that were asked for
};

}  // namespace lull::test
