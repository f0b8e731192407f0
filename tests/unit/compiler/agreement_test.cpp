// The interpreter and native code at every level do the same, to the bit, on random functions.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/ir_printer.h"
#include "tests/support/property.h"
#include "tests/unit/compiler/backends.h"
#include "tests/unit/compiler/fake_abi.h"
#include "tests/unit/compiler/random_ir.h"

namespace lull::compiler::test {
namespace {

struct Outcome {
  std::uint64_t result = 0;
  std::string world;
  std::vector<std::string> calls;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome RunOn(const runtime::Code& code, const World& start) {
  World world(start);
  TakeFakeCalls();
  Outcome outcome;
  outcome.result = code(&world.moment);
  outcome.world = world.Shown();
  outcome.calls = TakeFakeCalls();
  return outcome;
}

constexpr std::uint64_t kModuleCount = 12;
constexpr std::size_t kFunctionCount = 6;

void ExpectAgreement(const Module& module, Random& random, int worlds) {
  const std::vector<Backend> backends = AllBackends(module, FakeAbi());
  for (std::size_t function = 0; function < module.functions.size(); ++function) {
    for (int i = 0; i < worlds; ++i) {
      const World start(random);
      const Outcome judged = RunOn(backends[0].code->functions[function], start);
      for (const Backend& backend : backends) {
        const Outcome outcome = RunOn(backend.code->functions[function], start);
        ASSERT_EQ(outcome.result, judged.result) << backend.name << "\n"
                                                 << PrintIr(module, module.functions[function]);
        ASSERT_EQ(outcome.calls, judged.calls) << backend.name << "\n"
                                               << PrintIr(module, module.functions[function]);
        ASSERT_EQ(outcome.world, judged.world)
            << backend.name << "\n"
            << start.Shown() << PrintIr(module, module.functions[function]);
      }
    }
  }
}

/// Instructions that make a value.
std::size_t ExpressionCount(const Module& module) {
  std::size_t count = 0;
  for (const Function& function : module.functions) {
    count += static_cast<std::size_t>(std::ranges::count_if(
        function.code, [](const Instruction& made) { return made.type != IrType::kVoid; }));
  }
  return count;
}

TEST(Agreement, RandomFunctions) {
  std::size_t expressions = 0;
  lull::test::ForEachSeed(kModuleCount, [&](std::uint64_t seed) {
    Random random(seed);
    const Module module = RandomModule(random, kFunctionCount, 30 + random() % 80);
    expressions += ExpressionCount(module);
    ExpectAgreement(module, random, 40);
  });
  fmt::print("{} expressions\n", expressions);
}

TEST(Agreement, ManyPartsOnTwoThreads) {
  Random random(lull::test::FirstSeed());
  SCOPED_TRACE(fmt::format("LULL_PROPERTY_SEED={}", lull::test::FirstSeed()));
  const Module module = RandomModule(random, 330, 10);
  const auto judge = MakeInterpreted(std::make_shared<const Module>(module), FakeAbi());
  NativeReport report;
  const auto native = CompileNative(module, {.cache_folder = {}, .abi = FakeAbi()}, &report);
  ASSERT_TRUE(native.has_value()) << native.error().message;
  EXPECT_EQ(report.objects, 3U);
  for (std::size_t function = 0; function < module.functions.size(); ++function) {
    const World start(random);
    ASSERT_EQ(RunOn((*native)->functions[function], start), RunOn(judge->functions[function], start))
        << PrintIr(module, module.functions[function]);
  }
}

TEST(Agreement, EveryOperationIsGenerated) {
  Random random(1);
  const Module module = RandomModule(random, 60, 200);
  std::vector<bool> seen(static_cast<std::size_t>(Op::kReturn) + 1, false);
  std::vector<bool> called(runtime::AbiFunctions().size(), false);
  for (const Function& function : module.functions) {
    for (const Instruction& made : function.code) {
      seen[static_cast<std::size_t>(made.op)] = true;
      if (made.op == Op::kCall) called[made.a] = true;
    }
  }
  for (std::size_t op = 0; op < seen.size(); ++op) EXPECT_TRUE(seen[op]) << "operation " << op;
  for (std::size_t id = 0; id < called.size(); ++id) {
    EXPECT_TRUE(called[id]) << runtime::AbiFunctions()[id].name;
  }
}

}  // namespace
}  // namespace lull::compiler::test
