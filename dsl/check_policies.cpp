// Policies: whom they cover, the best ones, limits, quiet hours and holdout.
#include <algorithm>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

constexpr std::int64_t kCountMax = 1'000'000;

/// What a limit counts by words of the language; a declared name of this kind comes first.
constexpr std::pair<std::string_view, LimitScope> kLimitWords[] = {{"messages", LimitScope::kMessages},
                                                                   {"message", LimitScope::kMessages},
                                                                   {"tasks", LimitScope::kTasks},
                                                                   {"task", LimitScope::kTasks}};

LimitPeriod PeriodOf(syntax::LimitPer per) {
  switch (per) {
    case syntax::LimitPer::kDay:
      return LimitPeriod::kDay;
    case syntax::LimitPer::kWeek:
      return LimitPeriod::kWeek;
    case syntax::LimitPer::kMonth:
      return LimitPeriod::kMonth;
    default:
      return LimitPeriod::kRolling;
  }
}

}  // namespace

void Checker::CheckPolicies() {
  for (const syntax::PolicyDecl& decl : tree_.policies) {
    Policy policy;
    policy.name = decl.name.text;
    policy.entity = ResolveEntity(decl.entity);
    policy.doc = decl.doc;
    policy.span = decl.name.span;
    if (policy.entity != kNone) {
      const Scope scope{policy.entity, kNone, kNone, false, false};
      CheckCovers(decl, policy);
      CheckBest(decl, scope, policy);
      for (const syntax::Limit& limit : decl.limits) {
        CheckLimit(limit, policy);
      }
      for (const syntax::QuietHours& hours : decl.quiet_hours) {
        CheckQuietHours(hours, scope, policy);
      }
      for (const syntax::ExprId never : decl.never) {
        const ExprId condition = CheckCondition(never, scope);
        if (condition != kNone) {
          policy.never.push_back(condition);
        }
      }
      CheckHoldout(decl.holdout, policy);
    }
    program_.policies.push_back(std::move(policy));
  }
}

// A policy of a whole is one of its parts too.
bool Checker::Governs(EntityId entity, NudgeId nudge) const {
  const EntityId of = program_.nudges[nudge].entity;
  return of == entity || WholeOf(of) == entity;
}

void Checker::CheckCovers(const syntax::PolicyDecl& decl, Policy& policy) {
  ReportRepeats(decl.covers);
  for (const syntax::Name& name : decl.covers) {
    const NudgeId nudge = Resolve(name, SymbolKind::kNudge, Code::kUnknownNudge, "a nudge");
    if (nudge == kNone) {
      continue;
    }
    if (!Governs(policy.entity, nudge) && program_.nudges[nudge].entity != kNone) {
      diagnostics_
          .Report(Code::kUnknownNudge, name.span,
                  Quoted(name.text) + " is a nudge of " +
                      Quoted(program_.entities[program_.nudges[nudge].entity].name) +
                      ", and the policy is of " + Quoted(program_.entities[policy.entity].name))
          .NoteAt(tree_.nudges[nudge].name.span, "declared here");
      continue;
    }
    policy.covers.push_back(nudge);
  }
  if (decl.covers_span.exists()) {
    return;
  }
  for (NudgeId id = 0; id < program_.nudges.size(); ++id) {
    if (Governs(policy.entity, id)) {
      policy.covers.push_back(id);
    }
  }
  if (policy.covers.empty() && !decl.incomplete) {
    diagnostics_.Report(
        Code::kNothingCovered, decl.name.span,
        "there is no nudge of " + Quoted(program_.entities[policy.entity].name) + " to cover");
  }
}

