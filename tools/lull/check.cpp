// lull check: every independent error of a ruleset in one run.
#include <fmt/format.h>

#include <memory>

#include "compiler/compile.h"
#include "compiler/journey_proofs.h"
#include "dsl/fixes.h"
#include "dsl/load.h"
#include "dsl/render.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/files.h"

namespace lull::tools {
namespace {

struct CheckOptions {
  std::string folder;
  bool json = false;
  bool fix = false;
  bool dry_run = false;
};

/// How often mended files are looked at again: an error may have hidden the next.
constexpr int kRoundsMax = 5;

/// Applies the suggested edits, and those that show up then. False: a file cannot be written.
bool Fix(const dsl::SourceSet& before, const dsl::Diagnostics& found, bool dry_run) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const dsl::SourceId id : before.ids()) {
    texts.emplace_back(before.path(id), dsl::ApplyEdits(before, id, dsl::EditsOf(found)));
  }
  for (int round = 1; round < kRoundsMax; ++round) {
    const dsl::LoadedRuleset again = dsl::LoadRulesetTexts(texts);
    const std::vector<dsl::Edit> edits = dsl::EditsOf(again.diagnostics);
    if (edits.empty()) break;
    for (const dsl::SourceId id : again.sources.ids()) {
      texts[id.index].second = dsl::ApplyEdits(again.sources, id, edits);
    }
  }
  for (const dsl::SourceId id : before.ids()) {
    const auto& [path, text] = texts[id.index];
    if (text == before.text(id)) continue;
    if (dry_run) {
      fmt::print("{}", dsl::LineDiff(path, before.text(id), text));
    } else if (!ReplaceFile(path, text)) {
      return false;
    } else {
      fmt::print(stderr, "{}: mended\n", path);
    }
  }
  return true;
}

int Check(const CheckOptions& options) {
  Result<dsl::LoadedRuleset> loaded = dsl::LoadRuleset(options.folder);
  if (!loaded) return Complain(loaded.error().message);
  if (options.fix) {
    if (!Fix(loaded->sources, loaded->diagnostics, options.dry_run)) return kExitFailure;
    if (options.dry_run) return loaded->good() ? kExitOk : kExitRuleErrors;
    loaded = dsl::LoadRuleset(options.folder);
    if (!loaded) return Complain(loaded.error().message);
  }
  if (loaded->good()) compiler::ProveJourneys(loaded->program, loaded->diagnostics);
  if (options.json) {
    fmt::print("{}", dsl::RenderAllJson(loaded->diagnostics, loaded->sources));
  } else if (!loaded->diagnostics.all().empty()) {
    fmt::print("{}", dsl::RenderAll(loaded->diagnostics, loaded->sources, {.color = OutputHasColor()}));
  }
  if (!loaded->good()) return kExitRuleErrors;
  const dsl::CheckedProgram& program = loaded->program;
  const Result<std::string> version = compiler::CheckCompiles(program);
  if (!version) return Complain(version.error().message, kExitRuleErrors);
  if (!options.json) {
    fmt::print("{}: {} events, {} nudges, {} policies, no errors (version {})\n", program.header.name,
               program.events.size(), program.nudges.size(), program.policies.size(), *version);
  }
  return kExitOk;
}

}  // namespace

void AddCheckCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "Check a ruleset and explain every mistake in it");
  command->add_option("DIR", options->folder, "Folder with the *.lull files")->required();
  command->add_flag("--json", options->json, "One JSON object a line, for editors and scripts");
  CLI::Option* fix = command->add_flag("--fix", options->fix, "Apply the suggested edits to the files");
  command->add_flag("--dry-run", options->dry_run, "With --fix: print what would change, and change nothing")
      ->needs(fix);
  command->footer("\nExits with 0 if there are no errors (warnings do not count), else with 1.");
  command->callback([options, &run] { run = [options] { return Check(*options); }; });
}

}  // namespace lull::tools
