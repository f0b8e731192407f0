// Declarations and their clauses.
#include <utility>

#include "dsl/tree_builder.h"
#include "runtime/base/check.h"

namespace lull::dsl::syntax {

std::string TreeBuilder::DocBefore(std::uint32_t offset) const {
  std::string doc;
  std::size_t line_begin = text_.rfind('\n', offset == 0 ? 0 : offset - 1);
  // The lines above, from the nearest up, as long as they are `##` lines.
  while (line_begin != std::string_view::npos) {
    const std::size_t end = line_begin;
    line_begin = end == 0 ? std::string_view::npos : text_.rfind('\n', end - 1);
    const std::size_t begin = line_begin == std::string_view::npos ? 0 : line_begin + 1;
    std::string_view line = text_.substr(begin, end - begin);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with("##")) break;
    line.remove_prefix(2);
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    doc.insert(0, std::string(line) + (doc.empty() ? "" : "\n"));
  }
  return doc;
}

void TreeBuilder::BeginDeclaration(Span span) {
  declaration_begin_ = span.begin;
  tree_.marks.push_back({LayoutMark::Kind::kDeclaration, source_, span.begin, {}});
  in_block_ = false;
  current_ = nullptr;
}

void TreeBuilder::EndDeclaration(Span span) {
  if (current_ == nullptr) return;
  current_->span = span;
  current_->doc = DocBefore(span.begin);
  current_ = nullptr;
}

bool TreeBuilder::ReportTwice(bool given, Span first, Span second) {
  if (!given) return false;
  diagnostics_.Report(Code::kClauseTwice, second, "this clause is given twice")
      .Label("the second time")
      .NoteAt(first, "the first time")
      .Help("keep one of the two; conditions are joined with `and` or `or`");
  return true;
}

void TreeBuilder::SetOnce(ExprId& slot, ExprId value, Span clause) {
  if (ReportTwice(slot.exists(), slot.exists() ? tree_[slot].span : Span(), clause)) return;
  slot = value;
}

void TreeBuilder::SetOnce(PlainText& slot, Span clause) {
  if (!ReportTwice(slot.exists(), slot.span, clause)) slot = plain_;
  plain_ = {};
}

void TreeBuilder::SetOnce(Name& slot, Span clause) {
  Name name = PopName();
  if (!ReportTwice(slot.exists(), slot.span, clause)) slot = std::move(name);
}

// --- Ruleset, choice, entity, event ---

void TreeBuilder::SetTitle(Span span) { SetOnce(tree_.rulesets.back().title, span); }
void TreeBuilder::SetZone(Span span) { SetOnce(tree_.rulesets.back().zone, span); }
void TreeBuilder::SetWireType(Span span) { SetOnce(tree_.rulesets.back().wire_type, span); }
void TreeBuilder::SetWireTime(Span span) { SetOnce(tree_.rulesets.back().wire_time, span); }
void TreeBuilder::SetWireId(Span span) { SetOnce(tree_.rulesets.back().wire_id, span); }

void TreeBuilder::SetCurrency(Span span) {
  const Span code{source_, span.end - 3, span.end};
  Name& currency = tree_.rulesets.back().currency;
  if (ReportTwice(currency.exists(), currency.span, span)) return;
  currency = {std::string(text_.substr(code.begin, 3)), code};
}

void TreeBuilder::SetLate(LatePolicy late, Span span) {
  RulesetDecl& ruleset = tree_.rulesets.back();
  if (ReportTwice(ruleset.late.has_value(), ruleset.late_span, span)) return;
  ruleset.late = late;
  ruleset.late_span = span;
}

void TreeBuilder::MakeType() { type_ = {PopName(), {}}; }

void TreeBuilder::SetTypeBytes() {
  const auto& number = std::get<NumberLiteral>(tree_[PopExpr()].node).value;
  type_.bytes_max = number.decimals == 0 ? number.units : 0;
}

void TreeBuilder::EndAttribute(Span span) {
  tree_.entities.back().attributes.push_back({PopName(), type_, default_, span});
  default_ = {};
}

