// The life of a task: what its people say of it, when it is due, to whom it goes next, and how it ends.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/time_text.h"
#include "runtime/decision_id.h"
#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;

const std::string kTaskShop = R"(
ruleset shop { zone "UTC" currency USD channels call as task, visit as task, note as message }
entity customer by customer_id { name text = "?"  store text  reply_by time }
event updated of customer sets name, store, reply_by
event quoted  of customer { quote_id text }
event ordered of customer
unit sales
unit desk
unit board
)";

/// A step of the first task that a nudge sent at an instant.
std::string Step(const std::string& kind, const std::string& time, const std::string& nudge,
                 const std::string& sent, const std::string& more = "") {
  const auto instant = connectors::ParseRfc3339(sent);
  const std::string id = runtime::MakeDecisionId({.ruleset = "shop",
                                                  .nudge = nudge,
                                                  .entity = "customer",
                                                  .key = "a",
                                                  .whole = {},
                                                  .instant = instant.value_or(0)})
                             .Hex();
  return fmt::format(R"({{"type":"lull.task.{}","time":"{}","customer_id":"a","task":"{}"{}}})", kind, time,
                     id, more) +
         "\n";
}

std::string Quoted(const std::string& time) {
  return fmt::format(R"({{"type":"quoted","time":"{}","customer_id":"a","quote_id":"q"}})", time) + "\n";
}

TEST(TaskSteps, WhatIsDoneIsDoneOnce) {
  const std::string rules = kTaskShop + R"(
    nudge n of customer { on quoted do call "Call" to sales }
    policy p of customer { best 1 by 1 }
  )";
  const std::string sent = "2026-03-01T10:00:00Z";
  // The second quote finds the place taken, the third finds it free.
  EXPECT_THAT(RunScenario(rules, Quoted(sent) + Quoted("2026-03-01T11:00:00Z") +
                                     Step("done", "2026-03-01T12:00:00Z", "n", sent, R"(,"outcome":"sold")") +
                                     Step("done", "2026-03-01T12:00:00Z", "n", sent) +
                                     Step("declined", "2026-03-01T12:30:00Z", "n", sent) +
                                     Quoted("2026-03-01T13:00:00Z")),
              ElementsAre("2026-03-01T10:00:00Z sent n a -> sales: Call",
                          "2026-03-01T11:00:00Z suppressed n a (place taken by n)",
                          "2026-03-01T12:00:00Z done n a -> sales (done: sold)",
                          "2026-03-01T13:00:00Z sent n a -> sales: Call"));
}

TEST(TaskSteps, ADoneTaskFreesItsPlaceInThatMoment) {
  const std::string rules = kTaskShop + R"(
    nudge opener of customer { on quoted do call "First" to sales worth 2 }
    nudge second of customer { while any quoted in last 10 days do visit "Second" to sales worth 1 }
    policy p of customer { best 1 by worth }
  )";
  const std::string sent = "2026-03-01T10:00:00Z";
  EXPECT_THAT(RunScenario(rules, Quoted(sent) + Step("done", "2026-03-01T12:00:00Z", "opener", sent)),
              ElementsAre("2026-03-01T10:00:00Z sent opener a -> sales: First",
                          "2026-03-01T10:00:00Z waiting second a (outranked by opener (worth 2 against 1))",
                          "2026-03-01T12:00:00Z done opener a -> sales (done)",
                          "2026-03-01T12:00:00Z sent second a -> sales: Second"));
}

const std::string kFollowUp = kTaskShop + R"(
  nudge call_first of customer { on quoted do call "Call" to sales outcomes reached, not_reached expires after 2 days }
  journey chase of customer {
    start idle
    idle    -> calling  on quoted
    calling -> reached  on done call_first where outcome is reached
    calling -> again    on done call_first where outcome is not_reached
    calling -> refused  on declined call_first
    calling -> silent   on expired call_first
    again, reached, refused, silent -> idle on ordered
  }
  nudge got of customer { on chase entering reached do note "reached" to sales }
  nudge missed of customer { on chase entering again do note "missed" to sales }
  nudge refused of customer { on chase entering refused do note "refused" to sales }
  nudge ignored of customer { on chase entering silent do note "ignored" to sales }
)";

