// What of a program the nudges need, directly or through others. The rest is checked, but never computed.
#pragma once

#include <string>
#include <vector>

#include "dsl/checked_program.h"

namespace lull::compiler {

struct Usage {
  std::vector<bool> aggregates, attributes, journeys, stalls;
  std::vector<std::vector<bool>> fields;  // by EventId, field
};

Usage FindUsage(const dsl::CheckedProgram& program);

}  // namespace lull::compiler
