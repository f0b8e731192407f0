// Warnings about what can never happen: conditions that exclude each other, policies that let nothing out,
// nudges that always lose. Each says why.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "dsl/check_bounds.h"
#include "dsl/checker.h"
#include "dsl/program_printer.h"
#include "dsl/program_walk.h"

namespace lull::dsl {
namespace {

class NeverLinter {
 public:
  NeverLinter(const CheckedProgram& program, Diagnostics& diagnostics)
      : program_(program), diagnostics_(diagnostics) {}

  void Run() {
    LintComparisons();
    for (StallId id = 0; id < program_.stalls.size(); ++id) LintStall(id);
    for (const Score& score : program_.scores) LintScore(score);
    for (const Journey& journey : program_.journeys) LintJourney(journey);
    for (NudgeId id = 0; id < program_.nudges.size(); ++id) LintNudge(id);
    for (const Aggregate& aggregate : program_.aggregates) {
      Require({{aggregate.where, true}}, "no event can satisfy this `where`");
    }
    for (const Policy& policy : program_.policies) LintPolicy(policy);
  }

 private:
  const Expr& At(ExprId id) const { return program_.exprs[id]; }

  /// Warns if the assumptions never hold together.
  bool Require(const std::vector<Assumption>& assumptions, const std::string& message) {
    const std::optional<Contradiction> found = FindContradiction(program_, assumptions);
    if (!found || found->first == kNone) return !found;
    // A comparison that never holds by itself is told of on its own.
    if (found->second == kNone || At(found->first).kind == ExprKind::kLiteral) return false;
    const auto place = [&](ExprId id) {
      const Span& span = At(id).span;
      return std::tuple(span.source.index, span.begin);
    };
    const ExprId first =
        std::min(found->first, found->second, [&](ExprId a, ExprId b) { return place(a) < place(b); });
    const ExprId second = first == found->first ? found->second : found->first;
    if (!told_.insert({first, second}).second) return false;
    if (At(first).span == At(second).span) {
      diagnostics_
          .Report(Code::kAlwaysSame, At(first).span, "this is always no: its bounds exclude each other")
          .Explain("it needs `" + PrintExpr(program_, first) + "` and `" + PrintExpr(program_, second) + "`")
          .Help("the lower bound comes first: `between 3 and 10`");
      return false;
    }
    diagnostics_.Report(Code::kNeverFires, At(second).span, message)
        .Label("this needs `" + PrintExpr(program_, second) + "`")
        .NoteAt(At(first).span,
                "and this needs `" + PrintExpr(program_, first) + "`; both never hold together")
        .Help("change one of the two, or join them with `or` if either is enough");
    return false;
  }

  /// Comparisons whose answer is fixed by the nature of what they look at.
  void LintComparisons() {
    std::set<ExprId> inside_between;
    for (const Expr& expr : program_.exprs) {
      if (expr.kind != ExprKind::kAnd) continue;
      for (const ExprId arg : expr.args) {
        if (At(arg).span == expr.span) inside_between.insert(arg);
      }
    }
    for (ExprId id = 0; id < program_.exprs.size(); ++id) {
      const Expr& expr = At(id);
      if (expr.kind != ExprKind::kCompare || !MayBeFixed(expr)) continue;
      const bool never = FindContradiction(program_, {{id, true}}).has_value();
      const bool always = !never && FindContradiction(program_, {{id, false}}).has_value();
      if (!never && (!always || inside_between.contains(id))) continue;
      diagnostics_
          .Report(Code::kAlwaysSame, expr.span,
                  never ? "this comparison is always no" : "this comparison is always yes")
          .Explain(WhyFixed(expr))
          .Help("leave it out, or compare with something that changes it");
    }
  }

  /// What a feature computes, through other features.
  const Expr& Inside(ExprId id) const {
    const Expr* expr = &At(id);
    for (int depth = 0; expr->kind == ExprKind::kFeature && depth < 100; ++depth) {
      const ExprId value = program_.features[expr->index].value;
      if (value == kNone) break;
      expr = &At(value);
    }
    return *expr;
  }

  bool MayBeFixed(const Expr& compare) const {
    const Expr& left = Inside(compare.args[0]);
    const Expr& right = Inside(compare.args[1]);
    const auto is_bounded = [](const Expr& expr) {
      return expr.kind == ExprKind::kAggregate || expr.kind == ExprKind::kLength ||
             expr.kind == ExprKind::kScore;
    };
    const bool both_fixed = left.kind == ExprKind::kLiteral && right.kind == ExprKind::kLiteral;
    return both_fixed || is_bounded(left) || is_bounded(right);
  }

