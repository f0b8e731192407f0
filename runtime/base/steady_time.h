// A clock that never goes back, for how long something took and when to try again. It decides nothing.
#pragma once

#include <chrono>
#include <cstdint>

namespace lull {

inline std::int64_t SteadyMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline std::int64_t SteadyMs() { return SteadyMicros() / 1'000; }

}  // namespace lull
