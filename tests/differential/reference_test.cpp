// Reference, interpreter and native code decide the same on random rulesets and logs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "compiler/interpreter.h"
#include "compiler/native.h"
#include "tests/support/engine_runner.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

/// Rulesets that are tried; LULL_PROPERTY_COUNT says otherwise.
constexpr std::uint64_t kRulesetCount = 24;
constexpr std::uint64_t kLogCount = 5;
/// Native code is made for one ruleset in so many: compiling takes longest.
constexpr std::uint64_t kNativeEvery = 6;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::uint64_t RulesetCount() { return FromEnvironment("LULL_PROPERTY_COUNT", kRulesetCount); }

std::uint64_t FirstSeed() {
  static const std::uint64_t seed = FromEnvironment("LULL_PROPERTY_SEED", std::random_device{}());
  return seed;
}

runtime::Program Interpreted(const TriedRuleset& tried) {
  return {tried.compiled.ruleset, compiler::MakeInterpreted(tried.compiled.module)};
}

bool Agrees(const TriedRuleset& tried, const runtime::Program& code, const std::vector<LogEvent>& log) {
  return RunEngine(tried.program, code, log).outcomes ==
         RunReference(tried.program, log, HoldoutOf(tried.program), TaskIdsOf(tried.program),
                      ArmsOf(tried.program));
}

/// Drops events as long as the two still disagree.
std::vector<LogEvent> Shrink(const TriedRuleset& tried, const runtime::Program& code,
                             std::vector<LogEvent> log) {
  for (std::size_t size = log.size() / 2; size > 0; size = size == 1 ? 0 : (size + 1) / 2) {
    for (std::size_t from = 0; from + size <= log.size();) {
      std::vector<LogEvent> fewer = log;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(size));
      if (Agrees(tried, code, fewer)) {
        from += size;
      } else {
        log = std::move(fewer);
      }
    }
  }
  return log;
}

std::string Differences(const std::vector<Outcome>& reference, const std::vector<Outcome>& engine) {
  std::string text;
  const auto only = [&](const char* whose, const std::vector<Outcome>& in, const std::vector<Outcome>& out) {
    for (const Outcome& outcome : in) {
      if (std::ranges::count(in, outcome) != std::ranges::count(out, outcome))
        text += whose + Show(outcome) + "\n";
    }
  };
  only("only the reference: ", reference, engine);
  only("only the engine:    ", engine, reference);
  return text;
}

TEST(Reference, AgreesWithInterpreter) {
  for (std::uint64_t i = 0; i < RulesetCount(); ++i) {
    const std::uint64_t seed = FirstSeed() + i;
    Random random(seed);
    const TriedRuleset tried = CompileText(RandomRuleset(random));
    const runtime::Program code = Interpreted(tried);
    std::size_t decisions = 0;
    for (std::uint64_t n = 0; n < kLogCount; ++n) {
      const std::vector<LogEvent> log =
          WithTaskSteps(random, tried.program, code, RandomLog(random, tried.program));
      decisions += RunEngine(tried.program, code, log).outcomes.size();
      if (Agrees(tried, code, log)) continue;
      const std::vector<LogEvent> small = Shrink(tried, code, log);
      FAIL() << "LULL_PROPERTY_SEED=" << seed << " LULL_PROPERTY_COUNT=1\n"
             << Differences(RunReference(tried.program, small, HoldoutOf(tried.program),
                                         TaskIdsOf(tried.program), ArmsOf(tried.program)),
                            RunEngine(tried.program, code, small).outcomes)
             << ShowLog(tried.program, small) << tried.text;
    }
    EXPECT_GT(decisions, 0) << "seed " << seed << ": nothing is ever decided\n" << tried.text;
  }
}

TEST(Reference, NativeCodeAgreesWithInterpreter) {
  for (std::uint64_t i = 0; i < RulesetCount(); i += kNativeEvery) {
    const std::uint64_t seed = FirstSeed() + i;
    Random random(seed);
    const TriedRuleset tried = CompileText(RandomRuleset(random));
    std::vector<std::vector<LogEvent>> logs;
    for (std::uint64_t n = 0; n < kLogCount; ++n) {
      logs.push_back(
          WithTaskSteps(random, tried.program, Interpreted(tried), RandomLog(random, tried.program)));
    }
    for (const int level : {0, 1, 2}) {
      compiler::NativeOptions options;
      options.level = level;
      options.threads = 1;
      const auto native = compiler::CompileNative(*tried.compiled.module, options);
      ASSERT_TRUE(native.has_value()) << native.error().message;
      for (const std::vector<LogEvent>& log : logs) {
        // Ids, n and k included.
        ASSERT_EQ(RunEngine(tried.program, Interpreted(tried), log).records,
                  RunEngine(tried.program, {tried.compiled.ruleset, *native}, log).records)
            << "LULL_PROPERTY_SEED=" << seed << " LULL_PROPERTY_COUNT=1, level " << level << "\n"
            << ShowLog(tried.program, log) << tried.text;
      }
    }
  }
}

}  // namespace
}  // namespace lull::test