  std::string WhyFixed(const Expr& compare) const {
    for (const ExprId arg : compare.args) {
      const Expr& expr = Inside(arg);
      if (expr.kind == ExprKind::kScore) {
        const Score& score = program_.scores[expr.index];
        const std::string low = score.minimum == kNone ? "-" : PrintExpr(program_, score.minimum);
        const std::string high = score.maximum == kNone ? "-" : PrintExpr(program_, score.maximum);
        return "the score " + Quoted(score.name) + " is kept between " + low + " and " + high;
      }
      if (expr.kind == ExprKind::kAggregate || expr.kind == ExprKind::kLength) {
        return Quoted(PrintExpr(program_, arg)) + " is never below zero";
      }
    }
    return "both sides are fixed";
  }

  void LintStall(StallId id) {
    const Stall& stall = program_.stalls[id];
    std::vector<Assumption> lasts = {{stall.while_condition, true}};
    if (stall.unless_condition != kNone) lasts.push_back({stall.unless_condition, false});
    if (!Require(lasts, "the stall " + Quoted(stall.name) + " can never begin")) {
      bad_stalls_.insert(id);
      return;
    }
    for (const Reason& reason : stall.reasons) {
      std::vector<Assumption> given = lasts;
      given.push_back({reason.when, true});
      Require(given, "this reason is never given");
    }
  }

  void LintScore(const Score& score) {
    for (const ScorePart& part : score.parts) {
      Require({{part.when, true}},
              part.take ? "these points are never taken" : "these points are never added");
    }
  }

  void LintJourney(const Journey& journey) {
    for (const Transition& transition : journey.transitions) {
      Require({{transition.where, true}, {transition.when, true}}, "this transition is never taken");
    }
  }

  std::vector<Assumption> WhenDue(const Nudge& nudge) const {
    std::vector<Assumption> due = {{nudge.where, true}, {nudge.condition, true}, {nudge.if_condition, true}};
    if (nudge.stall != kNone && !bad_stalls_.contains(nudge.stall)) {
      const Stall& stall = program_.stalls[nudge.stall];
      due.push_back({stall.while_condition, true});
      if (stall.unless_condition != kNone) due.push_back({stall.unless_condition, false});
    }
    return due;
  }

  void LintNudge(NudgeId id) {
    const Nudge& nudge = program_.nudges[id];
    if (!Require(WhenDue(nudge), "the nudge " + Quoted(nudge.name) + " can never be due")) {
      bad_nudges_.insert(id);
    }
    LintEdges(nudge);
    LintStage(nudge);
  }

  /// `on J entering a` and a condition that asks for another stage.
  void LintStage(const Nudge& nudge) {
    if (nudge.trigger != TriggerKind::kStageEntered || nudge.journey == kNone) return;
    VisitExprs(program_, nudge.if_condition, [&](ExprId, const Expr& expr) {
      if (expr.kind != ExprKind::kCompare || expr.compare != CompareOp::kEqual) return;
      const Expr& left = At(expr.args[0]);
      const Expr& right = At(expr.args[1]);
      const bool other = left.kind == ExprKind::kStage && left.index == nudge.journey &&
                         right.kind == ExprKind::kLiteral && right.integer != nudge.stage;
      if (!other) return;
      diagnostics_.Report(Code::kNeverFires, expr.span, "this is no in the moment in which the nudge is due")
          .Explain("the nudge is due on entering " +
                   Quoted(program_.journeys[nudge.journey].stages[nudge.stage].name))
          .Help("leave it out, or name that stage");
    });
  }

