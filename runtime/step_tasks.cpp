// The life of a task that went out: what its people say of it, when it expires, and to whom it goes next.
#include <algorithm>
#include <utility>

#include "runtime/step.h"
#include "runtime/task_steps.h"

namespace lull::runtime {

OpenTask* Step::FindTask(const EventFrame& frame) {
  if (shared() == nullptr) return nullptr;
  const std::vector<FieldSchema>& fields = ruleset->events[frame.event].fields;
  const TextView name = frame.fields[fields[kTaskField].slot].text;
  const auto id = DecisionId::FromHex(name.known() ? name.view() : std::string_view());
  if (!id) return nullptr;
  const auto found = std::ranges::find(shared()->tasks, *id, &OpenTask::id);
  return found == shared()->tasks.end() ? nullptr : &*found;
}

void Step::ApplyTaskStep(TaskStepKind kind, const EventFrame& frame) {
  OpenTask* task = FindTask(frame);
  // It may have been withdrawn just before.
  if (task == nullptr) {
    ++counters.steps_unknown;
    return;
  }
  if (kind == TaskStepKind::kClaimed || kind == TaskStepKind::kReleased) {
    task->claimed = kind == TaskStepKind::kClaimed;
    if (!task->claimed && !task->ladder.empty()) ArmShared(std::max(task->ladder.front().at, moment.now));
    return;
  }
  Select(Take(task->part));
  const std::vector<FieldSchema>& fields = ruleset->events[frame.event].fields;
  step_outcome = frame.fields[fields[kOutcomeField].slot].text;
  EndTask(kind == TaskStepKind::kDone ? DecisionKind::kDone : DecisionKind::kDeclined, *task, step_outcome,
          frame.fields[fields[kByField].slot].text);
  shared()->tasks.erase(shared()->tasks.begin() + (task - shared()->tasks.data()));
}

void Step::EndTask(DecisionKind kind, OpenTask& task, TextView outcome, TextView by) {
  const DecisionCode reason = kind == DecisionKind::kExpired ? DecisionCode::kTimeOver : DecisionCode::kStep;
  writer_.End(kind, reason, task, outcome, by);
  ReleaseTask(task, *texts);
  task_ends.push_back({task.nudge, task.part, kind});
  Stir();
}

void Step::AgeTasks() {
  if (shared() == nullptr) return;
  std::erase_if(shared()->tasks, [this](OpenTask& task) {
    if (task.expires <= moment.now) {
      // Its journeys look at it.
      Select(Take(task.part));
      members[hand].due = true;
      EndTask(DecisionKind::kExpired, task, {}, {});
      return true;
    }
    ArmShared(task.expires);
    if (!task.claimed) Escalate(task);
    return false;
  });
  Select(0);
}

void Step::Escalate(OpenTask& task) {
  while (!task.ladder.empty() && task.ladder.front().at <= moment.now) {
    const OpenRung rung = task.ladder.front();
    Select(Take(task.part));
    task.ladder.erase(task.ladder.begin());
    const std::uint32_t from_unit = std::exchange(task.unit, rung.unit);
    const std::uint32_t from_key = std::exchange(task.unit_key, rung.unit_key);
    ++task.rungs_taken;
    writer_.Escalate(task, from_unit, texts->View(from_key));
    texts->Release(from_key);
    Stir();
  }
  if (!task.ladder.empty()) ArmShared(task.ladder.front().at);
}

bool Step::TaskEnded(std::uint32_t nudge, DecisionKind kind) const {
  return std::ranges::any_of(task_ends, [&](const TaskEnd& end) {
    return end.nudge == nudge && end.part == part() && end.kind == kind;
  });
}

std::int64_t Step::OutcomeOf(std::uint32_t nudge) const {
  if (!step_outcome.known()) return kUnknown;
  const std::vector<std::string>& outcomes = ruleset->nudges[nudge].outcomes;
  const auto found = std::ranges::find(outcomes, step_outcome.view());
  return found == outcomes.end() ? kUnknown : found - outcomes.begin();
}

}  // namespace lull::runtime
