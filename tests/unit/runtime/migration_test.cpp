#include "runtime/migration.h"

#include <gtest/gtest.h>

#include <cstring>

#include "runtime/abi.h"
#include "runtime/window.h"
#include "tests/unit/runtime/state_fixture.h"

namespace lull::runtime {
namespace {

using Kind = StatePiece::Kind;

template <typename T>
T& At(std::byte* record, std::uint32_t offset) {
  return *reinterpret_cast<T*>(record + offset);
}

constexpr std::uint32_t kSlot = kBitsOffset + 8;

/// bits, a slot, a window, two texts; what is added comes before what was there.
EntitySpec Before() {
  EntitySpec entity = EntityWith({{.columns = {ValueType::kMoney}}, {.columns = {ValueType::kText}}},
                                 {{.window = 1, .function = WindowFunction::kLatest, .column = 0}}, 2);
  entity.pieces = {{11, Kind::kWindow, 1, 0}, {12, Kind::kText, entity.text_offsets[0], 0},
                   {13, Kind::kBit, 3, 0},    {14, Kind::kEachWait, 0, 0},
                   {15, Kind::kNudge, 4, 0},  {16, Kind::kLimit, entity.windows[0].offset, 8}};
  return entity;
}

EntitySpec After() {
  EntitySpec entity = EntityWith({{.columns = {ValueType::kText}}, {.columns = {ValueType::kNumber}}},
                                 {{.window = 0, .function = WindowFunction::kCount},
                                  {.window = 0, .function = WindowFunction::kLatest, .column = 0}},
                                 3);
  entity.default_texts = {{entity.text_offsets[0], "new"}, {entity.text_offsets[2], "default"}};
  entity.pieces = {{13, Kind::kBit, 40, 0},
                   {99, Kind::kBit, 3, 0},
                   {11, Kind::kWindow, 0, 0},
                   {12, Kind::kText, entity.text_offsets[2], 0},
                   {14, Kind::kEachWait, 2, 0},
                   {15, Kind::kNudge, 0, 0},
                   {16, Kind::kLimit, entity.windows[1].offset, 16}};
  return entity;
}

/// Another store that has taken over all records of `from`.
std::unique_ptr<RecordStore> Migrated(std::unique_ptr<RecordStore> from, const EntitySpec& after) {
  const MigrationPlan plan(from->entity(), after);
  TextPool& texts = from->texts();
  auto to = std::make_unique<RecordStore>(after, texts, std::move(from));
  for (std::uint32_t place = to->NextWaiting(0); place != IndexSet::kNone; place = to->NextWaiting(place)) {
    EXPECT_TRUE(TakeOver(plan, *to, place));
  }
  to->Shed(IndexSet::kNone);
  texts.Reclaim();
  return to;
}

TEST(Migration, CarriesWhatMeansTheSameAndNothingElse) {
  const EntitySpec before = Before();
  const EntitySpec after = After();
  TextPool texts;
  ScratchArena scratch;
  auto from = std::make_unique<RecordStore>(before, texts);
  for (const char* key : {"a", "b"}) {
    std::byte* record = from->FindOrCreate(key).record;
    At<RecordHeader>(record, 0).clock = 77;
    SetBit(record, 3, true);
    At<std::uint32_t>(record, before.text_offsets[0]) =
        texts.Intern(TextView::Of(std::string("text of ") + key));
    Window window(before, 1, record, texts);
    for (std::int64_t i = 1; i <= 9; ++i) {
      window.Push(i, i);
      window.SetText(0, TextView::Of(std::to_string(i)));
    }
  }

  const MigrationPlan plan(before, after);
  EXPECT_EQ(plan.each_waits(), (std::vector<MigrationPlan::Pair>{{0, 2}}));
  EXPECT_EQ(plan.nudges(), (std::vector<MigrationPlan::Pair>{{4, 0}}));
  EXPECT_EQ(plan.bits(), (std::vector<MigrationPlan::Pair>{{3, 40}}));
  const std::unique_ptr<RecordStore> migrated = Migrated(std::move(from), after);
  const RecordStore& to = *migrated;
  ASSERT_EQ(to.count(), 2U);

  std::byte* record = to.Find("b");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(to.KeyOf(record), "b");
  EXPECT_EQ(At<RecordHeader>(record, 0).clock, 77);
  EXPECT_TRUE(TestBit(record, 40));
  EXPECT_FALSE(TestBit(record, 3));
  EXPECT_EQ(texts.View(At<std::uint32_t>(record, after.text_offsets[0])).view(), "new");
  EXPECT_EQ(texts.View(At<std::uint32_t>(record, after.text_offsets[2])).view(), "text of b");
  EXPECT_EQ(At<std::uint64_t>(record, after.windows[1].offset), 0U) << "a limit of another size starts anew";

  StepContext context;
  context.entity = &after;
  context.texts = &texts;
  context.scratch = &scratch;
  Moment moment;
  moment.now = 10;
  moment.record = record;
  moment.context = &context;
  EXPECT_EQ(abi::AggregateF64(&moment, 0, 0), 9);
  EXPECT_EQ(abi::AggregateText(&moment, 1, 0).view(), "9");
}

// A column that is no longer kept gives its texts back; one that is new is unknown; the others move along.
TEST(Migration, TakesOverAWindowColumnByColumn) {
  EntitySpec before = EntityWith(
      {{.columns = {ValueType::kText, ValueType::kMoney, ValueType::kText}, .column_meanings = {1, 2, 3}}},
      {}, 0);
  EntitySpec after = EntityWith(
      {{.columns = {ValueType::kMoney, ValueType::kNumber, ValueType::kText}, .column_meanings = {2, 4, 1}}},
      {}, 0);
  before.pieces = {{11, Kind::kWindow, 0, 0}};
  after.pieces = {{11, Kind::kWindow, 0, 0}};
  EXPECT_EQ(MigrationPlan::MatchColumns(before.windows[0], after.windows[0]),
            (std::vector<std::uint32_t>{1, kNoIndex, 0}));
  TextPool texts;
  auto from = std::make_unique<RecordStore>(before, texts);
  Window window(before, 0, from->FindOrCreate("a").record, texts);
  constexpr std::int64_t kEntries = 9;
  for (std::int64_t i = 1; i <= kEntries; ++i) {
    window.Push(i, i);
    window.SetText(0, TextView::Of("kept " + std::to_string(i)));
    window.SetInteger(1, i);
    window.SetText(2, TextView::Of("dropped " + std::to_string(i)));
  }
  const std::unique_ptr<RecordStore> migrated = Migrated(std::move(from), after);
  RecordStore& to = *migrated;
  WindowBlock* block = Window(after, 0, to.Find("a"), texts).block();
  ASSERT_NE(block, nullptr);
  ASSERT_EQ(block->count, static_cast<std::uint32_t>(kEntries));
  for (std::int64_t i = 1; i <= kEntries; ++i) {
    const std::uint32_t at = block->head + static_cast<std::uint32_t>(i - 1);
    EXPECT_EQ(block->time(at), i);
    EXPECT_EQ(block->value(0, at), static_cast<std::uint64_t>(i));
    EXPECT_EQ(block->value(1, at), UnknownBits(ValueType::kNumber));
    EXPECT_EQ(texts.View(static_cast<std::uint32_t>(block->value(2, at))).view(),
              "kept " + std::to_string(i));
    EXPECT_EQ(texts.Find(TextView::Of("dropped " + std::to_string(i))), 0U);
  }
  to.Erase(to.Find("a"));
  texts.Reclaim();
  EXPECT_EQ(texts.Find(TextView::Of("kept 1")), 0U);
}

// What was changed goes on by its successor, unless something else means the same.
TEST(Migration, ASuccessorTakesWhatNothingElseMeans) {
  EntitySpec before = EntityWith({}, {}, 0);
  EntitySpec after = EntityWith({}, {}, 0);
  before.pieces = {{.meaning = 1, .kind = Kind::kBit, .index = 1, .successor = 7},
                   {.meaning = 2, .kind = Kind::kBit, .index = 2, .successor = 8},
                   {.meaning = 3, .kind = Kind::kNudge, .index = 0, .successor = 9}};
  after.pieces = {{.meaning = 5, .kind = Kind::kBit, .index = 1, .successor = 7},
                  {.meaning = 1, .kind = Kind::kBit, .index = 2, .successor = 6},
                  {.meaning = 6, .kind = Kind::kBit, .index = 3, .successor = 8},
                  {.meaning = 7, .kind = Kind::kNudge, .index = 1, .successor = 9},
                  {.meaning = 8, .kind = Kind::kNudge, .index = 2, .successor = 9}};
  const MigrationPlan plan(before, after);
  EXPECT_EQ(plan.sources(), (std::vector<std::uint32_t>{kNoIndex, 0, 1, 2, kNoIndex}));
}

}  // namespace
}  // namespace lull::runtime
