// Nudges: when they are due, what is done, who gets it, and what takes it back.
#include <set>
#include <utility>

#include "dsl/checker.h"
#include "dsl/program_walk.h"

namespace lull::dsl {

void Checker::CheckNudges() {
  for (const syntax::NudgeDecl& decl : tree_.nudges) {
    Nudge nudge;
    nudge.name = decl.name.text;
    nudge.entity = ResolveEntity(decl.entity);
    nudge.doc = decl.doc;
    nudge.span = decl.name.span;
    if (nudge.entity != kNone) {
      Scope scope{nudge.entity, kNone, kNone, false, false};
      CheckMoment(decl, scope, nudge);
      // The `if` while an `after each` stall lasts is read at any time, not only for one of its episodes.
      Scope if_scope = scope;
      const bool of_stall = nudge.trigger == TriggerKind::kWhileStall && nudge.stall != kNone;
      if (of_stall && program_.stalls[nudge.stall].form == StallForm::kAfterEach) {
        if_scope.trigger = kNone;
        if_scope.named.clear();
      }
      nudge.if_condition = JoinAll(decl.if_conditions, ExprKind::kAnd, if_scope);
      CheckAction(decl, scope, nudge);
      CheckRoutes(decl, scope, nudge);
      nudge.worth = decl.worth.exists() ? CheckExpr(decl.worth, scope) : kNone;
      if (nudge.worth != kNone && At(nudge.worth).type.kind != TypeKind::kNumber &&
          At(nudge.worth).type.kind != TypeKind::kMoney) {
        diagnostics_
            .Report(Code::kWorthType, At(nudge.worth).span,
                    "the worth of a nudge is a number or an amount of money")
            .Label("this is " + TypeNameOf(nudge.worth));
      }
      nudge.again_after = decl.again_after.exists() ? CheckDuration(decl.again_after, if_scope) : kNone;
      RequirePositive(nudge.again_after);
      // Read long after the trigger, at any time.
      CheckWithdraw(decl, {nudge.entity, kNone, kNone, false, false}, nudge);
      CheckValidFor(decl, scope, nudge);
      CheckRepeat(decl, if_scope, nudge);
      CheckKeepWhenOver(decl, nudge);
      CheckExisting(decl, nudge);
      CheckTaskLife(decl, scope, nudge);
      CollectScores(nudge);
    }
    program_.nudges.push_back(std::move(nudge));
  }
}

void Checker::CollectScores(Nudge& nudge) const {
  std::set<ScoreId> scores;
  std::set<FeatureId> features;
  std::vector<ExprId> open;
  VisitRoots(nudge, [&](ExprId root, RootUse) { open.push_back(root); });
  while (!open.empty()) {
    const ExprId root = open.back();
    open.pop_back();
    VisitExprs(program_, root, [&](ExprId, const Expr& expr) {
      if (expr.kind == ExprKind::kScore) {
        scores.insert(expr.index);
      } else if (expr.kind == ExprKind::kFeature && features.insert(expr.index).second) {
        open.push_back(program_.features[expr.index].value);
      }
    });
  }
  nudge.scores.assign(scores.begin(), scores.end());
}

void Checker::CheckMoment(const syntax::NudgeDecl& decl, Scope& scope, Nudge& nudge) {
  if (decl.on && decl.while_condition.exists()) {
    diagnostics_.Report(Code::kNudgeTwoMoments, decl.on->span, "a nudge has either `on` or `while`, not both")
        .NoteAt(tree_[decl.while_condition].span, "the `while` is here")
        .Help("narrow an `on` nudge with `if`, or write two nudges");
  }
  if (decl.on) {
    CheckOn(*decl.on, scope, nudge);
  } else if (decl.while_condition.exists()) {
    CheckWhile(decl.while_condition, scope, nudge);
  } else if (!decl.incomplete) {
    diagnostics_
        .Report(Code::kNudgeWithoutMoment, decl.name.span,
                "the nudge " + Quoted(decl.name.text) + " does not say when it is due")
        .Help("add `on` with an event or a moment, or `while` with a stall or a condition");
  }
}

void Checker::CheckOn(const syntax::Moment& moment, Scope& scope, Nudge& nudge) {
  if (moment.kind == syntax::MomentKind::kName) {
    CheckOnName(moment, scope, nudge);
    return;
  }
  if (moment.kind == syntax::MomentKind::kEvery) {
    CheckSchedule(moment.schedule, moment.span, nudge);
    return;
  }
  if (moment.kind == syntax::MomentKind::kSequence) {
    nudge.trigger = TriggerKind::kEvent;
    nudge.sequence = CheckSequence(moment.sequence, scope);
    nudge.events = scope.trigger;
    scope.on_event = nudge.events != kNone;
    return;
  }
  if (moment.kind == syntax::MomentKind::kEntering) {
    nudge.trigger = TriggerKind::kStageEntered;
    const Symbol* symbol = Find(moment.name.text);
    if (symbol != nullptr && symbol->kind == SymbolKind::kJourney && EntityOf(*symbol) != scope.entity) {
      ReportUnknownName(moment.name, scope);
      return;
    }
    nudge.journey = Resolve(moment.name, SymbolKind::kJourney, Code::kUnknownJourney, "a journey");
    nudge.stage = nudge.journey == kNone ? 0 : ResolveStage(nudge.journey, moment.stage).value_or(0);
    return;
  }
  if (moment.condition.exists() && ReportEventsJoined(moment.condition, tree_[moment.condition].span)) {
    return;
  }
  nudge.stall = StallNamed(moment.condition, scope.entity);
  nudge.trigger = nudge.stall == kNone ? TriggerKind::kConditionRises : TriggerKind::kStallBegins;
  if (nudge.stall == kNone) {
    nudge.condition = CheckCondition(moment.condition, scope);
  } else {
    AddOpening(program_.stalls[nudge.stall], true, scope);
  }
}

void Checker::CheckOnName(const syntax::Moment& moment, Scope& scope, Nudge& nudge) {
  const Symbol* symbol = Find(moment.name.text);
  const bool is_value = FindOfEntity(moment.name.text, scope.entity).has_value() ||
                        (symbol != nullptr && EntityOf(*symbol) != kNone);
  if (!is_value) {
    nudge.trigger = TriggerKind::kEvent;
    nudge.events = ResolveEvents(moment.name, scope.entity);
    if (nudge.events == kNone) {
      return;
    }
    scope.trigger = nudge.events;
    scope.on_event = true;
    if (moment.where.exists()) {
      Scope where = scope;
      where.trigger_first = true;
      nudge.where = CheckCondition(moment.where, where);
    }
    return;
  }
  if (moment.where.exists()) {
    diagnostics_
        .Report(Code::kWhereNeedsEvent, tree_[moment.where].span,
                Quoted(moment.name.text) + " is no event, so it has no fields that `where` could look at")
        .Help("write `if` instead of `where`");
  }
  if (symbol != nullptr && symbol->kind == SymbolKind::kStall && EntityOf(*symbol) == scope.entity) {
    nudge.trigger = TriggerKind::kStallBegins;
    nudge.stall = symbol->index;
    AddOpening(program_.stalls[nudge.stall], true, scope);
    return;
  }
  nudge.trigger = TriggerKind::kConditionRises;
  nudge.condition = CheckName(moment.name, scope, std::nullopt);
  if (nudge.condition != kNone && At(nudge.condition).type.kind != TypeKind::kFlag) {
    diagnostics_
        .Report(Code::kNotACondition, moment.name.span,
                "`on` needs an event, a stall, or something that is yes or no")
        .Label("this is " + TypeNameOf(nudge.condition));
  }
}

StallId Checker::StallNamed(syntax::ExprId id, EntityId entity) const {
  const auto* node = id.exists() ? std::get_if<syntax::NameRef>(&tree_[id].node) : nullptr;
  const std::optional<NameMeaning> meaning =
      node == nullptr ? std::nullopt : FindOfEntity(node->name.text, entity);
  return meaning && meaning->kind == NameMeaning::kStall ? meaning->index : kNone;
}

void Checker::CheckWhile(syntax::ExprId condition, Scope& scope, Nudge& nudge) {
  nudge.stall = StallNamed(condition, scope.entity);
  nudge.trigger = nudge.stall == kNone ? TriggerKind::kWhileCondition : TriggerKind::kWhileStall;
  if (nudge.stall == kNone) {
    nudge.condition = CheckCondition(condition, scope);
  } else {
    AddOpening(program_.stalls[nudge.stall], true, scope);
  }
}

void Checker::CheckAction(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge) {
  if (!decl.channel.exists()) {
    if (!decl.incomplete) {
      diagnostics_
          .Report(Code::kNudgeWithoutAction, decl.name.span,
                  "the nudge " + Quoted(decl.name.text) + " does not say what to do")
          .Help("add `do CHANNEL \"what to do\"`");
    }
    return;
  }
  nudge.channel = Resolve(decl.channel, SymbolKind::kChannel, Code::kUnknownChannel, "a channel");
  nudge.title = decl.text.exists() ? CheckExpr(decl.text, scope) : kNone;
}

Route Checker::CheckRoute(const syntax::Destination& destination, const Scope& scope) {
  Route route;
  route.unit = Resolve(destination.unit, SymbolKind::kUnit, Code::kUnknownUnit, "a unit");
  route.key = destination.key.exists() ? CheckExpr(destination.key, scope) : kNone;
  if (route.key != kNone) {
    const TypeKind kind = At(route.key).type.kind;
    if (kind != TypeKind::kText && kind != TypeKind::kChoice) {
      diagnostics_.Report(Code::kKeyType, At(route.key).span, "the key of a unit is a text or a choice")
          .Label("this is " + TypeNameOf(route.key))
          .Help("use what names a desk of the unit, such as a store or a region");
    }
  }
  return route;
}

void Checker::CheckRoutes(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge) {
  for (const syntax::Destination& destination : decl.to)
    nudge.routes.push_back(CheckRoute(destination, scope));
  const bool is_task = nudge.channel != kNone && program_.channels[nudge.channel].is_task;
  if (decl.to.empty() && is_task && !decl.incomplete) {
    diagnostics_.Report(Code::kNotRouted, decl.name.span, "nobody gets the task of " + Quoted(decl.name.text))
        .Help("add `to UNIT`, or `to UNIT / key, else UNIT`");
  }
}

void Checker::CheckWithdraw(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge) {
  nudge.withdraw_when = JoinAll(decl.withdraw_when, ExprKind::kOr, scope);
  if (decl.withdraw_when.empty()) {
    return;
  }
  const Span span = tree_[decl.withdraw_when.front()].span;
  if (nudge.lasts()) {
    diagnostics_.Report(Code::kWithdrawOnWhile, span, "a `while` nudge is withdrawn when its state ends")
        .Help("put the condition into the `while`, or into the `unless` of the stall");
  } else if (nudge.channel != kNone && !program_.channels[nudge.channel].is_task) {
    diagnostics_.Report(Code::kWithdrawMessage, span, "a message is gone when it is sent")
        .Help("leave `withdraw when` out, or use a channel of tasks");
  }
}

}  // namespace lull::dsl
