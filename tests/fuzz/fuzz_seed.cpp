#include "tests/fuzz/fuzz_seed.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LULL_HAS_DEATH_CALLBACK 1
#include <sanitizer/common_interface_defs.h>
#endif
#endif

namespace lull::test {
namespace {

constexpr unsigned kRoundSecondsMax = 60;

volatile std::uint64_t current_seed = 0;

// Writes with what a signal handler may call.
void PrintSeed() {
  std::array<char, 20> digits{};
  std::size_t at = digits.size();
  std::uint64_t rest = current_seed;
  do {
    digits[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  const auto print = [](const char* text, std::size_t size) {
    if (write(STDERR_FILENO, text, size) < 0) _exit(1);
  };
  constexpr std::string_view kBefore = "\nLULL_FUZZ_SEED=";
  constexpr std::string_view kAfter = " LULL_FUZZ_COUNT=1\n";
  print(kBefore.data(), kBefore.size());
  print(digits.data() + at, digits.size() - at);
  print(kAfter.data(), kAfter.size());
}

// Processor time: the machine may be busy with other things. 0: no limit.
void LimitSeconds(unsigned seconds) {
  itimerval limit{};
  limit.it_value.tv_sec = seconds;
  setitimer(ITIMER_PROF, &limit, nullptr);
}

void OnSignal(int signal_number) {
  PrintSeed();
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void WatchForDeath() {
#ifdef LULL_HAS_DEATH_CALLBACK
  __sanitizer_set_death_callback(PrintSeed);
  for (const int number : {SIGABRT, SIGPROF}) signal(number, OnSignal);
#else
  for (const int number : {SIGABRT, SIGPROF, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) signal(number, OnSignal);
#endif
}

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

std::uint64_t FuzzCount() { return FromEnvironment("LULL_FUZZ_COUNT", 2'000); }

std::uint64_t FirstFuzzSeed() {
  static const std::uint64_t seed = [] {
    const std::uint64_t first = FromEnvironment("LULL_FUZZ_SEED", std::random_device{}());
    std::cout << "LULL_FUZZ_SEED=" << first << '\n';
    return first;
  }();
  return seed;
}

FuzzRound::FuzzRound(std::uint64_t seed) {
  static const bool watching = (WatchForDeath(), true);
  static_cast<void>(watching);
  current_seed = seed;
  LimitSeconds(kRoundSecondsMax);
}

FuzzRound::~FuzzRound() { LimitSeconds(0); }

}  // namespace lull::test
