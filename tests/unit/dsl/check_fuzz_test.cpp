// Whatever the text is, checking ends, and what it finds lies inside the text.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "dsl/fixes.h"
#include "dsl/keywords.h"
#include "dsl/program_printer.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

std::string Sample() {
  std::ifstream in(std::string(LULL_SOURCE_DIR) + "/dsl/LANGUAGE.md");
  std::string line;
  std::string text;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      inside = line == "```lull";
    } else if (inside) {
      text += line + "\n";
    }
  }
  return text;
}

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  return words;
}

TEST(CheckFuzzTest, SwappedWordsNeverBreakIt) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  const std::vector<std::string> words = Words(Sample());
  ASSERT_GT(words.size(), 500u);
  std::size_t good = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> mixed = words;
    const std::size_t changes = 1 + random() % 12;
    for (std::size_t i = 0; i < changes; ++i) {
      mixed[random() % mixed.size()] = words[random() % words.size()];
    }
    std::string text;
    for (const std::string& word : mixed) {
      text += word + (random() % 4 == 0 ? "\n" : " ");
    }
    const LoadedRuleset loaded = LoadRulesetTexts({{"mixed.lull", text}});
    for (const Diagnostic& diagnostic : loaded.diagnostics.all()) {
      EXPECT_LE(diagnostic.span.begin, diagnostic.span.end);
      EXPECT_LE(diagnostic.span.end, text.size());
      EXPECT_FALSE(diagnostic.message.empty());
    }
    if (loaded.good()) {
      ++good;
      EXPECT_FALSE(PrintProgram(loaded.program).empty());
    }
  }
  EXPECT_LT(good, 300u);
}

std::vector<std::string> LanguageWords() {
  std::vector<std::string> words = {
      "{", "}", "(", ")", ",", "->", ">=", "<", "=", "%", "/", "2", "5 USD", "3 days"};
  for (const std::string_view word : ReservedWords()) words.emplace_back(word);
  for (const std::string_view word : DeclarationWords()) words.emplace_back(word);
  for (const std::string_view word : TimeUnitWords()) words.emplace_back(word);
  for (const BlockKind kind : AllBlockKinds()) {
    for (const std::string_view clause : WordsOf(kind).clauses) words.emplace_back(clause);
  }
  return words;
}

// A word of the language in place of another, left out, or put in: what slips of an author amount to.
TEST(CheckFuzzTest, WordsOfTheLanguageInWrongPlacesNeverBreakIt) {
  const char* given = std::getenv("LULL_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  const std::vector<std::string> language = LanguageWords();
  const std::vector<std::string> words =
      Words(std::string(kShop) +
            "feature views of customer = count of page_viewed in last 2 days\n"
            "stall s of customer { while purchase is quoting and views > 3 "
            "quiet 36 hours unless vip because \"x\" when views > 5 }\n"
            "score p of customer { start 10 add 5 when vip kept between 0 and 9 }\n"
            "nudge n of customer { while s if p >= 3 do call \"{name}\" "
            "to sales / region , else managers worth p + 2 }\n"
            "policy q of customer { best 1 by worth at most 2 nudges in 7 days "
            "quiet hours 20:00 to 08:00 never when vip holdout 5% }\n");
  std::size_t edits = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> mixed = words;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const auto at = mixed.begin() + static_cast<std::ptrdiff_t>(random() % mixed.size());
      const std::string& word = language[random() % language.size()];
      switch (random() % 3) {
        case 0:
          *at = word;
          break;
        case 1:
          mixed.erase(at);
          break;
        default:
          mixed.insert(at, word);
      }
    }
    std::string text;
    for (const std::string& word : mixed) text += word + (word == "{" || word == "}" ? "\n" : " ");
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round) + "\n" + text);
    const LoadedRuleset loaded = LoadRulesetTexts({{"mixed.lull", text}});
    for (const Diagnostic& diagnostic : loaded.diagnostics.all()) {
      ASSERT_LE(diagnostic.span.begin, diagnostic.span.end);
      ASSERT_LE(diagnostic.span.end, text.size());
    }
    // The edits can be applied, and what they make can be checked again.
    const std::string fixed =
        ApplyEdits(loaded.sources, loaded.sources.ids().back(), EditsOf(loaded.diagnostics));
    edits += fixed == text ? 0 : 1;
    const LoadedRuleset again = LoadRulesetTexts({{"mixed.lull", fixed}});
    ASSERT_FALSE(again.sources.ids().empty());
  }
  EXPECT_GT(edits, 100u);
}

}  // namespace
}  // namespace lull::dsl::testing