void Checker::CheckBest(const syntax::PolicyDecl& decl, const Scope& scope, Policy& policy) {
  if (!decl.best_count.exists()) {
    return;
  }
  policy.best_count = static_cast<std::uint32_t>(ConstantCount(decl.best_count, 1, kCountMax).value_or(1));
  if (!decl.best_by.exists()) {
    return;
  }
  const auto* name = std::get_if<syntax::NameRef>(&tree_[decl.best_by].node);
  if (name != nullptr && name->name.text == "worth") {
    policy.best_by_worth = true;
    CheckWorths(decl, policy);
    return;
  }
  policy.best_by = CheckExpr(decl.best_by, scope);
  if (policy.best_by == kNone) {
    return;
  }
  const TypeKind kind = At(policy.best_by).type.kind;
  if (kind != TypeKind::kNumber && kind != TypeKind::kMoney) {
    diagnostics_
        .Report(Code::kWorthType, At(policy.best_by).span,
                "the best is found by a number or an amount of money")
        .Label("this is " + TypeNameOf(policy.best_by));
  }
}

void Checker::CheckWorths(const syntax::PolicyDecl& decl, const Policy& policy) {
  ExprId first = kNone;
  for (const NudgeId nudge : policy.covers) {
    const ExprId worth = program_.nudges[nudge].worth;
    if (worth == kNone) {
      continue;
    }
    first = first == kNone ? worth : first;
    if (At(first).type != At(worth).type) {
      diagnostics_
          .Report(Code::kMixedWorth, tree_[decl.best_by].span,
                  "the worths of these nudges cannot be compared")
          .NoteAt(At(first).span, "this is " + TypeNameOf(first))
          .NoteAt(At(worth).span, "and this is " + TypeNameOf(worth))
          .Help("give all nudges of the policy a worth in money, or all in points");
      return;
    }
  }
}

void Checker::CheckLimit(const syntax::Limit& written, Policy& policy) {
  Limit limit;
  limit.span = written.span;
  limit.period = PeriodOf(written.per);
  const std::optional<std::int64_t> count = ConstantCount(written.count, 0, kCountMax);
  limit.count_max = static_cast<std::uint32_t>(count.value_or(0));
  if (count == 0) {
    diagnostics_.Report(Code::kLimitZero, written.span, "`at most 0` lets nothing through")
        .Help("leave out what it counts, or allow at least one");
  }
  if (limit.period == LimitPeriod::kRolling) {
    limit.rolling_micros = ConstantDuration(written.duration, false).value_or(1);
  }
  CheckLimitSubject(written.subject, policy.entity, limit);
  policy.limits.push_back(limit);
}

void Checker::CheckLimitSubject(const syntax::Name& subject, EntityId entity, Limit& limit) {
  if (!subject.exists() || subject.text == "nudges" || subject.text == "nudge") {
    return;
  }
  const Symbol* symbol = Find(subject.text);
  if (symbol == nullptr) {
    for (const auto& [word, scope] : kLimitWords) {
      if (subject.text != word) continue;
      limit.scope = scope;
      return;
    }
    std::vector<std::string_view> candidates =
        NamesOf({SymbolKind::kChannel, SymbolKind::kUnit, SymbolKind::kNudge});
    for (const std::string_view word : {"nudges", "messages", "tasks"}) candidates.push_back(word);
    ReportUnknown(Code::kUnknownNudge, subject,
                  "a limit counts `nudges`, `messages`, `tasks`, a channel, a unit or a nudge, and " +
                      Quoted(subject.text) + " is none",
                  candidates);
    return;
  }
  limit.scope_index = symbol->index;
  switch (symbol->kind) {
    case SymbolKind::kChannel:
      limit.scope = LimitScope::kChannel;
      return;
    case SymbolKind::kUnit:
      limit.scope = LimitScope::kUnit;
      return;
    case SymbolKind::kNudge:
      limit.scope = LimitScope::kNudge;
      if (Governs(entity, symbol->index) || program_.nudges[symbol->index].entity == kNone) {
        return;
      }
      break;
    case SymbolKind::kLater:
      return;
    default:
      break;
  }
  diagnostics_
      .Report(
          Code::kUnknownNudge, subject.span,
          Quoted(subject.text) + " is " + std::string(KindWords(symbol->kind)) +
              (symbol->kind == SymbolKind::kNudge ? " of another entity" : ", which a limit cannot count"))
      .NoteAt(symbol->span, "declared here")
      .Help("a limit counts `nudges`, `messages`, `tasks`, a channel, a unit or a nudge of this entity");
}

