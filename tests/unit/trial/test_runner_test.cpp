// Tests in rule files: what passes, what fails, and what is said of it.
#include "trial/test_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/render.h"
#include "trial/report.h"

namespace lull::trial {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRules = R"(
ruleset shop {
  zone "America/Chicago"
  currency USD
  channels call as task, email as message
}
choice lead_source { web, partner }
entity customer by customer_id {
  name      text
  store     text
  source    lead_source = web
  opted_out flag = no
  activity  page_viewed, quote_started
}
event customer_updated of customer sets name, store, source, opted_out
event page_viewed      of customer { page text }
event quote_started    of customer { vehicle text, amount money }
event order_placed     of customer
feature last_quote of customer = latest quote_started
feature views      of customer = count of page_viewed in last 24 hours
journey purchase of customer {
  start browsing
  browsing -> quoting on quote_started
  any      -> ordered on order_placed
  ordered  -> browsing after 30 days
}
score urgency of customer {
  start 10
  add   30  when views >= 3          because "looked {views} times in a day"
  take  20  when source is partner
}
stall quote_gone_quiet of customer {
  while   purchase is quoting
  quiet   36 hours
  unless  opted_out
  because "Quoted {last_quote.vehicle} at {last_quote.amount}"
}
unit sales
unit managers
nudge call_about_quote of customer {
  while quote_gone_quiet
  if    urgency >= 10
  do    call "Call about {last_quote.vehicle}"
  to    sales / store, else managers
  worth last_quote.amount * 2%
}
nudge welcome of customer {
  on page_viewed where page is "/welcome"
  do email "Hello"
}
policy contact of customer {
  covers      call_about_quote
  quiet hours 20:00 to 08:00
  holdout     50%
}
policy mails of customer {
  covers  welcome
  at most 1 email per day
}
)";

class TestRunnerTest : public ::testing::Test {
 protected:
  /// Runs the tests of `rules` beside the shop.
  std::vector<TestResult> RunRules(const std::string& rules) {
    loaded_ = dsl::LoadRulesetTexts({{"shop.lull", kRules}, {"tests.lull", rules}});
    EXPECT_TRUE(loaded_.good()) << dsl::RenderAll(loaded_.diagnostics, loaded_.sources);
    std::vector<TestResult> results;
    if (!loaded_.good()) return results;
    for (const bool native : {false, true}) {
      auto suite = TestSuite::Make(loaded_, native);
      EXPECT_TRUE(suite.has_value());
      results.clear();
      for (std::size_t i = 0; i < suite->size(); ++i) {
        auto result = suite->RunTest(i);
        EXPECT_TRUE(result.has_value());
        results.push_back(std::move(*result));
      }
      std::string text;
      for (const TestResult& result : results) text += ResultText(result, loaded_, suite->observed().zone);
      EXPECT_TRUE(!native || text == text_) << "interpreter and native code differ";
      text_ = text;
    }
    return results;
  }

  /// Runs one test of customer c-1 who lives near the store Oak Park.
  TestResult RunSteps(const std::string& steps) {
    return RunRules("test \"t\" {\n customer \"c-1\" { name \"Ada\", store \"Oak Park\" }\n" + steps + "\n}")
        .at(0);
  }
  void ExpectPass(const std::string& steps) { EXPECT_TRUE(RunSteps(steps).passed()) << text_; }
  /// The message of the one failure.
  std::string Failure(const std::string& steps) {
    const TestResult result = RunSteps(steps);
    EXPECT_EQ(result.failures.size(), 1u) << text_;
    return result.failures.empty() ? "" : result.failures[0].message;
  }

  dsl::LoadedRuleset loaded_;
  std::string text_;
};

constexpr const char* kQuote = "at 2026-03-02 20:00 quote_started { vehicle \"Civic\", amount 21_500 USD }\n";

TEST_F(TestRunnerTest, TheExampleOfTheDesign) {
  ExpectPass(
      std::string(kQuote) +
      "at +35h 59m expect nothing\n"
      "at +36h expect call_about_quote to sales / \"Oak Park\", because \"Quoted Civic at 21,500 USD\"\n"
      "at +37h order_placed\n"
      "at +37h expect call_about_quote withdrawn");
}

TEST_F(TestRunnerTest, AllThatCanBeSaidOfAnAction) {
  ExpectPass(std::string(kQuote) +
             "at +36 hours expect call_about_quote worth 430 USD text \"Call about Civic\" to sales");
}

TEST_F(TestRunnerTest, AnEventAtTheDeadlineIsInTime) {
  ExpectPass(std::string(kQuote) +
             "at +36h expect no call_about_quote, page_viewed { page \"/\" }\nat +40h expect nothing");
}

TEST_F(TestRunnerTest, ConditionsFeaturesAndStages) {
  ExpectPass(
      "at 2026-03-02 10:00 page_viewed { page \"/a\" }, page_viewed { page \"/b\" }\n"
      "expect views is 2, expect purchase is browsing, expect not quote_gone_quiet\n"
      "at +1h quote_started { vehicle \"Civic\", amount 5 USD }\n"
      "expect purchase is quoting, expect last_quote.amount is 5 USD, expect name is \"Ada\"");
}

