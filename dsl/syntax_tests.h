// `test` blocks of the syntax tree; see syntax_tree.h.
//
// What an item is (an entity, an event, a step of a task) depends on what its name stands for, so the parser
// leaves that to the checker.
#pragma once

#include <cstdint>
#include <vector>

#include "dsl/syntax_declaration.h"

namespace lull::dsl::syntax {

/// `at 2026-03-02 20:00`, `at +36h`, `by +3 days`.
struct TestTime {
  bool by = false;
  ExprId instant;                  // a DateLiteral or DateTimeLiteral, or none:
  std::int64_t offset_micros = 0;  // since the first instant of the test
  Span span;

  bool exists() const { return span.exists(); }
};

/// `name "Ada"`, or `promised_by +36h`.
struct TestValue {
  Name name;
  ExprId value;   // or none:
  TestTime time;  // an offset
  Span span;
};

enum class ExpectForm {
  kNothing,     // expect nothing
  kNoNudge,     // expect no NUDGE
  kExpression,  // expect NUDGE ..., expect CONDITION
};
enum class ExpectOutcome {
  kNone,  // none was given
  kWithdrawn,
  kEscalated,
  kExpired,
  kWaiting,
  kSuppressed,
  kHeldOut,
};
struct TestExpectation {
  ExpectForm form = ExpectForm::kNothing;
  Name nudge;    // kNoNudge
  ExprId value;  // kExpression
  ExpectOutcome outcome = ExpectOutcome::kNone;
  Name unit;  // to UNIT [/ KEY]
  ExprId unit_key;
  std::vector<PlainText> because;
  Name why;  // because quiet hours, because capped: the words with one space between them
  TestTime due;
  ExprId due_after;  // a duration
  ExprId worth;
  PlainText text;
  Span tail_span;  // of the latest clause behind the expression; exists if there is any
};

enum class TestItemKind {
  kNamed,    // NAME [NAME] ["text"] [of "key" [of "key"]] [by "who"] [{ values }]
  kExpect,   // expect ...
  kHeldOut,  // held out
  kArm,      // in arm NAME [of EXPERIMENT]
};
struct TestItem {
  TestItemKind kind = TestItemKind::kNamed;
  TestTime time;       // none: before the first `at`
  Name name;           // kNamed; kArm: the arm
  Name second;         // kNamed: the nudge of a task step; kArm: the experiment
  PlainText text;      // a key, or the outcome of a task
  PlainText of;        // the key of whose it is ...
  PlainText of_whole;  // ... and of whom that is a part
  PlainText by;        // who did a step of a task
  bool has_values = false;
  std::vector<TestValue> values;
  TestExpectation expectation;
  Span span;
};

struct TestDecl : Declaration {
  PlainText title;
  std::vector<TestItem> items;
};

}  // namespace lull::dsl::syntax
