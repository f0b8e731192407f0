// The tests in the examples of LANGUAGE.md and HOW_DO_I_SAY.md pass.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "dsl/format.h"
#include "dsl/render.h"
#include "trial/report.h"
#include "trial/test_runner.h"

namespace lull::trial {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

/// The examples of a page that open with this line.
Texts ExamplesOf(const std::string& page, const std::string& opening) {
  std::ifstream in(std::string(LULL_SOURCE_DIR) + "/dsl/" + page);
  EXPECT_TRUE(in.good());
  Texts texts;
  bool inside = false;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with("```")) {
      const bool begins = !inside && line == opening;
      if (begins) texts.emplace_back(page + ", line " + std::to_string(number), "");
      inside = begins;
    } else if (inside) {
      texts.back().second += line + "\n";
    }
  }
  return texts;
}

/// The examples that build on each other, as the files of one ruleset.
Texts Examples() { return ExamplesOf("LANGUAGE.md", "```lull"); }

void RunAll(const Texts& texts, std::size_t tests_min) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts(texts);
  ASSERT_TRUE(loaded.good()) << dsl::RenderAll(loaded.diagnostics, loaded.sources);
  Result<TestSuite> suite = TestSuite::Make(loaded, false);
  ASSERT_TRUE(suite.has_value());
  EXPECT_GE(suite->size(), tests_min);
  for (std::size_t i = 0; i < suite->size(); ++i) {
    const Result<TestResult> result = suite->RunTest(i);
    ASSERT_TRUE(result.has_value());
    EXPECT_TRUE(result->passed()) << ResultText(*result, loaded, suite->observed().zone);
  }
}

TEST(LanguagePageTestsTest, TheTestOfTheWholeRulesetPasses) { RunAll({Examples().front()}, 1); }

TEST(LanguagePageTestsTest, TheTestsOfTheExamplesPassBesideTheWholeRuleset) {
  const auto examples = Examples();
  std::size_t tried = 0;
  for (std::size_t i = 1; i < examples.size(); ++i) {
    if (examples[i].second.find("test \"") == std::string::npos) continue;
    SCOPED_TRACE(examples[i].first);
    RunAll({examples.front(), examples[i]}, 2);
    ++tried;
  }
  EXPECT_GT(tried, 0u);
}

/// What a reader copies: each is a whole ruleset in the form of `lull fmt`, without a warning, and its tests
/// reach each of its nudges.
TEST(PatternPageTest, EachPatternStandsAloneAndItsTestsPass) {
  const Texts patterns = ExamplesOf("HOW_DO_I_SAY.md", "```lull alone");
  EXPECT_EQ(patterns.size(), 13u);
  for (const auto& pattern : patterns) {
    SCOPED_TRACE(pattern.first);
    const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({pattern});
    EXPECT_EQ(loaded.diagnostics.warning_count(), 0u) << dsl::RenderAll(loaded.diagnostics, loaded.sources);
    RunAll({pattern}, 1);
    for (const dsl::Nudge& nudge : loaded.program.nudges) {
      EXPECT_NE(pattern.second.find("expect " + nudge.name), std::string::npos) << nudge.name;
    }
    dsl::Diagnostics diagnostics;
    EXPECT_EQ(dsl::Format(loaded.sources, diagnostics).text, pattern.second);
  }
}

}  // namespace
}  // namespace lull::trial
