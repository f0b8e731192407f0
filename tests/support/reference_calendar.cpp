#include "tests/support/reference_calendar.h"

#include <algorithm>
#include <cmath>

#include "runtime/base/check.h"
#include "runtime/base/time.h"

namespace lull::test {
namespace {

constexpr std::int64_t kDaysMax = 2'000;
/// Hours that began so many days ago may still last.
constexpr std::int64_t kDaysBack = 3;

std::int64_t Local(const Zone& zone, std::int64_t instant) { return instant + zone.OffsetMicros(instant); }

std::int64_t TimeOfDay(const Zone& zone, std::int64_t instant) {
  return Local(zone, instant) - zone.DayOf(instant) * kMicrosPerDay;
}

}  // namespace

ReferenceCalendars::ReferenceCalendars(const dsl::CheckedProgram& program) : program_(&program) {
  own_ = Zone::Find(program.header.zone).value_or(Zone::Utc());
  for (const dsl::Calendar& calendar : program.calendars) {
    const Result<Zone> zone = Zone::Find(calendar.zone);
    LULL_CHECK(zone.has_value());
    zones_.push_back(*zone);
  }
  days_.resize(zones_.size());
  stretches_.resize(zones_.size());
}

std::int64_t ReferenceCalendars::DayOf(dsl::CalendarId calendar, std::int64_t instant) const {
  return zones_[calendar].DayOf(instant);
}

const std::vector<ReferenceCalendars::Span>& ReferenceCalendars::OfDay(dsl::CalendarId id,
                                                                       std::int64_t day) const {
  const auto found = days_[id].find(day);
  return found != days_[id].end() ? found->second : days_[id].emplace(day, MakeDay(id, day)).first->second;
}

std::vector<ReferenceCalendars::Span> ReferenceCalendars::MakeDay(dsl::CalendarId id,
                                                                  std::int64_t day) const {
  const dsl::Calendar& calendar = program_->calendars[id];
  std::vector<dsl::CalendarHours> hours;
  for (const dsl::CalendarSpecialHours& special : calendar.special) {
    if (special.day == day) hours.push_back(special.hours);
  }
  if (hours.empty()) {
    const LocalDate date = DateOfDay(day);
    bool closed = std::ranges::any_of(calendar.closed, [&](const dsl::CalendarDays& days) {
      return day >= days.first && day <= days.last;
    });
    for (const dsl::CalendarYearlyDays& days : calendar.closed_yearly) {
      const auto at = std::pair(date.month, date.day);
      const auto first = std::pair(days.first_month, days.first_day);
      const auto last = std::pair(days.last_month, days.last_day);
      closed = closed || (first <= last ? first <= at && at <= last : first <= at || at <= last);
    }
    // 1970-01-05 was a Monday.
    if (!closed) hours = calendar.week[static_cast<std::size_t>(((day - 4) % 7 + 7) % 7)];
  }
  std::vector<Span> spans;
  for (const dsl::CalendarHours& each : hours) {
    const Span span{zones_[id].InstantOf(day, each.from_minute * kMicrosPerMinute),
                    zones_[id].InstantOf(day, each.to_minute * kMicrosPerMinute)};
    if (span.begin < span.end) spans.push_back(span);
  }
  return spans;
}

bool ReferenceCalendars::LooksOpen(dsl::CalendarId calendar, std::int64_t instant) const {
  const std::int64_t today = DayOf(calendar, instant);
  for (std::int64_t day = today - kDaysBack; day <= today + 1; ++day) {
    for (const Span& span : OfDay(calendar, day)) {
      if (span.begin <= instant && instant < span.end) return true;
    }
  }
  return false;
}

std::optional<std::int64_t> ReferenceCalendars::FindEdge(dsl::CalendarId calendar,
                                                         std::int64_t instant) const {
  const std::int64_t today = DayOf(calendar, instant);
  std::optional<std::int64_t> next;
  for (std::int64_t day = today - kDaysBack; day <= today + kDaysMax; ++day) {
    for (const Span& span : OfDay(calendar, day)) {
      for (const std::int64_t edge : {span.begin, span.end}) {
        if (edge <= instant || (next && *next <= edge)) continue;
        if (LooksOpen(calendar, edge) != LooksOpen(calendar, edge - 1)) next = edge;
      }
    }
    // What begins on later days begins later.
    if (next && day > DayOf(calendar, *next) + 1) break;
  }
  return next;
}

const ReferenceCalendars::Stretch& ReferenceCalendars::StretchAt(dsl::CalendarId calendar,
                                                                 std::int64_t instant) const {
  Stretch& last = stretches_[calendar];
  if (instant < last.begin || last.end <= instant) {
    last = {instant, FindEdge(calendar, instant).value_or(kNever), LooksOpen(calendar, instant)};
  }
  return last;
}

bool ReferenceCalendars::IsOpen(dsl::CalendarId calendar, std::int64_t instant) const {
  return StretchAt(calendar, instant).open;
}

std::optional<std::int64_t> ReferenceCalendars::NextEdge(dsl::CalendarId calendar,
                                                         std::int64_t instant) const {
  const std::int64_t end = StretchAt(calendar, instant).end;
  return end == kNever ? std::nullopt : std::optional(end);
}

std::optional<std::int64_t> ReferenceCalendars::AfterOpenTime(dsl::CalendarId calendar, std::int64_t start,
                                                              std::int64_t micros) const {
  if (micros == 0) return start;
  const std::int64_t today = DayOf(calendar, start);
  if (micros < 0) {
    // Back from the latest: spans reversed.
    std::vector<Span> spans;
    for (std::int64_t day = today - kDaysMax; day <= today + 1; ++day) {
      for (const Span& span : OfDay(calendar, day)) {
        const std::int64_t from = std::max(span.begin, spans.empty() ? kUnknown : spans.back().end);
        if (from < std::min(span.end, start)) spans.push_back({from, std::min(span.end, start)});
      }
    }
    std::int64_t left = -micros;
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
      if (span->end - span->begin >= left) return span->end - left;
      left -= span->end - span->begin;
    }
    return std::nullopt;
  }
  std::int64_t left = micros;
  std::int64_t counted_until = start;
  for (std::int64_t day = today - kDaysBack; day <= today + kDaysMax; ++day) {
    for (const Span& span : OfDay(calendar, day)) {
      const std::int64_t from = std::max(span.begin, counted_until);
      if (span.end <= from) continue;
      if (span.end - from >= left) return from + left;
      left -= span.end - from;
      counted_until = span.end;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> ReferenceCalendars::AfterOpenDays(dsl::CalendarId calendar, std::int64_t start,
                                                              double count) const {
  const auto whole = static_cast<std::int64_t>(std::ceil(count));
  if (whole == 0) return start;
  const std::int64_t step = whole > 0 ? 1 : -1;
  std::int64_t day = DayOf(calendar, start);
  std::int64_t left = std::abs(whole);
  for (std::int64_t walked = 0; left > 0; ++walked) {
    if (walked > kDaysMax) return std::nullopt;
    day += step;
    if (!OfDay(calendar, day).empty()) --left;
  }
  return zones_[calendar].InstantOf(day, TimeOfDay(zones_[calendar], start));
}

std::int64_t ReferenceCalendars::OpenTime(dsl::CalendarId calendar, std::int64_t from,
                                          std::int64_t to) const {
  std::int64_t open = 0;
  std::int64_t counted_until = from;
  const std::int64_t last = DayOf(calendar, to) + 1;
  for (std::int64_t day = DayOf(calendar, from) - kDaysBack; day <= last; ++day) {
    for (const Span& span : OfDay(calendar, day)) {
      const std::int64_t begin = std::max(span.begin, counted_until);
      const std::int64_t end = std::min(span.end, to);
      if (end <= begin) continue;
      open += end - begin;
      counted_until = end;
    }
  }
  return open;
}

std::vector<std::int64_t> ReferenceCalendars::TimesAround(dsl::CalendarId calendar, std::int64_t instant,
                                                          std::int32_t second) const {
  std::vector<std::int64_t> times;
  const std::int64_t today = DayOf(calendar, instant);
  for (std::int64_t day = today - 2; day <= today + 2; ++day) {
    times.push_back(zones_[calendar].InstantOf(day, second * kMicrosPerSecond));
  }
  return times;
}

bool ReferenceCalendars::IsTimeOfOpenDay(dsl::CalendarId calendar, std::int64_t instant,
                                         std::int32_t second) const {
  const std::int64_t today = DayOf(calendar, instant);
  for (std::int64_t day = today - 2; day <= today + 2; ++day) {
    if (zones_[calendar].InstantOf(day, second * kMicrosPerSecond) == instant &&
        !OfDay(calendar, day).empty()) {
      return true;
    }
  }
  return false;
}

std::optional<std::int64_t> ReferenceCalendars::AfterMonths(std::int64_t start, double count) const {
  const auto whole = static_cast<std::int64_t>(std::ceil(count));
  if (whole == 0) return start;
  LocalDate date = DateOfDay(own_.DayOf(start));
  for (std::int64_t i = 0; i < std::abs(whole); ++i) {
    date.month += whole > 0 ? 1 : -1;
    if (date.month == 13) date = {date.year + 1, 1, date.day};
    if (date.month == 0) date = {date.year - 1, 12, date.day};
  }
  while (DayOfDate(date) == kUnknown) --date.day;
  return own_.InstantOf(DayOfDate(date), TimeOfDay(own_, start));
}

Zone ReferenceCalendars::ZoneNamed(const std::string& name) const { return Zone::Find(name).value_or(own_); }

}  // namespace lull::test
