// Conditions of the reference engine: which there are, and what happens when they open and close.
#include <algorithm>

#include "runtime/base/check.h"
#include "tests/support/reference_timeline.h"

namespace lull::test {

using dsl::StallForm;
using dsl::TriggerKind;

void Timeline::AddCondition(Role role, std::uint32_t index) {
  Condition condition;
  condition.role = role;
  condition.index = index;
  hand_->conditions.push_back(condition);
}

void Timeline::AddStallsOf(dsl::ExprId id) {
  if (id == dsl::kNone) return;
  const dsl::Expr& expr = program_.expr(id);
  if (expr.kind == dsl::ExprKind::kOfWhole) return;
  for (const dsl::ExprId argument : expr.args) AddStallsOf(argument);
  if (expr.kind == dsl::ExprKind::kStall) AddStall(expr.index);
  if (expr.kind == dsl::ExprKind::kFeature) AddStallsOf(program_.features[expr.index].value);
  if (expr.kind != dsl::ExprKind::kScore) return;
  for (const dsl::ScorePart& part : program_.scores[expr.index].parts) {
    AddStallsOf(part.points);
    AddStallsOf(part.when);
  }
}

void Timeline::AddStall(dsl::StallId id) {
  const auto is_it = [&](const Condition& condition) {
    return condition.role == Role::kStall && condition.index == id;
  };
  if (std::ranges::any_of(hand_->conditions, is_it)) return;
  const dsl::Stall& stall = program_.stalls[id];
  AddStallsOf(stall.while_condition);
  AddStallsOf(stall.unless_condition);
  AddStallsOf(stall.until_condition);
  AddStallsOf(stall.duration);
  if (stall.form == StallForm::kFor) AddCondition(Role::kDwell, id);
  AddCondition(Role::kStall, id);
}

void Timeline::ListConditions() {
  for (dsl::StallId id = 0; id < program_.stalls.size(); ++id) {
    if (program_.stalls[id].entity == hand_->entity) AddStall(id);
  }
  for (dsl::NudgeId id = 0; id < program_.nudges.size(); ++id) {
    const dsl::Nudge& nudge = program_.nudges[id];
    if (nudge.entity != hand_->entity) continue;
    if (nudge.trigger == TriggerKind::kConditionRises) AddCondition(Role::kRise, id);
    if (nudge.withdraw_when != dsl::kNone) AddCondition(Role::kWithdraw, id);
    if (nudge.trigger != TriggerKind::kWhileStall && nudge.trigger != TriggerKind::kWhileCondition) continue;
    AddCondition(Role::kState, id);
    AddCondition(Role::kDue, id);
  }
}

Timeline::Condition& Timeline::Find(Role role, std::uint32_t index) {
  const auto found = std::ranges::find_if(hand_->conditions, [&](const Condition& condition) {
    return condition.role == role && condition.index == index;
  });
  LULL_CHECK(found != hand_->conditions.end());
  return *found;
}

void Timeline::LookBefore() {
  for (Condition& condition : hand_->conditions) {
    const bool value = ValueOf(condition, true);
    condition.early = value && !condition.held;
    if (condition.held && !value) Close(condition);
  }
}

void Timeline::UpdateConditions() {
  for (Condition& condition : hand_->conditions) {
    const bool value = ValueOf(condition, false);
    condition.early = condition.early && value;
    if (value && !condition.held && !condition.early) Open(condition);
    if (!value && condition.held) Close(condition);
  }
  AddDueOfEach();
}

bool Timeline::ValueOf(const Condition& condition, bool before) {
  const View view{now_, clock_, nullptr, nullptr};
  switch (condition.role) {
    case Role::kDwell:
      return hand_->history.Holds(program_.stalls[condition.index].while_condition, view);
    case Role::kStall:
      return StallValue(condition.index, before);
    case Role::kRise:
      return hand_->history.Holds(program_.nudges[condition.index].condition, view);
    case Role::kWithdraw:
      return hand_->history.Holds(program_.nudges[condition.index].withdraw_when, view);
    case Role::kState: {
      const dsl::Nudge& nudge = program_.nudges[condition.index];
      if (nudge.trigger == TriggerKind::kWhileStall) return hand_->history.stall_held[nudge.stall];
      return hand_->history.Holds(nudge.condition, view);
    }
    case Role::kDue:
      return DueValue(condition);
  }
  return false;
}

bool Timeline::StallValue(dsl::StallId id, bool before) {
  const dsl::Stall& stall = program_.stalls[id];
  const bool begun = BegunValue(id, before);
  if (begun || stall.until_condition == dsl::kNone || !hand_->history.stall_held[id]) return begun;
  const View view{now_, clock_, OpeningOf(id), nullptr};
  const bool unless =
      stall.unless_condition != dsl::kNone && hand_->history.Holds(stall.unless_condition, view);
  return !unless && !hand_->history.Holds(stall.until_condition, view);
}

bool Timeline::GateOf(const dsl::Stall& stall, const Entry* opening) const {
  const View view{now_, clock_, opening, nullptr};
  if (stall.unless_condition != dsl::kNone && hand_->history.Holds(stall.unless_condition, view))
    return false;
  return hand_->history.Holds(stall.while_condition, view);
}

bool Timeline::BegunValue(dsl::StallId id, bool before) {
  const dsl::Stall& stall = program_.stalls[id];
  const View view{now_, clock_, nullptr, nullptr};
  const auto passed_since = [&](std::int64_t from) {
    const Value due = hand_->history.Deadline(from, stall.duration, view);
    return due.known && clock_ >= due.integer;
  };
  switch (stall.form) {
    case StallForm::kFor: {
      const Condition& dwell = Find(Role::kDwell, id);
      if (stall.unless_condition != dsl::kNone && hand_->history.Holds(stall.unless_condition, view))
        return false;
      return dwell.held && passed_since(dwell.since);
    }
    case StallForm::kQuiet:
    case StallForm::kNo: {
      const History& history = hand_->history;
      const Value latest = stall.form == StallForm::kNo ? history.LatestAbsent(id) : history.LatestActivity();
      return GateOf(stall, nullptr) && passed_since(latest.known ? latest.integer : history.first_event());
    }
    case StallForm::kAfterEach:
      return EachValue(id, before);
    default:
      break;
  }
  std::vector<Wait>& waits = hand_->waits[id];
  if (waits.empty()) return false;
  const bool overdue = HasEnded(stall, waits.front());
  if (!before) waits.front().overdue = overdue;
  return overdue && GateOf(stall, OpeningOf(id));
}

bool Timeline::EachValue(dsl::StallId id, bool before) {
  const dsl::Stall& stall = program_.stalls[id];
  const bool early = Find(Role::kStall, id).early;
  bool any = false;
  for (Wait& wait : hand_->waits[id]) {
    if (!before) wait.overdue = HasEnded(stall, wait);
    if (!wait.overdue) continue;
    const bool gate = GateOf(stall, &hand_->history.entries()[wait.opening]);
    any = any || gate;
    if (!gate) {
      // Where the condition is about the wait's own event, others may go on.
      if (wait.begun) EndEach(id, wait);
      wait.begun = false;
      wait.gone.clear();
      continue;
    }
    if (before || early || wait.begun) continue;
    wait.begun = true;
    hand_->began.insert(id);
    Mark(now_);
    for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) {
      const dsl::Nudge& rule = program_.nudges[nudge];
      const bool on = rule.trigger == TriggerKind::kStallBegins && rule.stall == id;
      if (on) AddTrigger(nudge, wait.serial);
    }
  }
  return any;
}

