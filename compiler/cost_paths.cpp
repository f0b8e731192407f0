#include "compiler/cost_paths.h"

#include <algorithm>
#include <vector>

#include "compiler/ir_flow.h"

namespace lull::compiler {
namespace {

using runtime::AbiId;
using runtime::EntitySpec;
using runtime::FunctionId;

constexpr std::uint64_t kCallWeight = 12;
constexpr std::uint64_t kTextWeight = 64;  // compares or copies a text
/// Of a bisection over all instants that are looked ahead for (runtime/abi_time.cpp), and its two ends.
constexpr std::uint64_t kProbesMax = 66;

std::uint64_t Constant(const Function& function, const Instruction& call, std::size_t argument) {
  return static_cast<std::uint64_t>(function.code[call.args[argument]].integer);
}

}  // namespace

std::uint64_t OwnWeight(const Function& function, const Instruction& instruction, const EntitySpec& entity) {
  if (instruction.op == Op::kLabel) return 0;
  if (instruction.op != Op::kCall) return 1;
  const auto window = [&](std::uint64_t index) { return kCallWeight + entity.windows[index].keep_count; };
  switch (static_cast<AbiId>(instruction.a)) {
    case AbiId::kAggregateI64:
    case AbiId::kAggregateF64:
    case AbiId::kAggregateText:
      return window(entity.aggregates[Constant(function, instruction, 0)].window);
    case AbiId::kWindowPush:
    case AbiId::kWindowClear:
      return window(Constant(function, instruction, 0));
    case AbiId::kEachOpen:
    case AbiId::kEachAnswer:
    case AbiId::kEachUpdate:
    case AbiId::kEachBefore:
      return kCallWeight + entity.each_waits[Constant(function, instruction, 0)].keep_count;
    case AbiId::kTextStore:
    case AbiId::kTextEqual:
    case AbiId::kTextStartsWith:
    case AbiId::kTextEndsWith:
    case AbiId::kTextContains:
    case AbiId::kTextLike:
    case AbiId::kTextLowerCase:
    case AbiId::kTextLength:
    case AbiId::kWindowColumnText:
    case AbiId::kLookupText:
      return kTextWeight;
    default:
      return kCallWeight;
  }
}

std::uint64_t PathMeter::WeightOf(const Function& function, const Instruction& instruction,
                                  const EntitySpec& entity) {
  const std::uint64_t own = OwnWeight(function, instruction, entity);
  if (instruction.op == Op::kCallCondition) return own + Of(entity, instruction.a);
  if (instruction.op != Op::kCall) return own;
  const auto argument = [&](std::size_t index) {
    return static_cast<FunctionId>(Constant(function, instruction, index));
  };
  switch (static_cast<AbiId>(instruction.a)) {
    case AbiId::kArmCrossing:
    case AbiId::kArmStep:
      return own + kProbesMax * Of(entity, argument(0));
    case AbiId::kWholeI64:
    case AbiId::kWholeF64:
    case AbiId::kWholeText:
      return own +
             Of(entity.whole == runtime::kNoIndex ? entity : ruleset_.entities[entity.whole], argument(0));
    case AbiId::kEachAnswer: {
      const runtime::EachWaitSpec& wait = entity.each_waits[argument(0)];
      return own + wait.keep_count * Of(entity, wait.answers);
    }
    case AbiId::kEachUpdate:
    case AbiId::kEachBefore: {
      const runtime::EachWaitSpec& wait = entity.each_waits[argument(0)];
      return own + wait.keep_count * (Of(entity, wait.deadline) + Of(entity, wait.gate));
    }
    default:
      return own;
  }
}

std::uint64_t PathMeter::Of(const EntitySpec& entity, FunctionId id) {
  if (id == runtime::kNoFunction) return 0;
  if (const auto at = known_.find({&entity, id}); at != known_.end()) return at->second;
  const Function& function = module_.functions[id];
  const Flow flow(function);
  std::vector<std::uint64_t> before(flow.blocks().size(), 0);
  std::uint64_t longest = 0;
  // There are no loops: a block comes after all that lead to it.
  for (const BlockId block : flow.order()) {
    std::uint64_t weight = before[block];
    const Block& of = flow.blocks()[block];
    for (ValueId at = of.first; at < of.end; ++at) weight += WeightOf(function, function.code[at], entity);
    longest = std::max(longest, weight);
    for (const BlockId next : of.successors) before[next] = std::max(before[next], weight);
  }
  return known_[{&entity, id}] = longest;
}

}  // namespace lull::compiler
