// The examples of LANGUAGE.md do what the page says.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "dsl/keywords.h"
#include "dsl/load.h"
#include "dsl/render.h"

namespace lull::dsl {
namespace {

struct Example {
  std::string fence;  // what stands after the three marks
  std::string text;
  int line = 0;
};

std::string Page() {
  std::ifstream in(std::string(LULL_SOURCE_DIR) + "/dsl/LANGUAGE.md");
  EXPECT_TRUE(in.good());
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<Example> Examples() {
  std::vector<Example> examples;
  std::istringstream in(Page());
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) {
        examples.push_back({line.substr(3), "", number});
      }
    } else if (inside) {
      examples.back().text += line + "\n";
    }
  }
  EXPECT_FALSE(inside);
  return examples;
}

LoadedRuleset LoadExample(const std::vector<Example>& all, const Example& example) {
  if (&example == &all.front() || example.fence == "lull alone") {
    return LoadRulesetTexts({{"example.lull", example.text}});
  }
  // What one example declares is there for the later ones too.
  std::vector<std::pair<std::string, std::string>> texts;
  for (const Example& each : all) {
    if (&each == &example || each.fence == "lull") {
      texts.emplace_back("line " + std::to_string(each.line), each.text);
    }
  }
  return LoadRulesetTexts(texts);
}

TEST(LanguagePageTest, ExamplesHaveNoMistakesUnlessTheySaySo) {
  const std::vector<Example> examples = Examples();
  ASSERT_GT(examples.size(), 10u);
  for (const Example& example : examples) {
    if (example.fence == "text") continue;  // output, not rules
    ASSERT_TRUE(example.fence.starts_with("lull")) << "line " << example.line;
    const LoadedRuleset loaded = LoadExample(examples, example);
    SCOPED_TRACE("line " + std::to_string(example.line) + "\n" +
                 RenderAll(loaded.diagnostics, loaded.sources));
    if (example.fence.starts_with("lull-error ")) {
      ASSERT_EQ(loaded.diagnostics.error_count(), 1u);
      EXPECT_EQ(CodeText(loaded.diagnostics.Sorted().front()->code), example.fence.substr(11));
    } else {
      EXPECT_TRUE(loaded.good());
    }
  }
}

TEST(LanguagePageTest, TheWholeRulesetGivesNoWarning) {
  const std::vector<Example> examples = Examples();
  const LoadedRuleset loaded = LoadExample(examples, examples.front());
  EXPECT_EQ(loaded.diagnostics.all().size(), 0u) << RenderAll(loaded.diagnostics, loaded.sources);
}

TEST(LanguagePageTest, ListsTheReservedWords) {
  const std::string page = Page();
  const std::size_t begin = page.find("These are never names:");
  ASSERT_NE(begin, std::string::npos);
  const std::size_t first = page.find('`', begin) + 1;
  const std::string listed = page.substr(first, page.find('`', first) - first);
  std::string expected;
  for (const std::string_view word : ReservedWords()) {
    expected += (expected.empty() ? "" : " ") + std::string(word);
  }
  EXPECT_EQ(listed, expected);
}

}  // namespace
}  // namespace lull::dsl
