// Stalls: what holds meanwhile, what has to stay away, and the reasons.
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {

void Checker::CheckStalls() {
  for (const syntax::StallDecl& decl : tree_.stalls) {
    Stall stall;
    stall.name = decl.name.text;
    stall.entity = ResolveEntity(decl.entity);
    stall.doc = decl.doc;
    stall.span = decl.name.span;
    if (stall.entity != kNone) {
      Scope scope{stall.entity, kNone, kNone, false, false};
      stall.while_condition = JoinAll(decl.while_conditions, ExprKind::kAnd, scope);
      stall.unless_condition = JoinAll(decl.unless, ExprKind::kOr, scope);
      CheckStallForm(decl, scope, stall);
      if (stall.form == StallForm::kAfterEach) {
        scope.trigger = stall.opening;
      }
      CheckReasons(decl.because, scope, stall);
    }
    program_.stalls.push_back(std::move(stall));
  }
}

void Checker::CheckStallForm(const syntax::StallDecl& decl, const Scope& scope, Stall& stall) {
  const syntax::StallTrigger& trigger = decl.trigger;
  switch (trigger.kind) {
    case syntax::StallKind::kNone:
      if (!decl.incomplete) {
        diagnostics_
            .Report(Code::kStallWithoutForm, decl.name.span,
                    "the stall " + Quoted(decl.name.text) +
                        " does not say what has to stay away, or for how long")
            .Help(
                "add one of: `quiet 36 hours`, `no E for 3 days`, `after E no F within 2 hours`, `for 3 "
                "days`");
      }
      return;
    case syntax::StallKind::kQuiet:
      stall.form = StallForm::kQuiet;
      ResolveEvents({"activity", trigger.span}, stall.entity);
      break;
    case syntax::StallKind::kNoFor:
      stall.form = StallForm::kNo;
      stall.awaited = ResolveEventList(trigger.absent, stall.entity);
      ReportRepeats(trigger.absent);
      break;
    case syntax::StallKind::kFor:
      stall.form = StallForm::kFor;
      if (decl.while_conditions.empty() && !decl.incomplete) {
        diagnostics_
            .Report(Code::kForWithoutWhile, trigger.span, "`for` says how long the `while` has to hold")
            .Label("and there is no `while`")
            .Help("add `while` and a condition");
      }
      break;
    case syntax::StallKind::kAfter:
    case syntax::StallKind::kAfterFirst:
    case syntax::StallKind::kAfterEach:
      CheckWait(trigger, scope, stall);
      return;
  }
  stall.duration = CheckDuration(trigger.duration, scope);
  RequirePositive(stall.duration);
}

void Checker::CheckWait(const syntax::StallTrigger& trigger, const Scope& scope, Stall& stall) {
  stall.form = trigger.kind == syntax::StallKind::kAfterFirst  ? StallForm::kAfterFirst
               : trigger.kind == syntax::StallKind::kAfterEach ? StallForm::kAfterEach
                                                               : StallForm::kAfter;
  stall.opening = ResolveEvents(trigger.event, stall.entity);
  stall.awaited = ResolveEventList(trigger.absent, stall.entity);
  ReportRepeats(trigger.absent);
  Scope after = scope;
  after.trigger = stall.opening;
  if (stall.opening != kNone && trigger.event_where.exists()) {
    stall.opening_where =
        CheckCondition(trigger.event_where, {scope.entity, kNone, stall.opening, false, false});
  }
  if (stall.opening != kNone && stall.awaited != kNone) {
    if (trigger.absent_where.exists()) {
      stall.awaited_where =
          CheckCondition(trigger.absent_where, {scope.entity, kNone, stall.awaited, false, false});
    }
    if (trigger.same_field.exists()) {
      Aggregate same;
      same.events = stall.awaited;
      CheckSame(trigger.same_field, after, same);
      stall.same_field = same.same_field;
    }
  }
  stall.duration = CheckDuration(trigger.duration, scope);
  RequirePositive(stall.duration);
}

void Checker::CheckReasons(const std::vector<syntax::Because>& reasons, const Scope& scope, Stall& stall) {
  for (const syntax::Because& written : reasons) {
    Reason reason;
    reason.text = CheckExpr(written.text, scope);
    reason.when = written.when.exists() ? CheckCondition(written.when, scope) : kNone;
    if (reason.text != kNone) {
      stall.reasons.push_back(reason);
    }
  }
}

}  // namespace lull::dsl
