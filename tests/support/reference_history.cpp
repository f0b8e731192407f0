#include "tests/support/reference_history.h"

#include <algorithm>
#include <ranges>

#include "runtime/base/check.h"
#include "runtime/base/time.h"

namespace lull::test {

using dsl::AggregateFunction;
using dsl::Expr;
using dsl::ExprId;
using dsl::ExprKind;
using dsl::TypeKind;

namespace {

std::int64_t PeriodNumber(LocalPeriod period, const LocalDate& date) {
  switch (period) {
    case LocalPeriod::kDay:
      return DayOfDate(date);
    case LocalPeriod::kWeek:
      return (DayOfDate(date) - DayOfDate({2001, 1, 1}) + 70'000) / 7;  // a Monday, and whole weeks
    case LocalPeriod::kMonth:
      return date.year * 12 + date.month;
    case LocalPeriod::kQuarter:
      return date.year * 4 + (date.month - 1) / 3;
    case LocalPeriod::kYear:
      return date.year;
  }
  return 0;
}

bool IsInWindow(const dsl::Aggregate& aggregate, const Entry& entry, std::int64_t now,
                const LocalDate& today) {
  switch (aggregate.window) {
    case dsl::WindowKind::kLast:
      return entry.time > now - aggregate.last_micros;
    case dsl::WindowKind::kBeforeThat:
      return entry.time > now - 2 * aggregate.last_micros && entry.time <= now - aggregate.last_micros;
    case dsl::WindowKind::kPeriod:
      return PeriodNumber(aggregate.period, entry.date) + aggregate.periods_back ==
             PeriodNumber(aggregate.period, today);
    default:
      return true;
  }
}

}  // namespace

History::History(const dsl::CheckedProgram& program, const ReferenceCalendars& calendars,
                 dsl::EntityId entity, std::string key)
    : entered(program.journeys.size()),
      stall_held(program.stalls.size()),
      program_(&program),
      entity_(entity),
      key_(std::move(key)),
      calendars_(&calendars),
      attributes_(program.attributes.size()),
      zone_(Zone::Find(program.header.zone).value_or(Zone::Utc())) {
  for (const dsl::Journey& journey : program.journeys) stages.push_back(journey.start);
  for (std::size_t i = 0; i < attributes_.size(); ++i) {
    if (program.attributes[i].default_value == dsl::kNone) continue;
    attributes_[i] = Read(program.attributes[i].default_value, {});
  }
}

void History::Apply(const Entry& entry) {
  log_->push_back(entry);
  count_ = log_->size();
  Entry& applied = log_->back();
  applied.date = zone_.MicrosToLocal(entry.time).date;
  applied.counts.assign(program_->aggregates.size(), -1);
  for (const dsl::SetsAttribute& sets : program_->events[entry.event].sets) {
    const Value& value = entry.fields[sets.field];
    if (program_->attributes[sets.attribute].entity == entity_ && value.known)
      attributes_[sets.attribute] = value;
  }
  for (dsl::AggregateId id = 0; id < program_->aggregates.size(); ++id) {
    const dsl::Aggregate& aggregate = program_->aggregates[id];
    if (aggregate.entity == entity_ && IsIn(entry.event, aggregate.events)) {
      Counts(aggregate, id, applied);
    }
  }
  applied.absent.clear();
  for (const dsl::Stall& stall : program_->stalls) {
    const bool concerned =
        stall.form == dsl::StallForm::kNo && stall.entity == entity_ && IsIn(entry.event, stall.awaited);
    const View view{entry.time, entry.time, nullptr, &applied};
    applied.absent.push_back(concerned && Holds(stall.awaited_where, view));
  }
}

bool History::IsIn(dsl::EventId event, dsl::EventSetId set) const {
  return std::ranges::count(program_->event_sets[set].events, event) > 0;
}

bool History::IsActivity(dsl::EventId event) const {
  const dsl::EventSetId activity = program_->entities[entity_].activity;
  if (program_->events[event].task_step != dsl::TaskStep::kNo) return false;
  return activity == dsl::kNone || IsIn(event, activity);
}

Value History::LatestActivity() const {
  for (const Entry& entry : entries() | std::views::reverse) {
    if (IsActivity(entry.event)) return Value::Integer(entry.time);
  }
  return {};
}

Value History::LatestAbsent(dsl::StallId stall) const {
  for (const Entry& entry : entries() | std::views::reverse) {
    if (entry.absent[stall]) return Value::Integer(entry.time);
  }
  return {};
}

Value History::Field(const Entry& entry, const std::string& name) const {
  if (name == "time") return Value::Integer(entry.time);
  const auto& fields = program_->events[entry.event].fields;
  const auto found = std::ranges::find(fields, name, &dsl::EventField::name);
  LULL_CHECK(found != fields.end());
  return entry.fields[static_cast<std::size_t>(found - fields.begin())];
}

TypeKind History::FieldType(dsl::EventSetId set, const std::string& name) const {
  if (name.empty() || name == "time") return TypeKind::kTime;
  const auto& fields = program_->events[program_->event_sets[set].events.front()].fields;
  return std::ranges::find(fields, name, &dsl::EventField::name)->type.kind;
}

bool History::Counts(const dsl::Aggregate& aggregate, dsl::AggregateId id, const Entry& entry) const {
  int& counts = entry.counts[id];
  if (counts < 0) {
    const View view{entry.time, entry.time, nullptr, &entry};
    counts = Holds(aggregate.where, view) ? 1 : 0;
  }
  return counts == 1;
}

void History::Enter(dsl::JourneyId journey, std::uint32_t stage) {
  entries_at_entering_[{journey, stage}] = entries().size();
}

std::size_t History::SeenFrom(const dsl::Aggregate& aggregate) const {
  if (aggregate.window == dsl::WindowKind::kSinceEntered) {
    const auto found = entries_at_entering_.find({aggregate.since_journey, aggregate.since_stage});
    return found == entries_at_entering_.end() ? 0 : found->second;
  }
  if (aggregate.window != dsl::WindowKind::kSince) return 0;
  for (std::size_t i = entries().size(); i > 0; --i) {
    if (IsIn(entries()[i - 1].event, aggregate.since)) return i;
  }
  return 0;
}

std::vector<const Entry*> History::Counted(const dsl::Aggregate& aggregate, dsl::AggregateId id,
                                           const View& view) const {
  const bool with_same = aggregate.same_value != dsl::kNone;
  const Value same = with_same ? Read(aggregate.same_value, view) : Value{};
  const bool by_date = aggregate.window == dsl::WindowKind::kPeriod;
  const LocalDate today = by_date ? zone_.MicrosToLocal(view.now).date : LocalDate{};
  std::vector<const Entry*> counted;
  for (const Entry& entry : entries().subspan(SeenFrom(aggregate))) {
    if (!IsIn(entry.event, aggregate.events) || !IsInWindow(aggregate, entry, view.now, today)) continue;
    if (with_same) {
      const TypeKind kind = FieldType(aggregate.events, aggregate.same_field);
      if (!SameValue(kind, Field(entry, aggregate.same_field), same)) continue;
    }
    if (Counts(aggregate, id, entry)) counted.push_back(&entry);
  }
  return counted;
}

Value History::Aggregate(const dsl::Aggregate& aggregate, dsl::AggregateId id, const View& view) const {
  const std::vector<const Entry*> counted = Counted(aggregate, id, view);
  const auto time = [&](std::size_t from_end) { return counted[counted.size() - from_end]->time; };
  switch (aggregate.function) {
    case AggregateFunction::kCount:
      return Value::Number(static_cast<double>(counted.size()));
    case AggregateFunction::kAny:
      return Value::Flag(!counted.empty());
    case AggregateFunction::kTimeSince:
      return counted.empty() ? Value{} : Value::Integer(std::max<std::int64_t>(view.clock - time(1), 0));
    case AggregateFunction::kGap:
      return counted.size() < 2 ? Value{} : Value::Integer(time(1) - time(2));
    default:
      break;
  }
  const std::string field = aggregate.field.empty() ? "time" : aggregate.field;
  if (aggregate.function == AggregateFunction::kFirst || aggregate.function == AggregateFunction::kLatest) {
    if (counted.empty()) return {};
    return Field(aggregate.function == AggregateFunction::kFirst ? *counted.front() : *counted.back(), field);
  }
  const TypeKind kind = FieldType(aggregate.events, field);
  std::vector<Value> values;
  for (const Entry* entry : counted) {
    if (const Value value = Field(*entry, field); value.known) values.push_back(value);
  }
  if (aggregate.function == AggregateFunction::kCountDifferent) {
    std::vector<Value> different;
    for (const Value& value : values) {
      const auto same = [&](const Value& other) { return SameValue(kind, value, other); };
      if (std::ranges::none_of(different, same)) different.push_back(value);
    }
    return Value::Number(static_cast<double>(different.size()));
  }
  if (aggregate.function == AggregateFunction::kMinimum ||
      aggregate.function == AggregateFunction::kMaximum) {
    const bool least = aggregate.function == AggregateFunction::kMinimum;
    Value best;
    for (const Value& value : values) {
      const auto op = least ? dsl::CompareOp::kLess : dsl::CompareOp::kGreater;
      if (!best.known || Compare(op, kind, value, best)) best = value;
    }
    return best;
  }
  double number = 0;
  Wide integer = 0;
  for (const Value& value : values) {
    number += value.number;
    integer += value.integer;
  }
  const bool average = aggregate.function == AggregateFunction::kAverage;
  if (average && values.empty()) return {};
  if (kind == TypeKind::kNumber)
    return Value::Number(average ? number / static_cast<double>(values.size()) : number);
  return Narrow(average ? DivideHalfEven(integer, static_cast<Wide>(values.size())) : integer);
}

bool History::Holds(ExprId id, const View& view) const {
  if (id == dsl::kNone) return true;
  const Value value = Read(id, view);
  return value.known && value.integer == 1;
}

Value History::Read(ExprId id, const View& view) const {
  const Expr& expr = program_->expr(id);
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return {.known = true, .number = expr.number, .integer = expr.integer, .text = expr.text};
    case ExprKind::kTemplate:
      LULL_CHECK(expr.args.empty());
      return Value::Text(expr.texts.empty() ? expr.text : expr.texts.front());
    case ExprKind::kAttribute:
      return attributes_[expr.index];
    case ExprKind::kArm:
      return Value::Integer(arms[expr.index]);
    case ExprKind::kTaskOutcome: {
      const Value said = Field(*view.trigger, "outcome");
      const auto& values = program_->choices[expr.type.of].values;
      const auto found = std::ranges::find(values, said.text);
      return said.known && found != values.end() ? Value::Integer(found - values.begin()) : Value{};
    }
    case ExprKind::kField: {
      const Entry* entry = expr.scope == dsl::FieldScope::kOwn ? view.own : view.trigger;
      if (expr.scope == dsl::FieldScope::kStep) entry = view.steps.at(static_cast<std::size_t>(expr.integer));
      LULL_CHECK(entry != nullptr);
      return Field(*entry, expr.text);
    }
    case ExprKind::kFeature:
      return Read(program_->features[expr.index].value, view);
    case ExprKind::kScore:
      return Score(program_->scores[expr.index], view);
    case ExprKind::kStage:
      return Value::Integer(stages[expr.index]);
    case ExprKind::kStall:
      return Value::Flag(stall_held[expr.index]);
    case ExprKind::kOfWhole:
      LULL_CHECK(whole != nullptr);
      return whole->Read(expr.args[0], view);
    case ExprKind::kCalendarOpen:
      return Value::Flag(calendars_->IsOpen(expr.index, view.clock));
    case ExprKind::kAggregate:
      return Aggregate(program_->aggregates[expr.index], expr.index, view);
    case ExprKind::kNot:
      return Value::Flag(!Holds(expr.args[0], view));
    case ExprKind::kAnd:
      return Value::Flag(Holds(expr.args[0], view) && Holds(expr.args[1], view));
    case ExprKind::kOr:
      return Value::Flag(Holds(expr.args[0], view) || Holds(expr.args[1], view));
    case ExprKind::kCompare:
      return Value::Flag(Compare(expr.compare, program_->expr(expr.args[0]).type.kind,
                                 Read(expr.args[0], view), Read(expr.args[1], view)));
    case ExprKind::kOneOf: {
      const Value value = Read(expr.args[0], view);
      const TypeKind kind = program_->expr(expr.args[0]).type.kind;
      return Value::Flag(std::any_of(expr.args.begin() + 1, expr.args.end(), [&](ExprId other) {
        return SameValue(kind, value, Read(other, view));
      }));
    }
    case ExprKind::kIf:
      return Read(Holds(expr.args[0], view) ? expr.args[1] : expr.args[2], view);
    case ExprKind::kSmaller:
    case ExprKind::kLarger:
      return Extreme(expr, view);
    case ExprKind::kRound:
      return Round(Read(expr.args[0], view), expr.type.kind, expr.rounding);
    case ExprKind::kIsKnown:
      return Value::Flag(Read(expr.args[0], view).known);
    case ExprKind::kIsUnknown:
      return Value::Flag(!Read(expr.args[0], view).known);
    case ExprKind::kUnknown:
      return {};
    case ExprKind::kLookup:
      return LookUp(expr, view);
    case ExprKind::kOrElse: {
      const Value value = Read(expr.args[0], view);
      return value.known ? value : Read(expr.args[1], view);
    }
    case ExprKind::kNegate:
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
      return Arithmetic(expr, view);
    case ExprKind::kMultiply:
      return Product(expr, view);
    case ExprKind::kDivide:
      return Quotient(expr, view);
    case ExprKind::kTimeUntil:
    case ExprKind::kTimeOnDay:
    case ExprKind::kNextYearly:
    case ExprKind::kTimeIn:
    case ExprKind::kOpenTimeIn:
      return OfTime(expr, view);
    case ExprKind::kBeforeThis:
      LULL_CHECK(before != nullptr);
      return before->Read(expr.args[0], View{view.now, view.now, view.trigger, nullptr});
    case ExprKind::kKey:
      return Value::Text(key_);
    default:
      return OfTexts(expr, view);
  }
}

}  // namespace lull::test
