// Runs the tests that a ruleset brings along, with virtual time, through the engine itself.
//
// At each instant of a test its events are applied in their order, then the deadlines of that instant are
// decided, then its expectations are looked at.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "trial/run.h"

namespace lull::trial {

struct TestFailure {
  dsl::Span span;  // of the step
  std::int64_t instant = 0;
  std::string step;                   // as it was written
  std::string message;                // what is not as expected
  std::vector<std::string> reasons;   // the parts of the condition that was expected, indented
  std::vector<std::string> timeline;  // of the entity around the failure
};

struct TestResult {
  const dsl::Test* test = nullptr;
  std::vector<TestFailure> failures;

  bool passed() const { return failures.empty(); }
};

class TestSuite {
 public:
  /// `loaded` must be free of errors and outlive the suite.
  static Result<TestSuite> Make(const dsl::LoadedRuleset& loaded, bool native);

  std::size_t size() const { return observed_->loaded->program.tests.size(); }
  const dsl::Test& test(std::size_t index) const { return observed_->loaded->program.tests[index]; }
  Result<TestResult> RunTest(std::size_t index);
  /// What the tests that have been run made happen.
  const Seen& seen() const { return seen_; }
  const Observed& observed() const { return *observed_; }

 private:
  std::shared_ptr<const Observed> observed_;
  std::vector<std::vector<Part>> nudge_parts_;            // by nudge; empty for those that no test expects
  std::map<dsl::ExprId, std::vector<Part>> state_parts_;  // by expected condition
  Seen seen_;
};

/// Runs all tests; fails with what is not as expected.
Status RunOwnTests(const dsl::LoadedRuleset& loaded);

/// Whether a name matches a pattern in which `*` stands for any characters; without one, whether it contains
/// it.
bool MatchesName(std::string_view name, std::string_view pattern);

}  // namespace lull::trial
