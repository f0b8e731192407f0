// Random changes of good rule files: the parser always ends, reports inside the text, and makes a sound tree.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/unit/dsl/syntax_test_util.h"

namespace lull::dsl {
namespace {

constexpr std::string_view kSample = R"(ruleset automotive_retail {
  title "Online car purchase"
  zone "America/Chicago"  currency USD
  channels call as task, email as message
}
choice lead_source { web, store, phone, partner }
entity customer by customer_id {
  name text
  source lead_source = web
  activity page_viewed, quote_started
  forget after 400 days quiet
}
event page_viewed of customer from "web.page" { page text, vehicle text? from "a.b" }
event quote_started of customer { amount money }
events touch = page_viewed, quote_started
## Documented.
feature views of customer = count of page_viewed where page starts with "/finance" in last 24 hours
feature spend of customer = (sum of quote_started.amount since touch) * 2% or else 0 USD
journey purchase of customer {
  start browsing
  browsing, dormant -> quoting on quote_started where amount > 5 USD
  any -> dormant after 90 days quiet
}
stall quiet_quote of customer {
  while purchase is quoting  quiet 36 hours  unless name is one of ("a", "b")
  because "Quoted {{x}} at {(latest quote_started).amount}" when not any touch in last 2 days
}
stall wait of customer { after each quote_started no touch with same customer_id within 1 day }
score urgency of customer {
  start 10
  add 30 when views >= 3 because "looked {views} times"
  kept between 0 and 100
}
unit sales
nudge call_them of customer {
  while quiet_quote
  if urgency between 10 and 20 and if views > 3 then yes else no
  do call "Call {name}"
  to sales / name, else sales
  worth 2026-03-02 10:00
  due 4 hours of store_hours
}
policy contact of customer {
  best 1 by worth
  at most 2 nudges in 7 days
  quiet hours 20:00 to 08:00
  holdout 5%
}
test "x" { at +1h nothing }
)";

std::string Mutate(std::string text, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  constexpr std::string_view kBits[] = {
      "{", "}",  "\"", "(", ")",    "\n",   "where",          "is",       "->",        ",",   "9",
      "-", "==", "#",  "'", "\xFF", " in ", "nudge x of y {", "\xC3\xA9", "count of ", "if ", "%"};
  const std::size_t changes = 1 + below(4);
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = below(text.size());
    const std::size_t length = std::min(text.size() - at, below(12));
    switch (below(5)) {
      case 0:
        text.erase(at, length + 1);
        break;
      case 1:
        text.insert(at, kBits[below(std::size(kBits))]);
        break;
      case 2:
        text[at] = static_cast<char>(below(256));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), 1 + below(60)));
        break;
      default:
        std::swap(text[at], text[below(text.size())]);
        break;
    }
  }
  return text;
}

/// Every id of the tree points down, and every span lies in the text.
void ExpectSound(const Parsed& parsed) {
  const std::size_t size = parsed.sources.text({0}).size();
  for (const Diagnostic& each : parsed.diagnostics.all()) {
    ASSERT_LE(each.span.begin, each.span.end);
    ASSERT_LE(each.span.end, size);
    ASSERT_FALSE(each.message.empty());
  }
  for (const syntax::Expr& each : parsed.tree.expressions) {
    ASSERT_LE(each.span.begin, each.span.end);
    ASSERT_LE(each.span.end, size);
  }
}

TEST(ParserFuzz, RandomChangesNeverBreakTheParser) {
  const char* given = std::getenv("LULL_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("seed %llu (set LULL_TEST_SEED to repeat)\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  ASSERT_EQ(Parsed(kSample).report(), "");
  std::size_t broken = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = Mutate(std::string(kSample), random);
    const Parsed parsed(text);
    SCOPED_TRACE("seed " + std::to_string(seed) + ", change " + std::to_string(i) + "\n" + text);
    ASSERT_NO_FATAL_FAILURE(ExpectSound(parsed));
    ASSERT_FALSE(PrintTree(parsed.tree).empty() && !parsed.diagnostics.has_errors());
    if (parsed.diagnostics.error_count() > 2) ++broken;
  }
  EXPECT_GT(broken, 500u);
}

TEST(ParserFuzz, RandomTokensNeverBreakTheParser) {
  const char* given = std::getenv("LULL_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("seed %llu (set LULL_TEST_SEED to repeat)\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  std::vector<std::string> words;
  std::string word;
  for (const char c : kSample) {
    if (c == ' ' || c == '\n') {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  for (int i = 0; i < 500; ++i) {
    std::string text;
    for (int n = 0; n < 100; ++n) text += words[random() % words.size()] + (random() % 8 == 0 ? "\n" : " ");
    const Parsed parsed(text);
    SCOPED_TRACE("seed " + std::to_string(seed) + ", text " + std::to_string(i) + "\n" + text);
    ASSERT_NO_FATAL_FAILURE(ExpectSound(parsed));
  }
}

}  // namespace
}  // namespace lull::dsl
