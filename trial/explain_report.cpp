// Explanations as text.
#include <fmt/format.h>

#include <algorithm>

#include "connectors/json_text.h"
#include "trial/explain.h"

namespace lull::trial {
namespace {

constexpr std::size_t kLabelWidthMax = 60;

std::string PartsText(const std::vector<PartAnswer>& parts) {
  std::size_t width = 0;
  for (const PartAnswer& part : parts) {
    width = std::max(width, std::min(kLabelWidthMax, 2 * part.depth + part.label.size()));
  }
  std::string text;
  for (const PartAnswer& part : parts) {
    const std::string label = std::string(2 * part.depth, ' ') + part.label;
    const char* holds = !part.holds ? "" : *part.holds ? "ok" : "NO";
    std::string line = fmt::format("    {:<{}}  {:<2}  {}", label, width, holds, part.why);
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  return text;
}

const char* KindName(EntryKind kind) {
  static constexpr const char* kNames[] = {"event", "stage", "stall_begins", "stall_ends", "decision"};
  return kNames[static_cast<std::size_t>(kind)];
}

void AppendMember(std::string& out, const char* name, std::string_view text) {
  out += fmt::format("\"{}\":", name);
  connectors::AppendJsonText(out, text);
}

std::string TimeOf(std::int64_t instant) {
  std::string text;
  runtime::AppendRfc3339(text, instant);
  return text;
}

std::string TimeOrNull(std::int64_t instant) {
  return instant == kUnknown ? "null" : "\"" + TimeOf(instant) + "\"";
}

void AppendDecisions(std::string& out, const std::vector<DecisionRecord>& decisions) {
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const DecisionRecord& record = decisions[i];
    out += fmt::format("{}{{\"time\":\"{}\",\"kind\":\"{}\",\"code\":\"{}\",\"id\":\"{}\",", i > 0 ? "," : "",
                       TimeOf(record.instant), NameOf(record.kind), NameOf(record.code), record.id.Hex());
    AppendMember(out, "why", record.why);
    out += '}';
  }
}

void AppendParts(std::string& out, const std::vector<PartAnswer>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += fmt::format("{}{{\"depth\":{},\"ok\":{},", i > 0 ? "," : "", parts[i].depth,
                       !parts[i].holds   ? "null"
                       : *parts[i].holds ? "true"
                                         : "false");
    AppendMember(out, "part", parts[i].label);
    out += ',';
    AppendMember(out, "why", parts[i].why);
    out += '}';
  }
}

}  // namespace

std::string ExplanationText(const Explanation& explanation, const Explainer& explainer, bool color) {
  const char* strong = color ? "\033[1m" : "";
  const char* none = color ? "\033[0m" : "";
  const runtime::Ruleset& ruleset = *explainer.ruleset();
  const Who& who = explanation.who;
  const runtime::EntitySpec& entity = ruleset.entities[who.entity];
  std::string name = entity.name;
  if (!who.key.empty()) name += " " + who.key;
  if (!who.whole_key.empty()) name += " of " + ruleset.entities[entity.whole].name + " " + who.whole_key;
  std::string text = fmt::format("{}{} at {}\n", strong, name, explainer.TimeText(explanation.instant));
  text += none;
  if (!explanation.exists) text += "  nothing is known of it at that time\n";
  for (const ExperimentExplanation& experiment : explanation.experiments) {
    text += fmt::format("  in arm {} of {}{}", experiment.arm, experiment.experiment,
                        experiment.held_out ? ", held out" : "");
    text += experiment.exposed == kUnknown ? "; nothing of it has reached this " + entity.name + " yet"
                                           : "; takes part since " + explainer.TimeText(experiment.exposed);
    if (experiment.reached != kUnknown) {
      text += ", reached the goal at " + explainer.TimeText(experiment.reached);
    }
    text += "\n";
  }
  for (const NudgeExplanation& nudge : explanation.nudges) {
    text += fmt::format("\n  {}{}{}: {}\n", strong, ruleset.nudges[nudge.nudge].name, none, nudge.summary);
    text += PartsText(nudge.parts);
  }
  if (!explanation.timeline.empty()) text += fmt::format("\n  {}What happened{}\n", strong, none);
  for (const Entry& entry : explanation.timeline) {
    text += fmt::format("    {}  {}\n", explainer.TimeText(entry.instant), entry.text);
  }
  return text;
}

std::string ExplanationJson(const Explanation& explanation, const Explainer& explainer) {
  const runtime::Ruleset& ruleset = *explainer.ruleset();
  std::string out = "{";
  const Who& who = explanation.who;
  const runtime::EntitySpec& entity = ruleset.entities[who.entity];
  AppendMember(out, "entity", entity.name);
  out += ',';
  AppendMember(out, "key", who.key);
  if (entity.whole != runtime::kNoIndex) {
    out += ",\"within\":{";
    AppendMember(out, "type", ruleset.entities[entity.whole].name);
    out += ',';
    AppendMember(out, "id", who.whole_key);
    out += '}';
  }
  out += fmt::format(",\"at\":\"{}\",\"known\":{},\"nudges\":[", TimeOf(explanation.instant),
                     explanation.exists);
  for (std::size_t i = 0; i < explanation.nudges.size(); ++i) {
    const NudgeExplanation& nudge = explanation.nudges[i];
    out += i > 0 ? ",{" : "{";
    AppendMember(out, "nudge", ruleset.nudges[nudge.nudge].name);
    out += fmt::format(",\"state\":\"{}\",", NameOf(nudge.state));
    AppendMember(out, "summary", nudge.summary);
    out += ",\"parts\":[";
    AppendParts(out, nudge.parts);
    out += "],\"decisions\":[";
    AppendDecisions(out, nudge.decisions);
    out += "]}";
  }
  out += "],\"experiments\":[";
  for (std::size_t i = 0; i < explanation.experiments.size(); ++i) {
    const ExperimentExplanation& experiment = explanation.experiments[i];
    out += i > 0 ? ",{" : "{";
    AppendMember(out, "experiment", experiment.experiment);
    out += ',';
    AppendMember(out, "arm", experiment.arm);
    out += fmt::format(",\"held_out\":{},\"since\":{},\"reached\":{}}}", experiment.held_out,
                       TimeOrNull(experiment.exposed), TimeOrNull(experiment.reached));
  }
  out += "],\"timeline\":[";
  for (std::size_t i = 0; i < explanation.timeline.size(); ++i) {
    const Entry& entry = explanation.timeline[i];
    out += fmt::format("{}{{\"time\":\"{}\",\"kind\":\"{}\",", i > 0 ? "," : "", TimeOf(entry.instant),
                       KindName(entry.kind));
    AppendMember(out, "text", entry.text);
    out += '}';
  }
  return out + "]}\n";
}

}  // namespace lull::trial
