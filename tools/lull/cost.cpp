// lull cost: what a ruleset takes at most, in memory for each entity and in work for each event.
#include "compiler/cost.h"

#include <fmt/format.h>

#include <memory>

#include "connectors/json_text.h"
#include "tools/lull/command.h"
#include "tools/lull/rules.h"

namespace lull::tools {
namespace {

constexpr std::size_t kShownMax = 10;

struct CostOptions {
  std::string folder;
  std::uint64_t entities = 0;
  bool json = false;
};

std::string Bytes(std::uint64_t bytes) {
  struct Unit {
    double bytes;
    const char* name;
  };
  for (const Unit& unit : {Unit{1e12, "TB"}, Unit{1e9, "GB"}, Unit{1e6, "MB"}, Unit{1e3, "kB"}}) {
    const double value = static_cast<double>(bytes) / unit.bytes;
    if (value >= 1) return fmt::format("{:.{}f} {}", value, value < 10 ? 1 : 0, unit.name);
  }
  return fmt::format("{} bytes", bytes);
}

void PrintText(const compiler::EntityCost& cost, std::uint64_t entities) {
  fmt::print("{}: at most {} for each", cost.entity, Bytes(cost.bytes));
  if (entities > 0) fmt::print(", {} for {}", Bytes(cost.bytes * entities), entities);
  fmt::print("\n");
  for (std::size_t i = 0; i < std::min(cost.items.size(), kShownMax); ++i) {
    const compiler::CostItem& item = cost.items[i];
    fmt::print("  {:>8}  {:3.0f}%  {}{}\n", Bytes(item.amount),
               100.0 * static_cast<double>(item.amount) /
                   static_cast<double>(std::max<std::uint64_t>(cost.bytes, 1)),
               item.what, item.uses.empty() ? "" : " (" + item.uses + ")");
  }
  if (cost.items.size() > kShownMax) fmt::print("  and {} more\n", cost.items.size() - kShownMax);
  for (std::size_t i = 0; i < std::min(cost.events.size(), kShownMax); ++i) {
    const compiler::EventCost& event = cost.events[i];
    fmt::print("  {:>8} instructions  {}", event.instructions, event.event);
    if (!event.items.empty()) {
      fmt::print(", of these {} for {}", event.items.front().amount, event.items.front().what);
    }
    fmt::print("\n");
  }
  if (cost.events.size() > kShownMax) fmt::print("  and {} cheaper events\n", cost.events.size() - kShownMax);
  fmt::print("  {:>8} instructions  when time alone changes something\n", cost.deadline_instructions);
  for (std::size_t i = 0; i < std::min<std::size_t>(cost.nudges.size(), 3); ++i) {
    fmt::print("  {:>8} of these to decide on {}\n", cost.nudges[i].amount, cost.nudges[i].what);
  }
  for (const std::string& note : cost.notes) fmt::print("  not in these bounds: {}\n", note);
}

std::string Text(const std::string& text) {
  std::string out;
  connectors::AppendJsonText(out, text);
  return out;
}

std::string Json(const compiler::EntityCost& cost, std::uint64_t entities) {
  std::string out = fmt::format("{{\"entity\":{},\"bytes\":{}", Text(cost.entity), cost.bytes);
  if (entities > 0)
    out += fmt::format(",\"entities\":{},\"bytes_in_all\":{}", entities, cost.bytes * entities);
  const auto list = [&](const char* name, const std::vector<compiler::CostItem>& items, const char* amount) {
    out += fmt::format(",\"{}\":[", name);
    for (std::size_t i = 0; i < items.size(); ++i) {
      out += fmt::format("{}{{\"what\":{},\"uses\":{},\"{}\":{}}}", i == 0 ? "" : ",", Text(items[i].what),
                         Text(items[i].uses), amount, items[i].amount);
    }
    out += "]";
  };
  list("memory", cost.items, "bytes");
  out += ",\"events\":[";
  for (std::size_t i = 0; i < cost.events.size(); ++i) {
    out += fmt::format("{}{{\"event\":{},\"instructions\":{}", i == 0 ? "" : ",", Text(cost.events[i].event),
                       cost.events[i].instructions);
    list("parts", cost.events[i].items, "instructions");
    out += "}";
  }
  out += fmt::format("],\"deadline_instructions\":{}", cost.deadline_instructions);
  list("nudges", cost.nudges, "instructions");
  out += ",\"not_in_bounds\":[";
  for (std::size_t i = 0; i < cost.notes.size(); ++i) out += (i == 0 ? "" : ",") + Text(cost.notes[i]);
  return out + "]}\n";
}

int Cost(const CostOptions& options) {
  const auto loaded = LoadRules(options.folder, /*quiet=*/true);
  if (!loaded) return loaded.error();
  const auto compiled = CompileRules(*loaded);
  if (!compiled) return compiled.error();
  for (const compiler::EntityCost& cost : compiler::MeasureCost(loaded->program, *compiled)) {
    if (options.json) fmt::print("{}", Json(cost, options.entities));
    if (!options.json) PrintText(cost, options.entities);
  }
  return kExitOk;
}

}  // namespace

void AddCostCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<CostOptions>();
  CLI::App* command = app.add_subcommand("cost", "What a ruleset takes at most, in memory and in work");
  command->add_option("DIR", options->folder, "Folder with the *.lull files")->required();
  command->add_option("--entities", options->entities, "Also print the memory of so many entities");
  command->add_flag("--json", options->json, "One JSON object a line, for each entity");
  command->footer(
      "\nMemory is that of an entity for which everything is full: windows up to `keep`, texts at their "
      "longest.\n"
      "Instructions are the longest path through the compiled rules, for one event and all that follows from "
      "it.");
  command->callback([options, &run] { run = [options] { return Cost(*options); }; });
}

}  // namespace lull::tools
