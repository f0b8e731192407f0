#include "connectors/decision_json.h"

#include <algorithm>
#include <array>

#include "connectors/json_text.h"
#include "runtime/format.h"

namespace lull::connectors {
namespace {

using runtime::Decision;
using runtime::DecisionKind;
using runtime::kNoIndex;

// Writes the members of one object in order.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  void End() { out_ += '}'; }

  /// The name; the value is to follow.
  std::string& Name(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void Text(std::string_view name, std::string_view value) { AppendJsonText(Name(name), value); }
  void Null(std::string_view name) { Name(name) += "null"; }
  void Time(std::string_view name, std::int64_t micros) {
    Name(name) += '"';
    runtime::AppendRfc3339(out_, micros);
    out_ += '"';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void WriteIdentity(Members& object, const Decision& decision) {
  const runtime::Ruleset& ruleset = *decision.ruleset;
  std::array<char, 32> id{};
  decision.id.WriteHex(id.data());
  object.Text("id", {id.data(), id.size()});
  object.Time("time", decision.time.micros);
  object.Text("ruleset", ruleset.name);
  object.Text("version", ruleset.version);
  if (decision.kind != DecisionKind::kGoal) object.Text("nudge", ruleset.nudges[decision.nudge].name);
}

void WriteEntity(Members& object, std::string& out, const Decision& decision) {
  const runtime::EntitySpec& spec = decision.ruleset->entities[decision.entity];
  object.Name("entity");
  Members entity(out);
  entity.Text("type", spec.name);
  if (spec.key.empty()) {
    entity.Null("id");
  } else {
    entity.Text("id", decision.key);
  }
  if (spec.whole != runtime::kNoIndex) {
    const runtime::EntitySpec& whole_spec = decision.ruleset->entities[spec.whole];
    entity.Name("within");
    Members whole(out);
    whole.Text("type", whole_spec.name);
    if (whole_spec.key.empty()) {
      whole.Null("id");
    } else {
      whole.Text("id", decision.whole_key);
    }
    whole.End();
  }
  entity.End();
}

void WriteTextOrNull(Members& object, std::string_view name, const runtime::TextView& text) {
  if (text.known()) {
    object.Text(name, text.view());
  } else {
    object.Null(name);
  }
}

void WriteRoute(Members& object, const Decision& decision) {
  if (decision.unit == kNoIndex) {
    object.Null("unit");
  } else {
    object.Text("unit", decision.ruleset->units[decision.unit].name);
  }
  WriteTextOrNull(object, "key", decision.unit_key);
}

void WriteDue(Members& object, const Decision& decision) {
  if (decision.due.micros == kUnknown) {
    object.Null("due");
  } else {
    object.Time("due", decision.due.micros);
  }
}

/// What a step said of a task.
void WriteStep(Members& object, const Decision& decision) {
  WriteRoute(object, decision);
  WriteTextOrNull(object, "outcome", decision.outcome);
  WriteTextOrNull(object, "by", decision.by);
}

/// What the next unit of a task needs, and who had it before.
void WriteEscalation(Members& object, std::string& out, const Decision& decision) {
  const runtime::NudgeSpec& nudge = decision.ruleset->nudges[decision.nudge];
  object.Text("channel", decision.ruleset->channels[nudge.channel].name);
  object.Text("title", decision.title);
  WriteRoute(object, decision);
  WriteDue(object, decision);
  object.Name("from");
  Members from(out);
  if (decision.from_unit == kNoIndex) {
    from.Null("unit");
  } else {
    from.Text("unit", decision.ruleset->units[decision.from_unit].name);
  }
  WriteTextOrNull(from, "key", decision.from_key);
  from.End();
}

void WriteArms(Members& object, std::string& out, const Decision& decision) {
  if (decision.arms.empty()) return;
  object.Name("arms");
  Members arms(out);
  for (const runtime::ArmChoice& choice : decision.arms) {
    const runtime::ExperimentSpec& experiment = decision.ruleset->experiments[choice.experiment];
    arms.Text(experiment.name, experiment.arms[choice.arm].name);
  }
  arms.End();
}

void WriteScores(Members& object, std::string& out, const Decision& decision) {
  object.Name("scores") += '[';
  for (std::size_t i = 0; i < decision.scores.size(); ++i) {
    const runtime::ScoreOutcome& outcome = decision.scores[i];
    if (i > 0) out += ',';
    Members score(out);
    score.Text("name", decision.ruleset->scores[outcome.score].name);
    AppendJsonNumber(score.Name("value"), outcome.value);
    score.Name("reasons") += '[';
    for (std::size_t k = 0; k < outcome.reasons.size(); ++k) {
      if (k > 0) out += ',';
      Members reason(out);
      AppendJsonNumber(reason.Name("points"), outcome.reasons[k].points);
      reason.Text("text", outcome.reasons[k].text);
      reason.End();
    }
    out += ']';
    score.End();
  }
  out += ']';
}

void WriteReasons(Members& object, std::string& out, const Decision& decision) {
  object.Name("reasons") += '[';
  bool first = true;
  const auto write = [&](std::string_view text) {
    if (text.empty()) return;
    if (!first) out += ',';
    first = false;
    AppendJsonText(out, text);
  };
  for (const std::string_view reason : decision.reasons) write(reason);
  for (const runtime::ScoreOutcome& outcome : decision.scores) {
    for (const runtime::ScoreReason& reason : outcome.reasons) write(reason.text);
  }
  out += ']';
}

void WriteTrigger(Members& object, std::string& out, const Decision& decision) {
  object.Name("trigger");
  Members trigger(out);
  trigger.Text("kind", NameOf(decision.ruleset->nudges[decision.nudge].trigger));
  trigger.Text("name", decision.trigger);
  trigger.End();
}

void WriteDetails(Members& object, std::string& out, const Decision& decision) {
  const runtime::NudgeSpec& nudge = decision.ruleset->nudges[decision.nudge];
  object.Text("channel", decision.ruleset->channels[nudge.channel].name);
  object.Text("title", decision.title);
  WriteRoute(object, decision);
  if (decision.has_worth) {
    AppendJsonValue(object.Name("worth"), decision.worth, nudge.worth_type);
  } else {
    object.Null("worth");
  }
  WriteScores(object, out, decision);
  WriteReasons(object, out, decision);
  WriteDue(object, decision);
  WriteArms(object, out, decision);
  if (decision.reminder > 0) AppendInteger(object.Name("reminder"), decision.reminder);
  WriteTrigger(object, out, decision);
}

void WritePosition(Members& object, const Decision& decision) {
  AppendInteger(object.Name("position"), static_cast<std::int64_t>(decision.position.value));
}

void AppendCsvField(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string_view NameOf(runtime::TriggerKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"event",     "stall", "stage",
                                                             "condition", "while", "clock"};
  return kNames[static_cast<std::size_t>(kind)];
}

void AppendActionJson(std::string& out, const Decision& decision) {
  Members object(out);
  WriteIdentity(object, decision);
  WriteEntity(object, out, decision);
  WriteDetails(object, out, decision);
  WritePosition(object, decision);
  object.End();
}

void AppendDecisionJson(std::string& out, const Decision& decision) {
  Members object(out);
  object.Text("kind", NameOf(decision.kind));
  if (decision.kind != DecisionKind::kSent) {
    object.Text("code", NameOf(decision.code));
    object.Text("why", decision.why);
  }
  WriteIdentity(object, decision);
  WriteEntity(object, out, decision);
  if (decision.held_out) object.Name("held_out") += "true";
  const bool complete = decision.kind == DecisionKind::kSent || decision.kind == DecisionKind::kHeldOut;
  if (complete) WriteDetails(object, out, decision);
  if (complete && decision.expires.micros != kUnknown) object.Time("expires", decision.expires.micros);
  if (decision.kind == DecisionKind::kDone || decision.kind == DecisionKind::kDeclined) {
    WriteStep(object, decision);
  }
  if (decision.kind == DecisionKind::kGoal) {
    WriteArms(object, out, decision);
    object.Text("goal", decision.trigger);
    object.Time("exposed", decision.exposed.micros);
  }
  if (decision.kind == DecisionKind::kEscalated) WriteEscalation(object, out, decision);
  WritePosition(object, decision);
  object.End();
}

void AppendActionCsv(std::string& out, const Decision& decision) {
  AppendCsvField(out, decision.ruleset->nudges[decision.nudge].name);
  out += ',';
  AppendCsvField(out, decision.key);
  out += ',';
  runtime::AppendRfc3339(out, decision.time.micros);
  const std::vector<runtime::EntitySpec>& entities = decision.ruleset->entities;
  if (std::ranges::any_of(entities, [](const auto& entity) { return entity.whole != runtime::kNoIndex; })) {
    out += ',';
    AppendCsvField(out, decision.whole_key);
  }
  out += '\n';
}

}  // namespace lull::connectors