void TreeBuilder::SetActivity(Span span) {
  EntityDecl& entity = tree_.entities.back();
  if (!ReportTwice(entity.activity_span.exists(), entity.activity_span, span)) entity.activity_span = span;
  AppendNames(entity.activity);
}

void TreeBuilder::SetWireName(Span span) { SetOnce(tree_.events.back().wire_name, span); }

void TreeBuilder::EndField(Span span) {
  tree_.events.back().fields.push_back({PopName(), type_, optional_, plain_, span});
  optional_ = false;
  plain_ = {};
}

// --- Journey ---

void TreeBuilder::SetStart(Span span) { SetOnce(tree_.journeys.back().start, span); }

void TreeBuilder::SetTransitionOn() {
  transition_.kind = TransitionKind::kOn;
  transition_.trigger = PopName();
}

void TreeBuilder::EndTransition(Span span) {
  transition_.span = span;
  tree_.journeys.back().transitions.push_back(std::move(transition_));
  transition_ = {};
}

// --- Sequences ---

void TreeBuilder::BeginStep() { sequence_.steps.push_back({PopName(), {}, {}, {}}); }

void TreeBuilder::SetStepSame(Span span) {
  PopName();
  sequence_.steps.back().same = span;
}

void TreeBuilder::SetStepWhere(Span span) { SetOnce(sequence_.steps.back().where, PopExpr(), span); }

void TreeBuilder::BeginSequenceOfOn() {
  sequence_ = {};
  sequence_.steps.push_back({moment_.name, {}, {}, moment_.where});
}

void TreeBuilder::BeginSequenceOfTransition() {
  sequence_ = {};
  sequence_.steps.push_back({transition_.trigger, {}, {}, transition_.where});
}

void TreeBuilder::SetOnSequence() {
  moment_.kind = MomentKind::kSequence;
  moment_.sequence = std::exchange(sequence_, {});
}

void TreeBuilder::SetTransitionSequence() {
  transition_.kind = TransitionKind::kOn;
  transition_.sequence = std::exchange(sequence_, {});
}

// --- Stall ---

void TreeBuilder::EndStallTrigger(Span span) {
  trigger_.span = span;
  StallTrigger& slot = tree_.stalls.back().trigger;
  const bool given = slot.kind != StallKind::kNone;
  if (given) {
    diagnostics_.Report(Code::kClauseTwice, span, "a stall begins in one way only")
        .Label("a second way")
        .NoteAt(slot.span, "the first way")
        .Help("write a stall for each, and name both where either is meant: `a or b`");
  } else {
    slot = std::move(trigger_);
  }
  trigger_ = {};
}

void TreeBuilder::EndBecause(Span span) {
  tree_.stalls.back().because.push_back({PopExpr(), when_, span});
  when_ = {};
}

// --- Score ---

void TreeBuilder::EndScoreLine(bool take, Span span) {
  line_.take = take;
  line_.span = span;
  tree_.scores.back().lines.push_back(line_);
  line_ = {};
}

void TreeBuilder::SetKept(Span span) {
  ScoreDecl& score = tree_.scores.back();
  const ExprId high = PopExpr();
  SetOnce(score.kept_low, PopExpr(), span);
  if (!score.kept_high.exists()) score.kept_high = high;
}

// --- Nudge ---

void TreeBuilder::SetOnName() {
  moment_.kind = MomentKind::kName;
  moment_.name = PopName();
}

void TreeBuilder::SetOnEntering() {
  moment_.kind = MomentKind::kEntering;
  moment_.stage = PopName();
  moment_.name = PopName();
}

void TreeBuilder::SetOnExpression() {
  const ExprId condition = PopExpr();
  if (const auto* ref = std::get_if<NameRef>(&tree_[condition].node)) {
    moment_.kind = MomentKind::kName;
    moment_.name = ref->name;
  } else {
    moment_.kind = MomentKind::kCondition;
    moment_.condition = condition;
  }
}

void TreeBuilder::SetLastDay(Span span) {
  constexpr std::int64_t kLongestMonth = 31;
  Push(NumberLiteral{{kLongestMonth, 0}, false}, span);
  moment_.schedule.month_day = PopExpr();
}

