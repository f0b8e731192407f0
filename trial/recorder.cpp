#include "trial/recorder.h"

#include <algorithm>

namespace lull::trial {
namespace {

using runtime::Decision;
using runtime::DecisionKind;

/// The conditions of nudges have names such as "call (due)"; those of stalls are the stalls' own.
bool IsStall(const runtime::ConditionSpec& condition) {
  return condition.name.find('(') == std::string::npos;
}

}  // namespace

void Seen::Merge(const Seen& other) {
  stalls.insert(other.stalls.begin(), other.stalls.end());
  stalls_over.insert(other.stalls_over.begin(), other.stalls_over.end());
  transitions.insert(other.transitions.begin(), other.transitions.end());
  score_lines.insert(other.score_lines.begin(), other.score_lines.end());
  reasons.insert(other.reasons.begin(), other.reasons.end());
  decisions.insert(other.decisions.begin(), other.decisions.end());
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
  entries_.push_back({place.instant, kind, place.entity, std::string(place.key), std::move(text)});
}

void Recorder::AddEvent(const runtime::EventFrame& frame) {
  const runtime::EventSchema& event = ruleset_.events[frame.event];
  for (std::size_t i = 0; i < event.entities.size(); ++i) {
    const bool one_and_only = ruleset_.entities[event.entities[i]].key.empty();
    if (!one_and_only && !frame.keys[i].known()) continue;
    const std::string_view key = one_and_only ? std::string_view() : frame.keys[i].view();
    const runtime::FormatContext format = FormatFor(event.entities[i]);
    std::string text = event.name;
    for (const runtime::FieldSchema& field : event.fields) {
      if (!field.used) continue;
      std::string value;
      runtime::AppendValue(value, frame.fields[field.slot], {.type = field.type, .of = field.choice}, format);
      if (value == "unknown") continue;
      text += " " + field.name + " ";
      text += field.type == runtime::ValueType::kText ? "\"" + value + "\"" : value;
    }
    Add({frame.time.micros, event.entities[i], key}, EntryKind::kEvent, std::move(text));
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

std::string Recorder::Describe(const DecisionRecord& record) const {
  std::string text = ruleset_.nudges[record.nudge].name;
  if (record.kind != DecisionKind::kSent) {
    std::string words(NameOf(record.kind));
    std::ranges::replace(words, '_', ' ');
    text += " " + words;
  } else {
    text += " goes out";
  }
  if (record.unit != runtime::kNoIndex) {
    text += " to " + ruleset_.units[record.unit].name;
    if (record.unit_key_known) text += " / \"" + record.unit_key + "\"";
  }
  if (!record.why.empty()) text += ": " + record.why;
  if (!record.title.empty()) text += ": \"" + record.title + "\"";
  for (const std::string& reason : record.reasons) text += "; because \"" + reason + "\"";
  return text;
}

void Recorder::OnDecision(const Decision& decision) {
  DecisionRecord record;
  record.kind = decision.kind;
  record.code = decision.code;
  record.id = decision.id;
  record.instant = decision.time.micros;
  record.entity = decision.entity;
  record.key = decision.key;
  record.nudge = decision.nudge;
  record.unit = decision.unit;
  record.unit_key_known = decision.unit_key.known();
  if (record.unit_key_known) record.unit_key = decision.unit_key.view();
  record.has_worth = decision.has_worth;
  record.worth = decision.worth;
  record.title = decision.title;
  for (const std::string_view reason : decision.reasons) record.reasons.emplace_back(reason);
  for (const runtime::ScoreOutcome& score : decision.scores) {
    for (const runtime::ScoreReason& reason : score.reasons) record.reasons.emplace_back(reason.text);
  }
  record.why = decision.why;
  seen_.decisions.emplace(record.nudge, record.kind, record.code);
  Add({record.instant, record.entity, decision.key}, EntryKind::kDecision, Describe(record));
  decisions_.push_back(std::move(record));
}

std::vector<Entry> Recorder::Timeline() const {
  std::vector<Entry> entries = entries_;
  std::ranges::stable_sort(entries, {}, &Entry::instant);
  return entries;
}

}  // namespace lull::trial
