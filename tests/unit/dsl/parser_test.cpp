#include "dsl/parser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "dsl/keywords.h"
#include "tests/unit/dsl/syntax_test_util.h"

namespace lull::dsl {
namespace {

/// Parses without error, and prints as expected.
void ExpectTree(std::string_view text, std::string_view printed) {
  const Parsed parsed(text);
  EXPECT_EQ(parsed.report(), "");
  EXPECT_EQ(PrintTree(parsed.tree), printed);
}

TEST(Parser, GrammarCannotLoop) { EXPECT_EQ(CountGrammarProblems(), 0u); }

TEST(Parser, Ruleset) {
  ExpectTree(R"(ruleset retail {
  title "Stalled customers"  zone "America/Chicago"
  currency USD
  channels call as task, email as message
  wire type "kind" time "at" id "uuid"
  late dead_letter  lateness 60 seconds
  dedupe 10 minutes  keep 4_096  stale after 24 hours
})",
             R"(ruleset retail
  title "Stalled customers"
  zone "America/Chicago"
  currency USD
  channel call as task
  channel email as message
  wire type "kind"
  wire time "at"
  wire id "uuid"
  late dead_letter
  lateness 60 seconds
  dedupe 600 seconds
  keep 4096
  stale after 86400 seconds
)");
}

TEST(Parser, ChoicesEntitiesEvents) {
  ExpectTree(R"(
choice source { web, store
  phone }
## Somebody who may buy.
##   Perhaps.
entity customer by customer_id {
  name text, notes text up to 1_000 bytes
  source source = web
  opted_out flag = no
  activity page_viewed, quote_started
  forget after 400 days quiet
}
entity desk { open flag }
event customer_updated of customer sets name, source
event page_viewed of customer, desk from "web.page" {
  page text from "context.page.path", vehicle text?
  seconds number? from "dwell"
}
event ping of desk
events touch = page_viewed, ping
)",
             R"(choice source
  values web, store, phone
entity customer
  ## Somebody who may buy.
  ##   Perhaps.
  by customer_id
  attribute name text
  attribute notes text up to 1000 bytes
  attribute source source = web
  attribute opted_out flag = no
  activity page_viewed, quote_started
  forget after 34560000 seconds quiet
entity desk
  attribute open flag
event customer_updated
  of customer
  sets name, source
event page_viewed
  of customer, desk
  from "web.page"
  field page text from "context.page.path"
  field vehicle text?
  field seconds number? from "dwell"
event ping
  of desk
events touch
  = page_viewed, ping
)");
}

TEST(Parser, Journeys) {
  ExpectTree(R"(journey purchase of customer {
  start browsing
  end delivered, lost
  browsing, dormant -> quoting on quote_started where amount > 5 USD
  any -> ordered on order_placed
  browsing -> dormant after 90 days quiet
  dormant -> lost after patience
  quoting -> dormant when urgency < 3
  any -> dormant on quote_gone_quiet
})",
             R"(journey purchase of customer
  start browsing
  end delivered, lost
  browsing, dormant -> quoting on quote_started where (amount > 5 USD)
  any -> ordered on order_placed
  browsing -> dormant after 7776000 seconds quiet
  dormant -> lost after patience
  quoting -> dormant when (urgency < 3)
  any -> dormant on quote_gone_quiet
)");
}

TEST(Parser, StallsInEveryForm) {
  ExpectTree(R"(
stall a of c { while p is q  quiet 36 hours  unless x unless y because "one" because "two {n}" when z }
stall b of c { no e, f for 2 days }
stall d of c { for 72 hours while p is q }
stall g of c { after e no f within 1 day }
stall h of c { after first e where m > 1 no f, g with same k where n < 2 within d }
stall i of c { after each e no f within 30 minutes while p }
)",
             R"(stall a of c
  while (p is q)
  unless x
  unless y
  quiet 129600 seconds
  because "one"
  because "two {n}" when z
stall b of c
  no e, f for 172800 seconds
stall d of c
  while (p is q)
  for 259200 seconds
stall g of c
  after e no f within 86400 seconds
stall h of c
  after first e where (m > 1) no f, g with same k where (n < 2) within d
stall i of c
  while p
  after each e no f within 1800 seconds
)");
}

TEST(Parser, ScoresAndUnits) {
  ExpectTree(R"(score urgency of customer {
  start 10
  add 30 when views >= 3 because "looked {views} times"
  add (smaller of (price, 80_000) / 2_000 rounded down)
  take 20 because "a partner" when source is partner
  kept between 0 and 100
}
unit sales
unit managers { })",
             R"(score urgency of customer
  start 10
  add 30 when (views >= 3) because "looked {views} times"
  add (((smaller of (price, 80000)) / 2000) rounded down)
  take 20 when (source is partner) because "a partner"
  kept between 0 and 100
unit sales
unit managers
)");
}

