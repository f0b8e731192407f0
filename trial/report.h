// Results of tests as text: for people, as JSON lines, and as JUnit XML.
#pragma once

#include <span>
#include <string>

#include "trial/test_runner.h"

namespace lull::trial {

struct ReportOptions {
  bool color = false;
};

/// One test: a line, and what is not as expected.
std::string ResultText(const TestResult& result, const dsl::LoadedRuleset& loaded, const Zone& zone,
                       const ReportOptions& options = {});
/// "3 tests: 2 passed, 1 failed"
std::string SummaryText(std::span<const TestResult> results, const ReportOptions& options = {});

/// One JSON object and a line end:
/// {"test","file","line","passed","failures":[{"line","column","time","step","message","reasons","timeline"}]}
std::string ResultJson(const TestResult& result, const dsl::LoadedRuleset& loaded);

std::string JUnitXml(std::span<const TestResult> results, const dsl::LoadedRuleset& loaded, const Zone& zone);

}  // namespace lull::trial
