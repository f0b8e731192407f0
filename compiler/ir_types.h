// How the types of the ABI and of the record's slots appear in the IR.
#pragma once

#include "compiler/ir.h"

namespace lull::compiler {

/// kU32 is an integer constant in the IR; kMoment is not a value and gives kVoid.
inline IrType FromAbi(runtime::AbiType type) {
  switch (type) {
    case runtime::AbiType::kBool:
      return IrType::kBool;
    case runtime::AbiType::kU32:
    case runtime::AbiType::kI64:
      return IrType::kI64;
    case runtime::AbiType::kF64:
      return IrType::kF64;
    case runtime::AbiType::kText:
      return IrType::kText;
    case runtime::AbiType::kVoid:
    case runtime::AbiType::kMoment:
      break;
  }
  return IrType::kVoid;
}

/// kText slots are reached by TextLoad and TextStore only and have no type here.
inline IrType TypeOfSlot(runtime::SlotKind kind) {
  return kind == runtime::SlotKind::kF64    ? IrType::kF64
         : kind == runtime::SlotKind::kText ? IrType::kVoid
                                            : IrType::kI64;
}

}  // namespace lull::compiler
