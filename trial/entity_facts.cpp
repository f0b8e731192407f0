#include "trial/entity_facts.h"

#include <fmt/format.h>

#include <cstring>

#include "connectors/json_text.h"
#include "runtime/entity_side.h"
#include "runtime/format.h"
#include "runtime/parts.h"
#include "runtime/pending_events.h"

namespace lull::trial {
namespace {

using runtime::EntitySide;
using runtime::EntitySpec;
using runtime::SlotKind;
using runtime::ValueType;

std::int64_t InstantAt(const std::byte* record, std::uint32_t offset) {
  std::int64_t instant = kUnknown;
  if (offset != runtime::kNoOffset) std::memcpy(&instant, record + offset, sizeof instant);
  return instant;
}

/// One entity's facts as they are gathered.
class Gatherer {
 public:
  Gatherer(const runtime::Engine& engine, const Who& who, const Zone& zone)
      : engine_(engine),
        who_(who),
        spec_(engine.ruleset().entities[who.entity]),
        record_(engine.Record(who.name())),
        side_(engine.Side(who.name(), part_)),
        context_{.ruleset = &engine.ruleset(), .entity = &spec_, .zone = zone} {
    facts_.who = who;
  }

  EntityFacts Gather() {
    const auto& header = *reinterpret_cast<const runtime::RecordHeader*>(record_);
    facts_.first_event = header.first_event;
    facts_.latest_event = runtime::LatestEvent(header);
    facts_.wakes_at = header.wake;
    for (const runtime::AttributeSpec& attribute : spec_.attributes) AddAttribute(attribute);
    for (const runtime::JourneySpec& journey : spec_.journeys) AddStage(journey);
    for (std::uint32_t c = 0; c < spec_.conditions.size(); ++c) AddHeld(c);
    if (side_ != nullptr) AddSide();
    if (header.side != nullptr) {
      for (const runtime::EachWaitList& list : header.side->each) facts_.open_waits += list.waits.size();
      AddParts(*header.side);
    }
    return std::move(facts_);
  }

 private:
  void AddAttribute(const runtime::AttributeSpec& attribute) {
    runtime::FieldValue value;
    if (!engine_.ReadSlot(who_.name(), attribute.offset, attribute.kind, value)) return;
    Fact& fact = facts_.attributes.emplace_back(Fact{.name = attribute.name, .value = {}});
    runtime::AppendValue(fact.value, value, {.type = attribute.type, .of = attribute.of}, context_);
  }

  void AddStage(const runtime::JourneySpec& journey) {
    runtime::FieldValue stage;
    if (!engine_.ReadSlot(who_.name(), journey.stage_offset, SlotKind::kU8, stage)) return;
    const bool known = stage.integer >= 0 && stage.integer < static_cast<std::int64_t>(journey.stages.size());
    facts_.journeys.push_back({journey.name,
                               known ? journey.stages[static_cast<std::size_t>(stage.integer)] : "unknown",
                               InstantAt(record_, journey.entered_offset)});
  }

  void AddHeld(std::uint32_t condition) {
    const runtime::ConditionSpec& spec = spec_.conditions[condition];
    if (!runtime::TestBit(record_, condition)) return;
    facts_.holds.push_back({spec.name, {}, InstantAt(record_, spec.since_offset)});
  }

  void AddSide() {
    const runtime::Ruleset& ruleset = engine_.ruleset();
    for (const runtime::OpenTask& task : side_->tasks) {
      if (task.part != part_) continue;
      TaskFact& fact = facts_.tasks.emplace_back();
      fact.nudge = ruleset.nudges[task.nudge].name;
      fact.id = task.id.Hex();
      if (task.unit != runtime::kNoIndex) fact.unit = ruleset.units[task.unit].name;
      fact.unit_key = engine_.TextOf(task.unit_key);
      fact.due = task.due;
      fact.expires = task.expires;
      fact.claimed = task.claimed;
      fact.held_out = task.held_out;
    }
    for (const runtime::WaitingNudge& waiting : side_->waiting) {
      if (waiting.part != part_) continue;
      facts_.waiting.push_back(
          {ruleset.nudges[waiting.nudge].name, std::string(NameOf(waiting.code)), waiting.until});
    }
    for (const runtime::PendingEvent* event = side_->pending_first; event != nullptr; event = event->next) {
      ++facts_.buffered_events;
    }
  }

  void AddParts(const EntitySide& side) {
    if (side.family == nullptr) return;
    for (const runtime::Part& part : side.family->parts) {
      facts_.parts.push_back({part.entity, engine_.PartKey(part), who_.key});
    }
  }

