// The canonical form: examples by hand, and properties on every rule text there is.
#include "dsl/format.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "dsl/parser.h"
#include "dsl/render.h"
#include "dsl/tree_printer.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl {
namespace {

FormatResult FormatText(const std::string& text) {
  SourceSet file;
  file.Add("test.lull", text);
  Diagnostics diagnostics;
  FormatResult result = Format(file, diagnostics);
  EXPECT_EQ(result.outcome == FormatOutcome::kSyntaxErrors, diagnostics.has_errors());
  return result;
}

std::string Form(const std::string& text) {
  const FormatResult result = FormatText(text);
  EXPECT_EQ(result.outcome, FormatOutcome::kDone) << text;
  return result.text;
}

std::string TreeOf(const std::string& text) {
  SourceSet file;
  file.Add("test.lull", text);
  Diagnostics diagnostics;
  std::string tree = PrintTree(Parse(file, diagnostics));
  EXPECT_FALSE(diagnostics.has_errors()) << RenderAll(diagnostics, file);
  return tree;
}

void ExpectStable(const std::string& text) {
  const std::string once = Form(text);
  EXPECT_EQ(Form(once), once);
  EXPECT_EQ(TreeOf(once), TreeOf(text));
}

TEST(FormatTest, OneClauseALineAndAligned) {
  EXPECT_EQ(
      Form("stall a of customer { while x is 3 and y quiet 36 hours unless z because \"Gone {idle}\" when "
           "z>=4 }"),
      "stall a of customer {\n"
      "  while    x is 3 and y\n"
      "  quiet    36 hours\n"
      "  unless   z\n"
      "  because  \"Gone {idle}\"  when z >= 4\n"
      "}\n");
  EXPECT_EQ(
      Form("policy p of customer{best 1 by worth at most 2 nudges in 7days quiet hours 20:00 to 08:00\n\n\n"
           "never when x holdout 5%}"),
      "policy p of customer {\n"
      "  best         1 by worth\n"
      "  at most      2 nudges in 7 days\n"
      "  quiet hours  20:00 to 08:00\n"
      "\n"
      "  never when   x\n"
      "  holdout      5%\n"
      "}\n");
}

TEST(FormatTest, DaysAndHoursOfACalendarStandInColumns) {
  EXPECT_EQ(
      Form(
          "calendar office { monday to friday 09:00 to 12:00,13:00 to 17:00, saturday all day sunday closed\n"
          "closed every 12-24 to 12-26,2026-11-26 open 2026-12-24 09:00 to 13:00 zone \"UTC\" }"),
      "calendar office {\n"
      "  monday to friday  09:00 to 12:00, 13:00 to 17:00\n"
      "  saturday          all day\n"
      "  sunday            closed\n"
      "  closed            every 12-24 to 12-26, 2026-11-26\n"
      "  open              2026-12-24 09:00 to 13:00\n"
      "  zone              \"UTC\"\n"
      "}\n");
  EXPECT_EQ(Form("unit sales{hours office at most 200 open tasks per key}"),
            "unit sales { hours office  at most 200 open tasks per key }\n");
  ExpectStable("stall s of c { after e no f within n * 10-20 hours of office }");
  ExpectStable("stall s of c { quiet 3 working days of office }");
  ExpectStable("policy p of c { quiet hours outside office quiet hours 20:00 to 08:00 in zone c.zone }");
}

TEST(FormatTest, JourneysAndScoresStandInColumns) {
  EXPECT_EQ(Form("journey j of c {\nstart a\na, b -> c on e where x>2\nany->b after 3 days quiet\nend c }"),
            "journey j of c {\n"
            "  start a\n"
            "  a, b  -> c  on e where x > 2\n"
            "  any   -> b  after 3 days quiet\n"
            "  end c\n"
            "}\n");
  EXPECT_EQ(
      Form("score s of c { start 10 add 30 when a > 1 because \"one\" take 5 because \"two\" add -5 when "
           "bcd kept between 0 and 100 }"),
      "score s of c {\n"
      "  start  10\n"
      "  add    30  when a > 1  because \"one\"\n"
      "  take   5               because \"two\"\n"
      "  add    -5  when bcd\n"
      "  kept   between 0 and 100\n"
      "}\n");
}

TEST(FormatTest, OneLineDeclarationsUnderOneAnotherAreAligned) {
  EXPECT_EQ(Form("event a of c { x text , y number? }\nevent long_name of c, d\n  sets x\n"
                 "feature f of c=count of a in last 3 days\nfeature ff of cc = a.x - -3\n"
                 "choice k {one,two}\nunit u\n\n\n\nunit longer"),
            "event a         of c { x text, y number? }\n"
            "event long_name of c, d sets x\n"
            "feature f  of c  = count of a in last 3 days\n"
            "feature ff of cc = a.x - -3\n"
            "choice k { one, two }\n"
            "unit u\n"
            "\n"
            "unit longer\n");
}

TEST(FormatTest, FieldsOnLinesOfTheirOwn) {
  EXPECT_EQ(Form("event a of c {\n x text from \"a.b\", longer number?,\n y flag } sets x, y"),
            "event a of c {\n"
            "  x       text from \"a.b\"\n"
            "  longer  number?\n"
            "  y       flag\n"
            "} sets x, y\n");
}

TEST(FormatTest, CommentsAreKept) {
  EXPECT_EQ(Form("# first\n\n\n\n## Doc.\nunit a # trailing   \n# between\nstall s of c { # opens\n"
                 "  # before\n  while x # while\n  quiet 3 days\n  # last\n}   # closed\n# end"),
            "# first\n"
            "\n"
            "## Doc.\n"
            "unit a  # trailing\n"
            "\n"
            "# between\n"
            "stall s of c {  # opens\n"
            "  # before\n"
            "  while  x  # while\n"
            "  quiet  3 days\n"
            "  # last\n"
            "}  # closed\n"
            "\n"
            "# end\n");
  EXPECT_EQ(Form("events e = a, # why a\n # and b\n b"),
            "events e = a,  # why a\n"
            "           # and b\n"
            "           b\n");
}

TEST(FormatTest, LongLinesGoOnUnderTheirContent) {
  EXPECT_EQ(
      Form("policy p of c { covers call_about_quote, call_about_financing, explain_financing, "
           "help_after_error, call_to_sign, offer_alternative, talk_about_offer }"),
      "policy p of c {\n"
      "  covers  call_about_quote, call_about_financing, explain_financing, help_after_error, call_to_sign,\n"
      "          offer_alternative, talk_about_offer\n"
      "}\n");
}

TEST(FormatTest, StepsOfATestStandUnderTheirTime) {
  EXPECT_EQ(Form("test \"t\" {\n c \"x\" { a 1 }\nat 2026-03-02 09:00 seen\nexpect nothing\n"
                 "at +1h\n# why\nseen { page \"/\" }\nexpect nothing\n# later\nby +2 days expect n\n}"),
            "test \"t\" {\n"
            "  c \"x\" { a 1 }\n"
            "  at 2026-03-02 09:00  seen\n"
            "                       expect nothing\n"
            "  at +1h\n"
            "    # why\n"
            "    seen { page \"/\" }\n"
            "    expect nothing\n"
            "  # later\n"
            "  by +2 days           expect n\n"
            "}\n");
}

/// `d` is a unit only behind a number.
TEST(FormatTest, AnEventMayBeCalledLikeAUnit) {
  EXPECT_EQ(Form("test \"t\" { at 2026-03-02 09:00 d { name \"D1\" }\nat +36h d\n}"),
            "test \"t\" {\n"
            "  at 2026-03-02 09:00  d { name \"D1\" }\n"
            "  at +36h              d\n"
            "}\n");
}

TEST(FormatTest, ErrorsLeaveTheTextAlone) {
  const std::string wrong = "stall   a of { while }";
  const FormatResult result = FormatText(wrong);
  EXPECT_EQ(result.outcome, FormatOutcome::kSyntaxErrors);
  EXPECT_EQ(result.text, wrong);
}

/// Without the comma, `5` and the field after it would be one duration.
TEST(FormatTest, WhatWouldMeanSomethingElseIsLeftAlone) {
  const std::string risky = "entity c by k { x number = 5, days number }";
  EXPECT_EQ(FormatText(risky).outcome, FormatOutcome::kWouldChange);
  EXPECT_EQ(FormatText(risky).text, risky);
}

TEST(FormatTest, EmptyFile) { EXPECT_EQ(Form(""), ""); }

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(FormatTest, RulesetsAreInForm) {
  int files = 0;
  for (const std::string folder : {"/rulesets", "/tests/others"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(LULL_SOURCE_DIR) + folder)) {
      if (entry.path().extension() != ".lull") continue;
      SCOPED_TRACE(entry.path());
      const std::string text = ReadFile(entry.path());
      ExpectStable(text);
      EXPECT_EQ(Form(text), text) << "run: lull fmt on its folder";
      ++files;
    }
  }
  EXPECT_GT(files, 12);
}