TEST(TaskSteps, AJourneyGoesOnWithTheOutcome) {
  const std::string sent = "2026-03-01T10:00:00Z";
  const auto with = [&](const std::string& kind, const std::string& more) {
    return RunScenario(kFollowUp,
                       Quoted(sent) + Step(kind, "2026-03-01T11:00:00Z", "call_first", sent, more));
  };
  EXPECT_THAT(with("done", R"(,"outcome":"reached")"),
              ElementsAre("2026-03-01T10:00:00Z sent call_first a -> sales: Call",
                          "2026-03-01T11:00:00Z done call_first a -> sales (done: reached)",
                          "2026-03-01T11:00:00Z sent got a -> sales: reached"));
  EXPECT_THAT(with("done", R"(,"outcome":"not_reached","by":"eve")"),
              ElementsAre("2026-03-01T10:00:00Z sent call_first a -> sales: Call",
                          "2026-03-01T11:00:00Z done call_first a -> sales (done: not_reached)",
                          "2026-03-01T11:00:00Z sent missed a -> sales: missed"));
  EXPECT_THAT(with("declined", ""),
              ElementsAre("2026-03-01T10:00:00Z sent call_first a -> sales: Call",
                          "2026-03-01T11:00:00Z declined call_first a -> sales (declined)",
                          "2026-03-01T11:00:00Z sent refused a -> sales: refused"));
  // An outcome that the nudge does not have leads nowhere.
  EXPECT_THAT(with("done", R"(,"outcome":"moon")"),
              ElementsAre("2026-03-01T10:00:00Z sent call_first a -> sales: Call",
                          "2026-03-01T11:00:00Z done call_first a -> sales (done: moon)"));
}

TEST(TaskSteps, AJourneyGoesOnWhenATaskExpires) {
  const std::string sent = "2026-03-01T10:00:00Z";
  EXPECT_THAT(RunScenario(kFollowUp, Quoted(sent), {.until = "2026-03-10T00:00:00Z"}),
              ElementsAre("2026-03-01T10:00:00Z sent call_first a -> sales: Call",
                          "2026-03-03T10:00:00Z expired call_first a -> sales (not done in time)",
                          "2026-03-03T10:00:00Z sent ignored a -> sales: ignored"));
  // A step at exactly that instant is in time.
  EXPECT_THAT(RunScenario(kFollowUp,
                          Quoted(sent) + Step("done", "2026-03-03T10:00:00Z", "call_first", sent,
                                              R"(,"outcome":"reached")"),
                          {.until = "2026-03-10T00:00:00Z"}),
              ElementsAre("2026-03-01T10:00:00Z sent call_first a -> sales: Call",
                          "2026-03-03T10:00:00Z done call_first a -> sales (done: reached)",
                          "2026-03-03T10:00:00Z sent got a -> sales: reached"));
}

TEST(TaskSteps, AStepIsNoActivityAndNobodysBeginning) {
  const std::string rules = kTaskShop + R"(
    nudge n of customer { on quoted do call "Call" to sales }
    stall silent of customer { quiet 2 days }
    nudge quiet_now of customer { on silent do note "quiet" to sales }
  )";
  const std::string sent = "2026-03-01T10:00:00Z";
  EXPECT_THAT(RunScenario(rules,
                          Step("done", "2026-03-01T09:00:00Z", "n", sent) + Quoted(sent) +
                              Step("done", "2026-03-02T10:00:00Z", "n", sent),
                          {.until = "2026-03-20T00:00:00Z"}),
              ElementsAre("2026-03-01T10:00:00Z sent n a -> sales: Call",
                          "2026-03-02T10:00:00Z done n a -> sales (done)",
                          "2026-03-03T10:00:00Z sent quiet_now a -> sales: quiet"));
}

const std::string kLadder = kTaskShop + R"(
  nudge n of customer {
    on quoted
    do call "Call about {quoted.quote_id}"
    to sales / store, else desk
    due 4 hours
    otherwise to desk / store
    otherwise after 1 day to board
    expires after 3 days
  }
)";

