// Clocks, disorder, forgetting, and what must not change anything.
#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <random>

#include "mixed.h"

namespace lull::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(EngineTest, LateEventsActAtTheClockAndAreCounted) {
  Mixed mixed;
  Shop shop(mixed.lab);
  shop.At(12, mixed.event, 3);
  EXPECT_EQ(shop.At(11, mixed.event, 7), ApplyResult::kApplied);
  EXPECT_THAT(shop.log.lines, ElementsAre("12 sent tenth"));
  EXPECT_EQ(shop.engine->stats().late, 1U);
}

TEST(EngineTest, LateEventsCanBeDroppedOrRefused) {
  for (const auto& [policy, expected] : {std::pair(LatePolicy::kDrop, ApplyResult::kLateDropped),
                                         std::pair(LatePolicy::kDeadLetter, ApplyResult::kLateDeadLetter)}) {
    Mixed mixed;
    mixed.lab.ruleset->late = policy;
    Shop shop(mixed.lab);
    shop.At(12, mixed.event, 3);
    EXPECT_EQ(shop.At(11, mixed.event, 7), expected);
    EXPECT_THAT(shop.log.lines, IsEmpty());
    shop.Tick(20);
    EXPECT_EQ(shop.At(19, mixed.event, 7, "", "another"), expected);
    EXPECT_EQ(shop.engine->stats().records, 1U);
  }
}

TEST(EngineTest, WithinTheLatenessOrderOfArrivalDoesNotMatter) {
  std::mt19937_64 random(NewSeed());
  struct Arrival {
    std::int64_t time;
    std::int64_t arrives;
    std::int64_t amount;
    std::string key;
  };
  std::vector<Arrival> events;
  for (int i = 0; i < 3'000; ++i) {
    const std::int64_t time = static_cast<std::int64_t>(random() % 2'000) * kMicrosPerHour / 4;
    events.push_back({time, time + static_cast<std::int64_t>(random() % 3) * kHour,
                      static_cast<std::int64_t>(random() % 7), "k" + std::to_string(random() % 20)});
  }
  std::ranges::stable_sort(events, {}, &Arrival::time);
  // Ties keep their order in both.
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (events[i].time == events[i - 1].time)
      events[i].arrives = std::max(events[i].arrives, events[i - 1].arrives);
  }
  const auto run = [&](std::int64_t lateness) {
    Mixed mixed;
    Shop shop(mixed.lab, {.lateness_micros = lateness});
    for (const Arrival& event : events)
      shop.AtMicros(event.time, mixed.event, event.amount, "text", event.key);
    shop.Finish(600);
    EXPECT_EQ(shop.engine->stats().late, 0U);
    std::ranges::sort(shop.log.full);
    return shop.log.full;
  };
  const std::vector<std::string> in_order = run(0);
  ASSERT_GT(in_order.size(), 100U);
  std::ranges::stable_sort(events, {}, &Arrival::arrives);
  EXPECT_EQ(run(2 * kHour), in_order);
}

