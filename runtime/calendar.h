// Opening hours: when a calendar is open, and counting in its open time, its open days, and in months.
//
// A day's hours are those of its weekday, unless the day is closed or has hours of its own. Hours belong to
// the day on which they begin; what runs over midnight runs to its end, also into a closed day. Local times
// follow runtime/base/zone.h: one that the clocks skip means the first instant after the gap, one that they
// repeat means the first; hours that a gap swallows are empty. A day is open if it has hours that are not
// empty.
//
// Openings are worked out in blocks of days when they are first needed and kept, so an object serves one
// thread; each look-up is a binary search. Everything ends with the years 1800 to 2300: what lies beyond is
// unknown, an edge beyond is kNever. All instants in microseconds; days count from 1970-01-01.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/zone.h"

namespace lull::runtime {

/// Minutes of the local day; `to` is later than `from`, by at most a day, and may lie in the next day.
struct OpenSpan {
  std::int32_t from_minute = 0;
  std::int32_t to_minute = 0;
  friend bool operator==(const OpenSpan&, const OpenSpan&) = default;
};

struct CalendarSpec {
  struct Days {  // both ends in
    std::int64_t first = 0;
    std::int64_t last = 0;
    friend bool operator==(const Days&, const Days&) = default;
  };
  struct YearlyDays {  // both ends in; from the later to the earlier date: over New Year
    std::int32_t first_month = 1;
    std::int32_t first_day = 1;
    std::int32_t last_month = 1;
    std::int32_t last_day = 1;
    friend bool operator==(const YearlyDays&, const YearlyDays&) = default;
  };
  /// A day with hours of its own; several make several spans. They stand, whatever is closed.
  struct SpecialHours {
    std::int64_t day = 0;
    OpenSpan hours;
    friend bool operator==(const SpecialHours&, const SpecialHours&) = default;
  };
  std::string name;
  std::string zone = "UTC";
  std::array<std::vector<OpenSpan>, 7> week;  // Monday first
  std::vector<Days> closed;
  std::vector<YearlyDays> closed_yearly;
  std::vector<SpecialHours> special;
  friend bool operator==(const CalendarSpec&, const CalendarSpec&) = default;
};

class Calendar {
 public:
  /// Fails if the zone is not known.
  static Result<Calendar> Make(const CalendarSpec& spec);

  bool IsOpen(std::int64_t instant) const;
  /// The first instant after this one at which IsOpen changes; kNever.
  std::int64_t NextEdge(std::int64_t instant) const;

  /// The first instant by which the calendar was open for so long since `start`. Less than nothing counts
  /// back: the last instant from which it was open for so long until `start`.
  std::int64_t AfterOpenTime(std::int64_t start, std::int64_t open_micros) const;
  /// How long it was open from `from` to `to`; 0 if that is not later.
  std::int64_t OpenTimeBetween(std::int64_t from, std::int64_t to) const;

  bool IsOpenDay(std::int64_t day) const;
  /// The n-th open day after a day; less than nothing counts back, 0 is the day itself.
  std::int64_t AfterOpenDays(std::int64_t day, std::int64_t count) const;
  /// The same time of day on the n-th open day after that of `start`.
  std::int64_t AfterOpenDaysAt(std::int64_t start, std::int64_t count) const;
  /// The first instant after this one that is this time of day on an open day; kNever.
  std::int64_t NextOpenDayAt(std::int64_t instant, std::int64_t second_of_day) const;

 private:
  struct Opening {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t before = 0;  // open time of the block's earlier openings
  };
  /// What begins on the days of a block: disjoint, in order; two may touch.
  struct Block {
    std::vector<Opening> openings;
    std::vector<std::int64_t> open_days;
    std::int64_t total() const {
      return openings.empty() ? 0 : openings.back().before + openings.back().end - openings.back().begin;
    }
  };
  /// An opening; index may be one past the block's last, or -1.
  struct Place {
    std::int64_t block = 0;
    std::int64_t index = 0;
  };

  Calendar(const CalendarSpec& spec, Zone zone);
  const std::vector<OpenSpan>& HoursOf(std::int64_t day) const;
  bool IsClosed(std::int64_t day) const;
  const Block& At(std::int64_t block) const;
  Block Build(std::int64_t block) const;
  /// The last opening that began at or before an instant; nullptr if there is none near.
  const Opening* Find(std::int64_t instant, Place& place) const;
  const Opening* Next(Place& place) const;
  std::int64_t Forward(std::int64_t start, std::int64_t open_micros) const;
  std::int64_t Backward(std::int64_t start, std::int64_t open_micros) const;

  CalendarSpec spec_;
  Zone zone_;
  std::vector<std::pair<std::int64_t, std::vector<OpenSpan>>> special_;  // by day
  mutable std::vector<std::unique_ptr<Block>> blocks_;
};

/// The same day of the month so many months later, or the month's last day if it is shorter.
std::int64_t DayAfterMonths(std::int64_t day, std::int64_t months);
/// The same time of day on that day.
std::int64_t InstantAfterMonths(const Zone& zone, std::int64_t start, std::int64_t months);

/// A computed number of months or days as whole ones: a part counts as one; kUnknown if it is none.
std::int64_t WholeCount(double count);

}  // namespace lull::runtime
