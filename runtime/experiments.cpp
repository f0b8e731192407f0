// Who is in which arm, when an entity first takes part, and when it reaches the goal.
#include "runtime/experiments.h"

#include <algorithm>

#include "runtime/decision_id.h"
#include "runtime/step.h"

namespace lull::runtime {

std::uint32_t ArmIn(const Ruleset& ruleset, std::uint32_t experiment, std::string_view key, bool is_part,
                    std::string_view whole) {
  const ExperimentSpec& spec = ruleset.experiments[experiment];
  const std::uint64_t point = ArmPoint({.ruleset = FirstName(ruleset),
                                        .experiment = FirstName(spec),
                                        .entity = FirstName(ruleset.entities[spec.entity]),
                                        .key = key,
                                        .is_part = is_part,
                                        .whole = whole});
  const auto arm = std::ranges::upper_bound(spec.arms, point, {}, &ExperimentSpec::Arm::up_to);
  return static_cast<std::uint32_t>(
      std::min<std::ptrdiff_t>(arm - spec.arms.begin(), static_cast<std::ptrdiff_t>(spec.arms.size()) - 1));
}

// A part may read the arm of its whole.
std::uint32_t StepState::ArmOf(std::uint32_t experiment) const {
  const bool of_hand = ruleset->experiments[experiment].entity == entity_index;
  return ArmIn(*ruleset, experiment, of_hand ? key : members[0].key, of_hand && hand != 0,
               of_hand ? whole_key() : std::string_view());
}

void StepState::Expose(std::uint32_t experiment, bool held_out) {
  const ExperimentSpec& spec = ruleset->experiments[experiment];
  std::byte* record = spec.entity == entity_index ? moment.record : whole;
  auto& exposed = *reinterpret_cast<std::int64_t*>(record + spec.exposed_offset);
  if (exposed != kUnknown) return;
  exposed = moment.now;
  ArmCounts& counts = counters.experiments[experiment][ArmOf(experiment)];
  ++counts.exposed;
  if (held_out) ++counts.held_out;
}

void Step::ReachGoal(std::uint32_t experiment) {
  const ExperimentSpec& spec = ruleset->experiments[experiment];
  const std::int64_t exposed = SlotI64(spec.exposed_offset);
  std::int64_t& reached = SlotI64(spec.reached_offset);
  const std::int64_t time = moment.event_time;
  if (exposed == kUnknown || reached != kUnknown || time < exposed) return;
  if (time - exposed > spec.goal_micros) return;
  reached = moment.now;
  ++counters.experiments[experiment][ArmOf(experiment)].reached;
  writer_.Goal(experiment, exposed);
}

}  // namespace lull::runtime
