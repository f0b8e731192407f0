// Aggregates over the events of an entity.
#include <array>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

using Kind = syntax::AggregateKind;

struct AggregateRow {
  Kind kind;
  AggregateFunction function;
  bool needs_field;
  bool is_event;  // stands for a whole event, of which a field may be read with a dot
};

constexpr std::array<AggregateRow, 11> kRows = {{
    {Kind::kCount, AggregateFunction::kCount, false, false},
    {Kind::kCountDifferent, AggregateFunction::kCountDifferent, true, false},
    {Kind::kSum, AggregateFunction::kSum, true, false},
    {Kind::kAverage, AggregateFunction::kAverage, true, false},
    {Kind::kMinimum, AggregateFunction::kMinimum, true, false},
    {Kind::kMaximum, AggregateFunction::kMaximum, true, false},
    {Kind::kFirst, AggregateFunction::kFirst, false, true},
    {Kind::kLatest, AggregateFunction::kLatest, false, true},
    {Kind::kAny, AggregateFunction::kAny, false, false},
    {Kind::kTimeSince, AggregateFunction::kTimeSince, false, false},
    {Kind::kGap, AggregateFunction::kGap, false, false},
}};

const AggregateRow& RowOf(Kind kind) {
  for (const AggregateRow& row : kRows) {
    if (row.kind == kind) {
      return row;
    }
  }
  return kRows.front();
}

bool CanBeSummed(TypeKind kind) {
  return kind == TypeKind::kNumber || kind == TypeKind::kMoney || kind == TypeKind::kDuration;
}

bool CanBeOrdered(TypeKind kind) {
  return CanBeSummed(kind) || kind == TypeKind::kTime || kind == TypeKind::kDate;
}

}  // namespace

ExprId Checker::CheckAggregate(const syntax::Aggregate& node, Span span, const Scope& scope) {
  std::optional<Aggregate> aggregate = CheckAggregateBase(node, span, scope);
  if (!aggregate) {
    return kNone;
  }
  const AggregateRow& row = RowOf(node.kind);
  if ((row.needs_field || row.is_event) && !node.field.exists()) {
    diagnostics_
        .Report(Code::kNeedsField, span,
                row.is_event ? "this stands for a whole event; which of its fields is meant?"
                             : "this looks at one field of the event; which one?")
        .Help("read a field with a dot, such as `" + node.event.text + "." +
              std::string(FieldNames(aggregate->events).front()) + "`");
    return kNone;
  }
  const std::optional<Type> type = AggregateType(node, *aggregate);
  if (!type) {
    return kNone;
  }
  aggregate->field = node.field.text;
  aggregate->type = *type;
  return MakeAggregate(*std::move(aggregate), span);
}

std::optional<Aggregate> Checker::CheckAggregateBase(const syntax::Aggregate& node, Span span,
                                                     const Scope& scope) {
  Aggregate aggregate;
  aggregate.function = RowOf(node.kind).function;
  aggregate.entity = scope.entity;
  aggregate.span = span;
  if (scope.entity == kNone) {
    diagnostics_.Report(Code::kNotConstant, span, "events cannot be looked at here")
        .Help("write a fixed value, such as `24 hours` or `3`");
    return std::nullopt;
  }
  aggregate.events = ResolveEvents(node.event, scope.entity);
  if (aggregate.events == kNone) {
    return std::nullopt;
  }
  bool good = true;
  if (node.where.exists()) {
    aggregate.where =
        CheckCondition(node.where, {scope.entity, scope.trigger, aggregate.events, false, true});
    good = aggregate.where != kNone;
  }
  if (node.same_field.exists()) {
    good = CheckSame(node.same_field, scope, aggregate) && good;
  }
  good = CheckWindow(node.window, scope.entity, aggregate) && good;
  return good ? std::optional(std::move(aggregate)) : std::nullopt;
}

