// lull show: a ruleset at any stage between text and machine code.
#include <fmt/format.h>

#include <memory>

#include "compiler/ir_printer.h"
#include "compiler/native.h"
#include "compiler/plan.h"
#include "dsl/program_printer.h"
#include "dsl/tree_printer.h"
#include "tools/lull/command.h"
#include "tools/lull/rules.h"

namespace lull::tools {
namespace {

struct ShowOptions {
  std::string folder;
  std::string stage = "checked";
  int level = 1;
};

using Printed = std::expected<std::string, int>;

Printed ShowTree(const dsl::LoadedRuleset& loaded, const ShowOptions&) { return dsl::PrintTree(loaded.tree); }

Printed ShowChecked(const dsl::LoadedRuleset& loaded, const ShowOptions&) {
  return dsl::PrintProgram(loaded.program);
}

Printed ShowPlan(const dsl::LoadedRuleset& loaded, const ShowOptions&) {
  return compiler::PrintPlan(compiler::MakePlan(loaded.program));
}

Printed ShowIr(const dsl::LoadedRuleset& loaded, const ShowOptions&) {
  const auto compiled = CompileRules(loaded);
  if (!compiled) return std::unexpected(compiled.error());
  return compiler::PrintIr(*compiled->module);
}

Printed ShowLlvm(const dsl::LoadedRuleset& loaded, const ShowOptions& options) {
  const auto compiled = CompileRules(loaded);
  if (!compiled) return std::unexpected(compiled.error());
  const Result<std::string> text = compiler::PrintLlvm(*compiled->module, options.level);
  if (!text) return std::unexpected(Complain(text.error().message));
  return *text;
}

struct Stage {
  const char* name;
  Printed (*print)(const dsl::LoadedRuleset&, const ShowOptions&);
};

constexpr Stage kStages[] = {
    {"tree", ShowTree}, {"checked", ShowChecked}, {"plan", ShowPlan}, {"ir", ShowIr}, {"llvm", ShowLlvm},
};

int Show(const ShowOptions& options) {
  const auto loaded = LoadRules(options.folder, /*quiet=*/true);
  if (!loaded) return loaded.error();
  for (const Stage& stage : kStages) {
    if (options.stage != stage.name) continue;
    const Printed text = stage.print(*loaded, options);
    if (!text) return text.error();
    fmt::print("{}{}", *text, text->ends_with('\n') ? "" : "\n");
    return kExitOk;
  }
  return Complain("There is no stage " + options.stage, kExitUsage);
}

}  // namespace

void AddShowCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = app.add_subcommand("show", "Print a ruleset at a stage of its compilation");
  command->add_option("DIR", options->folder, "Folder with the *.lull files")->required();
  std::vector<std::string> names;
  for (const Stage& stage : kStages) names.emplace_back(stage.name);
  command->add_option("--stage", options->stage, "What to print")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  command->add_option("--level", options->level, "For llvm: 0 before the passes, 1 or 2 after")
      ->check(CLI::Range(0, 2))
      ->capture_default_str();
  command->callback([options, &run] { run = [options] { return Show(*options); }; });
}

}  // namespace lull::tools
