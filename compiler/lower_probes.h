// Probes as instructions.
#pragma once

#include "compiler/lower_entity.h"
#include "compiler/probes.h"

namespace lull::compiler {

Probes LowerProbes(Lowering& lowering, const ProbeRequests& requests);

}  // namespace lull::compiler
