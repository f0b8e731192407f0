// From a folder of rule files to a program that can run, with errors told to the person at the terminal.
#pragma once

#include <expected>
#include <string>

#include "compiler/compile.h"
#include "dsl/load.h"
#include "runtime/ruleset.h"

namespace lull::tools {

/// Loads and checks; prints errors and warnings to standard error (warnings unless `quiet`). The unexpected
/// value is the exit code.
std::expected<dsl::LoadedRuleset, int> LoadRules(const std::string& folder, bool quiet = false);

enum class EngineKind { kNative, kInterpreter };

std::expected<compiler::CompiledRuleset, int> CompileRules(const dsl::LoadedRuleset& loaded);

Result<runtime::Program> MakeProgram(const compiler::CompiledRuleset& compiled, EngineKind kind);

}  // namespace lull::tools
