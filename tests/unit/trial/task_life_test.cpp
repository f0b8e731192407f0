// The life of tasks, and arms of experiments, in tests of rule files, in their coverage, and in explanations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/json_decoder.h"
#include "connectors/raw_batch.h"
#include "connectors/time_text.h"
#include "dsl/render.h"
#include "runtime/decision_id.h"
#include "trial/coverage.h"
#include "trial/explain.h"
#include "trial/report.h"
#include "trial/test_runner.h"

namespace lull::trial {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kTaskRules = R"(
ruleset shop {
  zone "UTC"
  channels call as task, visit as task, email as message
}
entity customer by customer_id { store text = "Oak Park" }
entity deal by deal_id within customer { }
event quote_started of customer
event deal_opened   of deal
event order_placed  of customer
unit sales
unit managers
journey answer of customer {
  start none
  none    -> reached  on done call_back where outcome is reached
  none    -> lost     on declined call_back
  none    -> tired    on expired call_back
  reached, lost, tired -> none on order_placed
}
nudge call_back of customer {
  on        quote_started
  do        call "Call back"
  to        sales / store
  outcomes  reached, not_reached
  due       4 hours
  otherwise to managers
  otherwise after 1 day to sales
  expires after 3 days
}
nudge look_in of deal {
  on deal_opened
  do visit "Look in"
  to sales
}
experiment tone of customer {
  arm warm 50%
  arm cold 50% held out
  goal order_placed within 5 days
}
nudge mail of customer {
  on answer entering reached
  if arm of tone is one of (warm, cold)
  do email "Hello"
}
)";

class TaskLifeTest : public ::testing::Test {
 protected:
  /// Runs one test of customer c-1; its first failure in words, or "".
  std::string RunSteps(const std::string& steps, const std::string& before = "") {
    loaded_ = dsl::LoadRulesetTexts({{"shop.lull", kTaskRules},
                                     {"tests.lull", "test \"t\" {\n customer \"c-1\"\n" + before +
                                                        "\nat 2026-03-02 10:00\n" + steps + "\n}"}});
    EXPECT_TRUE(loaded_.good()) << dsl::RenderAll(loaded_.diagnostics, loaded_.sources);
    if (!loaded_.good()) return "not compiled";
    auto suite = TestSuite::Make(loaded_, false);
    EXPECT_TRUE(suite.has_value());
    const Result<TestResult> result = suite->RunTest(0);
    EXPECT_TRUE(result.has_value());
    items_ = CoverageOf(suite->observed(), suite->seen());
    return result->passed() ? "" : result->failures.front().message;
  }

  std::vector<std::string> Taken(CoverageKind kind) const {
    std::vector<std::string> names;
    for (const CoverageItem& item : items_) {
      if (item.kind == kind && item.taken) names.push_back(item.name);
    }
    return names;
  }

  dsl::LoadedRuleset loaded_;
  std::vector<CoverageItem> items_;
};

TEST_F(TaskLifeTest, StepsGoOnAndOutcomesCount) {
  EXPECT_EQ(RunSteps("quote_started, expect call_back to sales / \"Oak Park\" due 4 hours\n"
                     "at +1h claim by \"eve\"\n"
                     "at +5h expect no call_back\n"
                     "at +6h done call_back \"reached\" by \"eve\", expect answer is reached, expect mail"),
            "");
  EXPECT_THAT(Taken(CoverageKind::kTask), ElementsAre("call_back: done \"reached\""));
  EXPECT_EQ(RunSteps("quote_started, expect call_back\nat +1h decline, expect answer is lost"), "");
  EXPECT_THAT(Taken(CoverageKind::kTask), ElementsAre("call_back: declined"));
}

TEST_F(TaskLifeTest, LaddersAndExpiry) {
  EXPECT_EQ(RunSteps("quote_started, expect call_back due 2026-03-02 14:00\n"
                     "at +4h expect call_back escalated to managers\n"
                     "at +24h expect call_back escalated to sales\n"
                     "at +72h expect call_back expired, expect answer is tired"),
            "");
  EXPECT_THAT(Taken(CoverageKind::kTask), ElementsAre("call_back: expired", "call_back: goes on to managers",
                                                      "call_back: goes on to sales"));
  EXPECT_THAT(RunSteps("quote_started\nat +1h claim\nat +4h expect call_back escalated"),
              HasSubstr("call_back did not go on to another unit at"));
  EXPECT_EQ(RunSteps("quote_started, expect call_back\nat +1h claim\nat +2 days expect nothing"), "");
  EXPECT_EQ(RunSteps("quote_started, expect call_back\nat +5h expect nothing"),
            "call_back went on to managers at Mon 2026-03-02 14:00 (+4 hours), and nothing was expected");
  // A release lets the ladder go on at once.
  EXPECT_EQ(RunSteps("quote_started, expect call_back\nat +1h claim\nat +5h release\n"
                     "at +5h expect call_back escalated to managers"),
            "");
  EXPECT_THAT(
      RunSteps("quote_started, expect call_back due 3 hours"),
      AllOf(HasSubstr("it is due at Mon 2026-03-02 14:00"), HasSubstr("not at Mon 2026-03-02 13:00")));
}

