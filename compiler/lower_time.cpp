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
    case ExprKind::kTimeUntil:
    case ExprKind::kTimeIn:
      return true;
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
    case ExprKind::kTimeIn:
      return 1;
    case ExprKind::kTimeUntil: {
      const auto slope = Slope(expr.args[0]);
      return slope ? std::optional(*slope - 1) : std::nullopt;
    }
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

int TimeLowering::MovingPaths(ExprId id) const {
  if (!Moves(id)) return 0;
  const Expr& expr = of_.At(id);
  int paths = 0;
  switch (expr.kind) {
    case ExprKind::kAggregate:
    case ExprKind::kTimeIn:
      return 1;
    case ExprKind::kTimeUntil:
      return 1 + MovingPaths(expr.args[0]);
    case ExprKind::kFeature:
      return MovingPaths(of_.lowering_.program().features[expr.index].value);
    case ExprKind::kScore:
      for (const dsl::ScorePart& part : of_.lowering_.program().scores[expr.index].parts) {
        paths += MovingPaths(part.points);
      }
      return paths;
    case ExprKind::kIf:
    case ExprKind::kSmaller:
    case ExprKind::kLarger:
    case ExprKind::kOrElse:
      // One of them at a time.
      for (const ExprId argument : expr.args) paths = std::max(paths, MovingPaths(argument));
      return paths;
    default:
      for (const ExprId argument : expr.args) paths += MovingPaths(argument);
      return paths;
  }
}

bool TimeLowering::CountsDown(ExprId id) const {
  if (!Moves(id)) return false;
  const Expr& expr = of_.At(id);
  if (expr.kind == ExprKind::kTimeUntil) return true;
  if (expr.kind == ExprKind::kFeature) return CountsDown(of_.lowering_.program().features[expr.index].value);
  return std::ranges::any_of(expr.args, [&](ExprId argument) { return CountsDown(argument); });
}

void TimeLowering::ArmSides(ExprId left_id, ExprId right_id, CompareOp op) {
  const int paths = MovingPaths(left_id) + MovingPaths(right_id);
  if (paths == 0) return;
  const auto left = Slope(left_id);
  const auto right = Slope(right_id);
  // A countdown that has ended stands still, so the slopes of several say nothing for ever.
  const bool even = left && right && (paths == 1 || (!CountsDown(left_id) && !CountsDown(right_id)));
  if (even && *left == *right) return;
  if (even && std::abs(*left - *right) == 1) return ArmExact(left_id, right_id, op, *left - *right);
  ArmBends(left_id, paths > 1);
  ArmBends(right_id, paths > 1);
  ArmByDifference(left_id, right_id);
}

void TimeLowering::ArmBends(ExprId id, bool steps) {
  if (!Moves(id)) return;
  const Expr& expr = of_.At(id);
  if (expr.kind == ExprKind::kFeature) {
    return ArmBends(of_.lowering_.program().features[expr.index].value, steps);
  }
  if (expr.kind == ExprKind::kScore) {
    for (const dsl::ScorePart& part : of_.lowering_.program().scores[expr.index].parts) {
      ArmBends(part.points, steps);
    }
    return;
  }
  if (expr.kind == ExprKind::kOfWhole) return;
  for (const ExprId argument : expr.args) ArmBends(argument, steps);
  if (expr.kind == ExprKind::kRound && steps) ArmSteps(id);
  if (expr.kind == ExprKind::kOpenTimeIn && steps) {
    // It stands still while the calendar is closed.
    const ValueId clock = of_.Clock();
    const ValueId arm = of_.builder_.ConstBool(true);
    of_.builder_.Call(AbiId::kCalendarIsOpen, {of_.U32(expr.index), clock, arm});
  }
  if (expr.kind != ExprKind::kSmaller && expr.kind != ExprKind::kLarger) return;
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    for (std::size_t j = i + 1; j < expr.args.size(); ++j) ArmMeeting(expr.args[i], expr.args[j]);
  }
}

void TimeLowering::ArmExact(ExprId left_id, ExprId right_id, CompareOp op, int slope) {
  // With the sides as they are at age_now: they are equal at x = age_now -/+ (left - right).
  //   left >= right: no -> yes at x      left <= right: yes -> no at x + 1
  //   left >  right: no -> yes at x + 1  left <  right: yes -> no at x          (slope 1; mirrored for -1)
  IrBuilder& builder = of_.builder_;
  of_.exact_age_ = of_.exact_until_ = true;
  const ValueId difference = [&] {
    const ExpressionLowering::Scope scope(of_);
    auto hidden = std::exchange(of_.known_, {});
    const ValueId left = of_.Value(left_id);
    const ValueId right = of_.Value(right_id);
    const ValueId value = builder.ISub(left, right);
    of_.known_ = std::move(hidden);
    return value;
  }();
  of_.exact_age_ = of_.exact_until_ = false;
  const ValueId equal_at =
      slope == 1 ? builder.ISub(builder.AgeNow(), difference) : builder.IAdd(builder.AgeNow(), difference);
  const bool by_step = op == CompareOp::kEqual || op == CompareOp::kNotEqual;
  const bool at = slope == 1 ? op == CompareOp::kGreaterEqual || op == CompareOp::kLess
                             : op == CompareOp::kLessEqual || op == CompareOp::kGreater;
  if (at || by_step) builder.Arm(equal_at);
  if (!at) builder.Arm(builder.IAdd(equal_at, builder.ConstI64(1)));
}

namespace {

/// A function of the clock, which arms nothing itself.
class ClockFunction {
 public:
  ClockFunction(Lowering& lowering, const char* what)
      : lowering_(lowering), build(lowering.module, function_) {
    function_.name = what + std::to_string(lowering.module.functions.size());
  }
  std::int64_t Finish() {
    build.Finish();
    return lowering_.Add(std::move(function_));
  }

 private:
  Lowering& lowering_;
  Function function_;

 public:
  IrBuilder build;
};

}  // namespace

void TimeLowering::ArmByDifference(ExprId left_id, ExprId right_id) {
  ClockFunction function(of_.lowering_, "difference_");
  IrBuilder& builder = function.build;
  ExpressionLowering sides(of_.lowering_, builder, Reading{true, false}, of_.own_);
  sides.exact_age_ = true;
  sides.opening_ = of_.opening_;
  sides.beside_ = of_.beside_;
  const ValueId left = sides.Value(left_id);
  const ValueId right = sides.Value(right_id);
  if (builder.type_of(left) == IrType::kF64) {
    builder.Out(0, builder.FSub(left, right));
  } else {
    const ValueId difference = builder.ISub(left, right);
    const ValueId one = builder.ConstI64(1);
    builder.Out(0, builder.Call(AbiId::kRatio, {difference, one}));
  }
  of_.builder_.Call(AbiId::kArmCrossing, {of_.builder_.ConstI64(function.Finish())});
}

void TimeLowering::ArmSteps(ExprId id) {
  ClockFunction function(of_.lowering_, "steps_");
  ExpressionLowering value(of_.lowering_, function.build, Reading{true, false}, of_.own_);
  value.exact_age_ = true;
  const ValueId rounded = value.Value(id);
  function.build.Out(0, rounded);
  of_.builder_.Call(AbiId::kArmStep, {of_.builder_.ConstI64(function.Finish())});
}

}  // namespace lull::compiler
