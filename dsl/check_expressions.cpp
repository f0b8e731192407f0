// Expressions: literals, texts, and the operators that are not arithmetic or comparison.
#include <utility>

#include "dsl/checker.h"
#include "runtime/base/time.h"

namespace lull::dsl {
namespace {

constexpr int kMoneyDecimals = 4;

}  // namespace

ExprId Checker::CheckExpr(syntax::ExprId id, const Scope& scope, std::optional<Type> expected) {
  if (!id.exists()) {
    return kNone;
  }
  if (const auto input = table_inputs_.find(id.index); input != table_inputs_.end()) {
    return input->second;
  }
  const syntax::Expr& expr = tree_[id];
  const Span span = expr.span;
  if (const auto* node = std::get_if<syntax::NameRef>(&expr.node)) {
    return CheckName(node->name, scope, expected);
  }
  if (const auto* node = std::get_if<syntax::FieldRef>(&expr.node)) {
    return CheckFieldRef(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::Unary>(&expr.node)) {
    return CheckUnary(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::Binary>(&expr.node)) {
    return CheckBinary(*node, span, scope, expected);
  }
  if (const auto* node = std::get_if<syntax::Between>(&expr.node)) {
    return CheckBetween(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::OneOf>(&expr.node)) {
    return CheckOneOf(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::IfThenElse>(&expr.node)) {
    return CheckIf(*node, span, scope, expected);
  }
  if (const auto* node = std::get_if<syntax::Pick>(&expr.node)) {
    return CheckPick(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::ArmRef>(&expr.node)) {
    return CheckArm(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::Aggregate>(&expr.node)) {
    return CheckAggregate(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::ClockOnDay>(&expr.node)) {
    return CheckClockOnDay(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::TimeIn>(&expr.node)) {
    return CheckTimeIn(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::Table>(&expr.node)) {
    return CheckTable(*node, span, scope);
  }
  if (const auto* node = std::get_if<syntax::RawCell>(&expr.node)) {
    return CheckRawCell(*node, span, scope, expected);
  }
  return CheckLiteral(expr, scope);
}

ExprId Checker::CheckLiteral(const syntax::Expr& expr, const Scope& scope) {
  const Span span = expr.span;
  if (const auto* node = std::get_if<syntax::NumberLiteral>(&expr.node)) {
    const ExprId id = MakeNumber(node->value.ToDouble(), span);
    if (node->percent) {
      program_.exprs[id].integer = node->value.units;
      program_.exprs[id].decimals = static_cast<std::uint8_t>(node->value.decimals);
    }
    return id;
  }
  if (const auto* node = std::get_if<syntax::MoneyLiteral>(&expr.node)) {
    return CheckMoney(*node, span);
  }
  if (const auto* node = std::get_if<syntax::DurationLiteral>(&expr.node)) {
    if (node->months == 0) {
      return MakeLiteral(kDurationType, node->micros, span);
    }
    return CheckMonths(*node, span);
  }
  if (const auto* node = std::get_if<syntax::CalendarDuration>(&expr.node)) {
    return CheckCalendarDuration(*node, span, scope);
  }
  if (std::holds_alternative<syntax::ClockLiteral>(expr.node)) {
    diagnostics_.Report(Code::kClockHere, span, "a time of day means nothing here")
        .Help("say on which day: `09:00 on D`, with a date D; a duration is written `9 hours`");
    return kNone;
  }
  if (const auto* node = std::get_if<syntax::DateLiteral>(&expr.node)) {
    return MakeLiteral({TypeKind::kDate, kNone}, DayOfDate({node->year, node->month, node->day}), span);
  }
  if (const auto* node = std::get_if<syntax::DateTimeLiteral>(&expr.node)) {
    const int second = node->clock.second_of_day;
    return MakeLiteral(kTimeType,
                       zone_.LocalToMicros({{node->date.year, node->date.month, node->date.day},
                                            second / 3'600,
                                            second / 60 % 60,
                                            second % 60 * kMicrosPerSecond}),
                       span);
  }
  if (const auto* node = std::get_if<syntax::FlagLiteral>(&expr.node)) {
    return MakeLiteral(kFlagType, node->value ? 1 : 0, span);
  }
  if (const auto* node = std::get_if<syntax::TextLiteral>(&expr.node)) {
    return CheckText(*node, span, scope);
  }
  return kNone;  // BadExpr
}

ExprId Checker::CheckMoney(const syntax::MoneyLiteral& literal, Span span) {
  const std::string& currency = program_.header.currency;
  if (currency.empty()) {
    if (!tree_.rulesets.empty() && !tree_.rulesets.front().incomplete) {
      diagnostics_.Report(Code::kNoCurrency, literal.currency.span, "the ruleset has no currency")
          .Help("add " + Quoted("currency " + literal.currency.text) + " to the header of the ruleset");
    }
    return kNone;
  }
  if (literal.currency.exists() && literal.currency.text != currency) {
    diagnostics_
        .Report(Code::kWrongCurrency, literal.currency.span,
                "the currency of this ruleset is " + currency + ", not " + literal.currency.text)
        .Replace(literal.currency.span, currency);
    return kNone;
  }
  std::int64_t units = literal.amount.units;
  bool exact = true;
  for (int i = literal.amount.decimals; i < kMoneyDecimals; ++i) {
    exact = exact && !__builtin_mul_overflow(units, 10, &units);
  }
  for (int i = literal.amount.decimals; i > kMoneyDecimals; --i) {
    exact = exact && units % 10 == 0;
    units /= 10;
  }
  if (!exact) {
    diagnostics_
        .Report(Code::kOutOfRange, span, "money is kept with four decimals, up to about 900 million million")
        .Label("this amount cannot be kept exactly");
    return kNone;
  }
  return MakeLiteral({TypeKind::kMoney, kNone}, units, span);
}

ExprId Checker::CheckText(const syntax::TextLiteral& literal, Span span, const Scope& scope) {
  Expr expr;
  expr.kind = ExprKind::kTemplate;
  expr.type = kTextType;
  expr.span = span;
  expr.texts.emplace_back();
  bool good = true;
  for (const syntax::TextPart& part : literal.parts) {
    if (!part.expr.exists()) {
      expr.texts.back() += part.text;
      continue;
    }
    const ExprId arg = CheckExpr(part.expr, scope);
    good = good && arg != kNone && !RefuseCalendarDuration(arg, "it cannot be shown in a text");
    expr.args.push_back(arg);
    expr.texts.emplace_back();
  }
  if (!good) {
    return kNone;
  }
  return expr.args.empty() ? MakeText(expr.texts.front(), span) : Add(std::move(expr));
}

ExprId Checker::CheckCondition(syntax::ExprId id, const Scope& scope) {
  const ExprId condition = CheckExpr(id, scope, kFlagType);
  if (condition == kNone || At(condition).type == kFlagType) {
    return condition;
  }
  Diagnostic& diagnostic = diagnostics_
                               .Report(Code::kNotACondition, At(condition).span,
                                       "a condition is needed here: something that is yes or no")
                               .Label("this is " + TypeNameOf(condition));
  switch (At(condition).type.kind) {
    case TypeKind::kStage:
      diagnostic.Help("compare it with a stage, such as `... is " +
                      program_.journeys[At(condition).type.of].stages.front().name + "`");
      break;
    case TypeKind::kNumber:
      diagnostic.Help("compare it with a number, such as `... >= 3`");
      break;
    default:
      diagnostic.Help("compare it with something, or ask whether it `is known`");
  }
  return kNone;
}

ExprId Checker::CheckDuration(syntax::ExprId id, const Scope& scope) {
  const ExprId duration = CheckExpr(id, scope, kDurationType);
  if (duration == kNone || At(duration).type == kDurationType ||
      At(duration).type.kind == TypeKind::kCalendarDuration) {
    return duration;
  }
  const bool plain = At(duration).type == kNumberType;
  Diagnostic& diagnostic = diagnostics_
                               .Report(plain ? Code::kMissingTimeUnit : Code::kNotADuration,
                                       At(duration).span, "a duration is needed here")
                               .Label("this is " + TypeNameOf(duration));
  diagnostic.Help(plain ? "add the unit of time: `36 hours`, `3 days`"
                        : "write a duration such as `36 hours`");
  return kNone;
}

ExprId Checker::CheckNumber(syntax::ExprId id, const Scope& scope) {
  const ExprId number = CheckExpr(id, scope, kNumberType);
  if (number == kNone || At(number).type == kNumberType) {
    return number;
  }
  diagnostics_.Report(Code::kNotANumber, At(number).span, "a number is needed here")
      .Label("this is " + TypeNameOf(number))
      .Help(
          "write a plain number such as `10`; money and durations become one when they are divided by their "
          "like: `amount / 1 USD`");
  return kNone;
}

ExprId Checker::CheckUnary(const syntax::Unary& unary, Span span, const Scope& scope) {
  const auto wrap = [&](ExprKind kind, Type type, ExprId operand) {
    return operand == kNone ? kNone : Make(kind, type, {operand}, span);
  };
  const auto round = [&](Rounding rounding) {
    const ExprId id = wrap(ExprKind::kRound, kNumberType, CheckNumber(unary.operand, scope));
    if (id != kNone) {
      program_.exprs[id].rounding = rounding;
    }
    return id;
  };
  const auto text = [&]() -> ExprId {
    const ExprId operand = CheckExpr(unary.operand, scope, kTextType);
    if (operand == kNone || At(operand).type == kTextType) {
      return operand;
    }
    diagnostics_.Report(Code::kNotAText, At(operand).span, "a text is needed here")
        .Label("this is " + TypeNameOf(operand));
    return kNone;
  };
  switch (unary.op) {
    case syntax::UnaryOp::kNot:
      return wrap(ExprKind::kNot, kFlagType, CheckCondition(unary.operand, scope));
    case syntax::UnaryOp::kNegate:
      return CheckNegate(CheckExpr(unary.operand, scope), span);
    case syntax::UnaryOp::kIsKnown:
    case syntax::UnaryOp::kIsUnknown:
      return CheckIsKnown(unary, span, scope);
    case syntax::UnaryOp::kRounded:
      return round(Rounding::kNearest);
    case syntax::UnaryOp::kRoundedUp:
      return round(Rounding::kUp);
    case syntax::UnaryOp::kRoundedDown:
      return round(Rounding::kDown);
    case syntax::UnaryOp::kLowerCase:
      return wrap(ExprKind::kLowerCase, kTextType, text());
    case syntax::UnaryOp::kLength:
      return wrap(ExprKind::kLength, kNumberType, text());
    case syntax::UnaryOp::kTimeUntil:
      return CheckTimeUntil(unary, span, scope);
    case syntax::UnaryOp::kNextYearly:
      return CheckNextYearly(unary, span, scope);
    case syntax::UnaryOp::kBeforeThis:
      return CheckBeforeThis(unary, span, scope);
  }
  return kNone;
}

// Whether an event ever happened is asked of its time, which is always known then.
ExprId Checker::CheckIsKnown(const syntax::Unary& unary, Span span, const Scope& scope) {
  bool is_handle = false;
  const std::optional<Aggregate> handle = FindHandle(unary.operand, scope, is_handle);
  ExprId operand = kNone;
  if (is_handle) {
    operand = handle
                  ? MakeHandleField(*handle, {"time", tree_[unary.operand].span}, tree_[unary.operand].span)
                  : kNone;
  } else {
    operand = CheckExpr(unary.operand, scope);
  }
  if (operand == kNone || RefuseCalendarDuration(operand, "it cannot be asked for")) {
    return kNone;
  }
  return Make(unary.op == syntax::UnaryOp::kIsKnown ? ExprKind::kIsKnown : ExprKind::kIsUnknown, kFlagType,
              {operand}, span);
}

ExprId Checker::CheckNegate(ExprId operand, Span span) {
  if (operand == kNone) {
    return kNone;
  }
  const Type type = At(operand).type;
  if (type.kind != TypeKind::kNumber && type.kind != TypeKind::kMoney && type.kind != TypeKind::kDuration) {
    diagnostics_
        .Report(Code::kUnlikeArithmetic, At(operand).span,
                "only numbers, money and durations can be negative")
        .Label("this is " + TypeNameOf(operand));
    return kNone;
  }
  if (At(operand).kind != ExprKind::kLiteral) {
    return Make(ExprKind::kNegate, type, {operand}, span);
  }
  Expr negated = At(operand);
  negated.integer = -negated.integer;
  negated.number = negated.number == 0 ? 0 : -negated.number;
  negated.span = span;
  return Add(std::move(negated));
}

ExprId Checker::CheckIf(const syntax::IfThenElse& node, Span span, const Scope& scope,
                        std::optional<Type> expected) {
  const ExprId condition = CheckCondition(node.condition, scope);
  const auto [then_value, else_value] = CheckSides(node.then_value, node.else_value, scope, expected);
  if (condition == kNone || then_value == kNone || else_value == kNone) {
    return kNone;
  }
  const auto make = [&](Type type) {
    return Make(ExprKind::kIf, type, {condition, then_value, else_value}, span);
  };
  if (AreDurations(then_value, else_value)) return make({TypeKind::kCalendarDuration, kNone});
  if (At(then_value).type != At(else_value).type) {
    diagnostics_.Report(Code::kUnlikeBranches, At(else_value).span, "both branches have to be of one kind")
        .Label("this is " + TypeNameOf(else_value))
        .NoteAt(At(then_value).span, "and this is " + TypeNameOf(then_value));
    return kNone;
  }
  return make(At(then_value).type);
}

ExprId Checker::CheckPick(const syntax::Pick& node, Span span, const Scope& scope) {
  std::vector<ExprId> args;
  for (const syntax::ExprId value : node.values) {
    const ExprId arg = CheckExpr(value, scope);
    if (arg == kNone || RefuseCalendarDuration(arg, "it cannot be compared")) {
      return kNone;
    }
    const TypeKind kind = At(arg).type.kind;
    if (kind == TypeKind::kFlag || kind == TypeKind::kText || kind == TypeKind::kChoice ||
        kind == TypeKind::kStage) {
      diagnostics_.Report(Code::kNoOrder, At(arg).span, "there is no smaller or larger among such values")
          .Label("this is " + TypeNameOf(arg));
      return kNone;
    }
    if (!args.empty() && At(args.front()).type != At(arg).type) {
      if (!ReportMissingUnit(args.front(), arg)) {
        diagnostics_.Report(Code::kUnlikeBranches, At(arg).span, "all values have to be of one kind")
            .Label("this is " + TypeNameOf(arg))
            .NoteAt(At(args.front()).span, "and this is " + TypeNameOf(args.front()));
      }
      return kNone;
    }
    args.push_back(arg);
  }
  if (args.empty()) {
    return kNone;
  }
  const Type type = At(args.front()).type;
  return Make(node.kind == syntax::PickKind::kSmaller ? ExprKind::kSmaller : ExprKind::kLarger, type,
              std::move(args), span);
}

}  // namespace lull::dsl
