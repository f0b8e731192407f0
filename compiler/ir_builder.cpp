#include "compiler/ir_builder.h"

#include <algorithm>
#include <utility>

#include "compiler/ir_semantics.h"
#include "compiler/ir_types.h"
#include "runtime/base/check.h"

namespace lull::compiler {

const Instruction& IrBuilder::At(ValueId value) const {
  LULL_CHECK(value < function_.code.size());
  return function_.code[value];
}

ValueId IrBuilder::Append(Instruction instruction) {
  LULL_CHECK(!ended_);
  function_.code.push_back(std::move(instruction));
  return static_cast<ValueId>(function_.code.size() - 1);
}

ValueId IrBuilder::Leaf(Op op, IrType type) {
  Instruction made;
  made.op = op;
  made.type = type;
  return Append(std::move(made));
}

ValueId IrBuilder::Unary(Op op, IrType type, ValueId a) {
  Instruction made;
  made.op = op;
  made.type = type;
  made.args = {a};
  return Append(std::move(made));
}

ValueId IrBuilder::Binary(Op op, IrType type, ValueId a, ValueId b) {
  Instruction made;
  made.op = op;
  made.type = type;
  made.args = {a, b};
  return Append(std::move(made));
}

// ---- Constants --------------------------------------------------------------------------------------------

ValueId IrBuilder::ConstBool(bool value) {
  Instruction made;
  made.op = Op::kConstBool;
  made.type = IrType::kBool;
  made.integer = value ? 1 : 0;
  return Append(std::move(made));
}

ValueId IrBuilder::ConstI64(std::int64_t value) {
  Instruction made;
  made.op = Op::kConstI64;
  made.type = IrType::kI64;
  made.integer = value;
  return Append(std::move(made));
}

ValueId IrBuilder::ConstF64(double value) {
  Instruction made;
  made.op = Op::kConstF64;
  made.type = IrType::kF64;
  made.number = CanonicalNumber(value);
  return Append(std::move(made));
}

ValueId IrBuilder::ConstText(std::string_view text) {
  const auto found = std::ranges::find(module_.texts, text);
  Instruction made;
  made.op = Op::kConstText;
  made.type = IrType::kText;
  made.a = static_cast<std::uint32_t>(found - module_.texts.begin());
  if (found == module_.texts.end()) module_.texts.emplace_back(text);
  return Append(std::move(made));
}

ValueId IrBuilder::Unknown(IrType type) {
  LULL_CHECK(type != IrType::kVoid && type != IrType::kBool);
  return Leaf(Op::kConstUnknown, type);
}

bool IrBuilder::IsConstBool(ValueId value, bool expected) const {
  return At(value).op == Op::kConstBool && (At(value).integer != 0) == expected;
}

bool IrBuilder::IsConstant(ValueId value) const {
  const Op op = At(value).op;
  return op == Op::kConstBool || op == Op::kConstI64 || op == Op::kConstF64 || op == Op::kConstText ||
         op == Op::kConstUnknown;
}

bool IrBuilder::ConstantInteger(ValueId value, std::int64_t& out) const {
  const Instruction& made = At(value);
  if (made.type != IrType::kI64 || !IsConstant(value)) return false;
  out = made.op == Op::kConstUnknown ? kUnknown : made.integer;
  return true;
}

bool IrBuilder::ConstantNumber(ValueId value, double& out) const {
  const Instruction& made = At(value);
  if (made.type != IrType::kF64 || !IsConstant(value)) return false;
  out = made.op == Op::kConstUnknown ? kUnknownNumber : made.number;
  return true;
}

// ---- What a Moment and a record hold ----------------------------------------------------------------------

ValueId IrBuilder::Load(std::uint32_t offset, runtime::SlotKind kind) {
  if (kind == runtime::SlotKind::kText) return Call(runtime::AbiId::kTextLoad, {ConstI64(offset)});
  Instruction made;
  made.op = Op::kLoad;
  made.type = TypeOfSlot(kind);
  made.a = offset;
  made.slot = kind;
  return Append(std::move(made));
}

void IrBuilder::Store(std::uint32_t offset, runtime::SlotKind kind, ValueId value) {
  if (kind == runtime::SlotKind::kText) {
    Call(runtime::AbiId::kTextStore, {ConstI64(offset), value});
    return;
  }
  LULL_CHECK(Is(value, TypeOfSlot(kind)));
  Instruction made;
  made.op = Op::kStore;
  made.a = offset;
  made.slot = kind;
  made.args = {value};
  Append(std::move(made));
}

ValueId IrBuilder::Field(std::uint32_t slot, IrType type) {
  LULL_CHECK(type == IrType::kI64 || type == IrType::kF64 || type == IrType::kText);
  Instruction made;
  made.op = Op::kField;
  made.type = type;
  made.a = slot;
  return Append(std::move(made));
}

// ---- Numbers and integers ---------------------------------------------------------------------------------

ValueId IrBuilder::NumberOp(Op op, ValueId a, ValueId b) {
  LULL_CHECK(Is(a, IrType::kF64) && Is(b, IrType::kF64));
  double left = 0;
  double right = 0;
  if (ConstantNumber(a, left) && ConstantNumber(b, right)) return ConstF64(NumberResult(op, left, right));
  return Binary(op, IrType::kF64, a, b);
}

ValueId IrBuilder::IntegerOp(Op op, ValueId a, ValueId b) {
  LULL_CHECK(Is(a, IrType::kI64) && Is(b, IrType::kI64));
  std::int64_t left = 0;
  std::int64_t right = 0;
  const bool right_constant = ConstantInteger(b, right);
  if (right_constant && right == 0) return a;
  if (right_constant && ConstantInteger(a, left)) {
    return ConstI64(op == Op::kIAdd ? IntegerSum(left, right) : IntegerDifference(left, right));
  }
  return Binary(op, IrType::kI64, a, b);
}

ValueId IrBuilder::FNeg(ValueId a) {
  LULL_CHECK(Is(a, IrType::kF64));
  double value = 0;
  if (ConstantNumber(a, value)) return ConstF64(NegatedNumber(value));
  return Unary(Op::kFNeg, IrType::kF64, a);
}

ValueId IrBuilder::INeg(ValueId a) {
  LULL_CHECK(Is(a, IrType::kI64));
  std::int64_t value = 0;
  if (ConstantInteger(a, value)) return ConstI64(NegatedInteger(value));
  return Unary(Op::kINeg, IrType::kI64, a);
}

ValueId IrBuilder::FCompare(IrCompare compare, ValueId a, ValueId b) {
  LULL_CHECK(Is(a, IrType::kF64) && Is(b, IrType::kF64));
  double left = 0;
  double right = 0;
  if (ConstantNumber(a, left) && ConstantNumber(b, right))
    return ConstBool(NumbersCompare(compare, left, right));
  const ValueId result = Binary(Op::kFCompare, IrType::kBool, a, b);
  function_.code.back().compare = compare;
  return result;
}

ValueId IrBuilder::ICompare(IrCompare compare, ValueId a, ValueId b, bool guarded) {
  LULL_CHECK(Is(a, IrType::kI64) && Is(b, IrType::kI64));
  std::int64_t left = 0;
  std::int64_t right = 0;
  if (ConstantInteger(a, left) && ConstantInteger(b, right)) {
    return ConstBool(IntegersCompare(compare, guarded, left, right));
  }
  const ValueId result = Binary(Op::kICompare, IrType::kBool, a, b);
  function_.code.back().compare = compare;
  function_.code.back().guarded = guarded;
  return result;
}

// ---- Truth ------------------------------------------------------------------------------------------------

ValueId IrBuilder::And(ValueId a, ValueId b) {
  LULL_CHECK(Is(a, IrType::kBool) && Is(b, IrType::kBool));
  if (a == b || IsConstBool(a, false) || IsConstBool(b, true)) return a;
  if (IsConstBool(a, true) || IsConstBool(b, false)) return b;
  return Binary(Op::kAnd, IrType::kBool, a, b);
}

ValueId IrBuilder::Or(ValueId a, ValueId b) {
  LULL_CHECK(Is(a, IrType::kBool) && Is(b, IrType::kBool));
  if (a == b || IsConstBool(a, true) || IsConstBool(b, false)) return a;
  if (IsConstBool(a, false) || IsConstBool(b, true)) return b;
  return Binary(Op::kOr, IrType::kBool, a, b);
}

ValueId IrBuilder::Not(ValueId a) {
  LULL_CHECK(Is(a, IrType::kBool));
  if (At(a).op == Op::kConstBool) return ConstBool(At(a).integer == 0);
  if (At(a).op == Op::kNot) return At(a).args[0];
  return Unary(Op::kNot, IrType::kBool, a);
}

ValueId IrBuilder::FlagIsYes(ValueId flag) {
  LULL_CHECK(Is(flag, IrType::kI64));
  std::int64_t value = 0;
  if (ConstantInteger(flag, value)) return ConstBool(value == 1);
  if (At(flag).op == Op::kBoolToFlag) return At(flag).args[0];
  return Unary(Op::kFlagIsYes, IrType::kBool, flag);
}

ValueId IrBuilder::BoolToFlag(ValueId value) {
  LULL_CHECK(Is(value, IrType::kBool));
  if (At(value).op == Op::kConstBool) return ConstI64(At(value).integer);
  return Unary(Op::kBoolToFlag, IrType::kI64, value);
}

ValueId IrBuilder::IsKnown(ValueId value) {
  LULL_CHECK(!Is(value, IrType::kVoid));
  std::int64_t integer = 0;
  double number = 0;
  if (Is(value, IrType::kBool) || At(value).op == Op::kBoolToFlag) return ConstBool(true);
  if (ConstantInteger(value, integer)) return ConstBool(integer != kUnknown);
  if (ConstantNumber(value, number)) return ConstBool(!std::isnan(number));
  if (IsConstant(value)) return ConstBool(At(value).op == Op::kConstText);
  return Unary(Op::kIsKnown, IrType::kBool, value);
}

ValueId IrBuilder::Select(ValueId condition, ValueId if_yes, ValueId if_no) {
  LULL_CHECK(Is(condition, IrType::kBool) && type_of(if_yes) == type_of(if_no) && !Is(if_yes, IrType::kVoid));
  if (if_yes == if_no || IsConstBool(condition, true)) return if_yes;
  if (IsConstBool(condition, false)) return if_no;
  Instruction made;
  made.op = Op::kSelect;
  made.type = type_of(if_yes);
  made.args = {condition, if_yes, if_no};
  return Append(std::move(made));
}

// ---- Locals -----------------------------------------------------------------------------------------------

LocalId IrBuilder::NewLocal(IrType type) {
  LULL_CHECK(type != IrType::kVoid);
  function_.locals.push_back(type);
  return static_cast<LocalId>(function_.locals.size() - 1);
}

ValueId IrBuilder::Get(LocalId local) {
  LULL_CHECK(local < function_.locals.size());
  const ValueId result = Leaf(Op::kLocalGet, function_.locals[local]);
  function_.code.back().a = local;
  return result;
}

void IrBuilder::Set(LocalId local, ValueId value) {
  LULL_CHECK(local < function_.locals.size() && Is(value, function_.locals[local]));
  Unary(Op::kLocalSet, IrType::kVoid, value);
  function_.code.back().a = local;
}

// ---- Calls and effects ------------------------------------------------------------------------------------

ValueId IrBuilder::Call(runtime::AbiId id, std::span<const ValueId> arguments) {
  const runtime::AbiFunction& callee = runtime::AbiFunctions()[static_cast<std::size_t>(id)];
  LULL_CHECK(arguments.size() == callee.parameters.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    LULL_CHECK(Is(arguments[i], FromAbi(callee.parameters[i])));
    LULL_CHECK(callee.parameters[i] != runtime::AbiType::kU32 || At(arguments[i]).op == Op::kConstI64);
  }
  Instruction made;
  made.op = Op::kCall;
  made.type = FromAbi(callee.result);
  made.a = static_cast<std::uint32_t>(id);
  made.args.assign(arguments.begin(), arguments.end());
  return Append(std::move(made));
}

ValueId IrBuilder::CallCondition(runtime::FunctionId function) {
  const ValueId result = Leaf(Op::kCallCondition, IrType::kBool);
  function_.code.back().a = function;
  return result;
}

ValueId IrBuilder::Held(std::uint32_t condition) {
  const ValueId result = Leaf(Op::kHeld, IrType::kBool);
  function_.code.back().a = condition;
  return result;
}

void IrBuilder::Update(std::uint32_t condition, ValueId value) {
  LULL_CHECK(Is(value, IrType::kBool));
  Unary(Op::kUpdate, IrType::kVoid, value);
  function_.code.back().a = condition;
}

void IrBuilder::Arm(ValueId instant) {
  LULL_CHECK(Is(instant, IrType::kI64));
  std::int64_t value = 0;
  if (ConstantInteger(instant, value) && value == kUnknown) return;
  Unary(Op::kArm, IrType::kVoid, instant);
}

void IrBuilder::Out(std::uint32_t index, ValueId value) {
  LULL_CHECK(!Is(value, IrType::kVoid));
  Unary(Op::kOut, IrType::kVoid, value);
  function_.code.back().a = index;
}

// ---- Control flow -----------------------------------------------------------------------------------------

void IrBuilder::End(Instruction instruction) {
  if (ended_) return;
  Append(std::move(instruction));
  ended_ = true;
}

void IrBuilder::Bind(LabelId label) {
  LULL_CHECK(label < function_.label_count);
  Branch(label);
  ended_ = false;
  Leaf(Op::kLabel, IrType::kVoid);
  function_.code.back().a = label;
}

void IrBuilder::Branch(LabelId label) {
  Instruction made;
  made.op = Op::kBranch;
  made.a = label;
  End(std::move(made));
}

void IrBuilder::BranchIf(ValueId condition, LabelId if_yes, LabelId if_no) {
  LULL_CHECK(Is(condition, IrType::kBool));
  if (At(condition).op == Op::kConstBool) return Branch(IsConstBool(condition, true) ? if_yes : if_no);
  Instruction made;
  made.op = Op::kBranchIf;
  made.a = if_yes;
  made.b = if_no;
  made.args = {condition};
  End(std::move(made));
}

void IrBuilder::Return() { End(Instruction{}); }

void IrBuilder::Return(ValueId value) {
  LULL_CHECK(Is(value, IrType::kBool));
  Instruction made;
  made.op = Op::kReturn;
  made.args = {value};
  End(std::move(made));
}

}  // namespace lull::compiler
