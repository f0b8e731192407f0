#include "compiler/native_function.h"

#include <llvm/IR/MDBuilder.h>

#include <bit>
#include <cstddef>
#include <iterator>

#include "compiler/ir_semantics.h"
#include "runtime/base/check.h"

namespace lull::compiler::native {

using runtime::AbiType;
using runtime::Moment;
using runtime::SlotKind;

// In the order of Op.
const FunctionTranslator::Emit FunctionTranslator::kEmit[] = {
    &FunctionTranslator::ConstBool,
    &FunctionTranslator::ConstI64,
    &FunctionTranslator::ConstF64,
    &FunctionTranslator::ConstText,
    &FunctionTranslator::ConstUnknown,
    &FunctionTranslator::Now,
    &FunctionTranslator::AgeNow,
    &FunctionTranslator::EventTime,
    &FunctionTranslator::From,
    &FunctionTranslator::FirstEvent,
    &FunctionTranslator::Load,
    &FunctionTranslator::Store,
    &FunctionTranslator::Field,
    &FunctionTranslator::NumberOp,
    &FunctionTranslator::NumberOp,
    &FunctionTranslator::NumberOp,
    &FunctionTranslator::NumberOp,
    &FunctionTranslator::NumberNegate,
    &FunctionTranslator::IntegerOp,
    &FunctionTranslator::IntegerOp,
    &FunctionTranslator::IntegerNegate,
    &FunctionTranslator::NumberCompare,
    &FunctionTranslator::IntegerCompare,
    &FunctionTranslator::And,
    &FunctionTranslator::Or,
    &FunctionTranslator::Not,
    &FunctionTranslator::FlagIsYes,
    &FunctionTranslator::BoolToFlag,
    &FunctionTranslator::IsKnown,
    &FunctionTranslator::Select,
    &FunctionTranslator::LocalGet,
    &FunctionTranslator::LocalSet,
    &FunctionTranslator::Call,
    &FunctionTranslator::CallCondition,
    &FunctionTranslator::Held,
    &FunctionTranslator::Update,
    &FunctionTranslator::Arm,
    &FunctionTranslator::Out,
    &FunctionTranslator::Label,
    &FunctionTranslator::Branch,
    &FunctionTranslator::BranchIf,
    &FunctionTranslator::Return,
};

FunctionTranslator::FunctionTranslator(ModuleScope& scope, const Function& source, llvm::Function& target)
    : scope_(scope),
      source_(source),
      target_(target),
      flow_(source),
      start_(llvm::BasicBlock::Create(scope.context(), "start", &target)),
      builder_(scope.context()),
      moment_(target.getArg(0)),
      values_(source.code.size()),
      blocks_(flow_.blocks().size()) {
  static_assert(std::size(kEmit) == static_cast<std::size_t>(Op::kReturn) + 1);
}

void FunctionTranslator::Run() {
  MakeLocals();
  for (const BlockId block : flow_.order()) {
    blocks_[block] = llvm::BasicBlock::Create(scope_.context(), "", &target_);
  }
  for (const BlockId block : flow_.order()) {
    builder_.SetInsertPoint(blocks_[block]);
    const Block& body = flow_.blocks()[block];
    for (ValueId i = body.first; i < body.end; ++i) {
      const Instruction& made = source_.code[i];
      values_[i] = (this->*kEmit[static_cast<std::size_t>(made.op)])(made);
    }
  }
  start_.CreateBr(blocks_[flow_.order().front()]);
}

// A value at the start of each local would keep it alive through all blocks before its use, and LLVM's time
// grow with the square of a large function's size.
std::vector<bool> FunctionTranslator::ReadUnset() const {
  std::vector<bool> read_unset(source_.locals.size(), false);
  std::vector<BlockId> first_set(source_.locals.size(), kNoBlock);
  for (const BlockId block : flow_.order()) {
    const Block& body = flow_.blocks()[block];
    for (ValueId i = body.first; i < body.end; ++i) {
      const Instruction& made = source_.code[i];
      if (made.op == Op::kLocalSet && first_set[made.a] == kNoBlock) first_set[made.a] = block;
      if (made.op != Op::kLocalGet || read_unset[made.a]) continue;
      const BlockId set = first_set[made.a];
      read_unset[made.a] = set == kNoBlock || !flow_.Dominates(set, block);
    }
  }
  return read_unset;
}

void FunctionTranslator::MakeLocals() {
  builder_.SetInsertPoint(start_.GetInsertBlock());
  const std::vector<bool> read_unset = ReadUnset();
  for (std::size_t index = 0; index < source_.locals.size(); ++index) {
    const IrType type = source_.locals[index];
    const Pair unknown = Unknown(type);
    Pair local{start_.CreateAlloca(scope_.TypeOf(type)), nullptr};
    if (type == IrType::kText) local.size = start_.CreateAlloca(start_.getInt64Ty());
    if (read_unset[index]) {
      start_.CreateStore(unknown.first, local.first);
      if (local.size != nullptr) start_.CreateStore(unknown.size, local.size);
    }
    locals_.push_back(local);
  }
}

// ---- Unknown and memory -----------------------------------------------------------------------------------

llvm::Value* FunctionTranslator::UnknownInteger() { return Integer(kUnknown); }

llvm::Value* FunctionTranslator::UnknownNumber() {
  return llvm::ConstantFP::get(
      scope_.context(), llvm::APFloat(llvm::APFloat::IEEEdouble(), llvm::APInt(64, kUnknownNumberBits)));
}

Pair FunctionTranslator::Unknown(IrType type) {
  switch (type) {
    case IrType::kI64:
      return {UnknownInteger(), nullptr};
    case IrType::kF64:
      return {UnknownNumber(), nullptr};
    case IrType::kText:
      return {llvm::ConstantPointerNull::get(builder_.getPtrTy()), Integer(0)};
    default:
      return {builder_.getFalse(), nullptr};
  }
}

llvm::Value* FunctionTranslator::Address(llvm::Value* base, std::size_t offset) {
  return offset == 0 ? base : builder_.CreateConstInBoundsGEP1_64(builder_.getInt8Ty(), base, offset);
}

llvm::Value* FunctionTranslator::Read(llvm::Type* type, llvm::Value* address, llvm::MDNode* tag) {
  llvm::LoadInst* load = builder_.CreateLoad(type, address);
  if (tag != nullptr) load->setMetadata(llvm::LLVMContext::MD_tbaa, tag);
  return load;
}

void FunctionTranslator::Write(llvm::Value* value, llvm::Value* address, llvm::MDNode* tag) {
  builder_.CreateStore(value, address)->setMetadata(llvm::LLVMContext::MD_tbaa, tag);
}

llvm::Value* FunctionTranslator::Fixed(std::size_t offset, llvm::Type* type) {
  llvm::Value*& value = fixed_[offset];
  if (value == nullptr) {
    llvm::Value* address = start_.CreateConstInBoundsGEP1_64(start_.getInt8Ty(), moment_, offset);
    llvm::LoadInst* load = start_.CreateLoad(type, address);
    load->setMetadata(llvm::LLVMContext::MD_tbaa, scope_.moment_tag());
    load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(scope_.context(), {}));
    value = load;
  }
  return value;
}

