// Where journeys go: one transition each, decided from one snapshot, the first of the text that applies.
#include <algorithm>

#include "compiler/lower_entity.h"
#include "runtime/decision.h"

namespace lull::compiler {
namespace {

using dsl::Transition;
using dsl::TransitionKind;
using runtime::AbiId;

class JourneyLowering {
 public:
  JourneyLowering(Lowering& lowering, FunctionInHand& function, dsl::EventId event)
      : lowering_(lowering),
        plan_(lowering.plan),
        function_(function),
        build_(function.build),
        watch_(lowering, function.build, kAsCondition, event),
        event_(event) {}

  bool Concerns(const Transition& step) const {
    switch (step.kind) {
      case TransitionKind::kEvent:
        return event_ != kNone && event_ != kLevelsOnly &&
               std::ranges::count(plan_.Events(step.events), event_) > 0;
      case TransitionKind::kWhen:
        return true;
      case TransitionKind::kTaskEnd:
        if (step.task_end == dsl::TaskEnd::kExpired) return event_ == kNone;
        return event_ != kNone && std::ranges::count(plan_.Events(step.events), event_) > 0;
      default:
        return event_ == kNone;
    }
  }

  /// The local that holds the stage to enter.
  LocalId Target(dsl::JourneyId id) {
    const dsl::Journey& journey = lowering_.program().journeys[id];
    const JourneyPlan& plan = plan_.journeys[id];
    const LocalId target = build_.NewLocal(IrType::kI64);
    const LabelId done = build_.NewLabel();
    const ValueId stage = build_.Load(plan.stage.offset, plan.stage.kind);
    for (const Transition& step : journey.transitions) {
      if (!Concerns(step)) continue;
      watch_.Forget();
      const ValueId applies = function_.AndThen(IsFrom(journey, step, stage), [&] {
        return function_.AndThen(Guard(step, plan), [&] { return MayEnter(id, step); });
      });
      const LabelId take = build_.NewLabel();
      const LabelId next = build_.NewLabel();
      build_.BranchIf(applies, take, next);
      build_.Bind(take);
      build_.Set(target, build_.ConstI64(step.to));
      build_.Branch(done);
      build_.Bind(next);
    }
    build_.Branch(done);
    build_.Bind(done);
    return target;
  }

  void Enter(dsl::JourneyId id, LocalId target) {
    const ValueId number = build_.ConstI64(plan_.journey_numbers[id]);
    const dsl::Journey& journey = lowering_.program().journeys[id];
    // The stage to enter is a constant of the call: one branch for each stage that can be reached from here.
    std::vector<std::uint32_t> stages;
    for (const Transition& step : journey.transitions) {
      if (Concerns(step) && std::ranges::count(stages, step.to) == 0) stages.push_back(step.to);
    }
    for (const std::uint32_t stage : stages) {
      const ValueId value = build_.ConstI64(stage);
      function_.If(build_.ICompare(IrCompare::kEqual, build_.Get(target), value), [&] {
        build_.Call(AbiId::kEnter, {number, value});
      });
    }
  }

 private:
  ValueId IsFrom(const dsl::Journey& journey, const Transition& step, ValueId stage) {
    if (step.from.size() == journey.stages.size()) return build_.ConstBool(true);
    ValueId any = build_.ConstBool(false);
    for (const std::uint32_t from : step.from) {
      any = build_.Or(any, build_.ICompare(IrCompare::kEqual, stage, build_.ConstI64(from), false));
    }
    return any;
  }

