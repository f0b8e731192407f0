// What is proved of journeys before they run (Boost.Graph, in journey_proofs.cpp only).
#pragma once

#include "dsl/checked_program.h"
#include "dsl/diagnostics.h"

namespace lull::compiler {

/// Reports stages that are never reached, that are never left without being an end, and from which no end can
/// be reached. `program` must be free of errors.
void ProveJourneys(const dsl::CheckedProgram& program, dsl::Diagnostics& diagnostics);

}  // namespace lull::compiler
