// The IR as text, one instruction a line: for `lull show`, test failures and the verifier's messages.
#pragma once

#include <string>

#include "compiler/ir.h"

namespace lull::compiler {

std::string PrintIr(const Module& module);
std::string PrintIr(const Module& module, const Function& function);
/// The line of one instruction, without indentation: "v7 = icompare < v3, v6".
std::string PrintIr(const Module& module, const Function& function, ValueId value);

}  // namespace lull::compiler
