#include "compiler/lower_time.h"

#include <algorithm>

namespace lull::compiler {

using dsl::AggregateFunction;
using dsl::CompareOp;
using dsl::Expr;
using dsl::ExprId;
using dsl::ExprKind;
using dsl::TypeKind;
using runtime::AbiId;

bool TimeLowering::ScoreMoves(dsl::ScoreId id) const {
  const dsl::Score& score = of_.lowering_.program().scores[id];
  return std::ranges::any_of(score.parts, [&](const dsl::ScorePart& part) { return Moves(part.points); });
}

bool TimeLowering::Moves(ExprId id) const {
  if (id == kNone) return false;
  const Expr& expr = of_.At(id);
  if (!expr.depends_on_time) return false;
  if (expr.type.kind == TypeKind::kFlag) return false;  // steps, armed where they are compared
  switch (expr.kind) {
    case ExprKind::kAggregate:
      return of_.lowering_.program().aggregates[expr.index].function == AggregateFunction::kTimeSince;
    case ExprKind::kFeature:
      return Moves(of_.lowering_.program().features[expr.index].value);
    case ExprKind::kScore:
      return ScoreMoves(expr.index);
    default:
      return std::ranges::any_of(expr.args, [&](ExprId argument) { return Moves(argument); });
  }
}

std::optional<int> TimeLowering::Slope(ExprId id) const {
  if (!Moves(id)) return 0;
  const Expr& expr = of_.At(id);
  switch (expr.kind) {
    case ExprKind::kAggregate:
      return 1;
    case ExprKind::kFeature:
      return Slope(of_.lowering_.program().features[expr.index].value);
    case ExprKind::kOfWhole:
      return Slope(expr.args[0]);
    case ExprKind::kNegate: {
      const auto slope = Slope(expr.args[0]);
      return slope ? std::optional(-*slope) : std::nullopt;
    }
    case ExprKind::kAdd:
    case ExprKind::kSubtract: {
      const auto a = Slope(expr.args[0]);
      const auto b = Slope(expr.args[1]);
      if (!a || !b || expr.type.kind == TypeKind::kNumber) return std::nullopt;
      return expr.kind == ExprKind::kAdd ? *a + *b : *a - *b;
    }
    default:
      return std::nullopt;
  }
}

void TimeLowering::ArmComparison(const Expr& comparison) {
  if (!Moves(comparison.args[0]) && !Moves(comparison.args[1])) return;
  const auto left = Slope(comparison.args[0]);
  const auto right = Slope(comparison.args[1]);
  if (left && right && *left == *right) return;
  if (left && right && std::abs(*left - *right) == 1) {
    ArmExact(comparison, *left - *right);
  } else {
    ArmByDifference(comparison);
  }
}

void TimeLowering::ArmExact(const Expr& comparison, int slope) {
  // With the sides as they are at age_now: they are equal at x = age_now -/+ (left - right).
  //   left >= right: no -> yes at x      left <= right: yes -> no at x + 1
  //   left >  right: no -> yes at x + 1  left <  right: yes -> no at x          (slope 1; mirrored for -1)
  IrBuilder& builder = of_.builder_;
  of_.exact_age_ = true;
  const ValueId difference = [&] {
    const ExpressionLowering::Scope scope(of_);
    auto hidden = std::exchange(of_.known_, {});
    const ValueId left = of_.Value(comparison.args[0]);
    const ValueId value = builder.ISub(left, of_.Value(comparison.args[1]));
    of_.known_ = std::move(hidden);
    return value;
  }();
  of_.exact_age_ = false;
  const ValueId equal_at =
      slope == 1 ? builder.ISub(builder.AgeNow(), difference) : builder.IAdd(builder.AgeNow(), difference);
  const CompareOp op = comparison.compare;
  const bool by_step = op == CompareOp::kEqual || op == CompareOp::kNotEqual;
  const bool at = slope == 1 ? op == CompareOp::kGreaterEqual || op == CompareOp::kLess
                             : op == CompareOp::kLessEqual || op == CompareOp::kGreater;
  if (at || by_step) builder.Arm(equal_at);
  if (!at) builder.Arm(builder.IAdd(equal_at, builder.ConstI64(1)));
}

void TimeLowering::ArmByDifference(const Expr& comparison) {
  Lowering& lowering = of_.lowering_;
  Function function;
  function.name = "difference_" + std::to_string(lowering.module.functions.size());
  {
    IrBuilder builder(lowering.module, function);
    ExpressionLowering sides(lowering, builder, Reading{true, false}, of_.own_);
    sides.exact_age_ = true;
    const ValueId left = sides.Value(comparison.args[0]);
    const ValueId right = sides.Value(comparison.args[1]);
    const bool numbers = builder.type_of(left) == IrType::kF64;
    builder.Out(0, numbers ? builder.FSub(left, right)
                           : builder.Call(AbiId::kRatio, {builder.ISub(left, right), builder.ConstI64(1)}));
    builder.Finish();
  }
  const runtime::FunctionId id = lowering.Add(std::move(function));
  of_.builder_.Call(AbiId::kArmCrossing, {of_.builder_.ConstI64(id)});
}

}  // namespace lull::compiler
