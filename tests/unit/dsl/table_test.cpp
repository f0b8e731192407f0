// Decision tables: what the rows cover, tables in CSV files, and what of a shared folder is taken over.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "dsl/program_printer.h"
#include "dsl/render.h"
#include "runtime/base/number_code.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl {
namespace {

using testing::kShop;

LoadedRuleset Load(std::vector<std::pair<std::string, std::string>> texts) {
  texts.insert(texts.begin(), {"shop.lull", kShop});
  return LoadRulesetTexts(texts);
}

std::string Report(const LoadedRuleset& loaded) { return RenderAll(loaded.diagnostics, loaded.sources); }

const std::string kUse = "stall s of customer { while t is known quiet 2 days }\n";
const std::string kFromFile = kUse + "table t of customer (name, source) gives number from \"p.csv\"\n";

TEST(TableTest, AShortTableIsAChain) {
  const LoadedRuleset loaded =
      Load({{"rules.lull", kUse + "table t of customer (source, vip) gives number {\n"
                                  "  | web   | yes | 1 |\n"
                                  "  | store | -   | 2 |\n"
                                  "  | -     | -   | 3 |\n"
                                  "}\n"}});
  EXPECT_EQ(loaded.diagnostics.all().size(), 0u) << Report(loaded);
  ASSERT_EQ(loaded.program.features.size(), 1u);
  EXPECT_EQ(loaded.program.expr(loaded.program.features[0].value).kind, ExprKind::kIf);
  EXPECT_FALSE(loaded.program.expr(loaded.program.features[0].value).may_be_unknown);
}

TEST(TableTest, AGapIsShownByAnExample) {
  const LoadedRuleset loaded =
      Load({{"rules.lull", kUse + "table t of customer (vip, budget) gives number {\n"
                                  "  | yes | -       | 1 |\n"
                                  "  | no  | < 5 USD | 2 |\n"
                                  "  | no  | > 5 USD | 3 |\n"
                                  "}\n"}});
  ASSERT_EQ(loaded.diagnostics.all().size(), 1u) << Report(loaded);
  EXPECT_EQ(loaded.diagnostics.all().front().message, "no row fits where vip is no and budget is 5 USD");
}

constexpr const char* kPrices =
    "name,t,source\n"
    "\"a, \"\"b\"\"\",1,web\n"
    "x y,2.5,web\n"
    "plain,3,-\n"
    "d,4,\n"
    "e,5,store\n"
    "f,6,\"one of (web, store)\"\n"
    "g,7,phone\n"
    "h,8,phone\n"
    "-,9,-\n";

TEST(TableTest, RowsFromAFile) {
  const LoadedRuleset loaded = Load({{"rules.lull", kFromFile}, {"p.csv", kPrices}});
  EXPECT_EQ(loaded.diagnostics.all().size(), 0u) << Report(loaded);
  ASSERT_EQ(loaded.program.lookups.size(), 1u);
  const Lookup& lookup = loaded.program.lookups[0];
  EXPECT_EQ(lookup.rows.size(), 9u);
  EXPECT_FALSE(lookup.has_gap);
  EXPECT_EQ(std::ranges::count(lookup.texts[0], "a, \"b\""), 1);
  EXPECT_EQ(lookup.texts[0].size(), 8u);
}

TEST(TableTest, AnotherFileIsAnotherMeaning) {
  std::string other = kPrices;
  other.replace(other.find("2.5"), 3, "2.6");
  const LoadedRuleset a = Load({{"rules.lull", kFromFile}, {"p.csv", kPrices}});
  const LoadedRuleset b = Load({{"rules.lull", kFromFile}, {"p.csv", other}});
  EXPECT_NE(PrintProgram(a.program), PrintProgram(b.program));
}

TEST(TableTest, MistakesOfAFilePointIntoIt) {
  struct Row {
    std::string csv;
    std::string underlined;
  };
  for (const Row& row :
       {Row{"source,t\nweb,1\nwbe,2\n-,3\n", "wbe"}, Row{"source,t\nweb,one 1\n-,1\n", "one 1"},
        Row{"source,t\nweb,1,2\n-,1\n", "web,1,2"}, Row{"source,u\nweb,1\n", "source,u"},
        Row{"source,t\n\"web,1\n-,2\n", "\""}}) {
    SCOPED_TRACE(row.csv);
    const LoadedRuleset loaded =
        Load({{"rules.lull", kUse + "table t of customer (source) gives number from \"p.csv\"\n"},
              {"p.csv", row.csv}});
    ASSERT_EQ(loaded.diagnostics.error_count(), 1u) << Report(loaded);
    const auto sorted = loaded.diagnostics.Sorted();
    const Diagnostic& diagnostic = **std::ranges::find_if(
        sorted, [](const Diagnostic* each) { return each->severity() == Severity::kError; });
    EXPECT_EQ(loaded.sources.path(diagnostic.span.source), "p.csv") << Report(loaded);
    EXPECT_EQ(loaded.sources.TextOf(diagnostic.span), row.underlined);
  }
}

TEST(TableTest, MoneyInAFileNeedsNoCurrency) {
  const LoadedRuleset loaded =
      Load({{"rules.lull", kUse + "table t of customer (budget) gives money from \"p.csv\"\n"},
            {"p.csv", "budget,t\n>= 10 USD,20.50\n7,1 USD\n-,0\n"}});
  EXPECT_EQ(loaded.diagnostics.all().size(), 0u) << Report(loaded);
}

TEST(UseTest, SharedDeclarationsAreThereAndTheirHeaderIsNot) {
  const LoadedRuleset loaded = Load(
      {{"rules.lull", "use \"../common\"\nnudge n of customer { on page_viewed do call \"x\" to helpers }"},
       {"../common/units.lull", "ruleset other { zone \"UTC\" }\nunit helpers\nuse \"deeper\""},
       {"../common/deeper/more.lull", "unit more"}});
  EXPECT_EQ(loaded.diagnostics.all().size(), 0u) << Report(loaded);
  EXPECT_EQ(loaded.program.header.name, "shop");
  EXPECT_EQ(loaded.program.units.size(), 4u);
}

TEST(UseTest, ACircleIsReportedWhereItCloses) {
  const LoadedRuleset loaded = Load({{"rules.lull", "use \"../common\""},
                                     {"../common/units.lull", "unit helpers\nuse \"deeper\""},
                                     {"../common/deeper/more.lull", "use \"../../common\""}});
  ASSERT_EQ(loaded.diagnostics.error_count(), 1u) << Report(loaded);
  const Diagnostic& diagnostic = loaded.diagnostics.all().front();
  EXPECT_EQ(diagnostic.code, Code::kUseCircle);
  EXPECT_EQ(loaded.sources.path(diagnostic.span.source), "../common/deeper/more.lull");
}

TEST(UseTest, AClashNamesBothPlaces) {
  const LoadedRuleset loaded = Load({{"rules.lull", "use \"common\""}, {"common/units.lull", "unit sales"}});
  ASSERT_EQ(loaded.diagnostics.error_count(), 1u) << Report(loaded);
  const Diagnostic& diagnostic = loaded.diagnostics.all().front();
  EXPECT_EQ(diagnostic.code, Code::kDuplicateName);
  EXPECT_EQ(loaded.sources.path(diagnostic.span.source), "common/units.lull");
  ASSERT_EQ(diagnostic.notes.size(), 1u);
  EXPECT_EQ(loaded.sources.path(diagnostic.notes[0].span.source), "shop.lull");
}

TEST(UseTest, ABundleIsTheSameRuleset) {
  const LoadedRuleset loaded = Load(
      {{"rules.lull", kUse + "use \"../common\"\ntable t of customer (source) gives number from \"p.csv\"\n"},
       {"../common/units.lull", "unit helpers"},
       {"p.csv", "source,t\nweb,1\n-,2\n"}});
  ASSERT_TRUE(loaded.good()) << Report(loaded);
  const auto bundle = BundleOf(loaded);
  EXPECT_EQ(bundle.size(), 4u);
  const LoadedRuleset again = LoadRulesetTexts(bundle);
  ASSERT_TRUE(again.good()) << Report(again);
  EXPECT_EQ(PrintProgram(again.program), PrintProgram(loaded.program));
}

using Codes = std::vector<std::optional<std::int64_t>>;

/// The row for a case, by reading the table.
std::uint32_t RowByReading(const std::vector<std::vector<CellSet>>& rows, const Codes& codes) {
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    bool fits = true;
    for (std::size_t i = 0; i < codes.size(); ++i) fits = fits && rows[row][i].Has(codes[i]);
    if (fits) return row;
  }
  return DecisionGraph::kNoRow;
}

