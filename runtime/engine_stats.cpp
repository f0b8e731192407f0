// What an engine has counted, over all its rulesets.
#include <algorithm>

#include "runtime/engine_impl.h"
#include "runtime/engine_succession.h"

namespace lull::runtime {
namespace {

void AddArms(const Ruleset& ruleset, const StepCounters& counters, EngineStats& stats) {
  for (std::size_t index = 0; index < counters.experiments.size(); ++index) {
    const ExperimentSpec& spec = ruleset.experiments[index];
    std::vector<ArmStats>& arms = stats.experiments[spec.name];
    for (std::size_t arm = 0; arm < spec.arms.size(); ++arm) {
      auto found = std::ranges::find(arms, spec.arms[arm].name, &ArmStats::arm);
      if (found == arms.end()) found = arms.insert(arms.end(), ArmStats{.arm = spec.arms[arm].name});
      const ArmCounts& counts = counters.experiments[index][arm];
      found->exposed += counts.exposed;
      found->held_out += counts.held_out;
      found->reached += counts.reached;
    }
  }
}

}  // namespace

void Engine::Impl::FoldCounters() {
  const StepCounters& counters = step_.counters;
  for (std::size_t nudge = 0; nudge < counters.nudges.size(); ++nudge) {
    NudgeCounts& counts = counts_.nudges[ruleset().nudges[nudge].name];
    for (std::size_t kind = 0; kind < kDecisionKindCount; ++kind) {
      counts.by_kind[kind] += counters.nudges[nudge][kind];
      counts_.by_kind[kind] += counters.nudges[nudge][kind];
    }
  }
  for (std::size_t unit = 0; unit < counters.units.size(); ++unit) {
    counts_.units[ruleset().units[unit].name] += counters.units[unit];
  }
  AddArms(ruleset(), counters, counts_);
  for (auto& arms : step_.counters.experiments) std::ranges::fill(arms, ArmCounts{});
  counts_.moments += counters.moments;
  counts_.steps_unknown += counters.steps_unknown;
  step_.counters.moments = 0;
  step_.counters.steps_unknown = 0;
  std::ranges::for_each(step_.counters.nudges, [](auto& kinds) { kinds.fill(0); });
  std::ranges::fill(step_.counters.units, 0);
}

EngineStats Engine::Impl::stats() const {
  EngineStats stats = counts_;
  const StepCounters& counters = step_.counters;
  for (std::size_t nudge = 0; nudge < counters.nudges.size(); ++nudge) {
    NudgeCounts& counts = stats.nudges[ruleset().nudges[nudge].name];
    for (std::size_t kind = 0; kind < kDecisionKindCount; ++kind) {
      counts.by_kind[kind] += counters.nudges[nudge][kind];
      stats.by_kind[kind] += counters.nudges[nudge][kind];
    }
  }
  for (std::size_t unit = 0; unit < counters.units.size(); ++unit) {
    stats.units[ruleset().units[unit].name] += counters.units[unit];
  }
  AddArms(ruleset(), counters, stats);
  stats.moments += counters.moments;
  stats.steps_unknown += counters.steps_unknown;
  stats.bytes = texts_.memory_bytes() + pending_.memory_bytes();
  for (const std::unique_ptr<RecordStore>& store : stores_) {
    stats.records += store->count();
    stats.bytes += store->memory_bytes();
  }
  if (succession_ == nullptr) return stats;
  for (const std::unique_ptr<RecordStore>& store : succession_->leaving) {
    if (store == nullptr) continue;
    stats.records += store->count();
    stats.bytes += store->memory_bytes();
  }
  return stats;
}

}  // namespace lull::runtime
