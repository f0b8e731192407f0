// Names and expressions.
#include <algorithm>

#include "dsl/tree_builder.h"
#include "runtime/base/check.h"

namespace lull::dsl::syntax {
namespace {

bool IsGoodName(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || IsDigit(c) || c == '_'; });
}

/// The name in lower_snake_case that a writer of `pageViewed` or `Page` meant; empty if there is none.
std::string SnakeCase(std::string_view name) {
  std::string snake;
  bool after_upper = true;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !after_upper && snake.back() != '_') snake += '_';
    snake += upper ? static_cast<char>(c - 'A' + 'a') : c;
    after_upper = upper;
  }
  return IsGoodName(snake) ? snake : std::string();
}

}  // namespace

void TreeBuilder::Push(ExprNode node, Span extent) {
  std::uint32_t height = 0;
  const auto below = [&](ExprId id) {
    if (id.exists()) height = std::max(height, tree_[id].height + 1);
  };
  const auto all = [&](const std::vector<ExprId>& ids) { std::for_each(ids.begin(), ids.end(), below); };
  if (const auto* unary = std::get_if<Unary>(&node)) below(unary->operand);
  if (const auto* duration = std::get_if<CalendarDuration>(&node)) below(duration->amount);
  if (const auto* field = std::get_if<FieldRef>(&node)) below(field->base);
  if (const auto* one_of = std::get_if<OneOf>(&node)) below(one_of->value), all(one_of->choices);
  if (const auto* pick = std::get_if<Pick>(&node)) all(pick->values);
  if (const auto* binary = std::get_if<Binary>(&node)) below(binary->left), below(binary->right);
  if (const auto* between = std::get_if<Between>(&node)) {
    below(between->value), below(between->low), below(between->high);
  }
  if (const auto* choice = std::get_if<IfThenElse>(&node)) {
    below(choice->condition), below(choice->then_value), below(choice->else_value);
  }
  if (const auto* aggregate = std::get_if<Aggregate>(&node)) {
    below(aggregate->where), below(aggregate->window.duration);
  }
  if (const auto* at = std::get_if<ClockOnDay>(&node)) below(at->day);
  if (const auto* table = std::get_if<Table>(&node)) {
    all(table->inputs);
    for (const TableRow& row : table->rows) all(row.cells), below(row.result);
  }
  if (const auto* text = std::get_if<TextLiteral>(&node)) {
    for (const TextPart& part : text->parts) below(part.expr);
  }
  if (height > kExprHeightMax) {
    diagnostics_.Report(Code::kNestedTooDeeply, extent, "this expression is too long")
        .Help("give parts of it names with `feature`");
    Throw(extent.begin);
  }
  tree_.expressions.push_back({std::move(node), extent, height});
  operands_.push_back({{static_cast<std::uint32_t>(tree_.expressions.size() - 1)}, extent});
}

TreeBuilder::Operand TreeBuilder::Pop() {
  LULL_CHECK(!operands_.empty());
  const Operand operand = operands_.back();
  operands_.pop_back();
  return operand;
}

Name TreeBuilder::PopName() {
  LULL_CHECK(!names_.empty());
  Name name = std::move(names_.back());
  names_.pop_back();
  return name;
}

void TreeBuilder::AppendNames(std::vector<Name>& list) {
  for (Name& name : names_) list.push_back(std::move(name));
  names_.clear();
}

void TreeBuilder::PushName(Span span) {
  std::string text(text_.substr(span.begin, span.end - span.begin));
  const auto units = TimeUnitWords();
  // `36-hours`
  if (span.begin > 0 && text_[span.begin - 1] == '-' &&
      std::find(units.begin(), units.end(), text) != units.end()) {
    TryHabits(span.begin);
  }
  if (!IsGoodName(text)) {
    TryQuotes(span.begin);
    TryHabits(span.begin);
    TryForeignTime(span.begin);
    const std::string snake = SnakeCase(text);
    // Once for each name; its other uses mean what it should have been.
    if (misspelt_.insert(text).second) {
      Diagnostic& diagnostic =
          text.size() > kNameBytesMax
              ? diagnostics_.Report(Code::kNameSpelling, span, "this name is longer than 64 characters")
                    .Help("choose a shorter one")
              : diagnostics_
                    .Report(Code::kNameSpelling, span, "`" + text + "` is not written in lower_snake_case")
                    .Explain("names have small letters from a to z, digits and underscores");
      if (!snake.empty()) {
        diagnostic.Replace(span, snake);
      } else if (diagnostic.help.empty()) {
        diagnostic.Help("write it with the letters a to z, digits and underscores, such as `last_quote`");
      }
    }
    if (!snake.empty()) text = snake;
  }
  names_.push_back({std::move(text), span});
}

void TreeBuilder::SetFormerName() {
  const Name former = PopName();
  names_.back().first = former.text;
  names_.back().first_span = former.span;
}

void TreeBuilder::MakeNameRef() {
  Name name = PopName();
  const Span span = name.span;
  Push(NameRef{std::move(name)}, span);
}

void TreeBuilder::MakeFieldRef() {
  const Operand base = Pop();
  Name field = PopName();
  const Span span = Cover(base.extent, field.span);
  Push(FieldRef{base.id, std::move(field)}, span);
}

void TreeBuilder::MakePostfix(UnaryOp op) {
  const Operand operand = Pop();
  Push(Unary{op, operand.id}, SpanFrom(operand.extent.begin));
}

