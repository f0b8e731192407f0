// The rules of moments (semantics: moments).
#include <gmock/gmock.h>

#include "hand_made.h"

namespace lull::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// `quiet 36 hours`: an `on` message, reset by `seen`.
struct Quiet {
  Quiet() {
    const std::uint32_t last = lab.Slot();
    seen = lab.Event("seen", [last](Moment* moment) -> std::uint64_t {
      SlotAt(moment, last) = moment->now;
      return 0;
    });
    updated = lab.Event("updated");
    quiet = lab.Condition("quiet", [last](Moment* moment) {
      const std::int64_t since = SlotAt(moment, last);
      if (since == kUnknown) return false;
      ArmAt(moment, since + 36 * kHour);
      return since + 36 * kHour <= moment->age_now;
    });
    lab.OnCondition("remind", quiet);
  }
  Lab lab;
  std::uint32_t seen = 0;
  std::uint32_t updated = 0;
  std::uint32_t quiet = 0;
};

TEST(StepTest, ADeadlineIsDecidedAtItsOwnInstant) {
  Quiet quiet;
  Shop shop(quiet.lab);
  shop.At(1, quiet.seen);
  shop.At(50, quiet.seen);
  EXPECT_THAT(shop.log.lines, ElementsAre("37 sent remind"));
  shop.Finish(86);
  EXPECT_THAT(shop.log.lines, ElementsAre("37 sent remind", "86 sent remind"));
}

TEST(StepTest, WhatIsDueAfterTheEndIsNotDecided) {
  Quiet quiet;
  Shop shop(quiet.lab);
  shop.At(0, quiet.seen);
  shop.engine->Finish({36 * kHour - 1});
  EXPECT_THAT(shop.log.lines, IsEmpty());
}

TEST(StepTest, AnEventAtExactlyTheDeadlineIsInTime) {
  Quiet quiet;
  Shop shop(quiet.lab);
  shop.At(0, quiet.seen);
  shop.At(36, quiet.updated);
  shop.At(36, quiet.seen);
  shop.At(40, quiet.updated);
  EXPECT_THAT(shop.log.lines, IsEmpty());
}

TEST(StepTest, AnUnrelatedEventAtTheDeadlineDoesNotHinderIt) {
  Quiet quiet;
  Shop shop(quiet.lab);
  shop.At(0, quiet.seen);
  shop.At(36, quiet.updated);
  EXPECT_THAT(shop.log.lines, IsEmpty());
  shop.At(37, quiet.updated);
  EXPECT_THAT(shop.log.lines, ElementsAre("36 sent remind"));
}

TEST(StepTest, OneMicrosecondLateIsLate) {
  Quiet quiet;
  Shop shop(quiet.lab);
  shop.At(0, quiet.seen);
  shop.AtMicros(36 * kHour + 1, quiet.seen);
  EXPECT_THAT(shop.log.lines, ElementsAre("36 sent remind"));
}

/// "Three orders in 7 days", with the times of the last three in slots.
TEST(StepTest, ABreakOfZeroLengthClosesAndReopens) {
  Lab lab;
  const std::uint32_t times[3] = {lab.Slot(), lab.Slot(), lab.Slot()};
  const std::uint32_t order = lab.Event("order", [=](Moment* moment) -> std::uint64_t {
    SlotAt(moment, times[0]) = SlotAt(moment, times[1]);
    SlotAt(moment, times[1]) = SlotAt(moment, times[2]);
    SlotAt(moment, times[2]) = moment->now;
    return 0;
  });
  const std::uint32_t often = lab.Condition("often", [=](Moment* moment) {
    const std::int64_t third = SlotAt(moment, times[0]);
    if (third == kUnknown) return false;
    ArmAt(moment, third + 7 * kDay);
    return third + 7 * kDay > moment->now;
  });
  lab.OnCondition("thank", often);
  Shop shop(lab);
  for (const double hour : {0.0, 24.0, 48.0, 168.0}) shop.At(hour, order);
  EXPECT_THAT(shop.log.lines, ElementsAre("48 sent thank", "168 sent thank"));
  shop.At(200, order);  // the second order is 176 hours old by then: closed at 192
  EXPECT_THAT(shop.log.lines.size(), 3U);
}

