#include "runtime/share.h"

#include "runtime/decision_id.h"

namespace lull::runtime {

// An arm of an experiment that no ruleset has.
bool Share::Has(std::string_view key) const {
  constexpr std::uint64_t kPointsOfAMillionth = 1'000;
  return millionths >= kAll ||
         ArmPoint({.ruleset = {}, .experiment = "rollout", .entity = {}, .key = key, .whole = {}}) <
             millionths * kPointsOfAMillionth;
}

}  // namespace lull::runtime