TEST(TaskLadder, ATaskThatNobodyTakesGoesToTheNextUnit) {
  const std::string sent = "2026-03-01T10:00:00Z";
  const std::string known =
      R"({"type":"updated","time":"2026-03-01T09:00:00Z","customer_id":"a","store":"Oak Park"})"
      "\n";
  EXPECT_THAT(
      RunScenario(kLadder, known + Quoted(sent), {.until = "2026-03-20T00:00:00Z"}),
      ElementsAre(
          "2026-03-01T10:00:00Z sent n a -> sales/Oak Park due 2026-03-01T14:00:00Z: Call about q",
          "2026-03-01T14:00:00Z escalated n a -> desk/Oak Park from sales/Oak Park: Call about q (nobody "
          "took it in hand in time)",
          "2026-03-02T10:00:00Z escalated n a -> board from desk/Oak Park: Call about q (nobody took it in "
          "hand in time)",
          "2026-03-04T10:00:00Z expired n a -> board (not done in time)"));
}

TEST(TaskLadder, AClaimStopsItAndAReleaseGoesOnAtOnce) {
  const std::string sent = "2026-03-01T10:00:00Z";
  EXPECT_THAT(RunScenario(kLadder,
                          Quoted(sent) + Step("claimed", "2026-03-01T14:00:00Z", "n", sent) +
                              Step("done", "2026-03-03T14:00:00Z", "n", sent),
                          {.until = "2026-03-20T00:00:00Z"}),
              ElementsAre("2026-03-01T10:00:00Z sent n a -> desk due 2026-03-01T14:00:00Z: Call about q",
                          "2026-03-03T14:00:00Z done n a -> desk (done)"));
  EXPECT_THAT(
      RunScenario(kLadder,
                  Quoted(sent) + Step("claimed", "2026-03-01T11:00:00Z", "n", sent) +
                      Step("released", "2026-03-01T20:00:00Z", "n", sent),
                  {.until = "2026-03-02T09:00:00Z"}),
      ElementsAre(
          "2026-03-01T10:00:00Z sent n a -> desk due 2026-03-01T14:00:00Z: Call about q",
          "2026-03-01T20:00:00Z escalated n a -> desk from desk: Call about q (nobody took it in hand "
          "in time)"));
}

TEST(TaskLadder, DueByAnInstant) {
  const std::string rules = kTaskShop + R"(
    nudge n of customer { on quoted do call "Call" to sales due by reply_by otherwise to board }
  )";
  const std::string known =
      R"({"type":"updated","time":"2026-03-01T09:00:00Z","customer_id":"a","reply_by":"2026-03-02T08:00:00Z"})"
      "\n";
  EXPECT_THAT(RunScenario(rules, known + Quoted("2026-03-01T10:00:00Z"), {.until = "2026-03-03T00:00:00Z"}),
              ElementsAre("2026-03-01T10:00:00Z sent n a -> sales due 2026-03-02T08:00:00Z: Call",
                          "2026-03-02T08:00:00Z escalated n a -> board from sales: Call (nobody took it in "
                          "hand in time)"));
  // What was due before it went out is overdue at once; without an instant there is no due time.
  EXPECT_THAT(RunScenario(rules, known + Quoted("2026-03-02T10:00:00Z"), {.until = "2026-03-03T00:00:00Z"}),
              ElementsAre("2026-03-02T10:00:00Z sent n a -> sales due 2026-03-02T10:00:00Z: Call",
                          "2026-03-02T10:00:00Z escalated n a -> board from sales: Call (nobody took it in "
                          "hand in time)"));
  EXPECT_THAT(RunScenario(rules, Quoted("2026-03-01T10:00:00Z"), {.until = "2026-03-03T00:00:00Z"}),
              ElementsAre("2026-03-01T10:00:00Z sent n a -> sales: Call"));
}

TEST(TaskLadder, DueByADateAndInOpeningHours) {
  const std::string rules = kTaskShop + R"(
    calendar office { monday to friday 09:00 to 17:00 }
    nudge n of customer { on quoted do call "Call" to sales due 2 hours of office otherwise after 1 working day of office to desk }
    nudge m of customer { on quoted do visit "Visit" to sales due by 2026-03-02 }
  )";
  // A Sunday.
  EXPECT_THAT(RunScenario(rules, Quoted("2026-03-01T10:00:00Z"), {.until = "2026-03-10T00:00:00Z"}),
              ElementsAre("2026-03-01T10:00:00Z sent m a -> sales due 2026-03-03T00:00:00Z: Visit",
                          "2026-03-01T10:00:00Z sent n a -> sales due 2026-03-02T11:00:00Z: Call",
                          "2026-03-02T10:00:00Z escalated n a -> desk from sales: Call (nobody took it in "
                          "hand in time)"));
}

