// Warnings about rules that are legal but hardly meant. Only programs without errors get here.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "dsl/checker.h"
#include "dsl/program_walk.h"

namespace lull::dsl {
namespace {

// A value that is read from one place: attribute, field, feature or aggregate. Two reads of it look alike.
using Place = std::tuple<ExprKind, std::uint32_t, FieldScope, std::string>;

Place PlaceOf(const CheckedProgram& program, const Expr& expr) {
  if (expr.kind == ExprKind::kOfWhole) {
    return PlaceOf(program, program.exprs[expr.args.front()]);
  }
  return {expr.kind, expr.index, expr.scope, expr.text};
}

class Linter {
 public:
  Linter(const CheckedProgram& program, Diagnostics& diagnostics)
      : program_(program), diagnostics_(diagnostics) {}

  void Run();

 private:
  template <typename Definition>
  void LintConditions(const Definition& definition);
  void LintCondition(ExprId root);
  void LintNot(const Expr& negation, const std::set<Place>& guarded);
  void LintText(ExprId text, EntityId entity, const std::set<Place>& guarded);
  void LintBraces(const Expr& text, EntityId entity);
  void LintNudge(const Nudge& nudge);
  std::set<Place> GuardsOf(ExprId root) const;
  std::set<Place> GuardsOf(const Stall& stall) const;
  bool MayBeMissing(const Expr& expr, bool never_counts) const;
  const Expr* FindMissing(ExprId root, const std::set<Place>& guarded, bool never_counts) const;

