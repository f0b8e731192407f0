// Values of time: countdowns, times on a day, the time in a stage, and what held before the event in hand.
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

constexpr int kSecondsPerDay = 86'400;

}  // namespace

ExprId Checker::MakeTimeOnDay(ExprId day, int second_of_day, Span span) {
  const Expr& date = At(day);
  if (date.kind == ExprKind::kLiteral) {
    return MakeLiteral(kTimeType, zone_.SecondOfDay(date.integer, second_of_day), span);
  }
  const ExprId id = Make(ExprKind::kTimeOnDay, kTimeType, {day}, span);
  program_.exprs[id].integer = second_of_day;
  return id;
}

ExprId Checker::CheckTimeUntil(const syntax::Unary& node, Span span, const Scope& scope) {
  ExprId until = CheckExpr(node.operand, scope, kTimeType);
  if (until == kNone) {
    return kNone;
  }
  if (At(until).type == kDateType) {
    until = MakeTimeOnDay(until, kSecondsPerDay, At(until).span);
  }
  if (At(until).type != kTimeType) {
    diagnostics_.Report(Code::kNotATime, At(until).span, "`time until` counts down to a time or a date")
        .Label("this is " + TypeNameOf(until))
        .Help(At(until).type == kDurationType
                  ? "to count from an event on, write `time since E`"
                  : "name a time or a date, such as an attribute of the type `date`");
    return kNone;
  }
  return Make(ExprKind::kTimeUntil, kDurationType, {until}, span);
}

ExprId Checker::CheckNextYearly(const syntax::Unary& node, Span span, const Scope& scope) {
  const ExprId date = CheckExpr(node.operand, scope, kDateType);
  if (date == kNone) {
    return kNone;
  }
  if (At(date).type != kDateType) {
    diagnostics_.Report(Code::kNotADate, At(date).span, "`next yearly` is about a date that comes every year")
        .Label("this is " + TypeNameOf(date))
        .Help("name a date, such as an attribute `birthday` of the type `date`");
    return kNone;
  }
  return Make(ExprKind::kNextYearly, kDateType, {date}, span);
}

ExprId Checker::CheckClockOnDay(const syntax::ClockOnDay& node, Span span, const Scope& scope) {
  const ExprId date = CheckExpr(node.day, scope, kDateType);
  if (date == kNone) {
    return kNone;
  }
  if (At(date).type != kDateType) {
    diagnostics_.Report(Code::kNotADate, At(date).span, "a time of day is a time on a date")
        .Label("this is " + TypeNameOf(date))
        .Help("name a date, as in `09:00 on 2026-11-26` or `09:00 on delivery_day`");
    return kNone;
  }
  return MakeTimeOnDay(date, node.clock.second_of_day, span);
}

ExprId Checker::CheckBeforeThis(const syntax::Unary& node, Span span, const Scope& scope) {
  if (!scope.on_event || scope.trigger == kNone || scope.own != kNone || scope.in_aggregate) {
    diagnostics_
        .Report(Code::kBeforeThisHere, span, "there is no event at hand that something could be before")
        .Help(
            "`before this` stands in rules that react to an event: a nudge `on E`, or a transition `on E "
            "where ...`");
    return kNone;
  }
  const ExprId value = CheckExpr(node.operand, scope);
  if (value == kNone || RefuseCalendarDuration(value, "there is none of before")) {
    return kNone;
  }
  const ExprId id = Make(ExprKind::kBeforeThis, At(value).type, {value}, span);
  program_.exprs[id].index = scope.trigger;
  return id;
}

// The journey of the entity that has the stage; the one after `of` if several have it.
std::optional<JourneyId> Checker::JourneyOfStage(const syntax::TimeIn& node, const Scope& scope) {
  if (node.of.exists()) {
    const JourneyId named = Resolve(node.of, SymbolKind::kJourney, Code::kUnknownJourney, "a journey");
    if (named == kNone) {
      return std::nullopt;
    }
    if (program_.journeys[named].entity == scope.entity) {
      return ResolveStage(named, node.stage) ? std::optional(named) : std::nullopt;
    }
    ReportUnknownName(node.of, scope);
    return std::nullopt;
  }
  std::vector<JourneyId> having;
  std::vector<std::string_view> stages;
  for (JourneyId id = 0; id < program_.journeys.size(); ++id) {
    if (program_.journeys[id].entity != scope.entity) {
      continue;
    }
    for (const Stage& stage : program_.journeys[id].stages) {
      stages.push_back(stage.name);
    }
    if (FindStage(id, node.stage.text)) {
      having.push_back(id);
    }
  }
  if (having.size() == 1) {
    return having.front();
  }
  if (having.empty()) {
    ReportUnknown(Code::kUnknownStage, node.stage,
                  "no journey of a " + Quoted(program_.entities[scope.entity].name) + " has a stage " +
                      Quoted(node.stage.text),
                  stages);
    return std::nullopt;
  }
  diagnostics_
      .Report(Code::kAmbiguousName, node.stage.span,
              "several journeys have a stage " + Quoted(node.stage.text))
      .Help("say which one: `time in " + node.stage.text + " of " + program_.journeys[having.front()].name +
            "`");
  return std::nullopt;
}

ExprId Checker::CheckTimeIn(const syntax::TimeIn& node, Span span, const Scope& scope) {
  if (scope.entity == kNone) {
    diagnostics_.Report(Code::kNotConstant, span, "a journey cannot be looked at here")
        .Help("write a fixed value, such as `24 hours`");
    return kNone;
  }
  // The calendar stands last; the journey may be left out.
  syntax::TimeIn of_journey = node;
  syntax::Name calendar_name = std::exchange(of_journey.also_of, {});
  const Symbol* symbol = node.of.exists() && !calendar_name.exists() ? Find(node.of.text) : nullptr;
  if (symbol != nullptr && symbol->kind == SymbolKind::kCalendar) {
    calendar_name = std::exchange(of_journey.of, {});
  }
  const std::optional<JourneyId> journey = JourneyOfStage(of_journey, scope);
  CalendarId calendar = kNone;
  if (calendar_name.exists()) {
    calendar = Resolve(calendar_name, SymbolKind::kCalendar, Code::kUnknownCalendar, "a calendar");
  }
  if (!journey || (calendar_name.exists() && calendar == kNone)) {
    return kNone;
  }
  const ExprId id = Make(ExprKind::kTimeIn, kDurationType, {}, span);
  program_.exprs[id].index = *journey;
  program_.exprs[id].integer = FindStage(*journey, node.stage.text).value_or(0);
  if (calendar == kNone) {
    return id;
  }
  const ExprId open = Make(ExprKind::kOpenTimeIn, kDurationType, {id}, span);
  program_.exprs[open].index = calendar;
  return open;
}

}  // namespace lull::dsl
