// When a comparison changes by time alone: the instants that a condition arms.
//
// Between window expiries (which arm themselves) an expression is constant or linear in the clock. In
// integers with a slope of one the crossing is exact: `time since E >= D` changes at E + D. Any other linear
// comparison gets a difference function, whose zero abi::ArmCrossing brackets and bisects.
#pragma once

#include <optional>

#include "compiler/lower_expression.h"

namespace lull::compiler {

class TimeLowering {
 public:
  explicit TimeLowering(ExpressionLowering& expressions) : of_(expressions) {}

  /// Arms the instants at which the comparison may change because its sides move with the clock.
  void ArmComparison(const dsl::Expr& comparison);

 private:
  /// Whether the value itself moves with the clock (not only by steps that arm themselves).
  bool Moves(dsl::ExprId expr) const;
  bool ScoreMoves(dsl::ScoreId score) const;
  /// d value / d clock where the value is an integer that moves by a fixed whole slope.
  std::optional<int> Slope(dsl::ExprId expr) const;
  void ArmExact(const dsl::Expr& comparison, int slope);
  void ArmByDifference(const dsl::Expr& comparison);

  ExpressionLowering& of_;
};

}  // namespace lull::compiler