std::uint32_t RowByGraph(const DecisionGraph& graph, const Codes& codes) {
  auto at = static_cast<std::uint32_t>(graph.nodes.size() - 1);
  for (std::size_t i = 0; i < codes.size() && at != DecisionGraph::kNoRow; ++i) {
    const DecisionGraph::Node& node = graph.nodes[at];
    EXPECT_EQ(node.input, i);
    const auto begin = graph.begins.begin() + node.first;
    const auto after = codes[i] ? std::upper_bound(begin, begin + node.count, *codes[i]) : begin;
    at = codes[i] ? graph.nexts[static_cast<std::size_t>(after - graph.begins.begin()) - 1]
                  : node.unknown_next;
  }
  return at;
}

std::vector<std::vector<CellSet>> RandomRows(std::mt19937_64& random, std::size_t inputs, CodeRange domain) {
  const auto below = [&](std::uint64_t count) { return static_cast<std::int64_t>(random() % count); };
  std::vector<std::vector<CellSet>> rows(static_cast<std::size_t>(1 + below(8)));
  for (auto& row : rows) {
    for (std::size_t i = 0; i < inputs; ++i) {
      CellSet cell{{}, below(3) == 0};
      const std::int64_t low = below(10);
      if (below(3) == 0) cell = {{domain}, true};
      if (cell.ranges.empty() && below(4) > 0) cell.ranges = {{low, std::min(domain.high, low + below(5))}};
      row.push_back(cell);
    }
  }
  return rows;
}

