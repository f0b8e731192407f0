// Stalls: what holds meanwhile, what has to stay away, and the reasons.
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

constexpr int kEndOfDay = 86'400;  // in seconds: what a date means as a deadline

}  // namespace

void Checker::CheckStalls() {
  for (const syntax::StallDecl& decl : tree_.stalls) {
    Stall stall;
    stall.name = decl.name.text;
    stall.entity = ResolveEntity(decl.entity);
    stall.doc = decl.doc;
    stall.span = decl.name.span;
    if (stall.entity != kNone) {
      const Scope scope{stall.entity, kNone, kNone, false, false};
      CheckStallForm(decl, scope, stall);
      Scope meanwhile = scope;
      AddOpening(stall, false, meanwhile);
      stall.while_condition = JoinAll(decl.while_conditions, ExprKind::kAnd, meanwhile);
      stall.unless_condition = JoinAll(decl.unless, ExprKind::kOr, meanwhile);
      CheckUntil(decl, meanwhile, stall);
      stall.including_existing = decl.including_existing.exists();
      Scope reasons = scope;
      AddOpening(stall, true, reasons);
      CheckReasons(decl.because, reasons, stall);
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
      if (stall.awaited != kNone && trigger.absent_where.exists()) {
        stall.awaited_where =
            CheckCondition(trigger.absent_where, {scope.entity, kNone, stall.awaited, false, true});
      }
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
  stall.opening_name = trigger.event.text;
  if (trigger.opening_name.exists() && CheckNewName(trigger.opening_name, stall.entity)) {
    stall.opening_name = trigger.opening_name.text;
  }
  stall.awaited = ResolveEventList(trigger.absent, stall.entity);
  ReportRepeats(trigger.absent);
  if (stall.opening != kNone && trigger.event_where.exists()) {
    Scope where{scope.entity, kNone, stall.opening, false, false};
    where.named.push_back({stall.opening_name, stall.opening, FieldScope::kOwn, 0});
    stall.opening_where = CheckCondition(trigger.event_where, where);
  }
  if (stall.opening != kNone && stall.awaited != kNone) CheckAwaited(trigger, scope, stall);
  CheckDeadline(trigger, scope, stall);
}

void Checker::CheckAwaited(const syntax::StallTrigger& trigger, const Scope& scope, Stall& stall) {
  Scope after = scope;
  AddOpening(stall, true, after);
  if (trigger.same_field.exists()) {
    Aggregate same;
    same.events = stall.awaited;
    CheckSame(trigger.same_field, after, same);
    stall.same_field = same.same_field;
  }
  if (!trigger.absent_where.exists()) return;
  Scope where{scope.entity, kNone, stall.awaited, false, false};
  AddOpening(stall, false, where);
  // `E.f` is the event that the `where` looks at, if E is awaited too; only `q.f` is the first one.
  if (stall.awaited == stall.opening) {
    std::erase_if(where.named,
                  [&](const NamedEvent& event) { return event.name != trigger.opening_name.text; });
  }
  stall.awaited_where = CheckCondition(trigger.absent_where, where);
}

void Checker::CheckDeadline(const syntax::StallTrigger& trigger, const Scope& scope, Stall& stall) {
  Scope after = scope;
  AddOpening(stall, false, after);
  if (!trigger.by.exists()) {
    stall.duration = CheckDuration(trigger.duration, after);
    RequirePositive(stall.duration);
    return;
  }
  stall.by = CheckExpr(trigger.by, after, Type{TypeKind::kTime, kNone});
  if (stall.by == kNone) return;
  const TypeKind kind = At(stall.by).type.kind;
  if (kind == TypeKind::kDate) stall.by = MakeTimeOnDay(stall.by, kEndOfDay, At(stall.by).span);
  if (kind == TypeKind::kDate || kind == TypeKind::kTime) return;
  Diagnostic& diagnostic =
      diagnostics_.Report(Code::kNotATime, At(stall.by).span, "a deadline `by` is a time or a date")
          .Label("this is " + TypeNameOf(stall.by));
  if (kind == TypeKind::kDuration) diagnostic.Help("for a duration write `within` instead of `by`");
}

bool Checker::CheckNewName(const syntax::Name& name, EntityId entity) {
  const Symbol* symbol = Find(name.text);
  if (symbol == nullptr && !FindOfEntity(name.text, entity)) return true;
  Diagnostic& diagnostic = diagnostics_.Report(Code::kDuplicateName, name.span,
                                               Quoted(name.text) + " is already the name of something else");
  if (symbol != nullptr) diagnostic.NoteAt(symbol->span, "declared here");
  diagnostic.Help("choose a name for this event that nothing else has");
  return false;
}

void Checker::AddOpening(const Stall& stall, bool bare, Scope& scope) const {
  if (stall.opening == kNone) return;
  if (bare) {
    scope.trigger = stall.opening;
    scope.trigger_last = IsSingleWait(stall.form);
  }
  scope.named.push_back({stall.opening_name, stall.opening, FieldScope::kTrigger, 0});
  const std::string& written = program_.event_sets[stall.opening].name;
  if (written != stall.opening_name) scope.named.push_back({written, stall.opening, FieldScope::kTrigger, 0});
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
