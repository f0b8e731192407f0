#include "runtime/step.h"

#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/scratch_arena.h"

namespace lull::runtime {

Step::Step(TextPool& pool, ScratchArena& arena, PartStores& part_stores, DecisionSink& sink)
    : writer_(static_cast<StepState&>(*this), sink), arbiter_(static_cast<StepState&>(*this), writer_) {
  texts = &pool;
  scratch = &arena;
  parts = &part_stores;
}

void Step::SetProgram(const Ruleset& new_ruleset, const CodeTable& new_code, const RulePlan& new_plan,
                      const Zone& new_zone) {
  ruleset = &new_ruleset;
  code = &new_code;
  plan = &new_plan;
  format.ruleset = &new_ruleset;
  format.zone = new_zone;
  zone = &format.zone;
  zones.Reset(new_zone);
  calendars.clear();
  for (const CalendarSpec& spec : new_ruleset.calendars) {
    Result<Calendar> calendar = Calendar::Make(spec);
    LULL_CHECK(calendar.has_value());  // RulePlan::Make has seen them
    calendars.push_back(*std::move(calendar));
  }
  std::size_t words = 1;
  for (const EntityPlan& entity_plan : new_plan.entities)
    words = std::max(words, entity_plan.condition_words);
  members.clear();
  members.emplace_back().early.assign(words, 0);
  member_count = 1;
  hand = 0;
  out.assign(new_plan.out_count, FieldValue{});
  captured_fields.assign(new_ruleset.frame_slot_count + new_ruleset.before_slot_count, FieldValue{});
  fields_and_before_.assign(new_ruleset.frame_slot_count + new_ruleset.before_slot_count, FieldValue{});
  counters.nudges.assign(new_ruleset.nudges.size(), {});
  counters.units.assign(new_ruleset.units.size(), 0);
  counters.experiments.clear();
  for (const ExperimentSpec& experiment : new_ruleset.experiments) {
    counters.experiments.emplace_back(experiment.arms.size());
  }
  arbiter_.Reset();
}

void Step::Bind(std::uint32_t index, std::byte* record, std::string_view entity_key, LogPosition at) {
  entity = &ruleset->entities[index];
  entity_index = index;
  format.entity = entity;
  key = entity_key;
  position = at;
  whole = record;
  members[0].entity = index;
  members[0].record = record;
  members[0].key = entity_key;
  member_count = 1;
  hand = 0;
  moment.record = record;
  moment.context = this;
  moment.early = members[0].early.data();
  moment.out = out.data();
}

void Step::BeginChain(std::int64_t instant, std::int64_t age_instant) {
  Select(0);
  member_count = 1;
  ClearMember(members[0]);
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
  followed_ = false;
  began_.clear();
  task_ends.clear();
  for (std::size_t index = 0; index < member_count; ++index) {
    Member& member = members[index];
    member.look = member.follows = member.changed = member.entered = member.moved = false;
    member.each_due = false;
  }
  const RecordHeader& of_whole = HeaderOf(whole);
  n = of_whole.instant == moment.now ? of_whole.moment_count : 0;
}

void Step::EndMoment() {
  HeaderOf(whole).instant = moment.now;
  HeaderOf(whole).moment_count = n + 1;
  ++counters.moments;
}

void Step::DecideMoment() {
  for (std::size_t index = 0; each_due_ && index < member_count; ++index) {
    if (!members[index].each_due) continue;
    Select(index);
    AddDueEach();
  }
  for (std::size_t index = 0; index < member_count; ++index) {
    // A part that was forgotten in this chain has no record any more.
    if (members[index].record == nullptr) continue;
    const EntitySide* own = HeaderOf(members[index].record).side;
    if (own == nullptr || own->reminders.empty()) continue;
    Select(index);
    AddDueReminders();
  }
  Select(0);
  if (MustArbitrate()) arbiter_.Run();
  for (std::size_t index = 0; each_over_ && index < member_count; ++index) {
    if (!members[index].each_over) continue;
    Select(index);
    SweepEach();
  }
  each_over_ = false;
  Select(0);
  EndMoment();
}

bool Step::MustArbitrate() {
  // A wake-up may be early: a deadline moment in which nothing has happened is no chance for what waits, or
  // the outcome would depend on how deadlines are bracketed.
  const bool by_event = moment.age_now < moment.now;
  if (by_event || changed_ || entered_ || each_due_ || !triggers.empty()) return true;
  if (shared() == nullptr) return false;
  bool must = false;
  for (const WaitingNudge& waiting : shared()->waiting) {
    must = must || waiting.until <= moment.now;
    if (waiting.until != kNever) Arm(waiting.until);
  }
  return must;
}

void Step::BeginRecord(std::int64_t instant) {
  header().first_event = instant;
  for (const JourneySpec& journey : entity->journeys) SlotI64(journey.entered_offset) = instant;
  for (const EntitySpec::ClockNudge& clock : entity->clock_nudges) {
    Arm(NextInstant(*zone, calendars, clock.schedule, instant - 1));
  }
}

void Step::ApplyEvent(const EventFrame& frame, std::int64_t instant) {
  const TaskStepKind step = ruleset->events[frame.event].task_step;
  const OpenTask* task = step == TaskStepKind::kNone ? nullptr : FindTask(frame);
  // What is said of a task that is no longer open is no moment: the two crossed on their way.
  if (step != TaskStepKind::kNone && task == nullptr) {
    ++counters.steps_unknown;
    return;
  }
  const std::uint32_t task_part = task == nullptr ? 0 : task->part;
  BeginChain(instant, instant - 1);
  moment.event_time = frame.time.micros;
  moment.fields = frame.fields;
  event_fields = frame.fields;
  event_time = frame.time.micros;
  Member& itself = members[0];
  itself.own = true;
  itself.first = header().first_event == kUnknown;
  itself.arms = itself.first || entity->has_computed_deadlines;
  itself.look = (family() == nullptr ? header().wake : family()->whole_wake) == instant;
  if (itself.first) BeginRecord(instant);
  if (!entity->parts.empty()) TakeConcerned(frame, instant);
  members[Take(task_part)].own = true;
  LookBefore();
  if (ruleset->before_slot_count > 0) KeepBefore(frame.event);
  if (step != TaskStepKind::kNone) ApplyTaskStep(step, frame);
  UpdateAll(frame.event);
  EnterStages();
  UpdateConditions(frame.event);
  for (std::size_t index = 0; index < member_count; ++index) {
    if (!members[index].own) continue;
    Select(index);
    Call(entity->events[frame.event].nudges);
    if (step == TaskStepKind::kNone) header().reserved = static_cast<std::uint64_t>(instant);
    if (entity->forget_after_micros > 0) Arm(instant + entity->forget_after_micros);
  }
  DecideMoment();
  FollowUp();
  if (member_count > 1) DropCrowd();
  Refill();
  Settle(false);
}

// The whole first: what it closes here its followers have to see.
void Step::LookBefore() {
  for (std::size_t index = 0; index < member_count; ++index) {
    // Just before a first event every condition is no.
    if (!members[index].look || members[index].first) continue;
    Select(index);
    members[index].early_set = true;
    AskBefore(members[index].follows);
    // What is early opens in the deadline moment of this instant.
    if (index != 0) moment.next_wake = std::min(moment.next_wake, moment.now);
    if (index == 0 && changed_) TakeFollowers(true);
  }
}

void Step::KeepBefore(std::uint32_t event) {
  std::copy_n(event_fields, ruleset->frame_slot_count, fields_and_before_.begin());
  for (std::size_t index = 0; index < member_count; ++index) {
    const EntitySpec& of = ruleset->entities[members[index].entity];
    const EntitySpec::EventFunctions& functions = of.events[event];
    if (!members[index].own || functions.snapshot == kNoFunction) continue;
    Select(index);
    const FieldValue* values = Values(functions.snapshot);
    for (std::size_t i = 0; i < functions.before.size(); ++i) {
      FieldValue& kept = fields_and_before_[functions.before[i].slot];
      kept = values[i];
      if (functions.before[i].type != ValueType::kText || !kept.text.known()) continue;
      // The record may let go of the text while the event is applied.
      auto* bytes = reinterpret_cast<char*>(scratch->Allocate(kept.text.size));
      std::ranges::copy(kept.text.view(), bytes);
      kept.text.data = bytes;
    }
  }
  event_fields = fields_and_before_.data();
  moment.fields = event_fields;
}

void Step::UpdateAll(std::uint32_t event) {
  for (std::size_t index = 0; index < member_count; ++index) {
    Select(index);
    Call(members[index].own ? entity->events[event].update : entity->levels);
  }
}

// Journeys read one snapshot: all have decided before one of them moves.
void Step::EnterStages() {
  for (const Entering& entering : entering_) {
    Select(entering.member);
    const JourneySpec& spec = entity->journeys[entering.journey];
    if (trace != nullptr) {
      const auto from = std::to_integer<std::uint32_t>(moment.record[spec.stage_offset]);
      trace->OnStage(place(), entering.journey, from, entering.stage);
    }
    moment.record[spec.stage_offset] = static_cast<std::byte>(entering.stage);
    SlotI64(spec.entered_offset) = moment.now;
    if (entering.stage < spec.restarts.size()) Call(spec.restarts[entering.stage]);
    entered_ = true;
    members[hand].entered = true;
    entered_stages_.push_back(entering);
    if (entering.stage >= spec.entering.size()) continue;
    for (const std::uint32_t nudge : spec.entering[entering.stage]) {
      triggers.push_back({.nudge = nudge, .member = entering.member});
    }
  }
  entering_.clear();
}

void Step::UpdateConditions(std::uint32_t event) {
  for (std::size_t index = 0; index < member_count; ++index) {
    const Member& member = members[index];
    Select(index);
    if (member.first || member.follows || (member.entered && !member.own)) {
      AskGroups(true);
    } else if (member.own || member.touched) {
      AskSlices(entity->events[event].conditions);
    }
    if (index == 0 && (members[0].changed || members[0].entered)) TakeFollowers(false);
  }
}

void Step::UpdateAllConditions() {
  for (std::size_t index = 0; index < member_count; ++index) {
    const Member& member = members[index];
    if (member.moved || member.follows) {
      Select(index);
      AskGroups(member.entered || member.follows);
    }
    if (index == 0 && (members[0].changed || members[0].entered)) TakeFollowers(false);
  }
}

bool Step::Tries(const Member& member) const {
  const EntitySpec& of = ruleset->entities[member.entity];
  return of.automatic != kNoFunction &&
         (member.arms || member.entered || member.follows || (member.changed && of.has_follow_ups));
}

void Step::FollowUp() {
  while (true) {
    numbers_.clear();
    for (std::uint32_t index = 0; index < member_count; ++index) {
      if (Tries(members[index])) numbers_.push_back(index);
      members[index].arms = false;
    }
    if (numbers_.empty()) return;
    std::swap(began_before_, began_);
    BeginMoment();
    bool moved = false;
    for (const std::uint32_t index : numbers_) {
      Select(index);
      members[index].moved = code->functions[entity->automatic](&moment) != 0;
      moved = moved || members[index].moved;
    }
    if (!moved) return;
    EnterStages();
    UpdateAllConditions();
    DecideMoment();
  }
}

Step::Fate Step::RunDeadlines(std::int64_t before) {
  while (HeaderOf(whole).wake < before) {
    if (DeadlineMoment(HeaderOf(whole).wake) == Fate::kForgotten) return Fate::kForgotten;
  }
  return Fate::kAlive;
}

Step::Fate Step::DeadlineMoment(std::int64_t instant) {
  BeginChain(instant, instant);
  TakeDue(instant);
  AgeTasks();
  for (std::size_t index = 0; index < member_count; ++index) {
    // All that is due looks at everything, as after a move.
    if (!members[index].due) continue;
    members[index].moved = true;
    Select(index);
    RunSchedules();
    Call(entity->automatic);
  }
  EnterStages();
  UpdateAllConditions();
  DecideMoment();
  FollowUp();
  ForgetParts();
  Select(0);
  const bool is_over = members[0].due && IsForgettable();
  if (!is_over) Refill();
  if (is_over) {
    EndTasksForgotten();
    return Fate::kForgotten;
  }
  Settle(true);
  LULL_CHECK(HeaderOf(whole).wake > instant);
  return Fate::kAlive;
}

void Step::EndTasksForgotten() {
  if (const EntitySide* ended = shared(); ended != nullptr) {
    for (const OpenTask& task : ended->tasks) {
      Select(Take(task.part));
      writer_.End(DecisionKind::kWithdrawn, DecisionCode::kForgotten, task);
    }
  }
  Select(0);
  freed_ = false;
}

void Step::Forget(std::int64_t instant) {
  BeginChain(instant, instant);
  EndTasksForgotten();
}

void Step::RunSchedules() {
  for (const EntitySpec::ClockNudge& clock : entity->clock_nudges) {
    const std::int64_t next = NextInstant(*zone, calendars, clock.schedule, moment.now - 1);
    if (next == moment.now) {
      triggers.push_back({.nudge = clock.nudge, .member = static_cast<std::uint32_t>(hand)});
    }
    Arm(next == moment.now ? NextInstant(*zone, calendars, clock.schedule, next) : next);
  }
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

}  // namespace lull::runtime