  ValueId Guard(const Transition& step, const JourneyPlan& plan) {
    const ValueId entered = build_.Load(plan.entered.offset, plan.entered.kind);
    switch (step.kind) {
      case TransitionKind::kEvent:
        if (step.sequence != kNone) {
          const Slot done = plan_.sequences[step.sequence].done;
          return build_.FlagIsYes(build_.Load(done.offset, done.kind));
        }
        return function_.read.ConditionOrYes(step.where);
      case TransitionKind::kWhen:
        return watch_.Condition(step.when);
      case TransitionKind::kTaskEnd:
        return TaskEnds(step);
      case TransitionKind::kStallBegins:
        return build_.Call(AbiId::kStallBegan, {build_.ConstI64(plan_.StallCondition(step.stall))});
      case TransitionKind::kAfter:
        return watch_.Reached(watch_.After(entered, step.duration));
      case TransitionKind::kAfterQuiet: {
        const Slot latest_slot = plan_.streams[plan.activity].latest_time;
        const ValueId latest = build_.Load(latest_slot.offset, latest_slot.kind);
        return watch_.Reached(watch_.After(watch_.Later(latest, entered), step.duration));
      }
    }
    return build_.ConstBool(false);
  }

  ValueId TaskEnds(const Transition& step) {
    static constexpr runtime::DecisionKind kKinds[] = {
        runtime::DecisionKind::kDone, runtime::DecisionKind::kDeclined, runtime::DecisionKind::kExpired};
    const auto kind = static_cast<std::int64_t>(kKinds[static_cast<std::size_t>(step.task_end)]);
    const ValueId ends = build_.Call(AbiId::kTaskEnded, {build_.ConstI64(step.nudge), build_.ConstI64(kind)});
    return function_.AndThen(ends, [&] { return function_.read.ConditionOrYes(step.where); });
  }

  ValueId MayEnter(dsl::JourneyId id, const Transition& step) {
    if (step.kind == TransitionKind::kEvent) return build_.ConstBool(true);
    return build_.Call(AbiId::kMayEnter,
                       {build_.ConstI64(plan_.journey_numbers[id]), build_.ConstI64(step.to)});
  }

  Lowering& lowering_;
  const Plan& plan_;
  FunctionInHand& function_;
  IrBuilder& build_;
  ExpressionLowering watch_;
  dsl::EventId event_;
};

std::vector<dsl::JourneyId> Concerned(const Lowering& lowering, const JourneyLowering& journeys,
                                      dsl::EntityId entity) {
  std::vector<dsl::JourneyId> concerned;
  for (const dsl::JourneyId id : lowering.plan.entities[entity].journeys) {
    const auto& steps = lowering.program().journeys[id].transitions;
    if (std::ranges::any_of(steps, [&](const Transition& step) { return journeys.Concerns(step); })) {
      concerned.push_back(id);
    }
  }
  return concerned;
}

}  // namespace

void LowerJourneys(FunctionInHand& function, Lowering& lowering, dsl::EntityId entity, dsl::EventId event) {
  JourneyLowering journeys(lowering, function, event);
  const std::vector<dsl::JourneyId> concerned = Concerned(lowering, journeys, entity);
  std::vector<LocalId> targets;
  for (const dsl::JourneyId id : concerned) targets.push_back(journeys.Target(id));
  for (std::size_t i = 0; i < concerned.size(); ++i) journeys.Enter(concerned[i], targets[i]);
  if (event != kNone || concerned.empty()) return;
  ValueId moved = function.build.ConstBool(false);
  for (const LocalId target : targets) {
    moved = function.build.Or(moved, function.build.IsKnown(function.build.Get(target)));
  }
  function.build.Return(moved);
}

runtime::FunctionId LowerLevels(Lowering& lowering, dsl::EntityId entity) {
  FunctionInHand function(lowering, "levels_" + lowering.program().entities[entity].name, kAsCondition);
  LowerJourneys(function, lowering, entity, kLevelsOnly);
  return function.Finish();
}

runtime::FunctionId LowerAutomatic(Lowering& lowering, dsl::EntityId entity) {
  FunctionInHand function(lowering, "automatic_" + lowering.program().entities[entity].name, kAsCondition);
  LowerJourneys(function, lowering, entity, kNone);
  return function.Finish();
}

}  // namespace lull::compiler
