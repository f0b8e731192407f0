// Walks over the expressions of a checked program, without recursion.
#pragma once

#include <unordered_set>
#include <vector>

#include "dsl/checked_program.h"

namespace lull::dsl {

/// Calls visit(id, expr) once for each expression below `root` (kNone: none), the `where` of aggregates
/// included; features, scores, stalls and journeys are not entered.
template <typename Visit>
void VisitExprs(const CheckedProgram& program, ExprId root, const Visit& visit) {
  std::vector<ExprId> open = {root};
  std::unordered_set<ExprId> seen;
  while (!open.empty()) {
    const ExprId id = open.back();
    open.pop_back();
    if (id == kNone || !seen.insert(id).second) {
      continue;
    }
    const Expr& expr = program.exprs[id];
    visit(id, expr);
    open.insert(open.end(), expr.args.rbegin(), expr.args.rend());
    if (expr.kind == ExprKind::kAggregate) {
      open.push_back(program.aggregates[expr.index].where);
      open.push_back(program.aggregates[expr.index].same_value);
    }
  }
}

/// What an expression is for.
enum class RootUse : std::uint8_t { kValue, kCondition, kText };

// Each calls visit(root, use) for the expressions of one definition; some may be kNone.
template <typename Visit>
void VisitRoots(const Score& score, const Visit& visit) {
  visit(score.start, RootUse::kValue);
  for (const ScorePart& part : score.parts) {
    visit(part.points, RootUse::kValue);
    visit(part.when, RootUse::kCondition);
    visit(part.because, RootUse::kText);
  }
  visit(score.minimum, RootUse::kValue);
  visit(score.maximum, RootUse::kValue);
}

template <typename Visit>
void VisitRoots(const Stall& stall, const Visit& visit) {
  visit(stall.while_condition, RootUse::kCondition);
  visit(stall.unless_condition, RootUse::kCondition);
  visit(stall.until_condition, RootUse::kCondition);
  visit(stall.opening_where, RootUse::kCondition);
  visit(stall.awaited_where, RootUse::kCondition);
  visit(stall.duration, RootUse::kValue);
  visit(stall.by, RootUse::kValue);
  for (const Reason& reason : stall.reasons) {
    visit(reason.text, RootUse::kText);
    visit(reason.when, RootUse::kCondition);
  }
}

template <typename Visit>
void VisitRoots(const Sequence& sequence, const Visit& visit) {
  for (const SequenceStep& step : sequence.steps) visit(step.where, RootUse::kCondition);
  visit(sequence.duration, RootUse::kValue);
}

template <typename Visit>
void VisitRoots(const Journey& journey, const Visit& visit) {
  for (const Transition& transition : journey.transitions) {
    visit(transition.where, RootUse::kCondition);
    visit(transition.duration, RootUse::kValue);
    visit(transition.when, RootUse::kCondition);
  }
}

template <typename Visit>
void VisitRoots(const Nudge& nudge, const Visit& visit) {
  visit(nudge.where, RootUse::kCondition);
  visit(nudge.condition, RootUse::kCondition);
  visit(nudge.if_condition, RootUse::kCondition);
  visit(nudge.title, RootUse::kText);
  for (const Route& route : nudge.routes) {
    visit(route.key, RootUse::kValue);
  }
  visit(nudge.worth, RootUse::kValue);
  visit(nudge.again_after, RootUse::kValue);
  visit(nudge.valid_for, RootUse::kValue);
  visit(nudge.repeat_every, RootUse::kValue);
  visit(nudge.withdraw_when, RootUse::kCondition);
  visit(nudge.due, RootUse::kValue);
  for (const Rung& rung : nudge.ladder) {
    visit(rung.after, RootUse::kValue);
    visit(rung.to.key, RootUse::kValue);
  }
  visit(nudge.expires_after, RootUse::kValue);
}

template <typename Visit>
void VisitRoots(const Policy& policy, const Visit& visit) {
  visit(policy.best_by, RootUse::kValue);
  for (const QuietHours& hours : policy.quiet_hours) {
    visit(hours.condition, RootUse::kCondition);
    visit(hours.zone, RootUse::kValue);
  }
  for (const ExprId never : policy.never) {
    visit(never, RootUse::kCondition);
  }
}

}  // namespace lull::dsl
