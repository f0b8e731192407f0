// The tests in the examples of LANGUAGE.md pass.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "dsl/render.h"
#include "trial/report.h"
#include "trial/test_runner.h"

namespace lull::trial {
namespace {

/// The examples that build on each other, as the files of one ruleset.
std::vector<std::pair<std::string, std::string>> Examples() {
  std::ifstream in(std::string(LULL_SOURCE_DIR) + "/dsl/LANGUAGE.md");
  EXPECT_TRUE(in.good());
  std::vector<std::pair<std::string, std::string>> texts;
  bool inside = false;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with("```")) {
      const bool begins = !inside && line == "```lull";
      if (begins) texts.emplace_back("LANGUAGE.md, line " + std::to_string(number), "");
      inside = begins;
    } else if (inside) {
      texts.back().second += line + "\n";
    }
  }
  return texts;
}

void RunAll(const std::vector<std::pair<std::string, std::string>>& texts, std::size_t tests_min) {
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

}  // namespace
}  // namespace lull::trial
