// What `lull explain-code` shows: the wrong example gives the code, the right one does not.
#include "dsl/code_examples.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "dsl/render.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

LoadedRuleset LoadCodeExample(std::string_view rules) {
  const bool alone = rules.starts_with("ruleset r") || rules.starts_with("unit sales\n") ||
                     rules.starts_with("ruleset shop");
  return alone ? LoadRulesetTexts({{"rules.lull", std::string(rules)}}) : LoadShop(std::string(rules));
}

// Proved by the compiler, not by the checker.
bool IsProvedLater(Code code) { return static_cast<int>(code) >= 500 && static_cast<int>(code) < 600; }

TEST(CodeExamplesTest, WrongOnesGiveTheirCodeAndRightOnesDoNot) {
  for (const CodeExample& example : AllCodeExamples()) {
    if (IsProvedLater(example.code)) continue;
    const LoadedRuleset wrong = example.code == Code::kNoRuleset
                                    ? LoadRulesetTexts({{"rules.lull", std::string(example.wrong)}})
                                    : LoadCodeExample(example.wrong);
    const Diagnostic* first = First(wrong);
    ASSERT_NE(first, nullptr) << CodeText(example.code) << "\n" << example.wrong;
    EXPECT_EQ(CodeText(first->code), CodeText(example.code)) << example.wrong << "\n"
                                                             << RenderAll(wrong.diagnostics, wrong.sources);
    const LoadedRuleset right = LoadCodeExample(example.right);
    EXPECT_TRUE(right.good()) << CodeText(example.code) << "\n"
                              << RenderAll(right.diagnostics, right.sources);
    for (const Diagnostic& diagnostic : right.diagnostics.all()) {
      EXPECT_NE(CodeText(diagnostic.code), CodeText(example.code)) << example.right;
    }
  }
}

TEST(CodeExamplesTest, EachHasOneAndNearlyAllCodesHaveThem) {
  std::set<Code> seen;
  for (const CodeExample& example : AllCodeExamples()) EXPECT_TRUE(seen.insert(example.code).second);
  EXPECT_GE(seen.size(), 100u);
}

TEST(CodeExamplesTest, TheExplanationShowsBoth) {
  const std::string text = RenderExplanation(Code::kMissingCurrency);
  EXPECT_NE(text.find("while budget > 500\n"), std::string::npos) << text;
  EXPECT_NE(text.find("while budget > 500 USD\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace lull::dsl::testing
