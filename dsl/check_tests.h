// A test while it is checked. For the files check_test*.cpp.
#pragma once

#include <optional>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {

struct Checker::TestInHand {
  Test test;
  std::optional<std::int64_t> first;  // its first instant, from which offsets count
  std::int64_t now = kUnknown;
  Span time_span;  // where the time of the steps in hand stands
  bool time_good = false;
  bool time_reported = false;
  bool subject_reported = false;  // somebody is missing: no more of whose this is

  TestStep Step(const syntax::TestItem& item, TestStepKind kind) const {
    TestStep step;
    step.kind = kind;
    step.instant = now;
    step.by = item.time.by;
    step.span = item.span;
    return step;
  }
};

}  // namespace lull::dsl
