#include "compiler/usage.h"

namespace lull::compiler {
namespace {

using dsl::CheckedProgram;
using dsl::Expr;
using dsl::ExprId;
using dsl::ExprKind;
using dsl::kNone;

class UsageFinder {
 public:
  explicit UsageFinder(const CheckedProgram& program)
      : program_(program), features_(program.features.size()), scores_(program.scores.size()) {
    usage_.aggregates.resize(program.aggregates.size());
    usage_.attributes.resize(program.attributes.size());
    usage_.journeys.resize(program.journeys.size());
    usage_.stalls.resize(program.stalls.size());
    usage_.sequences.resize(program.sequences.size());
    for (const dsl::Event& event : program.events) usage_.fields.emplace_back(event.fields.size());
  }

  Usage Find(const ProbeRequests& probes) {
    for (const ExprId expr : probes.exprs) Visit(expr);
    for (const dsl::StallId stall : probes.stalls) VisitStall(stall);
    for (const dsl::Nudge& nudge : program_.nudges) Visit(nudge);
    for (const dsl::Policy& policy : program_.policies) Visit(policy);
    for (const dsl::Experiment& experiment : program_.experiments) Visit(experiment.goal_where);
    for (std::size_t e = 0; e < program_.events.size(); ++e) {
      const bool is_step = program_.events[e].task_step != dsl::TaskStep::kNo;
      if (is_step) usage_.fields[e].assign(program_.events[e].fields.size(), true);
      for (const dsl::SetsAttribute& sets : program_.events[e].sets) {
        if (usage_.attributes[sets.attribute]) usage_.fields[e][sets.field] = true;
      }
    }
    return std::move(usage_);
  }

 private:
  static bool FirstTime(std::vector<bool>& seen, std::uint32_t index) {
    if (index == kNone || seen[index]) return false;
    seen[index] = true;
    return true;
  }

  void Field(dsl::EventSetId set, const std::string& name) {
    if (set == kNone || name.empty()) return;
    for (const dsl::EventId event : program_.event_sets[set].events) {
      const auto& fields = program_.events[event].fields;
      for (std::size_t f = 0; f < fields.size(); ++f) {
        if (fields[f].name == name) usage_.fields[event][f] = true;
      }
    }
  }

  void Visit(ExprId id) {
    if (id == kNone) return;
    const Expr& expr = program_.expr(id);
    for (const ExprId argument : expr.args) Visit(argument);
    switch (expr.kind) {
      case ExprKind::kAttribute:
        usage_.attributes[expr.index] = true;
        break;
      case ExprKind::kField:
        Field(expr.index, expr.text);
        break;
      case ExprKind::kFeature:
        if (FirstTime(features_, expr.index)) Visit(program_.features[expr.index].value);
        break;
      case ExprKind::kScore:
        VisitScore(expr.index);
        break;
      case ExprKind::kStage:
      case ExprKind::kTimeIn:
        VisitJourney(expr.index);
        break;
      case ExprKind::kStall:
        VisitStall(expr.index);
        break;
      case ExprKind::kAggregate:
        VisitAggregate(expr.index);
        break;
      default:
        break;
    }
  }

  void VisitScore(dsl::ScoreId id) {
    if (!FirstTime(scores_, id)) return;
    const dsl::Score& score = program_.scores[id];
    Visit(score.start);
    Visit(score.minimum);
    Visit(score.maximum);
    for (const dsl::ScorePart& part : score.parts) {
      Visit(part.points);
      Visit(part.when);
      Visit(part.because);
    }
  }

  void VisitJourney(dsl::JourneyId id) {
    if (!FirstTime(usage_.journeys, id)) return;
    for (const dsl::Transition& step : program_.journeys[id].transitions) {
      Visit(step.where);
      Visit(step.duration);
      Visit(step.when);
      VisitStall(step.stall);
      VisitSequence(step.sequence);
    }
  }

  void VisitSequence(dsl::SequenceId id) {
    if (!FirstTime(usage_.sequences, id)) return;
    for (const dsl::SequenceStep& step : program_.sequences[id].steps) Visit(step.where);
    Visit(program_.sequences[id].duration);
  }

  void VisitStall(dsl::StallId id) {
    if (!FirstTime(usage_.stalls, id)) return;
    const dsl::Stall& stall = program_.stalls[id];
    Visit(stall.while_condition);
    Visit(stall.unless_condition);
    Visit(stall.until_condition);
    Visit(stall.opening_where);
    Visit(stall.awaited_where);
    Visit(stall.duration);
    Visit(stall.by);
    Field(stall.opening, stall.same_field);
    Field(stall.awaited, stall.same_field);
    for (const dsl::Reason& reason : stall.reasons) {
      Visit(reason.text);
      Visit(reason.when);
    }
  }

  void VisitAggregate(dsl::AggregateId id) {
    if (!FirstTime(usage_.aggregates, id)) return;
    const dsl::Aggregate& aggregate = program_.aggregates[id];
    Field(aggregate.events, aggregate.field);
    Field(aggregate.events, aggregate.same_field);
    Visit(aggregate.where);
    Visit(aggregate.same_value);
    if (aggregate.since_journey != kNone) VisitJourney(aggregate.since_journey);
  }

  void Visit(const dsl::Nudge& nudge) {
    for (const ExprId expr : {nudge.where, nudge.condition, nudge.if_condition, nudge.title, nudge.worth,
                              nudge.again_after, nudge.withdraw_when, nudge.valid_for, nudge.repeat_every}) {
      Visit(expr);
    }
    for (const dsl::Route& route : nudge.routes) Visit(route.key);
    for (const dsl::Rung& rung : nudge.ladder) {
      Visit(rung.after);
      Visit(rung.to.key);
    }
    Visit(nudge.due);
    Visit(nudge.expires_after);
    for (const dsl::ScoreId score : nudge.scores) VisitScore(score);
    VisitStall(nudge.stall);
    VisitSequence(nudge.sequence);
    VisitJourney(nudge.journey);
  }

  void Visit(const dsl::Policy& policy) {
    Visit(policy.best_by);
    for (const ExprId never : policy.never) Visit(never);
    for (const dsl::QuietHours& quiet : policy.quiet_hours) {
      Visit(quiet.condition);
      Visit(quiet.zone);
    }
  }

  const CheckedProgram& program_;
  Usage usage_;
  std::vector<bool> features_, scores_;
};

}  // namespace

Usage FindUsage(const CheckedProgram& program, const ProbeRequests& probes) {
  return UsageFinder(program).Find(probes);
}

}  // namespace lull::compiler
