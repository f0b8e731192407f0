// The functions of abi.h that concern the step: conditions, journeys, waits, nudges and parts.
#include "runtime/abi.h"
#include "runtime/step.h"

namespace lull::runtime::abi {

void ConditionEdge(Moment* moment, std::uint32_t condition, std::uint64_t value) {
  StepOf(moment).OnConditionEdge(condition, value != 0);
}

void ConditionBefore(Moment* moment, std::uint32_t condition, std::uint64_t value) {
  StepOf(moment).OnConditionBefore(condition, value != 0);
}

std::uint64_t StallBegan(Moment* moment, std::uint32_t condition) {
  return StepOf(moment).StallBegan(condition) ? 1 : 0;
}

std::uint64_t MayEnter(Moment* moment, std::uint32_t journey, std::uint32_t stage) {
  return StepOf(moment).MayEnter(journey, stage) ? 1 : 0;
}

void Enter(Moment* moment, std::uint32_t journey, std::uint32_t stage) {
  StepOf(moment).Enter(journey, stage);
}

void EachOpen(Moment* moment, std::uint32_t wait, std::int64_t time, std::int64_t deadline) {
  StepOf(moment).OpenEach(wait, time, deadline);
}

void EachAnswer(Moment* moment, std::uint32_t wait, std::uint64_t with_same) {
  StepOf(moment).AnswerEach(wait, with_same != 0);
}

std::uint64_t EachUpdate(Moment* moment, std::uint32_t wait, std::uint64_t gate) {
  return StepOf(moment).UpdateEach(wait, gate != 0) ? 1 : 0;
}

std::uint64_t EachBefore(Moment* moment, std::uint32_t wait, std::uint64_t gate) {
  return StepOf(moment).OverdueBefore(wait, gate != 0) ? 1 : 0;
}

void Due(Moment* moment, std::uint32_t nudge) { StepOf(moment).Due(nudge); }

std::uint64_t TaskEnded(Moment* moment, std::uint32_t nudge, std::uint32_t kind) {
  return StepOf(moment).TaskEnded(nudge, static_cast<DecisionKind>(kind)) ? 1 : 0;
}

std::int64_t TaskOutcome(Moment* moment, std::uint32_t nudge) { return StepOf(moment).OutcomeOf(nudge); }

std::int64_t Arm(Moment* moment, std::uint32_t experiment) { return StepOf(moment).ArmOf(experiment); }

void Goal(Moment* moment, std::uint32_t experiment) { StepOf(moment).ReachGoal(experiment); }

namespace {

/// While it lives, functions see the whole of the part in hand.
class OverWhole {
 public:
  explicit OverWhole(Moment* moment)
      : moment_(moment),
        record_(moment->record),
        out_(moment->out),
        same_(moment->same),
        entity_(moment->context->entity) {
    StepContext& context = *moment->context;
    moment->record = context.whole;
    moment->out = &result_;
    if (entity_->whole != kNoIndex) context.entity = &context.ruleset->entities[entity_->whole];
  }
  ~OverWhole() {
    moment_->record = record_;
    moment_->out = out_;
    moment_->same = same_;
    moment_->context->entity = entity_;
  }
  OverWhole(const OverWhole&) = delete;
  OverWhole& operator=(const OverWhole&) = delete;

  const FieldValue& Value(std::uint32_t function) {
    moment_->context->code->functions[function](moment_);
    return result_;
  }

 private:
  Moment* moment_;
  std::byte* record_;
  FieldValue* out_;
  FieldValue same_;
  const EntitySpec* entity_;
  FieldValue result_;
};

}  // namespace

std::int64_t WholeI64(Moment* moment, std::uint32_t function) {
  return OverWhole(moment).Value(function).integer;
}

double WholeF64(Moment* moment, std::uint32_t function) { return OverWhole(moment).Value(function).number; }

TextView WholeText(Moment* moment, std::uint32_t function) { return OverWhole(moment).Value(function).text; }

}  // namespace lull::runtime::abi