llvm::Value* FunctionTranslator::Record() { return Fixed(offsetof(Moment, record), builder_.getPtrTy()); }

// ---- Constants and the Moment -----------------------------------------------------------------------------

Pair FunctionTranslator::ConstBool(const Instruction& made) {
  return {builder_.getInt1(made.integer != 0), nullptr};
}
Pair FunctionTranslator::ConstI64(const Instruction& made) { return {Integer(made.integer), nullptr}; }
Pair FunctionTranslator::ConstF64(const Instruction& made) {
  const llvm::APInt bits(64, std::bit_cast<std::uint64_t>(made.number));
  return {llvm::ConstantFP::get(scope_.context(), llvm::APFloat(llvm::APFloat::IEEEdouble(), bits)), nullptr};
}
Pair FunctionTranslator::ConstText(const Instruction& made) {
  return {scope_.TextFor(made.a), Integer(static_cast<std::int64_t>(scope_.source().texts[made.a].size()))};
}
Pair FunctionTranslator::ConstUnknown(const Instruction& made) { return Unknown(made.type); }

Pair FunctionTranslator::Now(const Instruction&) {
  return {Fixed(offsetof(Moment, now), builder_.getInt64Ty()), nullptr};
}
Pair FunctionTranslator::AgeNow(const Instruction&) {
  return {Fixed(offsetof(Moment, age_now), builder_.getInt64Ty()), nullptr};
}
Pair FunctionTranslator::EventTime(const Instruction&) {
  return {Fixed(offsetof(Moment, event_time), builder_.getInt64Ty()), nullptr};
}
Pair FunctionTranslator::From(const Instruction&) {
  return {Fixed(offsetof(Moment, from), builder_.getInt64Ty()), nullptr};
}
Pair FunctionTranslator::FirstEvent(const Instruction&) {
  llvm::Value* address = Address(Record(), offsetof(runtime::RecordHeader, first_event));
  return {Read(builder_.getInt64Ty(), address, scope_.record_tag()), nullptr};
}

