// From a checked program to what runs: runtime tables and the functions behind them, as IR.
//
//   checked program -> plan (what is remembered where) -> rule graph (order, slices) -> IR + tables
//
// The functions then become code by MakeInterpreted (interpreter.h) or CompileNative (native.h).
#pragma once

#include <memory>
#include <string>

#include "compiler/ir.h"
#include "compiler/probes.h"
#include "dsl/checked_program.h"
#include "runtime/base/result.h"
#include "runtime/ruleset.h"

namespace lull::compiler {

struct CompiledRuleset {
  std::shared_ptr<const runtime::Ruleset> ruleset;
  std::shared_ptr<const Module> module;
  Probes probes;
};

/// `program` must be free of errors. Fails only where rules read each other in a circle that the checker
/// could not name. With probes, the ruleset decides the same and keeps more of each entity.
Result<CompiledRuleset> Compile(const dsl::CheckedProgram& program, const ProbeRequests& probes = {});

/// What Compile would say of the program, without making code: the version of the ruleset, or why it fails.
Result<std::string> CheckCompiles(const dsl::CheckedProgram& program);

}  // namespace lull::compiler
