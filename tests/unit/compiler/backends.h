// One module in every way of executing it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/interpreter.h"
#include "compiler/ir_verifier.h"
#include "compiler/native.h"

namespace lull::compiler::test {

struct Backend {
  std::string name;
  std::shared_ptr<const runtime::CodeTable> code;
};

/// The interpreter first, then native code at each level.
inline std::vector<Backend> AllBackends(const Module& module, std::span<const runtime::AbiFunction> abi) {
  EXPECT_EQ(Verify(module), std::vector<std::string>());
  std::vector<Backend> backends;
  backends.push_back({"interpreter", MakeInterpreted(std::make_shared<const Module>(module), abi)});
  for (int level = 0; level <= 2; ++level) {
    auto code = CompileNative(module, {.level = level, .cache_folder = {}, .threads = 1, .abi = abi});
    EXPECT_TRUE(code.has_value()) << (code ? "" : code.error().message);
    if (code) backends.push_back({"native level " + std::to_string(level), std::move(*code)});
  }
  return backends;
}

}  // namespace lull::compiler::test
