// Looks at one expectation of a test after its instant, and says in words what is not as expected.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trial/run.h"

namespace lull::trial {

class TestJudge {
 public:
  /// `first` is the test's first instant, from which offsets are told.
  TestJudge(Run& run, const std::vector<std::vector<Part>>& nudge_parts,
            const std::map<dsl::ExprId, std::vector<Part>>& state_parts, std::int64_t first)
      : run_(run), nudge_parts_(nudge_parts), state_parts_(state_parts), first_(first) {}

  struct Verdict {
    std::string message;  // empty: as expected
    std::vector<std::string> reasons;
    std::optional<Who> who;  // whose timeline shows more
  };
  /// `since` is the instant of the steps before (kUnknown: there are none).
  Verdict Judge(const dsl::TestStep& step, std::int64_t since);
  /// What sent out the open task that a step means; null if there is none or more than one, as `verdict` says
  /// then.
  const DecisionRecord* TaskOf(const dsl::TestTaskStep& step, std::int64_t instant, Verdict& verdict);

 private:
  using Records = std::vector<DecisionRecord*>;
  Verdict Nothing(const dsl::TestStep& step, std::optional<dsl::NudgeId> nudge);
  Verdict Condition(const dsl::TestStep& step);
  Verdict Waiting(const dsl::TestStep& step);
  Verdict Happened(const dsl::TestStep& step, std::int64_t since);
  /// What distinguishes a record from what was expected; empty: nothing.
  std::string Difference(const dsl::TestStep& step, const DecisionRecord& record) const;
  std::string DueDifference(const dsl::Expectation& expected, const DecisionRecord& record) const;
  std::string DestinationDifference(const dsl::Expectation& expected, const DecisionRecord& record) const;
  /// The record that says that the nudge waits, and why.
  const DecisionRecord* WaitingRecord(const dsl::Expectation& expected);
  std::vector<std::string> Describe(const dsl::TestStep& step, const Who& who);
  std::vector<std::string> Lines(const std::vector<Answer>& answers) const;
  std::string When(std::int64_t instant) const;
  bool Concerns(const dsl::Expectation& expected, const DecisionRecord& record) const {
    return (expected.nudge == dsl::kNone || record.nudge == expected.nudge) &&
           (!expected.key || record.key == *expected.key) &&
           (!expected.whole_key || record.whole_key == *expected.whole_key);
  }

  Run& run_;
  const std::vector<std::vector<Part>>& nudge_parts_;
  const std::map<dsl::ExprId, std::vector<Part>>& state_parts_;
  std::int64_t first_;
};

}  // namespace lull::trial
