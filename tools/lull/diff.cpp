// lull diff: what a new ruleset does to the state of the old one.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "compiler/change_plan.h"
#include "connectors/json_text.h"
#include "dsl/load.h"
#include "dsl/render.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/rules.h"

namespace lull::tools {
namespace {

using compiler::ChangeKind;
using compiler::DeclarationChange;
using compiler::Effect;
using compiler::Fate;

constexpr std::array<const char*, 5> kKinds = {"added", "removed", "renamed", "changed", "affected"};
constexpr std::array<const char*, 5> kHeadings = {"added", "removed", "renamed", "changed",
                                                  "affected by what it reads"};
constexpr std::array<const char*, 4> kFates = {"kept", "partly", "empty", "forgotten"};
constexpr std::array<const char*, 11> kEffects = {"deadlines_move",  "levels_move",         "waits_end",
                                                  "held_silently",   "triggers_existing",   "tasks_stay",
                                                  "tasks_withdrawn", "task_deadlines_stay", "records_go",
                                                  "unit_gone",       "stages_begin_anew"};

struct DiffOptions {
  std::string before;
  std::string after;
  bool json = false;
  bool exit_code = false;
};

// ---- Text

struct Ink {
  bool color = false;
  std::string operator()(const char* code, const std::string& text) const {
    return color ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
  }
};

/// What becomes of what is remembered: alike things in one line, and nothing where all carries over.
void PrintMemory(const DeclarationChange& change) {
  std::vector<std::pair<std::string, std::string>> told;  // what becomes of it, of which things
  for (const compiler::Memory& memory : change.memory) {
    const std::string fate = compiler::Describe(memory);
    const auto found = std::ranges::find(told, fate, [](const auto& each) { return each.first; });
    if (found == told.end()) {
      told.emplace_back(fate, memory.what);
    } else {
      found->second += "; " + memory.what;
    }
  }
  for (const auto& [fate, what] : told) fmt::print("      {}: {}\n", what, fate);
}

void PrintDeclaration(const DeclarationChange& change, const Ink& ink) {
  const std::string of = change.entity.empty() ? "" : " of " + change.entity;
  const std::string was = change.was.empty() ? "" : ", was " + change.was;
  fmt::print("  {} {}{}{}\n", change.of, ink("1", change.name), of, was);
  for (const std::string& line : change.gone) fmt::print("{}\n", ink("31", "    - " + line));
  for (const std::string& line : change.fresh) fmt::print("{}\n", ink("32", "    + " + line));
  PrintMemory(change);
  for (const Effect effect : change.effects) fmt::print("      {}\n", compiler::Describe(effect));
}

void PrintText(const compiler::ChangePlan& plan) {
  const Ink ink{OutputHasColor()};
  if (plan.version_before == plan.version_after) {
    fmt::print("nothing changes (version {})\n", plan.version_after);
    return;
  }
  fmt::print("version {} becomes {}\n", plan.version_before, plan.version_after);
  for (const ChangeKind kind : {ChangeKind::kChanged, ChangeKind::kAffected, ChangeKind::kAdded,
                                ChangeKind::kRenamed, ChangeKind::kRemoved}) {
    bool first = true;
    for (const DeclarationChange& change : plan.declarations) {
      if (change.kind != kind) continue;
      if (std::exchange(first, false)) {
        fmt::print("\n{}\n", ink("4", kHeadings[static_cast<std::size_t>(kind)]));
      }
      PrintDeclaration(change, ink);
    }
  }
  fmt::print("\nAll else keeps its state and its pending deadlines.\n");
}

// ---- JSON

std::string Text(const std::string& text) {
  std::string out;
  connectors::AppendJsonText(out, text);
  return out;
}

template <typename Items, typename Write>
std::string List(const Items& items, const Write& write) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() == 1 ? "" : ",") + write(item);
  return out + "]";
}

