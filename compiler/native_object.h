// From a part of a module to an object file for this processor. Private to the native back end: see native.h.
#pragma once

#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/Support/MemoryBuffer.h>

#include <memory>
#include <span>
#include <string>

#include "compiler/native_codegen.h"
#include "runtime/base/result.h"

namespace lull::compiler::native {

/// Processor, features and how code is made at a level.
class Host {
 public:
  static Result<Host> Detect(int level);

  /// Names all that the objects depend on besides the IR.
  std::string Name() const;
  Result<std::unique_ptr<llvm::MemoryBuffer>> Compile(const Module& module, Part part,
                                                      std::span<const runtime::AbiFunction> abi) const;
  Result<std::string> Print(const Module& module, std::span<const runtime::AbiFunction> abi) const;

 private:
  Host(llvm::orc::JITTargetMachineBuilder builder, int level) : builder_(std::move(builder)), level_(level) {}

  struct Work;          // a translated part with its context and target machine
  bool Rounds() const;  // TranslateOptions::rounds
  Result<Work> Prepare(const Module& module, Part part, std::span<const runtime::AbiFunction> abi) const;

  llvm::orc::JITTargetMachineBuilder builder_;
  int level_;
};

/// What LLVM says, as our error.
Error FromLlvm(const std::string& doing, llvm::Error error);

}  // namespace lull::compiler::native
