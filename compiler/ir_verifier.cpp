#include "compiler/ir_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>
#include <utility>

#include "compiler/ir_flow.h"
#include "compiler/ir_ops.h"
#include "compiler/ir_printer.h"
#include "compiler/ir_semantics.h"
#include "compiler/ir_types.h"

namespace lull::compiler {
namespace {

class FunctionVerifier {
 public:
  FunctionVerifier(const Module& module, std::size_t number, std::vector<std::string>& problems)
      : module_(module), function_(module.functions[number]), number_(number), problems_(problems) {}

  void Run() {
    if (function_.code.empty()) return Report("the function has no instructions");
    if (std::ranges::count(function_.locals, IrType::kVoid) != 0) Report("a local is void");
    const std::size_t before = problems_.size();
    for (ValueId i = 0; i < function_.code.size(); ++i) CheckInstruction(i);
    CheckBlocks();
    if (problems_.size() == before) CheckDominance();
  }

 private:
  void Report(std::string_view problem) {
    problems_.push_back(fmt::format("function @{} {}: {}", number_, function_.name, problem));
  }
  void Report(ValueId value, std::string_view problem) {
    Report(fmt::format("instruction {} ({}): {}", value, InfoOf(function_.code[value].op).name, problem));
  }

  IrType ArgType(const Instruction& made, std::size_t index) const {
    return function_.code[made.args[index]].type;
  }

  void CheckInstruction(ValueId value) {
    const Instruction& made = function_.code[value];
    const OpInfo& info = InfoOf(made.op);
    for (const ValueId arg : made.args) {
      if (arg >= function_.code.size()) return Report(value, fmt::format("v{} does not exist", arg));
      if (function_.code[arg].type == IrType::kVoid)
        return Report(value, fmt::format("v{} has no value", arg));
    }
    const bool any_count = made.op == Op::kCall || made.op == Op::kReturn;
    if (!any_count && made.args.size() != info.arg_count) {
      return Report(value, fmt::format("takes {} operands, has {}", info.arg_count, made.args.size()));
    }
    if (info.special) return CheckSpecial(value, made);
    if (made.type != info.result) Report(value, "has the wrong type");
    for (std::size_t i = 0; i < info.arg_count; ++i) ExpectArg(value, made, i, info.args[i]);
    CheckConstant(value, made);
    if (made.op == Op::kCallCondition && made.a >= module_.functions.size()) {
      Report(value, "calls a function that does not exist");
    }
  }

  void ExpectArg(ValueId value, const Instruction& made, std::size_t index, IrType type) {
    if (ArgType(made, index) == type) return;
    Report(value, fmt::format("operand {} is {}, not {}", index, NameOf(ArgType(made, index)), NameOf(type)));
  }
  void ExpectType(ValueId value, const Instruction& made, IrType type) {
    if (made.type != type) Report(value, fmt::format("is {}, not {}", NameOf(made.type), NameOf(type)));
  }

  void CheckConstant(ValueId value, const Instruction& made) {
    if (made.op == Op::kConstBool && made.integer != 0 && made.integer != 1) Report(value, "is not 0 or 1");
    if (made.op == Op::kConstText && made.a >= module_.texts.size()) Report(value, "names no text");
    if (made.op == Op::kConstF64 && std::bit_cast<std::uint64_t>(made.number) !=
                                        std::bit_cast<std::uint64_t>(CanonicalNumber(made.number))) {
      Report(value, "is not canonical");
    }
  }

  void CheckSpecial(ValueId value, const Instruction& made) {
    switch (made.op) {
      case Op::kConstUnknown:
        if (made.type == IrType::kVoid || made.type == IrType::kBool) Report(value, "has the wrong type");
        return;
      case Op::kField:
        if (made.type == IrType::kVoid || made.type == IrType::kBool) Report(value, "has the wrong type");
        return;
      case Op::kLoad:
        return CheckSlot(value, made, made.type);
      case Op::kStore:
        ExpectType(value, made, IrType::kVoid);
        return CheckSlot(value, made, ArgType(made, 0));
      case Op::kSelect:
        ExpectArg(value, made, 0, IrType::kBool);
        ExpectArg(value, made, 1, made.type);
        return ExpectArg(value, made, 2, made.type);
      case Op::kLocalGet:
      case Op::kLocalSet:
        return CheckLocal(value, made);
      case Op::kCall:
        return CheckCall(value, made);
      case Op::kIsKnown:
        return ExpectType(value, made, IrType::kBool);
      case Op::kReturn:
        if (made.args.size() > 1) return Report(value, "takes one operand at most");
        if (made.args.size() == 1) ExpectArg(value, made, 0, IrType::kBool);
        return ExpectType(value, made, IrType::kVoid);
      default:
        return ExpectType(value, made, IrType::kVoid);
    }
  }

