#include "compiler/ir_printer.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>

#include "compiler/ir_ops.h"
#include "runtime/base/time.h"

namespace lull::compiler {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string Integer(std::int64_t value) {
  return value == kUnknown ? "unknown" : value == kNever ? "never" : fmt::format("{}", value);
}

std::string FunctionName(const Module& module, std::uint32_t id) {
  return id < module.functions.size() ? fmt::format("@{} {}", id, module.functions[id].name)
                                      : fmt::format("@{}", id);
}

std::string AbiName(std::uint32_t id) {
  constexpr std::string_view kNames[] = {
#define X(name) #name,
      LULL_ABI_FUNCTIONS(X)
#undef X
  };
  return id < std::size(kNames) ? std::string(kNames[id]) : fmt::format("abi {}", id);
}

/// What stands between the operation's name and its operands.
std::string Detail(const Module& module, const Instruction& made) {
  switch (made.op) {
    case Op::kConstBool:
      return made.integer != 0 ? "yes" : "no";
    case Op::kConstI64:
      return Integer(made.integer);
    case Op::kConstF64:
      return std::isnan(made.number) ? "unknown" : fmt::format("{}", made.number);
    case Op::kConstText:
      return made.a < module.texts.size() ? Quoted(module.texts[made.a]) : fmt::format("text {}", made.a);
    case Op::kLoad:
    case Op::kStore:
      return fmt::format("{} [{}]", NameOf(made.slot), made.a);
    case Op::kFCompare:
      return std::string(NameOf(made.compare));
    case Op::kICompare:
      return fmt::format("{}{}", NameOf(made.compare), made.guarded ? "" : " known");
    case Op::kCall:
      return AbiName(made.a);
    case Op::kCallCondition:
      return FunctionName(module, made.a);
    case Op::kField:
    case Op::kHeld:
    case Op::kUpdate:
    case Op::kOut:
      return fmt::format("#{}", made.a);
    case Op::kLocalGet:
    case Op::kLocalSet:
      return fmt::format("local{}", made.a);
    case Op::kLabel:
    case Op::kBranch:
      return fmt::format("L{}", made.a);
    case Op::kBranchIf:
      return fmt::format("L{} else L{} by", made.a, made.b);
    default:
      return {};
  }
}

}  // namespace

std::string PrintIr(const Module& module, const Function& function, ValueId value) {
  const Instruction& made = function.code[value];
  std::string line;
  if (made.type != IrType::kVoid) line = fmt::format("v{} = {} ", value, NameOf(made.type));
  line += InfoOf(made.op).name;
  if (const std::string detail = Detail(module, made); !detail.empty()) line += ' ' + detail;
  std::string_view before = " ";
  for (const ValueId arg : made.args) {
    fmt::format_to(std::back_inserter(line), "{}v{}", before, arg);
    before = ", ";
  }
  return line;
}

std::string PrintIr(const Module& module, const Function& function) {
  std::string text = fmt::format("function {}\n", function.name);
  for (std::size_t i = 0; i < function.locals.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "  local{}: {}\n", i, NameOf(function.locals[i]));
  }
  for (ValueId i = 0; i < function.code.size(); ++i) {
    const std::string_view indent = function.code[i].op == Op::kLabel ? "" : "  ";
    fmt::format_to(std::back_inserter(text), "{}{}\n", indent, PrintIr(module, function, i));
  }
  return text;
}

std::string PrintIr(const Module& module) {
  std::string text;
  for (std::size_t i = 0; i < module.functions.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}@{} ", i == 0 ? "" : "\n", i);
    text += PrintIr(module, module.functions[i]);
  }
  return text;
}

}  // namespace lull::compiler
