// Calendars, and durations that count by them.
#include "dsl/tree_builder.h"
#include "runtime/base/check.h"

namespace lull::dsl::syntax {
namespace {

constexpr std::string_view kWeekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                          "friday", "saturday", "sunday"};

int WeekdayNamed(std::string_view word) {
  for (int day = 0; day < 7; ++day) {
    if (kWeekdays[day] == word) return day;
  }
  LULL_CHECK(false);
  return 0;
}

}  // namespace

void TreeBuilder::AddWeekday(Span span) {
  const int day = WeekdayNamed(text_.substr(span.begin, span.end - span.begin));
  calendar_.weekdays.push_back({day, day, span});
}

void TreeBuilder::SetLastWeekday(Span span) {
  WeekdayRange& range = calendar_.weekdays.back();
  range.last = WeekdayNamed(text_.substr(span.begin, span.end - span.begin));
  range.span = Cover(range.span, span);
}

void TreeBuilder::AddWholeWeek(Span span) { calendar_.weekdays.push_back({0, 6, span}); }

void TreeBuilder::AddCalendarHours(Span span) {
  const ExprId to = PopExpr();
  const ExprId from = PopExpr();
  const auto second = [this](ExprId id) { return std::get<ClockLiteral>(tree_[id].node).second_of_day; };
  calendar_.hours.push_back({second(from), second(to), span});
}

void TreeBuilder::AddAllDay(Span span) { calendar_.hours.push_back({0, 24 * 3'600, span}); }

YearDay TreeBuilder::ReadYearDay(Span span) {
  const auto digits = [&](std::uint32_t at) { return (text_[at] - '0') * 10 + (text_[at + 1] - '0'); };
  YearDay day{digits(span.begin), digits(span.begin + 3)};
  constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (day.month < 1 || day.month > 12 || day.day < 1 || day.day > kDays[day.month - 1]) {
    diagnostics_
        .Report(Code::kNoSuchDate, span, "there is no day " + std::string(text_.substr(span.begin, 5)))
        .Help("days of the year are written month-day: 12-25 is the 25th of December");
    day = {1, 1};
  }
  return day;
}

void TreeBuilder::AddYearDay(Span span) {
  const YearDay day = ReadYearDay(span);
  calendar_.yearly.push_back({day, day, span});
}

void TreeBuilder::SetLastYearDay(Span span) {
  YearlyRange& range = calendar_.yearly.back();
  range.last = ReadYearDay(span);
  range.span = Cover(range.span, span);
}

void TreeBuilder::AddCalendarDate() {
  const Operand date = Pop();
  const auto& day = std::get<DateLiteral>(tree_[date.id].node);
  calendar_.dates.push_back({day, day, date.extent});
}

void TreeBuilder::SetLastCalendarDate() {
  const Operand date = Pop();
  DateRange& range = calendar_.dates.back();
  range.last = std::get<DateLiteral>(tree_[date.id].node);
  range.span = Cover(range.span, date.extent);
}

void TreeBuilder::SetCalendarZone(Span span) { SetOnce(tree_.calendars.back().zone, span); }

void TreeBuilder::EndCalendarClause(CalendarClauseKind kind, Span span) {
  calendar_.kind = kind;
  calendar_.span = span;
  tree_.calendars.back().clauses.push_back(std::move(calendar_));
  calendar_ = {};
}

void TreeBuilder::MakeOpenTime() {
  Name calendar = PopName();
  const Operand amount = Pop();
  const Span span = Cover(amount.extent, calendar.span);
  Push(CalendarDuration{amount.id, false, std::move(calendar)}, span);
}

void TreeBuilder::MakeWorkingDays(Span span) {
  const Operand amount = Pop();
  Push(CalendarDuration{amount.id, true, std::move(working_days_of_)}, span);
  working_days_of_ = {};
}

}  // namespace lull::dsl::syntax
