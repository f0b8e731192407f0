// Types of expressions, and what they are made of.
#include <gtest/gtest.h>

#include "dsl/program_printer.h"
#include "dsl/render.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

/// The value of `feature f of customer = EXPRESSION`.
class FeatureTest : public ::testing::Test {
 protected:
  const Expr& Value(const std::string& expression, const std::string& more = "") {
    loaded_ = LoadShop(more + "\nfeature f of customer = " + expression);
    EXPECT_TRUE(loaded_.good()) << RenderAll(loaded_.diagnostics, loaded_.sources);
    const FeatureId id = static_cast<FeatureId>(loaded_.program.features.size() - 1);
    return loaded_.program.exprs[loaded_.good() ? loaded_.program.features[id].value : 0];
  }
  std::string TypeOf(const std::string& expression) {
    const Type type = Value(expression).type;
    return PrintType(loaded_.program, type);
  }
  std::string Printed(const std::string& expression) {
    const Expr& value = Value(expression);
    return PrintExpr(loaded_.program, static_cast<ExprId>(&value - loaded_.program.exprs.data()));
  }

  LoadedRuleset loaded_;
};

TEST_F(FeatureTest, ArithmeticHasTypes) {
  const std::pair<const char*, const char*> cases[] = {
      {"1 + 2", "number"},
      {"budget + 5 USD", "money"},
      {"budget * 2", "money"},
      {"2% * budget", "money"},
      {"budget / 3", "money"},
      {"budget / 3 USD", "number"},
      {"2 days + 3 hours", "duration"},
      {"time since page_viewed * 2", "duration"},
      {"3 * time since page_viewed", "duration"},
      {"time since page_viewed / 2", "duration"},
      {"time since page_viewed / 1 hour", "number"},
      {"latest page_viewed.time - first page_viewed.time", "duration"},
      {"latest page_viewed.time + 2 days", "time"},
      {"2 days + latest page_viewed.time", "time"},
      {"latest page_viewed.time - 2 days", "time"},
      {"-budget", "money"},
      {"7 / 2 rounded down", "number"},
      {"length of name", "number"},
      {"lower case of name", "text"},
      {"smaller of (budget, 5 USD)", "money"},
      {"if vip then web else source", "lead_source"},
      {"if vip then source else web", "lead_source"},
      {"if vip then source else (if region is known then web else store)", "lead_source"},
      {"source", "lead_source"},
      {"purchase", "stage of purchase"},
      {"region or else \"nowhere\"", "text"},
      {"count of page_viewed", "number"},
      {"sum of quote_started.amount in last 7 days", "money"},
      {"average of page_viewed.length_of_stay", "duration"},
      {"maximum of page_viewed.time", "time"},
      {"minimum of quote_started.opened", "date"},
      {"count of different page_viewed.page since order_placed", "number"},
      {"latest page_viewed.vehicle", "text"},
      {"(latest page_viewed).vehicle", "text"},
      {"any touch", "flag"},
      {"gap of activity", "duration"},
      {"vip and region is \"north\"", "flag"},
      {"name like \"a*b\"", "flag"},
  };
  for (const auto& [expression, type] : cases) {
    EXPECT_EQ(TypeOf(expression), type) << expression;
  }
}

TEST_F(FeatureTest, ValuesOfChoicesAreFoundThroughBranches) {
  EXPECT_EQ(Printed("source is (if vip then web else store)"),
            "(customer.source is (if customer.vip : web : store))");
  EXPECT_EQ(Printed("source or else web is phone"), "((customer.source or else web) is phone)");
}

