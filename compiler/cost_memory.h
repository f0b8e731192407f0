// The memory of one entity at most, by what needs it (cost.h).
#pragma once

#include "compiler/cost.h"
#include "compiler/plan.h"

namespace lull::compiler {

/// Fills `bytes`, `items` and `notes`.
void MeasureMemory(const Plan& plan, const runtime::Ruleset& ruleset, dsl::EntityId id, EntityCost& cost);

}  // namespace lull::compiler
