// Experiments: who is in which arm, when an entity first takes part, and when it reaches the goal.
#include <algorithm>

#include "runtime/decision_id.h"
#include "runtime/step.h"

namespace lull::runtime {

// A part may read the arm of its whole.
std::uint32_t StepState::ArmOf(std::uint32_t experiment) const {
  const ExperimentSpec& spec = ruleset->experiments[experiment];
  const bool of_hand = spec.entity == entity_index;
  const std::string_view of = of_hand ? key : members[0].key;
  const std::uint64_t point = ArmPoint({.ruleset = ruleset->name,
                                        .experiment = spec.name,
                                        .entity = ruleset->entities[spec.entity].name,
                                        .key = of,
                                        .is_part = of_hand && hand != 0,
                                        .whole = of_hand ? whole_key() : std::string_view()});
  const auto arm = std::ranges::upper_bound(spec.arms, point, {}, &ExperimentSpec::Arm::up_to);
  return static_cast<std::uint32_t>(
      std::min<std::ptrdiff_t>(arm - spec.arms.begin(), static_cast<std::ptrdiff_t>(spec.arms.size()) - 1));
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