void Checker::CheckQuietHours(const syntax::QuietHours& written, const Scope& scope, Policy& policy) {
  QuietHours hours;
  if (written.condition.exists() && ReportClocksJoined(written.condition)) {
    return;
  }
  if (written.condition.exists()) {
    hours.condition = CheckCondition(written.condition, scope);
    if (hours.condition == kNone) return;
    if (written.outside) {
      const Span span = At(hours.condition).span;
      hours.condition = Make(ExprKind::kNot, {TypeKind::kFlag, kNone}, {hours.condition}, span);
    }
    policy.quiet_hours.push_back(hours);
    return;
  }
  const auto minute = [&](syntax::ExprId id) -> std::optional<std::int32_t> {
    const auto* clock = id.exists() ? std::get_if<syntax::ClockLiteral>(&tree_[id].node) : nullptr;
    if (clock == nullptr || clock->second_of_day % 60 != 0) {
      if (id.exists() && !std::holds_alternative<syntax::BadExpr>(tree_[id].node)) {
        ReportNoClock(id);
      }
      return std::nullopt;
    }
    return clock->second_of_day / 60 % (24 * 60);
  };
  const std::optional<std::int32_t> from = minute(written.from);
  const std::optional<std::int32_t> to = from ? minute(written.to) : std::nullopt;
  if (!from || !to) {
    return;
  }
  if (*from == *to) {
    diagnostics_
        .Report(Code::kQuietHoursEmpty, written.span, "these quiet hours begin and end at the same time")
        .Help("for all day, write `never when` and a condition");
    return;
  }
  hours.from_minute = *from;
  hours.to_minute = *to;
  if (written.zone.exists()) hours.zone = CheckQuietZone(written.zone, scope);
  policy.quiet_hours.push_back(hours);
}

// The entity's own zone is the name of a zone, in an attribute.
ExprId Checker::CheckQuietZone(syntax::ExprId written, const Scope& scope) {
  const ExprId zone = CheckExpr(written, scope, Type{TypeKind::kText, kNone});
  if (zone == kNone) return kNone;
  const Expr& expr = At(zone);
  if (expr.type.kind != TypeKind::kText) {
    diagnostics_.Report(Code::kNotAText, expr.span, "a zone is a text such as \"America/Chicago\"")
        .Label("this is " + TypeNameOf(zone));
    return kNone;
  }
  if (expr.kind == ExprKind::kLiteral && !Zone::Find(expr.text)) {
    diagnostics_.Report(Code::kUnknownZone, expr.span, "there is no time zone \"" + expr.text + "\"")
        .Help("zones are named by region and city, such as \"America/Chicago\" or \"Europe/Berlin\".");
    return kNone;
  }
  return zone;
}

void Checker::CheckHoldout(syntax::ExprId holdout, Policy& policy) {
  const ExprId share = CheckNumber(holdout, {});
  if (share == kNone) {
    return;
  }
  const Expr& expr = At(share);
  if (expr.kind != ExprKind::kLiteral) {
    diagnostics_.Report(Code::kNotConstant, expr.span, "the share held out has to be fixed")
        .Help("write `holdout 5%`");
    return;
  }
  if (expr.number < 0 || expr.number > 1) {
    Diagnostic& diagnostic =
        diagnostics_.Report(Code::kOutOfRange, expr.span, "the share held out is from 0% to 100%")
            .Help("write a percentage, such as `holdout 5%`");
    if (expr.number > 1 && expr.number <= 100 && expr.decimals == 0) {
      diagnostic.Replace({expr.span.source, expr.span.end, expr.span.end}, "%");
    }
    return;
  }
  if (expr.number == 1) {
    diagnostics_.Report(Code::kLimitZero, expr.span, "`holdout 100%` holds out everybody")
        .Explain("the policy " + Quoted(policy.name) + " then lets nothing through")
        .Help("hold out a small share, such as `holdout 5%`");
  }
  policy.holdout_share = expr.number;
}

}  // namespace lull::dsl
