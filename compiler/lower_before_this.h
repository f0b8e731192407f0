// `X before this`: values just before an event, for the rules on that event.
//
// A function of the event computes them before anything changes (runtime::EntitySpec::EventFunctions); the
// runtime keeps them behind the fields of the event, where the rules read them like fields.
#pragma once

#include "compiler/lower_entity.h"

namespace lull::compiler {

/// Gives each value a slot; values with one meaning share it.
void PlanBeforeValues(Plan& plan);
/// How many slots are needed behind those of the fields.
std::uint32_t BeforeSlotCount(const Plan& plan);
/// Fills `snapshot` and `before` of the functions.
void LowerBeforeValues(Lowering& lowering, dsl::EntityId entity, dsl::EventId event,
                       runtime::EntitySpec::EventFunctions& functions);

}  // namespace lull::compiler
