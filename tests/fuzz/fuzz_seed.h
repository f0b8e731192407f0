// Seeds of the fuzz tests: how many rounds there are, which seed each has, and how it becomes known when the
// process dies.
#pragma once

#include <cstdint>
#include <random>

namespace lull::test {

using FuzzRandom = std::mt19937_64;

inline std::uint64_t Below(FuzzRandom& random, std::uint64_t count) { return random() % count; }
inline bool OneIn(FuzzRandom& random, std::uint64_t count) { return random() % count == 0; }

/// $LULL_FUZZ_COUNT, or 2,000.
std::uint64_t FuzzCount();

/// $LULL_FUZZ_SEED, or another one for each process. Round i has this seed plus i.
std::uint64_t FirstFuzzSeed();

/// One round. Prints its seed to standard error if the process dies in it, by a signal, a failed check or a
/// sanitizer, or if the round takes more than a minute of processor time: then it stops the process.
class FuzzRound {
 public:
  explicit FuzzRound(std::uint64_t seed);
  ~FuzzRound();
  FuzzRound(const FuzzRound&) = delete;
  FuzzRound& operator=(const FuzzRound&) = delete;
};

}  // namespace lull::test
