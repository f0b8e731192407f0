// What of a program the nudges (and probes) need, directly or through others. The rest is checked, but never
// computed.
#pragma once

#include <string>
#include <vector>

#include "compiler/probes.h"
#include "dsl/checked_program.h"

namespace lull::compiler {

struct Usage {
  std::vector<bool> aggregates, attributes, journeys, stalls, sequences;
  std::vector<std::vector<bool>> fields;  // by EventId, field
};

/// What probes look at counts as used.
Usage FindUsage(const dsl::CheckedProgram& program, const ProbeRequests& probes = {});

}  // namespace lull::compiler
