// Translates the IR to LLVM's, one to one. Private to the native back end: see native.h.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "compiler/ir.h"
#include "runtime/abi.h"
#include "runtime/ruleset.h"

namespace lull::compiler::native {

/// Functions first..end of a module become one object.
struct Part {
  runtime::FunctionId first = 0;
  runtime::FunctionId end = 0;
};

std::string SymbolOf(const Module& module, runtime::FunctionId function);
std::string SymbolOf(const runtime::AbiFunction& function);

struct TranslateOptions {
  bool inlining = false;  // small conditions of other parts come along, to be inlined and then dropped
  bool rounds = false;    // the processor rounds to whole numbers in one instruction; else that calls libm
};

std::unique_ptr<llvm::Module> Translate(const Module& module, Part part, TranslateOptions options,
                                        std::span<const runtime::AbiFunction> abi,
                                        llvm::LLVMContext& context);

}  // namespace lull::compiler::native
