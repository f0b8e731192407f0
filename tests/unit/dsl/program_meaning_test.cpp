// Meanings: equal for what behaves alike and keeps its state, different for all else.
#include <gtest/gtest.h>

#include "dsl/program_printer.h"
#include "dsl/render.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

CheckedProgram Program(const std::string& rules) {
  const LoadedRuleset loaded = LoadShop(rules);
  EXPECT_TRUE(loaded.good()) << RenderAll(loaded.diagnostics, loaded.sources);
  return loaded.program;
}

std::string StallMeaning(const std::string& rules) {
  return Meaning(Program(rules), DefinitionKind::kStall, 0);
}

constexpr const char* kStall =
    "stall lazy of customer { while views > 3 and purchase is quoting quiet 2 days because \"lazy\" }\n"
    "feature views of customer = count of page_viewed where page is \"/a\" in last 2 days";

TEST(ProgramMeaningTest, NamesPlacesAndTextsDoNotMatter) {
  EXPECT_EQ(
      StallMeaning(kStall),
      StallMeaning(
          "# a comment\nfeature looks of customer = count of page_viewed where page is \"/a\" in last 48 "
          "hours\n\n\n## for people\nstall quiet_one of customer {\n  quiet 2 days\n  while looks > 3 and "
          "purchase is quoting\n because \"quite lazy\" }"));
}

TEST(ProgramMeaningTest, WhatItDependsOnMatters) {
  const std::string meaning = StallMeaning(kStall);
  const char* others[] = {
      "stall lazy of customer { while views > 4 and purchase is quoting quiet 2 days }\n"
      "feature views of customer = count of page_viewed where page is \"/a\" in last 2 days",
      "stall lazy of customer { while views > 3 and purchase is quoting quiet 3 days }\n"
      "feature views of customer = count of page_viewed where page is \"/a\" in last 2 days",
      "stall lazy of customer { while views > 3 and purchase is quoting quiet 2 days }\n"
      "feature views of customer = count of page_viewed where page is \"/b\" in last 2 days",
      "stall lazy of customer { while views > 3 and purchase is quoting quiet 2 days }\n"
      "feature views of customer = count of page_viewed where page is \"/a\" in last 3 days",
      "stall lazy of customer { while views > 3 and purchase is browsing quiet 2 days }\n"
      "feature views of customer = count of page_viewed where page is \"/a\" in last 2 days",
      "stall lazy of customer { while views > 3 and purchase is quoting quiet 2 days }\n"
      "feature views of customer = count of page_viewed where page is \"/a\" in last 2 days\n"
      "event hummed of customer",  // counts as activity
  };
  for (const char* other : others) {
    EXPECT_NE(StallMeaning(other), meaning) << other;
  }
}

TEST(ProgramMeaningTest, LongChainsStayShort) {
  std::string rules = "stall s of customer { while f0 > 3 for 2 days }\n";
  for (int i = 0; i < 200; ++i) {
    rules += "feature f" + std::to_string(i) + " of customer = f" + std::to_string(i + 1) + " + f" +
             std::to_string(i + 1) + "\n";
  }
  rules += "feature f200 of customer = count of page_viewed";
  EXPECT_LT(StallMeaning(rules).size(), 20'000u);
}

TEST(ProgramMeaningTest, CirclesThroughJourneysEnd) {
  const CheckedProgram program = Program(
      "stall lazy of customer { while path is here for 2 days }\n"
      "journey path of customer { start here here -> there on lazy there -> here on page_viewed }");
  const std::string meaning = Meaning(program, DefinitionKind::kJourney, 1);
  EXPECT_NE(meaning.find("on begin of $1"), std::string::npos) << meaning;
  EXPECT_NE(Meaning(program, DefinitionKind::kStall, 0), meaning);
}

TEST(ProgramMeaningTest, DecisionsAndAttributesAreKeptUnderTheirNames) {
  const char* rules =
      "nudge a of customer { on page_viewed do call \"x\" to sales worth 5 }\npolicy p of customer { best 1 "
      "by worth }";
  const CheckedProgram program = Program(rules);
  const CheckedProgram renamed = Program(
      "nudge b of customer { on page_viewed do call \"x\" to sales worth 5 }\npolicy p of customer { best 1 "
      "by worth }");
  const CheckedProgram reworded = Program(
      "nudge a of customer { on page_viewed do call \"y\" to managers worth 6 }\npolicy p of customer { best "
      "2 by worth }");
  EXPECT_NE(Meaning(program, DefinitionKind::kNudge, 0), Meaning(renamed, DefinitionKind::kNudge, 0));
  EXPECT_EQ(Meaning(program, DefinitionKind::kNudge, 0), Meaning(reworded, DefinitionKind::kNudge, 0));
  EXPECT_NE(Meaning(program, DefinitionKind::kPolicy, 0), Meaning(reworded, DefinitionKind::kPolicy, 0));
  EXPECT_NE(Meaning(program, DefinitionKind::kAttribute, 0), Meaning(program, DefinitionKind::kAttribute, 1));
  EXPECT_EQ(Meaning(program, DefinitionKind::kAttribute, 2),
            "attribute customer[customer_id].source:choice(web,store,phone)=web\n");
}

TEST(ProgramMeaningTest, EventsAreKnownByTheWire) {
  const std::string before =
      "event hummed of customer { tune text from \"a.tune\" }\nfeature f of customer = latest hummed.tune\n"
      "stall s of customer { while f is \"x\" for 2 days }";
  const std::string after =
      "event sang of customer from \"hummed\" { song text from \"a.tune\" }\nfeature f of customer = latest "
      "sang.song\n"
      "stall s of customer { while f is \"x\" for 2 days }";
  EXPECT_EQ(StallMeaning(before), StallMeaning(after));
  const CheckedProgram program = Program(before);
  EXPECT_EQ(MeaningOfExpr(program, program.features[0].value),
            MeaningOfExpr(Program(after), Program(after).features[0].value));
  EXPECT_EQ(Meaning(program, DefinitionKind::kFeature, 0),
            Meaning(Program(after), DefinitionKind::kFeature, 0));
  EXPECT_EQ(Meaning(program, DefinitionKind::kAggregate, 0),
            Meaning(Program(after), DefinitionKind::kAggregate, 0));
}

TEST(ProgramMeaningTest, DurationsReadWell) {
  EXPECT_EQ(PrintDuration(0), "0 seconds");
  EXPECT_EQ(PrintDuration(36ll * 3'600'000'000), "1 day 12 hours");
  EXPECT_EQ(PrintDuration(90'000'000), "1 minute 30 seconds");
  EXPECT_EQ(PrintDuration(-1), "-(1 microsecond)");
}

}  // namespace
}  // namespace lull::dsl::testing
