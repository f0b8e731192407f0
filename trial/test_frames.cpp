#include "trial/test_frames.h"

#include <algorithm>

#include "runtime/task_steps.h"
#include "runtime/unknown.h"

namespace lull::trial {
namespace {

struct StepOf {
  dsl::TaskAction action;
  runtime::TaskStepKind step;
};
constexpr StepOf kSteps[] = {{dsl::TaskAction::kClaim, runtime::TaskStepKind::kClaimed},
                             {dsl::TaskAction::kRelease, runtime::TaskStepKind::kReleased},
                             {dsl::TaskAction::kDone, runtime::TaskStepKind::kDone},
                             {dsl::TaskAction::kDecline, runtime::TaskStepKind::kDeclined}};

}  // namespace

runtime::FieldValue ValueOf(const dsl::CheckedProgram& program, dsl::ExprId literal) {
  const dsl::Expr& expr = program.expr(literal);
  runtime::FieldValue value;
  if (expr.type.kind == dsl::TypeKind::kNumber) {
    value.number = expr.number;
  } else if (expr.type.kind == dsl::TypeKind::kText) {
    value.text = runtime::TextView::Of(expr.text);
  } else {
    value.integer = expr.integer;
  }
  return value;
}

runtime::EventFrame TestFrames::Make(const dsl::TestEvent& event, std::int64_t instant) {
  const runtime::EventSchema& schema = ruleset_.events[event.event];
  std::vector<runtime::FieldValue>& fields = fields_.emplace_back(ruleset_.frame_slot_count);
  for (std::size_t f = 0; f < schema.fields.size(); ++f) {
    const runtime::FieldSchema& field = schema.fields[f];
    if (!field.used) continue;
    const dsl::ExprId value = event.fields[f];
    fields[field.slot] = value == dsl::kNone ? runtime::UnknownOf(field.type) : ValueOf(program_, value);
  }
  std::vector<runtime::TextView>& keys = keys_.emplace_back();
  for (const std::optional<std::string>& key : event.keys) {
    keys.push_back(key ? runtime::TextView::Of(*key) : runtime::TextView{});
  }
  runtime::EventFrame frame;
  frame.event = event.event;
  frame.time = {instant};
  frame.fields = fields.data();
  frame.keys = keys.data();
  frame.position = {++position_};
  return frame;
}

runtime::EventFrame TestFrames::MakeStep(const dsl::TestTaskStep& step, const DecisionRecord& task,
                                         std::int64_t instant) {
  const auto* kind = std::ranges::find(kSteps, step.action, &StepOf::action);
  const auto event = std::ranges::find(ruleset_.events, kind->step, &runtime::EventSchema::task_step);
  std::vector<runtime::FieldValue>& fields = fields_.emplace_back(ruleset_.frame_slot_count);
  const auto set = [&](std::size_t field, const std::string& text) {
    runtime::FieldValue& value = fields[event->fields[field].slot];
    value = runtime::UnknownOf(runtime::ValueType::kText);
    if (!text.empty()) value.text = runtime::TextView::Of(texts_.emplace_back(text));
  };
  set(runtime::kTaskField, task.id.Hex());
  set(runtime::kOutcomeField, step.outcome);
  set(runtime::kByField, step.by);
  // The task of a part is found by the key of its whole.
  const std::uint32_t whole = ruleset_.entities[task.entity].whole;
  const std::uint32_t owner = whole == runtime::kNoIndex ? task.entity : whole;
  std::vector<runtime::TextView>& keys = keys_.emplace_back(event->entities.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (event->entities[i] != owner) continue;
    keys[i] =
        runtime::TextView::Of(texts_.emplace_back(whole == runtime::kNoIndex ? task.key : task.whole_key));
  }
  runtime::EventFrame frame;
  frame.event = static_cast<std::uint32_t>(event - ruleset_.events.begin());
  frame.time = {instant};
  frame.fields = fields.data();
  frame.keys = keys.data();
  frame.position = {++position_};
  return frame;
}

std::vector<runtime::Engine::SlotValue> TestFrames::Attributes(const dsl::TestSubject& subject) const {
  std::vector<runtime::Engine::SlotValue> values;
  for (const dsl::TestValue& value : subject.attributes) {
    const std::string& name = program_.attributes[value.index].name;
    const auto& slots = ruleset_.entities[subject.entity].attributes;
    const auto slot = std::ranges::find(slots, name, &runtime::AttributeSpec::name);
    if (slot != slots.end()) values.push_back({slot->offset, slot->kind, ValueOf(program_, value.value)});
  }
  return values;
}

}  // namespace lull::trial
