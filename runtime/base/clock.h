// The machine's clocks. They decide nothing but when something is done; what is decided stands in the input
// log.
//
// Their only home, so that a simulation can put its own in their place (tests/simulation/).
#pragma once

#include <cstdint>

namespace lull {

/// Since 1970. May jump, both ways.
std::int64_t WallMicros();

/// Of a clock that never goes back, for how long something took and when to try again.
std::int64_t SteadyMicros();
inline std::int64_t SteadyMs() { return SteadyMicros() / 1'000; }

/// Of the processor, spent by this thread: what something takes by itself, however busy the machine is.
std::int64_t ThreadCpuMicros();

/// Lets this thread wait.
void SleepMs(std::int64_t ms);

}  // namespace lull
