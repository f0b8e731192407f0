// Checkpoints on a disk whose power goes at any time.
//
//   LULL_CUTS=10000 test_power_cut      so many power cuts; 300 unless set
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "connectors/checkpoint/checkpoint_store.h"
#include "tests/power_cut/unsynced.h"
#include "tests/support/property.h"

namespace lull::power_cut {
namespace {

namespace fs = std::filesystem;
using connectors::CheckpointHead;
using connectors::CheckpointReader;
using connectors::CheckpointStore;
using Entities = std::map<std::string, std::string>;

constexpr std::uint64_t kCuts = 300;
constexpr std::size_t kKeep = 3;

/// What each checkpoint has, by number; the newest one that was said to be finished.
struct Expected {
  std::map<std::uint64_t, Entities> contents;
  std::uint64_t finished = 0;
};

class PowerCut : public testing::Test {
 protected:
  PowerCut() {
    // In memory where there is such a place: how fast a disk is does not matter here.
    const fs::path memory = "/dev/shm";
    std::string pattern =
        ((fs::is_directory(memory) ? memory : fs::temp_directory_path()) / "lull-power-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    fs::create_directories(root());
    fs::create_directories(folder_ / "stash");
  }
  ~PowerCut() override {
    Follow({}, {});
    fs::remove_all(folder_);
  }
  fs::path root() const { return folder_ / "state"; }
  fs::path picture() const { return folder_ / "picture"; }

  static CheckpointHead HeadOf(const Entities& entities) {
    CheckpointHead head;
    head.deployment = "power";
    head.entity_count = entities.size();
    return head;
  }

  static std::optional<Entities> Read(const fs::path& folder) {
    const auto reader = CheckpointReader::Open(folder);
    if (!reader) return {};
    Entities found;
    const Status read = reader->ReadAll([&](std::uint32_t, std::string_view key, std::string_view image) {
      found.emplace(key, image);
      return true;
    });
    return read ? std::optional(found) : std::nullopt;
  }

  /// Looks at what a power cut has left, and goes on from it.
  void Judge(const Expected& expected) {
    std::optional<fs::path> newest;
    for (const fs::path& folder : connectors::FinishedCheckpoints(picture())) {
      const std::uint64_t number = std::stoull(folder.filename().string());
      const std::optional<Entities> found = Read(folder);
      if (found) {
        ASSERT_TRUE(expected.contents.contains(number)) << number;
        ASSERT_EQ(*found, expected.contents.at(number))
            << "checkpoint " << number << " is wrong and says nothing";
        if (!newest) newest = folder;
        complete_ += number >= expected.finished;
      } else {
        ++noticed_;
        ASSERT_NE(number, expected.finished) << "what was said to be on disk is not";
      }
    }
    if (expected.finished > 0) {
      ASSERT_TRUE(newest) << "there is no checkpoint, though one was finished";
      ASSERT_GE(std::stoull(newest->filename().string()), expected.finished);
    }
    auto store = newest ? CheckpointStore::Continue({.folder = picture(), .keep_count = kKeep}, *newest)
                        : CheckpointStore::Begin({.folder = picture(), .keep_count = kKeep});
    ASSERT_TRUE(store) << store.error().message;
    const auto next = store->Finish(HeadOf(newest ? *Read(*newest) : Entities()));
    ASSERT_TRUE(next) << next.error().message;
  }

  fs::path folder_;
  std::uint64_t complete_ = 0;
  std::uint64_t noticed_ = 0;
};

TEST_F(PowerCut, WhatWasFinishedIsThereWhateverElseIsLost) {
  const std::uint64_t cuts = test::FromEnvironment("LULL_CUTS", kCuts);
  const std::uint64_t seed = test::FirstSeed();
  fmt::print("seed {}\n", seed);
  std::mt19937_64 random(seed);
  std::uint64_t taken = 0;
  for (std::uint64_t round = 0; taken < cuts; ++round) {
    fs::remove_all(root());
    fs::remove_all(folder_ / "stash");
    fs::create_directories(folder_ / "stash");
    fs::create_directories(root());
    Follow(root(), folder_ / "stash");
    Expected expected;
    Entities entities;
    std::uint64_t pictures = 0;
    OnSync([&] {
      if (pictures > 0 || random() % 20 != 0) return;
      ++pictures;
      fs::remove_all(picture());
      TakePicture(picture(), random);
    });
    auto store = CheckpointStore::Begin({.folder = root(), .keep_count = kKeep});
    ASSERT_TRUE(store);
    Expected at_picture;
    for (std::uint64_t number = 1; number <= 8 && pictures == 0; ++number) {
      for (int i = 0; i < 40; ++i) {
        const std::string key = fmt::format("k{}", random() % 100);
        if (random() % 4 == 0) {
          entities.erase(key);
          ASSERT_TRUE(store->Erase(0, key));
        } else {
          entities[key] = std::string(random() % 2'000, static_cast<char>('a' + random() % 26));
          ASSERT_TRUE(store->Put(0, key, entities[key]));
        }
      }
      expected.contents[number] = entities;
      at_picture = expected;
      ASSERT_EQ(store->Finish(HeadOf(entities)), number);
      expected.finished = number;
    }
    OnSync(nullptr);
    if (pictures == 0) {
      fs::remove_all(picture());
      TakePicture(picture(), random);
      at_picture = expected;
    }
    ++taken;
    Follow({}, {});
    Judge(at_picture);
    if (HasFatalFailure()) {
      ADD_FAILURE() << "in round " << round;
      return;
    }
  }
  fmt::print("{} power cuts: {} checkpoints whole that were finished last or after, {} broken ones noticed\n",
             taken, complete_, noticed_);
}

}  // namespace
}  // namespace lull::power_cut
