// Runs lines that may be damaged through decoder and engine, and checks that the books balance.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/raw_batch.h"
#include "runtime/engine.h"
#include "runtime/ruleset.h"
#include "tests/fuzz/fuzz_seed.h"

namespace lull::test {

/// How a log is run. Everything that an operator may choose.
struct LogSetup {
  runtime::EngineOptions engine;
  runtime::LatePolicy late = runtime::LatePolicy::kApply;
  std::int64_t dedupe_micros = 0;
  std::int64_t tick_micros = 0;  // with engine.live
  std::size_t batch_size = 1;
  std::size_t swap_every = 0;  // in batches; 0: never

  static LogSetup Random(FuzzRandom& random);
};

/// What became of the lines. `lines` is the sum of all that follow up to `after_end`.
struct LogBooks {
  std::uint64_t lines = 0;
  std::uint64_t ignored = 0;
  std::uint64_t dead_letters = 0;  // of the decoder and of the engine
  std::uint64_t applied = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t late_dropped = 0;
  std::uint64_t after_end = 0;
  std::vector<std::string> decisions;  // as JSON, in the order in which they were revealed
};

/// Records failures of the test where something does not add up.
LogBooks RunLog(const runtime::Program& program, const std::vector<std::string>& lines,
                const LogSetup& setup);

}  // namespace lull::test
