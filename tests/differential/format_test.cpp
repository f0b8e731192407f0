// The layout of random rulesets means what the text means, keeps its comments, and is its own layout.
#include "dsl/format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <sstream>
#include <string>

#include "dsl/load.h"
#include "dsl/program_printer.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

/// Rulesets that are tried; LULL_PROPERTY_COUNT says otherwise.
constexpr std::uint64_t kFormattedCount = 60;

std::uint64_t FromEnvironmentOr(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

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
  const std::uint64_t first = FromEnvironmentOr("LULL_PROPERTY_SEED", std::random_device{}());
  const std::uint64_t count = FromEnvironmentOr("LULL_PROPERTY_COUNT", kFormattedCount);
  for (std::uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
    SCOPED_TRACE("LULL_PROPERTY_SEED=" + std::to_string(seed) + " LULL_PROPERTY_COUNT=1");
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
  }
}

}  // namespace
}  // namespace lull::test