TEST_F(TestRunnerTest, ByLooksBackToTheStepBefore) {
  ExpectPass(std::string(kQuote) + "by +3 days expect call_about_quote");
  EXPECT_THAT(Failure(std::string(kQuote) + "at +3 days expect call_about_quote"),
              AllOf(HasSubstr("did not go out at"), HasSubstr("but at Wed 2026-03-04 08:00")));
}

TEST_F(TestRunnerTest, WaitingAndSuppressed) {
  ExpectPass(
      "at 2026-03-02 19:00 quote_started { vehicle \"Civic\", amount 5 USD }\n"
      "at +35h expect nothing\n"
      "at 2026-03-04 07:30 expect call_about_quote waiting because quiet hours\n"
      "at 2026-03-04 08:00 expect call_about_quote");
  ExpectPass(
      "at 2026-03-02 10:00 page_viewed { page \"/welcome\" }, expect welcome\n"
      "at +1h page_viewed { page \"/welcome\" }, expect welcome suppressed because capped");
  EXPECT_THAT(
      Failure("at 2026-03-02 10:00 page_viewed { page \"/welcome\" }\n"
              "at +1h page_viewed { page \"/welcome\" }, expect welcome suppressed because quiet hours"),
      HasSubstr("because of capped (capped: 1 email per day), not because of quiet hours"));
}

TEST_F(TestRunnerTest, NobodyIsHeldOutUnlessTheTestSaysSo) {
  const std::vector<TestResult> results = RunRules(R"(
test "nobody" {
  customer "a"  customer "b"  customer "c"  customer "d"
  at 2026-03-02 20:00 quote_started of "a" { vehicle "x", amount 5 USD }, quote_started of "b" { vehicle "x", amount 5 USD }
  quote_started of "c" { vehicle "x", amount 5 USD }, quote_started of "d" { vehicle "x", amount 5 USD }
  at +36h expect call_about_quote of "a", expect call_about_quote of "b", expect call_about_quote of "c"
  expect call_about_quote of "d" to managers, expect nothing
}
test "everybody" {
  customer "a"
  held out
  at 2026-03-02 20:00 quote_started { vehicle "x", amount 5 USD }
  at +36h expect call_about_quote held out
  expect nothing
})");
  EXPECT_TRUE(results.at(0).passed() && results.at(1).passed()) << text_;
}

TEST_F(TestRunnerTest, WhatWasNotExpectedIsFound) {
  EXPECT_THAT(Failure(std::string(kQuote) + "at +40h expect nothing"),
              "call_about_quote went out at Wed 2026-03-04 08:00 (+36 hours), and nothing was expected");
  EXPECT_THAT(Failure(std::string(kQuote) + "at +40h expect no call_about_quote"),
              HasSubstr("call_about_quote went out at"));
  EXPECT_THAT(Failure(std::string(kQuote) + "at +36h expect call_about_quote to managers"),
              "call_about_quote: it went to sales / \"Oak Park\", not to managers");
  EXPECT_THAT(Failure(std::string(kQuote) + "at +36h expect call_about_quote because \"no reason\""),
              HasSubstr("its reasons are \"Quoted Civic at 21,500 USD\""));
  EXPECT_THAT(Failure(std::string(kQuote) + "at +36h expect call_about_quote worth 3 USD"),
              HasSubstr("its worth is 430 USD, not 3 USD"));
}

TEST_F(TestRunnerTest, AFailureShowsTheConditionAndTheTimeline) {
  const TestResult result = RunRules(R"(test "t" {
  customer "c-1" { source partner }
  at 2026-03-02 20:00 quote_started { vehicle "Civic", amount 5 USD }
  at +30h expect call_about_quote
})")
                                .at(0);
  ASSERT_EQ(result.failures.size(), 1u);
  const TestFailure& failure = result.failures[0];
  EXPECT_EQ(loaded_.sources.Locate(failure.span.source, failure.span.begin).line, 4u);
  EXPECT_EQ(failure.step, "expect call_about_quote");
  EXPECT_THAT(
      failure.reasons,
      ElementsAre(
          AllOf(HasSubstr("while quote_gone_quiet"), HasSubstr("no")),
          AllOf(HasSubstr("while purchase is quoting"), HasSubstr("yes"), HasSubstr("purchase is quoting")),
          AllOf(HasSubstr("unless opted_out"), HasSubstr("no")),
          AllOf(HasSubstr("quiet 36 hours"), HasSubstr("30 hours of 36 hours, until Wed 2026-03-04 08:00")),
          AllOf(HasSubstr("if urgency >= 10"), HasSubstr("urgency is -10"))));
  EXPECT_THAT(failure.timeline,
              ElementsAre("Mon 2026-03-02 20:00  quote_started vehicle \"Civic\" amount 5 USD",
                          "Mon 2026-03-02 20:00  purchase: browsing -> quoting"));
  EXPECT_THAT(Failure("at 2026-03-02 10:00 page_viewed { page \"/\" }, expect views >= 2"),
              "views >= 2 is not so");
}

