#include "compiler/interpreter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>
#include <vector>

#include "compiler/interpreter_code.h"
#include "compiler/ir_semantics.h"
#include "runtime/base/check.h"

namespace lull::compiler {
namespace interpreter {
namespace {

std::uint64_t UnknownBits(IrType type) {
  switch (type) {
    case IrType::kI64:
      return static_cast<std::uint64_t>(kUnknown);
    case IrType::kF64:
      return kUnknownNumberBits;
    default:
      return 0;
  }
}

class Decoder {
 public:
  Decoder(const Module& module, const Function& function, std::span<const runtime::AbiFunction> abi)
      : function_(function), abi_(abi) {
    decoded_.module = &module;
    decoded_.condition_edge = &abi[static_cast<std::size_t>(runtime::AbiId::kConditionEdge)];
  }

  DecodedFunction Run() {
    PlaceLocals();
    PlaceValues();
    for (ValueId i = 0; i < function_.code.size(); ++i) {
      if (function_.code[i].op != Op::kLabel) decoded_.steps.push_back(StepFor(i));
    }
    return std::move(decoded_);
  }

 private:
  Register Take(IrType type) {
    const Register at = decoded_.register_count;
    decoded_.register_count += type == IrType::kVoid ? 0 : type == IrType::kText ? 2 : 1;
    return at;
  }

  void PlaceLocals() {
    for (const IrType type : function_.locals) {
      const Register at = Take(type);
      local_at_.push_back(at);
      decoded_.locals.push_back({at, UnknownBits(type)});
      if (type == IrType::kText) decoded_.locals.push_back({at + 1, 0});
    }
  }

  void PlaceValues() {
    step_at_.resize(function_.label_count);
    std::int64_t step = 0;
    for (const Instruction& made : function_.code) {
      value_at_.push_back(Take(made.type));
      if (made.op == Op::kLabel) {
        step_at_[made.a] = step;
      } else {
        ++step;
      }
    }
  }

  Step StepFor(ValueId value) {
    const Instruction& made = function_.code[value];
    const IrType operand = made.args.empty() ? IrType::kVoid : function_.code[made.args[0]].type;
    Step step{.run = HandlerFor(made, operand), .to = value_at_[value], .immediate = Immediate(made)};
    LULL_CHECK(step.run != nullptr);
    const std::array<Register*, 3> operands = {&step.a, &step.b, &step.c};
    if (made.op == Op::kCall) {
      AddCallSite(made);
    } else {
      LULL_CHECK(made.args.size() <= operands.size());
      for (std::size_t i = 0; i < made.args.size(); ++i) *operands[i] = value_at_[made.args[i]];
    }
    if (made.op == Op::kLocalGet) step.a = local_at_[made.a];
    if (made.op == Op::kLocalSet) step.to = local_at_[made.a];
    if (made.op == Op::kBranchIf) step.b = static_cast<Register>(step_at_[made.b]);
    return step;
  }

  std::int64_t Immediate(const Instruction& made) const {
    switch (made.op) {
      case Op::kConstBool:
      case Op::kConstI64:
        return made.integer;
      case Op::kConstF64:
        return std::bit_cast<std::int64_t>(made.number);
      case Op::kConstUnknown:
        return static_cast<std::int64_t>(UnknownBits(made.type));
      case Op::kBranch:
      case Op::kBranchIf:
        return step_at_[made.a];
      case Op::kCall:
        return static_cast<std::int64_t>(decoded_.calls.size());
      default:
        return made.a;
    }
  }

  void AddCallSite(const Instruction& made) {
    CallSite& site = decoded_.calls.emplace_back();
    site.callee = &abi_[made.a];
    for (const ValueId arg : made.args) site.arguments.push_back(value_at_[arg]);
  }

  const Function& function_;
  std::span<const runtime::AbiFunction> abi_;
  DecodedFunction decoded_;
  std::vector<Register> local_at_;
  std::vector<Register> value_at_;
  std::vector<std::int64_t> step_at_;
};

std::uint64_t Run(runtime::Moment* moment, const DecodedFunction& function, std::uint64_t* registers) {
  for (const LocalStart& local : function.locals) registers[local.at] = local.bits;
  Frame frame{.moment = moment, .registers = registers, .function = &function};
  for (const Step* step = function.steps.data(); step != nullptr;) step = step->run(step, frame);
  return frame.result;
}

/// The registers are on the stack, in one of a few sizes.
template <std::uint32_t kRegisters>
std::uint64_t Enter(runtime::Moment* moment, const void* closure) {
  std::uint64_t registers[kRegisters];
  return Run(moment, *static_cast<const DecodedFunction*>(closure), registers);
}

/// A function of tens of thousands of instructions pays for its registers in each call.
std::uint64_t EnterHuge(runtime::Moment* moment, const void* closure) {
  const auto& function = *static_cast<const DecodedFunction*>(closure);
  std::vector<std::uint64_t> registers(function.register_count);
  return Run(moment, function, registers.data());
}

runtime::Code::Entry EntryFor(std::uint32_t register_count) {
  struct Size {
    std::uint32_t registers;
    runtime::Code::Entry entry;
  };
  static constexpr Size kSizes[] = {
      {64, Enter<64>}, {512, Enter<512>}, {4'096, Enter<4'096>}, {16'384, Enter<16'384>}};
  for (const Size& size : kSizes) {
    if (register_count <= size.registers) return size.entry;
  }
  return EnterHuge;
}

/// What the table's owner keeps alive.
struct Interpreted {
  std::shared_ptr<const Module> module;
  std::vector<DecodedFunction> functions;
  std::vector<runtime::Code> codes;
};

}  // namespace

DecodedFunction Decode(const Module& module, const Function& function,
                       std::span<const runtime::AbiFunction> abi) {
  return Decoder(module, function, abi).Run();
}

}  // namespace interpreter

std::shared_ptr<const runtime::CodeTable> MakeInterpreted(std::shared_ptr<const Module> module,
                                                          std::span<const runtime::AbiFunction> abi) {
  auto made = std::make_shared<interpreter::Interpreted>();
  made->module = std::move(module);
  made->functions.reserve(made->module->functions.size());
  for (const Function& function : made->module->functions) {
    made->functions.push_back(interpreter::Decode(*made->module, function, abi));
    made->functions.back().functions = &made->codes;
  }
  for (const interpreter::DecodedFunction& function : made->functions) {
    made->codes.push_back({.entry = interpreter::EntryFor(function.register_count), .closure = &function});
  }
  auto table = std::make_shared<runtime::CodeTable>();
  table->functions = made->codes;
  table->owner = std::move(made);
  return table;
}

}  // namespace lull::compiler
