// lull check: every independent error of a ruleset in one run.
#include <fmt/format.h>

#include <memory>

#include "compiler/compile.h"
#include "dsl/load.h"
#include "dsl/render.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"

namespace lull::tools {
namespace {

struct CheckOptions {
  std::string folder;
  bool json = false;
};

int Check(const CheckOptions& options) {
  const Result<dsl::LoadedRuleset> loaded = dsl::LoadRuleset(options.folder);
  if (!loaded) return Complain(loaded.error().message);
  if (options.json) {
    fmt::print("{}", dsl::RenderAllJson(loaded->diagnostics, loaded->sources));
  } else if (!loaded->diagnostics.all().empty()) {
    fmt::print("{}", dsl::RenderAll(loaded->diagnostics, loaded->sources, {.color = OutputHasColor()}));
  }
  if (!loaded->good()) return kExitRuleErrors;
  const Result<compiler::CompiledRuleset> compiled = compiler::Compile(loaded->program);
  if (!compiled) return Complain(compiled.error().message, kExitRuleErrors);
  if (!options.json) {
    const runtime::Ruleset& ruleset = *compiled->ruleset;
    fmt::print("{}: {} events, {} nudges, {} policies, no errors (version {})\n", ruleset.name,
               ruleset.events.size(), ruleset.nudges.size(), ruleset.policies.size(), ruleset.version);
  }
  return kExitOk;
}

}  // namespace

void AddCheckCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "Check a ruleset and explain every mistake in it");
  command->add_option("DIR", options->folder, "Folder with the *.lull files")->required();
  command->add_flag("--json", options->json, "One JSON object a line, for editors and scripts");
  command->footer("\nExits with 0 if there are no errors (warnings do not count), else with 1.");
  command->callback([options, &run] { run = [options] { return Check(*options); }; });
}

}  // namespace lull::tools
