// Runs a log over engines that are thrown away again and again, and brought back from snapshots.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/engine_runner.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {

struct SnapshotRun {
  /// As RunResult::records, without those of replays, and sorted.
  std::vector<std::string> records;
  /// Of replays whose records were not those of the first time; empty: all were.
  std::string difference;
  std::size_t restored = 0;
  std::size_t incremental = 0;  // of these, from a snapshot that was not whole
};

/// Begins a snapshot at random entries, lets it go on over the next ones in slices of random size, and once
/// it is complete builds a new engine of it, replays what came since, and goes on with the new one.
/// `tick_micros` as in RunOptions.
SnapshotRun RunWithSnapshots(Random& random, const runtime::Program& code, const std::vector<LogEvent>& log,
                             std::int64_t tick_micros);

/// An engine after a whole log, as the images of its entities.
struct EntityBytes {
  std::uint32_t entity = 0;
  std::string key;
  std::string image;
};
std::vector<EntityBytes> ImagesAfter(const runtime::Program& code, const std::vector<LogEvent>& log);

}  // namespace lull::test
