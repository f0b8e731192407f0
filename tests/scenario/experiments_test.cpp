// Experiments: who is in which arm, what is sent in it, and who reaches the goal.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/decision_id.h"
#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kTrial = R"(
ruleset shop { zone "UTC" currency USD channels call as task, note as message }
entity customer by customer_id { name text = "?" }
event quoted  of customer { quote_id text }
event ordered of customer { amount money }
unit sales
experiment wording of customer {
  arm plain 50%
  arm warm  30%
  arm none  20% held out
  goal ordered where amount > 10 USD within 2 days
}
)";

/// A key in the arm whose share lies between these billionths.
std::string KeyIn(std::uint64_t from, std::uint64_t to) {
  for (int i = 0;; ++i) {
    const std::string key = fmt::format("c-{}", i);
    const std::uint64_t point = runtime::ArmPoint(
        {.ruleset = "shop", .experiment = "wording", .entity = "customer", .key = key, .whole = {}});
    if (point >= from && point < to) return key;
  }
}
const std::string kPlain = KeyIn(0, 500'000'000);
const std::string kWarm = KeyIn(500'000'000, 800'000'000);
const std::string kNone = KeyIn(800'000'000, 1'000'000'000);

std::string QuotedBy(const std::string& key, const std::string& time) {
  return fmt::format(R"({{"type":"quoted","time":"{}","customer_id":"{}","quote_id":"q"}})", time, key) +
         "\n";
}
std::string OrderedBy(const std::string& key, const std::string& time, int amount = 20) {
  return fmt::format(R"({{"type":"ordered","time":"{}","customer_id":"{}","amount":{}}})", time, key,
                     amount) +
         "\n";
}

const std::string kTrialRules = kTrial + R"(
  nudge n of customer {
    on quoted
    do note "{if arm of wording is warm then 1 else 0} {arm of wording}" to sales
  }
)";

TEST(Experiments, TheArmTravelsWithWhatIsSent) {
  EXPECT_THAT(RunScenario(kTrialRules, QuotedBy(kPlain, "2026-03-01T10:00:00Z") +
                                           QuotedBy(kWarm, "2026-03-01T11:00:00Z") +
                                           QuotedBy(kNone, "2026-03-01T12:00:00Z")),
              ElementsAre("2026-03-01T10:00:00Z sent n " + kPlain + " in plain -> sales: 0 plain",
                          "2026-03-01T11:00:00Z sent n " + kWarm + " in warm -> sales: 1 warm",
                          "2026-03-01T12:00:00Z held_out n " + kNone +
                              " in none -> sales: 0 none (held out by experiment wording)"));
}

TEST(Experiments, AGoalCountsOnceAndOnlyInTime) {
  // Before the first action, too small, in time, again.
  EXPECT_THAT(
      RunScenario(kTrialRules,
                  OrderedBy(kPlain, "2026-03-01T09:00:00Z") + QuotedBy(kPlain, "2026-03-01T10:00:00Z") +
                      OrderedBy(kPlain, "2026-03-01T11:00:00Z", 10) +
                      OrderedBy(kPlain, "2026-03-03T10:00:00Z") + OrderedBy(kPlain, "2026-03-03T10:00:00Z")),
      ElementsAre(
          "2026-03-01T10:00:00Z sent n " + kPlain + " in plain -> sales: 0 plain",
          "2026-03-03T10:00:00Z goal wording " + kPlain + " in plain (the goal of wording, ordered)"));
  EXPECT_THAT(RunScenario(kTrialRules, QuotedBy(kWarm, "2026-03-01T10:00:00Z") +
                                           OrderedBy(kWarm, "2026-03-03T10:00:00.000001Z")),
              ElementsAre("2026-03-01T10:00:00Z sent n " + kWarm + " in warm -> sales: 1 warm"));
  // Who is held out takes part.
  EXPECT_THAT(
      RunScenario(kTrialRules,
                  QuotedBy(kNone, "2026-03-01T10:00:00Z") + OrderedBy(kNone, "2026-03-02T10:00:00Z")),
      ElementsAre("2026-03-01T10:00:00Z held_out n " + kNone +
                      " in none -> sales: 0 none (held out by experiment wording)",
                  "2026-03-02T10:00:00Z goal wording " + kNone + " in none (the goal of wording, ordered)"));
}

TEST(Experiments, AnArmThatNothingIsDueInTakesNoPart) {
  const std::string rules = kTrial + R"(
    feature is_warm of customer = arm of wording is warm
    stall cold of customer { while is_warm  quiet 1 day }
    nudge n of customer { on cold do note "x" to sales }
    nudge other of customer { on quoted do note "other" to sales }
  )";
  const auto run = [&](const std::string& key) {
    return RunScenario(rules, QuotedBy(key, "2026-03-01T10:00:00Z") + OrderedBy(key, "2026-03-02T11:00:00Z"));
  };
  EXPECT_THAT(run(kPlain), ElementsAre("2026-03-01T10:00:00Z sent other " + kPlain + " -> sales: other"));
  EXPECT_THAT(run(kWarm), ElementsAre("2026-03-01T10:00:00Z sent other " + kWarm + " -> sales: other",
                                      "2026-03-02T10:00:00Z sent n " + kWarm + " in warm -> sales: x",
                                      "2026-03-02T11:00:00Z goal wording " + kWarm +
                                          " in warm (the goal of wording, ordered)"));
}

TEST(Experiments, TakingPartCarriesOverToAnotherRuleset) {
  std::string next = kTrialRules;
  next += "unit more\n";
  EXPECT_THAT(
      RunScenario(kTrialRules,
                  QuotedBy(kPlain, "2026-03-01T10:00:00Z") + OrderedBy(kPlain, "2026-03-01T11:00:00Z"),
                  {.next_rules = next, .swap_at = 1}),
      ElementsAre(
          "2026-03-01T10:00:00Z sent n " + kPlain + " in plain -> sales: 0 plain",
          "2026-03-01T11:00:00Z goal wording " + kPlain + " in plain (the goal of wording, ordered)"));
  EXPECT_THAT(RunScenario(kTrialRules, ""), IsEmpty());
}

}  // namespace
}  // namespace lull::test
