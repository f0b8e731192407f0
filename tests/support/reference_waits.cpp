// Waits of stalls, and the steps of journeys.
#include <algorithm>

#include "tests/support/reference_timeline.h"

namespace lull::test {

using dsl::StallForm;
using dsl::Transition;
using dsl::TransitionKind;

bool Timeline::Answers(const dsl::Stall& stall, const Wait& wait, const Entry& entry) const {
  const Entry& opening = hand_->history.entries()[wait.opening];
  if (!hand_->history.Holds(stall.awaited_where, View{now_, now_, &opening, &entry})) return false;
  if (stall.same_field.empty()) return true;
  const dsl::TypeKind kind = hand_->history.FieldType(stall.opening, stall.same_field);
  return SameValue(kind, hand_->history.Field(opening, stall.same_field),
                   hand_->history.Field(entry, stall.same_field));
}

// The deadline, with its duration as it is now; a duration below zero falls due at the end of the instant.
bool Timeline::Matured(const dsl::Stall& stall, const Wait& wait) const {
  const Entry& opening = hand_->history.entries()[wait.opening];
  if (stall.by != dsl::kNone) {
    const Value by = hand_->history.Read(stall.by, View{now_, clock_, &opening, nullptr});
    return by.known && clock_ >= std::max(wait.start, by.integer);
  }
  const Value due =
      hand_->history.Deadline(wait.start, stall.duration, View{now_, clock_, &opening, nullptr});
  return due.known && clock_ >= std::max(due.integer, wait.start);
}

const Entry* Timeline::OpeningOf(dsl::StallId stall) const {
  const auto found = hand_->last_opening.find(stall);
  return found == hand_->last_opening.end() ? nullptr : &hand_->history.entries()[found->second];
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
    if (stall.entity != hand_->entity || stall.opening == dsl::kNone) continue;
    std::vector<Wait>& waits = hand_->waits[id];
    const bool each = stall.form == StallForm::kAfterEach;
    if (hand_->history.IsIn(entry.event, stall.awaited)) {
      std::erase_if(waits, [&](const Wait& wait) {
        if (!Answers(stall, wait, entry)) return false;
        if (each) EndEach(id, wait);
        return true;
      });
    }
    if (!hand_->history.IsIn(entry.event, stall.opening)) continue;
    if (!hand_->history.Holds(stall.opening_where, View{now_, now_, nullptr, &entry})) continue;
    if (stall.form == StallForm::kAfterFirst && !waits.empty() && !HasEnded(stall, waits.front())) continue;
    if (!each) waits.clear();
    Wait wait;
    wait.serial = next_serial_++;
    wait.opening = hand_->history.entries().size() - 1;
    wait.start = now_;
    waits.push_back(wait);
    hand_->last_opening[id] = wait.opening;
  }
}

bool Timeline::IsTaken(dsl::JourneyId journey, const Transition& step, const Entry* entry) const {
  if (std::ranges::count(step.from, hand_->history.stages[journey]) == 0) return false;
  const View view{now_, clock_, nullptr, nullptr};
  const auto may_enter = [&] { return !hand_->entered.contains({journey, step.to}); };
  const auto reached = [&](std::int64_t from) {
    const Value due = hand_->history.Deadline(from, step.duration, view);
    return due.known && clock_ >= due.integer && may_enter();
  };
  if (step.kind == TransitionKind::kEvent) {
    if (step.sequence != dsl::kNone) return entry != nullptr && hand_->done.contains(step.sequence);
    return entry != nullptr && hand_->history.IsIn(entry->event, step.events) &&
           hand_->history.Holds(step.where, View{now_, now_, entry, nullptr});
  }
  if (step.kind == TransitionKind::kTaskEnd) {
    return task_ends_.contains({step.nudge, step.task_end, hand_->index}) &&
           hand_->history.Holds(step.where, View{now_, now_, entry, nullptr});
  }
  if (step.kind == TransitionKind::kWhen) return hand_->history.Holds(step.when, view) && may_enter();
  if (by_event_) return false;
  if (step.kind == TransitionKind::kStallBegins)
    return hand_->began_before.contains(step.stall) && may_enter();
  const std::int64_t entered = hand_->history.entered[journey];
  if (step.kind == TransitionKind::kAfter) return reached(entered);
  const Value latest = hand_->history.LatestActivity();
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
  hand_->moves.clear();
  if (hand_->history.entries().empty()) return;
  for (dsl::JourneyId id = 0; id < program_.journeys.size(); ++id) {
    const dsl::Journey& journey = program_.journeys[id];
    if (journey.entity != hand_->entity) continue;
    const auto taken = [&](const Transition& step) { return IsTaken(id, step, entry); };
    const auto found = std::ranges::find_if(journey.transitions, taken);
    if (found != journey.transitions.end()) hand_->moves.emplace_back(id, found->to);
  }
}

bool Timeline::Move() {
  for (const auto& [id, stage] : hand_->moves) {
    hand_->history.stages[id] = stage;
    hand_->history.entered[id] = now_;
    hand_->history.Enter(id, stage);
    hand_->entered.insert({id, stage});
    for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) {
      const dsl::Nudge& rule = program_.nudges[nudge];
      const bool on =
          rule.trigger == dsl::TriggerKind::kStageEntered && rule.journey == id && rule.stage == stage;
      if (on) AddTrigger(nudge, 0);
    }
    Mark(now_);
  }
  return !hand_->moves.empty();
}

}  // namespace lull::test
