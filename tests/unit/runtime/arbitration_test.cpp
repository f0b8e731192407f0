// Policies: who goes out, who waits, and why.
#include <gmock/gmock.h>

#include "hand_made.h"
#include "runtime/decision_id.h"

namespace lull::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Events `go` and `stop` set bits of a mask (field 0); condition i is "bit i is set".
struct Switches {
  explicit Switches(std::uint32_t count) {
    mask = lab.Slot(0);
    const std::uint32_t offset = mask;
    set = lab.Event("set", [offset](Moment* moment) -> std::uint64_t {
      SlotAt(moment, offset) = moment->fields[0].integer;
      return 0;
    });
    for (std::uint32_t i = 0; i < count; ++i) {
      on.push_back(lab.Condition("on" + std::to_string(i), [offset, i](Moment* moment) {
        return ((SlotAt(moment, offset) >> i) & 1) != 0;
      }));
    }
  }
  Lab lab;
  std::uint32_t mask = 0;
  std::uint32_t set = 0;
  std::vector<std::uint32_t> on;
};

constexpr std::int64_t kWorth = 10'000;  // money counts ten-thousandths

TEST(ArbitrationTest, TheBestGoesOutAndTheOthersAreSuppressedWithTheReason) {
  Switches s(3);
  const std::uint32_t low = s.lab.OnCondition("low", s.on[0], false, 5 * kWorth);
  const std::uint32_t high = s.lab.OnCondition("high", s.on[1], false, 9 * kWorth);
  const std::uint32_t none = s.lab.OnCondition("none", s.on[2]);
  PolicySpec& policy = s.lab.Policy("contact", {low, high, none});
  policy.best_count = 1;
  policy.best_by_worth = true;
  Shop shop(s.lab);
  shop.At(0, s.set, 7);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 sent high", "0 suppressed low", "0 suppressed none"));
  EXPECT_EQ(shop.log.whys[1], "outranked by high (worth 9 USD against 5 USD)");
  EXPECT_EQ(shop.log.whys[2], "outranked by high (worth 9 USD against unknown)");
}

TEST(ArbitrationTest, TiesGoByName) {
  Switches s(2);
  const std::uint32_t b = s.lab.OnCondition("b", s.on[0], false, kWorth);
  const std::uint32_t a = s.lab.OnCondition("a", s.on[1], false, kWorth);
  PolicySpec& policy = s.lab.Policy("contact", {a, b});
  policy.best_count = 1;
  policy.best_by_worth = true;
  Shop shop(s.lab);
  shop.At(0, s.set, 3);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 sent a", "0 suppressed b"));
}

TEST(ArbitrationTest, ARollingLimitIsFreeAtExactlyItsEnd) {
  for (const std::int64_t early : {0, 1}) {
    Switches s(1);
    const std::uint32_t nudge = s.lab.OnCondition("nudge", s.on[0]);
    const LimitSpec limit = s.lab.Rolling(2, 7 * kDay);
    s.lab.Policy("contact", {nudge}).limits = {limit};
    Shop shop(s.lab);
    for (const double hour : {0.0, 1.0}) {
      shop.At(hour, s.set, 1);
      shop.At(hour, s.set, 0);
    }
    shop.AtMicros(7 * kDay - early, s.set, 1);
    ASSERT_EQ(shop.log.lines.size(), 3U);
    EXPECT_THAT(shop.log.lines[2], HasSubstr(early == 0 ? "sent" : "suppressed"));
    EXPECT_EQ(shop.log.whys[2].substr(0, 15), early == 0 ? "" : "capped: a limit");
  }
}

TEST(ArbitrationTest, AWaitingNudgeGoesOutAtTheInstantThatFreesIt) {
  Switches s(2);
  const std::uint32_t first = s.lab.OnCondition("first", s.on[0]);
  const std::uint32_t call = s.lab.While("call", s.on[1]);
  const LimitSpec limit = s.lab.Rolling(1, 5 * kHour);
  s.lab.Policy("contact", {first, call}).limits = {limit};
  Shop shop(s.lab);
  shop.At(1, s.set, 1);
  shop.At(2, s.set, 3);
  shop.At(3, s.set, 3);
  shop.At(9, s.set, 3);
  EXPECT_THAT(shop.log.lines, ElementsAre("1 sent first", "2 waiting call", "6 sent call"));
}

TEST(ArbitrationTest, WhatWaitsIsDroppedWhenItsStateEnds) {
  Switches s(2);
  const std::uint32_t first = s.lab.OnCondition("first", s.on[0]);
  const std::uint32_t call = s.lab.While("call", s.on[1]);
  const LimitSpec limit = s.lab.Rolling(1, 5 * kHour);
  s.lab.Policy("contact", {first, call}).limits = {limit};
  Shop shop(s.lab);
  shop.At(1, s.set, 3);
  shop.At(2, s.set, 0);
  shop.Finish(100);
  EXPECT_THAT(shop.log.lines, ElementsAre("1 sent call", "1 suppressed first", "2 withdrawn call"));
}

