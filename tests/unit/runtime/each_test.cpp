// Waits of `after each`: every unanswered event is an episode of its own.
#include <gmock/gmock.h>

#include "hand_made.h"

namespace lull::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// `after each opened no answered [with same ref] within 10 hours`.
struct Each {
  explicit Each(bool with_same, bool keep = true) {
    opened = lab.Event("opened", [with_same](Moment* moment) -> std::uint64_t {
      abi::SameText(moment, with_same ? moment->fields[1].text : TextView{});
      abi::EachOpen(moment, 0, moment->event_time, moment->event_time + 10 * kHour);
      return 0;
    });
    answered = lab.Event("answered", [with_same](Moment* moment) -> std::uint64_t {
      abi::SameText(moment, moment->fields[1].text);
      abi::EachAnswer(moment, 0, with_same ? 1 : 0);
      return 0;
    });
    stall = lab.Condition("stall", [](Moment* moment) { return abi::EachUpdate(moment, 0, 1) != 0; });
    lab.entity().conditions[stall].each_wait = 0;
    const FunctionId deadline = lab.Value([](Moment* moment) { return moment->from + 10 * kHour; });
    lab.entity().each_waits.push_back({.condition = stall,
                                       .answered_offset = with_same ? kNoOffset : lab.Slot(),
                                       .deadline = deadline,
                                       .keep_overdue = keep});
  }
  Lab lab;
  std::uint32_t opened = 0;
  std::uint32_t answered = 0;
  std::uint32_t stall = 0;
};

TEST(EachTest, EveryUnansweredEventTriggersOnce) {
  for (const bool keep : {true, false}) {
    Each each(false, keep);
    each.lab.OnCondition("nudge", each.stall);
    Shop shop(each.lab);
    shop.At(0, each.opened);
    shop.At(1, each.opened);
    shop.At(1, each.opened);
    shop.Finish(100);
    EXPECT_THAT(shop.log.lines, ElementsAre("10 sent nudge", "11 sent nudge", "11 sent nudge"));
    EXPECT_NE(shop.log.ids[1], shop.log.ids[2]);
    EXPECT_THAT(shop.log.full[2], ::testing::HasSubstr(" n0 k1 "));
  }
}

TEST(EachTest, AnAnswerAtExactlyTheDeadlineIsInTime) {
  Each each(false);
  each.lab.OnCondition("nudge", each.stall);
  Shop shop(each.lab);
  shop.At(0, each.opened);
  shop.At(5, each.opened);
  shop.At(10, each.answered);
  shop.At(11, each.opened);
  shop.Finish(20);
  EXPECT_THAT(shop.log.lines, IsEmpty());
  shop.Finish(21);
  EXPECT_THAT(shop.log.lines, ElementsAre("21 sent nudge"));
}

TEST(EachTest, WithSameAnswersItsOwnWaitsOnly) {
  Each each(true);
  each.lab.While("call", each.stall);
  each.lab.ruleset->nudges[0].gone_bit = kNoIndex;
  Shop shop(each.lab);
  shop.At(0, each.opened, 0, "x");
  shop.At(1, each.opened, 0, "y");
  shop.At(2, each.answered, 0, "z");
  shop.At(12, each.answered, 0, "x");
  shop.At(13, each.answered, 0, "y");
  EXPECT_THAT(shop.log.lines,
              ElementsAre("10 sent call", "11 sent call", "12 withdrawn call", "13 withdrawn call"));
  EXPECT_EQ(shop.log.ids[0], shop.log.ids[2]);
  EXPECT_EQ(shop.log.ids[1], shop.log.ids[3]);
}

TEST(EachTest, WaitingEpisodesGoOutOneByOne) {
  Each each(false);
  const std::uint32_t call = each.lab.While("call", each.stall);
  const LimitSpec limit = each.lab.Rolling(1, 3 * kHour);
  each.lab.Policy("contact", {call}).limits = {limit};
  Shop shop(each.lab);
  for (int i = 0; i < 3; ++i) shop.At(0, each.opened);
  shop.Finish(30);
  EXPECT_THAT(shop.log.lines, ElementsAre("10 sent call", "10 waiting call", "10 waiting call",
                                          "13 sent call", "16 sent call"));
}

TEST(EachTest, ALateOpeningCountsUnlessItsTimeIsOverOrItIsAnswered) {
  Each each(false);
  each.lab.OnCondition("nudge", each.stall);
  {
    Shop shop(each.lab);
    shop.At(8, each.answered);
    shop.At(7, each.opened);  // answered at 8
    shop.Finish(100);
    EXPECT_THAT(shop.log.lines, IsEmpty());
    EXPECT_EQ(shop.engine->stats().late, 1U);
  }
  Shop shop(each.lab);
  shop.At(20, each.opened);
  shop.At(9, each.opened);   // its deadline has passed
  shop.At(15, each.opened);  // late, due at 25
  shop.Finish(100);
  EXPECT_THAT(shop.log.lines, ElementsAre("25 sent nudge", "30 sent nudge"));
}

}  // namespace
}  // namespace lull::runtime::testing
