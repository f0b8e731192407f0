// The rule graph: what depends on what (Boost.Graph, in rule_graph.cpp only).
//
// Vertices are events, attributes, aggregates, features, scores, journeys and the plan's conditions; an edge
// leads from what changes to what reads it. Its topological order is the order of evaluation within a moment,
// and what can be reached from an event is that event's slice. Journeys are read as a snapshot and their
// automatic transitions happen in moments of their own, so that edges into journeys come from events only and
// the graph has no cycles (the checker refuses rules that read themselves).
#pragma once

#include <string>
#include <vector>

#include "compiler/plan.h"

namespace lull::compiler {

enum class VertexKind : std::uint8_t {
  kEvent,
  kAttribute,
  kAggregate,
  kFeature,
  kScore,
  kJourney,
  kCondition,
  kNudge
};

struct Vertex {
  VertexKind kind = VertexKind::kEvent;
  std::uint32_t index = kNone;
  dsl::EntityId entity = kNone;  // of a condition, whose index counts within its entity
  std::string name;
};

struct Edge {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

struct RuleGraph {
  std::vector<Vertex> vertices;
  std::vector<Edge> edges;
  /// By entity: all its conditions in groups (runtime::EntitySpec::ConditionGroup). A condition is in one
  /// group with all that it reads, directly or through features and scores, and comes after them.
  std::vector<std::vector<std::vector<ConditionId>>> groups;
  /// By entity, event: the conditions that the event can change, in order.
  std::vector<std::vector<std::vector<ConditionId>>> slices;
};

/// Fails if rules read themselves in a circle, naming one that does.
Result<RuleGraph> MakeRuleGraph(const Plan& plan);

}  // namespace lull::compiler