  const runtime::Engine& engine_;
  const Who& who_;
  const EntitySpec& spec_;
  const std::byte* record_;
  std::uint32_t part_ = 0;
  const EntitySide* side_;
  runtime::FormatContext context_;
  EntityFacts facts_;
};

// ---- Text

std::string Since(std::int64_t since, const Zone& zone) {
  return since == kUnknown ? "" : ", since " + TimeText(since, zone);
}

std::string NameText(const Who& who, const runtime::Ruleset& ruleset) {
  const EntitySpec& entity = ruleset.entities[who.entity];
  std::string text = entity.name;
  if (!who.key.empty()) text += " " + who.key;
  if (!who.whole_key.empty()) text += " of " + ruleset.entities[entity.whole].name + " " + who.whole_key;
  return text;
}

void AddLine(std::string& text, std::string_view label, std::string_view value) {
  text += fmt::format("  {:<22}  {}\n", label, value);
}

// ---- JSON

void AppendText(std::string& out, const char* name, std::string_view text) {
  out += fmt::format("\"{}\":", name);
  connectors::AppendJsonText(out, text);
}

std::string TimeOrNull(std::int64_t instant) {
  if (instant == kUnknown || instant == kNever) return "null";
  std::string text = "\"";
  runtime::AppendRfc3339(text, instant);
  return text + "\"";
}

template <typename Item, typename Append>
void AppendList(std::string& out, const char* name, const std::vector<Item>& items, Append append) {
  out += fmt::format(",\"{}\":[", name);
  for (std::size_t i = 0; i < items.size(); ++i) {
    out += i > 0 ? ",{" : "{";
    append(items[i]);
    out += '}';
  }
  out += ']';
}

void AppendName(std::string& out, const Who& who, const runtime::Ruleset& ruleset) {
  const EntitySpec& entity = ruleset.entities[who.entity];
  AppendText(out, "entity", entity.name);
  out += ',';
  AppendText(out, "key", who.key);
  if (entity.whole == runtime::kNoIndex) return;
  out += ',';
  AppendText(out, "of", who.whole_key);
}

}  // namespace

EntityFacts FactsOf(const runtime::Engine& engine, const Who& who, const Zone& zone) {
  return Gatherer(engine, who, zone).Gather();
}

std::string FactsText(const EntityFacts& facts, const runtime::Ruleset& ruleset, const Zone& zone,
                      bool color) {
  std::string text =
      fmt::format("{}{}{}\n", color ? "\033[1m" : "", NameText(facts.who, ruleset), color ? "\033[0m" : "");
  if (facts.first_event != kUnknown) {
    AddLine(
        text, "events",
        fmt::format("from {} to {}", TimeText(facts.first_event, zone), TimeText(facts.latest_event, zone)));
  }
  for (const Fact& fact : facts.attributes) AddLine(text, fact.name, fact.value);
  for (const Fact& fact : facts.journeys) AddLine(text, fact.name, fact.value + Since(fact.since, zone));
  for (const Fact& fact : facts.holds) AddLine(text, "holds", fact.name + Since(fact.since, zone));
  for (const TaskFact& task : facts.tasks) {
    std::string line = task.nudge + (task.held_out ? ", held out" : "");
    if (!task.unit.empty())
      line += ", with " + task.unit + (task.unit_key.empty() ? "" : " / " + task.unit_key);
    if (task.claimed) line += ", claimed";
    if (task.due != kUnknown) line += ", due " + TimeText(task.due, zone);
    AddLine(text, "open task", line + ", expires " + TimeText(task.expires, zone));
  }
  for (const WaitingFact& waiting : facts.waiting) {
    std::string line = waiting.nudge;
    if (!waiting.why.empty()) line += ": " + waiting.why;
    if (waiting.until != kNever) line += ", until " + TimeText(waiting.until, zone);
    AddLine(text, "waits to go out", line);
  }
  if (facts.open_waits > 0) AddLine(text, "unanswered events", std::to_string(facts.open_waits));
  if (facts.buffered_events > 0) AddLine(text, "buffered events", std::to_string(facts.buffered_events));
  for (const Who& part : facts.parts) AddLine(text, ruleset.entities[part.entity].name, part.key);
  AddLine(text, "next by time alone",
          facts.wakes_at == kNever ? "nothing" : TimeText(facts.wakes_at, zone) + " at the earliest");
  return text;
}

std::string FactsJson(const EntityFacts& facts, const runtime::Ruleset& ruleset) {
  std::string out = "{";
  AppendName(out, facts.who, ruleset);
  out += fmt::format(",\"first_event\":{},\"latest_event\":{},\"wakes_at\":{}", TimeOrNull(facts.first_event),
                     TimeOrNull(facts.latest_event), TimeOrNull(facts.wakes_at));
  out += ",\"attributes\":{";
  for (std::size_t i = 0; i < facts.attributes.size(); ++i) {
    if (i > 0) out += ',';
    AppendText(out, facts.attributes[i].name.c_str(), facts.attributes[i].value);
  }
  out += '}';
  AppendList(out, "journeys", facts.journeys, [&](const Fact& fact) {
    AppendText(out, "journey", fact.name);
    out += ',';
    AppendText(out, "stage", fact.value);
    out += ",\"since\":" + TimeOrNull(fact.since);
  });
  AppendList(out, "holds", facts.holds, [&](const Fact& fact) {
    AppendText(out, "condition", fact.name);
    out += ",\"since\":" + TimeOrNull(fact.since);
  });
  AppendList(out, "open_tasks", facts.tasks, [&](const TaskFact& task) {
    AppendText(out, "nudge", task.nudge);
    out += ',';
    AppendText(out, "id", task.id);
    out += ',';
    AppendText(out, "unit", task.unit);
    out += ',';
    AppendText(out, "unit_key", task.unit_key);
    out += fmt::format(",\"due\":{},\"expires\":{},\"claimed\":{},\"held_out\":{}", TimeOrNull(task.due),
                       TimeOrNull(task.expires), task.claimed, task.held_out);
  });
  AppendList(out, "waiting", facts.waiting, [&](const WaitingFact& waiting) {
    AppendText(out, "nudge", waiting.nudge);
    out += ',';
    AppendText(out, "why", waiting.why);
    out += ",\"until\":" + TimeOrNull(waiting.until);
  });
  out += fmt::format(",\"unanswered_events\":{},\"buffered_events\":{}", facts.open_waits,
                     facts.buffered_events);
  AppendList(out, "parts", facts.parts, [&](const Who& part) { AppendName(out, part, ruleset); });
  return out + "}";
}

}  // namespace lull::trial
