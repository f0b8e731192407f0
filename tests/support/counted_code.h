// A compiled ruleset that counts what it runs, in the weights of compiler/cost_paths.h.
//
// The interpreter runs a copy of the module in which each block first calls a function that adds the weights
// of the block's instructions. One at a time in each thread.
#pragma once

#include <cstdint>
#include <memory>

#include "compiler/compile.h"
#include "runtime/ruleset.h"

namespace lull::test {

class CountedCode {
 public:
  /// `compiled` must outlive it.
  explicit CountedCode(const compiler::CompiledRuleset& compiled);
  ~CountedCode();
  CountedCode(const CountedCode&) = delete;
  CountedCode& operator=(const CountedCode&) = delete;

  /// Must not run when this is gone.
  const runtime::Program& program() const { return program_; }
  /// Of all that ran since the last call.
  std::uint64_t Take();

 private:
  runtime::Program program_;
};

}  // namespace lull::test
