// The rulesets of tests/others say what cases of the public test sets of Esper, Flink, Siddhi and others say:
// their tests pass on the interpreter and with native code, and nothing in them is warned of.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "dsl/load.h"
#include "dsl/render.h"
#include "trial/report.h"
#include "trial/test_runner.h"

namespace lull::trial {
namespace {

namespace fs = std::filesystem;

const std::string kOthersFolder = std::string(LULL_SOURCE_DIR) + "/tests/others";

std::vector<std::string> FoldersOfOthers() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kOthersFolder)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class OthersTest : public ::testing::TestWithParam<std::string> {};

TEST_P(OthersTest, EachCaseHoldsOnBothEngines) {
  const auto loaded = dsl::LoadRuleset(kOthersFolder + "/" + GetParam());
  ASSERT_TRUE(loaded.has_value());
  ASSERT_TRUE(loaded->diagnostics.all().empty()) << dsl::RenderAll(loaded->diagnostics, loaded->sources);
  for (const bool native : {false, true}) {
    SCOPED_TRACE(native ? "native code" : "interpreter");
    Result<TestSuite> suite = TestSuite::Make(*loaded, native);
    ASSERT_TRUE(suite.has_value());
    for (std::size_t i = 0; i < suite->size(); ++i) {
      const Result<TestResult> result = suite->RunTest(i);
      ASSERT_TRUE(result.has_value());
      EXPECT_TRUE(result->passed()) << ResultText(*result, *loaded, suite->observed().zone);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, OthersTest, ::testing::ValuesIn(FoldersOfOthers()),
                         [](const auto& folder) { return folder.param; });

}  // namespace
}  // namespace lull::trial
