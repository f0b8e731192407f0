// Waits of stalls, and the steps of journeys.
#include <algorithm>

#include "tests/support/reference_timeline.h"

namespace lull::test {

using dsl::StallForm;
using dsl::Transition;
using dsl::TransitionKind;

bool Timeline::Answers(const dsl::Stall& stall, const Wait& wait, const Entry& entry) const {
  const Entry& opening = history_.entries()[wait.opening];
  if (!history_.Holds(stall.awaited_where, View{now_, now_, &opening, &entry})) return false;
  if (stall.same_field.empty()) return true;
  const dsl::TypeKind kind = history_.FieldType(stall.opening, stall.same_field);
  return SameValue(kind, history_.Field(opening, stall.same_field), history_.Field(entry, stall.same_field));
}

// The deadline, with its duration as it is now; a duration below zero falls due at the end of the instant.
bool Timeline::Matured(const dsl::Stall& stall, const Wait& wait) const {
  const Entry& opening = history_.entries()[wait.opening];
  if (stall.by != dsl::kNone) {
    const Value by = history_.Read(stall.by, View{now_, clock_, &opening, nullptr});
    return by.known && clock_ >= std::max(wait.start, by.integer);
  }
  const Value due = history_.Deadline(wait.start, stall.duration, View{now_, clock_, &opening, nullptr});
  return due.known && clock_ >= std::max(due.integer, wait.start);
}

const Entry* Timeline::OpeningOf(dsl::StallId stall) const {
  const auto found = last_opening_.find(stall);
  return found == last_opening_.end() ? nullptr : &history_.entries()[found->second];
}

bool Timeline::HasEnded(const dsl::Stall& stall, const Wait& wait) const {
  return wait.overdue || Matured(stall, wait);
}

void Timeline::EndEach(dsl::StallId stall, const Wait& wait) {
  for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) {
    const dsl::Nudge& rule = program_.nudges[nudge];
    if (rule.trigger != dsl::TriggerKind::kWhileStall || rule.stall != stall) continue;
    DropWaiting(nudge, wait.serial);
    DropReminders(nudge, wait.serial);
    if (!rule.keep_when_over) Withdraw(nudge, wait.serial);
  }
}

void Timeline::UpdateWaits(const Entry& entry) {
  for (dsl::StallId id = 0; id < program_.stalls.size(); ++id) {
    const dsl::Stall& stall = program_.stalls[id];
    if (stall.entity != entity_ || stall.opening == dsl::kNone) continue;
    std::vector<Wait>& waits = waits_[id];
    const bool each = stall.form == StallForm::kAfterEach;
    if (history_.IsIn(entry.event, stall.awaited)) {
      std::erase_if(waits, [&](const Wait& wait) {
        if (!Answers(stall, wait, entry)) return false;
        if (each) EndEach(id, wait);
        return true;
      });
    }
    if (!history_.IsIn(entry.event, stall.opening)) continue;
    if (!history_.Holds(stall.opening_where, View{now_, now_, nullptr, &entry})) continue;
    if (stall.form == StallForm::kAfterFirst && !waits.empty() && !HasEnded(stall, waits.front())) continue;
    if (!each) waits.clear();
    Wait wait;
    wait.serial = next_serial_++;
    wait.opening = history_.entries().size() - 1;
    wait.start = now_;
    waits.push_back(wait);
    last_opening_[id] = wait.opening;
  }
}

bool Timeline::IsTaken(dsl::JourneyId journey, const Transition& step, const Entry* entry) const {
  if (std::ranges::count(step.from, history_.stages[journey]) == 0) return false;
  const View view{now_, clock_, nullptr, nullptr};
  const auto may_enter = [&] { return !entered_.contains({journey, step.to}); };
  const auto reached = [&](std::int64_t from) {
    const Value due = history_.Deadline(from, step.duration, view);
    return due.known && clock_ >= due.integer && may_enter();
  };
  if (step.kind == TransitionKind::kEvent) {
    if (step.sequence != dsl::kNone) return entry != nullptr && done_.contains(step.sequence);
    return entry != nullptr && history_.IsIn(entry->event, step.events) &&
           history_.Holds(step.where, View{now_, now_, entry, nullptr});
  }
  if (step.kind == TransitionKind::kTaskEnd) {
    return task_ends_.contains({step.nudge, step.task_end, hand_}) &&
           history_.Holds(step.where, View{now_, now_, entry, nullptr});
  }
  if (step.kind == TransitionKind::kWhen) return history_.Holds(step.when, view) && may_enter();
  if (by_event_) return false;
  if (step.kind == TransitionKind::kStallBegins) return began_before_.contains(step.stall) && may_enter();
  const std::int64_t entered = history_.entered[journey];
  if (step.kind == TransitionKind::kAfter) return reached(entered);
  const Value latest = history_.LatestTime(dsl::kNone);
  return reached(latest.known ? std::max(latest.integer, entered) : entered);
}

bool Timeline::MoveJourneys(bool by_event) {
  by_event_ = by_event;
  ForEach([&] { FindMoves(EntryInHand()); });
  bool moved = false;
  ForEach([&] { moved = Move() || moved; });
  return moved;
}

void Timeline::FindMoves(const Entry* entry) {
  moves_.clear();
  if (history_.entries().empty()) return;
  for (dsl::JourneyId id = 0; id < program_.journeys.size(); ++id) {
    const dsl::Journey& journey = program_.journeys[id];
    if (journey.entity != entity_) continue;
    const auto taken = [&](const Transition& step) { return IsTaken(id, step, entry); };
    const auto found = std::ranges::find_if(journey.transitions, taken);
    if (found != journey.transitions.end()) moves_.emplace_back(id, found->to);
  }
}

bool Timeline::Move() {
  for (const auto& [id, stage] : moves_) {
    history_.stages[id] = stage;
    history_.entered[id] = now_;
    history_.Enter(id, stage);
    entered_.insert({id, stage});
    for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) {
      const dsl::Nudge& rule = program_.nudges[nudge];
      const bool on =
          rule.trigger == dsl::TriggerKind::kStageEntered && rule.journey == id && rule.stage == stage;
      if (on) AddTrigger(nudge, 0);
    }
    Mark(now_);
  }
  return !moves_.empty();
}

}  // namespace lull::test