TEST(ArbitrationTest, CalendarDaysFollowTheZoneThroughDaylightSaving) {
  // New York, 2026-03-08: the clocks skip an hour; the day has 23 hours and ends at 2026-03-09T04:00Z.
  Switches s(1);
  s.lab.ruleset->zone = "America/New_York";
  const std::uint32_t call = s.lab.While("call", s.on[0], false);
  const LimitSpec limit = s.lab.Calendar(1, LimitPeriod::kDay);
  s.lab.Policy("contact", {call}).limits = {limit};
  Shop shop(s.lab);
  const std::int64_t midnight = 1'772'946'000 * kMicrosPerSecond;  // 2026-03-08T05:00Z
  const auto hours = [&](std::int64_t h) { return Log::Hours(static_cast<double>(midnight / kHour + h)); };
  shop.AtMicros(midnight, s.set, 1);
  shop.AtMicros(midnight + kHour, s.set, 0);
  shop.AtMicros(midnight + 2 * kHour, s.set, 1);
  shop.engine->Finish({midnight + 100 * kHour});
  EXPECT_THAT(shop.log.lines,
              ElementsAre(hours(0) + " sent call", hours(2) + " waiting call", hours(23) + " sent call"));
}

TEST(ArbitrationTest, WeeksAndMonthsAreCalendarPeriods) {
  for (const auto& [period, free_at] : {std::pair(LimitPeriod::kWeek, 4 * kDay),       // Monday 1970-01-05
                                        std::pair(LimitPeriod::kMonth, 31 * kDay)}) {  // 1970-02-01
    Switches s(1);
    const std::uint32_t nudge = s.lab.OnCondition("nudge", s.on[0]);
    const LimitSpec limit = s.lab.Calendar(1, period);
    s.lab.Policy("contact", {nudge}).limits = {limit};
    Shop shop(s.lab);
    for (const std::int64_t at : {kHour, free_at - 1, free_at, free_at + 1}) {
      shop.AtMicros(at, s.set, 1);
      shop.AtMicros(at, s.set, 0);
    }
    ASSERT_EQ(shop.log.lines.size(), 4U);
    for (const auto& [place, kind] : {std::pair(0U, "sent"), std::pair(1U, "suppressed"),
                                      std::pair(2U, "sent"), std::pair(3U, "suppressed")}) {
      EXPECT_THAT(shop.log.lines[place], HasSubstr(kind));
    }
  }
}

TEST(ArbitrationTest, LimitsCountByNudgeChannelAndUnit) {
  struct Case {
    LimitScope scope;
    std::uint32_t index;
    std::vector<std::string> held;  // at hour 1
  };
  for (const Case& c :
       {Case{LimitScope::kAll, kNoIndex, {"a", "b", "c"}}, Case{LimitScope::kNudge, 1, {"b"}},
        Case{LimitScope::kChannel, 1, {"b", "c"}}, Case{LimitScope::kUnit, 1, {"c"}},
        Case{LimitScope::kMessages, kNoIndex, {"b", "c"}}, Case{LimitScope::kTasks, kNoIndex, {"a"}}}) {
    Switches s(3);
    std::vector<std::uint32_t> nudges;
    for (std::uint32_t i = 0; i < 3; ++i) {
      nudges.push_back(s.lab.OnCondition(std::string(1, static_cast<char>('a' + i)), s.on[i], i == 0));
      s.lab.ruleset->nudges[i].routes = {{.unit = i == 2 ? 1U : 0U}};
    }
    LimitSpec limit = s.lab.Rolling(3, kDay);
    limit.count_max = static_cast<std::uint32_t>(c.held.size());
    limit.scope = c.scope;
    limit.scope_index = c.index;
    s.lab.Policy("contact", nudges).limits = {limit};
    Shop shop(s.lab);
    shop.At(0, s.set, 7);
    shop.At(0.5, s.set, 0);
    shop.log.lines.clear();
    shop.At(1, s.set, 7);
    std::vector<std::string> held;
    for (const std::string& line : shop.log.lines) {
      if (line.starts_with("1 suppressed ")) held.push_back(line.substr(13));
    }
    EXPECT_EQ(held, c.held) << static_cast<int>(c.scope);
  }
}

TEST(ArbitrationTest, QuietHoursHoldBackUntilExactlyTheirEnd) {
  Switches s(2);
  const std::uint32_t once = s.lab.OnCondition("once", s.on[0]);
  const std::uint32_t call = s.lab.While("call", s.on[1]);
  s.lab.Policy("contact", {once, call}).quiet_hours = {{.from_minute = 20 * 60, .to_minute = 8 * 60}};
  Shop shop(s.lab);
  shop.At(21, s.set, 3);
  shop.At(23, s.set, 2);
  shop.At(40, s.set, 3);
  EXPECT_THAT(shop.log.lines,
              ElementsAre("21 waiting call", "21 suppressed once", "32 sent call", "40 sent once"));
  EXPECT_EQ(shop.log.whys[0], "quiet hours until 1970-01-02 08:00");
}

