#include "tools/lull/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/lull/console.h"

namespace lull::tools {
namespace {

using runtime::DecisionKind;

constexpr std::size_t kTypesShownMax = 5;

std::uint64_t CountOf(const std::uint64_t* by_kind, DecisionKind kind) {
  return by_kind[static_cast<std::size_t>(kind)];
}

void AddIfAny(SummaryTable& table, const char* label, std::uint64_t count) {
  if (count > 0) table.Row(label, count);
}

void AddEvents(SummaryTable& table, const ReplayTotals& totals, double seconds) {
  const runtime::EngineStats& engine = totals.engine;
  table.Heading("Events");
  table.Row("lines", totals.lines);
  table.Row("applied", engine.applied);
  AddIfAny(table, "late", engine.late);
  AddIfAny(table, "late, dropped", engine.late_dropped);
  AddIfAny(table, "duplicates", engine.duplicates);
  AddIfAny(table, "after --until", engine.after_end);
  AddIfAny(table, "steps of tasks that were not open", engine.steps_unknown);
  AddIfAny(table, "of types that no rule file has", totals.ignored);
  table.Row("entities", engine.records);
  if (seconds > 0) {
    table.Row("seconds", fmt::format("{:.2f}", seconds));
    table.Row("lines per second", static_cast<std::uint64_t>(static_cast<double>(totals.lines) / seconds));
  }
}

void AddIgnored(SummaryTable& table, const ReplayTotals& totals) {
  if (totals.ignored_types.empty()) return;
  std::vector<std::pair<std::string, std::uint64_t>> types(totals.ignored_types.begin(),
                                                           totals.ignored_types.end());
  std::stable_sort(types.begin(), types.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  table.Heading("Ignored types");
  for (std::size_t i = 0; i < std::min(types.size(), kTypesShownMax); ++i)
    table.Row(types[i].first, types[i].second);
  if (types.size() > kTypesShownMax) {
    table.Row("and other types", static_cast<std::uint64_t>(types.size() - kTypesShownMax));
  }
}

void AddDeadLetters(SummaryTable& table, const connectors::DeadLetterOutput& dead_letters) {
  if (dead_letters.total() == 0) return;
  table.Heading("Dead letters");
  for (std::size_t i = 0; i < dead_letters.counts().size(); ++i) {
    const auto code = static_cast<connectors::DeadLetterCode>(i);
    if (dead_letters.counts()[i] == 0) continue;
    table.Row(fmt::format("{} ({})", NameOf(code), MeaningOf(code)), dead_letters.counts()[i]);
  }
}

void AddActions(SummaryTable& table, const runtime::EngineStats& engine) {
  table.Heading("Actions");
  for (const auto& [name, counts] : engine.nudges)
    table.Row(name, CountOf(counts.by_kind, DecisionKind::kSent));
  table.Row("all", CountOf(engine.by_kind, DecisionKind::kSent));
  AddIfAny(table, "held out", CountOf(engine.by_kind, DecisionKind::kHeldOut));
  AddIfAny(table, "withdrawn later", CountOf(engine.by_kind, DecisionKind::kWithdrawn));
  AddIfAny(table, "expired later", CountOf(engine.by_kind, DecisionKind::kExpired));
  AddIfAny(table, "done later", CountOf(engine.by_kind, DecisionKind::kDone));
  AddIfAny(table, "declined later", CountOf(engine.by_kind, DecisionKind::kDeclined));
  AddIfAny(table, "escalated", CountOf(engine.by_kind, DecisionKind::kEscalated));
  if (engine.units.empty()) return;
  table.Heading("Actions by unit");
  for (const auto& [name, count] : engine.units) table.Row(name, count);
}

void AddExperiments(SummaryTable& table, const runtime::EngineStats& engine) {
  for (const auto& [name, arms] : engine.experiments) {
    table.Heading("Experiment " + name);
    for (const runtime::ArmStats& arm : arms) {
      table.Row(arm.arm + ": took part", arm.exposed);
      AddIfAny(table, "  of these, held out", arm.held_out);
      const double share = static_cast<double>(arm.reached) / static_cast<double>(arm.exposed) * 100;
      if (arm.exposed > 0) table.Row("  reached the goal", fmt::format("{} ({:.1f}%)", arm.reached, share));
    }
  }
}

void AddReasons(SummaryTable& table, const char* heading, const connectors::ReasonCounter::Counts& counts) {
  bool any = false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    if (!any) table.Heading(heading);
    any = true;
    table.Row(std::string(NameOf(static_cast<runtime::DecisionCode>(i))), counts[i]);
  }
}

}  // namespace

void PrintSummary(const ReplayTotals& totals, const connectors::DeadLetterOutput& dead_letters,
                  const connectors::ReasonCounter& reasons, double seconds) {
  SummaryTable table;
  AddEvents(table, totals, seconds);
  AddIgnored(table, totals);
  AddDeadLetters(table, dead_letters);
  AddActions(table, totals.engine);
  AddExperiments(table, totals.engine);
  AddReasons(table, "Suppressed", reasons.suppressed());
  AddReasons(table, "Made to wait", reasons.waiting());
  table.Print(ErrorHasColor());
}

std::string CountsCsv(const ReplayTotals& totals, const runtime::Ruleset& ruleset) {
  std::map<std::string, std::uint64_t> counts;
  for (const runtime::NudgeSpec& nudge : ruleset.nudges) counts[nudge.name] = 0;
  for (const auto& [name, kinds] : totals.engine.nudges)
    counts[name] = CountOf(kinds.by_kind, DecisionKind::kSent);
  std::string text = "nudge,actions\n";
  for (const auto& [name, count] : counts) text += fmt::format("{},{}\n", name, count);
  return text;
}

}  // namespace lull::tools
