// Decision tables that are looked up, as the runtime has them.
#pragma once

#include "dsl/checked_program.h"
#include "runtime/lookup.h"

namespace lull::compiler {

runtime::LookupSpec MakeLookupSpec(const dsl::CheckedProgram& program, const dsl::Lookup& lookup);

}  // namespace lull::compiler