TEST(ArbitrationTest, QuietConditionsAndNeverHoldBackToo) {
  Switches s(4);
  const std::uint32_t call = s.lab.While("call", s.on[0]);
  const std::uint32_t mask = s.mask;
  PolicySpec& policy = s.lab.Policy("contact", {call});
  policy.quiet_hours = {
      {.condition = s.lab.Add([mask](Moment* m) -> std::uint64_t { return (SlotAt(m, mask) >> 1) & 1; })}};
  policy.never = {s.lab.Add([mask](Moment* m) -> std::uint64_t { return (SlotAt(m, mask) >> 2) & 1; })};
  Shop shop(s.lab);
  shop.At(0, s.set, 1 + 2 + 4);
  shop.At(1, s.set, 1 + 2 + 4);  // the same reason: not recorded again
  shop.At(2, s.set, 1 + 2);
  shop.At(3, s.set, 1);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 waiting call", "2 waiting call", "3 sent call"));
  EXPECT_EQ(shop.log.whys[0], "never, says policy contact");
  EXPECT_EQ(shop.log.whys[1], "quiet hours");
}

TEST(ArbitrationTest, TasksHoldTheirPlacesAndMessagesDoNot) {
  Switches s(4);
  const std::uint32_t one = s.lab.While("one", s.on[0], true, 5 * kWorth);
  const std::uint32_t two = s.lab.While("two", s.on[1], true, 9 * kWorth);
  const std::uint32_t mail = s.lab.While("mail", s.on[2], false, kWorth);
  PolicySpec& policy = s.lab.Policy("contact", {one, two, mail});
  policy.best_count = 1;
  policy.best_by_worth = true;
  Shop shop(s.lab);
  shop.At(0, s.set, 1);
  shop.At(1, s.set, 1 + 2);      // the place is taken, whatever the worth
  shop.At(2, s.set, 1 + 2 + 4);  // a message needs none
  shop.At(3, s.set, 2 + 4);      // a freed place is filled in the same moment
  EXPECT_THAT(shop.log.lines,
              ElementsAre("0 sent one", "1 waiting two", "2 sent mail", "3 withdrawn one", "3 sent two"));
  EXPECT_EQ(shop.log.whys[1], "place taken by one");
}

TEST(ArbitrationTest, WhatLostThePlaceOfTheMomentGoesOutInTheNextOne) {
  Switches s(2);
  const std::uint32_t a = s.lab.While("a", s.on[0], false, 5 * kWorth);
  const std::uint32_t b = s.lab.While("b", s.on[1], false, 9 * kWorth);
  PolicySpec& policy = s.lab.Policy("contact", {a, b});
  policy.best_count = 1;
  policy.best_by_worth = true;
  Shop shop(s.lab);
  shop.At(0, s.set, 3);
  shop.At(4, s.set, 3);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 sent b", "0 waiting a", "4 sent a"));
}

TEST(ArbitrationTest, APlaceIsFreedByExpiry) {
  Switches s(2);
  const std::uint32_t done = s.lab.OnCondition("done", s.on[0], true);
  const std::uint32_t call = s.lab.While("call", s.on[1]);
  s.lab.Policy("contact", {done, call}).best_count = 1;
  Shop shop(s.lab);
  shop.At(0, s.set, 1);
  shop.At(1, s.set, 3);
  shop.Finish(30 * 24);
  EXPECT_THAT(shop.log.lines,
              ElementsAre("0 sent done", "1 waiting call", "720 expired done", "720 sent call"));
}

TEST(ArbitrationTest, ANudgeMustPassAllItsPolicies) {
  Switches s(2);
  const std::uint32_t a = s.lab.OnCondition("a", s.on[0], false, 9 * kWorth);
  const std::uint32_t b = s.lab.OnCondition("b", s.on[1], false, 5 * kWorth);
  PolicySpec& places = s.lab.Policy("places", {a, b});
  places.best_count = 1;
  places.best_by_worth = true;
  s.lab.Policy("hours", {a}).quiet_hours = {{.from_minute = 0, .to_minute = 60}};
  Shop shop(s.lab);
  shop.At(0, s.set, 3);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 suppressed a", "0 sent b"));
}