bool Timeline::DueValue(const Condition& condition) const {
  const dsl::Nudge& nudge = program_.nudges[condition.index];
  const View view{now_, clock_, nudge.stall == dsl::kNone ? nullptr : OpeningOf(nudge.stall), nullptr};
  const auto is_state = [&](const Condition& other) {
    return other.role == Role::kState && other.index == condition.index;
  };
  if (!std::ranges::find_if(hand_->conditions, is_state)->held) return false;
  if (!hand_->history.Holds(nudge.if_condition, view)) return false;
  if (nudge.again_after == dsl::kNone || condition.held) return true;
  const auto last = hand_->last_due.find(condition.index);
  if (last == hand_->last_due.end()) return true;
  const Value free = hand_->history.Deadline(last->second, nudge.again_after, view);
  return free.known && clock_ >= free.integer;
}

void Timeline::Open(Condition& condition) {
  condition.held = true;
  condition.since = now_;
  Mark(now_);
  switch (condition.role) {
    case Role::kDwell:
      return;
    case Role::kStall: {
      hand_->history.stall_held[condition.index] = true;
      if (program_.stalls[condition.index].form == StallForm::kAfterEach) return;
      hand_->began.insert(condition.index);
      for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) {
        const dsl::Nudge& rule = program_.nudges[nudge];
        const bool on = rule.trigger == TriggerKind::kStallBegins && rule.stall == condition.index;
        if (on) AddTrigger(nudge, 0);
      }
      return;
    }
    case Role::kRise:
      AddTrigger(condition.index, 0);
      return;
    case Role::kState:
      hand_->gone[condition.index] = false;
      return;
    case Role::kDue: {
      const dsl::Nudge& nudge = program_.nudges[condition.index];
      const bool each =
          nudge.stall != dsl::kNone && program_.stalls[nudge.stall].form == StallForm::kAfterEach;
      if (each || hand_->gone[condition.index]) return;
      hand_->last_due[condition.index] = now_;
      Waiting waiting;
      waiting.member = hand_->index;
      waiting.nudge = condition.index;
      waiting_.push_back(waiting);
      return;
    }
    case Role::kWithdraw:
      DropWaiting(condition.index, 0);
      Withdraw(condition.index, 0);
      return;
  }
}

