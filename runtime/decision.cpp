#include "runtime/decision.h"

#include <array>
#include <cstddef>

namespace lull::runtime {

std::string_view NameOf(DecisionKind kind) {
  static constexpr std::array<std::string_view, kDecisionKindCount> kNames = {
      "sent",    "held_out", "suppressed", "waiting",   "withdrawn",
      "expired", "done",     "declined",   "escalated", "goal"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view NameOf(DecisionCode code) {
  static constexpr std::array<std::string_view, kDecisionCodeCount> kNames = {
      "",          "never",      "capped",    "quiet_hours",   "outranked", "place_taken",
      "holdout",   "state_over", "answered",  "withdraw_when", "forgotten", "rule_gone",
      "time_over", "if",         "task_step", "overdue",       "reached",   "history"};
  return kNames[static_cast<std::size_t>(code)];
}

}  // namespace lull::runtime
