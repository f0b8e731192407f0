#include "connectors/checkpoint/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <string>

#include "tests/support/property.h"

namespace lull::connectors {
namespace {

namespace fs = std::filesystem;

using Entities = std::map<std::pair<std::uint32_t, std::string>, std::string>;

class CheckpointStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "lull-checkpoint-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  CheckpointStore Begin(std::size_t keep_count = 4) {
    auto store = CheckpointStore::Begin({.folder = folder_, .keep_count = keep_count});
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return std::move(*store);
  }

  static CheckpointHead HeadOf(const Entities& entities, std::uint64_t position) {
    CheckpointHead head;
    head.deployment = "retail";
    head.bundle = "{}";
    head.layout_hash = 42;
    head.clock = {.tick = 5, .latest_time = -7};
    head.input = {.sequence = position, .digest = position * 3};
    head.outputs = {{.stream = "OUT", .end = {.sequence = 1, .digest = 2}}};
    head.sources = {{.source = "events.>", .wall_micros = 9}};
    head.entity_types = {"customer", "store"};
    head.entity_count = entities.size();
    return head;
  }

  /// All of a checkpoint, or what is wrong with it.
  static Result<Entities> Read(const fs::path& folder) {
    auto reader = CheckpointReader::Open(folder);
    if (!reader) return std::unexpected(reader.error());
    Entities found;
    const Status read =
        reader->ReadAll([&](std::uint32_t entity, std::string_view key, std::string_view image) {
          found.emplace(std::pair(entity, std::string(key)), image);
          return true;
        });
    if (!read) return std::unexpected(read.error());
    return found;
  }

  static void PutAll(CheckpointStore& store, const Entities& entities) {
    for (const auto& [name, image] : entities) ASSERT_TRUE(store.Put(name.first, name.second, image));
  }

  fs::path folder_;
};

Entities Some(std::size_t count) {
  Entities entities;
  for (std::size_t i = 0; i < count; ++i) {
    entities[{static_cast<std::uint32_t>(i % 3), "key-" + std::to_string(i)}] = std::string(i % 50, 'x');
  }
  entities[{1, ""}] = "the one and only";
  entities[{1, std::string("\0\xff", 2)}] = std::string("\0", 1);
  return entities;
}

TEST_F(CheckpointStoreTest, GivesBackWhatWasPut) {
  CheckpointStore store = Begin();
  Entities entities = Some(300);
  PutAll(store, entities);
  ASSERT_EQ(store.Finish(HeadOf(entities, 10)), 1U);
  const auto reader = CheckpointReader::Open(FinishedCheckpoints(folder_).at(0));
  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  CheckpointHead expected = HeadOf(entities, 10);
  expected.number = 1;
  EXPECT_EQ(reader->head(), expected);
  EXPECT_EQ(reader->Find(1, ""), "the one and only");
  EXPECT_EQ(reader->Find(2, ""), "");
  EXPECT_EQ(Read(FinishedCheckpoints(folder_).at(0)), entities);

  // The next one, and the first is as it was.
  const Entities before = entities;
  entities.erase({0, "key-0"});
  ASSERT_TRUE(store.Erase(0, "key-0"));
  entities[{1, "key-1"}] = "new";
  ASSERT_TRUE(store.Put(1, "key-1", "new"));
  ASSERT_EQ(store.Finish(HeadOf(entities, 20)), 2U);
  EXPECT_EQ(Read(FinishedCheckpoints(folder_).at(0)), entities);
  EXPECT_EQ(Read(FinishedCheckpoints(folder_).at(1)), before);
}

TEST_F(CheckpointStoreTest, ForgetsWhatIsNotFinished) {
  const Entities entities = Some(20);
  {
    CheckpointStore store = Begin();
    PutAll(store, entities);
    ASSERT_TRUE(store.Finish(HeadOf(entities, 10)));
    ASSERT_TRUE(store.Put(0, "half", "done"));
    ASSERT_TRUE(store.Clear());
  }
  auto store = CheckpointStore::Continue({.folder = folder_}, FinishedCheckpoints(folder_).at(0));
  ASSERT_TRUE(store.has_value()) << store.error().message;
  ASSERT_EQ(store->Finish(HeadOf(entities, 11)), 2U);
  EXPECT_EQ(Read(FinishedCheckpoints(folder_).at(0)), entities);
}

