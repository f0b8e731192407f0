// What `lull diff` says of each kind of declaration: added, removed, renamed and changed. That it is true is
// shown by tests/scenario/change_test.cpp and tests/differential/change_test.cpp.
#include "compiler/change_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/load.h"
#include "dsl/render.h"

namespace lull::compiler {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kHead = R"(
ruleset shop { zone "UTC" currency USD channels call as task, note as message }
choice rank { low, high }
calendar office { monday to friday 09:00 to 17:00 }
entity customer by customer_id { level rank  vip flag = no }
event updated of customer sets level, vip
event viewed of customer { page text  score number? }
event quoted of customer { amount money }
event ordered of customer
unit sales
unit desk
)";

struct Side {
  explicit Side(const std::string& text) : loaded(dsl::LoadRulesetTexts({{"rules.lull", text}})) {
    EXPECT_TRUE(loaded.good()) << dsl::RenderAll(loaded.diagnostics, loaded.sources) << text;
    if (loaded.good()) compiled = *Compile(loaded.program);
  }
  dsl::LoadedRuleset loaded;
  CompiledRuleset compiled;
};

std::vector<std::string> Diff(const std::string& before, const std::string& after) {
  const Side one(before);
  const Side other(after);
  if (!one.loaded.good() || !other.loaded.good()) return {"errors"};
  const ChangePlan plan =
      PlanChange({one.loaded.program, one.compiled}, {other.loaded.program, other.compiled});
  static constexpr const char* kKinds[] = {"added", "removed", "renamed", "changed", "affected"};
  std::vector<std::string> lines;
  for (const DeclarationChange& change : plan.declarations) {
    std::string line =
        std::string(kKinds[static_cast<std::size_t>(change.kind)]) + " " + change.of + " " + change.name;
    if (!change.was.empty()) line += " was " + change.was;
    for (const std::string& text : change.gone) line += " - " + text;
    for (const std::string& text : change.fresh) line += " + " + text;
    for (const Memory& memory : change.memory) line += " | " + memory.what + ": " + Describe(memory);
    for (const Effect effect : change.effects) {
      const std::string text = Describe(effect);
      line += " ! " + text.substr(0, text.find_first_of(";("));
    }
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> After(const std::string& before, const std::string& after) {
  return Diff(kHead + before, kHead + after);
}

constexpr const char* kNudge = "nudge n of customer { on viewed if f > 2 do note \"x\" to sales }\n";

TEST(ChangePlan, NothingChangesWithoutAChange) {
  EXPECT_THAT(After("", "# a comment\n"), IsEmpty());
  const std::string rules = "feature f of customer = count of viewed in last 7 days\n" + std::string(kNudge);
  EXPECT_THAT(After(rules, rules), IsEmpty());
}

// ---- Features

TEST(ChangePlan, Features) {
  const std::string week = "feature f of customer = count of viewed in last 7 days\n" + std::string(kNudge);
  const std::string month = "feature f of customer = count of viewed in last 30 days\n" + std::string(kNudge);
  EXPECT_THAT(
      After(week, month),
      ElementsAre(
          "changed feature f - = (count of viewed in last 7 days) + = (count of viewed in last 30 days) "
          "| count of viewed in last 30 days: keeps what there is, full 23 days after the deployment"));
  EXPECT_THAT(After(month, week), ElementsAre(HasSubstr("| count of viewed in last 7 days: carries over")));
  EXPECT_THAT(
      After("", week),
      ElementsAre(
          "added feature f | count of viewed in last 7 days: starts empty, full 7 days after the deployment",
          "added nudge n"));
  EXPECT_THAT(After(week, "nudge n of customer { on viewed do note \"x\" to sales }"),
              UnorderedElementsAre(HasSubstr("changed nudge n - if"),
                                   "removed feature f | count of viewed in last 7 days: is forgotten"));
  std::string renamed = week;
  renamed.replace(renamed.find("feature f"), 9, "feature g");
  renamed.replace(renamed.find("if f"), 4, "if g");
  EXPECT_THAT(After(week, renamed),
              ElementsAre("renamed feature g was f | count of viewed in last 7 days: carries over",
                          "changed nudge n - if (f > 2) + if (g > 2)"));
  renamed.replace(renamed.find("feature g"), 9, "feature g was f");
  EXPECT_THAT(After(week, renamed),
              ElementsAre("renamed feature g was f | count of viewed in last 7 days: carries over"));
}

TEST(ChangePlan, ColumnsOfAWindowAreToldApart) {
  const std::string count = "feature f of customer = count of viewed in last 7 days\n" + std::string(kNudge);
  const std::string sum = count +
                          "feature s of customer = sum of viewed.score in last 7 days\n"
                          "nudge m of customer { on viewed if s > 2 do note \"x\" to sales }\n";
  EXPECT_THAT(After(count, sum), ElementsAre("added feature s | sum of viewed.score in last 7 days: starts "
                                             "empty, full 7 days after the deployment",
                                             "added nudge m"));
}

// ---- Facts

TEST(ChangePlan, AttributesAndChoices) {
  const std::string rules =
      "nudge n of customer { on viewed if vip and level is high do note \"x\" to sales }\n";
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string head = kHead;
    head.replace(head.find(from), from.size(), to);
    return Diff(kHead + rules, head + rules);
  };
  EXPECT_THAT(
      with("vip flag = no", "vip flag = yes"),
      ElementsAre("changed attribute vip - flag default no + flag default yes | value: carries over"));
  EXPECT_THAT(with("low, high", "low, middle, high"),
              Contains("changed choice rank - { low, high } + { low, middle, high }"));
  EXPECT_THAT(with("vip flag = no", "vip flag = no  other text"), ElementsAre("added attribute other"));
}

TEST(ChangePlan, EntitiesEventsUnitsAndTheRuleset) {
  const std::string rules = "nudge n of customer { on viewed do call \"x\" to sales }\n";
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string head = kHead;
    head.replace(head.find(from), from.size(), to);
    return Diff(kHead + rules, head + rules);
  };
  EXPECT_THAT(
      with("entity customer by customer_id", "entity customer by client_id"),
      Contains(HasSubstr("changed entity customer - by customer_id + by client_id ! all that is known")));
  EXPECT_THAT(with("unit desk", ""),
              ElementsAre("removed unit desk ! its open tasks stay and belong to no unit"));
  EXPECT_THAT(with("unit desk", "unit front was desk"), ElementsAre("renamed unit front was desk"));
  EXPECT_THAT(with("zone \"UTC\"", "zone \"Europe/Berlin\""),
              Contains("changed ruleset shop - zone UTC + zone Europe/Berlin"));
  EXPECT_THAT(with("score number?", "score number?  width number?"),
              ElementsAre("changed event viewed + width number? from \"width\""));
  EXPECT_THAT(with("event ordered of customer", "event bought of customer from \"ordered\""),
              Contains("renamed event bought was ordered"));
}

