#include "compiler/rule_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/graph/topological_sort.hpp>
#include <map>
#include <set>

namespace lull::compiler {
namespace {

using dsl::CheckedProgram;
using dsl::ExprId;
using dsl::ExprKind;
using BoostGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;

/// At a wake-up this many conditions are asked for one that changes; each group is 8 bytes of a record.
constexpr std::size_t kGroupConditions = 8;

class GraphMaker {
 public:
  explicit GraphMaker(const Plan& plan) : plan_(plan), program_(*plan.program) {}

  Result<RuleGraph> Make() {
    AddVertices();
    AddDataEdges();
    for (dsl::JourneyId j = 0; j < program_.journeys.size(); ++j) JourneyEdges(j);
    for (dsl::EntityId e = 0; e < plan_.entities.size(); ++e) {
      for (ConditionId c = 0; c < plan_.entities[e].conditions.size(); ++c) ConditionEdges(e, c);
    }
    for (dsl::NudgeId n = 0; n < program_.nudges.size(); ++n) NudgeEdges(n);
    for (const auto& [from, to] : edges_) graph_.edges.push_back({from, to});
    const Status ordered = Order();
    if (!ordered) return std::unexpected(ordered.error());
    Group();
    Slice();
    return std::move(graph_);
  }

 private:
  std::uint32_t Id(VertexKind kind, std::uint32_t index, dsl::EntityId entity = kNone) const {
    return ids_.at({kind, index, entity});
  }

  void Add(VertexKind kind, std::uint32_t index, std::string name, dsl::EntityId entity = kNone) {
    ids_[{kind, index, entity}] = static_cast<std::uint32_t>(graph_.vertices.size());
    graph_.vertices.push_back({kind, index, entity, std::move(name)});
  }

  template <typename T>
  void AddAll(VertexKind kind, const std::vector<T>& items) {
    for (std::uint32_t i = 0; i < items.size(); ++i) Add(kind, i, items[i].name);
  }

  void AddVertices() {
    AddAll(VertexKind::kEvent, program_.events);
    AddAll(VertexKind::kAttribute, program_.attributes);
    for (std::uint32_t a = 0; a < program_.aggregates.size(); ++a) {
      Add(VertexKind::kAggregate, a, program_.event_sets[program_.aggregates[a].events].name);
    }
    AddAll(VertexKind::kFeature, program_.features);
    AddAll(VertexKind::kScore, program_.scores);
    AddAll(VertexKind::kJourney, program_.journeys);
    for (dsl::EntityId e = 0; e < plan_.entities.size(); ++e) {
      for (ConditionId c = 0; c < plan_.entities[e].conditions.size(); ++c) {
        Add(VertexKind::kCondition, c, plan_.entities[e].conditions[c].name, e);
      }
    }
    AddAll(VertexKind::kNudge, program_.nudges);
  }

  void Connect(std::uint32_t from, std::uint32_t to) { edges_.insert({from, to}); }

  void FromEvents(const std::vector<dsl::EventId>& events, std::uint32_t to) {
    for (const dsl::EventId event : events) Connect(Id(VertexKind::kEvent, event), to);
  }
  void FromSet(dsl::EventSetId set, std::uint32_t to) {
    if (set != kNone) FromEvents(plan_.Events(set), to);
  }
  void FromActivity(dsl::EntityId entity, std::uint32_t to) {
    for (dsl::EventId e = 0; e < program_.events.size(); ++e) {
      const auto& of = program_.events[e].entities;
      if (std::ranges::count(of, entity) > 0) Connect(Id(VertexKind::kEvent, e), to);
    }
  }

  /// Edges to `to` from all that the expression reads.
  void Reads(ExprId id, std::uint32_t to) {
    if (id == kNone) return;
    const dsl::Expr& expr = program_.expr(id);
    for (const ExprId argument : expr.args) Reads(argument, to);
    switch (expr.kind) {
      case ExprKind::kAttribute:
        return Connect(Id(VertexKind::kAttribute, expr.index), to);
      case ExprKind::kFeature:
        return Connect(Id(VertexKind::kFeature, expr.index), to);
      case ExprKind::kScore:
        return Connect(Id(VertexKind::kScore, expr.index), to);
      case ExprKind::kStage:
      case ExprKind::kTimeIn:
        return Connect(Id(VertexKind::kJourney, expr.index), to);
      case ExprKind::kAggregate:
        return Connect(Id(VertexKind::kAggregate, expr.index), to);
      case ExprKind::kStall:
        if (plan_.stalls[expr.index].condition == kNone) return;
        return Connect(Id(VertexKind::kCondition, plan_.stalls[expr.index].condition,
                          program_.stalls[expr.index].entity),
                       to);
      default:
        return;
    }
  }

