// The event that a rule reads when its nudge goes out: that of the moment, the one that opened a wait, or one
// that was kept.
#include <algorithm>
#include <cstring>

#include "runtime/record_slots.h"
#include "runtime/step_state.h"
#include "runtime/unknown.h"

namespace lull::runtime {

void StepState::ResetTrigger() {
  moment.fields = event_fields;
  moment.event_time = event_time;
}

void StepState::SetTrigger(std::uint32_t nudge, WaitSerial serial) {
  ResetTrigger();
  const NudgeSpec& spec = ruleset->nudges[nudge];
  if (!spec.opening.empty() || spec.opening_time_offset != kNoOffset) return SetOpening(spec);
  if (serial == 0 || side() == nullptr) return;
  for (std::size_t index = 0; index < side()->each.size(); ++index) {
    for (const EachWait& wait : side()->each[index].waits) {
      if (wait.serial == serial) return SetTrigger(wait, entity->each_waits[index]);
    }
  }
}

FieldValue StepState::ValueOf(const EachWait& wait, const EachWaitSpec& spec, std::size_t field) const {
  const std::uint32_t slot = spec.captured[field].slot;
  const ValueType type = spec.captured[field].type;
  FieldValue value;
  if (slot == kNoIndex) {
    value.integer = wait.start;
  } else if (wait.captured == nullptr) {
    value = UnknownOf(type);
  } else {
    value = wait.captured[field];
    if (type == ValueType::kText) value.text = texts->View(static_cast<std::uint32_t>(value.integer));
  }
  return value;
}

void StepState::SetTrigger(const EachWait& wait, const EachWaitSpec& spec) {
  if (spec.same_type == ValueType::kText) {
    moment.same.text = wait.known ? texts->View(static_cast<std::uint32_t>(wait.value)) : TextView{};
  } else {
    moment.same.integer = static_cast<std::int64_t>(wait.value);
  }
  moment.event_time = wait.start;
  if (spec.captured.empty()) return;
  for (std::size_t index = 0; index < spec.captured.size(); ++index) {
    const std::uint32_t slot = spec.captured[index].slot;
    if (slot != kNoIndex) captured_fields[slot] = ValueOf(wait, spec, index);
  }
  moment.fields = captured_fields.data();
}

void StepState::SetBeside(const EachWait& wait, const EachWaitSpec& spec) {
  if (event_fields != nullptr) std::copy_n(event_fields, captured_fields.size(), captured_fields.begin());
  for (std::size_t index = 0; index < spec.beside.size(); ++index) {
    const std::uint32_t slot = spec.beside[index];
    if (slot != kNoIndex) captured_fields[slot] = ValueOf(wait, spec, index);
  }
  moment.fields = captured_fields.data();
}

void StepState::SetOpening(const NudgeSpec& nudge) {
  if (event_fields != nullptr) std::copy_n(event_fields, captured_fields.size(), captured_fields.begin());
  for (const NudgeSpec::OpeningField& field : nudge.opening) {
    captured_fields[field.slot] = ReadSlot(moment.record, field.offset, field.kind, *texts);
  }
  moment.fields = captured_fields.data();
  if (nudge.opening_time_offset == kNoOffset) return;
  moment.event_time = SlotI64(nudge.opening_time_offset);
}

void StepState::SetTrigger(const WaitingNudge& waiting) {
  const std::vector<CapturedField>& kept = ruleset->nudges[waiting.nudge].kept;
  moment.event_time = waiting.event.time;
  for (std::size_t index = 0; index < kept.size(); ++index) {
    const FieldValue unknown = UnknownOf(kept[index].type);
    captured_fields[kept[index].slot] = waiting.event.fields ? waiting.event.fields[index] : unknown;
  }
  moment.fields = captured_fields.data();
}

KeptEvent StepState::KeepEvent(std::uint32_t nudge) const {
  const std::vector<CapturedField>& kept = ruleset->nudges[nudge].kept;
  KeptEvent event;
  event.time = moment.event_time;
  if (kept.empty() || moment.fields == nullptr) return event;
  event.fields = std::make_unique<FieldValue[]>(kept.size());
  for (std::size_t index = 0; index < kept.size(); ++index) {
    event.fields[index] = moment.fields[kept[index].slot];
  }
  OwnTexts(event, kept);
  return event;
}

}  // namespace lull::runtime
