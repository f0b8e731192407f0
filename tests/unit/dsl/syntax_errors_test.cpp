// Every diagnostic of the parser: produced, at the right place, and with parsing going on after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/dsl/syntax_test_util.h"

namespace lull::dsl::syntax_errors {
namespace {

using ::testing::ElementsAre;

struct Row {
  Code code;
  std::string text;
  std::string underlined;
};

std::string Nudge(const std::string& clause) {
  return "nudge n of c {\n  " + clause + "\n  do call \"x\"\n}";
}
std::string Feature(const std::string& value) { return "feature f of c = " + value; }

std::string Chain(std::size_t terms) {
  std::string chain = "a";
  for (std::size_t i = 1; i < terms; ++i) chain += " + a";
  return chain;
}

std::vector<Row> Rows() {
  return {
      {Code::kExpectedSomethingElse, "unit { }", "{"},
      {Code::kUnknownClause, Nudge("wrth 10"), "wrth"},
      {Code::kUnknownClause, "journey j of c {\n  strat a\n}", "strat"},
      {Code::kUnknownDeclaration, "nugde n of c { }", "nugde"},
      {Code::kFileTooLarge, std::string(SourceSet::kFileBytesMax + 1, ' '), ""},
      {Code::kNotUtf8, "unit a\xFF", "\xFF"},
      {Code::kControlCharacter, std::string("unit a\0", 7), std::string("\0", 1)},
      {Code::kTextNotClosed, Nudge("worth \"open"), "\"open"},
      {Code::kTextInsideBraces, Feature("\"a {\"b\"}\""), "\""},
      {Code::kUnknownEscape, Feature("\"a \\q\""), "\\q"},
      {Code::kBlockNotClosed, "policy p of c {\n  best 1 by worth\nunit u", "{"},
      {Code::kReservedWord, "feature where of c = 1", "where"},
      {Code::kReservedWord, "entity c {\n  due date\n}", "due"},
      {Code::kNameSpelling, "unit salesTeam", "salesTeam"},
      {Code::kNameSpelling, "unit _a", "_a"},
      {Code::kNameSpelling, "unit " + std::string(65, 'a'), std::string(65, 'a')},
      {Code::kWrongOperator, Feature("a == b"), "=="},
      {Code::kWrongOperator, Feature("a && b"), "&&"},
      {Code::kWrongOperator, Feature("!a"), "!"},
      {Code::kWrongOperator, Feature("a is at least 3"), "is at least"},
      {Code::kChainedComparison, Feature("1 < 2 < 3"), "<"},
      {Code::kNestedTooDeeply, Feature(std::string(150, '(') + "a" + std::string(150, ')')), "("},
      {Code::kNestedTooDeeply, Feature(Chain(1'100)), Chain(1'002)},
      {Code::kNumberTooLong, Feature("1234567890123456789"), "1234567890123456789"},
      {Code::kNumberTooLong, Feature("20_000 years"), "20_000 years"},
      {Code::kNumberTooLong, Feature("0.5 months"), "0.5 months"},
      {Code::kNumberTooLong, Feature("0.12345678901234567%"), "0.12345678901234567%"},
      {Code::kNoSuchDate, Feature("2026-02-29"), "2026-02-29"},
      {Code::kNoSuchDate, Feature("25:00"), "25:00"},
      {Code::kAggregateInAggregate, Feature("count of a where count of b > 1"), "count of b"},
      {Code::kClauseTwice, Nudge("worth 1\n  worth 2"), "worth 2"},
      {Code::kClauseTwice, Nudge("on a\n  on b"), "on b"},
      {Code::kClauseTwice, "stall s of c { quiet 1 day for 2 days }", "for 2 days"},
      {Code::kTextMustBePlain, "ruleset r {\n  title \"a {b}\"\n}", "\"a {b}\""},
      {Code::kUnknownTimeUnit, Feature("36 hors"), "hors"},
      {Code::kUnknownTimeUnit, Feature("24h"), "h"},
      {Code::kAggregateField, Feature("sum of a"), "a"},
      {Code::kAggregateField, Feature("count of a.b"), "b"},
      {Code::kMissingOperator, Nudge("if urgency 10"), "10"},
      {Code::kExpectedSomethingElse, "calendar hours {\n  monday\n  friday 09:00 to 20:00\n}", ""},
      {Code::kExpectedSomethingElse, "calendar hours {\n  monday to friday 9 to 20\n}", "9"},
      {Code::kExpectedSomethingElse, "calendar hours {\n  always\n  closed sunday\n}", "sunday"},
      {Code::kOtherWords, Feature("3 working hours of office"), "working"},
      {Code::kUnknownClause, "calendar hours {\n  weekdays 09:00 to 20:00\n}", "weekdays"},
      {Code::kNoSuchDate, "calendar hours {\n  always\n  closed every 02-30\n}", "02-30"},
      {Code::kForeignComment, "unit a // the first", "//"},
      {Code::kForeignComment, "/* two\n   lines */", "/*"},
      {Code::kForeignComment, Nudge("if a > 3 // really"), "//"},
      {Code::kWrongQuotes, Nudge("if a is 'north'"), "'north'"},
      {Code::kWrongQuotes, Feature("\u201cnorth\u201d"), "\u201cnorth\u201d"},
      {Code::kWrongNumber, Nudge("if a > 1,000"), "1,000"},
      {Code::kWrongNumber, Nudge("if a > 30k"), "30k"},
      {Code::kWrongNumber, Nudge("worth a * 2 percent"), "percent"},
      {Code::kWrongMoney, Feature("$500"), "$500"},
      {Code::kWrongMoney, Feature("USD 500"), "USD 500"},
      {Code::kWrongMoney, Nudge("if a > 500 dollars"), "dollars"},
      {Code::kWrongTime, Feature("26/11/2026"), "26/11/2026"},
      {Code::kWrongTime, Feature("Nov 26, 2026"), "Nov 26, 2026"},
      {Code::kWrongTime, Feature("8:30 pm"), "8:30 pm"},
      {Code::kOtherWords, Feature("count of a within the last 3 days"), "within the"},
      {Code::kOtherWords, "policy p of c {\n  at most 2 nudges a week\n}", "a"},
      {Code::kStrayMark, Nudge("worth 3;"), ";"},
      {Code::kStrayMark, "event e of c { page: text }", ":"},
      {Code::kCapitals, Nudge("if a AND b"), "AND"},
      {Code::kCapitals, "Unit a", "Unit"},
      {Code::kTableCells, "table t of c (a, b) gives number {\n | 1 | 2 |\n}", "| 1 | 2 |"},
      {Code::kLaterClockTrigger, "journey j of c {\n  a -> b on every monday at 08:00\n}", "every"},
      {Code::kClauseTwice, "unit u { hours office hours store_hours }", "hours store_hours"},
  };
}

TEST(SyntaxErrors, EachIsReportedOnceAtItsPlace) {
  for (const Row& row : Rows()) {
    // What follows must be understood.
    const Parsed parsed(row.text + "\nunit after_it\n");
    const std::string shown = row.text.substr(0, 200);
    const bool unreadable =
        row.code == Code::kFileTooLarge || row.code == Code::kNotUtf8 || row.code == Code::kControlCharacter;
    ASSERT_EQ(parsed.diagnostics.all().size(), 1u) << shown << "\n" << parsed.report();
    const Diagnostic& diagnostic = parsed.diagnostics.all().front();
    EXPECT_EQ(CodeText(diagnostic.code), CodeText(row.code)) << shown << "\n" << parsed.report();
    EXPECT_EQ(parsed.sources.TextOf(diagnostic.span), row.underlined) << shown;
    if (!unreadable) {
      ASSERT_FALSE(parsed.tree.units.empty()) << shown;
      EXPECT_EQ(parsed.tree.units.back().name.text, "after_it") << shown;
    }
  }
}

TEST(SyntaxErrors, EveryRegisteredCodeIsProduced) {
  std::set<Code> produced = {Code::kTooManyErrors};  // by TooManyErrorsEndTheFile
  for (const Row& row : Rows()) produced.insert(row.code);
  for (const CodeInfo& info : AllCodes()) {
    const int number = static_cast<int>(info.code);
    EXPECT_FALSE(info.title.empty()) << info.name;
    EXPECT_FALSE(info.explanation.empty()) << info.name;
    const bool of_syntax = number < 200 || number >= 900;
    if (of_syntax) {
      EXPECT_TRUE(produced.contains(info.code)) << info.name;
    }
  }
}

TEST(SyntaxErrors, IndependentErrorsOfABlockAreAllReported) {
  const Parsed parsed(R"(stall s of c {
  while f >
  quiet 3 hours for
  because "x" whn g
  unless f &&
     g
  because oops
}
nudge n of c {
  on
  do call "x
  to sales, managers
  worth 10 20
}
unit u)");
  EXPECT_THAT(parsed.found(), ElementsAre("L0101", "L0101", "L0102 `whn`", "L0113 `&&`", "L0101 `oops`",
                                          "L0101", "L0107 `\"x`", "L0130 `managers`", "L0123 `20`"))
      << parsed.report();
  EXPECT_EQ(PrintTree(parsed.tree),
            "stall s of c (incomplete)\n  quiet 10800 seconds\n  because <error>\nunit u\n"
            "nudge n of c (incomplete)\n  worth <error>\n")
      << parsed.report();
}

TEST(SyntaxErrors, RecoveryStopsAtTheNextDeclaration) {
  const Parsed parsed(R"(feature a of c = 1 +
feature b of c = (2
feature c of c = "never closed
featur d of c = 4
event e c { page text }
journey j of c {
  start a
  a -> on x
  a b
event f of c { page text, amount
  message text }
unit u)");
  EXPECT_THAT(parsed.found(), ElementsAre("L0101", "L0101", "L0107 `\"never closed`", "L0103 `featur`",
                                          "L0130 `c`", "L0110 `{`", "L0111 `on`", "L0101 `b`", "L0101"))
      << parsed.report();
  EXPECT_EQ(parsed.tree.units.size(), 1u);
  ASSERT_EQ(parsed.tree.events.size(), 2u);
  EXPECT_EQ(parsed.tree.events[1].fields.size(), 2u);
  EXPECT_TRUE(parsed.tree.events[1].incomplete);
}

TEST(SyntaxErrors, TooManyErrorsEndTheFile) {
  std::string text = "entity e {\n";
  for (int i = 0; i < 2'000; ++i) text += "  a\n";
  const Parsed parsed(text + "}\n");
  EXPECT_LE(parsed.diagnostics.all().size(), 503u);
  EXPECT_THAT(parsed.found(), ::testing::Contains("L0124"));
}

TEST(SyntaxErrors, SuggestionsMendTheText) {
  const std::pair<const char*, const char*> cases[] = {
      {"nugde n of c { do a \"x\" }", "nudge n of c { do a \"x\" }"},
      {"feature f of c = a == b", "feature f of c = a is b"},
      {"feature f of c = 24hrs", "feature f of c = 24 hours"},
      {"unit salesTeam", "unit sales_team"},
      {"nudge n of c {\n  wrth 3\n}", "nudge n of c {\n  worth 3\n}"},
      {"journey j of c {\n  strat a\n}", "journey j of c {\n  start a\n}"},
      {"unit u {\nunit v", "unit u {\n}\nunit v"},
      {"nudge n of c {\n  do a \"x\n}", "nudge n of c {\n  do a \"x\"\n}"},
  };
  for (const auto& [broken, mended] : cases) {
    const Parsed parsed(broken);
    ASSERT_EQ(parsed.diagnostics.all().size(), 1u) << parsed.report();
    const auto& edit = parsed.diagnostics.all().front().edit;
    ASSERT_TRUE(edit.has_value()) << parsed.report();
    std::string text = broken;
    text.replace(edit->span.begin, edit->span.end - edit->span.begin, edit->replacement);
    EXPECT_EQ(text, mended);
    EXPECT_EQ(Parsed(text).report(), "");
  }
}

TEST(SyntaxErrors, DeepNestingOfAnyKindEnds) {
  const std::size_t kDeep = 200'000;
  const auto repeat = [](const std::string& part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
  };
  for (const std::string part :
       {"(", "not ", "-", "if ", "if a then ", "length of ", "smaller of (", "count of a where (",
        "lower case of ", "a and (", "\"{", "count of a where count of b where "}) {
    const Parsed parsed(Feature(repeat(part, kDeep)));
    EXPECT_TRUE(parsed.diagnostics.has_errors()) << part;
  }
  for (const std::string part : {"a + ", "a and ", "a or else ", "a.", "a * "}) {
    const Parsed parsed(Feature(repeat(part, kDeep) + "a"));
    EXPECT_TRUE(parsed.diagnostics.has_errors()) << part;
  }
  EXPECT_TRUE(Parsed("unit a " + repeat("{", kDeep)).diagnostics.has_errors());
}

}  // namespace
}  // namespace lull::dsl::syntax_errors
