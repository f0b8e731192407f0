// Keys that somebody has made to collide take no longer than ordinary ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/hash.h"
#include "runtime/record_store.h"
#include "runtime/text_pool.h"
#include "tests/unit/runtime/state_fixture.h"

namespace lull::runtime {
namespace {

constexpr std::size_t kKeys = 4'000;
/// Of the hashes' low bits so many are the same: as many as the table of so many keys looks at, and one.
constexpr int kSameBits = 13;
constexpr int kRounds = 7;

/// What somebody who knows the hash, and not this process's seed, can do: try until it fits.
template <typename Hash>
std::vector<std::string> Colliding(const char* form, Hash hash) {
  std::vector<std::string> keys;
  char key[64];
  for (unsigned number = 0; keys.size() < kKeys; ++number) {
    std::snprintf(key, sizeof key, form, number);
    if ((hash(std::string_view(key)) & ((1U << kSameBits) - 1)) == 0) keys.emplace_back(key);
  }
  return keys;
}

std::vector<std::string> Ordinary(const char* form) {
  std::vector<std::string> keys;
  char key[64];
  for (unsigned number = 0; number < kKeys; ++number) {
    std::snprintf(key, sizeof key, form, number);
    keys.emplace_back(key);
  }
  return keys;
}

/// The least of several times, of this thread's processor time.
template <typename Work>
std::int64_t Micros(Work work) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (int round = 0; round < kRounds; ++round) {
    const std::int64_t began = ThreadCpuMicros();
    for (int i = 0; i < 5; ++i) work();
    least = std::min(least, ThreadCpuMicros() - began);
  }
  return least;
}

std::int64_t MicrosInStore(const std::vector<std::string>& keys) {
  const EntitySpec entity = EntityWith({}, {});
  return Micros([&] {
    TextPool texts;
    RecordStore store(entity, texts);
    for (const std::string& key : keys) store.FindOrCreate(key);
    for (const std::string& key : keys) ASSERT_NE(store.Find(key), nullptr);
    EXPECT_EQ(store.count(), kKeys);
  });
}

std::int64_t MicrosInPool(const std::vector<std::string>& keys) {
  return Micros([&] {
    TextPool texts;
    for (const std::string& key : keys) texts.Intern(TextView::Of(key));
    for (const std::string& key : keys) ASSERT_NE(texts.Find(TextView::Of(key)), 0U);
  });
}

void ExpectAtMostTwice(const char* what, std::int64_t colliding, std::int64_t ordinary) {
  const double ratio = static_cast<double>(colliding) / static_cast<double>(ordinary);
  std::cout << what << ": " << colliding << " and " << ordinary << " us, ratio " << ratio << "\n";
  EXPECT_LE(ratio, 2) << what;
}

constexpr const char* kForms[] = {"%08x", "customer-%06x", "customer-of-some-shop-%08x"};

TEST(CollidingKeys, TakeAtMostTwiceTheTimeOfOrdinaryOnes) {
  for (const char* form : kForms) {
    const auto colliding = Colliding(form, [](std::string_view key) { return RecordStore::HashKey(key, 0); });
    ExpectAtMostTwice(form, MicrosInStore(colliding), MicrosInStore(Ordinary(form)));
  }
}

TEST(CollidingTexts, TakeAtMostTwiceTheTimeOfOrdinaryOnes) {
  for (const char* form : kForms) {
    const auto colliding = Colliding(form, [](std::string_view text) { return HashForTable(text, 0) >> 32; });
    ExpectAtMostTwice(form, MicrosInPool(colliding), MicrosInPool(Ordinary(form)));
  }
}

}  // namespace
}  // namespace lull::runtime
