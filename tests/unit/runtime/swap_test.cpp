// Another ruleset goes on with the records of this one.
#include <gmock/gmock.h>

#include "hand_made.h"

namespace lull::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// -----------------------------------------------------------------------------------------------

/// `quiet` for some hours, with a task; the last time carries over by meaning.
Program QuietProgram(Lab& lab, const std::string& version, std::int64_t hours, std::uint64_t meaning,
                     const std::string& nudge = "call") {
  const std::uint32_t last = lab.Slot();
  lab.ruleset->version = version;
  lab.Event("event", [=](Moment* moment) -> std::uint64_t {
    SlotAt(moment, last) = moment->now;
    return 0;
  });
  const std::uint32_t quiet = lab.Condition("quiet", [=](Moment* moment) {
    const std::int64_t since = SlotAt(moment, last);
    if (since == kUnknown) return false;
    ArmAt(moment, since + hours * kHour);
    return since + hours * kHour <= moment->age_now;
  });
  const std::uint32_t index = lab.While(nudge, quiet);
  const std::uint32_t gone = lab.ruleset->nudges[index].gone_bit;
  using Kind = StatePiece::Kind;
  lab.entity().pieces = {{.meaning = 1, .kind = Kind::kSlot, .index = last, .bytes = 8},
                         {.meaning = meaning, .kind = Kind::kBit, .index = quiet},
                         {.meaning = meaning + 1, .kind = Kind::kBit, .index = gone},
                         {.meaning = meaning + 2, .kind = Kind::kNudge, .index = index}};
  return lab.Build();
}

FieldValue kFields[2];

void ApplyAt(Engine& engine, std::int64_t hour, const std::string& customer = "c") {
  const TextView key = TextView::Of(customer);
  engine.Apply(
      {.event = 0, .time = {hour * kHour}, .id = {}, .fields = kFields, .keys = &key, .position = {}});
}

TEST(SwapTest, PendingDeadlinesAndTasksOfUnchangedRulesCarryOver) {
  Lab first;
  Lab second;
  Log log;
  log.with_key = true;
  std::unique_ptr<Engine> engine = std::move(*Engine::Create(QuietProgram(first, "1", 36, 100), {}, log));
  ApplyAt(*engine, 0, "a");
  ApplyAt(*engine, 40, "a");
  ApplyAt(*engine, 0, "b");
  second.Slot();  // another layout
  ASSERT_TRUE(engine->Swap(QuietProgram(second, "2", 36, 100)).has_value());
  ApplyAt(*engine, 100, "b");
  engine->Finish({100 * kHour});
  EXPECT_THAT(log.lines, ElementsAre("36 sent call a", "40 withdrawn call a", "36 sent call b",
                                     "100 withdrawn call b", "76 sent call a"));
}

TEST(SwapTest, WhatIsAlreadyTrueIsHeldWithoutTriggering) {
  Lab first;
  Lab second;
  Log log;
  std::unique_ptr<Engine> engine =
      std::move(*Engine::Create(QuietProgram(first, "1", 1'000, 100), {.live = true}, log));
  ApplyAt(*engine, 0);
  engine->Tick({50 * kHour});
  ASSERT_TRUE(engine->Swap(QuietProgram(second, "2", 36, 200)).has_value());
  engine->Tick({60 * kHour});
  EXPECT_THAT(log.lines, IsEmpty());
  ApplyAt(*engine, 61);
  engine->Tick({200 * kHour});
  EXPECT_THAT(log.lines, ElementsAre("97 sent call"));
}

TEST(SwapTest, TasksOfRulesThatAreGoneAreWithdrawn) {
  Lab first;
  Lab second;
  Log log;
  std::unique_ptr<Engine> engine =
      std::move(*Engine::Create(QuietProgram(first, "1", 36, 100), {.live = true}, log));
  ApplyAt(*engine, 0);
  engine->Tick({50 * kHour});
  ASSERT_TRUE(engine->Swap(QuietProgram(second, "2", 40, 200, "visit")).has_value());
  EXPECT_THAT(log.lines, ElementsAre("36 sent call", "50 withdrawn call"));
  EXPECT_EQ(log.ids[0], log.ids[1]);
  EXPECT_EQ(engine->stats().nudges.at("call").by_kind[static_cast<int>(DecisionKind::kSent)], 1U);
}

TEST(SwapTest, AnUnknownZoneChangesNothing) {
  Lab first;
  Lab second;
  second.ruleset->zone = "Nowhere/Land";
  Log log;
  std::unique_ptr<Engine> engine = std::move(*Engine::Create(QuietProgram(first, "1", 36, 100), {}, log));
  ApplyAt(*engine, 0);
  EXPECT_FALSE(engine->Swap(QuietProgram(second, "2", 40, 200)).has_value());
  engine->Finish({36 * kHour});
  EXPECT_THAT(log.lines, ElementsAre("36 sent call"));
}

}  // namespace
}  // namespace lull::runtime::testing