TEST_F(TestRunnerTest, ReportsForPrograms) {
  const std::vector<TestResult> results = RunRules(R"(
test "good" { customer "c"  at 2026-03-02 10:00 page_viewed { page "/" }, expect nothing }
test "bad <&>" { customer "c"  at 2026-03-02 10:00 page_viewed { page "/" }, expect welcome })");
  EXPECT_EQ(SummaryText(results), "2 tests: 1 passed, 1 failed\n");
  EXPECT_EQ(ResultJson(results[0], loaded_),
            "{\"test\":\"good\",\"file\":\"tests.lull\",\"line\":2,\"passed\":true,\"failures\":[]}\n");
  EXPECT_THAT(ResultJson(results[1], loaded_),
              AllOf(HasSubstr("\"passed\":false"), HasSubstr("\"time\":\"2026-03-02T16:00:00Z\""),
                    HasSubstr("\"step\":\"expect welcome\"")));
  const std::string xml = JUnitXml(results, loaded_, Zone::Utc());
  EXPECT_THAT(xml, AllOf(HasSubstr("<testsuites tests=\"2\" failures=\"1\">"),
                         HasSubstr("name=\"bad &lt;&amp;&gt;\""),
                         HasSubstr("<failure message=\"welcome did not go out")));
  EXPECT_THAT(xml, Not(HasSubstr("bad <&>")));
}

TEST(TestRunnerOfPartsTest, OfAPartMeansItsWholeToo) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"rules.lull", R"(
ruleset shelves { zone "UTC" channels note as message }
entity store by store_id
entity shelf by sku within store { units number = 0 }
event sold of shelf sets units { units number }
nudge hello of shelf { on sold do note "{count of sold} of {store_id}" }
test "two shelves of two stores" {
  store "north"
  store "south"
  shelf "a" of "north"
  shelf "b" of "south"
  at 2026-03-02 09:00  sold of "a" { units 1 }
  at 2026-03-02 09:00  expect hello of "a" text "1 of north"
  at +1h               sold of "b" { units 1 }, sold of "a" { units 3 }
  at +1h               expect hello of "b" text "1 of south", expect hello of "a" text "2 of north"
}
)"}});
  ASSERT_TRUE(loaded.good()) << dsl::RenderAll(loaded.diagnostics, loaded.sources);
  Result<TestSuite> suite = TestSuite::Make(loaded, false);
  ASSERT_TRUE(suite.has_value());
  const Result<TestResult> result = suite->RunTest(0);
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->passed()) << ResultText(*result, loaded, suite->observed().zone);
}

TEST(TestRunnerOfPartsTest, EqualKeysOfTwoWholesAreTwo) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"rules.lull", R"(
ruleset shelves { zone "UTC" channels note as message, call as task }
entity store by store_id { large flag = yes }
entity shelf by sku within store { units number = 0 }
event sold       of shelf sets units { units number }
event store_shut of store
journey service of store { start trading  trading -> shut on store_shut  shut -> trading after 8 hours }
feature sales of shelf = count of sold
unit staff
nudge hello of shelf { on sold if shelf.units > 1 do call "{sales} of {store_id}" to staff }
test "one shelf each" {
  store "north"
  store "south"
  shelf "a" of "north" { units 7 }
  shelf "a" of "south" { units 8 }
  at 2026-03-02 09:00  expect units is 7 of "a" of "north", expect units is 8 of "a" of "south"
  at +1m               sold of "a" of "north" { units 1 }
  at +1h               sold of "a" of "south" { units 3 }
  at +1h               expect hello of "a" of "south" text "1 of south", expect no hello of "a" of "north"
  at +2h               done hello of "a" of "south"
  at +2h               expect sales is 1 of "a" of "north"
}
test "the stage of the whole and the units of the part" {
  store "north"
  shelf "a" of "north"
  at 2026-03-02 09:00  sold { units 3 }
  at 2026-03-02 09:00  expect service is trading, expect units is 3, expect sales is 1, expect large, expect hello
  at +1h               store_shut
  at +1h               expect service is shut, expect units is 3 and service is shut
}
)"}});
  ASSERT_TRUE(loaded.good()) << dsl::RenderAll(loaded.diagnostics, loaded.sources);
  Result<TestSuite> suite = TestSuite::Make(loaded, false);
  ASSERT_TRUE(suite.has_value());
  for (std::size_t i = 0; i < suite->size(); ++i) {
    const Result<TestResult> result = suite->RunTest(i);
    ASSERT_TRUE(result.has_value());
    EXPECT_TRUE(result->passed()) << ResultText(*result, loaded, suite->observed().zone, {});
  }
}

TEST(MatchesNameTest, PatternsOfNames) {
  EXPECT_TRUE(MatchesName("a quote that goes quiet", "quote"));
  EXPECT_TRUE(MatchesName("a quote that goes quiet", "a*quiet"));
  EXPECT_TRUE(MatchesName("a quote", "*quote*"));
  EXPECT_TRUE(MatchesName("anything", ""));
  EXPECT_FALSE(MatchesName("a quote", "quote*"));
  EXPECT_FALSE(MatchesName("aba", "ab*ba"));
}

}  // namespace
}  // namespace lull::trial
