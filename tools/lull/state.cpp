// lull state: what a service knows, from its checkpoints.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <queue>

#include "connectors/json_text.h"
#include "connectors/nats/deploy_marker.h"
#include "connectors/nats/partitioning.h"
#include "connectors/nats/serve_config.h"
#include "connectors/nats/subject_token.h"
#include "connectors/time_text.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/nats_target.h"
#include "tools/lull/state_view.h"
#include "trial/entity_facts.h"
#include "trial/explain.h"

namespace lull::tools {
namespace {

namespace fs = std::filesystem;

struct StateOptions {
  std::string config_file;
  std::string folder;
  std::optional<std::uint32_t> partition;
  std::uint64_t number = 0;  // 0: the newest
  bool candidate = false;
  bool json = false;
  std::string type;
  std::string key;
  std::string of;
  std::string nudge;
  std::size_t count = 10;
};

Result<fs::path> FolderOf(const StateOptions& options) {
  if (!options.folder.empty()) return fs::path(options.folder);
  if (options.config_file.empty()) return Fail("say where the state is: --config FILE, or --folder DIR");
  const auto config = connectors::LoadServeConfig(options.config_file);
  if (!config) return std::unexpected(config.error());
  if (!config->state_folder) return Fail("the configuration keeps no checkpoints (`checkpoints = false`)");
  if (config->partition_count == 1) return *config->state_folder;
  if (!options.partition) return Fail("the deployment has partitions: say which with --partition P");
  return *config->state_folder / std::to_string(*options.partition);
}

Result<std::unique_ptr<StateView>> OpenView(const StateOptions& options) {
  const auto folder = FolderOf(options);
  if (!folder) return std::unexpected(folder.error());
  return StateView::Open(*folder, options.number == 0 ? std::nullopt : std::optional(options.number),
                         options.candidate);
}

// ---- list

int List(const StateOptions& options) {
  const auto folder = FolderOf(options);
  if (!folder) return Complain(folder.error().message, kExitUsage);
  const std::vector<fs::path> folders = connectors::FinishedCheckpoints(*folder);
  if (folders.empty()) return Complain("there is no checkpoint in " + folder->string());
  int result = kExitOk;
  if (!options.json)
    fmt::print("{:>8}  {:<24}  {:>12}  {:>12}  {:>12}  {}\n", "number", "made", "input", "entities", "bytes",
               "ruleset");
  for (const fs::path& each : folders) {
    const auto reader = connectors::CheckpointReader::Open(each);
    const std::string name = each.filename().string();
    if (!reader) {
      result = kExitFailure;
      fmt::print(stderr, "lull: {}\n", reader.error().message);
      continue;
    }
    const connectors::CheckpointHead& head = reader->head();
    const auto marker = connectors::ParseDeployMarker(head.bundle);
    const std::string version = marker ? marker->version : "?";
    if (options.json) {
      fmt::print(
          "{{\"number\":{},\"made\":\"{}\",\"input_sequence\":{},\"entities\":{},\"bytes\":{},\"version\":\"{"
          "}\"}}\n",
          head.number, connectors::Rfc3339Text(head.made_micros), head.input.sequence, head.entity_count,
          BytesBelow(each), version);
    } else {
      fmt::print("{:>8}  {:<24}  {:>12}  {:>12}  {:>12}  {}\n", head.number,
                 connectors::Rfc3339Text(head.made_micros), Grouped(head.input.sequence),
                 Grouped(head.entity_count), Grouped(BytesBelow(each)), version.substr(0, 12));
    }
  }
  return result;
}

// ---- show

/// The entity types that a name may mean.
Result<std::vector<std::uint32_t>> TypesOf(const StateOptions& options, const runtime::Ruleset& ruleset) {
  std::vector<std::uint32_t> types;
  for (std::uint32_t e = 0; e < ruleset.entities.size(); ++e) {
    const bool is_part = ruleset.entities[e].whole != runtime::kNoIndex;
    if (!options.type.empty() ? ruleset.entities[e].name == options.type : is_part != options.of.empty()) {
      types.push_back(e);
    }
  }
  if (!types.empty()) return types;
  std::string names;
  for (const runtime::EntitySpec& entity : ruleset.entities)
    names += (names.empty() ? "" : ", ") + entity.name;
  return Fail("the ruleset has no such kind of entity; it has: " + names);
}

int ShowOne(const StateOptions& options, StateView& view, std::uint32_t type, std::string_view image) {
  const runtime::Ruleset& ruleset = view.ruleset();
  const std::uint32_t whole = ruleset.entities[type].whole;
  const bool is_part = whole != runtime::kNoIndex;
  if (!view.engine().Restore(is_part ? whole : type, is_part ? options.of : options.key, image)) {
    return Complain("the checkpoint is damaged: the entity is not what its ruleset can have");
  }
  const trial::Who who{type, options.key, is_part ? options.of : ""};
  if (view.engine().Record(who.name()) == nullptr) return kExitRuleErrors;
  const trial::EntityFacts facts = trial::FactsOf(view.engine(), who, view.zone());
  std::optional<dsl::NudgeId> nudge;
  if (!options.nudge.empty()) {
    const auto& nudges = view.loaded().program.nudges;
    const auto found = std::ranges::find(nudges, options.nudge, &dsl::Nudge::name);
    if (found == nudges.end()) return Complain("the ruleset has no nudge " + options.nudge, kExitUsage);
    nudge = static_cast<dsl::NudgeId>(found - nudges.begin());
  }
  trial::Sought sought{type, options.key};
  if (is_part) sought.of = options.of;
  auto explainer = trial::Explainer::Begin(view.loaded(), std::move(sought), nudge);
  if (!explainer) return Complain(explainer.error().message);
  if (!(*explainer)->Restore(view.head().clock, image)) {
    return Complain("the state of this entity cannot be explained by this version of Lull");
  }
  const trial::Explanation why = (*explainer)->Explain((*explainer)->latest());
  if (options.json) {
    std::string explained = trial::ExplanationJson(why, **explainer);
    explained.pop_back();
    fmt::print("{{\"facts\":{},\"explanation\":{}}}\n", trial::FactsJson(facts, ruleset), explained);
  } else {
    fmt::print("{}\n{}", trial::FactsText(facts, ruleset, view.zone(), OutputHasColor()),
               trial::ExplanationText(why, **explainer, OutputHasColor()));
  }
  return kExitOk;
}

int Show(const StateOptions& options) {
  auto view = OpenView(options);
  if (!view) return Complain(view.error().message);
  const auto types = TypesOf(options, (*view)->ruleset());
  if (!types) return Complain(types.error().message, kExitUsage);
  for (const std::uint32_t type : *types) {
    const std::uint32_t whole = (*view)->ruleset().entities[type].whole;
    const bool is_part = whole != runtime::kNoIndex;
    const auto image = (*view)->Find(is_part ? whole : type, is_part ? options.of : options.key);
    if (!image) return Complain(image.error().message);
    if (image->empty()) continue;
    const int result = ShowOne(options, **view, type, *image);
    if (result != kExitRuleErrors) return result;
  }
  if ((*view)->head().candidate && !options.candidate) {
    // It may be in the share of a canary.
    StateOptions tried = options;
    tried.candidate = true;
    return Show(tried);
  }
  fmt::print(stderr, "lull: checkpoint {} knows nothing of {}\n", (*view)->head().number, options.key);
  return kExitRuleErrors;
}

// ---- largest, export

int Largest(const StateOptions& options) {
  auto view = OpenView(options);
  if (!view) return Complain(view.error().message);
  using Sized = std::pair<std::size_t, trial::Who>;
  std::priority_queue<Sized, std::vector<Sized>, std::greater<>> largest;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> totals((*view)->ruleset().entities.size());
  const Status read =
      (*view)->ReadAll([&](std::uint32_t entity, std::string_view key, std::string_view image) {
        if (entity >= totals.size()) return false;
        ++totals[entity].first;
        totals[entity].second += image.size();
        largest.push({image.size(), {entity, std::string(key)}});
        if (largest.size() > options.count) largest.pop();
        return true;
      });
  if (!read) return Complain(read.error().message);
  for (std::size_t e = 0; e < totals.size(); ++e) {
    if (totals[e].first == 0) continue;
    fmt::print("{}: {} entities, {} bytes, {} on average\n", (*view)->ruleset().entities[e].name,
               Grouped(totals[e].first), Grouped(totals[e].second),
               Grouped(totals[e].second / totals[e].first));
  }
  std::vector<Sized> shown;
  for (; !largest.empty(); largest.pop()) shown.push_back(largest.top());
  for (auto each = shown.rbegin(); each != shown.rend(); ++each) {
    fmt::print("{:>12} bytes  {} {}\n", Grouped(each->first),
               (*view)->ruleset().entities[each->second.entity].name, each->second.key);
  }
  return kExitOk;
}

int Export(const StateOptions& options) {
  auto view = OpenView(options);
  if (!view) return Complain(view.error().message);
  StateOptions wholes = options;
  wholes.of.clear();
  const auto types = TypesOf(wholes, (*view)->ruleset());
  if (!types) return Complain(types.error().message, kExitUsage);
  const Status read =
      (*view)->ReadAll([&](std::uint32_t entity, std::string_view key, std::string_view image) {
        if (!(*view)->engine().Restore(entity, key, image)) return false;
        const auto print = [&](const trial::Who& who) {
          const trial::EntityFacts facts = trial::FactsOf((*view)->engine(), who, (*view)->zone());
          if (std::ranges::count(*types, who.entity) > 0) {
            fmt::print("{}\n", trial::FactsJson(facts, (*view)->ruleset()));
          }
          return facts.parts;
        };
        for (const trial::Who& part : print({entity, std::string(key)})) print(part);
        return true;
      });
  return read ? kExitOk : Complain(read.error().message);
}

// ---- erase

int Erase(const StateOptions& options, NatsTarget& target) {
  if (Status ok = target.Resolve(true); !ok) return Complain(ok.error().message, kExitUsage);
  auto connection = connectors::Connection::Open(target.connection);
  if (!connection) return Complain(connection.error().message);
  std::string request = "{\"entity\":";
  connectors::AppendJsonText(request, options.type);
  request += ",\"key\":";
  connectors::AppendJsonText(request, options.key);
  // The key's partition is that of its token in the subjects of events.
  const std::vector<std::string> names = target.Names();
  const std::uint32_t partition =
      connectors::PartitionOf(connectors::EncodeToken(options.key), static_cast<std::uint32_t>(names.size()));
  const auto stored = connection->Store("lull." + names[partition] + ".erase", request + "}", {});
  if (!stored) return Complain(stored.error().message);
  fmt::print("{{\"ok\":true,\"sequence\":{}}}\n", stored->sequence);
  return kExitOk;
}

// ---- Command line

CLI::App* AddView(CLI::App& state, const std::shared_ptr<StateOptions>& options, const char* name,
                  const char* what) {
  CLI::App* command = state.add_subcommand(name, what);
  command->add_option("--config", options->config_file, "Configuration file of `lull serve`")
      ->check(CLI::ExistingFile);
  command->add_option("--folder", options->folder, "The `folder` of [state], if there is no --config");
  command->add_option("--partition", options->partition, "Of a deployment with [partitions]");
  command->add_flag("--candidate", options->candidate, "Of the canary or shadow that was tried then");
  return command;
}

void AddNumber(CLI::App& command, const std::shared_ptr<StateOptions>& options) {
  command.add_option("--number", options->number, "This checkpoint, not the newest");
}

}  // namespace

void AddStateCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* state = app.add_subcommand("state", "Look into the checkpoints of a service; erase an entity");
  state->require_subcommand(1);
  state->footer(
      "\nExamples:\n"
      "  lull state list --config lull.toml\n"
      "  lull state show --config lull.toml --entity C1042            # and why its nudges went out, or not\n"
      "  lull state show --folder state --entity T7 --of C1042 --type ticket --json\n"
      "  lull state export --config lull.toml --type customer > customers.jsonl\n"
      "  lull state erase --config lull.toml --type customer --entity C1042\n"
      "\nA checkpoint is as old as its place in the input log; the service makes one every few seconds.\n"
      "They can be read while the service runs.");
  auto options = std::make_shared<StateOptions>();
  const auto set = [&run, options](CLI::App* command, int (*action)(const StateOptions&)) {
    command->callback([options, action, &run] { run = [options, action] { return action(*options); }; });
  };
  CLI::App* list = AddView(*state, options, "list", "The finished checkpoints, newest first");
  list->add_flag("--json", options->json, "One JSON object a line");
  set(list, List);

