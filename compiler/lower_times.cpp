// Values of time: countdowns, times on a day, the time in a stage.
#include "compiler/lower_expression.h"

namespace lull::compiler {

using runtime::AbiId;

namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

}  // namespace

ValueId ExpressionLowering::TimeUntil(const dsl::Expr& expr) {
  const ValueId until = Value(expr.args[0]);
  // There the countdown ends: it stays at zero.
  if (reading_.arm) builder_.Arm(until);
  const ValueId left = builder_.ISub(until, Clock());
  if (exact_until_) return left;
  const ValueId zero = builder_.ConstI64(0);
  const ValueId over = builder_.ICompare(IrCompare::kLess, left, zero);
  return builder_.Select(over, zero, left);
}

ValueId ExpressionLowering::TimeOnDay(const dsl::Expr& expr) {
  const ValueId day = Value(expr.args[0]);
  const ValueId second = builder_.ConstI64(expr.integer);
  return builder_.Call(AbiId::kTimeOnDay, {day, second});
}

ValueId ExpressionLowering::NextYearly(const dsl::Expr& expr) {
  const ValueId date = Value(expr.args[0]);
  const ValueId clock = Clock();
  const ValueId next = builder_.Call(AbiId::kNextYearly, {date, clock});
  if (reading_.arm) {
    const ValueId end = builder_.ConstI64(kSecondsPerDay);
    const ValueId over = builder_.Call(AbiId::kTimeOnDay, {next, end});
    builder_.Arm(over);
  }
  return next;
}

ValueId ExpressionLowering::TimeIn(const dsl::Expr& expr) {
  const JourneyPlan& journey = lowering_.plan.journeys[expr.index];
  const ValueId stage = builder_.Load(journey.stage.offset, journey.stage.kind);
  const ValueId is_in = builder_.ICompare(IrCompare::kEqual, stage, builder_.ConstI64(expr.integer));
  const ValueId since = TimeSince(builder_.Load(journey.entered.offset, journey.entered.kind));
  const ValueId unknown = builder_.Unknown(IrType::kI64);
  return builder_.Select(is_in, since, unknown);
}

ValueId ExpressionLowering::OpenTimeIn(const dsl::Expr& expr) {
  const ValueId length = Value(expr.args[0]);
  const ValueId clock = Clock();
  const ValueId entered = builder_.ISub(clock, length);
  return builder_.Call(AbiId::kOpenTimeBetween, {U32(expr.index), entered, clock});
}

}  // namespace lull::compiler
