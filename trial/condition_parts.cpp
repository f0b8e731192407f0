#include "trial/condition_parts.h"

#include <algorithm>

#include "dsl/condition_text.h"
#include "dsl/program_printer.h"
#include "dsl/program_walk.h"

namespace lull::trial {
namespace {

using dsl::Expr;
using dsl::ExprId;
using dsl::ExprKind;
using dsl::kNone;

/// Conditions inside of conditions that are shown: a feature of a feature, the stall of a stall.
constexpr std::uint32_t kDepthMax = 4;

class PartMaker {
 public:
  explicit PartMaker(const dsl::LoadedRuleset& loaded) : loaded_(loaded), program_(loaded.program) {}

  std::vector<Part> Nudge(dsl::NudgeId id) {
    const dsl::Nudge& nudge = program_.nudges[id];
    if (nudge.stall != kNone) {
      Add({.label = Word(nudge) + " " + program_.stalls[nudge.stall].name,
           .stall = nudge.stall,
           .is_state = true},
          true);
      Stall(nudge.stall, 1);
    } else if (nudge.journey != kNone) {
      const dsl::Journey& journey = program_.journeys[nudge.journey];
      parts_.push_back({.label = "on " + journey.name + " entering " + journey.stages[nudge.stage].name});
    } else if (nudge.events != kNone) {
      parts_.push_back({.label = "on " + program_.event_sets[nudge.events].name});
      Condition("where", nudge.where, 1, true);
    } else {
      Condition(Word(nudge), nudge.condition, 0, true);
    }
    Condition("if", nudge.if_condition, 0, true);
    return std::move(parts_);
  }

  std::vector<Part> Of(ExprId condition) {
    Condition("", condition, 0, true);
    return std::move(parts_);
  }

 private:
  const Expr& At(ExprId id) const { return program_.expr(id); }

  static std::string Word(const dsl::Nudge& nudge) { return nudge.lasts() ? "while" : "on"; }

  void Add(Part part, bool wanted) {
    part.wanted = wanted;
    parts_.push_back(std::move(part));
  }

  /// Whether it can be asked: not what an event says that is only there while an aggregate looks at it, nor a
  /// text that is put together.
  bool IsAskable(ExprId root, bool& needs_event) const {
    bool askable = true;
    needs_event = false;
    std::vector<ExprId> open = {root};
    while (!open.empty()) {
      const Expr& expr = At(open.back());
      open.pop_back();
      if (expr.kind == ExprKind::kField && expr.scope == dsl::FieldScope::kOwn) askable = false;
      if (expr.kind == ExprKind::kField) needs_event = true;
      if (expr.kind == ExprKind::kTemplate && !expr.args.empty()) askable = false;
      if (expr.kind == ExprKind::kAggregate && program_.aggregates[expr.index].same_value != kNone) {
        needs_event = true;
      }
      open.insert(open.end(), expr.args.begin(), expr.args.end());
    }
    return askable;
  }

  void Condition(const std::string& word, ExprId id, std::uint32_t depth, bool wanted) {
    if (id == kNone) return;
    const Expr& expr = At(id);
    if (expr.kind == (wanted ? ExprKind::kAnd : ExprKind::kOr)) {
      // Each on its own: all must hold (none may).
      for (std::size_t i = 0; i < expr.args.size(); ++i) {
        Condition(i == 0 || !wanted ? word : "and", expr.args[i], depth, wanted);
      }
      return;
    }
    Part part;
    part.depth = depth;
    part.label = (word.empty() ? "" : word + " ") + TextOf(loaded_, id);
    if (IsAskable(id, part.needs_event)) part.condition = id;
    AddValues(expr, part);
    Add(std::move(part), wanted);
    if (depth >= kDepthMax) return;
    if (expr.kind == ExprKind::kStall) Stall(expr.index, depth + 1);
    if (expr.kind == ExprKind::kFeature) Inside(program_.features[expr.index].value, depth + 1);
    if (expr.kind == ExprKind::kOr || expr.kind == ExprKind::kAnd || expr.kind == ExprKind::kNot) {
      for (const ExprId arg : expr.args) Inside(arg, depth + 1);
    }
  }

  void Inside(ExprId id, std::uint32_t depth) {
    if (id == kNone || At(id).type.kind != dsl::TypeKind::kFlag) return;
    const ExprKind kind = At(id).kind;
    if (kind == ExprKind::kLiteral || kind == ExprKind::kAttribute) return;
    Condition("", id, depth, true);
  }

