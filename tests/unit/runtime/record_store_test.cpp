#include "runtime/record_store.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <unordered_map>

#include "runtime/window.h"
#include "tests/unit/runtime/state_fixture.h"

namespace lull::runtime {
namespace {

RecordHeader* HeaderOf(std::byte* record) { return reinterpret_cast<RecordHeader*>(record); }

TEST(RecordStore, ANewRecordStartsFromTheImage) {
  EntitySpec entity = EntityWith({}, {}, 2);
  entity.image[0] = std::byte{5};
  entity.default_texts.push_back({entity.text_offsets[1], "web"});
  TextPool texts;
  RecordStore store(entity, texts);
  const RecordStore::Found found = store.FindOrCreate("c-1");
  ASSERT_TRUE(found.created);
  const RecordHeader* header = HeaderOf(found.record);
  EXPECT_EQ(header->wake, kNever);
  EXPECT_EQ(header->clock, kUnknown);
  EXPECT_EQ(found.record[kBitsOffset], std::byte{5});
  EXPECT_EQ(store.KeyOf(found.record), "c-1");
  std::uint32_t id = 0;
  std::memcpy(&id, found.record + entity.text_offsets[1], sizeof(id));
  EXPECT_EQ(texts.View(id).view(), "web");
  EXPECT_FALSE(store.FindOrCreate("c-1").created);
  EXPECT_EQ(store.Find("c-2"), nullptr);
}

TEST(RecordStore, ErasingReleasesTextsAndWindows) {
  const EntitySpec entity = EntityWith({{.columns = {ValueType::kText}}}, {}, 1);
  TextPool texts;
  {
    RecordStore store(entity, texts);
    for (int round = 0; round < 3; ++round) {
      std::byte* record = store.FindOrCreate("a key of more than sixteen bytes").record;
      Window window(entity, 0, record, texts);
      window.Push(1, 1);
      window.SetText(0, TextView::Of("page"));
      const std::uint32_t id = texts.Intern(TextView::Of("name"));
      std::memcpy(record + entity.text_offsets[0], &id, sizeof(id));
      if (round < 2) store.Erase(record);
      texts.Reclaim();
      EXPECT_EQ(texts.count(), round < 2 ? 0U : 3U);
    }
  }
  texts.Reclaim();
  EXPECT_EQ(texts.count(), 0U);
}

TEST(RecordStore, TellsApartKeysThatDifferInOneByteOrInLength) {
  const EntitySpec entity = EntityWith({}, {});
  TextPool texts;
  RecordStore store(entity, texts);
  std::set<std::byte*> records;
  std::size_t keys = 0;
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      std::string key(size, '\0');
      if (at < size) key[at] = 'x';
      records.insert(store.FindOrCreate(key).record);
      ++keys;
    }
  }
  EXPECT_EQ(records.size(), keys);
  EXPECT_EQ(store.count(), keys);
}

std::string RandomKey(std::mt19937& random) {
  const auto number = random() % 30'000;
  const std::string prefix(number % 3 == 0 ? 0 : number % 3 == 1 ? 8 : 20, 'k');
  return prefix + std::to_string(number);
}

TEST(RecordStore, AgreesWithAMap) {
  const std::uint32_t seed = PrintedSeed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const EntitySpec entity = EntityWith({}, {}, static_cast<std::uint32_t>(random() % 40));
  TextPool texts;
  RecordStore store(entity, texts);
  std::unordered_map<std::string, std::byte*> records;
  for (int step = 0; step < 200'000; ++step) {
    const std::string key = RandomKey(random);
    const auto known = records.find(key);
    if (random() % 3 == 0) {
      ASSERT_EQ(store.Find(key), known == records.end() ? nullptr : known->second) << key;
      if (known != records.end()) {
        store.Erase(known->second);
        records.erase(known);
      }
    } else {
      const RecordStore::Found found = store.FindOrCreate(key, RecordStore::HashKey(key));
      ASSERT_EQ(found.created, known == records.end()) << key;
      if (known != records.end()) {
        ASSERT_EQ(found.record, known->second);
      }
      records[key] = found.record;
      ASSERT_EQ(store.RecordAt(store.IndexOf(found.record)), found.record);
    }
    if (step % 64 == 0) texts.Reclaim();
  }
  EXPECT_EQ(store.count(), records.size());
  std::size_t visited = 0;
  store.ForEach([&](std::byte* record) {
    ++visited;
    EXPECT_EQ(records.at(std::string(store.KeyOf(record))), record);
  });
  EXPECT_EQ(visited, records.size());
}

}  // namespace
}  // namespace lull::runtime
