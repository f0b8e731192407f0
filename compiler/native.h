// Native code for a module of IR: compiled by LLVM for this very processor, kept on disk for the next start.
//
// The code agrees with the interpreter to the bit at every level. No header of LLVM is seen from here.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "compiler/ir.h"
#include "runtime/abi.h"
#include "runtime/base/result.h"
#include "runtime/ruleset.h"

namespace lull::compiler {

struct NativeOptions {
  /// 0: straight translation, for tests. 1: light passes, cheap code generation. 2: better and slower to
  /// make.
  int level = 1;
  /// Where objects are kept; empty: none are. A folder that cannot be written is as good as none.
  std::filesystem::path cache_folder;
  /// Threads that compile, if the module is large enough to be split.
  std::size_t threads = 2;
  /// Must outlive the code. The addresses in it are called directly.
  std::span<const runtime::AbiFunction> abi = runtime::AbiFunctions();
};

/// What CompileNative did.
struct NativeReport {
  std::size_t objects = 0;     // parts into which the module was split
  std::size_t from_cache = 0;  // of these, read instead of made
  std::size_t bytes = 0;
};

/// $XDG_CACHE_HOME/lull or ~/.cache/lull; empty if neither variable is set.
std::filesystem::path DefaultCacheFolder();

/// `module` must be well formed (ir_verifier.h) and is not needed afterwards. The table's owner keeps the
/// code in memory and frees it with its last reference. The code may run on any number of threads.
Result<std::shared_ptr<const runtime::CodeTable>> CompileNative(const Module& module,
                                                                const NativeOptions& options = {},
                                                                NativeReport* report = nullptr);

/// The module as text of LLVM, before (level 0) or after its passes.
Result<std::string> PrintLlvm(const Module& module, int level);

}  // namespace lull::compiler