  void AddValues(const Expr& expr, Part& part) {
    const bool compares = expr.kind == ExprKind::kCompare || expr.kind == ExprKind::kOneOf ||
                          expr.kind == ExprKind::kStartsWith || expr.kind == ExprKind::kEndsWith ||
                          expr.kind == ExprKind::kContains || expr.kind == ExprKind::kLike ||
                          expr.kind == ExprKind::kIsKnown || expr.kind == ExprKind::kIsUnknown;
    if (!compares) return;
    for (const ExprId arg : expr.args) {
      Part::Value value{.name = TextOf(loaded_, arg), .expr = arg};
      if (At(arg).kind == ExprKind::kLiteral || !IsAskable(arg, value.needs_event)) continue;
      part.values.push_back(std::move(value));
    }
  }

  void Stall(dsl::StallId id, std::uint32_t depth) {
    const dsl::Stall& stall = program_.stalls[id];
    Condition("while", stall.while_condition, depth, true);
    Condition("unless", stall.unless_condition, depth, false);
    Part part{.depth = depth, .label = FormText(stall), .stall = id};
    const bool by_calendar =
        stall.duration != kNone && At(stall.duration).type.kind == dsl::TypeKind::kCalendarDuration;
    if (by_calendar) {
      part.duration = stall.duration;
      AddDurationValues(stall.duration, part.duration_values);
    }
    Add(std::move(part), true);
  }

  void AddDurationValues(ExprId id, std::vector<ExprId>& values) const {
    const Expr& expr = At(id);
    if (expr.kind == ExprKind::kFeature)
      return AddDurationValues(program_.features[expr.index].value, values);
    for (const ExprId arg : expr.args) {
      bool needs_event = false;
      if (At(arg).type.kind == dsl::TypeKind::kCalendarDuration) {
        AddDurationValues(arg, values);
      } else if (IsAskable(arg, needs_event) && !needs_event) {
        values.push_back(arg);
      }
    }
  }

  std::string FormText(const dsl::Stall& stall) const {
    const auto events = [&](dsl::EventSetId set) {
      return set == kNone ? "" : program_.event_sets[set].name;
    };
    const std::string duration = TextOf(loaded_, stall.duration);
    const std::string end = stall.by == kNone ? " within " + duration : " by " + TextOf(loaded_, stall.by);
    const std::string wait = events(stall.opening) + " no " + events(stall.awaited) + end;
    switch (stall.form) {
      case dsl::StallForm::kQuiet:
        return "quiet " + duration;
      case dsl::StallForm::kNo:
        return "no " + events(stall.awaited) +
               (stall.awaited_where == kNone ? "" : " where " + TextOf(loaded_, stall.awaited_where)) +
               " for " + duration;
      case dsl::StallForm::kFor:
        return "for " + duration;
      case dsl::StallForm::kAfter:
        return "after " + wait;
      case dsl::StallForm::kAfterFirst:
        return "after first " + wait;
      case dsl::StallForm::kAfterEach:
        return "after each " + wait;
    }
    return duration;
  }

  const dsl::LoadedRuleset& loaded_;
  const dsl::CheckedProgram& program_;
  std::vector<Part> parts_;
};

}  // namespace

std::string TextOf(const dsl::LoadedRuleset& loaded, ExprId expr) {
  if (expr == kNone) return "";
  const std::string text = dsl::OnOneLine(loaded.sources.TextOf(loaded.program.expr(expr).span));
  return text.empty() ? dsl::PrintExpr(loaded.program, expr) : text;
}

std::vector<Part> PartsOf(const dsl::LoadedRuleset& loaded, dsl::NudgeId nudge) {
  return PartMaker(loaded).Nudge(nudge);
}

std::vector<Part> PartsOfCondition(const dsl::LoadedRuleset& loaded, ExprId condition) {
  return PartMaker(loaded).Of(condition);
}

void AddRequests(const std::vector<Part>& parts, compiler::ProbeRequests& requests) {
  for (const Part& part : parts) {
    if (part.condition != kNone) requests.exprs.push_back(part.condition);
    if (part.stall != kNone) requests.stalls.push_back(part.stall);
    requests.exprs.insert(requests.exprs.end(), part.duration_values.begin(), part.duration_values.end());
    for (const Part::Value& value : part.values) requests.exprs.push_back(value.expr);
  }
}

}  // namespace lull::trial