TEST(EngineTest, InterleavingBatchesTicksAndSwapsChangeNothing) {
  std::mt19937_64 random(NewSeed());
  constexpr int kKeys = 12;
  std::vector<std::vector<std::int64_t>> times(kKeys);
  for (auto& of_key : times) {
    for (int i = 0; i < 150; ++i) of_key.push_back(static_cast<std::int64_t>(random() % 3'000) * kHour / 4);
    std::ranges::sort(of_key);
  }
  const auto run = [&](bool shuffle, std::size_t batch, bool swap) {
    Mixed mixed;
    const Program program = mixed.lab.Build();
    Log log;
    std::unique_ptr<Engine> engine = std::move(*Engine::Create(program, {}, log));
    std::vector<std::pair<std::int64_t, int>> order;
    for (int key = 0; key < kKeys; ++key) {
      for (const std::int64_t time : times[static_cast<std::size_t>(key)]) order.emplace_back(time, key);
    }
    if (shuffle) {
      // Any order of entities that keeps each one's own.
      std::vector<int> keys;
      for (const auto& entry : order) keys.push_back(entry.second);
      std::ranges::shuffle(keys, random);
      std::vector<std::size_t> next(kKeys, 0);
      order.clear();
      for (const int key : keys) {
        order.emplace_back(times[static_cast<std::size_t>(key)][next[static_cast<std::size_t>(key)]++], key);
      }
    }
    std::deque<FieldValue> fields;
    std::deque<std::string> keys;
    std::deque<TextView> views;
    std::vector<EventFrame> frames;
    for (const auto& [time, key] : order) {
      fields.emplace_back().integer = (time / kHour + key) % 6;
      keys.push_back("key" + std::to_string(key));
      views.push_back(TextView::Of(keys.back()));
      FieldValue* values = new FieldValue[2];
      values[0] = fields.back();
      values[1].text = {};
      frames.push_back(
          {.event = 0, .time = {time}, .id = {}, .fields = values, .keys = &views.back(), .position = {}});
    }
    for (std::size_t i = 0; i < frames.size(); i += batch) {
      engine->ApplyBatch(std::span(frames).subspan(i, std::min(batch, frames.size() - i)));
      if (swap && random() % 3 == 0) {
        EXPECT_TRUE(engine->Swap(program).has_value());
      }
    }
    engine->Finish({800 * kHour});
    for (const EventFrame& frame : frames) delete[] frame.fields;
    std::ranges::sort(log.full);
    return log.full;
  };
  const std::vector<std::string> plain = run(false, 1, false);
  ASSERT_GT(plain.size(), 100U);
  EXPECT_EQ(run(true, 1, false), plain);
  EXPECT_EQ(run(false, 7, false), plain);
  EXPECT_EQ(run(true, 100, true), plain);
}

TEST(EngineTest, ALiveEngineDecidesAtTicksWhatAReplayDecidesLater) {
  const auto run = [](bool live) {
    Mixed mixed;
    Shop shop(mixed.lab, {.lateness_micros = kHour, .live = live});
    for (int hour = 0; hour < 200; hour += 3) {
      shop.At(hour, mixed.event, hour % 4, "", "k" + std::to_string(hour % 5));
      shop.Tick(hour - 1);
    }
    const std::size_t before_end = shop.log.full.size();
    shop.Finish(300);
    std::ranges::sort(shop.log.full);
    return std::pair(shop.log.full, before_end);
  };
  const auto [live, revealed_live] = run(true);
  const auto [replay, revealed_replay] = run(false);
  EXPECT_EQ(live, replay);
  EXPECT_GT(revealed_live, revealed_replay);
}

TEST(EngineTest, ADeadlineAtTheTickItselfIsStillOpen) {
  Mixed mixed;
  mixed.lab.ruleset->policies.clear();
  Shop shop(mixed.lab, {.live = true});
  shop.At(10, mixed.event, 3);
  shop.Tick(15);
  EXPECT_THAT(shop.log.lines, IsEmpty());
  shop.At(15, mixed.event, 3);
  shop.engine->Tick({20 * kHour + 1});
  EXPECT_THAT(shop.log.lines, ElementsAre("20 sent call"));
}

TEST(EngineTest, DuplicatesAreAppliedOnce) {
  Mixed mixed;
  mixed.lab.ruleset->dedupe_micros = 10 * kMicrosPerMinute;
  Shop shop(mixed.lab);
  EXPECT_EQ(shop.At(8, mixed.event, 5, "", "c", "id-0"), ApplyResult::kApplied);
  EXPECT_EQ(shop.At(9, mixed.event, 5, "", "c", "id-0"), ApplyResult::kDuplicate);
  EXPECT_EQ(shop.At(9, mixed.event, 5, "", "other", "id-0"), ApplyResult::kApplied);
  EXPECT_THAT(shop.log.lines, IsEmpty());
  for (int i = 1; i <= 16; ++i) shop.At(10, mixed.event, 3, "", "c", "id-" + std::to_string(i));
  EXPECT_EQ(shop.At(10, mixed.event, 3, "", "c", "id-1"), ApplyResult::kDuplicate);
  EXPECT_EQ(shop.At(10, mixed.event, 3, "", "c", "id-0"),
            ApplyResult::kApplied);  // 16 others and an hour ago
  EXPECT_EQ(shop.engine->stats().duplicates, 2U);
}

TEST(EngineTest, QuietRecordsAreForgottenWithTheirTasks) {
  for (const bool live : {false, true}) {
    Mixed mixed;
    mixed.lab.ruleset->policies.clear();
    mixed.lab.entity().forget_after_micros = 100 * kHour;
    Shop shop(mixed.lab, {.live = live});
    shop.At(10, mixed.event, 3);
    shop.Tick(200);
    EXPECT_EQ(shop.engine->stats().records, live ? 0U : 1U);
    shop.At(201, mixed.event, 7);  // 3 is forgotten
    shop.At(202, mixed.event, 3);
    EXPECT_THAT(shop.log.lines, ElementsAre("15 sent call", "110 withdrawn call", "202 sent tenth"));
    EXPECT_EQ(shop.engine->stats().forgotten, 1U);
  }
}

TEST(EngineTest, EventsOutOfRangeAreRefused) {
  Mixed mixed;
  Shop shop(mixed.lab, {.time_max = {100 * kHour}, .until = {50 * kHour}});
  EXPECT_EQ(shop.At(101, mixed.event, 1), ApplyResult::kTooFarAhead);
  EXPECT_EQ(shop.At(51, mixed.event, 1), ApplyResult::kAfterEnd);
  EXPECT_EQ(shop.At(50, mixed.event, 1), ApplyResult::kApplied);
  EXPECT_EQ(shop.engine->latest_time().micros, 50 * kHour);
}

TEST(EngineTest, AnEventWithoutAKeyIsRefused) {
  Mixed mixed;
  Shop shop(mixed.lab);
  FieldValue fields[2];
  const TextView none;
  EXPECT_EQ(shop.engine->Apply(
                {.event = 0, .time = {0}, .id = {}, .fields = fields, .keys = &none, .position = {}}),
            ApplyResult::kNoKey);
}

TEST(EngineTest, AtTheEndOfHistoryWhatIsOpenAndWaitsEndsAndWhatCountsStays) {
  Mixed mixed;
  mixed.lab.ruleset->policies[0].holdout_share = 0;
  Shop shop(mixed.lab);
  shop.log.with_key = true;
  for (const double hour : {8, 9}) shop.At(hour, mixed.event, 10, "", "capped");
  for (const double hour : {20, 21}) shop.At(hour, mixed.event, 10, "", "capped for long");
  shop.At(23, mixed.event, 3, "", "asleep");
  shop.At(20.5, mixed.event, 3, "", "open");
  shop.engine->EndHistory({28 * kHour + kHour / 2});
  EXPECT_THAT(shop.log.lines,
              UnorderedElementsAre("8 sent tenth capped", "9 sent tenth capped", "14 waiting call capped",
                                   "28 waiting call capped", "20 sent tenth capped for long",
                                   "21 sent tenth capped for long", "26 waiting call capped for long",
                                   "28 waiting call asleep", "25.5 waiting call open"));
  shop.log.lines.clear();
  shop.At(31, mixed.event, 10, "", "capped");
  shop.At(31, mixed.event, 10, "", "capped for long");
  shop.Finish(36.5);
  // What waited is not tried at six, and what was sent in history still counts for the limit.
  EXPECT_THAT(shop.log.lines,
              UnorderedElementsAre("31 sent tenth capped", "31 suppressed tenth capped for long",
                                   "36 sent call capped", "36 waiting call capped for long"));
}

TEST(EngineTest, ATaskOfHistoryIsWithdrawnAndDoesNotComeBack) {
  Mixed mixed;
  mixed.lab.ruleset->policies[0].holdout_share = 0;
  Shop shop(mixed.lab);
  shop.At(8, mixed.event, 3);
  shop.engine->EndHistory({14 * kHour});
  EXPECT_THAT(shop.log.lines, ElementsAre("13 sent call", "14 withdrawn call"));
  EXPECT_EQ(shop.log.whys.back(), "it went out in history, and nobody was told");
  shop.Finish(100);
  EXPECT_EQ(shop.log.lines.size(), 2U);
}

}  // namespace
}  // namespace lull::runtime::testing
