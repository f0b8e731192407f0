// Which entity, unit and nudge of another ruleset goes on with which one of this: what Engine::Swap does, and
// what `lull diff` tells (compiler/change_plan.h).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/migration.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

/// What becomes of one entity type.
struct EntitySuccession {
  std::uint32_t from = 0;
  std::uint32_t to = kNoIndex;          // kNoIndex: its records go
  std::unique_ptr<MigrationPlan> plan;  // null if they go
  std::vector<std::uint32_t> nudges;    // by old number; kNoIndex: not of this entity, or gone
  std::vector<std::uint32_t> units;     // by old number; kNoIndex: gone
};

/// Both rulesets must outlive what is returned.
EntitySuccession FindSuccession(const Ruleset& from, std::uint32_t entity, const Ruleset& to);

}  // namespace lull::runtime