TEST_F(TaskLifeTest, AStepNeedsOneOpenTask) {
  EXPECT_EQ(RunSteps("done\nat +1h expect nothing"), "no task is open at Mon 2026-03-02 10:00");
  EXPECT_THAT(
      RunSteps("quote_started, expect call_back\nat +1h done\nat +2h done call_back\nat +3h expect nothing"),
      AllOf(HasSubstr("no task of call_back is open at"), HasSubstr("call_back was done")));
  EXPECT_THAT(RunSteps("quote_started, deal_opened { deal_id \"d-1\" }\nat +1h done\nat +3h expect nothing"),
              HasSubstr("several tasks are open; say which one"));
  EXPECT_EQ(
      RunSteps("quote_started, deal_opened { deal_id \"d-1\" }, expect call_back, expect look_in\n"
               "at +1h done look_in \"fine\", done call_back \"reached\"\nat +2h expect answer is reached"),
      "");
}

TEST_F(TaskLifeTest, ArmsAreChosen) {
  const std::string steps = "quote_started, expect call_back\nat +1h done \"reached\"\n";
  EXPECT_EQ(RunSteps(steps + "expect mail\nat +2 days order_placed, expect nothing", "in arm warm"), "");
  EXPECT_THAT(Taken(CoverageKind::kExperiment),
              ElementsAre("tone: arm warm", "tone: arm warm reaches the goal"));
  EXPECT_EQ(RunSteps(steps + "expect mail held out\nat +6 days order_placed, expect nothing",
                     "in arm cold of tone"),
            "");
  EXPECT_THAT(Taken(CoverageKind::kExperiment), ElementsAre("tone: arm cold"));
}

class TaskExplanationTest : public ::testing::Test {
 protected:
  /// What is said of c-1 at an instant; `{task}` stands for the id of the call.
  std::string Explain(std::vector<std::string> lines, const std::string& at) {
    loaded_ = dsl::LoadRulesetTexts({{"shop.lull", kTaskRules}});
    auto begun = Explainer::Begin(loaded_, {0, "c-1"}, std::nullopt);
    EXPECT_TRUE(begun.has_value());
    Explainer& explainer = **begun;
    const auto id = runtime::MakeDecisionId({.ruleset = "shop",
                                             .nudge = "call_back",
                                             .entity = "customer",
                                             .key = "c-1",
                                             .instant = *connectors::ParseRfc3339("2026-03-02T10:00:00Z")});
    connectors::RawBatch raw;
    std::uint64_t number = 0;
    for (std::string& line : lines) {
      if (const auto place = line.find("{task}"); place != std::string::npos)
        line.replace(place, 6, id.Hex());
      raw.Add(line, {++number});
    }
    connectors::JsonDecoder decoder(explainer.ruleset());
    for (const runtime::EventFrame& frame : decoder.Decode(raw.events()).frames) explainer.Apply(frame);
    const Explanation explanation = explainer.Explain(*connectors::ParseRfc3339(at));
    json_ = ExplanationJson(explanation, explainer);
    return ExplanationText(explanation, explainer, false);
  }

  dsl::LoadedRuleset loaded_;
  std::string json_;
};

constexpr const char* kQuoted =
    R"({"type":"quote_started","time":"2026-03-02T10:00:00Z","customer_id":"c-1"})";

TEST_F(TaskExplanationTest, AnOpenTaskTellsWhatComes) {
  EXPECT_THAT(
      Explain({kQuoted}, "2026-03-02T11:00:00Z"),
      HasSubstr("call_back: its task is open, since Mon 2026-03-02 10:00; with sales / \"Oak Park\"; due "
                "Mon 2026-03-02 14:00; goes on to managers at Mon 2026-03-02 14:00 if nobody claims it; "
                "expires Thu 2026-03-05 10:00"));
  EXPECT_THAT(Explain({kQuoted}, "2026-03-02T15:00:00Z"),
              AllOf(HasSubstr("with managers, the next of its ladder since Mon 2026-03-02 14:00"),
                    HasSubstr("call_back goes on from sales to managers: nobody took it in hand in time")));
  EXPECT_THAT(Explain({kQuoted}, "2026-03-06T15:00:00Z"),
              AllOf(HasSubstr("call_back: expired at Thu 2026-03-05 10:00: not done in time"),
                    HasSubstr("answer: none -> tired")));
}

TEST_F(TaskExplanationTest, StepsAndArmsAreTold) {
  const std::string text = Explain(
      {kQuoted,
       R"({"type":"lull.task.claimed","time":"2026-03-02T11:00:00Z","customer_id":"c-1","task":"{task}","by":"eve"})",
       R"({"type":"lull.task.done","time":"2026-03-02T12:00:00Z","customer_id":"c-1","task":"{task}","outcome":"reached"})"},
      "2026-03-02T13:00:00Z");
  EXPECT_THAT(text, AllOf(HasSubstr("Mon 2026-03-02 11:00  claimed: call_back by \"eve\""),
                          HasSubstr("Mon 2026-03-02 12:00  done: call_back \"reached\""),
                          HasSubstr("call_back: done at Mon 2026-03-02 12:00: reached\n"),
                          HasSubstr("takes part since Mon 2026-03-02 12:00")));
  EXPECT_THAT(json_, HasSubstr("\"experiments\":[{\"experiment\":\"tone\",\"arm\":\""));
  EXPECT_THAT(Explain({kQuoted}, "2026-03-02T11:00:00Z"),
              HasSubstr("nothing of it has reached this customer yet"));
}

}  // namespace
}  // namespace lull::trial
