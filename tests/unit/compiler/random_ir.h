// Random well-formed functions over a World: every operation, nested branches, short loops, calls.
#pragma once

#include <cstddef>

#include "compiler/ir.h"
#include "tests/unit/compiler/world.h"

namespace lull::compiler::test {

Module RandomModule(Random& random, std::size_t functions, std::size_t statements);

}  // namespace lull::compiler::test
