// What each operation is called and what it takes: one table for the verifier, the printer and the back ends.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "compiler/ir.h"

namespace lull::compiler {

struct OpInfo {
  std::string_view name;
  /// Types of the result and of the operands; kVoid where there is none or where it depends on the
  /// instruction.
  IrType result = IrType::kVoid;
  std::uint8_t arg_count = 0;
  std::array<IrType, 3> args = {};
  /// Result or operands depend on the instruction: the verifier has a rule of its own.
  bool special = false;
  bool ends_block = false;
};

const OpInfo& InfoOf(Op op);
std::string_view NameOf(IrType type);
std::string_view NameOf(IrCompare compare);
std::string_view NameOf(runtime::SlotKind kind);

}  // namespace lull::compiler