TEST_F(CheckpointStoreTest, KeepsTheNewest) {
  CheckpointStore store = Begin(2);
  for (std::uint64_t n = 1; n <= 5; ++n) ASSERT_EQ(store.Finish(HeadOf({}, n)), n);
  const auto left = FinishedCheckpoints(folder_);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].filename(), "000005");
  EXPECT_EQ(left[1].filename(), "000004");
}

TEST_F(CheckpointStoreTest, SetsAsideWhatIsNewerThanWhereItGoesOn) {
  {
    CheckpointStore store = Begin();
    for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(store.Finish(HeadOf({}, n)));
  }
  auto store = CheckpointStore::Continue({.folder = folder_}, FinishedCheckpoints(folder_).at(2));
  ASSERT_TRUE(store.has_value()) << store.error().message;
  EXPECT_EQ(FinishedCheckpoints(folder_).size(), 1U);
  EXPECT_TRUE(fs::exists(folder_ / "discarded" / "000003"));
  // Numbers are never given twice.
  EXPECT_EQ(store->Finish(HeadOf({}, 2)), 4U);
}

TEST_F(CheckpointStoreTest, BelongsToOneProcess) {
  const CheckpointStore store = Begin();
  const auto second = CheckpointStore::Begin({.folder = folder_});
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message, testing::HasSubstr("in use by another process"));
}

TEST_F(CheckpointStoreTest, NoticesEntitiesThatAreMissing) {
  CheckpointStore store = Begin();
  const Entities entities = Some(5);
  PutAll(store, entities);
  CheckpointHead head = HeadOf(entities, 1);
  ++head.entity_count;
  ASSERT_TRUE(store.Finish(head));
  const auto read = Read(FinishedCheckpoints(folder_).at(0));
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, testing::HasSubstr("should have"));
}

/// Flips bits of a file, or cuts it.
void Damage(const fs::path& file, std::mt19937_64& random) {
  const std::uintmax_t size = fs::file_size(file);
  if (size == 0 || random() % 4 == 0) {
    fs::resize_file(file, size == 0 ? 0 : random() % size);
    return;
  }
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  const auto at = static_cast<std::streamoff>(random() % size);
  stream.seekg(at);
  const auto byte = static_cast<char>(stream.get() ^ (1 << (random() % 8)));
  stream.seekp(at);
  stream.put(byte);
}

// The long form: LULL_DAMAGE_COUNT=10000.
TEST_F(CheckpointStoreTest, DamageIsNoticedOrHarmless) {
  const std::uint64_t count = test::FromEnvironment("LULL_DAMAGE_COUNT", 300);
  const std::uint64_t seed = test::FirstSeed();
  SCOPED_TRACE("LULL_PROPERTY_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const Entities entities = Some(2'000);
  CheckpointHead head = HeadOf(entities, 10);
  {
    CheckpointStore store = Begin();
    PutAll(store, entities);
    ASSERT_TRUE(store.Finish(head));
    head.number = 1;
  }
  const fs::path good = FinishedCheckpoints(folder_).at(0);
  const fs::path copy = folder_ / "copy";
  std::uint64_t noticed = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    fs::remove_all(copy);
    fs::copy(good, copy);
    std::vector<fs::path> files(fs::directory_iterator(copy), fs::directory_iterator{});
    std::ranges::sort(files);
    const fs::path file = files[random() % files.size()];
    Damage(file, random);
    const auto read = Read(copy);
    if (!read) {
      ++noticed;
      continue;
    }
    ASSERT_EQ(*read, entities) << file << " " << n;
    ASSERT_EQ(CheckpointReader::Open(copy)->head(), head) << file << " " << n;
  }
  EXPECT_GT(noticed, count / 3);
  std::cout << count << " damaged: " << noticed << " noticed, " << count - noticed << " harmless\n";
}

}  // namespace
}  // namespace lull::connectors