TEST(Parser, NudgesAndPolicies) {
  ExpectTree(R"(
nudge a of c {
  on quote_started where amount > 50_000 USD
  if urgency >= 10 if not x
  do call "Call {name}"
  to sales / store, else managers / customer.region else hq
  worth last_quote.amount * 2%
  again after 7 days
  withdraw when done_with
}
nudge b of c { while quote_gone_quiet do email "Hi" }
nudge d of c { on purchase entering financing do email "Hi" }
nudge e of c { on urgency >= 80 do email "Hi" }
nudge f of c { on some_stall do email "Hi" }
policy contact of c {
  covers a, b
  best 1 by worth
  at most 2 nudges in 7 days
  at most 3 in 30 days
  at most 1 email per day
  at most 4 per week
  at most 9 sales per month
  quiet hours 20:00 to 08:00
  quiet hours on_holiday or asleep
  never when opted_out
  holdout 5%
})",
             R"(nudge a of c
  on quote_started where (amount > 50000 USD)
  if (urgency >= 10)
  if (not x)
  do call "Call {name}"
  to sales / store
  else managers / customer.region
  else hq
  worth (last_quote.amount * 2%)
  again after 604800 seconds
  withdraw when done_with
nudge b of c
  while quote_gone_quiet
  do email "Hi"
nudge d of c
  on purchase entering financing
  do email "Hi"
nudge e of c
  on (urgency >= 80)
  do email "Hi"
nudge f of c
  on some_stall
  do email "Hi"
policy contact of c
  covers a, b
  best 1 by worth
  at most 2 nudges in 604800 seconds
  at most 3 in 2592000 seconds
  at most 1 email per day
  at most 4 per week
  at most 9 sales per month
  quiet hours 20:00:00 to 08:00:00
  quiet hours (on_holiday or asleep)
  never when opted_out
  holdout 5%
)");
}

TEST(Parser, LineEndsAndCommentsMeanNothing) {
  ExpectTree("unit a # one\r\n\r\n\t# two\nnudge # x\nb of c { do # y\n call\n\"t\" }",
             "unit a\nnudge b of c\n  do call \"t\"\n");
  ExpectTree("", "");
  ExpectTree("# only a comment", "");
}

TEST(Parser, DocumentationIsWhatStandsRightAbove) {
  const Parsed parsed("## lost\n\n## first\n##second\nunit a\nunit b\n  ## third\nunit c");
  ASSERT_EQ(parsed.tree.units.size(), 3u);
  EXPECT_EQ(parsed.tree.units[0].doc, "first\nsecond");
  EXPECT_EQ(parsed.tree.units[1].doc, "");
  EXPECT_EQ(parsed.tree.units[2].doc, "third");
}

TEST(Parser, FilesOfAFolderAreOneTree) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "lull_parser_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "inner.lull");
  std::ofstream(folder / "b.lull") << "unit b";
  std::ofstream(folder / "a.lull") << "unit a";
  std::ofstream(folder / "empty.lull");
  std::ofstream(folder / "notes.txt") << "not a rule";
  const auto sources = SourceSet::LoadFolder(folder.string());
  ASSERT_TRUE(sources.has_value()) << sources.error().message;
  EXPECT_EQ(sources->size(), 3u);
  Diagnostics diagnostics;
  EXPECT_EQ(PrintTree(Parse(*sources, diagnostics)), "unit a\nunit b\n");
  EXPECT_FALSE(diagnostics.has_errors());

  std::filesystem::remove_all(folder);
  EXPECT_FALSE(SourceSet::LoadFolder(folder.string()).has_value());
  std::filesystem::create_directories(folder);
  EXPECT_FALSE(SourceSet::LoadFolder(folder.string()).has_value());
  std::filesystem::remove_all(folder);
}

TEST(Source, LinesAndColumnsCountFromOne) {
  SourceSet sources;
  const SourceId id = sources.Add("x", "ab\r\n\xC3\xA9t\n");
  EXPECT_EQ(sources.Line(id, 1), "ab");
  EXPECT_EQ(sources.Line(id, 2), "\xC3\xA9t");
  EXPECT_EQ(sources.Line(id, 3), "");
  EXPECT_EQ(sources.Line(id, 4), "");
  EXPECT_EQ(sources.Locate(id, 0).line, 1u);
  EXPECT_EQ(sources.Locate(id, 6).line, 2u);
  EXPECT_EQ(sources.Locate(id, 6).column, 2u);
  EXPECT_EQ(sources.Locate(id, 8).line, 3u);
}

TEST(Keywords, ReservedWordsAreSorted) {
  const auto words = ReservedWords();
  EXPECT_TRUE(std::is_sorted(words.begin(), words.end()));
  EXPECT_TRUE(IsReservedWord("where"));
  EXPECT_FALSE(IsReservedWord("title"));
}

}  // namespace
}  // namespace lull::dsl
