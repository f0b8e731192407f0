// Whatever the text is, checking ends, and what it finds lies inside the text.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

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

}  // namespace
}  // namespace lull::dsl::testing
