// Deadlines: an instant, and a duration after it (or before). A duration by the calendar is never a value of
// its own: it makes one instant, or one day, from another.
#include "compiler/lower_entity.h"

namespace lull::compiler {

using dsl::Expr;
using dsl::ExprKind;
using runtime::AbiId;

ValueId ExpressionLowering::Counted(ValueId start, dsl::ExprId duration, Counting counting) {
  const Expr& expr = At(duration);
  if (expr.type.kind == dsl::TypeKind::kDuration) {
    const ValueId length = Value(duration);
    return counting.back ? builder_.ISub(start, length) : builder_.IAdd(start, length);
  }
  switch (expr.kind) {
    case ExprKind::kFeature:
      return Counted(start, lowering_.program().features[expr.index].value, counting);
    case ExprKind::kAdd:
    case ExprKind::kSubtract: {
      const ValueId between = Counted(start, expr.args[0], counting);
      const bool back = counting.back != (expr.kind == ExprKind::kSubtract);
      return Counted(between, expr.args[1], {back, counting.days});
    }
    case ExprKind::kIf:
    case ExprKind::kOrElse:
      return CountedChoice(start, expr, counting);
    default:
      return CountedAmount(start, expr, counting);
  }
}

ValueId ExpressionLowering::CountedAmount(ValueId start, const Expr& duration, Counting counting) {
  ValueId amount = Value(duration.args[0]);
  if (duration.kind == ExprKind::kOpenTime) {
    if (counting.back) amount = builder_.INeg(amount);
    return builder_.Call(AbiId::kAfterOpenTime, {U32(duration.index), start, amount});
  }
  if (counting.back) amount = builder_.FNeg(amount);
  if (duration.kind == ExprKind::kMonths) {
    return builder_.Call(counting.days ? AbiId::kDateAfterMonths : AbiId::kAfterMonths, {start, amount});
  }
  const AbiId open_days = counting.days ? AbiId::kDateAfterOpenDays : AbiId::kAfterOpenDays;
  return builder_.Call(open_days, {U32(duration.index), start, amount});
}

ValueId ExpressionLowering::CountedChoice(ValueId start, const Expr& duration, Counting counting) {
  const LocalId result = builder_.NewLocal(IrType::kI64);
  const LabelId first = builder_.NewLabel();
  const LabelId second = builder_.NewLabel();
  const LabelId done = builder_.NewLabel();
  if (duration.kind == ExprKind::kIf) {
    builder_.BranchIf(Condition(duration.args[0]), first, second);
    const Scope scope(*this);
    builder_.Bind(first);
    builder_.Set(result, Counted(start, duration.args[1], counting));
  } else {
    // The second where the first makes no instant.
    builder_.Set(result, Counted(start, duration.args[0], counting));
    builder_.BranchIf(builder_.IsKnown(builder_.Get(result)), first, second);
    builder_.Bind(first);
  }
  builder_.Branch(done);
  {
    const Scope scope(*this);
    builder_.Bind(second);
    builder_.Set(result, Counted(start, duration.args.back(), counting));
  }
  builder_.Branch(done);
  builder_.Bind(done);
  return builder_.Get(result);
}

runtime::FunctionId LowerDeadline(Lowering& lowering, std::string name, dsl::ExprId duration,
                                  Reading reading) {
  if (duration == kNone) return runtime::kNoFunction;
  FunctionInHand function(lowering, std::move(name), reading);
  const ValueId start = function.build.From();
  function.build.Out(0, function.read.After(start, duration));
  return function.Finish();
}

}  // namespace lull::compiler