  const CheckedProgram& program_;
  Diagnostics& diagnostics_;
  std::set<Place> shown_;  // places that a text warning was already given for
};

// What is asked to be known or unknown somewhere in a condition: its author thought of it.
std::set<Place> Linter::GuardsOf(ExprId root) const {
  std::set<Place> guards;
  VisitExprs(program_, root, [&](ExprId, const Expr& expr) {
    if (expr.kind == ExprKind::kIsKnown || expr.kind == ExprKind::kIsUnknown) {
      guards.insert(PlaceOf(program_, program_.exprs[expr.args.front()]));
    }
  });
  return guards;
}

std::set<Place> Linter::GuardsOf(const Stall& stall) const {
  std::set<Place> guards = GuardsOf(stall.while_condition);
  guards.merge(GuardsOf(stall.unless_condition));
  return guards;
}

// Whether data may be missing, rather than that a calculation may overflow. `never_counts`: an event that
// never happened counts too.
bool Linter::MayBeMissing(const Expr& expr, bool never_counts) const {
  if (!expr.may_be_unknown) {
    return false;
  }
  switch (expr.kind) {
    case ExprKind::kAttribute:
    case ExprKind::kField:
      return true;
    case ExprKind::kAggregate: {
      const Aggregate& aggregate = program_.aggregates[expr.index];
      const bool reads_field =
          aggregate.function == AggregateFunction::kFirst || aggregate.function == AggregateFunction::kLatest;
      if (aggregate.function == AggregateFunction::kSum) {
        return false;
      }
      if (never_counts || !reads_field) {
        return never_counts;
      }
      for (const EventId event : program_.event_sets[aggregate.events].events) {
        for (const EventField& field : program_.events[event].fields) {
          if (field.name == aggregate.field && field.optional) {
            return true;
          }
        }
      }
      return false;
    }
    default:
      return false;
  }
}

// The first place below `root` whose data may be missing; what an `or else` or `is known` looks at is taken
// care of.
const Expr* Linter::FindMissing(ExprId root, const std::set<Place>& guarded, bool never_counts) const {
  std::vector<ExprId> open = {root};
  std::set<ExprId> seen;
  while (!open.empty()) {
    const ExprId id = open.back();
    open.pop_back();
    if (id == kNone || !seen.insert(id).second) {
      continue;
    }
    const Expr& expr = program_.exprs[id];
    if (guarded.contains(PlaceOf(program_, expr))) {
      continue;
    }
    if (MayBeMissing(expr, never_counts)) {
      return &expr;
    }
    if (expr.kind == ExprKind::kFeature) {
      open.push_back(program_.features[expr.index].value);
    } else if (expr.kind == ExprKind::kOrElse) {
      open.push_back(expr.args[1]);
    } else if (expr.kind == ExprKind::kIf) {
      open.insert(open.end(), {expr.args[2], expr.args[1]});
    } else if (expr.kind != ExprKind::kIsKnown && expr.kind != ExprKind::kIsUnknown) {
      open.insert(open.end(), expr.args.rbegin(), expr.args.rend());
    }
  }
  return nullptr;
}

void Linter::LintNot(const Expr& negation, const std::set<Place>& guarded) {
  const Expr* missing = FindMissing(negation.args.front(), guarded, true);
  if (missing == nullptr) {
    return;
  }
  diagnostics_.Report(Code::kNotOverUnknown, negation.span, "this is yes when something in it is unknown")
      .NoteAt(missing->span, "this may be unknown; a comparison with it is no then, and `not` makes it yes")
      .Help("ask whether it is known as well: `x is known and not ...`, or give a value with `or else`");
}

void Linter::LintCondition(ExprId root) {
  if (root == kNone) {
    return;
  }
  if (program_.exprs[root].kind == ExprKind::kLiteral) {
    diagnostics_
        .Report(Code::kAlwaysSame, program_.exprs[root].span,
                program_.exprs[root].integer != 0 ? "this condition is always yes"
                                                  : "this condition is always no")
        .Help("leave it out, or ask something that changes");
  }
  const std::set<Place> guarded = GuardsOf(root);
  VisitExprs(program_, root, [&](ExprId, const Expr& expr) {
    if (expr.kind == ExprKind::kNot) {
      LintNot(expr, guarded);
    }
  });
}

template <typename Definition>
void Linter::LintConditions(const Definition& definition) {
  VisitRoots(definition, [&](ExprId root, RootUse use) {
    if (use == RootUse::kCondition) {
      LintCondition(root);
    }
  });
}

// `{{name}}`, as templates elsewhere have it.
void Linter::LintBraces(const Expr& text, EntityId entity) {
  std::vector<std::string_view> pieces(text.texts.begin(), text.texts.end());
  if (text.kind == ExprKind::kLiteral) pieces = {text.text};
  for (const std::string_view piece : pieces) {
    for (std::size_t open = piece.find('{'); open != std::string_view::npos;
         open = piece.find('{', open + 1)) {
      const std::size_t close = std::min(piece.find('}', open), piece.size());
      const std::string_view inside = piece.substr(open + 1, close - open - 1);
      const auto is_inside = [&](const auto& each) { return each.entity == entity && each.name == inside; };
      const bool known = std::any_of(program_.attributes.begin(), program_.attributes.end(), is_inside) ||
                         std::any_of(program_.features.begin(), program_.features.end(), is_inside) ||
                         std::any_of(program_.scores.begin(), program_.scores.end(), is_inside);
      if (!known) continue;
      diagnostics_
          .Report(Code::kBracesShown, text.span, "this text shows the braces and the word " + Quoted(inside))
          .Help("to put in its value, write one brace on each side: `{" + std::string(inside) + "}`");
    }
  }
}

// One warning for each place, however many texts show it.
void Linter::LintText(ExprId text, EntityId entity, const std::set<Place>& guarded) {
  if (text == kNone) {
    return;
  }
  LintBraces(program_.exprs[text], entity);
  for (const ExprId arg : program_.exprs[text].args) {
    const Expr* missing = FindMissing(arg, guarded, false);
    if (missing == nullptr || !shown_.insert(PlaceOf(program_, *missing)).second) {
      continue;
    }
    diagnostics_
        .Report(Code::kUnknownInText, program_.exprs[arg].span,
                "this may be unknown, and the text would say so")
        .Help(missing->kind == ExprKind::kAttribute
                  ? "give the attribute a default, or narrow the rule with `... is known`"
                  : "make a feature of it with `or else`, or narrow the rule with `... is known`");
  }
}

void Linter::LintNudge(const Nudge& nudge) {
  std::set<Place> guarded = GuardsOf(nudge.if_condition);
  guarded.merge(GuardsOf(nudge.where));
  guarded.merge(GuardsOf(nudge.condition));
  if (nudge.sequence != kNone) guarded.merge(GuardsOf(program_.sequences[nudge.sequence].steps.back().where));
  if (nudge.stall != kNone) {
    guarded.merge(GuardsOf(program_.stalls[nudge.stall]));
  }
  LintText(nudge.title, nudge.entity, guarded);
  if (!nudge.routes.empty() && nudge.routes.back().key != kNone) {
    const ExprId key = nudge.routes.back().key;
    if (FindMissing(key, guarded, true) != nullptr) {
      diagnostics_
          .Report(Code::kKeyMayBeUnknown, program_.exprs[key].span,
                  "this may be unknown, and then nobody gets the nudge")
          .Help("add a unit without a key at the end: `else UNIT`");
    }
  }
  if (nudge.trigger != TriggerKind::kEvent) {
    return;
  }
  const std::vector<EventId>& events = program_.event_sets[nudge.events].events;
  VisitRoots(nudge, [&](ExprId root, RootUse) {
    std::set<ExprId> before;  // what `before this` looks at, where the event has not come yet
    VisitExprs(program_, root, [&](ExprId id, const Expr& expr) {
      if (expr.kind == ExprKind::kBeforeThis || before.contains(id)) {
        before.insert(expr.args.begin(), expr.args.end());
      }
      if (expr.kind != ExprKind::kAggregate || before.contains(id)) {
        return;
      }
      const Aggregate& aggregate = program_.aggregates[expr.index];
      const std::vector<EventId>& since = program_.event_sets[aggregate.events].events;
      if (aggregate.function == AggregateFunction::kTimeSince && aggregate.where == kNone &&
          std::includes(since.begin(), since.end(), events.begin(), events.end())) {
        diagnostics_
            .Report(Code::kAlwaysZero, expr.span, "in a rule on this event the time since it is always zero")
            .Help("for the time between the latest two, write `gap of " +
                  program_.event_sets[aggregate.events].name + "`");
      }
    });
  });
}

void Linter::Run() {
  for (const Expr& expr : program_.exprs) {
    if (expr.kind == ExprKind::kLike && program_.exprs[expr.args[1]].text.find('*') == std::string::npos) {
      diagnostics_
          .Report(Code::kLikeWithoutStar, program_.exprs[expr.args[1]].span,
                  "without a `*` this is the same as `is`")
          .Help(program_.exprs[expr.args[1]].text.find('%') != std::string::npos
                    ? "`*` stands for any characters, not `%`"
                    : "put `*` where any characters may stand, or write `is`");
    }
  }
  for (const Score& score : program_.scores) {
    LintConditions(score);
    for (const ScorePart& part : score.parts) {
      LintText(part.because, score.entity, GuardsOf(part.when));
    }
  }
  for (const Stall& stall : program_.stalls) {
    LintConditions(stall);
    for (const Reason& reason : stall.reasons) {
      std::set<Place> guarded = GuardsOf(stall);
      guarded.merge(GuardsOf(reason.when));
      LintText(reason.text, stall.entity, guarded);
    }
  }
  for (const Sequence& sequence : program_.sequences) {
    LintConditions(sequence);
  }
  for (const Journey& journey : program_.journeys) {
    LintConditions(journey);
  }
  for (const Nudge& nudge : program_.nudges) {
    LintConditions(nudge);
    LintNudge(nudge);
  }
  for (const Policy& policy : program_.policies) {
    LintConditions(policy);
  }
}

}  // namespace

void ReportLints(const CheckedProgram& program, Diagnostics& diagnostics) {
  Linter(program, diagnostics).Run();
}

}  // namespace lull::dsl