TEST_F(FeatureTest, LiteralsAreExact) {
  EXPECT_EQ(Value("21_500.25 USD").integer, 215'002'500);
  EXPECT_EQ(Value("1 day 12 hours").integer, 36ll * 3'600'000'000);
  EXPECT_EQ(Value("2 days - 12 hours").integer, 36ll * 3'600'000'000);
  EXPECT_EQ(Value("12 hours * 3").integer, 36ll * 3'600'000'000);
  EXPECT_EQ(Value("2.5%").integer, 25);
  EXPECT_EQ(Value("2.5%").decimals, 3);
  EXPECT_DOUBLE_EQ(Value("2.5%").number, 0.025);
  EXPECT_EQ(Value("-2.5%").integer, -25);
  EXPECT_EQ(Value("2026-11-26").integer, 20'783);
  // Noon in Chicago is 18:00 in UTC in winter, and 17:00 in summer.
  EXPECT_EQ(Value("2026-01-15 12:00").integer, 1'768'500'000'000'000);
  EXPECT_EQ(Value("2026-07-15 12:00").integer, 1'784'134'800'000'000);
  EXPECT_EQ(Value("1_000 / 4").number, 250);
}

TEST_F(FeatureTest, ConstructsBecomeSimplerOnes) {
  EXPECT_EQ(Printed("budget between 1 USD and 5 USD"),
            "((customer.budget >= 1 money) and (customer.budget <= 5 money))");
  EXPECT_EQ(Printed("source is not one of (web, phone)"),
            "((customer.source is not web) and (customer.source is not phone))");
  EXPECT_EQ(Printed("source is one of (web, phone)"), "(customer.source is one of (web, phone))");
  EXPECT_EQ(Printed("web is source"), "(web is customer.source)");
  EXPECT_EQ(Printed("customer.vip"), "customer.vip");
  EXPECT_EQ(Printed("latest page_viewed is known"), "((latest page_viewed.time) is known)");
  EXPECT_EQ(Printed("any page_viewed where seconds > 3 in last 2 days"),
            "(any page_viewed where (seconds > 3) in last 2 days)");
  EXPECT_EQ(Printed("any page_viewed where page_viewed.page is name"),
            "(any page_viewed where (page is customer.name))");
  EXPECT_EQ(Printed("\"a {budget}\""), "text(\"a \", customer.budget, \"\")");
  EXPECT_EQ(Printed("\"a\""), "\"a\"");
  EXPECT_EQ(Printed("first order_placed.amount"), "(first order_placed.amount)");
}

TEST_F(FeatureTest, AFeatureCanStandForAnEvent) {
  Value("last_quote.amount", "feature last_quote of customer = latest quote_started");
  EXPECT_EQ(loaded_.program.features[0].value, kNone);
  EXPECT_EQ(PrintExpr(loaded_.program, loaded_.program.features[1].value), "(latest quote_started.amount)");
}

TEST_F(FeatureTest, EqualAggregatesAreOne) {
  Value("count of page_viewed + count of page_viewed + count of page_viewed in last 2 days");
  EXPECT_EQ(loaded_.program.aggregates.size(), 2u);
}

TEST_F(FeatureTest, KnowsWhatMayBeUnknown) {
  const std::pair<const char*, bool> cases[] = {
      {"3", false},
      {"vip", false},
      {"region", true},
      {"region is \"north\"", false},
      {"region or else \"none\"", false},
      {"region or else name", false},
      {"name or else region", false},
      {"count of page_viewed", false},
      {"count of page_viewed + 1", false},
      {"count of page_viewed / 2", false},
      {"1 / count of page_viewed", true},
      {"latest page_viewed.page", true},
      {"time since page_viewed", true},
      {"average of page_viewed.seconds", true},
      {"budget", false},
      {"budget + 5 USD", true},  // may grow too large
      {"if vip then region else \"x\"", true},
      {"if region is \"x\" then 1 else 2", false},
      {"length of region", true},
      {"\"in {region}\"", false},
      {"not vip", false},
      {"purchase", false},
  };
  for (const auto& [expression, unknown] : cases) {
    EXPECT_EQ(Value(expression).may_be_unknown, unknown) << expression;
  }
}

TEST_F(FeatureTest, KnowsWhatMovesWithTime) {
  const std::pair<const char*, bool> cases[] = {
      {"3", false},
      {"region", false},
      {"count of page_viewed", false},
      {"count of page_viewed in last 2 days", true},
      {"count of page_viewed since order_placed", false},
      {"time since page_viewed", true},
      {"gap of page_viewed", false},
      {"latest page_viewed.time", false},
      {"budget * 2", false},
      {"time since page_viewed > 2 days", true},
      {"purchase is quoting", false},
  };
  for (const auto& [expression, timed] : cases) {
    EXPECT_EQ(Value(expression).depends_on_time, timed) << expression;
  }
  EXPECT_TRUE(Value("slow", "stall slow of customer { quiet 2 days }").depends_on_time);
  EXPECT_TRUE(Value("j is b", "journey j of customer { start a a -> b after 2 days b -> a on page_viewed }")
                  .depends_on_time);
  EXPECT_TRUE(Value("j is b",
                    "journey j of customer { start a a -> b when time since page_viewed > 2 days b -> a on "
                    "page_viewed }")
                  .depends_on_time);
  EXPECT_FALSE(Value("j is b", "journey j of customer { start a a -> b when vip b -> a when not vip }")
                   .depends_on_time);
}

TEST_F(FeatureTest, ComparesLinearTimesButNoProducts) {
  EXPECT_TRUE(
      LoadShop(
          "stall s of customer { while time since page_viewed * 2 > time since quote_started for 2 days }")
          .good());
  EXPECT_TRUE(LoadShop("stall s of customer { while count of page_viewed in last 2 days * (time since "
                       "page_viewed / 1 hour) "
                       "> 5 for 2 days }")
                  .good());
}

TEST(CheckLimitsTest, LongChainsOfFeaturesAreFine) {
  std::string rules;
  for (int i = 0; i < 20'000; ++i) {
    rules += "feature f" + std::to_string(i) + " of customer = f" + std::to_string(i + 1) + " + 1\n";
  }
  rules +=
      "feature f20000 of customer = count of page_viewed\nstall s of customer { while f0 > 3 for 2 days }";
  const LoadedRuleset loaded = LoadShop(rules);
  EXPECT_TRUE(loaded.good()) << RenderAll(loaded.diagnostics, loaded.sources);
}

TEST(CheckLimitsTest, HiddenChainsOfFeaturesEnd) {
  // Fields hide the features of the same name in a `where`, so that the order of checking is a guess.
  std::string rules = "event tried of customer {";
  for (int i = 0; i < 100; ++i) {
    rules += " f" + std::to_string(i) + " number";
  }
  rules += " }\n";
  for (int i = 0; i < 100; ++i) {
    rules += "feature f" + std::to_string(i) + " of customer = customer.f" + std::to_string(i + 1) + " + 1\n";
  }
  rules += "feature f100 of customer = count of page_viewed\n";
  const LoadedRuleset loaded = LoadShop(rules);
  ASSERT_NE(First(loaded), nullptr);
  EXPECT_EQ(First(loaded)->code, Code::kTooDeep) << RenderAll(loaded.diagnostics, loaded.sources);
  EXPECT_EQ(loaded.diagnostics.error_count(), 1u);
}

}  // namespace
}  // namespace lull::dsl::testing
