#include "runtime/calendar.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/base/time.h"

namespace lull::runtime {
namespace {

constexpr std::int64_t kBlockDays = 512;
// The days of the years 1800 to 2300.
constexpr std::int64_t kDayMin = -62'091;
constexpr std::int64_t kDayMax = 120'894;
constexpr std::int64_t kInstantMin = kDayMin * kMicrosPerDay;
constexpr std::int64_t kInstantMax = kDayMax * kMicrosPerDay;
constexpr std::int64_t kBlockCount = (kDayMax - kDayMin) / kBlockDays + 1;
// Hours last a day at most; clocks that are turned far back over midnight may add one.
constexpr std::int64_t kReachDays = 3;

std::int64_t BlockOf(std::int64_t day) { return (day - kDayMin) / kBlockDays; }

bool InRange(std::int64_t instant) { return instant >= kInstantMin && instant <= kInstantMax; }

std::int64_t InstantAt(const Zone& zone, std::int64_t day, std::int32_t minute) {
  return zone.InstantOf(day, minute * kMicrosPerMinute);
}

bool IsWithin(const CalendarSpec::YearlyDays& days, LocalDate date) {
  const std::int32_t at = date.month * 100 + date.day;
  const std::int32_t first = days.first_month * 100 + days.first_day;
  const std::int32_t last = days.last_month * 100 + days.last_day;
  return first <= last ? at >= first && at <= last : at >= first || at <= last;
}

}  // namespace

Result<Calendar> Calendar::Make(const CalendarSpec& spec) {
  Result<Zone> zone = Zone::Find(spec.zone);
  if (!zone) return std::unexpected(zone.error().Within("calendar " + spec.name));
  return Calendar(spec, *zone);
}

Calendar::Calendar(const CalendarSpec& spec, Zone zone)
    : spec_(spec), zone_(std::move(zone)), blocks_(static_cast<std::size_t>(kBlockCount)) {
  std::vector<CalendarSpec::SpecialHours> hours = spec.special;
  std::ranges::stable_sort(hours, {}, [](const CalendarSpec::SpecialHours& special) {
    return std::pair(special.day, special.hours.from_minute);
  });
  for (const CalendarSpec::SpecialHours& special : hours) {
    if (special_.empty() || special_.back().first != special.day) special_.push_back({special.day, {}});
    special_.back().second.push_back(special.hours);
  }
  for (std::vector<OpenSpan>& day : spec_.week) std::ranges::sort(day, {}, &OpenSpan::from_minute);
}

bool Calendar::IsClosed(std::int64_t day) const {
  const auto holds = [day](const CalendarSpec::Days& days) { return day >= days.first && day <= days.last; };
  if (std::ranges::any_of(spec_.closed, holds)) return true;
  if (spec_.closed_yearly.empty()) return false;
  const LocalDate date = DateOfDay(day);
  return std::ranges::any_of(spec_.closed_yearly,
                             [&](const CalendarSpec::YearlyDays& days) { return IsWithin(days, date); });
}

const std::vector<OpenSpan>& Calendar::HoursOf(std::int64_t day) const {
  static const std::vector<OpenSpan> kNone;
  const auto special = std::ranges::lower_bound(special_, day, {}, [](const auto& of) { return of.first; });
  if (special != special_.end() && special->first == day) return special->second;
  return IsClosed(day) ? kNone : spec_.week[WeekdayOf(day)];
}

Calendar::Block Calendar::Build(std::int64_t block) const {
  Block built;
  const std::int64_t first = kDayMin + block * kBlockDays;
  std::int64_t open_until = kUnknown;
  std::int64_t total = 0;
  for (std::int64_t day = first - kReachDays; day < first + kBlockDays; ++day) {
    bool is_open = false;
    for (const OpenSpan& span : HoursOf(day)) {
      const std::int64_t begin = InstantAt(zone_, day, span.from_minute);
      const std::int64_t end = InstantAt(zone_, day, span.to_minute);
      if (end <= begin) continue;
      is_open = true;
      const Opening opening{std::max(begin, open_until), end, total};
      if (opening.end <= opening.begin) continue;
      open_until = end;
      if (day < first) continue;
      built.openings.push_back(opening);
      total += opening.end - opening.begin;
    }
    if (is_open && day >= first) built.open_days.push_back(day);
  }
  return built;
}

const Calendar::Block& Calendar::At(std::int64_t block) const {
  std::unique_ptr<Block>& held = blocks_[static_cast<std::size_t>(block)];
  if (held == nullptr) held = std::make_unique<Block>(Build(block));
  return *held;
}

const Calendar::Opening* Calendar::Find(std::int64_t instant, Place& place) const {
  // A day later: clocks turned back over midnight show the day before again.
  const std::int64_t day = std::clamp(zone_.DayOf(instant) + 1, kDayMin, kDayMax);
  const std::int64_t earliest = std::max<std::int64_t>(BlockOf(std::max(day - 1 - kReachDays, kDayMin)), 0);
  for (place.block = BlockOf(day); place.block >= earliest; --place.block) {
    const std::vector<Opening>& openings = At(place.block).openings;
    const auto after = std::ranges::upper_bound(openings, instant, {}, &Opening::begin);
    place.index = after - openings.begin() - 1;
    if (place.index >= 0) return &openings[static_cast<std::size_t>(place.index)];
  }
  place = {earliest, -1};
  return nullptr;
}

const Calendar::Opening* Calendar::Next(Place& place) const {
  ++place.index;
  while (place.block < kBlockCount) {
    const std::vector<Opening>& openings = At(place.block).openings;
    if (place.index < static_cast<std::int64_t>(openings.size())) {
      return &openings[static_cast<std::size_t>(place.index)];
    }
    place = {place.block + 1, 0};
  }
  return nullptr;
}

bool Calendar::IsOpen(std::int64_t instant) const {
  if (!InRange(instant)) return false;
  Place place;
  const Opening* opening = Find(instant, place);
  return opening != nullptr && instant < opening->end;
}

std::int64_t Calendar::NextEdge(std::int64_t instant) const {
  if (!InRange(instant)) return kNever;
  Place place;
  const Opening* opening = Find(instant, place);
  if (opening == nullptr || instant >= opening->end) {
    opening = Next(place);
    return opening == nullptr ? kNever : opening->begin;
  }
  while (true) {
    const std::int64_t end = opening->end;
    opening = Next(place);
    if (opening == nullptr) return kNever;
    if (opening->begin > end) return end;
  }
}

std::int64_t Calendar::Forward(std::int64_t start, std::int64_t open_micros) const {
  Place place;
  const Opening* opening = Find(start, place);
  if (opening != nullptr && start < opening->end) {
    const std::int64_t left = opening->end - start;
    if (left >= open_micros) return start + open_micros;
    open_micros -= left;
  }
  for (opening = Next(place); opening != nullptr; opening = Next(place)) {
    const Block& block = At(place.block);
    const std::int64_t reach = opening->before + open_micros;
    if (reach > block.total()) {
      open_micros = reach - block.total();
      place.index = static_cast<std::int64_t>(block.openings.size());
      continue;
    }
    // The last opening that has less than `reach` before it.
    const auto after = std::ranges::lower_bound(block.openings, reach, {}, &Opening::before);
    const Opening& found = *(after - 1);
    return found.begin + (reach - found.before);
  }
  return kUnknown;
}

std::int64_t Calendar::Backward(std::int64_t start, std::int64_t open_micros) const {
  Place place;
  const Opening* opening = Find(start, place);
  std::int64_t back = open_micros;
  if (opening != nullptr) {
    const std::int64_t behind = std::min(start, opening->end) - opening->begin;
    if (behind >= back) return std::min(start, opening->end) - back;
    back -= behind;
    const std::int64_t reach = opening->before - back;
    if (reach >= 0) {
      const auto& openings = At(place.block).openings;
      const auto after = std::ranges::upper_bound(openings, reach, {}, &Opening::before);
      return (after - 1)->begin + (reach - (after - 1)->before);
    }
    back = -reach;
  }
  for (std::int64_t block = place.block - 1; block >= 0; --block) {
    const Block& built = At(block);
    if (built.total() < back) {
      back -= built.total();
      continue;
    }
    const std::int64_t reach = built.total() - back;
    const auto after = std::ranges::upper_bound(built.openings, reach, {}, &Opening::before);
    return (after - 1)->begin + (reach - (after - 1)->before);
  }
  return kUnknown;
}

std::int64_t Calendar::AfterOpenTime(std::int64_t start, std::int64_t open_micros) const {
  if (!InRange(start) || open_micros == kUnknown) return kUnknown;
  if (open_micros == 0) return start;
  constexpr std::int64_t kLongest = kInstantMax - kInstantMin;
  if (open_micros > kLongest || open_micros < -kLongest) return kUnknown;
  return open_micros > 0 ? Forward(start, open_micros) : Backward(start, -open_micros);
}

std::int64_t Calendar::OpenTimeBetween(std::int64_t from, std::int64_t to) const {
  if (!InRange(from) || !InRange(to)) return kUnknown;
  if (to <= from) return 0;
  // Open time of the block up to an instant.
  const auto until = [this](std::int64_t instant, Place& place) -> std::int64_t {
    const Opening* opening = Find(instant, place);
    return opening == nullptr ? 0 : opening->before + std::min(instant, opening->end) - opening->begin;
  };
  Place first;
  Place last;
  std::int64_t open = -until(from, first);
  open += until(to, last);
  for (std::int64_t block = first.block; block < last.block; ++block) open += At(block).total();
  return open;
}

bool Calendar::IsOpenDay(std::int64_t day) const {
  if (day < kDayMin || day > kDayMax) return false;
  return std::ranges::binary_search(At(BlockOf(day)).open_days, day);
}

std::int64_t Calendar::AfterOpenDays(std::int64_t day, std::int64_t count) const {
  if (day < kDayMin || day > kDayMax || count == kUnknown) return kUnknown;
  std::int64_t block = BlockOf(day);
  const std::vector<std::int64_t>* days = &At(block).open_days;
  if (count > 0) {
    std::int64_t index = std::ranges::upper_bound(*days, day) - days->begin();
    while (count > std::ssize(*days) - index) {
      count -= std::ssize(*days) - index;
      if (++block == kBlockCount) return kUnknown;
      days = &At(block).open_days;
      index = 0;
    }
    return (*days)[static_cast<std::size_t>(index + count - 1)];
  }
  if (count == 0) return day;
  std::int64_t index = std::ranges::lower_bound(*days, day) - days->begin();
  while (-count > index) {
    count += index;
    if (--block < 0) return kUnknown;
    days = &At(block).open_days;
    index = std::ssize(*days);
  }
  return (*days)[static_cast<std::size_t>(index + count)];
}

std::int64_t Calendar::AfterOpenDaysAt(std::int64_t start, std::int64_t count) const {
  if (!InRange(start) || count == kUnknown) return kUnknown;
  if (count == 0) return start;
  const std::int64_t day = zone_.DayOf(start);
  const std::int64_t clock = start + zone_.OffsetMicros(start) - day * kMicrosPerDay;
  const std::int64_t target = AfterOpenDays(day, count);
  return target == kUnknown ? kUnknown : zone_.InstantOf(target, clock);
}

std::int64_t Calendar::NextOpenDayAt(std::int64_t instant, std::int64_t second_of_day) const {
  // From the day before yesterday on: its end may be today.
  std::int64_t day = zone_.DayOf(instant) - 2;
  while (true) {
    day = AfterOpenDays(day, 1);
    if (day == kUnknown) return kNever;
    const std::int64_t found = zone_.SecondOfDay(day, second_of_day);
    if (found > instant) return found;
  }
}

std::int64_t DayAfterMonths(std::int64_t day, std::int64_t months) {
  if (day < kDayMin || day > kDayMax || months == kUnknown) return kUnknown;
  constexpr std::int64_t kMonthsMax = 12 * 1'000;
  if (months > kMonthsMax || months < -kMonthsMax) return kUnknown;
  const LocalDate date = DateOfDay(day);
  const std::int64_t month = date.year * 12 + date.month - 1 + months;
  LocalDate target{static_cast<std::int32_t>(month / 12), static_cast<std::int32_t>(month % 12) + 1,
                   date.day};
  std::int64_t found = DayOfDate(target);
  for (; found == kUnknown; found = DayOfDate(target)) --target.day;
  return found;
}

std::int64_t InstantAfterMonths(const Zone& zone, std::int64_t start, std::int64_t months) {
  if (!InRange(start)) return kUnknown;
  if (months == 0) return start;
  const std::int64_t day = zone.DayOf(start);
  const std::int64_t target = DayAfterMonths(day, months);
  if (target == kUnknown) return kUnknown;
  return zone.InstantOf(target, start + zone.OffsetMicros(start) - day * kMicrosPerDay);
}

std::int64_t WholeCount(double count) {
  constexpr double kMost = 1e9;
  const double whole = std::ceil(count);
  return whole >= -kMost && whole <= kMost ? static_cast<std::int64_t>(whole) : kUnknown;
}

}  // namespace lull::runtime
