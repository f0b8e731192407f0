// Every function of the ABI is called alike by the interpreter and by native code, with what the IR says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "compiler/ir_builder.h"
#include "compiler/ir_semantics.h"
#include "compiler/ir_types.h"
#include "tests/unit/compiler/backends.h"
#include "tests/unit/compiler/fake_abi.h"
#include "tests/unit/compiler/world.h"

namespace lull::compiler::test {
namespace {

using runtime::AbiFunction;
using runtime::AbiId;
using runtime::AbiType;

/// An argument for parameter `index`, unlike its neighbours, and how the fakes show it.
std::pair<ValueId, std::string> Argument(IrBuilder& builder, AbiType type, std::size_t index) {
  const auto number = static_cast<std::int64_t>(index) + 1;
  switch (type) {
    case AbiType::kU32:
      return {builder.ConstI64(0xFFFF'FF00 + number), fmt::format("{}", 0xFFFF'FF00 + number)};
    case AbiType::kBool:
      return {builder.FlagIsYes(builder.Field(0, IrType::kI64)), "1"};
    case AbiType::kI64:
      return {builder.IAdd(builder.Field(0, IrType::kI64), builder.ConstI64(-number)),
              fmt::format("{}", 1 - number)};
    case AbiType::kF64:
      return {builder.Field(1, IrType::kF64), "3ff8000000000000"};
    case AbiType::kText:
      return {builder.ConstText(fmt::format("text {}", number)), fmt::format("'text {}'", number)};
    case AbiType::kVoid:
    case AbiType::kMoment:
      break;
  }
  ADD_FAILURE() << "no such parameter";
  return {0, ""};
}

TEST(AbiCalls, ArgumentsAndResultsArriveWhole) {
  const auto abi = runtime::AbiFunctions();
  Module module;
  module.functions.resize(abi.size());
  std::vector<std::string> expected;
  for (std::size_t id = 0; id < abi.size(); ++id) {
    IrBuilder builder(module, module.functions[id]);
    std::string call = fmt::format("{} moment", id);
    std::vector<ValueId> arguments;
    for (std::size_t i = 0; i < abi[id].parameters.size(); ++i) {
      const auto [value, shown] = Argument(builder, abi[id].parameters[i], i);
      arguments.push_back(value);
      call += ' ' + shown;
    }
    const ValueId result = builder.Call(static_cast<AbiId>(id), arguments);
    if (builder.type_of(result) != IrType::kVoid) builder.Out(0, result);
    builder.Finish();
    expected.push_back(call);
  }
  const std::vector<Backend> backends = AllBackends(module, FakeAbi());
  for (std::size_t id = 0; id < abi.size(); ++id) {
    std::string judged;
    for (const Backend& backend : backends) {
      World world;
      world.fields[0].integer = 1;
      world.fields[1].number = 1.5;
      TakeFakeCalls();
      backend.code->functions[id](&world.moment);
      const std::vector<std::string> calls =
          abi[id].takes_moment ? std::vector{expected[id]} : std::vector<std::string>{};
      EXPECT_EQ(TakeFakeCalls(), calls) << abi[id].name << ", " << backend.name;
      const IrType type = FromAbi(abi[id].result);
      const std::string result = type == IrType::kVoid ? "" : ShownValue(world.out[0], type);
      if (&backend == &backends.front()) judged = result;
      EXPECT_EQ(result, judged) << abi[id].name << ", " << backend.name;
    }
  }
}

/// The real functions that need no record, over all pairs of arguments on the edge of something.
TEST(AbiCalls, RealFunctionsWithoutAMoment) {
  const auto abi = runtime::AbiFunctions();
  for (std::size_t id = 0; id < abi.size(); ++id) {
    if (abi[id].takes_moment) continue;
    Module module;
    module.functions.resize(1);
    IrBuilder builder(module, module.functions[0]);
    std::vector<ValueId> arguments;
    for (std::size_t i = 0; i < abi[id].parameters.size(); ++i) {
      const AbiType type = abi[id].parameters[i];
      const auto slot = static_cast<std::uint32_t>(3 * i);
      arguments.push_back(type == AbiType::kU32   ? builder.ConstI64(1)
                          : type == AbiType::kI64 ? builder.Field(slot, IrType::kI64)
                          : type == AbiType::kF64 ? builder.Field(slot + 1, IrType::kF64)
                                                  : builder.Field(slot + 2, IrType::kText));
    }
    builder.Out(0, builder.Call(static_cast<AbiId>(id), arguments));
    builder.Finish();
    const std::vector<Backend> backends = AllBackends(module, abi);
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      Random random(seed);
      const World start(random);
      std::string judged;
      for (const Backend& backend : backends) {
        World world(start);
        backend.code->functions[0](&world.moment);
        const std::string result = ShownValue(world.out[0], FromAbi(abi[id].result));
        if (&backend == &backends.front()) judged = result;
        ASSERT_EQ(result, judged) << abi[id].name << ", " << backend.name << ", seed " << seed;
      }
    }
  }
}

/// What the function leaves in out[0] of each backend, for one field.
void ExpectBackendsToAgree(const std::vector<Backend>& backends, runtime::FieldValue field, IrType type,
                           const std::string& what) {
  std::string judged;
  for (const Backend& backend : backends) {
    runtime::Moment moment;
    runtime::FieldValue out;
    moment.fields = &field;
    moment.out = &out;
    backend.code->functions[0](&moment);
    const std::string result = ShownValue(out, type);
    if (&backend == &backends.front()) judged = result;
    EXPECT_EQ(result, judged) << what << ", " << backend.name;
  }
}

/// Texts that are the constant, that differ from it in one byte or in length, and the unknown text.
TEST(AbiCalls, ConstantTextsOfEachLength) {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 15U, 16U, 17U, 24U, 31U, 32U, 33U}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i);
    Module module;
    module.functions.resize(1);
    IrBuilder builder(module, module.functions[0]);
    const ValueId constant = builder.ConstText(text);
    const ValueId field = builder.Field(0, IrType::kText);
    const bool first = size % 2 == 0;
    builder.Out(0, builder.Call(AbiId::kTextEqual, {first ? constant : field, first ? field : constant}));
    builder.Finish();
    const std::vector<Backend> backends = AllBackends(module, runtime::AbiFunctions());
    std::vector<std::string> tried = {text, text + "x", text.substr(0, size / 2)};
    for (std::size_t at = 0; at < size; ++at) {
      tried.push_back(text);
      tried.back()[at] = '\xFF';
    }
    runtime::FieldValue value;
    ExpectBackendsToAgree(backends, value, IrType::kBool, "the unknown text");
    for (const std::string& other : tried) {
      value.text = runtime::TextView::Of(other);
      ExpectBackendsToAgree(backends, value, IrType::kBool, "\"" + other + "\"");
    }
  }
}

TEST(AbiCalls, EachRoundingOfNumbersOnTheEdge) {
  using Limits = std::numeric_limits<double>;
  for (const std::int64_t rounding : {0, 1, 2}) {
    Module module;
    module.functions.resize(1);
    IrBuilder builder(module, module.functions[0]);
    builder.Out(
        0, builder.Call(AbiId::kRoundNumber, {builder.Field(0, IrType::kF64), builder.ConstI64(rounding)}));
    builder.Finish();
    const std::vector<Backend> backends = AllBackends(module, runtime::AbiFunctions());
    for (const double number : {0.0, -0.0, 0.5, -0.5, 0.49999999999999994, -0.49999999999999994, 1.5, -2.5,
                                4503599627370495.5, -4503599627370495.5, 9007199254740993.0, 1e300, -1e300,
                                Limits::denorm_min(), -Limits::denorm_min(), Limits::quiet_NaN()}) {
      runtime::FieldValue value;
      value.number = number;
      ExpectBackendsToAgree(backends, value, IrType::kF64, std::to_string(number));
    }
  }
}

}  // namespace
}  // namespace lull::compiler::test
