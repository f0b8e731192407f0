#include "runtime/base/clock.h"

#include <chrono>
#include <ctime>
#include <thread>

namespace lull {

namespace {

template <typename Clock>
std::int64_t MicrosOf() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
}

}  // namespace

std::int64_t WallMicros() { return MicrosOf<std::chrono::system_clock>(); }
std::int64_t SteadyMicros() { return MicrosOf<std::chrono::steady_clock>(); }

std::int64_t ThreadCpuMicros() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

void SleepMs(std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

}  // namespace lull