void TreeBuilder::MakeBinary(BinaryOp op) {
  const Operand right = Pop();
  const Operand left = Pop();
  Push(Binary{op, left.id, right.id}, Cover(left.extent, right.extent));
}

void TreeBuilder::MakeBetween() {
  const Operand high = Pop();
  const ExprId low = PopExpr();
  const Operand value = Pop();
  Push(Between{value.id, low, high.id}, Cover(value.extent, high.extent));
}

std::vector<ExprId> TreeBuilder::TakeList() {
  std::vector<ExprId> list;
  for (std::size_t i = list_begins_.back(); i < operands_.size(); ++i) list.push_back(operands_[i].id);
  operands_.resize(list_begins_.back());
  list_begins_.pop_back();
  return list;
}

void TreeBuilder::MakeOneOf(bool negated) {
  std::vector<ExprId> choices = TakeList();
  const Operand value = Pop();
  Push(OneOf{value.id, negated, std::move(choices)}, SpanFrom(value.extent.begin));
}

void TreeBuilder::MakeClockOnDay() {
  const Operand day = Pop();
  const Operand clock = Pop();
  const auto* literal = std::get_if<ClockLiteral>(&tree_[clock.id].node);
  Push(ClockOnDay{literal == nullptr ? ClockLiteral{} : *literal, day.id}, Cover(clock.extent, day.extent));
}

void TreeBuilder::MakeTimeIn(Span span) {
  TimeIn time;
  // Up to three names: the stage, and what stands after each `of`.
  if (time_in_names_ > 2) time.also_of = PopName();
  if (time_in_names_ > 1) time.of = PopName();
  time.stage = PopName();
  Push(std::move(time), span);
}

void TreeBuilder::MakePick(PickKind kind, Span span) { Push(Pick{kind, TakeList()}, span); }

void TreeBuilder::MakeIf(Span span) {
  const ExprId else_value = PopExpr();
  const ExprId then_value = PopExpr();
  const ExprId condition = PopExpr();
  Push(IfThenElse{condition, then_value, else_value}, span);
}

void TreeBuilder::OpenParenthesis() {
  where_nesting_outside_.push_back(where_nesting_);
  where_nesting_ = 0;
}

void TreeBuilder::CloseList() {
  where_nesting_ = where_nesting_outside_.back();
  where_nesting_outside_.pop_back();
}

void TreeBuilder::CloseParenthesis(Span span) {
  CloseList();
  operands_.back().extent = span;
}

void TreeBuilder::SetAggregateWhere() {
  --where_nesting_;
  aggregates_.back().where = PopExpr();
}

void TreeBuilder::SetWindowLast(Span span) {
  aggregates_.back().window = {.kind = WindowKind::kLast, .duration = PopExpr(), .span = span};
}

void TreeBuilder::SetWindowBeforeThat(Span span) {
  aggregates_.back().window = {.kind = WindowKind::kBeforeThat, .duration = PopExpr(), .span = span};
}

void TreeBuilder::SetWindowPeriod(LocalPeriod period, int back, Span span) {
  aggregates_.back().window = {
      .kind = WindowKind::kPeriod, .span = span, .period = period, .periods_back = back};
}

void TreeBuilder::SetWindowSince(Span span) {
  aggregates_.back().window = {.kind = WindowKind::kSinceEvent, .name = PopName(), .span = span};
}

void TreeBuilder::SetWindowEntered(Span span) {
  Name stage = PopName();
  Window& window = aggregates_.back().window;
  window.kind = WindowKind::kSinceEntered;
  window.stage = std::move(stage);
  window.span = span;
}

void TreeBuilder::EndAggregate(Span span) {
  Aggregate aggregate = std::move(aggregates_.back());
  aggregates_.pop_back();
  if (where_nesting_ > 0) {
    diagnostics_.Report(Code::kAggregateInAggregate, span, "put this into parentheses")
        .Label("an aggregate inside the `where` of another")
        .Explain("without them it is not clear which of the two the rest of the line belongs to");
  }
  const AggregateKind kind = aggregate.kind;
  const bool needs_field = kind == AggregateKind::kSum || kind == AggregateKind::kAverage ||
                           kind == AggregateKind::kMinimum || kind == AggregateKind::kMaximum ||
                           kind == AggregateKind::kCountDifferent;
  const bool may_have_field = needs_field || kind == AggregateKind::kFirst || kind == AggregateKind::kLatest;
  const std::string& event = aggregate.event.text;
  if (needs_field && !aggregate.field.exists()) {
    diagnostics_
        .Report(Code::kAggregateField, aggregate.event.span, "say which field of `" + event + "` is meant")
        .Help("write `" + event + ".amount`, with a field of that event");
    Push(BadExpr{}, span);
  } else if (!may_have_field && aggregate.field.exists()) {
    Diagnostic& diagnostic = diagnostics_.Report(Code::kAggregateField, aggregate.field.span,
                                                 "this counts whole events, not a field of them");
    if (kind == AggregateKind::kCount) {
      diagnostic.Help("write `count of different " + event + "." + aggregate.field.text +
                      "` for how many values there are");
    } else {
      diagnostic.Help("write `" + event + "` alone");
    }
    Push(BadExpr{}, span);
  } else {
    Push(std::move(aggregate), span);
  }
}

}  // namespace lull::dsl::syntax
