// Waits of `after each`: every unanswered opening event is an episode of its own.
#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "runtime/step.h"

namespace lull::runtime {

EachWaitList* Step::FindEach(std::uint32_t wait) {
  if (side() == nullptr || side()->each.size() <= wait) return nullptr;
  return &side()->each[wait];
}

EachWaitList& Step::MakeEach(std::uint32_t wait) {
  EntitySide& with_waits = SideOf(header());
  if (with_waits.each.size() <= wait) with_waits.each.resize(entity->each_waits.size());
  return with_waits.each[wait];
}

Step::SameValue Step::FindSame(ValueType type) const {
  if (type == ValueType::kText) {
    const std::uint32_t id = texts->Find(moment.same.text);
    return {id, id != 0};
  }
  const auto bits = static_cast<std::uint64_t>(moment.same.integer);
  if (type == ValueType::kNumber) return {bits, !std::isnan(moment.same.number)};
  return {bits, moment.same.integer != kUnknown};
}

bool Step::IsTooLate(const EachWaitSpec& spec, const EachWaitList& list, std::int64_t time,
                     std::int64_t deadline, const SameValue& same) const {
  if (time >= moment.now) return false;
  if (deadline != kUnknown && deadline < moment.now) return true;
  if (spec.answered_offset != kNoOffset) return SlotI64(spec.answered_offset) > time;
  return std::ranges::any_of(list.answers, [&](const EachAnswerSeen& answer) {
    return answer.time > time && same.known && answer.value == same.bits;
  });
}

void Step::CaptureFields(const EachWaitSpec& spec, EachWait& entry) {
  if (spec.captured.empty() || moment.fields == nullptr) return;
  entry.captured = std::make_unique<FieldValue[]>(spec.captured.size());
  for (std::size_t index = 0; index < spec.captured.size(); ++index) {
    if (spec.captured[index].slot == kNoIndex) continue;
    const FieldValue& field = moment.fields[spec.captured[index].slot];
    entry.captured[index] = field;
    if (spec.captured[index].type == ValueType::kText)
      entry.captured[index].integer = texts->Intern(field.text);
  }
}

void Step::OpenEach(std::uint32_t wait, std::int64_t time, std::int64_t deadline) {
  const EachWaitSpec& spec = entity->each_waits[wait];
  const bool is_text = spec.same_type == ValueType::kText;
  EachWaitList& list = MakeEach(wait);
  SameValue same = FindSame(spec.same_type);
  if (IsTooLate(spec, list, time, deadline, same)) return;
  if (is_text) {
    same.bits = texts->Intern(moment.same.text);
    same.known = same.bits != 0;
  }
  moment.same = {};
  if (list.waits.size() >= spec.keep_count && !list.waits.empty()) {
    EndEach(wait, list.waits.front());
    list.waits.erase(list.waits.begin());
  }
  EachWait entry{.start = time,
                 .value = same.bits,
                 .serial = side()->next_serial++,
                 .known = same.known,
                 .captured = nullptr};
  CaptureFields(spec, entry);
  const auto later = [](std::int64_t start, const EachWait& other) { return start < other.start; };
  list.waits.insert(std::upper_bound(list.waits.begin(), list.waits.end(), time, later), std::move(entry));
}

void Step::RememberAnswer(std::uint32_t wait, const SameValue& same) {
  // Without late events nobody asks.
  if (ruleset->late != LatePolicy::kApply) return;
  std::vector<EachAnswerSeen>& answers = MakeEach(wait).answers;
  const bool is_text = entity->each_waits[wait].same_type == ValueType::kText;
  const auto release = [&](const EachAnswerSeen& answer) {
    if (is_text) texts->Release(static_cast<std::uint32_t>(answer.value));
  };
  const std::int64_t time = moment.event_time;
  std::erase_if(answers, [&](const EachAnswerSeen& answer) {
    const bool covered = answer.time <= time && answer.value == same.bits;
    if (covered) release(answer);
    return covered;
  });
  if (answers.size() >= kAnswersKept) {
    release(answers.front());
    answers.erase(answers.begin());
  }
  // A value that no wait has may come late, so its text is kept too.
  answers.push_back({.time = time, .value = is_text ? texts->Intern(moment.same.text) : same.bits});
}

bool Step::IsAnswered(const EachWait& entry, const EachWaitSpec& spec) {
  if (spec.answers == kNoFunction) return true;
  SetBeside(entry, spec);
  const bool answers = Holds(spec.answers);
  ResetTrigger();
  return answers;
}

void Step::AnswerEach(std::uint32_t wait, bool with_same) {
  const EachWaitSpec& spec = entity->each_waits[wait];
  const SameValue same = with_same ? FindSame(spec.same_type) : SameValue{};
  const TextView same_text = spec.same_type == ValueType::kText ? moment.same.text : TextView{};
  if (EachWaitList* list = FindEach(wait); list != nullptr) {
    std::erase_if(list->waits, [&](EachWait& entry) {
      if (with_same && !(same.known && entry.known && entry.value == same.bits)) return false;
      if (!IsAnswered(entry, spec)) return false;
      EndEach(wait, entry);
      return true;
    });
  }
  moment.same.text = same_text;
  if (spec.answered_offset != kNoOffset) {
    std::int64_t& answered = SlotI64(spec.answered_offset);
    answered = std::max(answered, moment.event_time);
  } else if (spec.answers == kNoFunction && (same.known || same_text.known())) {
    // What it would have answered of a late one, where that depends on its fields, is not known.
    RememberAnswer(wait, same);
  }
  moment.same = {};
}

void Step::EndEach(std::uint32_t wait, EachWait& entry) {
  const EachWaitSpec& spec = entity->each_waits[wait];
  if (entry.overdue) Stir();
  if (entry.begun) EndEpisodeOf(entry, spec, DecisionCode::kAnswered);
  ReleaseWait(entry, spec, *texts);
}

void Step::EndEpisodeOf(EachWait& entry, const EachWaitSpec& spec, DecisionCode reason) {
  for (const Listener& listener : entity->conditions[spec.condition].listeners) {
    if (listener.kind != ListenerKind::kEpisode) continue;
    DropWaiting(listener.index, entry.serial);
    DropReminders(listener.index, entry.serial);
    if (!ruleset->nudges[listener.index].keep_when_over) Withdraw(listener.index, entry.serial, reason);
  }
}

bool Step::GateOf(EachWait& entry, const EachWaitSpec& spec) {
  if (spec.gate == kNoFunction) return true;
  SetTrigger(entry, spec);
  const bool holds = Holds(spec.gate);
  if (holds || !entry.begun) return holds;
  Stir();
  EndEpisodeOf(entry, spec, DecisionCode::kStateEnded);
  return false;
}

bool Step::UpdateEach(std::uint32_t wait, bool gate) {
  EachWaitList* list = FindEach(wait);
  if (list == nullptr || list->waits.empty()) return false;
  const EachWaitSpec& spec = entity->each_waits[wait];
  // While a record is carried over nothing begins: the next deadline moment sees to it.
  const bool early = carried_ != nullptr || IsEarly(spec.condition);
  bool any = false;
  for (EachWait& entry : list->waits) {
    if (!entry.overdue) {
      if (spec.deadline_reads_event) SetTrigger(entry, spec);
      // A deadline before its start falls due at the end of that instant.
      const std::int64_t due = std::max(DeadlineOf(spec.deadline, entry.start), entry.start);
      entry.overdue = due <= moment.age_now;
      if (!entry.overdue) Arm(due);
    }
    if (!entry.overdue) continue;
    if (!gate || !GateOf(entry, spec)) {
      entry.begun = false;
      entry.gone = 0;
      continue;
    }
    if (!entry.begun && !early) BeginEach(wait, entry);
    left_ = left_ || (carried_ != nullptr && !entry.begun);
    any = any || spec.keep_overdue || !entry.begun;
  }
  ResetTrigger();
  return any && gate;
}

void Step::BeginEach(std::uint32_t wait, EachWait& entry) {
  const EachWaitSpec& spec = entity->each_waits[wait];
  entry.begun = true;
  if (trace != nullptr) trace->OnEachBegins(place(), spec.condition);
  if (!spec.keep_overdue) each_over_ = members[hand].each_over = true;
  for (const Listener& listener : entity->conditions[spec.condition].listeners) {
    if (listener.kind == ListenerKind::kTriggerNudge) {
      triggers.push_back(
          {.nudge = listener.index, .member = static_cast<std::uint32_t>(hand), .serial = entry.serial});
    }
    if (listener.kind == ListenerKind::kEpisode) each_due_ = members[hand].each_due = true;
    if (listener.kind == ListenerKind::kTransition) {
      began_.push_back({static_cast<std::uint32_t>(hand), spec.condition});
      Stir();
    }
  }
}

bool Step::OverdueBefore(std::uint32_t wait, bool gate) {
  const EachWaitSpec& spec = entity->each_waits[wait];
  EachWaitList* list = FindEach(wait);
  if (list == nullptr) return false;
  bool any = false;
  for (EachWait& entry : list->waits) {
    if (!entry.overdue) continue;
    if (gate && GateOf(entry, spec)) {
      any = true;
      continue;
    }
    entry.begun = false;
    entry.gone = 0;
  }
  ResetTrigger();
  return any && gate;
}

void Step::AddDueEach() {
  for (const std::uint32_t nudge : plan->entities[entity_index].each_nudges) {
    const NudgePlan& nudge_plan = plan->nudges[nudge];
    EachWaitList* list = FindEach(nudge_plan.each_wait);
    const std::uint32_t due = ruleset->nudges[nudge].due_condition;
    if (list == nullptr || due == kNoIndex || !TestBit(moment.record, due)) continue;
    for (const EachWait& entry : list->waits) {
      if (!entry.begun || (entry.gone & nudge_plan.each_bit) != 0) continue;
      if (!IsWaiting(nudge, entry.serial)) AddWaiting(nudge, entry.serial);
    }
  }
}

void Step::SweepEach() {
  members[hand].each_over = false;
  for (std::uint32_t wait = 0; wait < entity->each_waits.size(); ++wait) {
    const EachWaitSpec& spec = entity->each_waits[wait];
    EachWaitList* list = FindEach(wait);
    if (spec.keep_overdue || list == nullptr) continue;
    std::erase_if(list->waits, [&](EachWait& entry) {
      if (entry.begun) ReleaseWait(entry, spec, *texts);
      return entry.begun;
    });
  }
}

}  // namespace lull::runtime