void TreeBuilder::SetScheduleClock() {
  moment_.kind = MomentKind::kEvery;
  moment_.schedule.clock = PopExpr();
}

void TreeBuilder::EndOn(Span span) {
  moment_.span = span;
  std::optional<Moment>& slot = tree_.nudges.back().on;
  if (!ReportTwice(slot.has_value(), slot ? slot->span : Span(), span)) slot = std::move(moment_);
  moment_ = {};
}

void TreeBuilder::SetDo(Span span) {
  NudgeDecl& nudge = tree_.nudges.back();
  const ExprId text = PopExpr();
  Name channel = PopName();
  if (ReportTwice(nudge.channel.exists(), nudge.channel.span, span)) return;
  nudge.channel = std::move(channel);
  nudge.text = text;
}

void TreeBuilder::EndDestination(Span span) {
  destination_.span = span;
  destinations_.push_back(std::move(destination_));
  destination_ = {};
}

void TreeBuilder::EndTo(Span span) {
  std::vector<Destination>& slot = tree_.nudges.back().to;
  if (!ReportTwice(!slot.empty(), slot.empty() ? Span() : slot[0].span, span))
    slot = std::move(destinations_);
  destinations_.clear();
}

void TreeBuilder::SetRepeat(Span span) {
  NudgeDecl& nudge = tree_.nudges.back();
  const bool given = nudge.repeat_every.exists();
  SetOnce(nudge.repeat_every, repeat_every_, span);
  if (!given) nudge.repeat_max = repeat_max_;
  repeat_every_ = {};
  repeat_max_ = {};
}

void TreeBuilder::SetOutcomes(Span span) {
  NudgeDecl& nudge = tree_.nudges.back();
  if (!ReportTwice(nudge.outcomes_span.exists(), nudge.outcomes_span, span)) nudge.outcomes_span = span;
  AppendNames(nudge.outcomes);
}

void TreeBuilder::SetDue(bool by, Span span) {
  NudgeDecl& nudge = tree_.nudges.back();
  if (!nudge.due.exists()) nudge.due_by = by;
  SetOnce(nudge.due, PopExpr(), span);
}

void TreeBuilder::EndRung(Span span) {
  rung_.to = std::move(destinations_.back());
  rung_.span = span;
  destinations_.clear();
  tree_.nudges.back().ladder.push_back(std::move(rung_));
  rung_ = {};
}

// --- Experiment ---

void TreeBuilder::MakeArm(Span span) { Push(ArmRef{PopName()}, span); }

void TreeBuilder::EndArm(Span span) {
  arm_.span = span;
  tree_.experiments.back().arms.push_back(std::move(arm_));
  arm_ = {};
}

void TreeBuilder::EndGoal(Span span) {
  ExperimentDecl& experiment = tree_.experiments.back();
  goal_.goal_within = PopExpr();
  if (!ReportTwice(experiment.goal_span.exists(), experiment.goal_span, span)) {
    experiment.goal = std::move(goal_.goal);
    experiment.goal_where = goal_.goal_where;
    experiment.goal_within = goal_.goal_within;
    experiment.goal_span = span;
  }
  goal_ = {};
}

// --- Policy ---

void TreeBuilder::SetCovers(Span span) {
  PolicyDecl& policy = tree_.policies.back();
  if (!ReportTwice(policy.covers_span.exists(), policy.covers_span, span)) policy.covers_span = span;
  AppendNames(policy.covers);
}

void TreeBuilder::SetBest(Span span) {
  PolicyDecl& policy = tree_.policies.back();
  const ExprId by = PopExpr();
  SetOnce(policy.best_count, PopExpr(), span);
  if (!policy.best_by.exists()) policy.best_by = by;
}

void TreeBuilder::EndLimit(Span span) {
  limit_.span = span;
  tree_.policies.back().limits.push_back(std::move(limit_));
  limit_ = {};
}

void TreeBuilder::EndQuietHours(Span span) {
  // Two times, or one condition.
  if (!quiet_.from.exists()) quiet_.condition = PopExpr();
  quiet_.span = span;
  tree_.policies.back().quiet_hours.push_back(quiet_);
  quiet_ = {};
}

}  // namespace lull::dsl::syntax
