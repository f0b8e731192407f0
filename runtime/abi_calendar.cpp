// The functions of abi.h that count by calendars.
#include <algorithm>

#include "runtime/abi.h"
#include "runtime/step_context.h"

namespace lull::runtime::abi {
namespace {

const Calendar& CalendarOf(Moment* moment, std::uint32_t calendar) {
  return moment->context->calendars[calendar];
}

}  // namespace

std::uint64_t CalendarIsOpen(Moment* moment, std::uint32_t calendar, std::int64_t at, std::uint64_t arm) {
  const Calendar& of = CalendarOf(moment, calendar);
  if (arm != 0) moment->Arm(of.NextEdge(at));
  return of.IsOpen(at) ? 1 : 0;
}

std::int64_t OpenTimeBetween(Moment* moment, std::uint32_t calendar, std::int64_t from, std::int64_t to) {
  if (from == kUnknown || to == kUnknown) return kUnknown;
  return CalendarOf(moment, calendar).OpenTimeBetween(from, to);
}

std::int64_t AfterOpenTime(Moment* moment, std::uint32_t calendar, std::int64_t start, std::int64_t micros) {
  return CalendarOf(moment, calendar).AfterOpenTime(start, micros);
}

std::int64_t AfterOpenDays(Moment* moment, std::uint32_t calendar, std::int64_t start, double count) {
  return CalendarOf(moment, calendar).AfterOpenDaysAt(start, WholeCount(count));
}

std::int64_t AfterMonths(Moment* moment, std::int64_t start, double count) {
  return InstantAfterMonths(*moment->context->zone, start, WholeCount(count));
}

std::int64_t DateAfterOpenDays(Moment* moment, std::uint32_t calendar, std::int64_t day, double count) {
  return CalendarOf(moment, calendar).AfterOpenDays(day, WholeCount(count));
}

std::int64_t DateAfterMonths(Moment* /*moment*/, std::int64_t day, double count) {
  return DayAfterMonths(day, WholeCount(count));
}

}  // namespace lull::runtime::abi
