// Runs the IR directly. It is the judge: plain enough to be right by reading, and what native code must agree
// with to the bit.
#pragma once

#include <memory>
#include <span>

#include "compiler/ir.h"
#include "runtime/abi.h"
#include "runtime/ruleset.h"

namespace lull::compiler {

/// `module` must be well formed (ir_verifier.h); anything else is a programmer error. The table's owner keeps
/// module and decoded code alive; `abi` must outlive both. The code may run on any number of threads.
std::shared_ptr<const runtime::CodeTable> MakeInterpreted(
    std::shared_ptr<const Module> module,
    std::span<const runtime::AbiFunction> abi = runtime::AbiFunctions());

}  // namespace lull::compiler
