// The layout of random rulesets means what the text means, keeps its comments, and is its own layout.
#include "dsl/format.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "dsl/load.h"
#include "dsl/program_printer.h"
#include "tests/support/property.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

constexpr std::uint64_t kFormattedCount = 60;

/// The text with remarks at the ends of some lines, and blanks where they mean nothing.
std::string Scribbled(Random& random, const std::string& text, int& remarks) {
  std::istringstream lines(text);
  std::string scribbled;
  for (std::string line; std::getline(lines, line);) {
    if (random() % 4 == 0) line.insert(0, random() % 6, ' ');
    if (random() % 5 == 0) line += "  # remark " + std::to_string(remarks++) + ".";
    scribbled += line + (random() % 9 == 0 ? "\n\n" : "\n");
  }
  return scribbled;
}

std::string Formatted(const std::string& text) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"rules.lull", text}});
  dsl::Diagnostics diagnostics;
  const dsl::FormatResult result = dsl::Format(loaded.sources, diagnostics);
  EXPECT_EQ(result.outcome, dsl::FormatOutcome::kDone);
  return result.text;
}

std::string MeaningOf(const std::string& text) {
  const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"rules.lull", text}});
  EXPECT_TRUE(loaded.good());
  return dsl::PrintProgram(loaded.program);
}

TEST(Format, RandomRulesetsKeepTheirMeaningAndTheirComments) {
  ForEachSeed(kFormattedCount, [](std::uint64_t seed) {
    Random random(seed);
    int remarks = 0;
    const std::string text = Scribbled(random, RandomRuleset(random), remarks);
    const std::string formatted = Formatted(text);
    EXPECT_EQ(MeaningOf(formatted), MeaningOf(text));
    EXPECT_EQ(Formatted(formatted), formatted);
    for (int remark = 0; remark < remarks; ++remark) {
      const std::string wanted = "# remark " + std::to_string(remark) + ".";
      EXPECT_NE(formatted.find(wanted), std::string::npos) << wanted;
    }
  });
}

}  // namespace
}  // namespace lull::test