// ---- Stalls

std::string Stalled(const std::string& wait) {
  return "stall s of customer { " + wait + " }\nnudge n of customer { while s do call \"x\" to sales }\n";
}

TEST(ChangePlan, Stalls) {
  EXPECT_THAT(
      After(Stalled("after quoted no ordered within 5 hours"),
            Stalled("after quoted no ordered within 9 hours")),
      ElementsAre(HasSubstr("| waits: carries over ! pending deadlines are counted anew from their start"),
                  HasSubstr("affected nudge n ! open tasks stay")));
  EXPECT_THAT(After(Stalled("after quoted no ordered within 5 hours"),
                    Stalled("after quoted no viewed within 5 hours")),
              Contains(HasSubstr("| waits: starts empty ! pending waits end")));
  EXPECT_THAT(
      After(Stalled("quiet 36 hours"), Stalled("quiet 12 hours")),
      Contains(HasSubstr("| time of the latest event: carries over ! pending deadlines are counted anew")));
  EXPECT_THAT(After("", Stalled("quiet 36 hours")),
              Contains(HasSubstr("added stall s | time of the latest event: starts "
                                 "empty ! what is already so is held")));
  EXPECT_THAT(After("", Stalled("quiet 36 hours  including existing")),
              Contains(HasSubstr("! what is already so triggers at the deployment")));
  EXPECT_THAT(
      After(Stalled("quiet 36 hours"), ""),
      UnorderedElementsAre(HasSubstr("removed stall s"), "removed nudge n ! open tasks are withdrawn"));
}

TEST(ChangePlan, AnotherCalendarMovesWhatIsCountedByIt) {
  const std::string rules = Stalled("after quoted no ordered within 2 days of office");
  std::string head = kHead;
  head.replace(head.find("17:00"), 5, "18:00");
  EXPECT_THAT(Diff(kHead + rules, head + rules),
              UnorderedElementsAre(
                  "changed calendar office - monday 09:00 to 17:00 - tuesday 09:00 to 17:00 - wednesday "
                  "09:00 to 17:00 - thursday 09:00 to 17:00 - friday 09:00 to 17:00 + monday 09:00 to "
                  "18:00 + tuesday 09:00 to 18:00 + wednesday 09:00 to 18:00 + thursday 09:00 to 18:00 "
                  "+ friday 09:00 to 18:00",
                  "affected stall s | waits: carries over ! pending deadlines are counted anew from "
                  "their start"));
}

