#include "tests/support/reference_timeline.h"

#include <algorithm>

#include "runtime/base/time.h"

namespace lull::test {
namespace {


}  // namespace

Timeline::Timeline(const dsl::CheckedProgram& program, dsl::EntityId entity, std::string key,
                   const Zone& zone, const HoldsOut& holds_out, std::vector<Outcome>& outcomes)
    : program_(program),
      entity_(entity),
      key_(std::move(key)),
      zone_(zone),
      holds_out_(holds_out),
      outcomes_(outcomes),
      history_(program, entity) {
  for (const dsl::Expr& expr : program.exprs) {
    const bool is_duration =
        expr.kind == dsl::ExprKind::kLiteral && expr.type.kind == dsl::TypeKind::kDuration;
    if (is_duration) AddDuration(expr.integer);
  }
  for (const dsl::Aggregate& aggregate : program.aggregates) AddDuration(aggregate.last_micros);
  for (const dsl::Policy& policy : program.policies) {
    for (const dsl::Limit& limit : policy.limits) AddDuration(limit.rolling_micros);
  }
  AddDuration(kTaskLifeMicros);
  AddDuration(program.entities[entity].forget_after_micros);
  ListConditions();
}

void Timeline::Reset() {
  history_ = History(program_, entity_);
  for (Condition& condition : conditions_) condition.held = condition.early = false;
  waits_.clear();
  gone_.clear();
  last_due_.clear();
  waiting_.clear();
  tasks_.clear();
  sent_.clear();
  candidates_.clear();
  marks_.clear();
}

void Timeline::AddCandidate(std::int64_t instant) {
  if (instant > clock_) candidates_.insert(instant);
}

void Timeline::Mark(std::int64_t instant) {
  if (!marks_.insert(instant).second) return;
  AddCandidate(instant);
  for (const std::int64_t micros : durations_) {
    AddCandidate(instant + micros);
    AddCandidate(instant + micros + 1);
  }
}

void Timeline::AddDuration(std::int64_t micros) {
  if (!durations_.insert(micros).second) return;
  for (const std::int64_t instant : marks_) {
    AddCandidate(instant + micros);
    AddCandidate(instant + micros + 1);
  }
}

// Whether an expression is a duration that only attributes of the entity change.
bool Timeline::IsOfAttributes(dsl::ExprId id) const {
  const dsl::Expr& expr = program_.expr(id);
  if (expr.kind == dsl::ExprKind::kAttribute) return program_.attributes[expr.index].entity == entity_;
  if (expr.args.empty()) return expr.kind == dsl::ExprKind::kLiteral;
  return std::ranges::all_of(expr.args, [&](dsl::ExprId argument) { return IsOfAttributes(argument); });
}

// Durations as they are now.
void Timeline::LearnDurations() {
  const View view{now_, clock_, nullptr, nullptr};
  for (dsl::ExprId id = 0; id < program_.exprs.size(); ++id) {
    const dsl::Expr& expr = program_.exprs[id];
    if (expr.type.kind != dsl::TypeKind::kDuration || !IsOfAttributes(id)) continue;
    if (const Value value = history_.Read(id, view); value.known)
      AddDuration(std::max<std::int64_t>(value.integer, 0));
  }
}

void Timeline::Apply(const LogEvent& event) {
  RunDeadlines(event.time);
  now_ = event.time;
  clock_ = now_ - 1;
  began_.clear();
  entered_.clear();
  const bool first = history_.entries().empty();
  if (first) {
    for (Condition& condition : conditions_) condition.early = false;
  } else {
    LookBefore();
  }
  Entry entry;
  entry.event = event.event;
  entry.time = event.time;
  entry.fields = event.fields;
  history_.Apply(entry);
  if (first) std::ranges::fill(history_.entered, now_);
  UpdateWaits(history_.entries().back());
  MoveJourneys(&history_.entries().back());
  UpdateConditions();
  Arbitrate(&history_.entries().back());
  FollowUps();
  LearnDurations();
  Mark(now_);
}

void Timeline::FollowUps() {
  for (;;) {
    began_before_ = std::exchange(began_, {});
    if (!MoveJourneys(nullptr)) return;
    UpdateConditions();
    Arbitrate(nullptr);
  }
}

void Timeline::RunDeadlines(std::int64_t before) {
  while (!candidates_.empty() && *candidates_.begin() < before) {
    const std::int64_t instant = *candidates_.begin();
    candidates_.erase(candidates_.begin());
    DeadlineMoment(instant);
  }
}

void Timeline::DeadlineMoment(std::int64_t instant) {
  now_ = clock_ = instant;
  began_.clear();
  began_before_.clear();
  entered_.clear();
  for (Condition& condition : conditions_) condition.early = false;
  for (const Task& task : std::vector<Task>(tasks_)) {
    if (task.expires <= now_)
      Say(task.held_out ? "expired, held out" : "expired", task.nudge, "", task.unit, "");
  }
  std::erase_if(tasks_, [&](const Task& task) { return task.expires <= now_; });
  MoveJourneys(nullptr);
  UpdateConditions();
  Arbitrate(nullptr);
  FollowUps();
  if (!MayForget()) return;
  for (dsl::NudgeId nudge = 0; nudge < program_.nudges.size(); ++nudge) Withdraw(nudge, 0);
  Reset();
}

bool Timeline::MayForget() const {
  const std::int64_t quiet = program_.entities[entity_].forget_after_micros;
  if (quiet <= 0) return false;
  const Value latest = history_.LatestTime(dsl::kNone);
  return (latest.known ? latest.integer : history_.first_event()) + quiet <= now_;
}

std::string Show(const Outcome& outcome) {
  std::string text = std::to_string(outcome.instant) + " " + std::to_string(outcome.entity) + " " +
                     outcome.key + ": " + outcome.nudge + " " + outcome.what;
  if (!outcome.why.empty()) text += ": " + outcome.why;
  if (!outcome.unit.empty()) text += ", to " + outcome.unit;
  if (!outcome.worth.empty()) text += ", worth " + outcome.worth;
  return text;
}

std::vector<Outcome> RunReference(const dsl::CheckedProgram& program, const std::vector<LogEvent>& log,
                                  const HoldsOut& holds_out) {
  const Result<Zone> zone = Zone::Find(program.header.zone);
  std::vector<Outcome> outcomes;
  std::map<std::pair<dsl::EntityId, std::string>, Timeline> timelines;
  std::int64_t end = kEventMicrosMin;
  for (const LogEvent& event : log) {
    const auto& entities = program.events[event.event].entities;
    for (std::size_t place = 0; place < entities.size(); ++place) {
      const bool only_one = program.entities[entities[place]].key.empty();
      if (!only_one && !event.keys[place]) continue;
      const std::string key = only_one ? std::string() : *event.keys[place];
      const auto [found, made] = timelines.try_emplace({entities[place], key}, program, entities[place], key,
                                                       zone.value_or(Zone::Utc()), holds_out, outcomes);
      found->second.Apply(event);
      end = std::max(end, event.time);
    }
  }
  for (auto& [who, timeline] : timelines) timeline.Finish(end);
  std::ranges::sort(outcomes);
  return outcomes;
}

}  // namespace lull::test
