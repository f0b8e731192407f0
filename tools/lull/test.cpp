// lull test: the tests that a ruleset brings along.
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <vector>

#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/rules.h"
#include "trial/coverage.h"
#include "trial/report.h"
#include "trial/test_runner.h"

namespace lull::tools {
namespace {

// Of this command alone.
constexpr int kExitTestsFailed = 1;
constexpr int kExitNotRun = 2;

struct TestOptions {
  std::string folder;
  std::string name;
  std::string junit;
  bool json = false;
  bool native = false;
  bool coverage = false;
};

Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file ? Status() : Fail("cannot write " + path);
}

int RunTests(const TestOptions& options) {
  const std::expected<dsl::LoadedRuleset, int> loaded = LoadRules(options.folder, true);
  if (!loaded) return kExitNotRun;
  Result<trial::TestSuite> suite = trial::TestSuite::Make(*loaded, options.native);
  if (!suite) return Complain(suite.error().message, kExitNotRun);
  const Zone& zone = suite->observed().zone;
  const trial::ReportOptions report{.color = OutputHasColor()};
  std::vector<trial::TestResult> results;
  for (std::size_t i = 0; i < suite->size(); ++i) {
    if (!trial::MatchesName(suite->test(i).title, options.name)) continue;
    Result<trial::TestResult> result = suite->RunTest(i);
    if (!result) return Complain(result.error().message, kExitNotRun);
    fmt::print("{}", options.json ? trial::ResultJson(*result, *loaded)
                                  : trial::ResultText(*result, *loaded, zone, report));
    results.push_back(std::move(*result));
  }
  if (results.empty() && !options.name.empty()) {
    return Complain("no test of " + options.folder + " has \"" + options.name + "\" in its name",
                    kExitNotRun);
  }
  if (!options.json) {
    if (results.empty())
      fmt::print("{} has no tests yet: write `test \"...\" {{ ... }}` into a rule file\n", options.folder);
    if (!results.empty()) fmt::print("{}", trial::SummaryText(results, report));
  }
  if (options.coverage) {
    const std::vector<trial::CoverageItem> items = trial::CoverageOf(suite->observed(), suite->seen());
    fmt::print("{}", options.json ? trial::CoverageJson(items, *loaded) : trial::CoverageText(items));
  }
  if (!options.junit.empty()) {
    const Status written = WriteFile(options.junit, trial::JUnitXml(results, *loaded, zone));
    if (!written) return Complain(written.error().message, kExitNotRun);
  }
  for (const trial::TestResult& result : results) {
    if (!result.passed()) return kExitTestsFailed;
  }
  return kExitOk;
}

}  // namespace

void AddTestCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = app.add_subcommand("test", "Run the tests of a ruleset, with virtual time");
  command->add_option("DIR", options->folder, "Folder with the *.lull files")->required();
  command->add_option("--name", options->name, "Only tests with this in their name; `*` stands for anything");
  command->add_flag("--json", options->json, "One JSON object for each test");
  command->add_option("--junit", options->junit, "Also write the results as JUnit XML")->type_name("FILE");
  command->add_flag("--coverage", options->coverage, "Also say what no test has made happen");
  command->add_flag("--native", options->native, "Run native code instead of the interpreter");
  command->footer("\nExits with 0 if all tests pass, with 1 if some fail, with 2 if they could not be run.");
  command->callback([options, &run] { run = [options] { return RunTests(*options); }; });
}

}  // namespace lull::tools
