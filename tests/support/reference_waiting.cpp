// What waits although its moment is over (`valid for`), and reminders.
#include <algorithm>

#include "tests/support/reference_timeline.h"

namespace lull::test {

void Timeline::AddDueReminders() {
  for (const auto& [who, reminding] : hand_->reminding) {
    const auto& [nudge, serial] = who;
    const dsl::Nudge& rule = program_.nudges[nudge];
    if (rule.repeat_max > 0 && reminding.count >= rule.repeat_max) continue;
    if (!Find(Role::kDue, nudge).held) continue;
    const bool waits = std::ranges::any_of(waiting_, [&](const Waiting& waiting) {
      return waiting.member == hand_->index && waiting.nudge == who.first && waiting.serial == who.second;
    });
    if (waits) continue;
    const View view{now_, clock_, rule.stall == dsl::kNone ? nullptr : OpeningOf(rule.stall), nullptr};
    const Value due = hand_->history.Deadline(reminding.sent, rule.repeat_every, view);
    if (!due.known || due.integer <= reminding.sent || clock_ < due.integer) continue;
    Waiting waiting;
    waiting.member = hand_->index;
    waiting.nudge = nudge;
    waiting.serial = serial;
    waiting.is_reminder = true;
    waiting_.push_back(waiting);
  }
}

void Timeline::DropReminders(dsl::NudgeId nudge, int serial) {
  std::erase_if(hand_->reminding, [&](const auto& entry) {
    return entry.first.first == nudge && (serial == 0 || entry.first.second == serial);
  });
}

void Timeline::CountReminder(const Candidate& candidate) {
  if (program_.nudges[candidate.nudge].repeat_every == dsl::kNone) return;
  Reminding& reminding = hand_->reminding[{candidate.nudge, candidate.serial}];
  reminding.sent = now_;
  if (candidate.is_reminder) ++reminding.count;
}

void Timeline::DropReplaced(dsl::NudgeId nudge, int serial) {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    return waiting.is_trigger && waiting.member == hand_->index && waiting.nudge == nudge &&
           waiting.serial == serial;
  });
}

// An `on` nudge that was held back: it waits, or has lost its last chance.
void Timeline::LoseTrigger(const Candidate& candidate, const View& view, const std::string& hold) {
  const dsl::Nudge& nudge = program_.nudges[candidate.nudge];
  if (!candidate.waits && nudge.valid_for != dsl::kNone) {
    const Value end = hand_->history.Deadline(now_, nudge.valid_for, view);
    Waiting waiting;
    waiting.member = candidate.member;
    waiting.nudge = candidate.nudge;
    waiting.serial = candidate.serial;
    waiting.is_trigger = true;
    waiting.end = end.integer;
    for (std::size_t i = 0; i < hand_->history.entries().size(); ++i) {
      if (&hand_->history.entries()[i] == view.trigger) waiting.entry = static_cast<int>(i);
    }
    if (const auto done = hand_->done.find(nudge.sequence); done != hand_->done.end())
      waiting.steps = done->second;
    if (end.known && waiting.end > clock_) {
      waiting_.push_back(waiting);
      AddCandidate(waiting.end);
      return;
    }
  }
  if (candidate.waits) {
    if (!waiting_[candidate.waiting].is_trigger || waiting_[candidate.waiting].end > clock_) return;
    waiting_[candidate.waiting].nudge = dsl::kNone;
  }
  Say("suppressed", candidate.nudge, hold.c_str(), "", "");
}

}  // namespace lull::test
