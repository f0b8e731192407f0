// Writes the instructions of one function, folding what is plain from constants.
//
// Every method that returns a ValueId appends at most one instruction; folding may return an older value, or
// a constant, instead. Wrong operand types are programmer errors and stop the process. Code that would stand
// after a branch or return and before a label is unreachable: terminators there are dropped, anything else is
// an error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "compiler/ir.h"
#include "runtime/ruleset.h"

namespace lull::compiler {

class IrBuilder {
 public:
  /// Appends to `function`; texts go to `module`. Both must outlive the builder and stay where they are.
  IrBuilder(Module& module, Function& function) : module_(module), function_(function) {}

  IrType type_of(ValueId value) const { return At(value).type; }
  const Function& function() const { return function_; }
  /// Whether the block has its terminator, so that only Bind makes sense.
  bool ended() const { return ended_; }

  // ---- Constants
  ValueId ConstBool(bool value);
  ValueId ConstI64(std::int64_t value);
  /// What is not finite becomes the unknown number, -0 becomes 0.
  ValueId ConstF64(double value);
  ValueId ConstText(std::string_view text);
  ValueId Unknown(IrType type);
  /// Whether `value` is that constant.
  bool IsConstBool(ValueId value, bool expected) const;

  // ---- What a Moment and a record hold
  ValueId Now() { return Leaf(Op::kNow, IrType::kI64); }
  ValueId AgeNow() { return Leaf(Op::kAgeNow, IrType::kI64); }
  ValueId EventTime() { return Leaf(Op::kEventTime, IrType::kI64); }
  ValueId From() { return Leaf(Op::kFrom, IrType::kI64); }
  ValueId FirstEvent() { return Leaf(Op::kFirstEvent, IrType::kI64); }
  /// A kText slot becomes a call of TextLoad or TextStore.
  ValueId Load(std::uint32_t offset, runtime::SlotKind kind);
  void Store(std::uint32_t offset, runtime::SlotKind kind, ValueId value);
  ValueId Field(std::uint32_t slot, IrType type);

  // ---- Numbers and integers
  ValueId FAdd(ValueId a, ValueId b) { return NumberOp(Op::kFAdd, a, b); }
  ValueId FSub(ValueId a, ValueId b) { return NumberOp(Op::kFSub, a, b); }
  ValueId FMul(ValueId a, ValueId b) { return NumberOp(Op::kFMul, a, b); }
  ValueId FDiv(ValueId a, ValueId b) { return NumberOp(Op::kFDiv, a, b); }
  ValueId FNeg(ValueId a);
  ValueId IAdd(ValueId a, ValueId b) { return IntegerOp(Op::kIAdd, a, b); }
  ValueId ISub(ValueId a, ValueId b) { return IntegerOp(Op::kISub, a, b); }
  ValueId INeg(ValueId a);
  ValueId FCompare(IrCompare compare, ValueId a, ValueId b);
  ValueId ICompare(IrCompare compare, ValueId a, ValueId b, bool guarded = true);

  // ---- Truth
  ValueId And(ValueId a, ValueId b);
  ValueId Or(ValueId a, ValueId b);
  ValueId Not(ValueId a);
  ValueId FlagIsYes(ValueId flag);
  ValueId BoolToFlag(ValueId value);
  ValueId IsKnown(ValueId value);
  ValueId Select(ValueId condition, ValueId if_yes, ValueId if_no);

  // ---- Locals
  /// Starts as unknown or false.
  LocalId NewLocal(IrType type);
  ValueId Get(LocalId local);
  void Set(LocalId local, ValueId value);

  // ---- Calls and effects
  /// kU32 parameters take ConstI64 values.
  ValueId Call(runtime::AbiId id, std::span<const ValueId> arguments);
  ValueId Call(runtime::AbiId id, std::initializer_list<ValueId> arguments) {
    return Call(id, std::span<const ValueId>(arguments.begin(), arguments.size()));
  }
  ValueId CallCondition(runtime::FunctionId function);
  ValueId Held(std::uint32_t condition);
  void Update(std::uint32_t condition, ValueId value);
  void Arm(ValueId instant);
  void Out(std::uint32_t index, ValueId value);

  // ---- Control flow
  LabelId NewLabel() { return function_.label_count++; }
  /// Starts the block of `label`; a block still open falls through into it.
  void Bind(LabelId label);
  void Branch(LabelId label);
  void BranchIf(ValueId condition, LabelId if_yes, LabelId if_no);
  void Return();
  void Return(ValueId value);
  /// Ends the function with a plain return if it has none yet.
  void Finish() { Return(); }

 private:
  const Instruction& At(ValueId value) const;
  bool Is(ValueId value, IrType type) const { return type_of(value) == type; }
  /// A kConstI64, kConstF64 or an unknown of these types, as a constant; false if it is none.
  bool ConstantInteger(ValueId value, std::int64_t& out) const;
  bool ConstantNumber(ValueId value, double& out) const;
  bool IsConstant(ValueId value) const;

  ValueId Append(Instruction instruction);
  ValueId Leaf(Op op, IrType type);
  ValueId Unary(Op op, IrType type, ValueId a);
  ValueId Binary(Op op, IrType type, ValueId a, ValueId b);
  ValueId NumberOp(Op op, ValueId a, ValueId b);
  ValueId IntegerOp(Op op, ValueId a, ValueId b);
  void End(Instruction instruction);

  Module& module_;
  Function& function_;
  bool ended_ = false;
};

}  // namespace lull::compiler
