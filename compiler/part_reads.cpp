#include "compiler/part_reads.h"

#include <set>
#include <tuple>

namespace lull::compiler {
namespace {

using dsl::ExprKind;

/// Walks what expressions read at the time they are read; what an aggregate counted is settled by then.
class ReadFinder {
 public:
  explicit ReadFinder(const dsl::CheckedProgram& program) : program_(program) {}

  void Visit(dsl::ExprId id, bool of_whole = false) {
    if (id == kNone) return;
    const dsl::Expr& expr = program_.expr(id);
    for (const dsl::ExprId argument : expr.args) Visit(argument, of_whole || expr.kind == ExprKind::kOfWhole);
    any = any || expr.kind == ExprKind::kOfWhole;
    state = state || (of_whole && ChangesByState(expr));
    if (expr.kind != ExprKind::kFeature && expr.kind != ExprKind::kScore) return;
    if (!seen_.insert({expr.kind, expr.index, of_whole}).second) return;
    if (expr.kind == ExprKind::kFeature) return Visit(program_.features[expr.index].value, of_whole);
    const dsl::Score& score = program_.scores[expr.index];
    for (const dsl::ExprId value : {score.start, score.minimum, score.maximum}) Visit(value, of_whole);
    for (const dsl::ScorePart& part : score.parts) {
      Visit(part.points, of_whole);
      Visit(part.when, of_whole);
    }
  }

  bool any = false;
  bool state = false;

 private:
  bool ChangesByState(const dsl::Expr& expr) const {
    const bool since_entered = expr.kind == ExprKind::kAggregate &&
                               program_.aggregates[expr.index].window == dsl::WindowKind::kSinceEntered;
    return since_entered || expr.kind == ExprKind::kStall || expr.kind == ExprKind::kStage ||
           expr.kind == ExprKind::kTimeIn;
  }

  const dsl::CheckedProgram& program_;
  std::set<std::tuple<ExprKind, std::uint32_t, bool>> seen_;
};

dsl::EntityId OwnerOf(const dsl::CheckedProgram& program, const Vertex& vertex) {
  switch (vertex.kind) {
    case VertexKind::kAttribute:
      return program.attributes[vertex.index].entity;
    case VertexKind::kAggregate:
      return program.aggregates[vertex.index].entity;
    case VertexKind::kJourney:
      return program.journeys[vertex.index].entity;
    case VertexKind::kCondition:
      return vertex.entity;
    default:
      return kNone;
  }
}

}  // namespace

WholeReads FindWholeReads(const Plan& plan, dsl::EntityId part) {
  const dsl::CheckedProgram& program = *plan.program;
  if (program.entities[part].whole == kNone) return {};
  ReadFinder journeys(program);
  for (const dsl::JourneyId journey : plan.entities[part].journeys) {
    for (const dsl::Transition& step : program.journeys[journey].transitions) {
      journeys.Visit(step.when);
      journeys.Visit(step.duration);
    }
  }
  ReadFinder conditions(program);
  for (const PlannedCondition& condition : plan.entities[part].conditions) {
    conditions.Visit(condition.expr);
    if (condition.role == ConditionRole::kDue) {
      conditions.Visit(program.nudges[condition.index].again_after);
      conditions.Visit(program.nudges[condition.index].repeat_every);
    }
    if (condition.role != ConditionRole::kStall) continue;
    const dsl::Stall& stall = program.stalls[condition.index];
    for (const dsl::ExprId expr :
         {stall.while_condition, stall.unless_condition, stall.until_condition, stall.duration, stall.by}) {
      conditions.Visit(expr);
    }
  }
  return {.state = journeys.state || conditions.state, .by_journeys = journeys.any};
}

bool TouchesParts(const Plan& plan, const RuleGraph& graph, dsl::EntityId part, dsl::EventId event) {
  const dsl::CheckedProgram& program = *plan.program;
  const dsl::EntityId whole = program.entities[part].whole;
  std::vector<bool> reached(graph.vertices.size(), false);
  std::vector<std::uint32_t> open;
  const auto reach = [&](std::uint32_t vertex) {
    if (!reached[vertex]) open.push_back(vertex);
    reached[vertex] = true;
  };
  for (const Edge& edge : graph.edges) {
    const Vertex& from = graph.vertices[edge.from];
    const bool starts = from.kind == VertexKind::kEvent && from.index == event;
    if (starts && OwnerOf(program, graph.vertices[edge.to]) == whole) reach(edge.to);
  }
  while (!open.empty()) {
    const std::uint32_t at = open.back();
    open.pop_back();
    const Vertex& vertex = graph.vertices[at];
    if (vertex.kind == VertexKind::kCondition && vertex.entity == part) return true;
    // Its parts are looked at when a stall or a stage of the whole does change.
    const bool is_state = vertex.kind == VertexKind::kCondition || vertex.kind == VertexKind::kJourney;
    if (is_state && OwnerOf(program, vertex) == whole) continue;
    for (const Edge& edge : graph.edges) {
      if (edge.from == at) reach(edge.to);
    }
  }
  return false;
}

}  // namespace lull::compiler