TEST(StepTest, WhatBecameYesByTimeAtTheInstantOpensInTheDeadlineMoment) {
  // "Fewer than two in 24 hours" becomes yes at 24 by itself; the event at 24 keeps it yes.
  Lab lab;
  const std::uint32_t last = lab.Slot();
  const std::uint32_t bought = lab.Event("bought", [last](Moment* moment) -> std::uint64_t {
    SlotAt(moment, last) = moment->now;
    return 0;
  });
  const std::uint32_t other = lab.Event("other");
  const std::uint32_t none = lab.Condition("none", [last](Moment* moment) {
    const std::int64_t time = SlotAt(moment, last);
    if (time == kUnknown) return false;
    ArmAt(moment, time + 24 * kHour);
    return time + 24 * kHour <= moment->now;  // a window: (now - 24 h, now]
  });
  lab.OnCondition("nudge", none);
  Shop shop(lab);
  shop.At(0, bought);
  shop.At(24, other);
  EXPECT_THAT(shop.log.lines, IsEmpty());
  shop.At(24, bought);
  shop.At(48, other);
  EXPECT_THAT(shop.log.lines, IsEmpty());
  shop.Finish(48);
  EXPECT_THAT(shop.log.lines, ElementsAre("48 sent nudge"));
}

struct Journey {
  Journey() {
    stage = lab.Slot(0);
    entered = lab.Slot();
    JourneySpec spec;
    spec.name = "purchase";
    spec.stages = {"a", "b", "c"};
    spec.stage_offset = stage;
    spec.entered_offset = entered;
    spec.entering.resize(3);
    lab.entity().journeys.push_back(spec);
  }
  /// The stage is one byte; the slot has eight.
  static std::uint32_t StageOf(Moment* moment, std::uint32_t offset) {
    return static_cast<std::uint32_t>(moment->record[offset]);
  }
  std::uint32_t Entering(const std::string& name, std::uint32_t in_stage) {
    const std::uint32_t nudge = lab.Nudge(name);
    lab.ruleset->nudges[nudge].trigger = TriggerKind::kStage;
    lab.entity().journeys[0].entering[in_stage].push_back(nudge);
    return nudge;
  }
  Lab lab;
  std::uint32_t stage = 0;
  std::uint32_t entered = 0;
};

TEST(StepTest, AutomaticTransitionsAreFollowUpMomentsOfTheSameInstant) {
  Journey journey;
  const std::uint32_t go = journey.lab.Event("go", [](Moment* moment) -> std::uint64_t {
    abi::Enter(moment, 0, 1);
    return 0;
  });
  const std::uint32_t offset = journey.stage;
  const std::uint32_t in_b = journey.lab.Condition(
      "in b", [offset](Moment* moment) { return Journey::StageOf(moment, offset) == 1; });
  journey.lab.Listen(in_b, ListenerKind::kTransition);
  journey.lab.entity().has_follow_ups = true;
  journey.lab.entity().automatic = journey.lab.Add([in_b](Moment* moment) -> std::uint64_t {
    if (abi::StallBegan(moment, in_b) == 0 || abi::MayEnter(moment, 0, 2) == 0) return 0;
    abi::Enter(moment, 0, 2);
    return 1;
  });
  journey.Entering("entering_b", 1);
  journey.Entering("entering_c", 2);
  Shop shop(journey.lab);
  shop.At(5, go);
  EXPECT_THAT(shop.log.lines, ElementsAre("5 sent entering_b", "5 sent entering_c"));
  EXPECT_THAT(shop.log.full[0], ::testing::HasSubstr(" n0 k0 "));
  EXPECT_THAT(shop.log.full[1], ::testing::HasSubstr(" n1 k0 "));
}