bool Checker::CheckWindow(const syntax::Window& window, EntityId entity, Aggregate& aggregate) {
  switch (window.kind) {
    case syntax::WindowKind::kEver:
      return true;
    case syntax::WindowKind::kLast:
    case syntax::WindowKind::kBeforeThat: {
      const std::optional<std::int64_t> last = ConstantDuration(window.duration, false);
      aggregate.window =
          window.kind == syntax::WindowKind::kLast ? WindowKind::kLast : WindowKind::kBeforeThat;
      aggregate.last_micros = last.value_or(0);
      return last.has_value();
    }
    case syntax::WindowKind::kSinceEvent:
      aggregate.window = WindowKind::kSince;
      aggregate.since = ResolveEvents(window.name, entity);
      return aggregate.since != kNone;
    case syntax::WindowKind::kSinceEntered:
      return CheckSinceEntered(window, entity, aggregate);
    case syntax::WindowKind::kPeriod:
      aggregate.window = WindowKind::kPeriod;
      aggregate.period = window.period;
      aggregate.periods_back = static_cast<std::uint32_t>(window.periods_back);
      return true;
  }
  return false;
}

bool Checker::CheckSinceEntered(const syntax::Window& window, EntityId entity, Aggregate& aggregate) {
  const JourneyId journey = Resolve(window.name, SymbolKind::kJourney, Code::kUnknownJourney, "a journey");
  if (journey == kNone) {
    return false;
  }
  if (program_.journeys[journey].entity != entity) {
    ReportUnknownName(window.name, {entity, kNone, kNone, false, false});
    return false;
  }
  const std::optional<std::uint32_t> stage = ResolveStage(journey, window.stage);
  aggregate.window = WindowKind::kSinceEntered;
  aggregate.since_journey = journey;
  aggregate.since_stage = stage.value_or(0);
  return stage.has_value();
}

bool Checker::CheckSame(const syntax::Name& same, const Scope& scope, Aggregate& aggregate) {
  if (scope.trigger == kNone || scope.in_aggregate) {
    diagnostics_.Report(Code::kSameNeedsEvent, same.span, "there is no event at hand to compare with")
        .Help("`with same` stands in rules on an event and in the `where` of a transition or a wait");
    return false;
  }
  const std::optional<SharedField> counted = RequireField(aggregate.events, same);
  const std::optional<SharedField> at_hand = counted ? RequireField(scope.trigger, same) : std::nullopt;
  if (!at_hand) {
    return false;
  }
  if (at_hand->type != counted->type) {
    diagnostics_.Report(Code::kSameFieldDiffers, same.span,
                        Quoted(same.text) + " is " + TypeName(counted->type) + " in one event and " +
                            TypeName(at_hand->type) + " in the other");
    return false;
  }
  aggregate.same_field = same.text;
  aggregate.same_value = MakeField(FieldScope::kTrigger, scope.trigger, same.text, *at_hand, same.span);
  return true;
}

std::optional<Type> Checker::AggregateType(const syntax::Aggregate& node, const Aggregate& aggregate) {
  std::optional<SharedField> field;
  if (node.field.exists()) {
    field = RequireField(aggregate.events, node.field);
    if (!field) {
      return std::nullopt;
    }
  }
  const auto require = [&](bool good, const char* what) -> std::optional<Type> {
    if (good) {
      return field->type;
    }
    diagnostics_.Report(Code::kWrongFieldType, node.field.span, std::string("this needs a field of ") + what)
        .Label("this is " + TypeName(field->type))
        .Help("choose another field, or ask for `count of different " + node.event.text + "." +
              node.field.text + "`");
    return std::nullopt;
  };
  switch (aggregate.function) {
    case AggregateFunction::kCount:
    case AggregateFunction::kCountDifferent:
      return Type{TypeKind::kNumber, kNone};
    case AggregateFunction::kAny:
      return Type{TypeKind::kFlag, kNone};
    case AggregateFunction::kTimeSince:
    case AggregateFunction::kGap:
      return Type{TypeKind::kDuration, kNone};
    case AggregateFunction::kSum:
    case AggregateFunction::kAverage:
      return require(CanBeSummed(field->type.kind), "numbers, money or durations");
    case AggregateFunction::kMinimum:
    case AggregateFunction::kMaximum:
      return require(CanBeOrdered(field->type.kind), "numbers, money, durations, times or dates");
    case AggregateFunction::kFirst:
    case AggregateFunction::kLatest:
      return field->type;
  }
  return std::nullopt;
}

