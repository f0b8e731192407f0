// The intermediate representation: what the interpreter runs and what the back end translates, one to one.
//
// A function is a flat list of instructions; an instruction's index is the number of its value. Control flow
// is by labels and branches; a value is used only where its definition dominates, values that join go through
// locals. Every function has the form of runtime::Code: it sees one Moment and returns 0 or 1 (0 if kReturn
// has no argument). Verify() (compiler/ir_verifier.h) states what is well formed; PrintIr() prints it.
//
// Types: kBool (0 or 1), kI64 (money, duration, time, date, flag, choice, stage; kUnknown is unknown), kF64
// (numbers; the one canonical NaN is unknown), kText (TextView; null is unknown).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/abi.h"
#include "runtime/record.h"

namespace lull::compiler {

enum class IrType : std::uint8_t { kVoid, kBool, kI64, kF64, kText };

using ValueId = std::uint32_t;
using LabelId = std::uint32_t;
using LocalId = std::uint32_t;

enum class Op : std::uint8_t {
  // Constants: `integer`, `number`, or a = index into Module::texts. kConstUnknown has any type but kBool.
  kConstBool,
  kConstI64,
  kConstF64,
  kConstText,
  kConstUnknown,
  // Moment::now, ::age_now, ::event_time, ::from; RecordHeader::first_event. kI64.
  kNow,
  kAgeNow,
  kEventTime,
  kFrom,
  kFirstEvent,
  // a = offset, slot = kind (never kText: that is TextLoad and TextStore). Widens: the reserved value of a
  // narrow slot becomes kUnknown, and back. args: none; the value.
  kLoad,
  kStore,
  // a = slot of the event frame; type kI64, kF64 or kText. Only where an event is in hand.
  kField,
  // kF64 x kF64 -> kF64. A result that is not finite is unknown, -0 is 0. NaN in, NaN out (the
  // canonical one).
  kFAdd,
  kFSub,
  kFMul,
  kFDiv,
  kFNeg,
  // kI64 x kI64 -> kI64. Unknown in, unknown out; overflow is unknown.
  kIAdd,
  kISub,
  kINeg,
  // compare = the operator -> kBool; no if either is unknown (also for not equal). kICompare with `guarded`
  // false promises that both are known.
  kFCompare,
  kICompare,
  // kBool.
  kAnd,
  kOr,
  kNot,
  // kI64 flag -> kBool: whether it is yes (1).  kBool -> kI64 flag.
  kFlagIsYes,
  kBoolToFlag,
  // Any type but kVoid -> kBool.
  kIsKnown,
  // args: condition, if yes, if no; both of `type`.
  kSelect,
  // a = LocalId. Locals start as unknown / false.
  kLocalGet,
  kLocalSet,
  // a = AbiId; args as the function's parameters without the Moment (kU32 parameters are kConstI64 values).
  kCall,
  // a = FunctionId of this module; a condition: kBool.
  kCallCondition,
  // a = condition number -> kBool: its bit in the record.
  kHeld,
  // a = condition number, args: kBool. If the value differs from the bit: abi::ConditionEdge.
  kUpdate,
  // args: kI64 instant x. If x is known, x > age_now and x < next_wake: next_wake = x.
  kArm,
  // a = index, args: the value: Moment::out[a] = value. A kBool is stored as integer 0 or 1.
  kOut,
  // a = LabelId.
  kLabel,
  // a = LabelId; ends a block.
  kBranch,
  // a = LabelId if yes, b = LabelId if no, args: kBool; ends a block.
  kBranchIf,
  // args: none or a kBool; ends a block.
  kReturn,
};

enum class IrCompare : std::uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

struct Instruction {
  Op op = Op::kReturn;
  IrType type = IrType::kVoid;  // of the result
  IrCompare compare = IrCompare::kEqual;
  runtime::SlotKind slot = runtime::SlotKind::kI64;
  bool guarded = true;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::int64_t integer = 0;
  double number = 0;
  std::vector<ValueId> args;
};

struct Function {
  std::string name;
  std::vector<IrType> locals;
  std::uint32_t label_count = 0;
  std::vector<Instruction> code;
};

struct Module {
  std::vector<Function> functions;  // by runtime::FunctionId
  std::vector<std::string> texts;
};

}  // namespace lull::compiler