TEST(StepTest, NoStageIsEnteredTwiceInAnInstantsFollowUps) {
  Journey journey;
  const std::uint32_t go = journey.lab.Event("go");
  const std::uint32_t offset = journey.stage;
  journey.lab.entity().has_follow_ups = true;
  journey.lab.entity().automatic = journey.lab.Add([offset](Moment* moment) -> std::uint64_t {
    const std::uint32_t next = (Journey::StageOf(moment, offset) + 1) % 3;
    if (abi::MayEnter(moment, 0, next) == 0) return 0;
    abi::Enter(moment, 0, next);
    return 1;
  });
  for (const std::uint32_t in_stage : {0U, 1U, 2U}) {
    journey.Entering("entering_" + std::to_string(in_stage), in_stage);
  }
  Shop shop(journey.lab);
  shop.At(0, go);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 sent entering_1", "0 sent entering_2", "0 sent entering_0"));
}

TEST(StepTest, ATimedTransitionIsArmedByTheStageThatIsEntered) {
  Journey journey;
  const std::uint32_t stage = journey.stage;
  const std::uint32_t entered = journey.entered;
  const std::uint32_t go = journey.lab.Event("go", [](Moment* moment) -> std::uint64_t {
    abi::Enter(moment, 0, 1);
    return 0;
  });
  journey.lab.entity().automatic = journey.lab.Add([=](Moment* moment) -> std::uint64_t {
    const std::uint32_t in_stage = Journey::StageOf(moment, stage);
    if (in_stage == 2) return 0;
    const std::int64_t due = SlotAt(moment, entered) + 10 * kHour;
    ArmAt(moment, due);
    if (due > moment->age_now || abi::MayEnter(moment, 0, in_stage + 1) == 0) return 0;
    abi::Enter(moment, 0, in_stage + 1);
    return 1;
  });
  journey.Entering("entering_b", 1);
  journey.Entering("entering_c", 2);
  Shop shop(journey.lab);
  shop.At(0, go);
  shop.Finish(100);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 sent entering_b", "10 sent entering_c"));
}

TEST(StepTest, AgainAfterIsFreeAtExactlyItsEnd) {
  Lab lab;
  const std::uint32_t level = lab.Slot(0);
  const std::uint32_t set = lab.Event("set", [level](Moment* moment) -> std::uint64_t {
    SlotAt(moment, level) = moment->fields[0].integer;
    return 0;
  });
  const std::uint32_t high =
      lab.Condition("high", [level](Moment* moment) { return SlotAt(moment, level) > 0; });
  const std::uint32_t nudge = lab.OnCondition("nudge", high);
  lab.ruleset->nudges[nudge].again_after =
      lab.Value([](Moment* moment) { return moment->from + 24 * kHour; });
  lab.ruleset->nudges[nudge].due_offset = lab.Slot();
  Shop shop(lab);
  shop.At(0, set, 1);
  shop.At(1, set, 0);
  shop.AtMicros(24 * kHour - 1, set, 1);  // not due, and leaves `again after` as it is
  shop.AtMicros(24 * kHour - 1, set, 0);
  shop.At(24, set, 1);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 sent nudge", "24 sent nudge"));
}

TEST(StepTest, AWhileNudgeGoesOutOncePerEpisodeAndItsTaskEndsWithIt) {
  Lab lab;
  const std::uint32_t level = lab.Slot(0);
  const std::uint32_t set = lab.Event("set", [level](Moment* moment) -> std::uint64_t {
    SlotAt(moment, level) = moment->fields[0].integer;
    return 0;
  });
  const std::uint32_t high =
      lab.Condition("high", [level](Moment* moment) { return SlotAt(moment, level) > 0; });
  lab.While("call", high);
  Shop shop(lab);
  shop.At(0, set, 1);
  shop.At(1, set, 1);
  shop.At(2, set, 0);
  shop.At(3, set, 1);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 sent call", "2 withdrawn call", "3 sent call"));
  EXPECT_EQ(shop.log.ids[0], shop.log.ids[1]);
  EXPECT_NE(shop.log.ids[0], shop.log.ids[2]);
}

