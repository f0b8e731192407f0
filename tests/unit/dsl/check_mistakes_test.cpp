// Rules with one mistake each: the first diagnostic points at it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "dsl/render.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

std::vector<Mistake> AllMistakes() {
  std::vector<Mistake> all;
  for (const auto& list : {NameMistakes(), TypeMistakes(), RuleMistakes(), WaitMistakes(), Lints(),
                           TestMistakes(), SharingMistakes()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

LoadedRuleset LoadMistake(const Mistake& mistake) {
  return mistake.alone ? LoadRulesetTexts({{"rules.lull", mistake.rules}}) : LoadShop(mistake.rules);
}

class MistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, IsTheFirstDiagnosticAndTheOnlyError) {
  const LoadedRuleset loaded = LoadMistake(GetParam());
  SCOPED_TRACE(std::string(GetParam().rules) + "\n" + RenderAll(loaded.diagnostics, loaded.sources));
  const Diagnostic* first = First(loaded);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(CodeText(first->code), CodeText(GetParam().code));
  EXPECT_EQ(loaded.sources.TextOf(first->span), GetParam().underlined);
  EXPECT_EQ(loaded.diagnostics.error_count(), first->severity() == Severity::kError ? 1u : 0u);
  EXPECT_EQ(loaded.diagnostics.warning_count(), first->severity() == Severity::kError ? 0u : 1u);
}

std::string NameOfMistake(const ::testing::TestParamInfo<Mistake>& info) {
  return CodeText(info.param.code) + "_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(Names, MistakeTest, ::testing::ValuesIn(NameMistakes()), NameOfMistake);
INSTANTIATE_TEST_SUITE_P(Types, MistakeTest, ::testing::ValuesIn(TypeMistakes()), NameOfMistake);
INSTANTIATE_TEST_SUITE_P(Rules, MistakeTest, ::testing::ValuesIn(RuleMistakes()), NameOfMistake);
INSTANTIATE_TEST_SUITE_P(Tests, MistakeTest, ::testing::ValuesIn(TestMistakes()), NameOfMistake);
INSTANTIATE_TEST_SUITE_P(Waits, MistakeTest, ::testing::ValuesIn(WaitMistakes()), NameOfMistake);
INSTANTIATE_TEST_SUITE_P(Sharing, MistakeTest, ::testing::ValuesIn(SharingMistakes()), NameOfMistake);
INSTANTIATE_TEST_SUITE_P(Lints, MistakeTest, ::testing::ValuesIn(Lints()), NameOfMistake);

TEST(CheckCodesTest, EveryCodeIsProducedByATest) {
  std::set<Code> produced = {Code::kTooDeep};  // see CheckLimitsTest
  for (const Mistake& mistake : AllMistakes()) {
    produced.insert(mistake.code);
  }
  for (const CodeInfo& info : AllCodes()) {
    const int number = static_cast<int>(info.code);
    if (number >= 200 && number < 500) {
      EXPECT_TRUE(produced.contains(info.code)) << CodeText(info.code) << " " << info.name;
      EXPECT_FALSE(info.title.empty());
      EXPECT_FALSE(info.explanation.empty());
    }
  }
}

TEST(CheckCodesTest, TheShopHasNoMistakes) {
  const LoadedRuleset loaded = LoadShop("");
  EXPECT_EQ(loaded.diagnostics.all().size(), 0u) << RenderAll(loaded.diagnostics, loaded.sources);
}

TEST(CheckCodesTest, IndependentMistakesAreAllReported) {
  const LoadedRuleset loaded = LoadShop(
      "stall a of customer { while mystery > 3 quiet 36 }\n"
      "stall b of customer { while budget > 3 no page_view for 2 days }\n"
      "nudge n of customer { on page_viewed do cal \"{regoin}\" to sale worth region }");
  std::multiset<Code> codes;
  for (const Diagnostic& diagnostic : loaded.diagnostics.all()) {
    codes.insert(diagnostic.code);
  }
  const std::multiset<Code> expected = {Code::kUnknownName,  Code::kMissingTimeUnit, Code::kMissingCurrency,
                                        Code::kUnknownEvent, Code::kUnknownChannel,  Code::kUnknownName,
                                        Code::kUnknownUnit,  Code::kWorthType};
  EXPECT_EQ(codes, expected) << RenderAll(loaded.diagnostics, loaded.sources);
}

TEST(CheckCodesTest, AMistakeIsNotReportedWhereItIsUsed) {
  const LoadedRuleset loaded = LoadShop(
      "feature f of customer = mystery + 1\n"
      "feature g of customer = f * 2\n"
      "stall s of customer { while g > 3 and f.x > 2 quiet 2 days because \"{f} and {g}\" }");
  EXPECT_EQ(loaded.diagnostics.all().size(), 1u) << RenderAll(loaded.diagnostics, loaded.sources);
}

}  // namespace
}  // namespace lull::dsl::testing
