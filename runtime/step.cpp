#include "runtime/step.h"

#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/scratch_arena.h"

namespace lull::runtime {

Step::Step(TextPool& pool, ScratchArena& arena, DecisionSink& sink)
    : writer_(static_cast<StepState&>(*this), sink), arbiter_(static_cast<StepState&>(*this), writer_) {
  texts = &pool;
  scratch = &arena;
}

void Step::SetProgram(const Ruleset& new_ruleset, const CodeTable& new_code, const RulePlan& new_plan,
                      const Zone& zone) {
  ruleset = &new_ruleset;
  code = &new_code;
  plan = &new_plan;
  format.ruleset = &new_ruleset;
  format.zone = zone;
  std::size_t words = 1;
  for (const EntityPlan& entity_plan : new_plan.entities)
    words = std::max(words, entity_plan.condition_words);
  early_.assign(words, 0);
  early_set_ = false;
  out.assign(new_plan.out_count, FieldValue{});
  captured_fields.assign(new_ruleset.frame_slot_count, FieldValue{});
  counters.nudges.assign(new_ruleset.nudges.size(), {});
  counters.units.assign(new_ruleset.units.size(), 0);
  arbiter_.Reset();
}

void Step::Bind(std::uint32_t index, std::byte* record, std::string_view entity_key, LogPosition at) {
  entity = &ruleset->entities[index];
  entity_index = index;
  entity_plan_ = &plan->entities[index];
  format.entity = entity;
  key = entity_key;
  position = at;
  moment.record = record;
  moment.context = this;
  moment.early = early_.data();
  moment.out = out.data();
}

void Step::ClearEarly() {
  if (!early_set_) return;
  std::fill(early_.begin(), early_.end(), 0);
  early_set_ = false;
}

void Step::BeginChain(std::int64_t instant, std::int64_t age_instant) {
  ClearEarly();
  moment.now = instant;
  moment.age_now = age_instant;
  moment.event_time = instant;
  moment.next_wake = kNever;
  moment.fields = nullptr;
  event_fields = nullptr;
  event_time = instant;
  moment.same = {};
  entered_stages_.clear();
  began_before_.clear();
  BeginMoment();
}

void Step::BeginMoment() {
  changed_ = false;
  entered_ = false;
  each_due_ = false;
  began_.clear();
  n = header().instant == moment.now ? header().moment_count : 0;
}

void Step::EndMoment() {
  header().instant = moment.now;
  header().moment_count = n + 1;
  ++counters.moments;
}

void Step::DecideMoment() {
  if (each_due_) AddDueEach();
  if (MustArbitrate()) arbiter_.Run();
  if (each_over_) SweepEach();
  EndMoment();
}

bool Step::MustArbitrate() {
  // A wake-up may be early: a deadline moment in which nothing has happened is no chance for what waits, or
  // the outcome would depend on how deadlines are bracketed.
  const bool by_event = moment.age_now < moment.now;
  if (by_event || changed_ || entered_ || each_due_ || !triggers.empty()) return true;
  if (side() == nullptr) return false;
  bool must = false;
  for (const WaitingNudge& waiting : side()->waiting) {
    must = must || waiting.until <= moment.now;
    if (waiting.until != kNever) Arm(waiting.until);
  }
  return must;
}

void Step::BeginRecord(std::int64_t instant) {
  header().first_event = instant;
  for (const JourneySpec& journey : entity->journeys) SlotI64(journey.entered_offset) = instant;
}

void Step::ApplyEvent(const EventFrame& frame, std::int64_t instant) {
  BeginChain(instant, instant - 1);
  moment.event_time = frame.time.micros;
  const bool first = header().first_event == kUnknown;
  if (first) BeginRecord(instant);
  moment.fields = frame.fields;
  event_fields = frame.fields;
  event_time = frame.time.micros;
  if (header().wake == instant && entity->before != kNoFunction) {
    early_set_ = true;
    Call(entity->before);
  }
  const EntitySpec::EventFunctions& functions = entity->events[frame.event];
  Call(functions.update);
  Call(first ? entity->all_conditions : functions.conditions);
  Call(functions.nudges);
  header().reserved = static_cast<std::uint64_t>(instant);
  DecideMoment();
  // A new stage sets its deadlines when `automatic` sees it; so does one whose deadline may have moved.
  FollowUp(first || entity->has_computed_deadlines);
  if (entity->forget_after_micros > 0) Arm(instant + entity->forget_after_micros);
  header().wake = std::min(header().wake, moment.next_wake);
}

void Step::FollowUp(bool arms) {
  while (entity->automatic != kNoFunction) {
    if (!arms && !entered_ && !(changed_ && entity->has_follow_ups)) return;
    arms = false;
    std::swap(began_before_, began_);
    BeginMoment();
    if (code->functions[entity->automatic](&moment) == 0) return;
    Call(entity->all_conditions);
    DecideMoment();
  }
}

Step::Fate Step::RunDeadlines(std::int64_t before) {
  while (header().wake < before) {
    if (DeadlineMoment(header().wake) == Fate::kForgotten) return Fate::kForgotten;
  }
  return Fate::kAlive;
}

Step::Fate Step::DeadlineMoment(std::int64_t instant) {
  BeginChain(instant, instant);
  ExpireTasks();
  Call(entity->automatic);
  Call(entity->all_conditions);
  DecideMoment();
  FollowUp(false);
  if (IsForgettable()) {
    if (EntitySide* ended = side(); ended != nullptr) {
      for (const OpenTask& task : ended->tasks) {
        writer_.End(DecisionKind::kWithdrawn, DecisionCode::kForgotten, task);
      }
    }
    return Fate::kForgotten;
  }
  LULL_CHECK(moment.next_wake > instant);
  header().wake = moment.next_wake;
  return Fate::kAlive;
}

void Step::ExpireTasks() {
  EntitySide* with_tasks = side();
  if (with_tasks == nullptr || with_tasks->tasks.empty()) return;
  std::erase_if(with_tasks->tasks, [this](const OpenTask& task) {
    if (task.expires > moment.now) {
      Arm(task.expires);
      return false;
    }
    writer_.End(DecisionKind::kExpired, DecisionCode::kTimeOver, task);
    texts->Release(task.unit_key);
    changed_ = true;
    return true;
  });
}

bool Step::IsForgettable() {
  if (entity->forget_after_micros <= 0) return false;
  std::int64_t latest = LatestEvent(header());
  if (entity->activity_offset != kNoOffset) {
    latest = SlotI64(entity->activity_offset);
    if (latest == kUnknown) latest = header().first_event;
  }
  const std::int64_t due = latest + entity->forget_after_micros;
  if (due <= moment.now) return true;
  Arm(due);
  return false;
}

void Step::HoldExisting(std::int64_t instant, const std::vector<std::uint64_t>& carried) {
  BeginChain(instant, instant - 1);
  carried_ = &carried;
  for (const JourneySpec& journey : entity->journeys) {
    if (SlotI64(journey.entered_offset) == kUnknown) SlotI64(journey.entered_offset) = instant;
  }
  Call(entity->all_conditions);
  carried_ = nullptr;
  triggers.clear();
  EndWhatIsOver();
  header().wake = instant;
}

void Step::EndWhatIsOver() {
  if (side() == nullptr) return;
  const auto is_over = [this](std::uint32_t condition) {
    return condition != kNoIndex && !TestBit(moment.record, condition);
  };
  std::erase_if(side()->waiting, [&](const WaitingNudge& waiting) {
    return is_over(ruleset->nudges[waiting.nudge].due_condition);
  });
  for (std::uint32_t nudge = 0; nudge < ruleset->nudges.size(); ++nudge) {
    if (ruleset->nudges[nudge].entity != entity_index) continue;
    if (is_over(ruleset->nudges[nudge].state_condition)) Withdraw(nudge, 0, DecisionCode::kStateEnded);
  }
}

void Step::WithdrawNudge(std::uint32_t nudge, std::int64_t instant, DecisionCode reason) {
  BeginChain(instant, instant - 1);
  DropWaiting(nudge, 0);
  Withdraw(nudge, 0, reason);
}

}  // namespace lull::runtime