ExprId Checker::MakeAggregate(Aggregate aggregate, Span span) {
  const Type type = aggregate.type;
  const auto [at, is_new] = aggregates_.emplace(
      AggregateKey{aggregate.function, aggregate.entity, aggregate.events, aggregate.field, aggregate.where,
                   aggregate.same_field, aggregate.same_value, aggregate.window, aggregate.last_micros,
                   aggregate.since, aggregate.since_journey, aggregate.since_stage, aggregate.period,
                   aggregate.periods_back},
      static_cast<AggregateId>(program_.aggregates.size()));
  if (is_new) {
    program_.aggregates.push_back(std::move(aggregate));
  }
  const ExprId id = Make(ExprKind::kAggregate, type, {}, span);
  program_.exprs[id].index = at->second;
  return id;
}

std::optional<Aggregate> Checker::FindHandle(syntax::ExprId id, const Scope& scope, bool& is_handle) {
  is_handle = false;
  if (!id.exists()) {
    return std::nullopt;
  }
  if (const auto* node = std::get_if<syntax::Aggregate>(&tree_[id].node)) {
    is_handle = RowOf(node->kind).is_event && !node->field.exists();
    return is_handle ? CheckAggregateBase(*node, tree_[id].span, scope) : std::nullopt;
  }
  if (const auto* field = std::get_if<syntax::FieldRef>(&tree_[id].node)) {
    return FindHandleOfWhole(*field, scope, is_handle);
  }
  const auto* node = std::get_if<syntax::NameRef>(&tree_[id].node);
  if (node == nullptr) {
    return std::nullopt;
  }
  const std::vector<NameMeaning> meanings = FindMeanings(node->name.text, scope);
  if (meanings.size() != 1 || meanings.front().kind != NameMeaning::kFeature ||
      !CheckFeature(meanings.front().index)) {
    return std::nullopt;
  }
  const std::optional<Aggregate>& handle = handles_[meanings.front().index];
  is_handle = handle.has_value();
  return handle;
}

// `customer.last_quote` in a rule of a part, or the same in a rule of the customer itself.
std::optional<Aggregate> Checker::FindHandleOfWhole(const syntax::FieldRef& node, const Scope& scope,
                                                    bool& is_handle) {
  const auto* base = std::get_if<syntax::NameRef>(&tree_[node.base].node);
  const Symbol* symbol = base == nullptr ? nullptr : Find(base->name.text);
  if (symbol == nullptr || symbol->kind != SymbolKind::kEntity) {
    return std::nullopt;
  }
  if (symbol->index != scope.entity && symbol->index != WholeOf(scope.entity)) {
    return std::nullopt;
  }
  const std::optional<NameMeaning> meaning = FindOfEntity(node.field.text, symbol->index);
  if (!meaning || meaning->kind != NameMeaning::kFeature || !CheckFeature(meaning->index)) {
    return std::nullopt;
  }
  is_handle = handles_[meaning->index].has_value();
  return handles_[meaning->index];
}

ExprId Checker::MakeHandleField(Aggregate handle, const syntax::Name& field, Span span) {
  const std::optional<SharedField> shared = RequireField(handle.events, field);
  if (!shared) {
    return kNone;
  }
  handle.field = field.text;
  handle.type = shared->type;
  return MakeAggregate(std::move(handle), span);
}

}  // namespace lull::dsl
