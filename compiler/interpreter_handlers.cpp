#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "compiler/interpreter_code.h"
#include "compiler/ir_semantics.h"
#include "runtime/base/check.h"

namespace lull::compiler::interpreter {
namespace {

using runtime::AbiFunction;
using runtime::AbiType;
using runtime::AbiValue;
using runtime::Moment;
using runtime::SlotKind;
using runtime::TextView;

std::int64_t Integer(const Frame& frame, Register at) {
  return static_cast<std::int64_t>(frame.registers[at]);
}
double Number(const Frame& frame, Register at) { return std::bit_cast<double>(frame.registers[at]); }
bool Truth(const Frame& frame, Register at) { return frame.registers[at] != 0; }
TextView Text(const Frame& frame, Register at) {
  return {std::bit_cast<const char*>(frame.registers[at]), frame.registers[at + 1]};
}

const Step* Put(const Step* step, Frame& frame, std::int64_t value) {
  frame.registers[step->to] = static_cast<std::uint64_t>(value);
  return step + 1;
}
const Step* Put(const Step* step, Frame& frame, double value) {
  frame.registers[step->to] = std::bit_cast<std::uint64_t>(value);
  return step + 1;
}
const Step* Put(const Step* step, Frame& frame, bool value) {
  frame.registers[step->to] = value ? 1 : 0;
  return step + 1;
}
const Step* Put(const Step* step, Frame& frame, TextView value) {
  frame.registers[step->to] = std::bit_cast<std::uint64_t>(value.data);
  frame.registers[step->to + 1] = value.size;
  return step + 1;
}

// ---- Constants and the Moment -----------------------------------------------------------------------------

const Step* Constant(const Step* step, Frame& frame) { return Put(step, frame, step->immediate); }

const Step* ConstantText(const Step* step, Frame& frame) {
  return Put(step, frame,
             TextView::Of(frame.function->module->texts[static_cast<std::size_t>(step->immediate)]));
}

const Step* UnknownText(const Step* step, Frame& frame) { return Put(step, frame, TextView{}); }

template <std::int64_t Moment::*kMember>
const Step* FromMoment(const Step* step, Frame& frame) {
  return Put(step, frame, frame.moment->*kMember);
}

const Step* FirstEvent(const Step* step, Frame& frame) {
  runtime::RecordHeader header;
  std::memcpy(&header, frame.moment->record, sizeof header);
  return Put(step, frame, header.first_event);
}

// ---- Slots, fields, results -------------------------------------------------------------------------------

template <typename Narrow>
const Step* LoadNarrow(const Step* step, Frame& frame) {
  Narrow value = 0;
  std::memcpy(&value, frame.moment->record + step->immediate, sizeof value);
  const bool known = value != static_cast<Narrow>(-1);
  return Put(step, frame, known ? static_cast<std::int64_t>(value) : kUnknown);
}

template <typename Narrow>
const Step* StoreNarrow(const Step* step, Frame& frame) {
  const std::int64_t wide = Integer(frame, step->a);
  const Narrow value = wide == kUnknown ? static_cast<Narrow>(-1) : static_cast<Narrow>(wide);
  std::memcpy(frame.moment->record + step->immediate, &value, sizeof value);
  return step + 1;
}

const Step* LoadWide(const Step* step, Frame& frame) {
  std::memcpy(&frame.registers[step->to], frame.moment->record + step->immediate, sizeof(std::uint64_t));
  return step + 1;
}

const Step* StoreWide(const Step* step, Frame& frame) {
  std::memcpy(frame.moment->record + step->immediate, &frame.registers[step->a], sizeof(std::uint64_t));
  return step + 1;
}

template <auto kMember>
const Step* Field(const Step* step, Frame& frame) {
  return Put(step, frame, frame.moment->fields[step->immediate].*kMember);
}

const Step* OutInteger(const Step* step, Frame& frame) {
  frame.moment->out[step->immediate].integer = Integer(frame, step->a);
  return step + 1;
}
const Step* OutNumber(const Step* step, Frame& frame) {
  frame.moment->out[step->immediate].number = Number(frame, step->a);
  return step + 1;
}
const Step* OutText(const Step* step, Frame& frame) {
  frame.moment->out[step->immediate].text = Text(frame, step->a);
  return step + 1;
}

// ---- Arithmetic and comparisons ---------------------------------------------------------------------------

template <Op kOp>
const Step* NumberOp(const Step* step, Frame& frame) {
  return Put(step, frame, NumberResult(kOp, Number(frame, step->a), Number(frame, step->b)));
}
const Step* NumberNegate(const Step* step, Frame& frame) {
  return Put(step, frame, NegatedNumber(Number(frame, step->a)));
}
const Step* IntegerAdd(const Step* step, Frame& frame) {
  return Put(step, frame, IntegerSum(Integer(frame, step->a), Integer(frame, step->b)));
}
const Step* IntegerSubtract(const Step* step, Frame& frame) {
  return Put(step, frame, IntegerDifference(Integer(frame, step->a), Integer(frame, step->b)));
}
const Step* IntegerNegate(const Step* step, Frame& frame) {
  return Put(step, frame, NegatedInteger(Integer(frame, step->a)));
}

template <IrCompare kCompare>
const Step* CompareNumbers(const Step* step, Frame& frame) {
  return Put(step, frame, NumbersCompare(kCompare, Number(frame, step->a), Number(frame, step->b)));
}
template <IrCompare kCompare, bool kGuarded>
const Step* CompareIntegers(const Step* step, Frame& frame) {
  return Put(step, frame,
             IntegersCompare(kCompare, kGuarded, Integer(frame, step->a), Integer(frame, step->b)));
}

// ---- Truth ------------------------------------------------------------------------------------------------

const Step* And(const Step* step, Frame& frame) {
  return Put(step, frame, Truth(frame, step->a) && Truth(frame, step->b));
}
const Step* Or(const Step* step, Frame& frame) {
  return Put(step, frame, Truth(frame, step->a) || Truth(frame, step->b));
}
const Step* Not(const Step* step, Frame& frame) { return Put(step, frame, !Truth(frame, step->a)); }
const Step* FlagIsYes(const Step* step, Frame& frame) {
  return Put(step, frame, Integer(frame, step->a) == 1);
}
const Step* Copy(const Step* step, Frame& frame) { return Put(step, frame, Integer(frame, step->a)); }
const Step* CopyText(const Step* step, Frame& frame) { return Put(step, frame, Text(frame, step->a)); }

const Step* AlwaysKnown(const Step* step, Frame& frame) { return Put(step, frame, true); }
const Step* IntegerKnown(const Step* step, Frame& frame) {
  return Put(step, frame, Integer(frame, step->a) != kUnknown);
}
const Step* NumberKnown(const Step* step, Frame& frame) {
  return Put(step, frame, !std::isnan(Number(frame, step->a)));
}
const Step* TextKnown(const Step* step, Frame& frame) {
  return Put(step, frame, Text(frame, step->a).known());
}

const Step* Select(const Step* step, Frame& frame) {
  return Put(step, frame, Integer(frame, Truth(frame, step->a) ? step->b : step->c));
}
const Step* SelectText(const Step* step, Frame& frame) {
  return Put(step, frame, Text(frame, Truth(frame, step->a) ? step->b : step->c));
}

// ---- Calls and conditions ---------------------------------------------------------------------------------

constexpr std::size_t kArgumentsMax = 8;

const Step* Call(const Step* step, Frame& frame) {
  const CallSite& site = frame.function->calls[static_cast<std::size_t>(step->immediate)];
  const AbiFunction& callee = *site.callee;
  std::array<AbiValue, kArgumentsMax> arguments;
  LULL_CHECK(site.arguments.size() <= kArgumentsMax);
  for (std::size_t i = 0; i < site.arguments.size(); ++i) {
    const Register at = site.arguments[i];
    if (callee.parameters[i] == AbiType::kText) {
      arguments[i].text = Text(frame, at);
    } else {
      arguments[i].bits = frame.registers[at];
    }
  }
  const AbiValue result = callee.call(callee.address, frame.moment, arguments.data());
  switch (callee.result) {
    case AbiType::kVoid:
    case AbiType::kMoment:
      return step + 1;
    case AbiType::kText:
      return Put(step, frame, result.text);
    case AbiType::kBool:
      return Put(step, frame, result.bits != 0);
    default:
      return Put(step, frame, result.integer);
  }
}

const Step* CallCondition(const Step* step, Frame& frame) {
  const runtime::Code& callee = (*frame.function->functions)[static_cast<std::size_t>(step->immediate)];
  return Put(step, frame, callee(frame.moment) != 0);
}

const Step* Held(const Step* step, Frame& frame) {
  return Put(step, frame,
             runtime::TestBit(frame.moment->record, static_cast<std::uint32_t>(step->immediate)));
}

const Step* Update(const Step* step, Frame& frame) {
  const auto condition = static_cast<std::uint32_t>(step->immediate);
  const bool value = Truth(frame, step->a);
  if (value == runtime::TestBit(frame.moment->record, condition)) return step + 1;
  const AbiFunction& edge = *frame.function->condition_edge;
  std::array<AbiValue, 2> arguments;
  arguments[0].bits = condition;
  arguments[1].bits = value ? 1 : 0;
  edge.call(edge.address, frame.moment, arguments.data());
  return step + 1;
}

const Step* Arm(const Step* step, Frame& frame) {
  const std::int64_t instant = Integer(frame, step->a);
  Moment& moment = *frame.moment;
  if (instant != kUnknown && instant > moment.age_now && instant < moment.next_wake)
    moment.next_wake = instant;
  return step + 1;
}

// ---- Control flow -----------------------------------------------------------------------------------------

const Step* Branch(const Step* step, Frame& frame) { return frame.function->steps.data() + step->immediate; }

const Step* BranchIf(const Step* step, Frame& frame) {
  return frame.function->steps.data() + (Truth(frame, step->a) ? step->immediate : std::int64_t{step->b});
}

const Step* Return(const Step*, Frame&) { return nullptr; }

const Step* ReturnValue(const Step* step, Frame& frame) {
  frame.result = frame.registers[step->a];
  return nullptr;
}

// ---- Who runs what ----------------------------------------------------------------------------------------

constexpr std::size_t kCompares = 6;

constexpr std::array<Handler, kCompares> kNumberCompares = {
    CompareNumbers<IrCompare::kEqual>,   CompareNumbers<IrCompare::kNotEqual>,
    CompareNumbers<IrCompare::kLess>,    CompareNumbers<IrCompare::kLessEqual>,
    CompareNumbers<IrCompare::kGreater>, CompareNumbers<IrCompare::kGreaterEqual>};

template <bool kGuarded>
constexpr std::array<Handler, kCompares> kIntegerCompares = {
    CompareIntegers<IrCompare::kEqual, kGuarded>,   CompareIntegers<IrCompare::kNotEqual, kGuarded>,
    CompareIntegers<IrCompare::kLess, kGuarded>,    CompareIntegers<IrCompare::kLessEqual, kGuarded>,
    CompareIntegers<IrCompare::kGreater, kGuarded>, CompareIntegers<IrCompare::kGreaterEqual, kGuarded>};

// By IrType, null where the operation has no such type.
constexpr Handler kUnknowns[] = {nullptr, nullptr, Constant, Constant, UnknownText};
constexpr Handler kFields[] = {nullptr, nullptr, Field<&runtime::FieldValue::integer>,
                               Field<&runtime::FieldValue::number>, Field<&runtime::FieldValue::text>};
constexpr Handler kKnown[] = {nullptr, AlwaysKnown, IntegerKnown, NumberKnown, TextKnown};
constexpr Handler kSelects[] = {nullptr, Select, Select, Select, SelectText};
constexpr Handler kCopies[] = {nullptr, Copy, Copy, Copy, CopyText};
constexpr Handler kOuts[] = {nullptr, OutInteger, OutInteger, OutNumber, OutText};
// By SlotKind.
constexpr Handler kLoads[] = {LoadNarrow<std::uint8_t>, LoadNarrow<std::uint32_t>, LoadWide, LoadWide,
                              nullptr};
constexpr Handler kStores[] = {StoreNarrow<std::uint8_t>, StoreNarrow<std::uint32_t>, StoreWide, StoreWide,
                               nullptr};

// In the order of Op; null where a table above decides, and for labels, which take no step.
constexpr Handler kHandlers[] = {Constant,
                                 Constant,
                                 Constant,
                                 ConstantText,
                                 nullptr,  //
                                 FromMoment<&Moment::now>,
                                 FromMoment<&Moment::age_now>,  //
                                 FromMoment<&Moment::event_time>,
                                 FromMoment<&Moment::from>,
                                 FirstEvent,  //
                                 nullptr,
                                 nullptr,
                                 nullptr,  // load, store, field
                                 NumberOp<Op::kFAdd>,
                                 NumberOp<Op::kFSub>,
                                 NumberOp<Op::kFMul>,  //
                                 NumberOp<Op::kFDiv>,
                                 NumberNegate,  //
                                 IntegerAdd,
                                 IntegerSubtract,
                                 IntegerNegate,  //
                                 nullptr,
                                 nullptr,  // comparisons
                                 And,
                                 Or,
                                 Not,
                                 FlagIsYes,
                                 Copy,  //
                                 nullptr,
                                 nullptr,
                                 nullptr,
                                 nullptr,  // is_known, select, get, set
                                 Call,
                                 CallCondition,
                                 Held,
                                 Update,
                                 Arm,  //
                                 nullptr,
                                 nullptr,  // out, label
                                 Branch,
                                 BranchIf,
                                 nullptr};
static_assert(std::size(kHandlers) == static_cast<std::size_t>(Op::kReturn) + 1);

}  // namespace

Handler HandlerFor(const Instruction& instruction, IrType operand) {
  const auto result_type = static_cast<std::size_t>(instruction.type);
  const auto operand_type = static_cast<std::size_t>(operand);
  const auto compare = static_cast<std::size_t>(instruction.compare);
  switch (instruction.op) {
    case Op::kConstUnknown:
      return kUnknowns[result_type];
    case Op::kLoad:
      return kLoads[static_cast<std::size_t>(instruction.slot)];
    case Op::kStore:
      return kStores[static_cast<std::size_t>(instruction.slot)];
    case Op::kField:
      return kFields[result_type];
    case Op::kFCompare:
      return kNumberCompares[compare];
    case Op::kICompare:
      return (instruction.guarded ? kIntegerCompares<true> : kIntegerCompares<false>)[compare];
    case Op::kIsKnown:
      return kKnown[operand_type];
    case Op::kSelect:
    case Op::kLocalGet:
      return (instruction.op == Op::kSelect ? kSelects : kCopies)[result_type];
    case Op::kLocalSet:
      return kCopies[operand_type];
    case Op::kOut:
      return kOuts[operand_type];
    case Op::kReturn:
      return instruction.args.empty() ? Return : ReturnValue;
    default:
      return kHandlers[static_cast<std::size_t>(instruction.op)];
  }
}

}  // namespace lull::compiler::interpreter
