// The service in worlds where everything goes wrong.
//
//   LULL_SEEDS=20000 test_simulation          so many worlds; 1,000 unless set
//   LULL_SEED=17 test_simulation              one of them, with its whole story
//   tests/simulation/planted.py               whether it finds bugs that are there
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/simulation/scenario.h"

namespace lull::simulation {
namespace {

constexpr std::uint64_t kSeeds = 1'000;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Simulation : public testing::Test {
 protected:
  Simulation() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lull-sim-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    for (int i = 0; i < kRulesetVariants; ++i) {
      std::filesystem::create_directories(folder_ / std::to_string(i));
      std::ofstream(folder_ / std::to_string(i) / "rules.lull") << RulesetText(i);
    }
  }
  ~Simulation() override { std::filesystem::remove_all(folder_); }

  /// True if all was well.
  bool Try(std::uint64_t seed, bool tell, Tried& tried) const {
    const Outcome outcome = LiveThrough(seed, folder_.string());
    tried += outcome.tried;
    if (tell) {
      for (const std::string& line : outcome.story) fmt::print("{}\n", line);
    }
    for (std::size_t i = 0; i < outcome.problems.size() && i < 10; ++i) {
      ADD_FAILURE() << "LULL_SEED=" << seed << ": " << outcome.problems[i];
    }
    return outcome.problems.empty();
  }

  std::filesystem::path folder_;
};

TEST_F(Simulation, NothingIsLostAndNothingIsSentTwiceWhateverGoesWrong) {
  Tried tried;
  if (const std::uint64_t one = FromEnvironment("LULL_SEED", 0); one > 0) {
    (void)Try(one, true, tried);
    return;
  }
  const std::uint64_t seeds = FromEnvironment("LULL_SEEDS", kSeeds);
  const std::uint64_t first = FromEnvironment("LULL_FIRST_SEED", 1);
  const std::uint64_t failures_max = FromEnvironment("LULL_STOP_AT_FIRST", 0) > 0 ? 1 : 3;
  std::uint64_t failures = 0;
  for (std::uint64_t i = 0; i < seeds && failures < failures_max; ++i)
    failures += !Try(first + i, false, tried);
  fmt::print(
      "worlds {} to {}: {} events, {} outputs, {} starts, {} from checkpoints, {} kills, {} pauses, {} "
      "take-overs,\n"
      "{} broken connections, {} kills and {} power cuts of the broker, {} full disks, {} damaged "
      "checkpoints,\n"
      "{} jumps of clocks, {} reloads, {} losses for a person to decide\n",
      first, first + seeds - 1, tried.events, tried.actions, tried.starts, tried.recoveries, tried.kills,
      tried.pauses, tried.takeovers, tried.disconnects, tried.crashes, tried.power_cuts, tried.full_disks,
      tried.damages, tried.clock_jumps, tried.reloads, tried.accepted_losses);
  // A test that tries nothing finds nothing.
  EXPECT_GT(tried.actions, seeds);
  EXPECT_GT(tried.kills, seeds);
  EXPECT_GT(tried.recoveries, seeds);
}

TEST_F(Simulation, AWorldIsTheSameEachTime) {
  for (const std::uint64_t seed : {3, 4}) {
    EXPECT_EQ(LiveThrough(seed, folder_.string()).story, LiveThrough(seed, folder_.string()).story);
  }
}

}  // namespace
}  // namespace lull::simulation
