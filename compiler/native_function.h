// Translates one function of the IR to LLVM's. Private to the native back end: see native.h.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/ir.h"
#include "compiler/ir_flow.h"
#include "runtime/abi.h"
#include "runtime/ruleset.h"

namespace lull::compiler::native {

/// What the functions of one LLVM module share.
class ModuleScope {
 public:
  ModuleScope(const Module& source, llvm::Module& target, std::span<const runtime::AbiFunction> abi,
              bool rounds);

  /// The type of runtime::Code::Entry.
  llvm::FunctionType* EntryType() const;
  llvm::Function* FunctionFor(runtime::FunctionId function);
  llvm::Function* AbiFor(runtime::AbiId id);
  llvm::Constant* TextFor(std::uint32_t text);
  llvm::Type* TypeOf(IrType type) const;  // of a text: of its data; its size is an i64

  const Module& source() const { return source_; }
  llvm::Module& target() const { return target_; }
  llvm::LLVMContext& context() const { return target_.getContext(); }
  std::span<const runtime::AbiFunction> abi() const { return abi_; }
  bool rounds() const { return rounds_; }  // TranslateOptions::rounds

  // Members of the Moment, the record, and Moment::out never overlap.
  llvm::MDNode* moment_tag() const { return moment_tag_; }
  llvm::MDNode* record_tag() const { return record_tag_; }
  llvm::MDNode* out_tag() const { return out_tag_; }

 private:
  const Module& source_;
  llvm::Module& target_;
  std::span<const runtime::AbiFunction> abi_;
  bool rounds_;
  std::map<std::uint32_t, llvm::Constant*> texts_;
  llvm::MDNode* moment_tag_;
  llvm::MDNode* record_tag_;
  llvm::MDNode* out_tag_;
};

/// A value of the IR: a text has data and size, all else `first` only.
struct Pair {
  llvm::Value* first = nullptr;
  llvm::Value* size = nullptr;
};

class FunctionTranslator {
 public:
  FunctionTranslator(ModuleScope& scope, const Function& source, llvm::Function& target);
  void Run();

 private:
  using Emit = Pair (FunctionTranslator::*)(const Instruction&);
  static const Emit kEmit[];

  Pair ConstBool(const Instruction& made);
  Pair ConstI64(const Instruction& made);
  Pair ConstF64(const Instruction& made);
  Pair ConstText(const Instruction& made);
  Pair ConstUnknown(const Instruction& made);
  Pair Now(const Instruction& made);
  Pair AgeNow(const Instruction& made);
  Pair EventTime(const Instruction& made);
  Pair From(const Instruction& made);
  Pair FirstEvent(const Instruction& made);
  Pair Load(const Instruction& made);
  Pair Store(const Instruction& made);
  Pair Field(const Instruction& made);
  Pair NumberOp(const Instruction& made);
  Pair NumberNegate(const Instruction& made);
  Pair IntegerOp(const Instruction& made);
  Pair IntegerNegate(const Instruction& made);
  Pair NumberCompare(const Instruction& made);
  Pair IntegerCompare(const Instruction& made);
  Pair And(const Instruction& made);
  Pair Or(const Instruction& made);
  Pair Not(const Instruction& made);
  Pair FlagIsYes(const Instruction& made);
  Pair BoolToFlag(const Instruction& made);
  Pair IsKnown(const Instruction& made);
  Pair Select(const Instruction& made);
  Pair LocalGet(const Instruction& made);
  Pair LocalSet(const Instruction& made);
  Pair Call(const Instruction& made);
  // Calls of which less is left once an argument is known (native_inline.cpp). No value: there is a call.
  std::optional<Pair> Inlined(const Instruction& made);
  std::optional<Pair> InlinedTextEqual(const Instruction& made);
  std::optional<Pair> InlinedRoundNumber(const Instruction& made);
  /// Whether the bytes at `data` are those of the text, whose size they have.
  llvm::Value* HasBytes(llvm::Value* data, std::string_view text);
  Pair CallCondition(const Instruction& made);
  Pair Held(const Instruction& made);
  Pair Update(const Instruction& made);
  Pair Arm(const Instruction& made);
  Pair Out(const Instruction& made);
  Pair Label(const Instruction& made);
  Pair Branch(const Instruction& made);
  Pair BranchIf(const Instruction& made);
  Pair Return(const Instruction& made);

  const Pair& Arg(const Instruction& made, std::size_t index) const { return values_[made.args[index]]; }
  IrType ArgType(const Instruction& made, std::size_t index) const {
    return source_.code[made.args[index]].type;
  }
  llvm::ConstantInt* Integer(std::int64_t value) {
    return builder_.getInt64(static_cast<std::uint64_t>(value));
  }
  llvm::Value* UnknownInteger();
  llvm::Value* UnknownNumber();
  Pair Unknown(IrType type);
  llvm::Value* IsUnknown(llvm::Value* integer) { return builder_.CreateICmpEQ(integer, UnknownInteger()); }
  llvm::Value* Canonical(llvm::Value* number);
  /// A member of the Moment that does not change while the function runs; read once, at its start.
  llvm::Value* Fixed(std::size_t offset, llvm::Type* type);
  llvm::Value* Record();
  llvm::Value* Address(llvm::Value* base, std::size_t offset);
  llvm::Value* Read(llvm::Type* type, llvm::Value* address, llvm::MDNode* tag);
  void Write(llvm::Value* value, llvm::Value* address, llvm::MDNode* tag);
  llvm::Value* HeldBit(std::uint32_t condition);
  /// By local: whether some way leads to a read of it before it has been set. It is unknown there.
  std::vector<bool> ReadUnset() const;
  void MakeLocals();

  ModuleScope& scope_;
  const Function& source_;
  llvm::Function& target_;
  Flow flow_;
  llvm::IRBuilder<> start_;  // at the end of the first block, before the branch into the body
  llvm::IRBuilder<> builder_;
  llvm::Value* moment_;
  std::vector<Pair> values_;
  std::vector<Pair> locals_;
  std::vector<llvm::BasicBlock*> blocks_;
  std::map<std::size_t, llvm::Value*> fixed_;
};

}  // namespace lull::compiler::native
