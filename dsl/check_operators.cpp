// Binary operators: joining of conditions, texts, `or else`, and arithmetic by a table of types.
#include <array>
#include <cmath>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

struct ArithmeticRule {
  syntax::BinaryOp op;
  TypeKind left;
  TypeKind right;
  TypeKind result;
};

using Op = syntax::BinaryOp;
using K = TypeKind;
constexpr std::array<ArithmeticRule, 20> kArithmetic = {{
    {Op::kAdd, K::kNumber, K::kNumber, K::kNumber},
    {Op::kAdd, K::kMoney, K::kMoney, K::kMoney},
    {Op::kAdd, K::kDuration, K::kDuration, K::kDuration},
    {Op::kAdd, K::kTime, K::kDuration, K::kTime},
    {Op::kAdd, K::kDuration, K::kTime, K::kTime},
    {Op::kSubtract, K::kNumber, K::kNumber, K::kNumber},
    {Op::kSubtract, K::kMoney, K::kMoney, K::kMoney},
    {Op::kSubtract, K::kDuration, K::kDuration, K::kDuration},
    {Op::kSubtract, K::kTime, K::kTime, K::kDuration},
    {Op::kSubtract, K::kTime, K::kDuration, K::kTime},
    {Op::kMultiply, K::kNumber, K::kNumber, K::kNumber},
    {Op::kMultiply, K::kMoney, K::kNumber, K::kMoney},
    {Op::kMultiply, K::kNumber, K::kMoney, K::kMoney},
    {Op::kMultiply, K::kDuration, K::kNumber, K::kDuration},
    {Op::kMultiply, K::kNumber, K::kDuration, K::kDuration},
    {Op::kDivide, K::kNumber, K::kNumber, K::kNumber},
    {Op::kDivide, K::kMoney, K::kNumber, K::kMoney},
    {Op::kDivide, K::kMoney, K::kMoney, K::kNumber},
    {Op::kDivide, K::kDuration, K::kNumber, K::kDuration},
    {Op::kDivide, K::kDuration, K::kDuration, K::kNumber},
}};

ExprKind KindOf(Op op) {
  switch (op) {
    case Op::kAdd:
      return ExprKind::kAdd;
    case Op::kSubtract:
      return ExprKind::kSubtract;
    case Op::kMultiply:
      return ExprKind::kMultiply;
    default:
      return ExprKind::kDivide;
  }
}

// The result of an operation on 64-bit integers, or nothing if it does not fit. kUnknown is no value.
std::optional<std::int64_t> Calculate(ExprKind kind, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  const bool overflow = kind == ExprKind::kAdd ? __builtin_add_overflow(left, right, &result)
                                               : __builtin_sub_overflow(left, right, &result);
  return overflow || result == INT64_MIN ? std::nullopt : std::optional(result);
}

double Calculate(ExprKind kind, double left, double right) {
  switch (kind) {
    case ExprKind::kAdd:
      return left + right;
    case ExprKind::kSubtract:
      return left - right;
    case ExprKind::kMultiply:
      return left * right;
    default:
      return right == 0 ? std::nan("") : left / right;
  }
}

}  // namespace

ExprId Checker::CheckBinary(const syntax::Binary& node, Span span, const Scope& scope,
                            std::optional<Type> expected) {
  switch (node.op) {
    case Op::kAnd:
    case Op::kOr:
      return CheckJoin(node, span, scope);
    case Op::kIs:
    case Op::kIsNot:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return CheckCompare(node, span, scope);
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
    case Op::kLike:
      return CheckTextOperator(node, span, scope);
    case Op::kOrElse:
      return CheckOrElse(node, span, scope, expected);
    default:
      return CheckArithmetic(node, span, scope);
  }
}

ExprId Checker::CheckJoin(const syntax::Binary& node, Span span, const Scope& scope) {
  const ExprId left = CheckCondition(node.left, scope);
  const ExprId right = CheckCondition(node.right, scope);
  if (left == kNone || right == kNone) {
    return kNone;
  }
  return Make(node.op == Op::kAnd ? ExprKind::kAnd : ExprKind::kOr, kFlagType, {left, right}, span);
}