  void AddDataEdges() {
    for (dsl::EventId e = 0; e < program_.events.size(); ++e) {
      for (const dsl::SetsAttribute& sets : program_.events[e].sets) {
        Connect(Id(VertexKind::kEvent, e), Id(VertexKind::kAttribute, sets.attribute));
      }
    }
    for (std::uint32_t a = 0; a < program_.aggregates.size(); ++a) {
      const dsl::Aggregate& aggregate = program_.aggregates[a];
      const std::uint32_t to = Id(VertexKind::kAggregate, a);
      FromSet(aggregate.events, to);
      FromSet(aggregate.since, to);
      if (aggregate.since_journey != kNone) Connect(Id(VertexKind::kJourney, aggregate.since_journey), to);
      Reads(aggregate.where, to);
    }
    for (std::uint32_t f = 0; f < program_.features.size(); ++f) {
      Reads(program_.features[f].value, Id(VertexKind::kFeature, f));
    }
    for (std::uint32_t s = 0; s < program_.scores.size(); ++s) ScoreEdges(s);
  }

  void ScoreEdges(dsl::ScoreId id) {
    const dsl::Score& score = program_.scores[id];
    const std::uint32_t to = Id(VertexKind::kScore, id);
    Reads(score.start, to);
    Reads(score.minimum, to);
    Reads(score.maximum, to);
    for (const dsl::ScorePart& part : score.parts) {
      Reads(part.points, to);
      Reads(part.when, to);
    }
  }

  void JourneyEdges(dsl::JourneyId id) {
    const dsl::Journey& journey = program_.journeys[id];
    const std::uint32_t to = Id(VertexKind::kJourney, id);
    for (const dsl::Transition& step : journey.transitions) {
      FromSet(step.events, to);
      // A level may be taken in any moment of the entity, also one whose event does not touch the condition.
      if (step.kind == dsl::TransitionKind::kWhen) FromActivity(journey.entity, to);
    }
  }

  void StallEdges(const dsl::Stall& stall, std::uint32_t to) {
    Reads(stall.while_condition, to);
    Reads(stall.unless_condition, to);
    Reads(stall.until_condition, to);
    Reads(stall.duration, to);
    Reads(stall.by, to);
    FromSet(stall.opening, to);
    FromSet(stall.awaited, to);
    if (stall.form == dsl::StallForm::kQuiet) {
      const dsl::EventSetId activity = program_.entities[stall.entity].activity;
      if (activity != kNone) {
        FromSet(activity, to);
      } else {
        FromActivity(stall.entity, to);
      }
    }
  }

  void ConditionEdges(dsl::EntityId entity, ConditionId id) {
    const PlannedCondition& condition = plan_.entities[entity].conditions[id];
    const std::uint32_t to = Id(VertexKind::kCondition, id, entity);
    Reads(condition.expr, to);
    if (condition.role == ConditionRole::kStall) {
      StallEdges(program_.stalls[condition.index], to);
      const ConditionId dwell = plan_.stalls[condition.index].dwell;
      if (dwell != kNone) Connect(Id(VertexKind::kCondition, dwell, entity), to);
    }
    if (condition.role == ConditionRole::kDue) {
      Connect(Id(VertexKind::kCondition, plan_.nudges[condition.index].state, entity), to);
      Reads(program_.nudges[condition.index].again_after, to);
    }
  }

  void NudgeEdges(dsl::NudgeId id) {
    const dsl::Nudge& nudge = program_.nudges[id];
    const NudgePlan& plan = plan_.nudges[id];
    const std::uint32_t to = Id(VertexKind::kNudge, id);
    FromSet(nudge.events, to);
    for (const ExprId expr : {nudge.where, nudge.if_condition, nudge.worth, nudge.title}) Reads(expr, to);
    if (nudge.journey != kNone) Connect(Id(VertexKind::kJourney, nudge.journey), to);
    if (nudge.stall != kNone) {
      Connect(Id(VertexKind::kCondition, plan_.stalls[nudge.stall].condition, nudge.entity), to);
    }
    for (const ConditionId condition : {plan.due, plan.rises, plan.withdraw}) {
      if (condition != kNone) Connect(Id(VertexKind::kCondition, condition, nudge.entity), to);
    }
  }

  BoostGraph ToBoost() const {
    BoostGraph boost(graph_.vertices.size());
    for (const Edge& edge : graph_.edges) boost::add_edge(edge.from, edge.to, boost);
    return boost;
  }

