// Nudges that wait although their moment is over (`valid for`), and reminders.
#include <algorithm>

#include "runtime/arbitration.h"

namespace lull::runtime {
namespace {

/// Bounds what waits of one nudge: triggers of `after each` stalls wait beside each other.
constexpr std::ptrdiff_t kWaitingOfNudgeMax = 1'024;

}  // namespace

Hold Arbiter::JudgeIf(const Candidate& candidate) {
  if (candidate.waiting == kNoIndex || !state_.shared()->waiting[candidate.waiting].is_trigger()) return {};
  const FunctionId condition = state_.ruleset->nudges[candidate.nudge].retry_if;
  Hold hold{.code = DecisionCode::kIf};
  if (condition == kNoFunction || HoldsUntil(condition, hold.until)) return {};
  return hold;
}

void Arbiter::DropReplaced(const Trigger& trigger) {
  if (state_.shared() == nullptr) return;
  std::erase_if(state_.shared()->waiting, [&](const WaitingNudge& waiting) {
    return waiting.is_trigger() && waiting.nudge == trigger.nudge && waiting.part == state_.part() &&
           waiting.serial == trigger.serial;
  });
}

bool Arbiter::StartsToWait(Candidate& candidate) {
  const FunctionId valid_for = state_.ruleset->nudges[candidate.nudge].valid_for;
  if (valid_for == kNoFunction) return false;
  const std::int64_t end = state_.DeadlineOf(valid_for, state_.moment.now);
  if (end == kNever || end <= state_.moment.age_now) return false;
  EntitySide& side = SideOf(HeaderOf(state_.whole));
  const auto others = std::ranges::count(side.waiting, candidate.nudge, &WaitingNudge::nudge);
  if (others >= kWaitingOfNudgeMax) return false;
  WaitingNudge waiting{
      .nudge = candidate.nudge, .part = state_.part(), .serial = candidate.serial, .end = end};
  waiting.event = state_.KeepEvent(candidate.nudge);
  candidate.waiting = static_cast<std::uint32_t>(side.waiting.size());
  side.waiting.push_back(std::move(waiting));
  return true;
}

std::uint32_t Arbiter::CountReminder(const Candidate& candidate) {
  std::vector<Reminder>& reminders = SideOf(state_.header()).reminders;
  auto found = std::ranges::find_if(reminders, [&](const Reminder& reminder) {
    return reminder.nudge == candidate.nudge && reminder.serial == candidate.serial;
  });
  if (found == reminders.end()) {
    found = reminders.insert(found, {.nudge = candidate.nudge, .serial = candidate.serial});
  }
  if (candidate.is_reminder) ++found->count;
  found->sent = state_.moment.now;
  const NudgeSpec& nudge = state_.ruleset->nudges[candidate.nudge];
  const bool last = nudge.repeat_max > 0 && found->count >= nudge.repeat_max;
  const std::int64_t next = state_.DeadlineOf(nudge.repeat_every, found->sent);
  if (!last && next > found->sent) state_.Arm(next);
  return found->count;
}

}  // namespace lull::runtime