  void CheckSlot(ValueId value, const Instruction& made, IrType type) {
    if (made.slot == runtime::SlotKind::kText)
      return Report(value, "a text slot needs TextLoad or TextStore");
    if (type != TypeOfSlot(made.slot)) Report(value, "slot and value have different types");
    if (made.a < sizeof(runtime::RecordHeader)) Report(value, "lies in the record's header");
    if (made.a % SlotBytes(made.slot) != 0) Report(value, "is not aligned");
  }

  void CheckLocal(ValueId value, const Instruction& made) {
    if (made.a >= function_.locals.size()) return Report(value, "the local does not exist");
    const IrType local = function_.locals[made.a];
    if (made.op == Op::kLocalGet) return ExpectType(value, made, local);
    ExpectType(value, made, IrType::kVoid);
    ExpectArg(value, made, 0, local);
  }

  void CheckCall(ValueId value, const Instruction& made) {
    const auto abi = runtime::AbiFunctions();
    if (made.a >= abi.size()) return Report(value, "the ABI has no such function");
    const runtime::AbiFunction& callee = abi[made.a];
    if (made.args.size() != callee.parameters.size()) {
      return Report(value, fmt::format("{} takes {} operands, has {}", callee.name, callee.parameters.size(),
                                       made.args.size()));
    }
    ExpectType(value, made, FromAbi(callee.result));
    for (std::size_t i = 0; i < made.args.size(); ++i) {
      ExpectArg(value, made, i, FromAbi(callee.parameters[i]));
      if (callee.parameters[i] != runtime::AbiType::kU32) continue;
      const Instruction& arg = function_.code[made.args[i]];
      const bool fits = arg.op == Op::kConstI64 && std::in_range<std::uint32_t>(arg.integer);
      if (!fits) Report(value, fmt::format("operand {} must be a constant of 32 bits", i));
    }
  }

  void CheckBlocks() {
    std::vector<std::uint32_t> bound(function_.label_count, 0);
    std::vector<bool> used(function_.label_count, false);
    bool open = true;
    for (ValueId i = 0; i < function_.code.size(); ++i) {
      const Instruction& made = function_.code[i];
      const bool is_label = made.op == Op::kLabel;
      if (is_label && open && i != 0) Report(i, "the block before it has no terminator");
      if (!is_label && !open) Report(i, "follows a terminator without a label");
      open = !InfoOf(made.op).ends_block;
      if (is_label && CheckLabel(i, made.a)) ++bound[made.a];
      if (made.op == Op::kBranch && CheckLabel(i, made.a)) used[made.a] = true;
      if (made.op == Op::kBranchIf && CheckLabel(i, made.a) && CheckLabel(i, made.b)) {
        used[made.a] = used[made.b] = true;
      }
    }
    if (open) Report("the last block has no terminator");
    for (LabelId label = 0; label < function_.label_count; ++label) {
      if (bound[label] > 1) Report(fmt::format("L{} is bound {} times", label, bound[label]));
      if (bound[label] == 0 && used[label]) Report(fmt::format("L{} is used and never bound", label));
    }
  }

  bool CheckLabel(ValueId value, LabelId label) {
    if (label < function_.label_count) return true;
    Report(value, fmt::format("L{} does not exist", label));
    return false;
  }

  void CheckDominance() {
    const Flow flow(function_);
    for (ValueId i = 0; i < function_.code.size(); ++i) {
      const BlockId here = flow.block_of(i);
      if (!flow.Reachable(here)) continue;
      for (const ValueId arg : function_.code[i].args) {
        const BlockId there = flow.block_of(arg);
        const bool defined = here == there ? arg < i : flow.Reachable(there) && flow.Dominates(there, here);
        if (!defined) Report(i, fmt::format("v{} is not defined on every path to it", arg));
      }
    }
  }

  const Module& module_;
  const Function& function_;
  std::size_t number_;
  std::vector<std::string>& problems_;
};

/// Finds functions that call themselves through kCallCondition, directly or not.
class CycleFinder {
 public:
  CycleFinder(const Module& module, std::vector<std::string>& problems)
      : module_(module), problems_(problems), marks_(module.functions.size(), Mark::kNew) {}

  void Run() {
    for (std::uint32_t i = 0; i < marks_.size(); ++i) Visit(i);
  }

 private:
  enum class Mark : std::uint8_t { kNew, kOpen, kDone };

  void Visit(std::uint32_t number) {
    if (number >= marks_.size() || marks_[number] == Mark::kDone) return;
    if (marks_[number] == Mark::kOpen) {
      problems_.push_back(
          fmt::format("function @{} {}: calls itself", number, module_.functions[number].name));
      return;
    }
    marks_[number] = Mark::kOpen;
    for (const Instruction& made : module_.functions[number].code) {
      if (made.op == Op::kCallCondition) Visit(made.a);
    }
    marks_[number] = Mark::kDone;
  }

  const Module& module_;
  std::vector<std::string>& problems_;
  std::vector<Mark> marks_;
};

}  // namespace

std::vector<std::string> Verify(const Module& module) {
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < module.functions.size(); ++i) FunctionVerifier(module, i, problems).Run();
  CycleFinder(module, problems).Run();
  return problems;
}

}  // namespace lull::compiler
