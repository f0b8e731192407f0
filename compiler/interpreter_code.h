// The decoded form of a function: what the interpreter's loop sees. Private to the interpreter.
//
// Values and locals live in 64-bit registers, a text in two that follow each other (data, size). Each step
// knows the function that runs it, already chosen by operation, comparison and kind of slot.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ir.h"
#include "runtime/abi.h"
#include "runtime/moment.h"

namespace lull::compiler::interpreter {

struct DecodedFunction;
struct Step;

using Register = std::uint32_t;

/// One run of one function.
struct Frame {
  runtime::Moment* moment;
  std::uint64_t* registers;
  const DecodedFunction* function;
  std::uint64_t result = 0;
};

/// Returns the step that follows, null at the end.
using Handler = const Step* (*)(const Step* step, Frame& frame);

struct Step {
  Handler run = nullptr;
  Register to = 0;
  Register a = 0;
  Register b = 0;
  Register c = 0;
  /// A constant's bits, an offset, an index, or how far to go (b: if not).
  std::int64_t immediate = 0;
};

/// The operands of a call of the ABI.
struct CallSite {
  const runtime::AbiFunction* callee = nullptr;
  std::vector<Register> arguments;
};

struct LocalStart {
  Register at = 0;
  std::uint64_t bits = 0;
};

struct DecodedFunction {
  std::vector<Step> steps;
  std::vector<CallSite> calls;
  std::vector<LocalStart> locals;
  std::uint32_t register_count = 0;
  const std::vector<runtime::Code>* functions = nullptr;  // of the whole module
  const Module* module = nullptr;
  const runtime::AbiFunction* condition_edge = nullptr;
};

/// Picks what runs an instruction.
Handler HandlerFor(const Instruction& instruction, IrType operand);

DecodedFunction Decode(const Module& module, const Function& function,
                       std::span<const runtime::AbiFunction> abi);

}  // namespace lull::compiler::interpreter