// ---- Slots, fields, results -------------------------------------------------------------------------------

Pair FunctionTranslator::Load(const Instruction& made) {
  llvm::Value* address = Address(Record(), made.a);
  const bool narrow = made.slot == SlotKind::kU8 || made.slot == SlotKind::kU32;
  if (!narrow) return {Read(scope_.TypeOf(made.type), address, scope_.record_tag()), nullptr};
  llvm::Type* type = builder_.getIntNTy(SlotBytes(made.slot) * 8);
  llvm::Value* value = Read(type, address, scope_.record_tag());
  llvm::Value* unknown = builder_.CreateICmpEQ(value, llvm::Constant::getAllOnesValue(type));
  return {builder_.CreateSelect(unknown, UnknownInteger(), builder_.CreateZExt(value, builder_.getInt64Ty())),
          nullptr};
}

Pair FunctionTranslator::Store(const Instruction& made) {
  llvm::Value* value = Arg(made, 0).first;
  if (made.slot == SlotKind::kU8 || made.slot == SlotKind::kU32) {
    llvm::Type* type = builder_.getIntNTy(SlotBytes(made.slot) * 8);
    value = builder_.CreateSelect(IsUnknown(value), llvm::Constant::getAllOnesValue(type),
                                  builder_.CreateTrunc(value, type));
  }
  Write(value, Address(Record(), made.a), scope_.record_tag());
  return {};
}

Pair FunctionTranslator::Field(const Instruction& made) {
  llvm::Value* fields = Fixed(offsetof(Moment, fields), builder_.getPtrTy());
  const std::size_t offset = made.a * sizeof(runtime::FieldValue);
  Pair field{Read(scope_.TypeOf(made.type), Address(fields, offset), nullptr), nullptr};
  if (made.type == IrType::kText) {
    llvm::Value* size = Address(fields, offset + offsetof(runtime::TextView, size));
    field.size = Read(builder_.getInt64Ty(), size, nullptr);
  }
  for (llvm::Value* part : {field.first, field.size}) {
    if (part == nullptr) continue;
    llvm::cast<llvm::LoadInst>(part)->setMetadata(llvm::LLVMContext::MD_invariant_load,
                                                  llvm::MDNode::get(scope_.context(), {}));
  }
  return field;
}

Pair FunctionTranslator::Out(const Instruction& made) {
  llvm::Value* out = Fixed(offsetof(Moment, out), builder_.getPtrTy());
  const std::size_t offset = made.a * sizeof(runtime::FieldValue);
  const Pair& value = Arg(made, 0);
  llvm::Value* first = ArgType(made, 0) == IrType::kBool
                           ? builder_.CreateZExt(value.first, builder_.getInt64Ty())
                           : value.first;
  Write(first, Address(out, offset), scope_.out_tag());
  if (value.size != nullptr) {
    Write(value.size, Address(out, offset + offsetof(runtime::TextView, size)), scope_.out_tag());
  }
  return {};
}

// ---- Locals -----------------------------------------------------------------------------------------------

Pair FunctionTranslator::LocalGet(const Instruction& made) {
  const Pair& local = locals_[made.a];
  return {builder_.CreateLoad(scope_.TypeOf(made.type), local.first),
          local.size == nullptr ? nullptr : builder_.CreateLoad(builder_.getInt64Ty(), local.size)};
}

Pair FunctionTranslator::LocalSet(const Instruction& made) {
  const Pair& local = locals_[made.a];
  builder_.CreateStore(Arg(made, 0).first, local.first);
  if (local.size != nullptr) builder_.CreateStore(Arg(made, 0).size, local.size);
  return {};
}

// ---- Calls and conditions ---------------------------------------------------------------------------------

