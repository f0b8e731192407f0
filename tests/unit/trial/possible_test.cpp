// What coverage does not demand, because it cannot happen.
#include "trial/possible.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/load.h"
#include "dsl/render.h"

namespace lull::trial {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kSome = R"(
ruleset shop { zone "UTC"  currency USD  channels call as task, email as message, note as message }
entity customer by customer_id { vip flag = no  activity viewed }
entity quote by quote_id within customer
event viewed of customer { page text }
event bought of customer
event asked  of quote
unit sales
journey way of customer { start fresh  fresh -> seen on viewed  seen -> loyal on bought  loyal -> fresh after 90 days }
feature views of customer = count of viewed in last 1 day
)";

/// The nudges, by name, that may lose a place to another.
std::vector<std::string> Losers(const std::string& rules,
                                bool (*can)(const dsl::CheckedProgram&, dsl::NudgeId)) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"rules.lull", kSome + rules}});
  EXPECT_TRUE(loaded.good()) << dsl::RenderAll(loaded.diagnostics, loaded.sources);
  std::vector<std::string> names;
  for (dsl::NudgeId n = 0; n < loaded.program.nudges.size(); ++n) {
    if (can(loaded.program, n)) names.push_back(loaded.program.nudges[n].name);
  }
  return names;
}
std::vector<std::string> Losers(const std::string& rules) { return Losers(rules, CanLosePlace); }

const std::string kTwoMessages = R"(
nudge a of customer { on viewed do email "A" }
nudge b of customer { while way is seen do email "B" }
)";

TEST(PossibleTest, OneAloneLosesToNobody) {
  EXPECT_THAT(Losers(R"(nudge a of customer { on viewed do call "A" to sales }
policy p of customer { best 1 by views })"),
              IsEmpty());
}

TEST(PossibleTest, ALimitOfAsManyComesBeforeThePlaces) {
  EXPECT_THAT(Losers(kTwoMessages + "policy p of customer { best 1 by views }"), ElementsAre("a", "b"));
  EXPECT_THAT(Losers(kTwoMessages + "policy p of customer { best 1 by views  at most 1 per day }"),
              IsEmpty());
  EXPECT_THAT(Losers(kTwoMessages + "policy p of customer { best 1 by views  at most 1 email in 1 hour }"),
              IsEmpty());
  EXPECT_THAT(Losers(kTwoMessages +
                     "policy p of customer { best 1 by views }  policy q of customer { at most 1 per day }"),
              IsEmpty());
  EXPECT_THAT(Losers(kTwoMessages + "policy p of customer { best 1 by views  at most 2 per day }"),
              ElementsAre("a", "b"));
  EXPECT_THAT(Losers(kTwoMessages + "policy p of customer { best 1 by views  at most 1 note per day }"),
              ElementsAre("a", "b"));
  EXPECT_THAT(Losers(kTwoMessages + "policy p of customer { best 2 by views }"), IsEmpty());
}

TEST(PossibleTest, OpenTasksHoldTheirPlacesBeyondALimit) {
  const std::string tasks = R"(
nudge a of customer { on viewed do call "A" to sales expires after 3 days }
nudge b of customer { while way is seen do call "B" to sales expires after 3 days }
)";
  EXPECT_THAT(Losers(tasks + "policy p of customer { best 1 by views  at most 1 per day }"),
              ElementsAre("a", "b"));
  EXPECT_THAT(Losers(tasks + "policy p of customer { best 1 by views  at most 1 in 3 days }"),
              ElementsAre("a", "b"));
  EXPECT_THAT(Losers(tasks + "policy p of customer { best 1 by views  at most 1 in 73 hours }"), IsEmpty());
}

TEST(PossibleTest, WhatIsNeverDueTogether) {
  const std::string policy = "policy p of customer { best 1 by views }";
  const std::string by_events = R"(
nudge a of customer { on viewed do email "A" }
nudge b of customer { on bought do email "B" WAITS }
nudge c of customer { on every monday at 09:00 do email "C" }
)";
  const auto with = [&](std::string rules, const std::string& waits) {
    rules.replace(rules.find("WAITS"), 5, waits);
    return rules + policy;
  };
  EXPECT_THAT(Losers(with(by_events, "")), IsEmpty());
  EXPECT_THAT(Losers(with(by_events, "valid for 1 day")), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Losers(R"(
nudge a of customer { on way entering seen do email "A" }
nudge b of customer { on way entering loyal do email "B" })" +
                     policy),
              IsEmpty());
  EXPECT_THAT(Losers(R"(
nudge a of customer { while way is seen do call "A" to sales }
nudge b of customer { while way is loyal do call "B" to sales })" +
                     policy),
              IsEmpty());
  EXPECT_THAT(Losers(R"(
nudge a of customer { while way is seen do call "A" to sales }
nudge b of customer { while way is loyal do call "B" to sales keep when over })" +
                     policy),
              ElementsAre("a"));
  EXPECT_THAT(Losers(R"(
nudge a of customer { on viewed if views > 3 do email "A" }
nudge b of customer { on viewed if views <= 3 do email "B" })" +
                     policy),
              IsEmpty());
}

TEST(PossibleTest, PartsOfOneWholeAreRivalsOfEachOther) {
  const std::string chase = R"(
stall silent of quote { no asked for 2 days }
nudge chase of quote { while silent do call "Chase" to sales }
)";
  const std::string look = "nudge look of quote { on asked do email \"Look\" }\n";
  EXPECT_THAT(Losers(chase + look + "policy p of customer { best 1 by views }"),
              ElementsAre("chase", "look"));
  EXPECT_THAT(Losers(chase + "policy p of customer { best 1 by views }"), IsEmpty());
  EXPECT_THAT(Losers(chase + "policy p of quote { best 1 by views }"), IsEmpty());
}

TEST(PossibleTest, OnlyWhatALimitCountsIsCapped) {
  EXPECT_THAT(Losers(R"(
nudge a of customer { on viewed do email "A" }
nudge b of customer { on viewed do call "B" to sales }
nudge c of customer { on viewed do note "C" }
policy p of customer { at most 1 email per day  at most 3 sales per day })",
                     CanBeCapped),
              ElementsAre("a", "b"));
}

TEST(PossibleTest, WhatItsStateExcludesNeverRefusesIt) {
  EXPECT_THAT(Losers(R"(
stall gone of customer { quiet 3 days unless vip or views > 3 }
stall left of customer { while time since viewed > 2 days  quiet 3 days }
nudge a of customer { while gone do email "A" }
nudge b of customer { while left do email "B" }
nudge c of customer { while not vip do email "C" }
nudge d of customer { on viewed where not vip do email "D" }
policy p of customer { never when vip })",
                     CanBeRefused),
              ElementsAre("b"));
  EXPECT_THAT(Losers(R"(
nudge a of customer { while time since viewed > 2 days do email "A" }
policy p of customer { never when time since viewed <= 2 days })",
                     CanBeRefused),
              ElementsAre("a"));
}

}  // namespace
}  // namespace lull::trial
