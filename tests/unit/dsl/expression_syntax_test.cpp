#include <gtest/gtest.h>

#include "tests/unit/dsl/syntax_test_util.h"

namespace lull::dsl {
namespace {

struct Case {
  const char* text;
  const char* printed;
};

void ExpectPrinted(std::initializer_list<Case> cases) {
  for (const Case& each : cases) EXPECT_EQ(PrintedExpression(each.text), each.printed) << each.text;
}

TEST(ExpressionSyntax, Literals) {
  ExpectPrinted({
      {"1_000", "1000"},
      {"2.50", "2.50"},
      {"40%", "40%"},
      {"0.5%", "0.5%"},
      {"21_500 USD", "21500 USD"},
      {"19.99 EUR", "19.99 EUR"},
      {"36 hours", "129600 seconds"},
      {"1 day 12 hours", "129600 seconds"},
      {"1.5 hours", "5400 seconds"},
      {"0.000001 seconds", "0.000001 seconds"},
      {"2 weeks", "1209600 seconds"},
      {"1 year 2 months", "14 months"},
      {"1 month 3 days", "1 months 259200 seconds"},
      {"09:00", "09:00:00"},
      {"9:05:30", "09:05:30"},
      {"24:00", "24:00:00"},
      {"2026-11-26", "2026-11-26"},
      {"2024-02-29", "2024-02-29"},
      {"2026-03-02 10:00", "2026-03-02 10:00:00"},
      {"yes", "yes"},
      {"no", "no"},
      {"\"\"", "\"\""},
  });
}

TEST(ExpressionSyntax, TextsAreDecodedAndFilledIn) {
  ExpectPrinted({
      {R"("Quoted {q.vehicle} at {q.amount * 2}!")", R"("Quoted {q.vehicle} at {(q.amount * 2)}!")"},
      {R"("{{not} a }}hole")", R"("{{not}} a }}hole")"},
      {R"("say \"hi\" \\ \n")", R"("say \"hi\" \\ \n")"},
      {R"("{a}{b}")", R"("{a}{b}")"},
  });
  const Parsed parsed("feature f of e = \"ab {c} de\"");
  const auto& text = std::get<syntax::TextLiteral>(parsed.tree[parsed.tree.features[0].value].node);
  ASSERT_EQ(text.parts.size(), 3u);
  EXPECT_EQ(text.parts[0].text, "ab ");
  EXPECT_EQ(parsed.sources.TextOf(parsed.tree[text.parts[1].expr].span), "c");
  EXPECT_EQ(text.parts[2].text, " de");
}

TEST(ExpressionSyntax, WindowsOfTheCalendar) {
  ExpectPrinted({
      {"count of a today", "(count of a this day)"},
      {"count of a in last 24 hours before this", "((count of a in last 86400 seconds) before this)"},
      {"any a yesterday", "(any a last day)"},
      {"any a this week", "(any a this week)"},
      {"any a in last month", "(any a last month)"},
      {"any a last quarter", "(any a last quarter)"},
      {"sum of a.b where c is d in the week before last",
       "(sum of a.b where (c is d) in the week before last)"},
      {"count of a in the 24 hours before that", "(count of a in the 86400 seconds before that)"},
      {"count of a in last 1 week", "(count of a in last 604800 seconds)"},
      {"count of a since j entered s", "(count of a since j entered s)"},
  });
}

TEST(ExpressionSyntax, ValuesOfTime) {
  ExpectPrinted({
      {"time until contract_end <= 14 days", "((time until contract_end) <= 1209600 seconds)"},
      {"time until 09:00 on next yearly birthday", "(time until (09:00:00 on (next yearly birthday)))"},
      {"18:30 on 2026-03-02", "(18:30:00 on 2026-03-02)"},
      {"time in quoting", "(time in quoting)"},
      {"time in quoting of purchase of hours > 4 hours",
       "((time in quoting of purchase of hours) > 14400 seconds)"},
      {"last_amount before this", "(last_amount before this)"},
      {"(count of a) before this is 0", "(((count of a) before this) is 0)"},
      {"time since a before this > 3 days", "(((time since a) before this) > 259200 seconds)"},
  });
}

TEST(ExpressionSyntax, PrecedenceFromLoosestToTightest) {
  ExpectPrinted({
      {"a or b and c", "(a or (b and c))"},
      {"a and b or c and d", "((a and b) or (c and d))"},
      {"not a and b", "((not a) and b)"},
      {"not a is b", "(not (a is b))"},
      {"not not a", "(not (not a))"},
      {"a is b and c < d", "((a is b) and (c < d))"},
      {"a or else b < c", "((a or else b) < c)"},
      {"a or else b or c", "((a or else b) or c)"},
      {"a or b or else c", "(a or (b or else c))"},
      {"a or else b or else c", "((a or else b) or else c)"},
      {"a or else b + 1", "(a or else (b + 1))"},
      {"1 + 2 * 3 - 4 / 5", "((1 + (2 * 3)) - (4 / 5))"},
      {"a - b - c", "((a - b) - c)"},
      {"a / b / c", "((a / b) / c)"},
      {"-a * b", "((-a) * b)"},
      {"a - -b", "(a - (-b))"},
      {"(a + b) * c", "((a + b) * c)"},
      {"smaller of (price, 80_000) / 2_000 rounded down",
       "(((smaller of (price, 80000)) / 2000) rounded down)"},
      {"a + b / c rounded up + d", "((a + ((b / c) rounded up)) + d)"},
      {"a rounded < b", "((a rounded) < b)"},
      {"if a then b else c + 1", "(if a then b else (c + 1))"},
      {"1 + if a then b else c or d", "(1 + (if a then b else (c or d)))"},
      {"length of a.b + 1", "((length of a.b) + 1)"},
      {"lower case of a is b", "((lower case of a) is b)"},
  });
}

