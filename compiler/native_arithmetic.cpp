// Arithmetic, comparisons and truth: the part of FunctionTranslator that touches no memory.
#include <llvm/IR/Intrinsics.h>

#include "compiler/native_function.h"

namespace lull::compiler::native {

using llvm::CmpInst;

// ---- Arithmetic and comparisons ---------------------------------------------------------------------------

llvm::Value* FunctionTranslator::Canonical(llvm::Value* number) {
  llvm::Value* positive_zero =
      builder_.CreateFAdd(number, llvm::ConstantFP::get(builder_.getDoubleTy(), 0.0));
  llvm::Value* size = builder_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, positive_zero);
  llvm::Value* finite = builder_.CreateFCmpOLT(size, llvm::ConstantFP::getInfinity(builder_.getDoubleTy()));
  return builder_.CreateSelect(finite, positive_zero, UnknownNumber());
}

Pair FunctionTranslator::NumberOp(const Instruction& made) {
  constexpr llvm::Instruction::BinaryOps kOps[] = {llvm::Instruction::FAdd, llvm::Instruction::FSub,
                                                   llvm::Instruction::FMul, llvm::Instruction::FDiv};
  const auto op = kOps[static_cast<std::size_t>(made.op) - static_cast<std::size_t>(Op::kFAdd)];
  return {Canonical(builder_.CreateBinOp(op, Arg(made, 0).first, Arg(made, 1).first)), nullptr};
}

Pair FunctionTranslator::NumberNegate(const Instruction& made) {
  llvm::Value* zero = llvm::ConstantFP::get(builder_.getDoubleTy(), 0.0);
  return {Canonical(builder_.CreateFSub(zero, Arg(made, 0).first)), nullptr};
}

Pair FunctionTranslator::IntegerOp(const Instruction& made) {
  const auto intrinsic =
      made.op == Op::kIAdd ? llvm::Intrinsic::sadd_with_overflow : llvm::Intrinsic::ssub_with_overflow;
  llvm::Value* a = Arg(made, 0).first;
  llvm::Value* b = Arg(made, 1).first;
  llvm::Value* both = builder_.CreateBinaryIntrinsic(intrinsic, a, b);
  llvm::Value* overflow = builder_.CreateExtractValue(both, 1);
  llvm::Value* bad = builder_.CreateOr(builder_.CreateOr(IsUnknown(a), IsUnknown(b)), overflow);
  return {builder_.CreateSelect(bad, UnknownInteger(), builder_.CreateExtractValue(both, 0)), nullptr};
}

Pair FunctionTranslator::IntegerNegate(const Instruction& made) {
  // The reserved value is the one whose negation, wrapping, is itself.
  return {builder_.CreateNeg(Arg(made, 0).first), nullptr};
}

Pair FunctionTranslator::NumberCompare(const Instruction& made) {
  constexpr CmpInst::Predicate kPredicates[] = {CmpInst::FCMP_OEQ, CmpInst::FCMP_ONE, CmpInst::FCMP_OLT,
                                                CmpInst::FCMP_OLE, CmpInst::FCMP_OGT, CmpInst::FCMP_OGE};
  const auto predicate = kPredicates[static_cast<std::size_t>(made.compare)];
  return {builder_.CreateFCmp(predicate, Arg(made, 0).first, Arg(made, 1).first), nullptr};
}

Pair FunctionTranslator::IntegerCompare(const Instruction& made) {
  constexpr CmpInst::Predicate kPredicates[] = {CmpInst::ICMP_EQ,  CmpInst::ICMP_NE,  CmpInst::ICMP_SLT,
                                                CmpInst::ICMP_SLE, CmpInst::ICMP_SGT, CmpInst::ICMP_SGE};
  llvm::Value* a = Arg(made, 0).first;
  llvm::Value* b = Arg(made, 1).first;
  llvm::Value* result = builder_.CreateICmp(kPredicates[static_cast<std::size_t>(made.compare)], a, b);
  if (made.guarded) {
    result = builder_.CreateAnd(result, builder_.CreateNot(builder_.CreateOr(IsUnknown(a), IsUnknown(b))));
  }
  return {result, nullptr};
}

// ---- Truth ------------------------------------------------------------------------------------------------

Pair FunctionTranslator::And(const Instruction& made) {
  return {builder_.CreateAnd(Arg(made, 0).first, Arg(made, 1).first), nullptr};
}
Pair FunctionTranslator::Or(const Instruction& made) {
  return {builder_.CreateOr(Arg(made, 0).first, Arg(made, 1).first), nullptr};
}
Pair FunctionTranslator::Not(const Instruction& made) {
  return {builder_.CreateNot(Arg(made, 0).first), nullptr};
}
Pair FunctionTranslator::FlagIsYes(const Instruction& made) {
  return {builder_.CreateICmpEQ(Arg(made, 0).first, Integer(1)), nullptr};
}
Pair FunctionTranslator::BoolToFlag(const Instruction& made) {
  return {builder_.CreateZExt(Arg(made, 0).first, builder_.getInt64Ty()), nullptr};
}

Pair FunctionTranslator::IsKnown(const Instruction& made) {
  llvm::Value* value = Arg(made, 0).first;
  switch (ArgType(made, 0)) {
    case IrType::kI64:
      return {builder_.CreateICmpNE(value, UnknownInteger()), nullptr};
    case IrType::kF64:
      return {builder_.CreateFCmpORD(value, value), nullptr};
    case IrType::kText:
      return {builder_.CreateIsNotNull(value), nullptr};
    default:
      return {builder_.getTrue(), nullptr};
  }
}

Pair FunctionTranslator::Select(const Instruction& made) {
  llvm::Value* condition = Arg(made, 0).first;
  const Pair& yes = Arg(made, 1);
  const Pair& no = Arg(made, 2);
  return {builder_.CreateSelect(condition, yes.first, no.first),
          yes.size == nullptr ? nullptr : builder_.CreateSelect(condition, yes.size, no.size)};
}

}  // namespace lull::compiler::native
