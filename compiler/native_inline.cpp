// Calls of the runtime that are a few instructions once an argument is constant. Each does what the function
// of abi.h does, to the bit.
#include <llvm/IR/Intrinsics.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "compiler/native_function.h"

namespace lull::compiler::native {
namespace {

using runtime::AbiId;

/// Longer texts are left to the call.
constexpr std::size_t kTextBytesMax = 32;

std::uint64_t WordAt(std::string_view text, std::size_t at, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, text.data() + at, bytes);
  return word;
}

}  // namespace

std::optional<Pair> FunctionTranslator::Inlined(const Instruction& made) {
  // What somebody has put in a function's place is called.
  if (scope_.abi()[made.a].address != runtime::AbiFunctions()[made.a].address) return std::nullopt;
  switch (static_cast<AbiId>(made.a)) {
    case AbiId::kTextEqual:
      return InlinedTextEqual(made);
    case AbiId::kRoundNumber:
      return InlinedRoundNumber(made);
    default:
      return std::nullopt;
  }
}

// In words as wide as fit, the last of which may overlap the one before.
llvm::Value* FunctionTranslator::HasBytes(llvm::Value* data, std::string_view text) {
  const std::size_t width = std::min<std::size_t>(std::bit_floor(text.size()), 8);
  llvm::Type* type = builder_.getIntNTy(static_cast<unsigned>(width * 8));
  llvm::Value* unlike = llvm::Constant::getNullValue(type);
  for (std::size_t at = 0; at < text.size(); at += width) {
    const std::size_t from = std::min(at, text.size() - width);
    llvm::LoadInst* word = builder_.CreateAlignedLoad(type, Address(data, from), llvm::Align(1));
    llvm::Value* wanted = llvm::ConstantInt::get(type, WordAt(text, from, width));
    unlike = builder_.CreateOr(unlike, builder_.CreateXor(word, wanted));
  }
  return builder_.CreateIsNull(unlike);
}

std::optional<Pair> FunctionTranslator::InlinedTextEqual(const Instruction& made) {
  const auto is_constant = [&](std::size_t index) {
    return source_.code[made.args[index]].op == Op::kConstText;
  };
  if (is_constant(0) == is_constant(1)) return std::nullopt;
  const std::size_t constant = is_constant(0) ? 0 : 1;
  const std::string_view text = scope_.source().texts[source_.code[made.args[constant]].a];
  if (text.empty() || text.size() > kTextBytesMax) return std::nullopt;
  const Pair& value = Arg(made, 1 - constant);
  // The unknown text has size 0.
  llvm::Value* fits = builder_.CreateICmpEQ(value.size, Integer(static_cast<std::int64_t>(text.size())));
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  auto* compare = llvm::BasicBlock::Create(scope_.context(), "", &target_);
  auto* after = llvm::BasicBlock::Create(scope_.context(), "", &target_);
  builder_.CreateCondBr(fits, compare, after);
  builder_.SetInsertPoint(compare);
  llvm::Value* same = HasBytes(value.first, text);
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
  llvm::PHINode* equal = builder_.CreatePHI(builder_.getInt1Ty(), 2);
  equal->addIncoming(builder_.getFalse(), before);
  equal->addIncoming(same, compare);
  return Pair{equal, nullptr};
}

std::optional<Pair> FunctionTranslator::InlinedRoundNumber(const Instruction& made) {
  const Instruction& rounding = source_.code[made.args[1]];
  if (!scope_.rounds() || rounding.op != Op::kConstI64 || rounding.integer == 0) return std::nullopt;
  const auto intrinsic = rounding.integer == 1 ? llvm::Intrinsic::ceil : llvm::Intrinsic::floor;
  return Pair{Canonical(builder_.CreateUnaryIntrinsic(intrinsic, Arg(made, 0).first)), nullptr};
}

}  // namespace lull::compiler::native