  Status Order() {
    std::vector<std::uint32_t> reversed;
    const BoostGraph boost = ToBoost();
    try {
      boost::topological_sort(boost, std::back_inserter(reversed));
    } catch (const boost::not_a_dag&) {
      return Fail("rules read each other in a circle; break it by reading a journey's stage instead");
    }
    rank_.resize(graph_.vertices.size());
    order_.resize(plan_.entities.size());
    for (std::size_t i = 0; i < reversed.size(); ++i) {
      const std::uint32_t vertex = reversed[reversed.size() - 1 - i];
      rank_[vertex] = i;
      const Vertex& at = graph_.vertices[vertex];
      if (at.kind == VertexKind::kCondition) order_[at.entity].push_back(at.index);
    }
    return {};
  }

  // What time changes, conditions hand on to each other; aggregates, attributes and journeys change by events
  // and moves only.
  std::vector<std::uint32_t> JoinedByTime() const {
    const auto kind = [&](std::uint32_t vertex) { return graph_.vertices[vertex].kind; };
    std::vector<Edge> edges = graph_.edges;
    std::ranges::sort(edges, {}, [&](const Edge& edge) { return rank_[edge.from]; });
    std::vector<bool> by_time(graph_.vertices.size(), false);
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS> joined(graph_.vertices.size());
    for (const auto& [from, to] : edges) {
      if (!by_time[from] && kind(from) != VertexKind::kCondition) continue;
      by_time[to] = kind(to) == VertexKind::kFeature || kind(to) == VertexKind::kScore;
      if (by_time[to] || kind(to) == VertexKind::kCondition) boost::add_edge(from, to, joined);
    }
    std::vector<std::uint32_t> component(graph_.vertices.size());
    boost::connected_components(joined, component.data());
    return component;
  }

  void Group() {
    const std::vector<std::uint32_t> component = JoinedByTime();
    for (dsl::EntityId entity = 0; entity < plan_.entities.size(); ++entity) {
      std::vector<std::vector<ConditionId>> together;
      std::map<std::uint32_t, std::size_t> places;
      for (const ConditionId condition : order_[entity]) {
        const std::uint32_t of = component[Id(VertexKind::kCondition, condition, entity)];
        const auto [place, is_new] = places.try_emplace(of, together.size());
        if (is_new) together.emplace_back();
        together[place->second].push_back(condition);
      }
      graph_.groups.push_back(Pack(std::move(together)));
    }
  }

  /// Small groups become one, each condition still after those that it reads.
  static std::vector<std::vector<ConditionId>> Pack(std::vector<std::vector<ConditionId>> together) {
    std::vector<std::vector<ConditionId>> groups;
    for (std::vector<ConditionId>& more : together) {
      if (groups.empty() || groups.back().size() + more.size() > kGroupConditions) groups.emplace_back();
      std::ranges::copy(more, std::back_inserter(groups.back()));
    }
    return groups;
  }

  void Slice() {
    const BoostGraph boost = ToBoost();
    graph_.slices.resize(plan_.entities.size());
    for (auto& slices : graph_.slices) slices.resize(program_.events.size());
    for (dsl::EventId event = 0; event < program_.events.size(); ++event) {
      std::vector<std::size_t> reached;
      std::vector<boost::default_color_type> colors(graph_.vertices.size(), boost::white_color);
      struct Visitor : boost::default_bfs_visitor {
        explicit Visitor(std::vector<std::size_t>& into) : out(&into) {}
        void discover_vertex(std::size_t vertex, const BoostGraph&) { out->push_back(vertex); }
        std::vector<std::size_t>* out;
      };
      boost::queue<std::size_t> queue;
      const auto color_map =
          boost::make_iterator_property_map(colors.begin(), boost::get(boost::vertex_index, boost));
      boost::breadth_first_visit(boost, std::size_t{Id(VertexKind::kEvent, event)}, queue, Visitor(reached),
                                 color_map);
      std::ranges::sort(reached, {}, [&](std::size_t vertex) { return rank_[vertex]; });
      for (const std::size_t vertex : reached) {
        const Vertex& at = graph_.vertices[vertex];
        if (at.kind == VertexKind::kCondition) graph_.slices[at.entity][event].push_back(at.index);
      }
    }
  }

  const Plan& plan_;
  const CheckedProgram& program_;
  RuleGraph graph_;
  std::map<std::tuple<VertexKind, std::uint32_t, dsl::EntityId>, std::uint32_t> ids_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> edges_;
  std::vector<std::size_t> rank_;
  std::vector<std::vector<ConditionId>> order_;  // by entity: its conditions, each after those that it reads
};

}  // namespace

Result<RuleGraph> MakeRuleGraph(const Plan& plan) { return GraphMaker(plan).Make(); }

}  // namespace lull::compiler
