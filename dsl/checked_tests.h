// The tests of a checked program (dsl/checked_program.h): what happens to whom, and what is expected then.
//
// Ids are those of the program's tables; times are instants in microseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dsl/checked_expr.h"
#include "dsl/source.h"
#include "runtime/base/time.h"

namespace lull::dsl {

/// An attribute or a field, and its value: a literal.
struct TestValue {
  std::uint32_t index = kNone;  // AttributeId, or index of a field
  ExprId value = kNone;
};

/// An entity as it is when the test begins, before its first event.
struct TestSubject {
  EntityId entity = kNone;
  std::string key;
  std::string whole_key;  // of a part: the key of its whole
  std::vector<TestValue> attributes;
  Span span;
};

struct TestEvent {
  EventId event = kNone;
  std::vector<std::optional<std::string>> keys;  // by Event::entities
  std::vector<ExprId> fields;                    // by field: a literal; kNone: the event lacks it
};

enum class TaskAction : std::uint8_t { kClaim, kRelease, kDone, kDecline };

/// What somebody did with the open task of a nudge.
struct TestTaskStep {
  TaskAction action = TaskAction::kClaim;
  NudgeId nudge = kNone;                 // kNone: the one that is open
  std::optional<std::string> key;        // of the entity; none: whoever has an open task
  std::optional<std::string> whole_key;  // of a part: that of its whole; none: of any
  std::string outcome;
  std::string by;
};

enum class Expected : std::uint8_t {
  kNothing,     // nothing went out but what was expected before
  kNotSent,     // the nudge did not go out
  kSent,        // it went out at the instant of the step
  kHeldOut,     // it would have gone out, but the entity is held out
  kWithdrawn,   // its open task was withdrawn
  kEscalated,   // its open task went on to another unit
  kExpired,     // its open task was not done in time
  kWaiting,     // it waits now
  kSuppressed,  // it lost its one chance
  kCondition,   // a condition holds now
};

struct Expectation {
  Expected what = Expected::kNothing;
  NudgeId nudge = kNone;
  EntityId entity = kNone;               // kCondition: whose condition
  std::optional<std::string> key;        // none: of anybody
  std::optional<std::string> whole_key;  // of a part: the key of its whole; none: of any
  UnitId unit = kNone;
  std::optional<std::string> unit_key;
  std::vector<std::string> because;   // reasons that it has, or words of why it was held back
  std::string why;                    // as NameOf(runtime::DecisionCode); empty: for whatever reason
  std::int64_t due = kUnknown;        // an instant ...
  std::int64_t due_after = kUnknown;  // ... or counted from when it went out
  ExprId worth = kNone;               // a literal
  std::optional<std::string> text;
  ExprId condition = kNone;
};

enum class TestStepKind : std::uint8_t { kEvent, kTask, kExpect };

struct TestStep {
  TestStepKind kind = TestStepKind::kEvent;
  std::int64_t instant = 0;
  /// `by`: what is expected may have happened at any instant since the latest step before.
  bool by = false;
  TestEvent event;
  TestTaskStep task;
  Expectation expectation;
  Span span;
};

struct Test {
  std::string title;
  std::vector<TestSubject> subjects;
  std::vector<TestStep> steps;  // by instant
  bool held_out = false;        // everybody is held out of everything, else nobody
  /// Experiments and the arms (indexes) that everybody is in; else the one that is dealt.
  std::vector<std::pair<ExperimentId, std::uint32_t>> arms;
  std::string doc;
  Span span;
};

}  // namespace lull::dsl
