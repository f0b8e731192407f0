// A hash of everything in a module that its code depends on.
#pragma once

#include <span>
#include <string>

#include "compiler/ir.h"
#include "runtime/abi.h"

namespace lull::compiler {

/// 32 hexadecimal digits. Covers the IR, names and signatures of the ABI, and the layout that both share.
std::string HashOf(const Module& module, std::span<const runtime::AbiFunction> abi);

}  // namespace lull::compiler
