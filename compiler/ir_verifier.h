// Whether a module is well formed: what the interpreter and the native back end may rely on.
//
// Well formed means: operands exist, have the right type and are defined on every path to their use; each
// block ends in one terminator, after which only a label may follow; each label is bound exactly once if it
// is used; calls match the ABI's table (kU32 parameters are constants that fit); conditions call each other
// without a cycle; constants of numbers are canonical.
#pragma once

#include <string>
#include <vector>

#include "compiler/ir.h"

namespace lull::compiler {

/// The problems found, each with function and instruction; empty if the module is well formed.
std::vector<std::string> Verify(const Module& module);

}  // namespace lull::compiler
