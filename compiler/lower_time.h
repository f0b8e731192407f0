// When a comparison changes by time alone: the instants that a condition arms.
//
// Between the instants at which something jumps (a window loses an entry, a condition of an `if` changes, a
// countdown ends), which arm themselves, a value is constant or linear in the clock. In integers with a slope
// of one the crossing is exact: `time since E >= D` changes at E + D. For any other comparison bisection
// finds the instant (abi::ArmCrossing), up to the next instant that has been armed. `smaller of` and `larger
// of` bend where two of their values meet, and that is armed too; so is each step of what is rounded, unless
// it is all that moves in the comparison, which then changes only once between jumps.
#pragma once

#include <optional>

#include "compiler/lower_expression.h"

namespace lull::compiler {

class TimeLowering {
 public:
  explicit TimeLowering(ExpressionLowering& expressions) : of_(expressions) {}

  /// Arms the instants at which the comparison may change because its sides move with the clock. Both sides
  /// have been lowered before.
  void ArmComparison(const dsl::Expr& comparison) {
    ArmSides(comparison.args[0], comparison.args[1], comparison.compare);
  }
  /// The same for `left is right`.
  void ArmMeeting(dsl::ExprId left, dsl::ExprId right) { ArmSides(left, right, dsl::CompareOp::kEqual); }
  /// Arms where the value bends or steps; `steps`: also each step of a rounding. What a part reads of its
  /// whole arms that itself.
  void ArmBends(dsl::ExprId expr, bool steps);

 private:
  /// Whether the value itself moves with the clock (not only by steps that arm themselves).
  bool Moves(dsl::ExprId expr) const;
  bool ScoreMoves(dsl::ScoreId score) const;
  /// d value / d clock where the value is an integer that moves by a fixed whole slope.
  std::optional<int> Slope(dsl::ExprId expr) const;
  /// On how many ways the clock comes into the value at once.
  int MovingPaths(dsl::ExprId expr) const;
  bool CountsDown(dsl::ExprId expr) const;
  void ArmSides(dsl::ExprId left, dsl::ExprId right, dsl::CompareOp op);
  void ArmExact(dsl::ExprId left, dsl::ExprId right, dsl::CompareOp op, int slope);
  void ArmByDifference(dsl::ExprId left, dsl::ExprId right);
  void ArmSteps(dsl::ExprId expr);

  ExpressionLowering& of_;
};

}  // namespace lull::compiler
