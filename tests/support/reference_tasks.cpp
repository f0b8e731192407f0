// The life of a task, and experiments, in the reference engine.
#include <algorithm>

#include "runtime/base/time.h"
#include "tests/support/reference_timeline.h"

namespace lull::test {

// The id is the first field of a step.
Timeline::Task* Timeline::FindTask(const LogEvent& event) {
  const auto found = std::ranges::find(tasks_, event.fields.front().text, &Task::id);
  return found == tasks_.end() ? nullptr : &*found;
}

void Timeline::EndTask(const char* what, std::size_t index) {
  const Task task = tasks_[index];
  Select(task.member);
  tasks_.erase(tasks_.begin() + static_cast<std::ptrdiff_t>(index));
  Say((std::string(what) + (task.held_out ? ", held out" : "")).c_str(), task.nudge, "", task.unit, "");
  Mark(now_);
}

void Timeline::ApplyTaskStep(const LogEvent& event) {
  Task* task = FindTask(event);
  if (task == nullptr) return;
  const dsl::TaskStep step = program_.events[event.event].task_step;
  if (step == dsl::TaskStep::kClaimed || step == dsl::TaskStep::kReleased) {
    task->claimed = step == dsl::TaskStep::kClaimed;
    Mark(now_);
    return;
  }
  const bool done = step == dsl::TaskStep::kDone;
  task_ends_.insert({task->nudge, done ? dsl::TaskEnd::kDone : dsl::TaskEnd::kDeclined, task->member});
  EndTask(done ? "done" : "declined", static_cast<std::size_t>(task - tasks_.data()));
}

void Timeline::AgeTasks() {
  for (std::size_t index = 0; index < tasks_.size();) {
    Task& task = tasks_[index];
    if (task.expires <= now_) {
      task_ends_.insert({task.nudge, dsl::TaskEnd::kExpired, task.member});
      EndTask("expired", index);
      continue;
    }
    while (!task.claimed && !task.ladder.empty() && task.ladder.front().at <= now_) {
      Select(task.member);
      task.unit = task.ladder.front().unit;
      task.ladder.erase(task.ladder.begin());
      Say(task.held_out ? "escalated, held out" : "escalated", task.nudge, "", task.unit, "");
    }
    ++index;
  }
  Select(0);
}

// Of what is due at once or in the past, the next deadline moment.
std::int64_t Timeline::TaskDeadline(dsl::ExprId id, const View& view) {
  const bool is_time = program_.expr(id).type.kind == dsl::TypeKind::kTime;
  const Value value = is_time ? hand_->history.Read(id, view) : hand_->history.Deadline(now_, id, view);
  if (!value.known) return kNever;
  const std::int64_t instant = std::max(value.integer, clock_ + 1);
  AddCandidate(instant);
  return instant;
}

std::string Timeline::RouteText(const dsl::Route& route, const View& view) const {
  const std::string& unit = program_.units[route.unit].name;
  const Value key = route.key == dsl::kNone ? Value{} : hand_->history.Read(route.key, view);
  if (!key.known) return unit;
  const dsl::Type type = program_.expr(route.key).type;
  if (type.kind != dsl::TypeKind::kChoice) return unit + " / " + Show(type.kind, key);
  return unit + " / " + program_.choices[type.of].values[static_cast<std::size_t>(key.integer)];
}

void Timeline::OpenTask(const Candidate& candidate, const View& view, bool held_out) {
  const dsl::Nudge& nudge = program_.nudges[candidate.nudge];
  Task task;
  task.member = candidate.member;
  task.nudge = candidate.nudge;
  task.serial = candidate.serial;
  task.held_out = held_out;
  task.unit = candidate.unit_text;
  task.expires = nudge.expires_after == dsl::kNone ? kNever : TaskDeadline(nudge.expires_after, view);
  if (task.expires == kNever) task.expires = now_ + kTaskLifeMicros;
  AddCandidate(task.expires);
  const std::int64_t due = nudge.due == dsl::kNone ? kNever : TaskDeadline(nudge.due, view);
  for (const dsl::Rung& rung : nudge.ladder) {
    const std::int64_t at = rung.after == dsl::kNone ? due : TaskDeadline(rung.after, view);
    if (at != kNever) task.ladder.push_back({at, RouteText(rung.to, view)});
  }
  if (id_of_task_) {
    task.id = id_of_task_({.nudge = nudge.name,
                           .entity = program_.entities[hand_->entity].name,
                           .key = hand_->key,
                           .is_part = hand_->index != 0,
                           .whole = hand_->index == 0 ? std::string() : members_.front().key,
                           .instant = now_,
                           .n = moments_,
                           .k = static_cast<std::uint32_t>(candidate.number)});
  }
  tasks_.push_back(std::move(task));
}

void Timeline::DealArms() {
  hand_->history.arms.clear();
  const std::string key = hand_->index == 0 ? hand_->key : PartKey(members_.front().key, hand_->key);
  for (const dsl::Experiment& experiment : program_.experiments) {
    const bool is_its = experiment.entity == hand_->entity && arm_of_;
    hand_->history.arms.push_back(is_its ? arm_of_(experiment, key) : 0);
  }
}

// A part may read the arm of its whole.
std::uint32_t Timeline::ArmIn(dsl::ExperimentId id) const {
  const bool is_its = program_.experiments[id].entity == hand_->entity;
  return is_its ? hand_->history.arms[id] : hand_->history.whole->arms[id];
}

void Timeline::Expose(const dsl::Nudge& nudge) {
  for (const dsl::ExperimentId id : nudge.experiments) {
    exposed_.try_emplace({id, program_.experiments[id].entity == hand_->entity ? hand_->index : 0}, now_);
  }
}

std::string Timeline::ArmsText(const dsl::Nudge& nudge) const {
  std::string text;
  for (const dsl::ExperimentId id : nudge.experiments) {
    text += (text.empty() ? "" : ", ") + program_.experiments[id].arms[ArmIn(id)].name;
  }
  return text;
}

bool Timeline::IsInHeldOutArm(const dsl::Nudge& nudge) const {
  return std::ranges::any_of(nudge.experiments, [&](dsl::ExperimentId id) {
    return program_.experiments[id].arms[ArmIn(id)].held_out;
  });
}

void Timeline::ReachGoals(const Entry& entry) {
  for (dsl::ExperimentId id = 0; id < program_.experiments.size(); ++id) {
    const dsl::Experiment& experiment = program_.experiments[id];
    if (experiment.entity != hand_->entity || experiment.goal == dsl::kNone) continue;
    const auto exposed = exposed_.find({id, hand_->index});
    if (exposed == exposed_.end() || reached_.contains({id, hand_->index})) continue;
    if (!hand_->history.IsIn(entry.event, experiment.goal)) continue;
    if (!hand_->history.Holds(experiment.goal_where, View{now_, now_, &entry, nullptr})) continue;
    if (now_ > exposed->second + experiment.goal_micros) continue;
    reached_.insert({id, hand_->index});
    outcomes_.push_back({.entity = hand_->entity,
                         .key = hand_->index == 0 ? hand_->key : PartKey(members_.front().key, hand_->key),
                         .instant = now_,
                         .what = "goal",
                         .nudge = experiment.name,
                         .why = experiment.arms[hand_->history.arms[id]].name,
                         .unit = {},
                         .worth = {}});
  }
}

}  // namespace lull::test
