// Reminders that fall due, and nudges for what is already so when a ruleset begins to watch.
#include <algorithm>

#include "runtime/step.h"

namespace lull::runtime {

std::int64_t Step::NextOf(const Reminder& reminder) {
  const NudgeSpec& nudge = ruleset->nudges[reminder.nudge];
  if (nudge.repeat_max > 0 && reminder.count >= nudge.repeat_max) return kNever;
  if (nudge.repeat_every == kNoFunction || !TestBit(moment.record, nudge.due_condition)) return kNever;
  if (IsWaiting(reminder.nudge, reminder.serial)) return kNever;
  SetTrigger(reminder.nudge, reminder.serial);
  const std::int64_t due = DeadlineOf(nudge.repeat_every, reminder.sent);
  // Without a pause it would go out again and again at one instant.
  return due <= reminder.sent ? kNever : due;
}

void Step::AddDueReminders() {
  for (const Reminder& reminder : side()->reminders) {
    const std::int64_t due = NextOf(reminder);
    if (due > moment.age_now) {
      Arm(due);
      continue;
    }
    SideOf(HeaderOf(whole))
        .waiting.push_back(
            {.nudge = reminder.nudge, .part = part(), .serial = reminder.serial, .is_reminder = true});
    each_due_ = true;
  }
  ResetTrigger();
}

void Step::ArmReminders() {
  if (side() == nullptr || side()->reminders.empty()) return;
  for (const Reminder& reminder : side()->reminders) {
    const std::int64_t due = NextOf(reminder);
    left_ = left_ || due <= moment.now;
    Arm(due);
  }
  ResetTrigger();
}

bool Step::IsWaiting(std::uint32_t nudge, WaitSerial serial) {
  return shared() != nullptr && std::ranges::any_of(shared()->waiting, [&](const WaitingNudge& waiting) {
           return waiting.nudge == nudge && waiting.part == part() && waiting.serial == serial;
         });
}

void Step::DropReminders(std::uint32_t nudge, WaitSerial serial) {
  if (side() == nullptr) return;
  std::erase_if(side()->reminders, [&](const Reminder& reminder) {
    return reminder.nudge == nudge && (serial == 0 || reminder.serial == serial);
  });
}

void Step::IncludeExisting(std::uint32_t nudge) {
  const NudgeSpec& spec = ruleset->nudges[nudge];
  if (spec.trigger == TriggerKind::kWhile) {
    const std::uint32_t each_wait = plan->nudges[nudge].each_wait;
    if (!TestBit(moment.record, spec.due_condition)) return;
    if (each_wait == kNoIndex) return AddExisting(nudge, 0);
    if (const EachWaitList* list = FindEach(each_wait); list != nullptr) {
      for (const EachWait& wait : list->waits) {
        if (wait.begun) AddExisting(nudge, wait.serial);
      }
    }
    return;
  }
  if (IsTriggerOn(nudge) && (spec.if_condition == kNoFunction || Holds(spec.if_condition))) {
    AddExisting(nudge, 0);
  }
}

bool Step::IsTriggerOn(std::uint32_t nudge) const {
  const NudgeSpec& spec = ruleset->nudges[nudge];
  if (spec.trigger_condition != kNoIndex) return TestBit(moment.record, spec.trigger_condition);
  return std::ranges::any_of(entity->journeys, [&](const JourneySpec& journey) {
    const auto stage = static_cast<std::size_t>(moment.record[journey.stage_offset]);
    return stage < journey.entering.size() && std::ranges::count(journey.entering[stage], nudge) > 0;
  });
}

void Step::AddExisting(std::uint32_t nudge, WaitSerial serial) {
  const NudgeSpec& spec = ruleset->nudges[nudge];
  AddWaiting(nudge, serial);
  WaitingNudge& waiting = shared()->waiting.back();
  waiting.until = moment.now;
  if (spec.trigger == TriggerKind::kWhile) return;
  // As if it were valid for the rest of the instant, at least.
  waiting.end = moment.now;
  if (spec.valid_for == kNoFunction) return;
  const std::int64_t end = DeadlineOf(spec.valid_for, moment.now);
  if (end != kNever) waiting.end = std::max(end, moment.now);
}

}  // namespace lull::runtime
