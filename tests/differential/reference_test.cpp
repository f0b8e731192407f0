// Reference, interpreter and native code decide the same on random rulesets and logs.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/interpreter.h"
#include "compiler/native.h"
#include "tests/support/engine_runner.h"
#include "tests/support/property.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

constexpr std::uint64_t kRulesetCount = 60;
/// Compiling native code takes longest, so most of these are small.
constexpr std::uint64_t kNativeRulesetCount = 5;
constexpr std::uint64_t kWholeOneIn = 8;
constexpr std::uint64_t kLogCount = 5;

runtime::Program Interpreted(const TriedRuleset& tried) {
  return {tried.compiled.ruleset, compiler::MakeInterpreted(tried.compiled.module)};
}

std::vector<Outcome> Judge(const TriedRuleset& tried, const std::vector<LogEvent>& log) {
  return RunReference(tried.program, log, HoldoutOf(tried.program), TaskIdsOf(tried.program),
                      ArmsOf(tried.program));
}

bool Agrees(const TriedRuleset& tried, const runtime::Program& code, const std::vector<LogEvent>& log) {
  return RunEngine(tried.program, code, log).outcomes == Judge(tried, log);
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
  ForEachSeed(kRulesetCount, [](std::uint64_t seed) {
    Random random(seed);
    const TriedRuleset tried = CompileText(RandomRuleset(random));
    const runtime::Program code = Interpreted(tried);
    std::size_t decisions = 0;
    for (std::uint64_t n = 0; n < kLogCount; ++n) {
      const std::vector<LogEvent> log =
          WithTaskSteps(random, tried.program, code, RandomLog(random, tried.program));
      const std::vector<Outcome> outcomes = RunEngine(tried.program, code, log).outcomes;
      decisions += outcomes.size();
      if (outcomes == Judge(tried, log)) continue;
      const std::vector<LogEvent> small = Shrink(tried, code, log);
      FAIL() << Differences(Judge(tried, small), RunEngine(tried.program, code, small).outcomes)
             << ShowLog(tried.program, small) << tried.text;
    }
    EXPECT_GT(decisions, 0) << "nothing is ever decided\n" << tried.text;
  });
}

TEST(Reference, NativeCodeAgreesWithInterpreter) {
  ForEachSeed(kNativeRulesetCount, [](std::uint64_t seed) {
    Random random(seed);
    const RulesetSize size = seed % kWholeOneIn == 0 ? RulesetSize::kWhole : RulesetSize::kSmall;
    const TriedRuleset tried = CompileText(RandomRuleset(random, size));
    std::vector<std::vector<LogEvent>> logs;
    std::vector<std::vector<std::string>> judged;
    for (std::uint64_t n = 0; n < kLogCount; ++n) {
      const runtime::Program code = Interpreted(tried);
      logs.push_back(WithTaskSteps(random, tried.program, code, RandomLog(random, tried.program)));
      judged.push_back(RunEngine(tried.program, code, logs.back()).records);
    }
    for (const int level : {0, 1, 2}) {
      compiler::NativeOptions options;
      options.level = level;
      options.threads = 1;
      const auto native = compiler::CompileNative(*tried.compiled.module, options);
      ASSERT_TRUE(native.has_value()) << native.error().message;
      for (std::size_t n = 0; n < logs.size(); ++n) {
        // Ids, n and k included.
        ASSERT_EQ(judged[n], RunEngine(tried.program, {tried.compiled.ruleset, *native}, logs[n]).records)
            << "level " << level << "\n"
            << ShowLog(tried.program, logs[n]) << tried.text;
      }
    }
  });
}

}  // namespace
}  // namespace lull::test