TEST(DecisionGraphTest, AgreesWithTheRows) {
  std::mt19937_64 random(20'260'101);
  constexpr CodeRange kDomain{0, 9};
  constexpr std::size_t kChoices = 11;  // and unknown
  for (int round = 0; round < 1'000; ++round) {
    SCOPED_TRACE(round);
    const std::size_t inputs = 1 + random() % 3;
    const auto rows = RandomRows(random, inputs, kDomain);
    const std::vector<CodeRange> domains(inputs, kDomain);
    const auto graph = MakeDecisionGraph(rows, domains);
    ASSERT_TRUE(graph.has_value());
    std::vector<bool> reached(rows.size(), false);
    bool gap = false;
    std::size_t cases = 1;
    for (std::size_t i = 0; i < inputs; ++i) cases *= kChoices;
    for (std::size_t n = 0; n < cases; ++n) {
      Codes codes;
      bool known = true;
      for (std::size_t rest = n; codes.size() < inputs; rest /= kChoices) {
        const auto code = static_cast<std::int64_t>(rest % kChoices);
        codes.push_back(code > kDomain.high ? std::nullopt : std::optional(code));
        known = known && codes.back().has_value();
      }
      const std::uint32_t row = RowByReading(rows, codes);
      ASSERT_EQ(RowByGraph(*graph, codes), row);
      if (row != DecisionGraph::kNoRow) reached[row] = true;
      gap = gap || (known && row == DecisionGraph::kNoRow);
    }
    EXPECT_EQ(ReachedRows(*graph, rows.size()), reached);
    EXPECT_EQ(FindGap(*graph, domains).has_value(), gap);
  }
}

TEST(DecisionGraphTest, CodesOfNumbersKeepTheirOrder) {
  const std::vector<double> numbers = {-1e308, -2, -1, -1e-300, 0, 5e-324, 0.5, 1, 2, 1e308};
  for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
    EXPECT_LT(CodeOfNumber(numbers[i]), CodeOfNumber(numbers[i + 1]));
    EXPECT_EQ(NumberOfCode(CodeOfNumber(numbers[i])), numbers[i]);
  }
  EXPECT_EQ(CodeOfNumber(-0.0), CodeOfNumber(0.0));
}

}  // namespace
}  // namespace lull::dsl
