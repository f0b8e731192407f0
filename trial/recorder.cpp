#include "trial/recorder.h"

#include <algorithm>

#include "runtime/task_steps.h"

namespace lull::trial {
namespace {

using runtime::Decision;
using runtime::DecisionCode;
using runtime::DecisionKind;

/// The conditions of nudges have names such as "call (due)"; those of stalls are the stalls' own.
bool IsStall(const runtime::ConditionSpec& condition) {
  return condition.name.find('(') == std::string::npos;
}

}  // namespace

std::string_view WholeKeyOf(const runtime::EventSchema& event, const runtime::EventFrame& frame,
                            std::size_t place) {
  const std::uint32_t whole = event.parts.empty() ? runtime::kNoIndex : event.parts[place].whole;
  return whole == runtime::kNoIndex || !frame.keys[whole].known() ? std::string_view()
                                                                  : frame.keys[whole].view();
}

void Seen::Merge(const Seen& other) {
  stalls.insert(other.stalls.begin(), other.stalls.end());
  stalls_over.insert(other.stalls_over.begin(), other.stalls_over.end());
  transitions.insert(other.transitions.begin(), other.transitions.end());
  score_lines.insert(other.score_lines.begin(), other.score_lines.end());
  reasons.insert(other.reasons.begin(), other.reasons.end());
  decisions.insert(other.decisions.begin(), other.decisions.end());
  outcomes.insert(other.outcomes.begin(), other.outcomes.end());
  rungs.insert(other.rungs.begin(), other.rungs.end());
  arms.insert(other.arms.begin(), other.arms.end());
  goals.insert(other.goals.begin(), other.goals.end());
}

runtime::FormatContext Recorder::FormatFor(std::uint32_t entity) const {
  return {.ruleset = &ruleset_, .entity = &ruleset_.entities[entity], .zone = zone_};
}

std::string TimeText(std::int64_t instant, const Zone& zone) {
  static constexpr const char* kWeekdays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // day 0: Thu
  const std::int64_t day = zone.DayOf(instant);
  std::string text = kWeekdays[((day % 7) + 7) % 7];
  text += ' ';
  runtime::AppendTime(text, instant, zone);
  return text;
}

std::string Recorder::TimeText(std::int64_t instant) const { return trial::TimeText(instant, zone_); }

void Recorder::Add(const Place& place, EntryKind kind, std::string text) {
  const Who who{place.entity, std::string(place.key), std::string(place.whole_key)};
  entries_.push_back({place.instant, kind, who, std::move(text)});
}

void Recorder::AddEvent(const runtime::EventFrame& frame) {
  const runtime::EventSchema& event = ruleset_.events[frame.event];
  for (std::size_t i = 0; i < event.entities.size(); ++i) {
    const bool one_and_only = ruleset_.entities[event.entities[i]].key.empty();
    if (!one_and_only && !frame.keys[i].known()) continue;
    const std::string_view key = one_and_only ? std::string_view() : frame.keys[i].view();
    const Place place{frame.time.micros, event.entities[i], key, WholeKeyOf(event, frame, i)};
    const runtime::FormatContext format = FormatFor(event.entities[i]);
    if (event.task_step != runtime::TaskStepKind::kNone) {
      Add(place, EntryKind::kEvent, DescribeStep(frame));
      continue;
    }
    std::string text = event.name;
    for (const runtime::FieldSchema& field : event.fields) {
      if (!field.used) continue;
      std::string value;
      runtime::AppendValue(value, frame.fields[field.slot], {.type = field.type, .of = field.choice}, format);
      if (value == "unknown") continue;
      text += " " + field.name + " ";
      text += field.type == runtime::ValueType::kText ? "\"" + value + "\"" : value;
    }
    Add(place, EntryKind::kEvent, std::move(text));
  }
}

void Recorder::OnCondition(const Place& place, std::uint32_t condition, bool held) {
  const runtime::ConditionSpec& spec = ruleset_.entities[place.entity].conditions[condition];
  if (!IsStall(spec)) return;
  (held ? seen_.stalls : seen_.stalls_over).emplace(place.entity, condition);
  Add(place, held ? EntryKind::kStallBegins : EntryKind::kStallEnds,
      spec.name + (held ? " begins" : " is over"));
}

void Recorder::OnEachBegins(const Place& place, std::uint32_t condition) {
  seen_.stalls.emplace(place.entity, condition);
  Add(place, EntryKind::kStallBegins,
      ruleset_.entities[place.entity].conditions[condition].name + " begins (one of its waits is overdue)");
}

void Recorder::OnStage(const Place& place, std::uint32_t journey, std::uint32_t from, std::uint32_t to) {
  const runtime::JourneySpec& spec = ruleset_.entities[place.entity].journeys[journey];
  seen_.transitions.emplace(place.entity, journey, from, to);
  Add(place, EntryKind::kStage, spec.name + ": " + spec.stages[from] + " -> " + spec.stages[to]);
}

/// What people say of a task: "done: call_about_quote "reached" by "eve"".
std::string Recorder::DescribeStep(const runtime::EventFrame& frame) const {
  const runtime::EventSchema& event = ruleset_.events[frame.event];
  const auto value = [&](std::size_t field) { return frame.fields[event.fields[field].slot].text; };
  std::string text = event.name.substr(std::string_view(runtime::kTaskStepPrefix).size()) + ": ";
  const runtime::TextView task = value(runtime::kTaskField);
  const auto id = runtime::DecisionId::FromHex(task.known() ? task.view() : std::string_view());
  const auto sent = std::ranges::find_if(
      decisions_, [&](const DecisionRecord& record) { return id.has_value() && record.id == *id; });
  text += sent == decisions_.end() ? "a task that never was" : ruleset_.nudges[sent->nudge].name;
  if (value(runtime::kOutcomeField).known()) {
    text.append(" \"").append(value(runtime::kOutcomeField).view()).append("\"");
  }
  if (value(runtime::kByField).known())
    text.append(" by \"").append(value(runtime::kByField).view()).append("\"");
  return text;
}

std::string Recorder::ArmsText(const DecisionRecord& record) const {
  std::string text;
  for (const runtime::ArmChoice& choice : record.arms) {
    const runtime::ExperimentSpec& experiment = ruleset_.experiments[choice.experiment];
    text += (text.empty() ? "" : ", ") + experiment.name + " " + experiment.arms[choice.arm].name;
  }
  return text;
}

std::string Recorder::Describe(const DecisionRecord& record) const {
  if (record.kind == DecisionKind::kGoal)
    return "goal reached: " + record.why + " (arm " + ArmsText(record) + ")";
  std::string text = ruleset_.nudges[record.nudge].name;
  if (record.kind == DecisionKind::kEscalated) {
    text += " goes on";
    if (record.from_unit != runtime::kNoIndex) text += " from " + ruleset_.units[record.from_unit].name;
  } else if (record.kind != DecisionKind::kSent) {
    std::string words(NameOf(record.kind));
    std::ranges::replace(words, '_', ' ');
    text += " " + words;
  } else {
    text += " goes out";
  }
  if (record.unit != runtime::kNoIndex && record.code != DecisionCode::kStep) {
    const bool is_over = record.kind == DecisionKind::kWithdrawn || record.kind == DecisionKind::kExpired;
    text += (is_over ? ", with " : " to ") + ruleset_.units[record.unit].name;
    if (record.unit_key_known) text += " / \"" + record.unit_key + "\"";
  }
  const bool goes_out = record.kind == DecisionKind::kSent || record.kind == DecisionKind::kHeldOut;
  if (goes_out && record.due != kUnknown) text += ", due " + TimeText(record.due);
  if (!record.why.empty() && record.code != DecisionCode::kStep) text += ": " + record.why;
  if (!record.title.empty()) text += ": \"" + record.title + "\"";
  for (const std::string& reason : record.reasons) text += "; because \"" + reason + "\"";
  if (!record.arms.empty()) text += "; arm " + ArmsText(record);
  return text;
}

void Recorder::See(const DecisionRecord& record, std::uint32_t k) {
  if (record.kind == DecisionKind::kGoal) {
    for (const runtime::ArmChoice& arm : record.arms) seen_.goals.emplace(arm.experiment, arm.arm);
    return;
  }
  seen_.decisions.emplace(record.nudge, record.kind, record.code);
  for (const runtime::ArmChoice& arm : record.arms) seen_.arms.emplace(arm.experiment, arm.arm);
  if (record.kind == DecisionKind::kEscalated) seen_.rungs.emplace(record.nudge, k);
  if (record.kind == DecisionKind::kDone) seen_.outcomes.emplace(record.nudge, record.outcome);
}

void Recorder::OnDecision(const Decision& decision) {
  DecisionRecord record;
  record.kind = decision.kind;
  record.code = decision.code;
  record.id = decision.id;
  record.instant = decision.time.micros;
  record.entity = decision.entity;
  record.key = decision.key;
  record.whole_key = decision.whole_key;
  record.nudge = decision.nudge;
  record.unit = decision.unit;
  record.unit_key_known = decision.unit_key.known();
  if (record.unit_key_known) record.unit_key = decision.unit_key.view();
  record.from_unit = decision.from_unit;
  record.due = decision.due.micros;
  if (decision.outcome.known()) record.outcome = decision.outcome.view();
  if (decision.by.known()) record.by = decision.by.view();
  record.arms.assign(decision.arms.begin(), decision.arms.end());
  record.has_worth = decision.has_worth;
  record.worth = decision.worth;
  record.title = decision.title;
  for (const std::string_view reason : decision.reasons) record.reasons.emplace_back(reason);
  for (const runtime::ScoreOutcome& score : decision.scores) {
    for (const runtime::ScoreReason& reason : score.reasons) record.reasons.emplace_back(reason.text);
  }
  record.why = decision.why;
  See(record, decision.k);
  Add({record.instant, record.entity, decision.key, decision.whole_key}, EntryKind::kDecision,
      Describe(record));
  decisions_.push_back(std::move(record));
}

std::vector<Entry> Recorder::Timeline() const {
  std::vector<Entry> entries = entries_;
  std::ranges::stable_sort(entries, {}, &Entry::instant);
  return entries;
}

}  // namespace lull::trial
