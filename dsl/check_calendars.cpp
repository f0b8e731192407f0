// Calendars, units, and durations that count by a calendar.
#include <algorithm>
#include <array>
#include <cmath>

#include "dsl/checker.h"
#include "dsl/program_walk.h"

namespace lull::dsl {
namespace {

constexpr std::int32_t kMinutesPerDay = 24 * 60;
constexpr std::int32_t kMinutesPerWeek = 7 * kMinutesPerDay;
constexpr std::int64_t kSpecialDaysMax = 366;
constexpr std::int64_t kOpenTasksMax = 1'000'000;
constexpr Type kSpanType{TypeKind::kCalendarDuration, kNone};
constexpr std::array<const char*, 7> kWeekdays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                  "Friday", "Saturday", "Sunday"};

std::string MinuteText(std::int32_t minute) {
  const std::int32_t of_day = minute > kMinutesPerDay ? minute - kMinutesPerDay : minute;
  const auto two = [](std::int32_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return two(of_day / 60) + ":" + two(of_day % 60);
}

std::int64_t DayOf(const syntax::DateLiteral& date) { return DayOfDate({date.year, date.month, date.day}); }

}  // namespace

std::optional<CalendarHours> Checker::CheckHours(const syntax::CalendarHours& written) {
  const auto report = [&](const std::string& what) -> Diagnostic& {
    return diagnostics_.Report(Code::kCalendarHours, written.span, what);
  };
  if (written.from_second % 60 != 0 || written.to_second % 60 != 0) {
    report("opening hours begin and end at whole minutes").Help("write `09:00 to 20:00`");
    return std::nullopt;
  }
  CalendarHours hours{written.from_second / 60, written.to_second / 60};
  if (hours.from_minute == hours.to_minute || hours.from_minute == kMinutesPerDay) {
    report("these hours begin and end at the same time").Help("for a whole day, write `all day`");
    return std::nullopt;
  }
  if (hours.to_minute < hours.from_minute) hours.to_minute += kMinutesPerDay;
  return hours;
}

void Checker::CheckWeek(const syntax::CalendarClause& clause, Calendar& calendar,
                        std::array<Span, 7>& closed_days) {
  std::array<bool, 7> named{};
  for (const syntax::WeekdayRange& range : clause.weekdays) {
    for (int day = range.first;; day = (day + 1) % 7) {
      named[static_cast<std::size_t>(day)] = true;
      if (day == range.last) break;
    }
  }
  for (const syntax::CalendarHours& written : clause.hours) {
    const std::optional<CalendarHours> hours = CheckHours(written);
    for (std::size_t day = 0; hours && day < 7; ++day) {
      if (named[day]) AddWeekHours(static_cast<std::int32_t>(day), *hours, written.span, calendar);
    }
  }
  for (std::size_t day = 0; clause.hours.empty() && day < 7; ++day) {
    if (named[day]) closed_days[day] = clause.span;
  }
}

void Checker::AddWeekHours(std::int32_t day, CalendarHours hours, Span span, Calendar& calendar) {
  const auto overlaps = [&](std::int32_t other_day, CalendarHours other) {
    // On the circle of the week: from one beginning to the other is less than the first one's length.
    const std::int32_t gap =
        ((other_day - day) * kMinutesPerDay + other.from_minute - hours.from_minute + kMinutesPerWeek) %
        kMinutesPerWeek;
    return gap < hours.to_minute - hours.from_minute ||
           kMinutesPerWeek - gap < other.to_minute - other.from_minute + (gap == 0 ? kMinutesPerWeek : 0);
  };
  for (std::int32_t other_day = 0; other_day < 7; ++other_day) {
    for (const CalendarHours& other : calendar.week[static_cast<std::size_t>(other_day)]) {
      if (!overlaps(other_day, other)) continue;
      diagnostics_
          .Report(Code::kCalendarHours, span,
                  std::string(kWeekdays[static_cast<std::size_t>(day)]) + "'s hours overlap others")
          .Label("overlaps the " + MinuteText(other.from_minute) + " to " + MinuteText(other.to_minute) +
                 " of " + kWeekdays[static_cast<std::size_t>(other_day)])
          .Help(
              "say the hours of a day once; a day may have several, as in `09:00 to 12:00, 13:00 to 18:00`");
      return;
    }
  }
  calendar.week[static_cast<std::size_t>(day)].push_back(hours);
}

void Checker::CheckSpecialDays(const syntax::CalendarClause& clause, Calendar& calendar) {
  for (const syntax::DateRange& range : clause.dates) {
    const std::int64_t first = DayOf(range.first);
    const std::int64_t last = DayOf(range.last);
    if (first > last || last - first >= kSpecialDaysMax) {
      diagnostics_
          .Report(Code::kCalendarDays, range.span,
                  first > last ? "these days run backwards" : "these are more days than a year has")
          .Help("write the earlier day first: `open 2026-12-21 to 2026-12-24 09:00 to 22:00`");
      continue;
    }
    for (const syntax::CalendarHours& written : clause.hours) {
      const std::optional<CalendarHours> hours = CheckHours(written);
      if (!hours) continue;
      const bool overlap = std::ranges::any_of(calendar.special, [&](const CalendarSpecialHours& other) {
        return other.day >= first && other.day <= last && other.hours.from_minute < hours->to_minute &&
               hours->from_minute < other.hours.to_minute;
      });
      if (overlap) {
        diagnostics_.Report(Code::kCalendarHours, written.span, "the hours of this day overlap others of it")
            .Help("say the hours of a day once");
        continue;
      }
      for (std::int64_t day = first; day <= last; ++day) calendar.special.push_back({day, *hours});
    }
  }
}

void Checker::CheckClosedDays(const syntax::CalendarClause& clause, Calendar& calendar) {
  for (const syntax::DateRange& range : clause.dates) {
    const CalendarDays days{DayOf(range.first), DayOf(range.last)};
    if (days.first > days.last) {
      diagnostics_.Report(Code::kCalendarDays, range.span, "these days run backwards")
          .Help("write the earlier day first: `closed 2026-12-24 to 2026-12-31`");
      continue;
    }
    calendar.closed.push_back(days);
  }
  for (const syntax::YearlyRange& range : clause.yearly) {
    calendar.closed_yearly.push_back({range.first.month, range.first.day, range.last.month, range.last.day});
  }
}

void Checker::CheckCalendarZone(const syntax::CalendarDecl& decl, Calendar& calendar) {
  calendar.zone = program_.header.zone;
  if (!decl.zone.exists()) return;
  if (Zone::Find(decl.zone.text)) {
    calendar.zone = decl.zone.text;
    return;
  }
  diagnostics_.Report(Code::kUnknownZone, decl.zone.span, "there is no time zone \"" + decl.zone.text + "\"")
      .Help("zones are named by region and city, such as \"America/Chicago\" or \"Europe/Berlin\".");
}

void Checker::CheckCalendars() {
  for (const syntax::CalendarDecl& decl : tree_.calendars) {
    Calendar calendar;
    calendar.name = decl.name.text;
    calendar.doc = decl.doc;
    calendar.span = decl.span;
    CheckCalendarZone(decl, calendar);
    std::array<Span, 7> closed_days{};
    const std::size_t errors = diagnostics_.error_count();
    for (const syntax::CalendarClause& clause : decl.clauses) {
      if (clause.kind == syntax::CalendarClauseKind::kWeek) CheckWeek(clause, calendar, closed_days);
      if (clause.kind == syntax::CalendarClauseKind::kOpen) CheckSpecialDays(clause, calendar);
      if (clause.kind == syntax::CalendarClauseKind::kClosed) CheckClosedDays(clause, calendar);
    }
    for (std::size_t day = 0; day < 7; ++day) {
      if (!closed_days[day].exists() || calendar.week[day].empty()) continue;
      diagnostics_
          .Report(Code::kCalendarHours, closed_days[day],
                  std::string(kWeekdays[day]) + " is said to be closed, and has hours")
          .Help("days that are not named are closed anyway");
      break;
    }
    const bool opens = !calendar.special.empty() ||
                       std::ranges::any_of(calendar.week, [](const auto& hours) { return !hours.empty(); });
    if (!opens && !decl.incomplete && errors == diagnostics_.error_count()) {
      diagnostics_
          .Report(Code::kCalendarNeverOpen, decl.name.span,
                  "the calendar " + Quoted(decl.name.text) + " is never open")
          .Help("give it hours: `monday to friday 09:00 to 17:00`, or `always`");
    }
    program_.calendars.push_back(std::move(calendar));
  }
}

CalendarId Checker::ResolveCalendar(const syntax::Name& name) {
  return Resolve(name, SymbolKind::kCalendar, Code::kUnknownCalendar, "a calendar");
}

void Checker::CheckUnits() {
  for (const syntax::UnitDecl& decl : tree_.units) {
    Unit unit{decl.name.text, decl.doc, decl.span};
    if (decl.hours.exists()) unit.hours = ResolveCalendar(decl.hours);
    if (decl.open_tasks.exists()) {
      unit.open_tasks_max =
          static_cast<std::uint32_t>(ConstantCount(decl.open_tasks, 1, kOpenTasksMax).value_or(0));
      unit.open_tasks_per_key = decl.per_key;
    }
    program_.units.push_back(std::move(unit));
  }
}

ExprId Checker::MakeCalendarDuration(ExprKind kind, std::uint32_t calendar, ExprId amount, Span span) {
  const ExprId id = Make(kind, kSpanType, {amount}, span);
  program_.exprs[id].index = calendar;
  return id;
}

ExprId Checker::CheckMonths(const syntax::DurationLiteral& literal, Span span) {
  const ExprId months = MakeCalendarDuration(ExprKind::kMonths, kNone,
                                             MakeNumber(static_cast<double>(literal.months), span), span);
  if (literal.micros == 0) return months;
  const ExprId rest = MakeLiteral({TypeKind::kDuration, kNone}, literal.micros, span);
  return Make(ExprKind::kAdd, kSpanType, {months, rest}, span);
}

ExprId Checker::CheckCalendarDuration(const syntax::CalendarDuration& node, Span span, const Scope& scope) {
  const ExprId amount = CheckExpr(node.amount, scope);
  if (node.days && !node.calendar.exists()) {
    Diagnostic& diagnostic =
        diagnostics_.Report(Code::kWorkingDays, span, "working days are those of a calendar: of which one?");
    const std::string name = tree_.calendars.empty() ? "office" : tree_.calendars.front().name.text;
    diagnostic.Help("write `3 working days of " + name + "`")
        .Replace({span.source, span.end, span.end}, " of " + name);
    return kNone;
  }
  const CalendarId calendar = ResolveCalendar(node.calendar);
  if (amount == kNone || calendar == kNone) return kNone;
  if (node.days) {
    if (At(amount).number != std::floor(At(amount).number)) {
      diagnostics_.Report(Code::kWorkingDays, At(amount).span, "working days are counted in whole days")
          .Help("for parts of a day, count open hours: `12 hours of " + node.calendar.text + "`");
      return kNone;
    }
    return MakeCalendarDuration(ExprKind::kOpenDays, calendar, amount, span);
  }
  if (At(amount).type.kind != TypeKind::kDuration) {
    diagnostics_
        .Report(Code::kCalendarDuration, At(amount).span, "a calendar is open for hours, not for months")
        .Help("write hours, or working days: `8 hours of " + node.calendar.text + "`, `20 working days of " +
              node.calendar.text + "`");
    return kNone;
  }
  return MakeCalendarDuration(ExprKind::kOpenTime, calendar, amount, span);
}

// `sla_hours * 1 hour of store_hours`: the factor goes into the amount.
ExprId Checker::ScaleCalendarDuration(ExprId factor, ExprId duration, Span span) {
  const ExprKind kind = At(duration).kind;
  if (kind != ExprKind::kOpenTime && kind != ExprKind::kOpenDays && kind != ExprKind::kMonths) {
    diagnostics_
        .Report(Code::kCalendarDuration, At(duration).span,
                "only a duration that is written out can be multiplied here")
        .Label("this is " + TypeNameOf(duration))
        .Help("multiply the amount where it is written: `factor * 1 hour of store_hours`");
    return kNone;
  }
  const std::uint32_t calendar = At(duration).index;
  const ExprId old_amount = At(duration).args[0];
  const Type type = At(old_amount).type;
  const bool fixed = At(factor).kind == ExprKind::kLiteral && At(old_amount).kind == ExprKind::kLiteral;
  const ExprId amount = fixed ? Fold(ExprKind::kMultiply, type, factor, old_amount, span)
                              : Make(ExprKind::kMultiply, type, {factor, old_amount}, span);
  return amount == kNone ? kNone : MakeCalendarDuration(kind, calendar, amount, span);
}

// `delivered_at + 2 months`, `promised_on - 3 working days of office`, `1 month + 2 days`.
ExprId Checker::CheckCalendarArithmetic(ExprKind kind, ExprId left, ExprId right, Span span) {
  const TypeKind a = At(left).type.kind;
  const TypeKind b = At(right).type.kind;
  const bool by_number = a == TypeKind::kNumber || b == TypeKind::kNumber;
  if (kind == ExprKind::kMultiply && by_number) {
    return a == TypeKind::kNumber ? ScaleCalendarDuration(left, right, span)
                                  : ScaleCalendarDuration(right, left, span);
  }
  const bool is_sum = kind == ExprKind::kAdd || kind == ExprKind::kSubtract;
  if (is_sum && b == TypeKind::kCalendarDuration && (a == TypeKind::kTime || a == TypeKind::kDate)) {
    if (a == TypeKind::kDate && !CountsWholeDays(right)) {
      diagnostics_
          .Report(Code::kCalendarDuration, At(right).span,
                  "only months and working days can be added to a date")
          .Label("this is counted in hours")
          .Help("add `3 working days of office` or `2 months`, or count from a point in time");
      return kNone;
    }
    return Make(kind, At(left).type, {left, right}, span);
  }
  if (AreDurations(left, right) &&
      (kind == ExprKind::kAdd || (kind == ExprKind::kSubtract && !IsOfCalendar(right)))) {
    return Make(kind, kSpanType, {left, right}, span);
  }
  if (!RefuseCalendarDuration(left, "this cannot be computed")) {
    RefuseCalendarDuration(right, "this cannot be computed");
  }
  return kNone;
}

bool Checker::IsOfCalendar(ExprId id) const { return At(id).type == kSpanType; }

bool Checker::AreDurations(ExprId left, ExprId right) const {
  const auto is = [this](ExprId id) { return At(id).type.kind == TypeKind::kDuration || IsOfCalendar(id); };
  return is(left) && is(right) && (IsOfCalendar(left) || IsOfCalendar(right));
}

// A date has no time of day, so only days and months can be added to it.
bool Checker::CountsWholeDays(ExprId duration) const {
  const Expr& expr = At(duration);
  switch (expr.kind) {
    case ExprKind::kOpenDays:
    case ExprKind::kMonths:
      return true;
    case ExprKind::kFeature:
      return CountsWholeDays(program_.features[expr.index].value);
    case ExprKind::kIf:
      return CountsWholeDays(expr.args[1]) && CountsWholeDays(expr.args[2]);
    case ExprKind::kAdd:
      return CountsWholeDays(expr.args[0]) && CountsWholeDays(expr.args[1]);
    default:
      return false;
  }
}

bool Checker::RefuseCalendarDuration(ExprId id, std::string_view why) {
  if (id == kNone || At(id).type != kSpanType) return false;
  diagnostics_
      .Report(Code::kCalendarDuration, At(id).span,
              "a duration by the calendar has no fixed length, so " + std::string(why))
      .Label("this is " + TypeNameOf(id))
      .Help(
          "it can stand where a deadline is counted from a moment (`quiet`, `within`, `for`, `after`, `again "
          "after`), or be added to a point in time; elsewhere write a plain duration such as `3 days`");
  return true;
}

}  // namespace lull::dsl