TEST(TaskLadder, APartHasItsOwnTasks) {
  const std::string rules = kTaskShop + R"(
    entity deal by deal_id within customer { }
    event opened of deal
    nudge n of deal { on opened do call "Call" to sales outcomes reached, lost due 1 hour otherwise to desk expires after 1 day }
    journey way of deal { start idle  idle -> called on done n where outcome is reached  idle -> dead on expired n
      called, dead -> idle on opened }
    nudge fine of deal { on way entering called do note "fine" to sales }
    nudge dead of deal { on way entering dead do note "dead" to sales }
  )";
  const std::string sent = "2026-03-01T10:00:00Z";
  const auto id = runtime::MakeDecisionId({.ruleset = "shop",
                                           .nudge = "n",
                                           .entity = "deal",
                                           .key = "d1",
                                           .is_part = true,
                                           .whole = "a",
                                           .instant = *connectors::ParseRfc3339(sent)});
  EXPECT_THAT(
      RunScenario(rules,
                  fmt::format(R"({{"type":"opened","time":"{0}","customer_id":"a","deal_id":"d1"}}
{{"type":"opened","time":"{0}","customer_id":"a","deal_id":"d2"}}
{{"type":"lull.task.done","time":"2026-03-01T10:30:00Z","customer_id":"a","task":"{1}","outcome":"reached"}}
)",
                              sent, id.Hex()),
                  {.until = "2026-03-03T00:00:00Z"}),
      ElementsAre("2026-03-01T10:00:00Z sent n a/d1 -> sales due 2026-03-01T11:00:00Z: Call",
                  "2026-03-01T10:00:00Z sent n a/d2 -> sales due 2026-03-01T11:00:00Z: Call",
                  "2026-03-01T10:30:00Z done n a/d1 -> sales (done: reached)",
                  "2026-03-01T10:30:00Z sent fine a/d1 -> sales: fine",
                  "2026-03-01T11:00:00Z escalated n a/d2 -> desk from sales: Call (nobody took it in hand in "
                  "time)",
                  "2026-03-02T10:00:00Z expired n a/d2 -> desk (not done in time)",
                  "2026-03-02T10:00:00Z sent dead a/d2 -> sales: dead"));
}

TEST(TaskLadder, AHeldOutTaskLivesLikeAnother) {
  const std::string rules = kFollowUp + "policy p of customer { holdout 100% }";
  EXPECT_THAT(
      RunScenario(rules, Quoted("2026-03-01T10:00:00Z"), {.until = "2026-03-10T00:00:00Z"}),
      ElementsAre("2026-03-01T10:00:00Z held_out call_first a -> sales: Call (held out by policy p)",
                  "2026-03-03T10:00:00Z expired call_first a -> sales (not done in time)",
                  "2026-03-03T10:00:00Z held_out ignored a -> sales: ignored (held out by policy p)"));
}

TEST(TaskLadder, AnotherRulesetTakesTheTasksOver) {
  const std::string sent = "2026-03-01T10:00:00Z";
  // Another unit comes before those that were there; one is gone.
  std::string next = kLadder;
  next.replace(next.find("unit board"), 10, "unit office");
  next.replace(next.find("to board"), 8, "to office");
  next += "unit again\n";
  EXPECT_THAT(
      RunScenario(kLadder,
                  Quoted(sent) + Step("claimed", "2026-03-01T14:00:00Z", "n", sent) +
                      Step("released", "2026-03-03T00:00:00Z", "n", sent),
                  {.until = "2026-03-03T01:00:00Z", .next_rules = next, .swap_at = 1}),
      ElementsAre("2026-03-01T10:00:00Z sent n a -> desk due 2026-03-01T14:00:00Z: Call about q",
                  "2026-03-03T00:00:00Z escalated n a -> desk from desk: Call about q (nobody took it "
                  "in hand in time)"));
}

}  // namespace
}  // namespace lull::test
