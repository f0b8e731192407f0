// lull explain: why, and why not, for one entity.
#include "trial/explain.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

#include "connectors/event_file.h"
#include "connectors/json_decoder.h"
#include "dsl/diagnostics.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/rules.h"

namespace lull::tools {
namespace {

constexpr std::size_t kBatchLines = 4'096;
constexpr std::size_t kWholesShown = 5;

struct ExplainOptions {
  std::string folder;
  std::string events;
  std::string key;
  std::string of;
  std::string type;
  std::string nudge;
  std::int64_t at = kUnknown;
  bool json = false;
};

template <typename Item>
std::optional<std::uint32_t> FindNamed(const std::vector<Item>& items, const std::string& name) {
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    if (items[i].name == name) return i;
  }
  return std::nullopt;
}

template <typename Item>
int ComplainUnknown(const char* what, const std::vector<Item>& items, const std::string& name) {
  std::vector<std::string_view> names;
  for (const Item& item : items) names.push_back(item.name);
  const std::string_view closest = dsl::ClosestWord(name, names);
  return Complain(fmt::format("the ruleset has no {} {}{}", what, name,
                              closest.empty() ? "" : fmt::format("; did you mean {}?", closest)),
                  kExitUsage);
}

/// Reads the file up to the instant that is asked about.
Status ReadEvents(const ExplainOptions& options, trial::Explainer& explainer) {
  Result<connectors::EventFile> file = connectors::EventFile::Open(options.events);
  if (!file) return std::unexpected(file.error());
  connectors::JsonDecoder decoder(explainer.ruleset());
  while (true) {
    const auto raw = file->Next(kBatchLines);
    if (!raw) return std::unexpected(raw.error());
    if (raw->empty()) return {};
    for (const runtime::EventFrame& frame : decoder.Decode(*raw).frames) {
      const bool in_time = options.at == kUnknown || frame.time.micros <= options.at;
      if (in_time && explainer.Concerns(frame)) explainer.Apply(frame);
    }
  }
}

/// Parts of several wholes share a key: which of them is meant?
int ComplainSeveral(const ExplainOptions& options, const dsl::CheckedProgram& program,
                    const std::vector<trial::Who>& found) {
  const dsl::Entity& part = program.entities[found.front().entity];
  std::string wholes;
  for (std::size_t i = 0; i < std::min(found.size(), kWholesShown); ++i) {
    wholes += (i > 0 ? ", " : "") + found[i].whole_key;
  }
  if (found.size() > kWholesShown) wholes += ", ...";
  const trial::Who& first = found.front();
  return Complain(
      fmt::format("{} {} is of several {}s: {}; say which with --entity {} --of {}, or --entity {}/{}",
                  part.name, options.key, program.entities[part.whole].name, wholes, first.key,
                  first.whole_key, first.whole_key, first.key),
      kExitUsage);
}

/// 0 if there was something to explain, 1 if not.
int ExplainEntity(const ExplainOptions& options, const dsl::LoadedRuleset& loaded, std::uint32_t entity,
                  std::optional<dsl::NudgeId> nudge, bool only) {
  trial::Sought sought{entity, options.key};
  if (!options.of.empty()) sought.of = options.of;
  auto explainer = trial::Explainer::Begin(loaded, std::move(sought), nudge);
  if (!explainer) return Complain(explainer.error().message, kExitRuleErrors);
  const Status read = ReadEvents(options, **explainer);
  if (!read) return Complain(read.error().message);
  if ((*explainer)->found().size() > 1) {
    return ComplainSeveral(options, loaded.program, (*explainer)->found());
  }
  const std::int64_t at = options.at != kUnknown ? options.at : (*explainer)->latest();
  if (at == kUnknown) {
    if (only)
      fmt::print(stderr, "lull: {} has no event of {} {}\n", options.events,
                 loaded.program.entities[entity].name, options.key);
    return 1;
  }
  const trial::Explanation explanation = (*explainer)->Explain(at);
  if (!explanation.exists && !only) return 1;
  fmt::print("{}", options.json ? trial::ExplanationJson(explanation, **explainer)
                                : trial::ExplanationText(explanation, **explainer, OutputHasColor()));
  return kExitOk;
}

int Explain(const ExplainOptions& options) {
  const std::expected<dsl::LoadedRuleset, int> loaded = LoadRules(options.folder, true);
  if (!loaded) return loaded.error();
  const dsl::CheckedProgram& program = loaded->program;
  std::optional<dsl::NudgeId> nudge;
  if (!options.nudge.empty()) {
    nudge = FindNamed(program.nudges, options.nudge);
    if (!nudge) return ComplainUnknown("nudge", program.nudges, options.nudge);
  }
  std::vector<std::uint32_t> entities;
  if (!options.type.empty()) {
    const auto entity = FindNamed(program.entities, options.type);
    if (!entity) return ComplainUnknown("entity", program.entities, options.type);
    entities = {*entity};
  } else if (nudge) {
    entities = {program.nudges[*nudge].entity};
  } else {
    for (std::uint32_t e = 0; e < program.entities.size(); ++e) entities.push_back(e);
  }
  if (!options.of.empty()) {
    std::erase_if(entities, [&](std::uint32_t e) { return program.entities[e].whole == dsl::kNone; });
    if (entities.empty()) {
      return Complain("--of says of what an entity is a part, and this kind of entity is part of nothing",
                      kExitUsage);
    }
  }
  if (entities.size() > 1 && options.events == "-") {
    return Complain("standard input can be read once: say of which kind the entity is with --type",
                    kExitUsage);
  }
  int found = 1;
  for (const std::uint32_t entity : entities) {
    const int result = ExplainEntity(options, *loaded, entity, nudge, entities.size() == 1);
    if (result > 1) return result;
    found = std::min(found, result);
  }
  if (found != 0 && entities.size() > 1) {
    fmt::print(stderr, "lull: {} has no event of {}\n", options.events, options.key);
  }
  return found;
}

}  // namespace

void AddExplainCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand("explain", "Say why an entity's nudges went out, and why not");
  command->add_option("DIR", options->folder, "Folder with the *.lull files")->required();
  command
      ->add_option("--events", options->events, "Events as JSON lines, perhaps gzipped; - for standard input")
      ->required();
  command->add_option("--entity", options->key, "The key of the entity; of a part its own, or WHOLE/PART")
      ->required();
  command->add_option("--of", options->of, "The key of the whole, if several have a part with such a key");
  command->add_option("--type", options->type, "The kind of entity, if several have such keys");
  command->add_option("--nudge", options->nudge, "Only this nudge");
  AddTimeOption(*command, "--at", options->at, "As of this time; else as of the entity's latest event");
  command->add_flag("--json", options->json, "One JSON object");
  command->footer("\nExits with 0, or with 1 if the entity has no events.");
  command->callback([options, &run] { run = [options] { return Explain(*options); }; });
}

}  // namespace lull::tools