  /// `any E in last D` beside `time since E <= D`.
  void LintEdges(const Nudge& nudge) {
    std::vector<ExprId> windows;
    std::vector<std::pair<ExprId, ExprId>> ages;  // the comparison, and its aggregate
    for (const ExprId root : {nudge.where, nudge.condition, nudge.if_condition}) {
      VisitExprs(program_, root, [&](ExprId id, const Expr& expr) {
        if (expr.kind == ExprKind::kAggregate &&
            program_.aggregates[expr.index].function == AggregateFunction::kAny &&
            program_.aggregates[expr.index].window == WindowKind::kLast) {
          windows.push_back(id);
        }
        const bool compares = expr.kind == ExprKind::kCompare &&
                              At(expr.args[1]).kind == ExprKind::kLiteral &&
                              At(expr.args[0]).kind == ExprKind::kAggregate;
        if (compares &&
            program_.aggregates[At(expr.args[0]).index].function == AggregateFunction::kTimeSince) {
          ages.emplace_back(id, expr.args[0]);
        }
      });
    }
    for (const ExprId window : windows) {
      const Aggregate& any = program_.aggregates[At(window).index];
      for (const auto& [compare, age] : ages) {
        const Aggregate& since = program_.aggregates[At(age).index];
        if (any.events != since.events || any.where != since.where ||
            At(At(compare).args[1]).integer != any.last_micros) {
          continue;
        }
        diagnostics_
            .Report(Code::kEdgeDiffers, At(compare).span,
                    "this and the window have the same length, but not the same edge")
            .NoteAt(At(window).span, "no when it is exactly so long ago; the comparison may be yes then")
            .Help("use one of the two");
      }
    }
  }

  void LintPolicy(const Policy& policy) {
    for (const NudgeId id : policy.covers) {
      if (bad_nudges_.contains(id)) continue;
      for (const ExprId never : policy.never) {
        std::vector<Assumption> due = WhenDue(program_.nudges[id]);
        due.push_back({never, false});
        const std::optional<Contradiction> found = FindContradiction(program_, due);
        if (!found || FindContradiction(program_, {{never, false}})) continue;
        diagnostics_
            .Report(Code::kNeverLetOut, program_.nudges[id].span,
                    "the nudge " + Quoted(program_.nudges[id].name) + " can never go out")
            .NoteAt(At(never).span, "whenever it is due, this holds, and the policy " + Quoted(policy.name) +
                                        " lets nothing out then")
            .Help("change the condition of one of the two, or list the nudges that the policy `covers`");
        break;
      }
    }
    if (policy.best_count == 1 && policy.best_by_worth) LintLosers(policy);
  }

  /// Two nudges with one trigger, unit and channel, of which one is always worth more.
  void LintLosers(const Policy& policy) {
    for (const NudgeId loser : policy.covers) {
      const auto wins = [&](NudgeId id) { return AlwaysBeats(program_.nudges[id], program_.nudges[loser]); };
      const auto winner = std::find_if(policy.covers.begin(), policy.covers.end(), wins);
      if (winner == policy.covers.end()) continue;
      diagnostics_
          .Report(Code::kAlwaysLoses, program_.nudges[loser].span,
                  "the nudge " + Quoted(program_.nudges[loser].name) + " always loses against " +
                      Quoted(program_.nudges[*winner].name))
          .NoteAt(program_.nudges[*winner].span, "due in the same moment, for the same unit, and worth " +
                                                     PrintExpr(program_, program_.nudges[*winner].worth) +
                                                     " against " +
                                                     PrintExpr(program_, program_.nudges[loser].worth))
          .Help("give one of them a condition of its own, or leave the weaker one out");
    }
  }

  bool AlwaysBeats(const Nudge& winner, const Nudge& loser) const {
    const bool same_moment =
        winner.trigger == loser.trigger && winner.events == loser.events && winner.stall == loser.stall &&
        winner.journey == loser.journey && winner.stage == loser.stage && winner.entity == loser.entity &&
        winner.trigger != TriggerKind::kConditionRises && winner.trigger != TriggerKind::kWhileCondition;
    const bool free = winner.where == kNone && winner.if_condition == kNone && winner.again_after == kNone;
    if (&winner == &loser || !same_moment || !free || winner.channel != loser.channel) return false;
    if (winner.routes.size() != 1 || loser.routes.size() != 1 ||
        winner.routes[0].unit != loser.routes[0].unit) {
      return false;
    }
    if (winner.worth == kNone || loser.worth == kNone) return false;
    const Expr& more = At(winner.worth);
    const Expr& less = At(loser.worth);
    if (more.kind != ExprKind::kLiteral || less.kind != ExprKind::kLiteral || more.type != less.type) {
      return false;
    }
    return more.type.kind == TypeKind::kNumber ? more.number > less.number : more.integer > less.integer;
  }

  const CheckedProgram& program_;
  Diagnostics& diagnostics_;
  std::set<std::pair<ExprId, ExprId>> told_;
  std::set<StallId> bad_stalls_;
  std::set<NudgeId> bad_nudges_;
};

}  // namespace

void ReportNeverLints(const CheckedProgram& program, Diagnostics& diagnostics) {
  NeverLinter(program, diagnostics).Run();
}

}  // namespace lull::dsl
