#include "compiler/lower_probes.h"

namespace lull::compiler {
namespace {

ExprProbe LowerExpr(Lowering& lowering, dsl::ExprId id) {
  const dsl::Type type = lowering.program().expr(id).type;
  ExprProbe probe;
  probe.type.type = ValueTypeOf(type);
  probe.type.of = type.kind == dsl::TypeKind::kStage ? lowering.plan.journey_numbers[type.of] : type.of;
  FunctionInHand function(lowering, "probe", kPlain);
  function.build.Out(0, function.read.Value(id));
  probe.function = function.Finish();
  return probe;
}

/// The instant from which the time of a stall counts.
ValueId StartOf(Lowering& lowering, FunctionInHand& function, const dsl::Stall& stall,
                const StallPlan& plan) {
  IrBuilder& build = function.build;
  const auto load = [&](const Slot& slot) { return build.Load(slot.offset, slot.kind); };
  switch (stall.form) {
    case dsl::StallForm::kQuiet:
    case dsl::StallForm::kNo:
      return function.QuietSince(plan);
    case dsl::StallForm::kFor: {
      const ValueId held = build.Held(plan.dwell);
      const ValueId since = load(lowering.plan.entities[stall.entity].conditions[plan.dwell].since);
      return build.Select(held, since, build.ConstI64(kUnknown));
    }
    default:
      return plan.started.exists() ? load(plan.started) : build.ConstI64(kUnknown);
  }
}

StallProbe LowerStall(Lowering& lowering, dsl::StallId id) {
  const dsl::Stall& stall = lowering.program().stalls[id];
  const StallPlan& plan = lowering.plan.stalls[id];
  StallProbe probe;
  probe.condition = plan.condition;
  // Each wait of its own has a time of its own (EntitySide::each).
  if (stall.form == dsl::StallForm::kAfterEach) return probe;
  FunctionInHand function(lowering, "probe_" + stall.name, kPlain);
  if (dsl::IsSingleWait(stall.form)) function.read.SetOpening(&plan.opening);
  const ValueId start = StartOf(lowering, function, stall, plan);
  function.build.Out(0, start);
  function.build.Out(1, function.read.Later(start, function.read.Deadline(stall, start)));
  probe.function = function.Finish();
  return probe;
}

}  // namespace

Probes LowerProbes(Lowering& lowering, const ProbeRequests& requests) {
  Probes probes;
  for (const dsl::ExprId expr : requests.exprs) {
    if (!probes.exprs.contains(expr)) probes.exprs.emplace(expr, LowerExpr(lowering, expr));
  }
  for (const dsl::StallId stall : requests.stalls) {
    if (!probes.stalls.contains(stall)) probes.stalls.emplace(stall, LowerStall(lowering, stall));
  }
  return probes;
}

}  // namespace lull::compiler