TEST(ArbitrationTest, AHeldOutWinnerCountsAndIsNotSent) {
  Switches s(2);
  const std::uint32_t a = s.lab.While("a", s.on[0], true, 9 * kWorth);
  const std::uint32_t b = s.lab.While("b", s.on[1], true, 5 * kWorth);
  PolicySpec& policy = s.lab.Policy("contact", {a, b});
  policy.best_count = 1;
  policy.best_by_worth = true;
  s.lab.Policy("trial", {a}).holdout_share = 1;
  Shop shop(s.lab);
  shop.At(0, s.set, 3);
  shop.At(1, s.set, 2);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 held_out a", "0 waiting b", "1 withdrawn a", "1 sent b"));
  EXPECT_EQ(shop.engine->stats().nudges.at("a").by_kind[static_cast<int>(DecisionKind::kSent)], 0U);
}

TEST(ArbitrationTest, TheHoldoutIsAStableShareOfTheKeys) {
  int held = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = "customer-" + std::to_string(i);
    const double point = HoldoutPoint("lab", "contact", key);
    EXPECT_EQ(point, HoldoutPoint("lab", "contact", key));
    held += point < 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(held, 1'000, 150);
  EXPECT_NE(HoldoutPoint("lab", "contact", "c"), HoldoutPoint("lab", "other", "c"));
}

TEST(ArbitrationTest, UncoveredNudgesAreNotLimited) {
  Switches s(2);
  const std::uint32_t covered = s.lab.OnCondition("covered", s.on[0]);
  s.lab.OnCondition("free", s.on[1]);
  s.lab.Policy("contact", {covered}).never = {s.lab.Add([](Moment*) -> std::uint64_t { return 1; })};
  Shop shop(s.lab);
  shop.At(0, s.set, 3);
  EXPECT_THAT(shop.log.lines, ElementsAre("0 suppressed covered", "0 sent free"));
}

TEST(ArbitrationTest, TheFirstRouteWithAKnownKeyIsTaken) {
  for (const bool known : {true, false}) {
    Switches s(1);
    const std::uint32_t nudge = s.lab.OnCondition("nudge", s.on[0]);
    const FunctionId store = s.lab.Add([known](Moment* moment) -> std::uint64_t {
      moment->out[0].text = known ? TextView::Of("Oak Park") : TextView{};
      return 0;
    });
    s.lab.ruleset->nudges[nudge].routes = {{.unit = 0, .key = store}, {.unit = 1}};
    Shop shop(s.lab);
    shop.At(0, s.set, 1);
    EXPECT_EQ(shop.engine->stats().units[known ? "sales" : "office"], 1U);
    EXPECT_EQ(shop.engine->stats().units[known ? "office" : "sales"], 0U);
  }
}

TEST(ArbitrationTest, ScoresComeWithTheirReasonsLargestFirst) {
  struct Keep : Log {
    void OnDecision(const Decision& decision) override {
      for (const ScoreOutcome& score : decision.scores) {
        for (const ScoreReason& reason : score.reasons) texts.emplace_back(reason.text);
        value = score.value;
      }
      for (const std::string_view reason : decision.reasons) texts.emplace_back(reason);
    }
    std::vector<std::string> texts;
    double value = 0;
  } keep;
  Switches s(1);
  const std::uint32_t nudge = s.lab.OnCondition("nudge", s.on[0]);
  ScoreSpec score;
  score.name = "urgency";
  score.value = s.lab.Add([](Moment* m) -> std::uint64_t { return m->out[0].number = 35, 0; });
  for (const auto& [points, applies, text] :
       {std::tuple(5.0, 1, "little"), std::tuple(-30.0, 1, "much"), std::tuple(99.0, 0, "not")}) {
    ScoreSpec::Part part;
    part.points = s.lab.Add([points = points, applies = applies](Moment* m) -> std::uint64_t {
      m->out[0].number = points;
      m->out[1].integer = applies;
      return 0;
    });
    part.because.text.pieces = {text};
    part.has_because = true;
    score.parts.push_back(part);
  }
  s.lab.ruleset->scores = {score};
  s.lab.ruleset->nudges[nudge].scores = {0};
  TextSpec reason;
  reason.text.pieces = {"paid ", " late"};
  reason.text.arguments = {{.type = ValueType::kMoney}};
  reason.arguments = s.lab.Value([](Moment*) { return 21'500 * kWorth; });
  s.lab.ruleset->nudges[nudge].reasons = {reason};
  Result<std::unique_ptr<Engine>> engine = Engine::Create(s.lab.Build(), {}, keep);
  ASSERT_TRUE(engine.has_value());
  FieldValue fields[2];
  fields[0].integer = 1;
  const TextView key = TextView::Of("c");
  (*engine)->Apply({.event = s.set, .time = {0}, .id = {}, .fields = fields, .keys = &key, .position = {}});
  EXPECT_EQ(keep.value, 35);
  EXPECT_THAT(keep.texts, ElementsAre("much", "little", "paid 21,500 USD late"));
}

}  // namespace
}  // namespace lull::runtime::testing