TEST(StepTest, TasksExpireAfterThirtyDays) {
  Lab lab;
  const std::uint32_t nudge = lab.Nudge("call", true);
  const std::uint32_t go = lab.Event("go", {}, [nudge](Moment* moment) -> std::uint64_t {
    abi::Due(moment, nudge);
    return 0;
  });
  Shop shop(lab);
  shop.At(1, go);
  shop.engine->Finish({30 * kDay + kHour});
  EXPECT_THAT(shop.log.lines, ElementsAre("1 sent call", "721 expired call"));
}

TEST(StepTest, WithdrawWhenEndsOpenTasks) {
  Lab lab;
  const std::uint32_t done = lab.Slot(0);
  const std::uint32_t nudge = lab.Nudge("call", true);
  const std::uint32_t go = lab.Event("go", {}, [nudge](Moment* moment) -> std::uint64_t {
    abi::Due(moment, nudge);
    return 0;
  });
  const std::uint32_t finish = lab.Event("finish", [done](Moment* moment) -> std::uint64_t {
    SlotAt(moment, done) = 1;
    return 0;
  });
  const std::uint32_t is_done =
      lab.Condition("done", [done](Moment* moment) { return SlotAt(moment, done) == 1; });
  lab.Listen(is_done, ListenerKind::kWithdraw, nudge);
  Shop shop(lab);
  shop.At(0, go);
  shop.At(1, finish);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 sent call", "1 withdrawn call"));
}

TEST(StepTest, ACrossingIsArmedAtItsExactMicrosecond) {
  // amount * hours since the event > 100: crosses zero just after 100 / amount hours.
  Lab lab;
  const std::uint32_t start = lab.Slot();
  const std::uint32_t rate = lab.Slot(0);
  const std::uint32_t go = lab.Event("go", [=](Moment* moment) -> std::uint64_t {
    SlotAt(moment, start) = moment->now;
    SlotAt(moment, rate) = moment->fields[0].integer;
    return 0;
  });
  const auto difference = [=](Moment* moment) {
    const double hours =
        static_cast<double>(moment->age_now - SlotAt(moment, start)) / static_cast<double>(kHour);
    return static_cast<double>(SlotAt(moment, rate)) * hours - 100.0;
  };
  const FunctionId function = lab.Add([difference](Moment* moment) -> std::uint64_t {
    moment->out[0].number = difference(moment);
    return 0;
  });
  const std::uint32_t above = lab.Condition("above", [=](Moment* moment) {
    if (SlotAt(moment, start) == kUnknown) return false;
    abi::ArmCrossing(moment, function);
    return difference(moment) > 0;
  });
  lab.OnCondition("nudge", above);
  for (const std::int64_t amount : {1, 3, 7, 24, 1'000, 99'999}) {
    Shop shop(lab);
    shop.At(0, go, amount);
    shop.engine->Finish({200 * kHour});
    ASSERT_EQ(shop.log.lines.size(), 1U) << amount;
    // The first microsecond at which the evaluator itself says yes.
    std::int64_t low = 0;
    std::int64_t high = 200 * kHour;
    while (high - low > 1) {
      const std::int64_t middle = (low + high) / 2;
      const double value =
          static_cast<double>(amount) * (static_cast<double>(middle) / static_cast<double>(kHour)) - 100.0;
      (value > 0 ? high : low) = middle;
    }
    EXPECT_EQ(shop.log.lines[0],
              Log::Hours(static_cast<double>(high) / static_cast<double>(kHour)) + " sent nudge");
  }
  Shop never(lab);
  never.At(0, go, 0);
  never.Finish(1'000);
  EXPECT_THAT(never.log.lines, IsEmpty());
}

}  // namespace
}  // namespace lull::runtime::testing
