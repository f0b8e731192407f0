#include "tests/support/property.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>

namespace lull::test {
namespace {

constexpr int kFailuresMax = 10;
constexpr std::chrono::seconds kSaysEvery{30};

int FailureCount() {
  return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

}  // namespace

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::uint64_t FirstSeed() {
  static const std::uint64_t seed = FromEnvironment("LULL_PROPERTY_SEED", std::random_device{}());
  return seed;
}

void ForEachSeed(std::uint64_t count_otherwise, const std::function<void(std::uint64_t seed)>& check) {
  const std::uint64_t count = FromEnvironment("LULL_PROPERTY_COUNT", count_otherwise);
  fmt::print("LULL_PROPERTY_SEED={} LULL_PROPERTY_COUNT={}\n", FirstSeed(), count);
  int failures = 0;
  auto said = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < count && failures < kFailuresMax; ++i) {
    const std::uint64_t seed = FirstSeed() + i;
    const std::string how = fmt::format("LULL_PROPERTY_SEED={} LULL_PROPERTY_COUNT=1", seed);
    SCOPED_TRACE(how);
    const int parts = FailureCount();
    try {
      check(seed);
    } catch (const std::exception& error) {
      ADD_FAILURE() << how << "\n" << error.what();
    }
    if (FailureCount() > parts) ++failures;
    const auto now = std::chrono::steady_clock::now();
    if (now - said < kSaysEvery && i + 1 < count) continue;
    said = now;
    fmt::print("{} of {} tried, {} failed\n", i + 1, count, failures);
    std::fflush(stdout);
  }
}

}  // namespace lull::test
