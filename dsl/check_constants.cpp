// Fixed values, and conditions that are given in several clauses.
#include <cmath>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {

void Checker::RequirePositive(ExprId duration) {
  if (duration == kNone) return;
  const bool by_calendar =
      At(duration).type.kind == TypeKind::kCalendarDuration && !At(duration).args.empty();
  const Expr& amount = At(by_calendar ? At(duration).args[0] : duration);
  if (amount.kind != ExprKind::kLiteral || amount.integer > 0 || amount.number > 0) return;
  diagnostics_.Report(Code::kNotPositive, At(duration).span, "this duration is zero or less")
      .Label("has to be above zero")
      .Help("write a duration such as `36 hours`");
}

std::optional<std::int64_t> Checker::ConstantDuration(syntax::ExprId id, bool zero_allowed) {
  const ExprId duration = CheckDuration(id, {});
  if (duration == kNone || RefuseCalendarDuration(duration, "it cannot stand here")) {
    return std::nullopt;
  }
  const Expr& expr = At(duration);
  if (expr.kind != ExprKind::kLiteral) {
    diagnostics_.Report(Code::kNotConstant, expr.span, "this has to be a fixed duration")
        .Label("changes while the ruleset runs")
        .Help("write a duration such as `24 hours`");
    return std::nullopt;
  }
  if (expr.integer < 0 || (expr.integer == 0 && !zero_allowed)) {
    diagnostics_.Report(Code::kNotPositive, expr.span, "this duration is zero or less")
        .Label("has to be above zero")
        .Help("write a duration such as `36 hours`");
    return std::nullopt;
  }
  return expr.integer;
}

std::optional<std::int64_t> Checker::ConstantCount(syntax::ExprId id, std::int64_t minimum,
                                                   std::int64_t maximum) {
  const ExprId number = CheckNumber(id, {});
  if (number == kNone) {
    return std::nullopt;
  }
  const Expr& expr = At(number);
  if (expr.kind != ExprKind::kLiteral) {
    diagnostics_.Report(Code::kNotConstant, expr.span, "this has to be a fixed number")
        .Label("changes while the ruleset runs");
    return std::nullopt;
  }
  if (expr.number != std::floor(expr.number) || expr.number < static_cast<double>(minimum) ||
      expr.number > static_cast<double>(maximum)) {
    diagnostics_.Report(
        Code::kOutOfRange, expr.span,
        "this has to be a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    return std::nullopt;
  }
  return static_cast<std::int64_t>(expr.number);
}

ExprId Checker::JoinAll(const std::vector<syntax::ExprId>& conditions, ExprKind kind, const Scope& scope) {
  std::vector<ExprId> checked;
  for (const syntax::ExprId id : conditions) {
    const ExprId condition = CheckCondition(id, scope);
    if (condition != kNone) {
      checked.push_back(condition);
    }
  }
  return Join(std::move(checked), kind);
}

// Joined in pairs, so that a long list makes no deep tree.
ExprId Checker::Join(std::vector<ExprId> conditions, ExprKind kind) {
  while (conditions.size() > 1) {
    std::vector<ExprId> pairs;
    for (std::size_t i = 0; i + 1 < conditions.size(); i += 2) {
      const Span span = At(conditions[i]).span;
      pairs.push_back(Make(kind, {TypeKind::kFlag, kNone}, {conditions[i], conditions[i + 1]}, span));
    }
    if (conditions.size() % 2 == 1) {
      pairs.push_back(conditions.back());
    }
    conditions = std::move(pairs);
  }
  return conditions.empty() ? kNone : conditions.front();
}

}  // namespace lull::dsl