void Timeline::Close(Condition& condition) {
  condition.held = false;
  Mark(now_);
  if (condition.role == Role::kStall) hand_->history.stall_held[condition.index] = false;
  if (condition.role == Role::kDue) DropWaiting(condition.index, 0);
  if (condition.role != Role::kState) return;
  hand_->gone[condition.index] = false;
  DropWaiting(condition.index, 0);
  DropReminders(condition.index, 0);
  if (!program_.nudges[condition.index].keep_when_over) Withdraw(condition.index, 0);
}

void Timeline::DropWaiting(dsl::NudgeId nudge, int serial) {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    return waiting.member == hand_->index && waiting.nudge == nudge &&
           (serial == 0 || waiting.serial == serial);
  });
}

void Timeline::Withdraw(dsl::NudgeId nudge, int serial, const char* what) {
  std::erase_if(tasks_, [&](const Task& task) {
    if (task.member != hand_->index || task.nudge != nudge || (serial != 0 && task.serial != serial))
      return false;
    Say(task.held_out ? "withdrawn, held out" : what, nudge, "", task.unit, "");
    return true;
  });
}

// `while` an `after each` stall: every wait that has begun waits on its own.
void Timeline::AddDueOfEach() {
  for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) {
    const dsl::Nudge& rule = program_.nudges[nudge];
    if (rule.entity != hand_->entity || rule.trigger != TriggerKind::kWhileStall) continue;
    if (program_.stalls[rule.stall].form != StallForm::kAfterEach || !Find(Role::kDue, nudge).held) continue;
    for (const Wait& wait : hand_->waits[rule.stall]) {
      if (!wait.begun || wait.gone.contains(nudge)) continue;
      const auto is_it = [&](const Waiting& other) {
        return other.member == hand_->index && other.nudge == nudge && other.serial == wait.serial;
      };
      if (std::ranges::any_of(waiting_, is_it)) continue;
      hand_->last_due[nudge] = now_;
      Waiting waiting;
      waiting.member = hand_->index;
      waiting.nudge = nudge;
      waiting.serial = wait.serial;
      waiting_.push_back(waiting);
    }
  }
}

}  // namespace lull::test