ExprId Checker::CheckOrElse(const syntax::Binary& node, Span span, const Scope& scope,
                            std::optional<Type> expected) {
  const auto [left, right] = CheckSides(node.left, node.right, scope, expected);
  if (left == kNone || right == kNone) {
    return kNone;
  }
  if (AreDurations(left, right)) {
    return Make(ExprKind::kOrElse, {TypeKind::kCalendarDuration, kNone}, {left, right}, span);
  }
  if (At(left).type != At(right).type) {
    if (!ReportMissingUnit(left, right)) {
      diagnostics_
          .Report(Code::kUnlikeBranches, At(right).span, "both sides of `or else` have to be of one kind")
          .Label("this is " + TypeNameOf(right))
          .NoteAt(At(left).span, "and this is " + TypeNameOf(left));
    }
    return kNone;
  }
  return Make(ExprKind::kOrElse, At(left).type, {left, right}, span);
}

ExprId Checker::CheckTextOperator(const syntax::Binary& node, Span span, const Scope& scope) {
  const ExprId left = CheckExpr(node.left, scope, kTextType);
  const ExprId right = CheckExpr(node.right, scope, kTextType);
  bool good = left != kNone && right != kNone;
  for (const ExprId side : {left, right}) {
    if (side != kNone && At(side).type != kTextType) {
      diagnostics_.Report(Code::kNotAText, At(side).span, "texts are compared here")
          .Label("this is " + TypeNameOf(side))
          .Help(At(side).kind == ExprKind::kLiteral ? "put it in quotes: \"...\""
                                                    : "texts are attributes and fields of the type `text`");
      good = false;
    }
  }
  if (!good) {
    return kNone;
  }
  if (node.op == Op::kLike && At(right).kind != ExprKind::kLiteral) {
    diagnostics_
        .Report(Code::kPatternNotFixed, At(right).span, "the pattern of `like` has to be a fixed text")
        .Help("write a text such as \"/vehicle/*/finance\", in which `*` stands for any characters");
    return kNone;
  }
  constexpr std::array<ExprKind, 4> kKinds = {ExprKind::kStartsWith, ExprKind::kEndsWith, ExprKind::kContains,
                                              ExprKind::kLike};
  const auto kind = kKinds[static_cast<std::size_t>(node.op) - static_cast<std::size_t>(Op::kStartsWith)];
  return Make(kind, kFlagType, {left, right}, span);
}

ExprId Checker::CheckArithmetic(const syntax::Binary& node, Span span, const Scope& scope) {
  if (ReportHyphen(node, span)) {
    return kNone;
  }
  const ExprId left = CheckExpr(node.left, scope);
  const ExprId right = CheckExpr(node.right, scope);
  if (left == kNone || right == kNone) {
    return kNone;
  }
  if (IsOfCalendar(left) || IsOfCalendar(right)) {
    return CheckCalendarArithmetic(KindOf(node.op), left, right, span);
  }
  for (const ArithmeticRule& rule : kArithmetic) {
    if (rule.op != node.op || rule.left != At(left).type.kind || rule.right != At(right).type.kind) {
      continue;
    }
    const Type type{rule.result, kNone};
    if (At(left).kind == ExprKind::kLiteral && At(right).kind == ExprKind::kLiteral) {
      return Fold(KindOf(node.op), type, left, right, span);
    }
    return Make(KindOf(node.op), type, {left, right}, span);
  }
  ReportArithmetic(node.op, left, right, span);
  return kNone;
}