TEST(ExpressionSyntax, Comparisons) {
  ExpectPrinted({
      {"a is not b", "(a is not b)"},
      {"a <= 1 and a >= 0", "((a <= 1) and (a >= 0))"},
      {"a between 1 and 2 and b", "((a between 1 and 2) and b)"},
      {"a is between 1 and 2", "(a between 1 and 2)"},
      {"a is one of (b, c, d)", "(a is one of (b, c, d))"},
      {"a is not one of (b)", "(a is not one of (b))"},
      {"a starts with \"x\"", "(a starts with \"x\")"},
      {"a ends with b or a contains c", "((a ends with b) or (a contains c))"},
      {"a like \"/vehicle/*/finance\"", "(a like \"/vehicle/*/finance\")"},
      {"a is known and b is unknown", "((a is known) and (b is unknown))"},
      {"a is not known", "(a is unknown)"},
      {"a is not unknown", "(a is known)"},
  });
}

TEST(ExpressionSyntax, Aggregates) {
  ExpectPrinted({
      {"count of a", "(count of a)"},
      {"count of a in last 2 days >= 3", "((count of a in last 172800 seconds) >= 3)"},
      {"count of a where page is \"x\" and n > 2 in last 24 hours >= 3",
       "((count of a where ((page is \"x\") and (n > 2)) in last 86400 seconds) >= 3)"},
      {"count of a where b or c", "(count of a where (b or c))"},
      {"count of different a.f with same g since b", "(count of different a.f with same g since b)"},
      {"count of different", "(count of different)"},
      {"sum of a.amount in last d", "(sum of a.amount in last d)"},
      {"average of a.f / 2", "((average of a.f) / 2)"},
      {"minimum of a.f", "(minimum of a.f)"},
      {"maximum of a.f since j entered s", "(maximum of a.f since j entered s)"},
      {"first a", "(first a)"},
      {"latest a.message", "(latest a.message)"},
      {"(latest a where x is 1).message", "(latest a where (x is 1)).message"},
      {"any a in last 2 days", "(any a in last 172800 seconds)"},
      {"not any a", "(not (any a))"},
      {"time since activity > 2 days", "((time since activity) > 172800 seconds)"},
      {"gap of touch >= 6 hours or gap of touch is unknown",
       "(((gap of touch) >= 21600 seconds) or ((gap of touch) is unknown))"},
      {"count of a where (count of b in last 2 days) > 1 in last 3 days",
       "(count of a where ((count of b in last 172800 seconds) > 1) in last 259200 seconds)"},
      {"count of a where smaller of (count of b, 2) > 1",
       "(count of a where ((smaller of ((count of b), 2)) > 1))"},
  });
}

TEST(ExpressionSyntax, WordsAreWordsOnlyWhereTheyStand) {
  ExpectPrinted({
      {"count + sum + time", "((count + sum) + time)"},
      {"length > 2 and starts", "((length > 2) and starts)"},
      {"page.count is title", "(page.count is title)"},
  });
}

TEST(ExpressionSyntax, SpansCoverWhatWasWritten) {
  const Parsed parsed("feature f of e =  (a + b) * c  # why\n");
  ASSERT_EQ(parsed.report(), "");
  EXPECT_EQ(parsed.sources.TextOf(parsed.tree[parsed.tree.features[0].value].span), "(a + b) * c");
  const Parsed aggregate("feature f of e = count of a where b in last 2 days   \n\nunit u");
  EXPECT_EQ(aggregate.sources.TextOf(aggregate.tree[aggregate.tree.features[0].value].span),
            "count of a where b in last 2 days");
  EXPECT_EQ(aggregate.sources.TextOf(aggregate.tree.features[0].span),
            "feature f of e = count of a where b in last 2 days");
}

TEST(ExpressionSyntax, DecimalsAreExact) {
  const Parsed parsed("feature f of e = 2.5%");
  const auto& number = std::get<syntax::NumberLiteral>(parsed.tree[parsed.tree.features[0].value].node);
  EXPECT_TRUE(number.percent);
  EXPECT_EQ(number.value.units, 25);
  EXPECT_EQ(number.value.decimals, 3);
  EXPECT_EQ(number.value.ToDouble(), 0.025);
}

}  // namespace
}  // namespace lull::dsl
