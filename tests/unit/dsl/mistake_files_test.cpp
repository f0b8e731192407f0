// The files of tests/mistakes: rules with one mistake each, of the kinds that people make. What is expected
// is written in each file: where the mistake stands, a word that must be in what is said, and the lines as
// they should be. The first diagnostic points there, nothing else is said, and a suggested edit mends the
// file.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "dsl/fixes.h"
#include "dsl/load.h"
#include "dsl/render.h"

namespace lull::dsl {
namespace {

namespace fs = std::filesystem;

const std::string kFolder = std::string(LULL_SOURCE_DIR) + "/tests/mistakes";

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The comments at the head of a file:
///   # expect LINE:COLUMN-COLUMN words, all of which must be said & others
///   # line N should be:   or   # lines N-N should be:
///   # | such a line
struct Expectation {
  std::size_t line = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::string> words;
  std::size_t first_wrong = 0;  // lines
  std::size_t last_wrong = 0;
  std::vector<std::string> right;
  bool alone = false;  // without the shop
};

std::vector<std::string> WordsOf(const std::string& said) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  for (std::size_t mark = said.find(" & "); mark != std::string::npos; mark = said.find(" & ", begin)) {
    words.push_back(said.substr(begin, mark - begin));
    begin = mark + 3;
  }
  words.push_back(said.substr(begin));
  return words;
}

Expectation ExpectationOf(const std::vector<std::string>& lines) {
  static const std::regex kExpect("# expect (\\d+):(\\d+)-(\\d+) (.+)");
  static const std::regex kLines("# lines? (\\d+)(?:-(\\d+))? should be:");
  Expectation expected;
  for (const std::string& line : lines) {
    std::smatch match;
    if (line == "# alone") {
      expected.alone = true;
    } else if (std::regex_match(line, match, kExpect)) {
      expected.line = std::stoul(match[1]);
      expected.begin = std::stoul(match[2]);
      expected.end = std::stoul(match[3]);
      expected.words = WordsOf(match[4]);
    } else if (std::regex_match(line, match, kLines)) {
      expected.first_wrong = std::stoul(match[1]);
      expected.last_wrong = std::stoul(match[2].matched ? match[2] : match[1]);
    } else if (line.starts_with("# | ") || line == "# |") {
      expected.right.push_back(line.size() > 4 ? line.substr(4) : "");
    } else if (!line.starts_with("#")) {
      break;
    }
  }
  return expected;
}

std::string Mended(std::vector<std::string> lines, const Expectation& expected) {
  const auto from = lines.begin() + static_cast<std::ptrdiff_t>(expected.first_wrong) - 1;
  const auto at = lines.erase(from, lines.begin() + static_cast<std::ptrdiff_t>(expected.last_wrong));
  lines.insert(at, expected.right.begin(), expected.right.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// Edits need not leave blanks and line breaks as a person would.
std::string WithoutBlanks(const std::string& text) {
  std::string bare;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r') bare += c;
  }
  return bare;
}

LoadedRuleset LoadWithShop(const std::string& text, bool alone) {
  if (alone) return LoadRulesetTexts({{"mistake.lull", text}});
  return LoadRulesetTexts({{"shop.lull", Read(kFolder + "/shop/shop.lull")}, {"mistake.lull", text}});
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".lull") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class MistakeFileTest : public ::testing::TestWithParam<std::string> {};

TEST_P(MistakeFileTest, TheFirstDiagnosticPointsAtItAndSaysHowToMendIt) {
  const std::string text = Read(kFolder + "/" + GetParam() + ".lull");
  const std::vector<std::string> lines = LinesOf(text);
  const Expectation expected = ExpectationOf(lines);
  ASSERT_GT(expected.line, 0u) << "the head of the file says what is expected";
  ASSERT_GT(expected.first_wrong, 0u) << "the head of the file says how it should be";
  const LoadedRuleset loaded = LoadWithShop(text, expected.alone);
  SCOPED_TRACE(text + "\n" + RenderAll(loaded.diagnostics, loaded.sources));
  ASSERT_FALSE(loaded.diagnostics.all().empty());
  EXPECT_EQ(loaded.diagnostics.all().size(), 1u);

  const Diagnostic& first = *loaded.diagnostics.Sorted().front();
  ASSERT_TRUE(first.span.exists());
  const auto begin = loaded.sources.Locate(first.span.source, first.span.begin);
  const auto end = loaded.sources.Locate(first.span.source, first.span.end);
  EXPECT_EQ(begin.line, expected.line);
  EXPECT_LE(begin.column, expected.end) << "points behind the mistake";
  EXPECT_GE(end.line > begin.line ? expected.begin : end.column, expected.begin)
      << "points before the mistake";

  const std::string said = first.message + " " + first.label + " " + first.help + " " +
                           (first.edit ? first.edit->replacement : "");
  for (const std::string& word : expected.words) EXPECT_NE(said.find(word), std::string::npos) << word;
  EXPECT_FALSE(first.help.empty());

  const std::string right = Mended(lines, expected);
  const LoadedRuleset mended = LoadWithShop(right, expected.alone);
  EXPECT_EQ(mended.diagnostics.all().size(), 0u) << right << RenderAll(mended.diagnostics, mended.sources);
  if (!first.edit) return;
  const std::string fixed = ApplyEdits(loaded.sources, loaded.sources.ids().back(), {*first.edit});
  EXPECT_EQ(WithoutBlanks(fixed), WithoutBlanks(right)) << "after the edit:\n" << fixed;
}

INSTANTIATE_TEST_SUITE_P(Files, MistakeFileTest, ::testing::ValuesIn(Names()),
                         [](const auto& file) { return file.param; });

TEST(MistakeFilesTest, TheShopIsGoodAndThereAreEnoughMistakes) {
  const LoadedRuleset shop = LoadRulesetTexts({{"shop.lull", Read(kFolder + "/shop/shop.lull")}});
  EXPECT_EQ(shop.diagnostics.all().size(), 0u) << RenderAll(shop.diagnostics, shop.sources);
  EXPECT_GE(Names().size(), 200u);
}

}  // namespace
}  // namespace lull::dsl
