// Which conditions can hold together: an analysis of bounds over the checked program.
//
// A condition is taken apart into comparisons of one value with a fixed one. For each value the comparisons
// leave a range (numbers, money, durations, times, dates), or a set of texts, choice values or stages; an
// empty one means that the conditions never hold together. What is unknown never satisfies a comparison, so a
// negated comparison bounds only what some other comparison needs to be known.
#pragma once

#include <optional>
#include <vector>

#include "dsl/checked_program.h"

namespace lull::dsl {

/// A condition that is taken to hold, or (`holds` = false) not to hold.
struct Assumption {
  ExprId condition = kNone;
  bool holds = true;
};

/// Two expressions that exclude each other; `second` is kNone if one alone never holds.
struct Contradiction {
  ExprId first = kNone;
  ExprId second = kNone;
};

/// Why the assumptions never hold together; nothing if they may. Stalls and features that are conditions are
/// entered. Of nested alternatives only the first 64 are tried.
std::optional<Contradiction> FindContradiction(const CheckedProgram& program,
                                               const std::vector<Assumption>& assumptions);

/// Values that read alike have the same key: features stand for what they compute.
std::string KeyOf(const CheckedProgram& program, ExprId expr);

}  // namespace lull::dsl
