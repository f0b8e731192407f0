// The events and attributes of a test, as the engine takes them.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "dsl/checked_program.h"
#include "runtime/engine.h"
#include "trial/recorder.h"

namespace lull::trial {

/// A literal of the program; views into it.
runtime::FieldValue ValueOf(const dsl::CheckedProgram& program, dsl::ExprId literal);

/// Makes frames and owns what they point to.
class TestFrames {
 public:
  TestFrames(const dsl::CheckedProgram& program, const runtime::Ruleset& ruleset)
      : program_(program), ruleset_(ruleset) {}

  runtime::EventFrame Make(const dsl::TestEvent& event, std::int64_t instant);
  /// What somebody does with the task of a decision.
  runtime::EventFrame MakeStep(const dsl::TestTaskStep& step, const DecisionRecord& task,
                               std::int64_t instant);
  /// The attributes that some rule reads.
  std::vector<runtime::Engine::SlotValue> Attributes(const dsl::TestSubject& subject) const;

 private:
  const dsl::CheckedProgram& program_;
  const runtime::Ruleset& ruleset_;
  std::deque<std::vector<runtime::FieldValue>> fields_;
  std::deque<std::vector<runtime::TextView>> keys_;
  std::deque<std::string> texts_;
  std::uint64_t position_ = 0;
};

}  // namespace lull::trial