std::string Json(const compiler::Memory& memory) {
  std::string out = fmt::format("{{\"what\":{},\"fate\":\"{}\"", Text(memory.what),
                                kFates[static_cast<std::size_t>(memory.fate)]);
  if (memory.full_after_micros > 0) {
    out += ",\"full_after_seconds\":";
    connectors::AppendJsonNumber(out, static_cast<double>(memory.full_after_micros) / kMicrosPerSecond);
  }
  return out + "}";
}

std::string Json(const DeclarationChange& change) {
  std::string out = fmt::format("{{\"change\":\"{}\",\"of\":\"{}\",\"name\":{}",
                                kKinds[static_cast<std::size_t>(change.kind)], change.of, Text(change.name));
  if (!change.entity.empty()) out += ",\"entity\":" + Text(change.entity);
  if (!change.was.empty()) out += ",\"was\":" + Text(change.was);
  if (!change.gone.empty()) out += ",\"gone\":" + List(change.gone, Text);
  if (!change.fresh.empty()) out += ",\"fresh\":" + List(change.fresh, Text);
  out += ",\"memory\":" + List(change.memory, [](const auto& memory) { return Json(memory); });
  out += ",\"effects\":" + List(change.effects, [](Effect effect) {
           return fmt::format("\"{}\"", kEffects[static_cast<std::size_t>(effect)]);
         });
  return out + "}";
}

void PrintJson(const compiler::ChangePlan& plan) {
  fmt::print("{{\"before\":\"{}\",\"after\":\"{}\",\"declarations\":{}}}\n", plan.version_before,
             plan.version_after,
             List(plan.declarations, [](const DeclarationChange& change) { return Json(change); }));
}

/// A folder, or one file that makes a ruleset by itself.
std::expected<dsl::LoadedRuleset, int> Load(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return LoadRules(path, /*quiet=*/true);
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) return std::unexpected(Complain("cannot read " + path));
  dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{path, text}});
  if (loaded.good()) return loaded;
  fmt::print(stderr, "{}", dsl::RenderAll(loaded.diagnostics, loaded.sources, {.color = ErrorHasColor()}));
  return std::unexpected(kExitRuleErrors);
}

int Diff(const DiffOptions& options) {
  const auto before = Load(options.before);
  if (!before) return before.error();
  const auto after = Load(options.after);
  if (!after) return after.error();
  const auto old_compiled = CompileRules(*before);
  if (!old_compiled) return old_compiled.error();
  const auto new_compiled = CompileRules(*after);
  if (!new_compiled) return new_compiled.error();
  const compiler::ChangePlan plan =
      compiler::PlanChange({before->program, *old_compiled}, {after->program, *new_compiled});
  if (options.json) PrintJson(plan);
  if (!options.json) PrintText(plan);
  const bool same = plan.version_before == plan.version_after;
  return options.exit_code && !same ? kExitRuleErrors : kExitOk;
}

}  // namespace

void AddDiffCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command = app.add_subcommand("diff", "What a new ruleset does to the state of the old one");
  command->add_option("OLD", options->before, "Folder (or file) with the rules that run now")->required();
  command->add_option("NEW", options->after, "Folder (or file) with those to deploy")->required();
  command->add_flag("--json", options->json, "One JSON object, for scripts");
  command->add_flag("--exit-code", options->exit_code,
                    "Exit with 1 if they differ, like `git diff --exit-code`");
  command->footer(
      "\nFor each declaration: what it says now, which of what is remembered carries over, what starts empty "
      "and\n"
      "when it will be full, which pending deadlines move, which open tasks are withdrawn, and what is "
      "already so\n"
      "and does not trigger. It is what `lull reload` and `lull deploy` do, from the same plan.\n"
      "A window is called full on the assumption that the old one was.\n"
      "\nExample:\n"
      "  git worktree add /tmp/live v1.4 && lull diff /tmp/live/rules rules");
  command->callback([options, &run] { run = [options] { return Diff(*options); }; });
}

}  // namespace lull::tools