  CLI::App* show =
      AddView(*state, options, "show", "What is known of an entity, and why its nudges went out or not");
  AddNumber(*show, options);
  show->add_option("--entity", options->key, "The key of the entity")->required();
  show->add_option("--type", options->type, "The kind of entity, if several have such keys");
  show->add_option("--of", options->of, "The key of the whole, if a part is meant");
  show->add_option("--nudge", options->nudge, "Explain this nudge only");
  show->add_flag("--json", options->json, "One JSON object");
  set(show, Show);

  CLI::App* largest =
      AddView(*state, options, "largest", "How much each kind of entity takes, and who takes most");
  AddNumber(*largest, options);
  largest->add_option("--count", options->count, "How many")->capture_default_str();
  set(largest, Largest);

  CLI::App* exported = AddView(*state, options, "export", "All entities as JSON lines");
  AddNumber(*exported, options);
  exported->add_option("--type", options->type, "Only this kind of entity");
  set(exported, Export);

  CLI::App* erase = state->add_subcommand("erase", "Make a running service forget an entity for good");
  auto target = std::make_shared<NatsTarget>();
  target->AddOptions(*erase, false);
  erase->add_option("--entity", options->key, "The key of the entity")->required();
  erase->add_option("--type", options->type, "The kind of entity; not a part")->required();
  erase->footer(
      "\nThe request is an entry of the input log, which is the record that it was made: it takes effect "
      "there,\n"
      "and again in each replay. Open tasks are withdrawn. Events of the entity stay in the input log, and "
      "its\n"
      "actions in the output log, as long as those are kept; checkpoints forget it as they are replaced.");
  erase->callback([options, target, &run] { run = [options, target] { return Erase(*options, *target); }; });
}

}  // namespace lull::tools
