// The conditions that somebody listens to: their value, and what the runtime is told.
#include "compiler/lower_entity.h"

namespace lull::compiler {
namespace {

using runtime::AbiId;

class ConditionLowering {
 public:
  ConditionLowering(Lowering& lowering, FunctionInHand& function, dsl::EntityId entity, bool before)
      : plan_(lowering.plan),
        program_(lowering.program()),
        function_(function),
        build_(function.build),
        read_(function.read),
        entity_(plan_.entities[entity]),
        before_(before) {}

  ValueId Value(ConditionId id) {
    const PlannedCondition& condition = entity_.conditions[id];
    switch (condition.role) {
      case ConditionRole::kStall:
        return Stall(condition.index);
      case ConditionRole::kDue:
        return Due(id, condition.index);
      default:
        return read_.ConditionOrYes(condition.expr);
    }
  }

 private:
  ValueId Load(const Slot& slot) { return build_.Load(slot.offset, slot.kind); }

  ValueId Stall(dsl::StallId id) {
    read_.SetOpening(dsl::IsSingleWait(program_.stalls[id].form) ? &plan_.stalls[id].opening : nullptr);
    const ValueId value = Lasting(id);
    read_.SetOpening(nullptr);
    return value;
  }

  ValueId Lasting(dsl::StallId id) {
    const dsl::Stall& stall = program_.stalls[id];
    if (stall.until_condition == kNone) return Begun(id);
    const LocalId lasts = build_.NewLocal(IrType::kBool);
    build_.Set(lasts, Begun(id));
    function_.If(build_.Not(build_.Get(lasts)), [&] {
      const ValueId held = build_.Held(plan_.stalls[id].condition);
      const ValueId kept = function_.AndThen(held, [&] {
        return function_.AndThen(build_.Not(read_.Condition(stall.until_condition)),
                                 [&] { return function_.NotUnless(stall); });
      });
      build_.Set(lasts, kept);
    });
    return build_.Get(lasts);
  }

  /// What makes it a stall, but for `until`.
  ValueId Begun(dsl::StallId id) {
    const dsl::Stall& stall = program_.stalls[id];
    const StallPlan& plan = plan_.stalls[id];
    switch (stall.form) {
      case dsl::StallForm::kFor: {
        const Slot since = entity_.conditions[plan.dwell].since;
        return function_.AndThen(build_.And(build_.Held(plan.dwell), function_.NotUnless(stall)),
                                 [&] { return read_.Reached(read_.After(Load(since), stall.duration)); });
      }
      case dsl::StallForm::kQuiet:
      case dsl::StallForm::kNo:
        return function_.AndThen(function_.Gate(stall), [&] {
          return read_.Reached(read_.After(function_.QuietSince(plan), stall.duration));
        });
      case dsl::StallForm::kAfterEach: {
        const ValueId gate = plan.gate_of_each ? build_.ConstBool(true) : function_.Gate(stall);
        const ValueId wait = build_.ConstI64(plan.each_wait);
        if (before_) return build_.Call(AbiId::kEachBefore, {wait, gate});
        return build_.Call(AbiId::kEachUpdate, {wait, gate});
      }
      case dsl::StallForm::kAfter:
      case dsl::StallForm::kAfterFirst:
        return Overdue(stall, plan);
    }
    return build_.ConstBool(false);
  }

  ValueId Matured(const dsl::Stall& stall, const StallPlan& plan) {
    const ValueId started = Load(plan.started);
    return read_.Reached(read_.Later(started, read_.Deadline(stall, started)));
  }

  ValueId Overdue(const dsl::Stall& stall, const StallPlan& plan) {
    const ValueId waits = build_.IsKnown(Load(plan.started));
    if (!plan.overdue.exists()) {
      return function_.AndThen(function_.AndThen(waits, [&] { return function_.Gate(stall); }),
                               [&] { return Matured(stall, plan); });
    }
    // The duration may change: a wait that has ended stays ended, whatever `while` says at that time.
    const ValueId overdue = function_.AndThen(waits, [&] {
      const LocalId ended = build_.NewLocal(IrType::kBool);
      build_.Set(ended, build_.FlagIsYes(Load(plan.overdue)));
      function_.If(build_.Not(build_.Get(ended)), [&] {
        build_.Set(ended, Matured(stall, plan));
        if (!before_)
          build_.Store(plan.overdue.offset, plan.overdue.kind, build_.BoolToFlag(build_.Get(ended)));
      });
      return build_.Get(ended);
    });
    return function_.AndThen(overdue, [&] { return function_.Gate(stall); });
  }

  ValueId Due(ConditionId id, dsl::NudgeId nudge_id) {
    const dsl::Nudge& nudge = program_.nudges[nudge_id];
    const NudgePlan& plan = plan_.nudges[nudge_id];
    const bool of_wait = nudge.stall != kNone && dsl::IsSingleWait(program_.stalls[nudge.stall].form);
    read_.SetOpening(of_wait ? &plan_.stalls[nudge.stall].opening : nullptr);
    const ValueId due =
        function_.AndThen(build_.Held(plan.state), [&] { return read_.ConditionOrYes(nudge.if_condition); });
    const ValueId free = nudge.again_after == kNone ? due : IsFree(id, nudge, plan, due);
    read_.SetOpening(nullptr);
    return free;
  }

  ValueId IsFree(ConditionId id, const dsl::Nudge& nudge, const NudgePlan& plan, ValueId due) {
    return function_.AndThen(due, [&] {
      const LocalId free = build_.NewLocal(IrType::kBool);
      build_.Set(free, build_.Held(id));
      function_.If(build_.Not(build_.Get(free)), [&] {
        const ValueId last = Load(plan.last_due);
        const ValueId over = read_.Reached(read_.After(last, nudge.again_after));
        build_.Set(free, build_.Or(over, build_.Not(build_.IsKnown(last))));
      });
      return build_.Get(free);
    });
  }

  const Plan& plan_;
  const dsl::CheckedProgram& program_;
  FunctionInHand& function_;
  IrBuilder& build_;
  ExpressionLowering& read_;
  const EntityPlan& entity_;
  bool before_;
};

}  // namespace

runtime::FunctionId LowerConditions(Lowering& lowering, dsl::EntityId entity,
                                    const std::vector<ConditionId>& conditions, std::string name) {
  FunctionInHand function(lowering, std::move(name), kAsCondition);
  ConditionLowering values(lowering, function, entity, false);
  for (const ConditionId condition : conditions) function.build.Update(condition, values.Value(condition));
  return function.Finish();
}

runtime::FunctionId LowerBefore(Lowering& lowering, dsl::EntityId entity,
                                const std::vector<ConditionId>& conditions, std::string name) {
  FunctionInHand function(lowering, std::move(name), Reading{true, false});
  ConditionLowering values(lowering, function, entity, true);
  for (const ConditionId condition : conditions) {
    if (!lowering.plan.entities[entity].conditions[condition].depends_on_time) continue;
    const ValueId value = values.Value(condition);
    function.build.Call(AbiId::kConditionBefore, {function.build.ConstI64(condition), value});
  }
  return function.Finish();
}

}  // namespace lull::compiler
