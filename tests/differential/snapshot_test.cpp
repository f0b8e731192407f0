// Engines that are brought back from snapshots decide what those would have decided that were never gone.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/interpreter.h"
#include "connectors/decision_output.h"
#include "tests/support/engine_runner.h"
#include "tests/support/property.h"
#include "tests/support/random_ruleset.h"
#include "tests/support/snapshot_runner.h"

namespace lull::test {
namespace {

constexpr std::uint64_t kRulesetCount = 15;
constexpr std::uint64_t kLogCount = 5;
constexpr std::uint64_t kBrokenCount = 40;
constexpr std::int64_t kTickMicros = 7 * kMicrosPerMinute;

TEST(Snapshots, ChangeNoDecision) {
  std::size_t restored = 0;
  std::size_t incremental = 0;
  ForEachSeed(kRulesetCount, [&](std::uint64_t seed) {
    Random random(seed);
    const TriedRuleset tried = CompileText(RandomRuleset(random));
    const runtime::Program code{tried.compiled.ruleset, compiler::MakeInterpreted(tried.compiled.module)};
    for (std::uint64_t n = 0; n < kLogCount; ++n) {
      const std::vector<LogEvent> log =
          WithTaskSteps(random, tried.program, code, RandomLog(random, tried.program));
      for (const std::int64_t tick_micros : {std::int64_t{0}, kTickMicros}) {
        const SnapshotRun run = RunWithSnapshots(random, code, log, tick_micros);
        restored += run.restored;
        incremental += run.incremental;
        ASSERT_EQ(run.difference, "") << ShowLog(tried.program, log) << tried.text;
        RunResult judged = RunEngine(tried.program, code, log, {.batch_size = 1, .tick_micros = tick_micros});
        std::ranges::sort(judged.records);
        ASSERT_EQ(run.records, judged.records) << ShowLog(tried.program, log) << tried.text;
      }
    }
  });
  EXPECT_GT(restored, 0);
  EXPECT_GT(incremental, 0);
}

std::string Broken(Random& random, std::string image) {
  if (random() % 4 == 0) image.resize(random() % (image.size() + 1));
  for (std::uint64_t flips = random() % 4; flips > 0 && !image.empty(); --flips) {
    image[random() % image.size()] ^= static_cast<char>(1U << (random() % 8));
  }
  return image;
}

// Checksums find such bytes before anybody reads them; but whoever reads them must not fall over.
TEST(Snapshots, BrokenImagesAreRefusedOrHarmless) {
  std::size_t refused = 0;
  std::size_t same = 0;
  ForEachSeed(kRulesetCount, [&](std::uint64_t seed) {
    Random random(seed);
    const TriedRuleset tried = CompileText(RandomRuleset(random));
    const runtime::Program code{tried.compiled.ruleset, compiler::MakeInterpreted(tried.compiled.module)};
    const std::vector<LogEvent> log =
        WithTaskSteps(random, tried.program, code, RandomLog(random, tried.program));
    for (const EntityBytes& entity : ImagesAfter(code, log)) {
      for (std::uint64_t n = 0; n < kBrokenCount; ++n) {
        connectors::NullSink nothing;
        auto engine = runtime::Engine::Create(code, {.live = true, .snapshots = true}, nothing);
        ASSERT_TRUE(engine.has_value());
        const std::string image = Broken(random, entity.image);
        const bool good = (*engine)->Restore(entity.entity, entity.key, image);
        if (!good) ++refused;
        if (image == entity.image) {
          ++same;
          EXPECT_TRUE(good);
        }
      }
    }
  });
  EXPECT_GT(refused, 0);
  EXPECT_GT(same, 0);
}

}  // namespace
}  // namespace lull::test
