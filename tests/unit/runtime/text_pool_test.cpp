#include "runtime/text_pool.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "runtime/scratch_arena.h"
#include "tests/unit/runtime/state_fixture.h"

namespace lull::runtime {
namespace {

TEST(TextPool, UnknownIsZeroAndEmptyIsNot) {
  TextPool pool;
  EXPECT_EQ(pool.Intern({}), 0U);
  EXPECT_FALSE(pool.View(0).known());
  const std::uint32_t empty = pool.Intern(TextView::Of(""));
  EXPECT_NE(empty, 0U);
  EXPECT_TRUE(pool.View(empty).known());
  EXPECT_EQ(pool.View(empty).view(), "");
}

TEST(TextPool, EqualTextsShareAnId) {
  TextPool pool;
  const std::uint32_t a = pool.Intern(TextView::Of("Oak Park"));
  EXPECT_EQ(pool.Find(TextView::Of("Oak Park")), a);
  EXPECT_EQ(pool.Intern(TextView::Of("Oak Park")), a);
  EXPECT_EQ(pool.count(), 1U);
  EXPECT_EQ(pool.Find(TextView::Of("Oak Par")), 0U);
}

TEST(TextPool, ViewsLiveUntilReclaim) {
  TextPool pool;
  const std::uint32_t a = pool.Intern(TextView::Of("first"));
  const TextView view = pool.View(a);
  pool.Release(a);
  pool.Intern(TextView::Of("other"));
  EXPECT_EQ(view.view(), "first");
  EXPECT_EQ(pool.Intern(TextView::Of("first")), a) << "revived before it was freed";
  pool.Release(a);
  pool.Reclaim();
  EXPECT_EQ(pool.Find(TextView::Of("first")), 0U);
  EXPECT_EQ(pool.count(), 1U);
  EXPECT_EQ(pool.Intern(TextView::Of("third")), a) << "its place is used again";
}

TEST(TextPool, DoesNotGrowWhenTextsComeAndGo) {
  TextPool pool;
  std::size_t bytes = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 500; ++i) {
      const std::string text = std::to_string(round) + ":" + std::to_string(i) + std::string(i % 300, 'x');
      ids.push_back(pool.Intern(TextView::Of(text)));
    }
    for (const std::uint32_t id : ids) pool.Release(id);
    pool.Reclaim();
    EXPECT_EQ(pool.count(), 0U);
    if (round == 0) bytes = pool.memory_bytes();
  }
  EXPECT_EQ(pool.memory_bytes(), bytes);
}

TEST(TextPool, HoldsTextsLargerThanAChunk) {
  TextPool pool;
  const std::string large(3'000'000, 'a');
  const std::string larger(5'000'001, 'b');
  const std::uint32_t a = pool.Intern(TextView::Of(large));
  const std::uint32_t c = pool.Intern(TextView::Of("small"));
  const std::uint32_t b = pool.Intern(TextView::Of(larger));
  EXPECT_EQ(pool.View(a).view(), large);
  EXPECT_EQ(pool.View(b).view(), larger);
  EXPECT_EQ(pool.View(c).view(), "small");
  EXPECT_EQ(pool.Find(TextView::Of(larger)), b);
}

TEST(TextPool, AgreesWithCountsKeptByHand) {
  const std::uint32_t seed = PrintedSeed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  TextPool pool;
  struct Known {
    std::uint32_t id = 0;
    int count = 0;
  };
  std::map<std::string, Known> known;
  for (int step = 0; step < 60'000; ++step) {
    const std::string text(random() % 40, static_cast<char>('a' + random() % 20));
    Known& entry = known[text];
    if (random() % 2 == 0) {
      const std::uint32_t id = pool.Intern(TextView::Of(text));
      if (entry.count > 0) {
        ASSERT_EQ(id, entry.id);
      }
      entry.id = id;
      ++entry.count;
    } else if (entry.count > 0) {
      pool.Release(entry.id);
      --entry.count;
    }
    if (random() % 8 == 0) pool.Reclaim();
    if (entry.count > 0) {
      ASSERT_EQ(pool.View(entry.id).view(), text);
    }
  }
  pool.Reclaim();
  std::size_t live = 0;
  for (const auto& [text, entry] : known) {
    live += entry.count > 0 ? 1 : 0;
    EXPECT_EQ(pool.Find(TextView::Of(text)), entry.count > 0 ? entry.id : 0U);
    if (entry.count > 0) {
      EXPECT_EQ(pool.View(entry.id).view(), text);
    }
  }
  EXPECT_EQ(pool.count(), live);
}

TEST(ScratchArena, HandsOutSeparateBytesAndReusesThem) {
  ScratchArena arena(64);
  std::byte* first = nullptr;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::span<std::uint64_t>> arrays;
    for (std::uint64_t i = 0; i < 100; ++i) {
      arrays.push_back(arena.Array<std::uint64_t>(i));
      std::ranges::fill(arrays.back(), i);
    }
    for (std::uint64_t i = 0; i < 100; ++i) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arrays[i].data()) % 16, 0U);
      EXPECT_EQ(std::ranges::count(arrays[i], i), static_cast<std::ptrdiff_t>(i));
    }
    arena.Reset();
    std::byte* start = arena.Allocate(1);
    if (round == 1) first = start;
    if (round == 2) {
      EXPECT_EQ(start, first) << "the largest round has been seen: no new block";
    }
    arena.Reset();
  }
}

}  // namespace
}  // namespace lull::runtime