// Of two literals only what needs no rounding is computed here; the rest is left to the engine, so that there
// is one way to round.
ExprId Checker::Fold(ExprKind kind, Type type, ExprId left, ExprId right, Span span) {
  const Expr& a = At(left);
  const Expr& b = At(right);
  if (a.type.kind == TypeKind::kNumber && b.type.kind == TypeKind::kNumber) {
    const double result = Calculate(kind, a.number, b.number);
    if (std::isfinite(result)) {
      return MakeNumber(result, span);
    }
    diagnostics_
        .Report(Code::kOutOfRange, span,
                kind == ExprKind::kDivide ? "this divides by zero" : "this is too large")
        .Label("never has a value");
    return kNone;
  }
  if (kind == ExprKind::kAdd || kind == ExprKind::kSubtract) {
    const std::optional<std::int64_t> result = Calculate(kind, a.integer, b.integer);
    if (result) {
      return MakeLiteral(type, *result, span);
    }
    diagnostics_.Report(Code::kOutOfRange, span, "this is too large").Label("never has a value");
    return kNone;
  }
  const Expr& factor = a.type.kind == TypeKind::kNumber ? a : b;
  const Expr& whole = a.type.kind == TypeKind::kNumber ? b : a;
  const bool whole_factor = std::abs(factor.number) < 1e6 && factor.number == std::floor(factor.number);
  std::int64_t result = 0;
  if (kind == ExprKind::kMultiply && type.kind == TypeKind::kDuration && whole_factor &&
      !__builtin_mul_overflow(whole.integer, static_cast<std::int64_t>(factor.number), &result)) {
    return MakeLiteral(type, result, span);
  }
  return Make(kind, type, {left, right}, span);
}

// Money or a duration beside a plain number: the commonest slip. Reports it and says true.
bool Checker::ReportMissingUnit(ExprId left, ExprId right) {
  const bool left_is_number = At(left).type.kind == TypeKind::kNumber;
  const ExprId number = left_is_number ? left : right;
  const ExprId other = left_is_number ? right : left;
  const TypeKind kind = At(other).type.kind;
  if (At(number).type.kind != TypeKind::kNumber ||
      (kind != TypeKind::kMoney && kind != TypeKind::kDuration)) {
    return false;
  }
  const Expr& expr = At(number);
  const bool literal = expr.kind == ExprKind::kLiteral;
  if (literal && expr.decimals > 0) {
    diagnostics_
        .Report(Code::kPercentOfNothing, expr.span,
                "a percentage is a plain number, and the other side is " + TypeNameOf(other))
        .Label("a percentage of what?")
        .NoteAt(At(other).span, "this is " + TypeNameOf(other))
        .Help("multiply what it is a percentage of: `amount * 40%`");
    return true;
  }
  if (kind == TypeKind::kMoney) {
    Diagnostic& diagnostic =
        diagnostics_.Report(Code::kMissingCurrency, expr.span, "an amount of money needs its currency")
            .Label("this is a plain number")
            .NoteAt(At(other).span, "this is an amount of money");
    if (literal) {
      diagnostic.Help("write the currency after the amount, as in `500 " + program_.header.currency + "`")
          .Replace({expr.span.source, expr.span.end, expr.span.end}, " " + program_.header.currency);
    } else {
      diagnostic.Help("multiply it with an amount: `... * 1 " + program_.header.currency + "`");
    }
    return true;
  }
  diagnostics_.Report(Code::kMissingTimeUnit, expr.span, "a duration needs its unit")
      .Label("this is a plain number")
      .NoteAt(At(other).span, "this is a duration")
      .Help("write the unit after the number: `3 days`, `36 hours`, `90 minutes`");
  return true;
}

void Checker::ReportArithmetic(Op op, ExprId left, ExprId right, Span span) {
  constexpr std::array<std::string_view, 4> kWords = {"added", "subtracted", "multiplied", "divided"};
  const bool sum = op == Op::kAdd || op == Op::kSubtract;
  if (sum && ReportMissingUnit(left, right)) {
    return;
  }
  const auto word = kWords[static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::kAdd)];
  Diagnostic& diagnostic =
      diagnostics_.Report(Code::kUnlikeArithmetic, span, "these cannot be " + std::string(word))
          .NoteAt(At(left).span, "this is " + TypeNameOf(left))
          .NoteAt(At(right).span, "and this is " + TypeNameOf(right));
  HelpArithmetic(diagnostic, op, At(left).type, At(right).type);
}

}  // namespace lull::dsl
