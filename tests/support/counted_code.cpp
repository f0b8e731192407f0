#include "tests/support/counted_code.h"

#include <utility>
#include <vector>

#include "compiler/cost_paths.h"
#include "compiler/interpreter.h"
#include "compiler/ir_flow.h"
#include "runtime/base/check.h"
#include "runtime/step_context.h"

namespace lull::test {
namespace {

using compiler::Function;
using compiler::Instruction;
using compiler::Module;
using compiler::Op;
using compiler::ValueId;

thread_local const Module* counted_module = nullptr;
thread_local std::uint64_t counted_weight = 0;

/// The arguments: function, first instruction of the block, and one past its last.
runtime::AbiValue CountBlock(void*, runtime::Moment* moment, const runtime::AbiValue* arguments) {
  const Function& function = counted_module->functions[arguments[0].bits];
  for (std::uint64_t at = arguments[1].bits; at < arguments[2].bits; ++at) {
    counted_weight += compiler::OwnWeight(function, function.code[at], *moment->context->entity);
  }
  return {};
}

std::vector<runtime::AbiFunction> MakeCountingAbi() {
  const auto real = runtime::AbiFunctions();
  std::vector<runtime::AbiFunction> abi(real.begin(), real.end());
  abi.push_back({.name = "CountBlock",
                 .result = runtime::AbiType::kVoid,
                 .parameters = {runtime::AbiType::kI64, runtime::AbiType::kI64, runtime::AbiType::kI64},
                 .takes_moment = true,
                 .address = nullptr,
                 .call = &CountBlock});
  return abi;
}

const std::vector<runtime::AbiFunction>& CountingAbi() {
  static const std::vector<runtime::AbiFunction> abi = MakeCountingAbi();
  return abi;
}

void AddCall(Function& counted, std::size_t id, const compiler::Block& block) {
  Instruction call;
  call.op = Op::kCall;
  call.a = static_cast<std::uint32_t>(CountingAbi().size() - 1);
  for (const std::uint64_t number :
       {std::uint64_t{id}, std::uint64_t{block.first}, std::uint64_t{block.end}}) {
    Instruction constant;
    constant.op = Op::kConstI64;
    constant.type = compiler::IrType::kI64;
    constant.integer = static_cast<std::int64_t>(number);
    call.args.push_back(static_cast<ValueId>(counted.code.size()));
    counted.code.push_back(std::move(constant));
  }
  counted.code.push_back(std::move(call));
}

Function Counted(const Function& function, std::size_t id) {
  Function counted{
      .name = function.name, .locals = function.locals, .label_count = function.label_count, .code = {}};
  std::vector<ValueId> places(function.code.size());
  const compiler::Flow flow(function);
  for (const compiler::Block& block : flow.blocks()) {
    const bool labelled = function.code[block.first].op == Op::kLabel;
    if (!labelled) AddCall(counted, id, block);
    for (ValueId at = block.first; at < block.end; ++at) {
      places[at] = static_cast<ValueId>(counted.code.size());
      counted.code.push_back(function.code[at]);
      if (labelled && at == block.first) AddCall(counted, id, block);
    }
  }
  // Values are used behind their definition, also across blocks.
  for (ValueId at = 0; at < function.code.size(); ++at) {
    Instruction& moved = counted.code[places[at]];
    for (ValueId& argument : moved.args) argument = places[argument];
  }
  return counted;
}

}  // namespace

CountedCode::CountedCode(const compiler::CompiledRuleset& compiled) {
  LULL_CHECK(counted_module == nullptr);
  counted_module = compiled.module.get();
  counted_weight = 0;
  auto counted = std::make_shared<Module>(*compiled.module);
  for (std::size_t id = 0; id < counted->functions.size(); ++id) {
    counted->functions[id] = Counted(compiled.module->functions[id], id);
  }
  program_ = {compiled.ruleset, compiler::MakeInterpreted(std::move(counted), CountingAbi())};
}

CountedCode::~CountedCode() { counted_module = nullptr; }

std::uint64_t CountedCode::Take() { return std::exchange(counted_weight, 0); }

}  // namespace lull::test