// ---- Journeys, nudges, scores, policies, experiments

TEST(ChangePlan, Journeys) {
  const auto way = [](const std::string& body) {
    return "journey way of customer { " + body +
           " }\nnudge n of customer { on way entering seen do note \"x\" to sales }\n";
  };
  const std::string before = way("start fresh  fresh -> seen on viewed  seen -> fresh after 3 days");
  EXPECT_THAT(
      After(before, way("start fresh  fresh -> seen on viewed  seen -> fresh after 4 days")),
      ElementsAre(HasSubstr("| stage: carries over ! pending deadlines are counted anew from their start")));
  EXPECT_THAT(
      After(way("start fresh  fresh -> seen on viewed  seen -> lost on updated  lost -> fresh on ordered"),
            way("start fresh  fresh -> seen on viewed  seen -> fresh on ordered")),
      Contains(HasSubstr("! who is in a stage that is gone begins at the start")));
}

TEST(ChangePlan, Nudges) {
  const auto nudge = [](const std::string& name, const std::string& clauses) {
    return "nudge " + name + " of customer { while vip " + clauses + " do call \"x\" to sales }\n";
  };
  EXPECT_THAT(After(nudge("n", ""), nudge("m", "")),
              UnorderedElementsAre("added nudge m ! what is already so is held without triggering ",
                                   "removed nudge n ! open tasks are withdrawn"));
  EXPECT_THAT(After(nudge("n", ""), nudge("m was n", "")), ElementsAre("renamed nudge m was n"));
  EXPECT_THAT(After(nudge("n", ""), nudge("n", "if level is high")),
              UnorderedElementsAre(HasSubstr("changed nudge n + if"),
                                   testing::StartsWith("affected attribute level")));
  EXPECT_THAT(After(nudge("n", ""), "nudge n of customer { while vip do call \"other\" to desk }"),
              ElementsAre("changed nudge n - text \"x\" - to sales + text \"other\" + to desk"));
  EXPECT_THAT(After("nudge n of customer { while vip do call \"x\" to sales due 2 hours }",
                    "nudge n of customer { while vip do call \"x\" to sales due 3 hours }"),
              ElementsAre(HasSubstr("! open tasks keep the due time")));
  EXPECT_THAT(After(nudge("n", ""), "nudge n of customer { on viewed do call \"x\" to sales }"),
              Contains(HasSubstr("! open tasks are withdrawn")));
}

TEST(ChangePlan, ScoresPoliciesAndExperiments) {
  const std::string nudge = "nudge n of customer { on viewed do note \"x\" to sales }\n";
  EXPECT_THAT(After(nudge + "policy p of customer { at most 2 nudges in 7 days }",
                    nudge + "policy p of customer { at most 3 nudges in 7 days }"),
              ElementsAre(HasSubstr(
                  "changed policy p - at most 2 nudges in 7 days + at most 3 nudges in 7 days | what "
                  "counts for limit 1: carries over")));
  EXPECT_THAT(After(nudge + "policy p of customer { at most 2 nudges in 7 days }",
                    nudge + "policy q was p of customer { at most 2 nudges in 7 days }"),
              ElementsAre("renamed policy q was p | what counts for limit 1: carries over"));
  EXPECT_THAT(After(nudge, nudge + "policy p of customer { at most 2 nudges in 7 days }"),
              ElementsAre("added policy p | what counts for limit 1: starts empty"));
  const std::string scored = "nudge n of customer { on viewed if c > 2 do note \"x\" to sales }\n";
  EXPECT_THAT(After(scored + "score c of customer { start 1 add 2 when any viewed }",
                    scored + "score c of customer { start 1 add 3 when any viewed }"),
              Contains(HasSubstr("changed score c")));
  const auto trial = [](const std::string& share) {
    return "experiment e of customer { arm one " + share +
           " arm two 50% }\n"
           "nudge n of customer { on viewed if arm of e is one do note \"x\" to sales }\n";
  };
  EXPECT_THAT(After(trial("50%"),
                    "experiment f was e of customer { arm one 50% arm two 50% }\n"
                    "nudge n of customer { on viewed if arm of f is one do note \"x\" to sales }\n"),
              Contains(HasSubstr("renamed experiment f was e | who takes part: carries over")));
}

}  // namespace
}  // namespace lull::compiler
