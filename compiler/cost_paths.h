// The work of compiled functions: the longest path through each, in weighted instructions of the IR.
//
// An instruction counts one. A call of the runtime counts as what it does at most: a fixed weight, and one
// for each entry of the window or wait that it may have to look at. Functions that the runtime calls back are
// counted with the call.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "compiler/ir.h"
#include "runtime/ruleset.h"

namespace lull::compiler {

/// Of one instruction of a function of this entity, without the functions that it calls.
std::uint64_t OwnWeight(const Function& function, const Instruction& instruction,
                        const runtime::EntitySpec& entity);

/// `module` and `ruleset` must outlive it.
class PathMeter {
 public:
  PathMeter(const Module& module, const runtime::Ruleset& ruleset) : module_(module), ruleset_(ruleset) {}

  /// 0 for kNoFunction.
  std::uint64_t Of(const runtime::EntitySpec& entity, runtime::FunctionId id);

 private:
  std::uint64_t WeightOf(const Function& function, const Instruction& instruction,
                         const runtime::EntitySpec& entity);

  const Module& module_;
  const runtime::Ruleset& ruleset_;
  std::map<std::pair<const runtime::EntitySpec*, runtime::FunctionId>, std::uint64_t> known_;
};

}  // namespace lull::compiler
