// What the step looks up of a ruleset again and again, worked out once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

struct NudgePlan {
  std::vector<std::uint32_t> policies;  // that cover it, by name
  std::uint32_t ranking = kNoIndex;     // the first of these with `best`
  std::uint32_t each_wait = kNoIndex;   // `while` an `after each` stall
  std::uint64_t each_bit = 0;           // its bit of EachWait::gone
  std::uint32_t place_by_name = 0;      // among all nudges; equal names share one
  bool is_task = false;
  bool needs_unit = false;  // a limit counts by unit
};

struct EntityPlan {
  std::vector<std::uint32_t> each_nudges;  // those with NudgePlan::each_wait
  std::size_t condition_words = 0;         // for a bit for each condition
};

struct RulePlan {
  std::vector<NudgePlan> nudges;
  std::vector<EntityPlan> entities;
  std::size_t out_count = 0;  // of Moment::out

  /// Fails if more `while` nudges hang on one `after each` stall than EachWait::gone has bits.
  static Result<RulePlan> Make(const Ruleset& ruleset);

  bool Covers(std::uint32_t policy, std::uint32_t nudge) const {
    for (const std::uint32_t covering : nudges[nudge].policies) {
      if (covering == policy) return true;
    }
    return false;
  }
};

}  // namespace lull::runtime
