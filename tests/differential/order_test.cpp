// What must not matter: how entities interleave, how events are batched, swaps to the same ruleset, ticks.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/interpreter.h"
#include "tests/support/engine_runner.h"
#include "tests/support/property.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

constexpr std::uint64_t kRulesetCount = 40;

/// A random ruleset and log; the seed is in the trace of each failure.
class Order : public ::testing::Test {
 protected:
  template <typename Check>
  void ForEachLog(const Check& check) {
    ForEachSeed(kRulesetCount, [&](std::uint64_t seed) {
      Random random(seed);
      const TriedRuleset tried = CompileText(RandomRuleset(random));
      LogOptions options;
      options.event_count = 150;
      const runtime::Program code{tried.compiled.ruleset, compiler::MakeInterpreted(tried.compiled.module)};
      const std::vector<LogEvent> log =
          WithTaskSteps(random, tried.program, code, RandomLog(random, tried.program, options));
      check(random, tried, log);
    });
  }

  /// Every record, ids included, without regard to how entities interleave.
  static std::vector<std::string> Run(const TriedRuleset& tried, const std::vector<LogEvent>& log,
                                      const RunOptions& options = {}) {
    const runtime::Program code{tried.compiled.ruleset, compiler::MakeInterpreted(tried.compiled.module)};
    std::vector<std::string> records = RunEngine(tried.program, code, log, options).records;
    std::ranges::sort(records);
    return records;
  }
};

/// Another order in which every entity has its events in the old one.
std::vector<LogEvent> Interleaved(Random& random, std::vector<LogEvent> log) {
  const auto share = [](const LogEvent& a, const LogEvent& b) {
    return std::ranges::any_of(a.keys,
                               [&](const auto& key) { return key && std::ranges::count(b.keys, key) > 0; });
  };
  for (std::size_t round = 0; round < log.size() * log.size(); ++round) {
    const std::size_t at = random() % (log.size() - 1);
    if (!share(log[at], log[at + 1])) std::swap(log[at], log[at + 1]);
  }
  return log;
}

TEST_F(Order, InterleavingOfEntitiesChangesNothing) {
  ForEachLog([](Random& random, const TriedRuleset& tried, const std::vector<LogEvent>& log) {
    const std::vector<LogEvent> other = Interleaved(random, log);
    EXPECT_EQ(Run(tried, log), Run(tried, other)) << tried.text << ShowLog(tried.program, log);
  });
}

TEST_F(Order, BatchesChangeNothing) {
  ForEachLog([](Random&, const TriedRuleset& tried, const std::vector<LogEvent>& log) {
    const std::vector<std::string> expected = Run(tried, log);
    for (const std::size_t size : {1, 2, 7, 33}) {
      RunOptions options;
      options.batch_size = size;
      EXPECT_EQ(expected, Run(tried, log, options)) << "batches of " << size;
    }
  });
}

TEST_F(Order, SwapsToTheSameRulesetChangeNothing) {
  ForEachLog([](Random&, const TriedRuleset& tried, const std::vector<LogEvent>& log) {
    const std::vector<std::string> expected = Run(tried, log);
    for (const std::size_t every : {1, 5, 40}) {
      RunOptions options;
      options.swap_every = every;
      EXPECT_EQ(expected, Run(tried, log, options)) << "a swap after every " << every << " events";
    }
  });
}

TEST_F(Order, TicksChangeNothing) {
  ForEachLog([](Random&, const TriedRuleset& tried, const std::vector<LogEvent>& log) {
    RunOptions options;
    options.tick_micros = 7 * kMicrosPerMinute;
    EXPECT_EQ(Run(tried, log), Run(tried, log, options)) << tried.text << ShowLog(tried.program, log);
  });
}

}  // namespace
}  // namespace lull::test
