#include "compiler/journey_proofs.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/reverse_graph.hpp>

namespace lull::compiler {
namespace {

using StageGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;

StageGraph ToGraph(const dsl::Journey& journey) {
  StageGraph graph(journey.stages.size());
  for (const dsl::Transition& step : journey.transitions) {
    for (const std::uint32_t from : step.from) boost::add_edge(from, step.to, graph);
  }
  return graph;
}

/// The stages that can be reached from `starts`, by stage.
template <typename Graph>
std::vector<bool> Reached(const Graph& graph, const std::vector<std::size_t>& starts) {
  std::vector<boost::default_color_type> colors(boost::num_vertices(graph), boost::white_color);
  const auto color_map =
      boost::make_iterator_property_map(colors.begin(), boost::get(boost::vertex_index, graph));
  boost::queue<std::size_t> queue;
  boost::breadth_first_visit(graph, starts.begin(), starts.end(), queue, boost::default_bfs_visitor(),
                             color_map);
  std::vector<bool> reached(colors.size());
  for (std::size_t i = 0; i < colors.size(); ++i) reached[i] = colors[i] != boost::white_color;
  return reached;
}

void Prove(const dsl::Journey& journey, dsl::Diagnostics& diagnostics) {
  const StageGraph graph = ToGraph(journey);
  std::vector<std::size_t> ends;
  for (std::size_t s = 0; s < journey.stages.size(); ++s) {
    if (journey.stages[s].is_end) ends.push_back(s);
  }
  const std::vector<bool> from_start = Reached(graph, {journey.start});
  const std::vector<bool> to_end = Reached(boost::make_reverse_graph(graph), ends);
  for (std::size_t s = 0; s < journey.stages.size(); ++s) {
    const dsl::Stage& stage = journey.stages[s];
    if (!from_start[s]) {
      diagnostics
          .Report(dsl::Code::kStageUnreachable, stage.span,
                  fmt::format("the stage `{}` of `{}` is never reached", stage.name, journey.name))
          .Label(fmt::format("no way leads here from `{}`", journey.stages[journey.start].name))
          .Help(fmt::format("add a transition `... -> {}`, or leave the stage out", stage.name));
      continue;
    }
    if (stage.is_end) continue;
    if (boost::out_degree(s, graph) == 0) {
      diagnostics
          .Report(dsl::Code::kNoWayOut, stage.span,
                  fmt::format("the stage `{}` of `{}` is never left", stage.name, journey.name))
          .Label("no transition starts here")
          .Help(fmt::format("add a transition `{0} -> ...`, or write `end {0}` if the journey is over here",
                            stage.name));
    } else if (!ends.empty() && !to_end[s]) {
      diagnostics
          .Report(dsl::Code::kNoWayToEnd, stage.span,
                  fmt::format("from the stage `{}` of `{}` no end can be reached", stage.name, journey.name))
          .Label("from here it goes round in a circle")
          .Help("add the transition that leads on to an end");
    }
  }
}

}  // namespace

void ProveJourneys(const dsl::CheckedProgram& program, dsl::Diagnostics& diagnostics) {
  for (const dsl::Journey& journey : program.journeys) Prove(journey, diagnostics);
}

}  // namespace lull::compiler