TEST(FormatTest, ExamplesOfTheLanguagePageAreStable) {
  std::istringstream in(ReadFile(std::string(LULL_SOURCE_DIR) + "/dsl/LANGUAGE.md"));
  std::string line;
  std::string text;
  bool inside = false;
  int examples = 0;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      if (inside) ExpectStable(text), ++examples;
      inside = line.starts_with("```lull") && !line.starts_with("```lull-error");
      text.clear();
    } else {
      text += line + "\n";
    }
  }
  EXPECT_GT(examples, 10);
}

TEST(FormatTest, TheShopIsStable) { ExpectStable(testing::kShop); }

/// Any layout of the same tokens gives the same form, as long as no line ends change.
TEST(FormatTest, SpacesDoNotMatter) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::string(LULL_SOURCE_DIR) + "/rulesets")) {
    if (entry.path().extension() != ".lull") continue;
    SCOPED_TRACE(entry.path());
    const std::string text = ReadFile(entry.path());
    std::istringstream in(text);
    std::string line;
    std::string squeezed;
    while (std::getline(in, line)) {
      bool in_text = false;
      const std::size_t comment = line.find('#');
      for (std::size_t i = 0; i < line.size(); ++i) {
        in_text = in_text != (line[i] == '"');
        const bool doubled = line[i] == ' ' && (i == 0 || line[i - 1] == ' ');
        if (!doubled || in_text || i > comment) squeezed += line[i];
      }
      squeezed += '\n';
    }
    EXPECT_EQ(Form(squeezed), Form(text));
  }
}

}  // namespace
}  // namespace lull::dsl
