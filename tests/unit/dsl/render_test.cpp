#include "dsl/render.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/dsl/syntax_test_util.h"

namespace lull::dsl {
namespace {

TEST(Render, ShowsPlaceUnderlineAndHelp) {
  const Parsed parsed("nudge n of c {\n\twrth 10\n}");
  EXPECT_EQ(parsed.report(), R"(error[L0102]: a nudge has no clause `wrth`
 --> test.lull:2:2
  |
2 |     wrth 10
  |     ^^^^
  = help: did you mean `worth`?

1 error, 0 warnings
)");
}

TEST(Render, ShowsLabelsAndOtherPlaces) {
  const Parsed parsed("feature f of c = 1 < 2 < 3");
  EXPECT_EQ(parsed.report(), R"(error[L0114]: comparisons do not chain
 --> test.lull:1:24
  |
1 | feature f of c = 1 < 2 < 3
  |                        ^ a second comparison
note: the first comparison
 --> test.lull:1:18
  |
1 | feature f of c = 1 < 2 < 3
  |                  -----
  = help: join two comparisons with `and`, or write `x between low and high`

1 error, 0 warnings
)");
}

TEST(Render, ColorsOnlyWhenAsked) {
  const Parsed parsed("unit");
  EXPECT_EQ(parsed.report().find('\x1b'), std::string::npos);
  EXPECT_NE(RenderAll(parsed.diagnostics, parsed.sources, {.color = true}).find("\x1b[1;31m"),
            std::string::npos);
}

TEST(Render, CutsLongLinesAroundThePlace) {
  const Parsed parsed("feature f of c = " + std::string(3'000, ' ') + "a == b" + std::string(3'000, ' ') +
                      "# end");
  const std::string report = parsed.report();
  EXPECT_LT(report.size(), 1'000u);
  EXPECT_NE(report.find("a == b"), std::string::npos) << report;
}

TEST(Render, JsonIsOneObjectALine) {
  const Parsed parsed("nudge n of c {\n  wrth 10\n}");
  EXPECT_EQ(
      RenderAllJson(parsed.diagnostics, parsed.sources),
      "{\"code\":\"L0102\",\"severity\":\"error\",\"file\":\"test.lull\",\"line\":2,\"column\":3,\"end_"
      "line\":2,"
      "\"end_column\":7,\"message\":\"a nudge has no clause "
      "`wrth`\",\"label\":\"\",\"notes\":[],\"help\":\"did you "
      "mean `worth`?\",\"edit\":{\"replacement\":\"worth\",\"file\":\"test.lull\",\"line\":2,\"column\":3,"
      "\"end_line\":2,\"end_column\":7}}\n");
}

TEST(Diagnostics, CodesAreUniqueAndShownWithFourDigits) {
  std::set<Code> seen;
  for (const CodeInfo& info : AllCodes()) EXPECT_TRUE(seen.insert(info.code).second) << info.name;
  EXPECT_EQ(CodeText(Code::kUnknownClause), "L0102");
  EXPECT_NE(RenderExplanation(Code::kUnknownClause).find("L0102"), std::string::npos);
}

TEST(Diagnostics, ClosestWordForgivesSlips) {
  constexpr std::string_view kWords[] = {"worth", "while", "if", "do", "to"};
  EXPECT_EQ(ClosestWord("wrth", kWords), "worth");
  EXPECT_EQ(ClosestWord("wirth", kWords), "worth");
  EXPECT_EQ(ClosestWord("whlie", kWords), "while");
  EXPECT_EQ(ClosestWord("banana", kWords), "");
  EXPECT_EQ(ClosestWord("xy", kWords), "");
}

}  // namespace
}  // namespace lull::dsl
