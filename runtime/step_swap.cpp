// What a new ruleset makes of an entity that the one before has left: what is already so is held, and nothing
// is told but what ends.
#include <algorithm>

#include "runtime/step.h"

namespace lull::runtime {

void Step::HoldExisting(std::int64_t instant, const std::vector<std::vector<std::uint64_t>>& carried,
                        const std::vector<bool>& new_nudges) {
  BeginChain(instant, instant - 1);
  TakeAllParts();
  left_ = false;
  for (std::size_t index = 0; index < member_count; ++index) {
    Select(index);
    members[index].due = true;
    for (const JourneySpec& journey : entity->journeys) {
      if (SlotI64(journey.entered_offset) == kUnknown) SlotI64(journey.entered_offset) = instant;
    }
    for (std::uint32_t group = 0; HasGroupWakes() && group < entity->groups.size(); ++group) {
      GroupWake(group) = kNever;
    }
    carried_ = &carried[entity_index];
    AskGroups(true);
    carried_ = nullptr;
  }
  triggers.clear();
  EndWhatIsOver();
  for (std::size_t index = 0; index < member_count; ++index) {
    Select(index);
    for (std::uint32_t nudge = 0; nudge < ruleset->nudges.size(); ++nudge) {
      const NudgeSpec& spec = ruleset->nudges[nudge];
      if (spec.including_existing && spec.entity == entity_index && new_nudges[nudge]) IncludeExisting(nudge);
    }
    ArmMember();
  }
  ArmShared();
  for (std::size_t index = 0; left_ && index < member_count; ++index) {
    Select(index);
    moment.next_wake = instant;
    for (std::uint32_t group = 0; HasGroupWakes() && group < entity->groups.size(); ++group) {
      GroupWake(group) = instant;
    }
  }
  Select(0);
  if (family() != nullptr) family()->wakes.clear();
  Settle(true);
}

void Step::ArmMember() {
  Call(entity->automatic);
  left_ = left_ || !entering_.empty() || IsForgettable();
  entering_.clear();
  for (const EntitySpec::ClockNudge& clock : entity->clock_nudges) {
    Arm(NextInstant(*zone, calendars, clock.schedule, moment.now - 1));
  }
  ArmReminders();
}

// Of all members: what waits, and open tasks.
void Step::ArmShared() {
  if (shared() == nullptr) return;
  const auto arm = [this](std::int64_t instant) {
    left_ = left_ || instant <= moment.now;
    StepState::ArmShared(instant);
  };
  for (const WaitingNudge& waiting : shared()->waiting) arm(waiting.until);
  for (const OpenTask& task : shared()->tasks) {
    arm(task.expires);
    if (!task.claimed && !task.ladder.empty()) arm(task.ladder.front().at);
  }
}

void Step::EndWhatIsOver() {
  if (shared() == nullptr) return;
  const auto is_over = [this](std::uint32_t condition) {
    return condition != kNoIndex && !TestBit(moment.record, condition);
  };
  std::erase_if(shared()->waiting, [&](const WaitingNudge& waiting) {
    Select(Take(waiting.part));
    return is_over(ruleset->nudges[waiting.nudge].due_condition);
  });
  for (std::size_t index = 0; index < member_count; ++index) {
    Select(index);
    if (side() != nullptr) {
      std::erase_if(side()->reminders, [&](const Reminder& reminder) {
        return is_over(ruleset->nudges[reminder.nudge].state_condition);
      });
    }
    for (std::uint32_t nudge = 0; nudge < ruleset->nudges.size(); ++nudge) {
      const NudgeSpec& spec = ruleset->nudges[nudge];
      if (spec.entity != entity_index || spec.keep_when_over) continue;
      if (is_over(spec.state_condition)) Withdraw(nudge, 0, DecisionCode::kStateEnded);
    }
  }
}

void Step::WithdrawNudge(std::uint32_t nudge, std::int64_t instant, DecisionCode reason) {
  BeginChain(instant, instant - 1);
  TakeAllParts();
  for (std::size_t index = 0; index < member_count; ++index) {
    if (members[index].entity != ruleset->nudges[nudge].entity) continue;
    Select(index);
    DropWaiting(nudge, 0);
    Withdraw(nudge, 0, reason);
  }
  Select(0);
}

}  // namespace lull::runtime