Pair FunctionTranslator::Call(const Instruction& made) {
  if (const std::optional<Pair> inlined = Inlined(made)) return *inlined;
  const runtime::AbiFunction& callee = scope_.abi()[made.a];
  std::vector<llvm::Value*> arguments;
  if (callee.takes_moment) arguments.push_back(moment_);
  for (std::size_t i = 0; i < made.args.size(); ++i) {
    const Pair& value = Arg(made, i);
    const AbiType type = callee.parameters[i];
    arguments.push_back(type == AbiType::kU32    ? builder_.CreateTrunc(value.first, builder_.getInt32Ty())
                        : type == AbiType::kBool ? builder_.CreateZExt(value.first, builder_.getInt64Ty())
                                                 : value.first);
    if (type == AbiType::kText) arguments.push_back(value.size);
  }
  llvm::Value* result = builder_.CreateCall(scope_.AbiFor(static_cast<runtime::AbiId>(made.a)), arguments);
  if (made.type == IrType::kBool) return {builder_.CreateIsNotNull(result), nullptr};
  if (made.type != IrType::kText) return {result, nullptr};
  return {builder_.CreateExtractValue(result, 0), builder_.CreateExtractValue(result, 1)};
}

Pair FunctionTranslator::CallCondition(const Instruction& made) {
  llvm::Value* none = llvm::ConstantPointerNull::get(builder_.getPtrTy());
  return {builder_.CreateIsNotNull(builder_.CreateCall(scope_.FunctionFor(made.a), {moment_, none})),
          nullptr};
}

llvm::Value* FunctionTranslator::HeldBit(std::uint32_t condition) {
  llvm::Value* address = Address(Record(), runtime::kBitsOffset + condition / 64 * sizeof(std::uint64_t));
  llvm::Value* word = Read(builder_.getInt64Ty(), address, scope_.record_tag());
  return builder_.CreateIsNotNull(
      builder_.CreateAnd(word, builder_.getInt64(std::uint64_t{1} << (condition % 64))));
}

Pair FunctionTranslator::Held(const Instruction& made) { return {HeldBit(made.a), nullptr}; }

Pair FunctionTranslator::Update(const Instruction& made) {
  llvm::Value* value = Arg(made, 0).first;
  auto* edge = llvm::BasicBlock::Create(scope_.context(), "", &target_);
  auto* after = llvm::BasicBlock::Create(scope_.context(), "", &target_);
  builder_.CreateCondBr(builder_.CreateXor(value, HeldBit(made.a)), edge, after,
                        llvm::MDBuilder(scope_.context()).createUnlikelyBranchWeights());
  builder_.SetInsertPoint(edge);
  builder_.CreateCall(
      scope_.AbiFor(runtime::AbiId::kConditionEdge),
      {moment_, builder_.getInt32(made.a), builder_.CreateZExt(value, builder_.getInt64Ty())});
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
  return {};
}

Pair FunctionTranslator::Arm(const Instruction& made) {
  llvm::Value* instant = Arg(made, 0).first;
  llvm::Value* address = Address(moment_, offsetof(Moment, next_wake));
  llvm::Value* wake = Read(builder_.getInt64Ty(), address, scope_.moment_tag());
  llvm::Value* age_now = Fixed(offsetof(Moment, age_now), builder_.getInt64Ty());
  // Later than age_now implies known: the reserved value is the least.
  llvm::Value* earlier =
      builder_.CreateAnd(builder_.CreateICmpSGT(instant, age_now), builder_.CreateICmpSLT(instant, wake));
  Write(builder_.CreateSelect(earlier, instant, wake), address, scope_.moment_tag());
  return {};
}

// ---- Control flow -----------------------------------------------------------------------------------------

Pair FunctionTranslator::Label(const Instruction&) { return {}; }

Pair FunctionTranslator::Branch(const Instruction& made) {
  builder_.CreateBr(blocks_[flow_.block_at(made.a)]);
  return {};
}

Pair FunctionTranslator::BranchIf(const Instruction& made) {
  builder_.CreateCondBr(Arg(made, 0).first, blocks_[flow_.block_at(made.a)], blocks_[flow_.block_at(made.b)]);
  return {};
}

Pair FunctionTranslator::Return(const Instruction& made) {
  builder_.CreateRet(made.args.empty() ? Integer(0)
                                       : builder_.CreateZExt(Arg(made, 0).first, builder_.getInt64Ty()));
  return {};
}

}  // namespace lull::compiler::native
