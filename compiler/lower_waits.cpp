// Waits: when they fall due, and what depends on the fields of the event that opened one.
#include "compiler/lower_entity.h"

namespace lull::compiler {

ValueId ExpressionLowering::Deadline(const dsl::Stall& stall, ValueId start) {
  return stall.by == kNone ? After(start, stall.duration) : Value(stall.by);
}

ValueId FunctionInHand::NotUnless(const dsl::Stall& stall) {
  if (stall.unless_condition == kNone) return build.ConstBool(true);
  return build.Not(read.Condition(stall.unless_condition));
}

ValueId FunctionInHand::Gate(const dsl::Stall& stall) {
  return AndThen(read.ConditionOrYes(stall.while_condition), [&] { return NotUnless(stall); });
}

ValueId FunctionInHand::QuietSince(const StallPlan& plan) {
  const ValueId latest =
      build.Load(lowering_.plan.streams[plan.base].latest_time.offset, runtime::SlotKind::kI64);
  return read.Later(latest, build.FirstEvent());
}

void LowerEachWait(Lowering& lowering, dsl::StallId id, runtime::EachWaitSpec& spec) {
  const dsl::Stall& stall = lowering.program().stalls[id];
  const StallPlan& plan = lowering.plan.stalls[id];
  {
    FunctionInHand function(lowering, stall.name + "_deadline", kAsCondition);
    const ValueId start = function.build.From();
    function.build.Out(0, function.read.Deadline(stall, start));
    spec.deadline = function.Finish();
  }
  if (plan.gate_of_each) {
    FunctionInHand function(lowering, stall.name + "_gate", kAsCondition);
    function.build.Return(function.Gate(stall));
    spec.gate = function.Finish();
  }
  if (plan.beside.empty()) return;
  FunctionInHand function(lowering, stall.name + "_answers", kPlain);
  function.read.SetBeside(&plan.beside);
  function.build.Return(function.read.Condition(stall.awaited_where));
  spec.answers = function.Finish();
}

}  // namespace lull::compiler
