#include "compiler/graph_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "dsl/program_printer.h"

namespace lull::compiler {
namespace {

using dsl::CheckedProgram;
using dsl::Transition;
using dsl::TransitionKind;

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string Trigger(const CheckedProgram& program, const Transition& step) {
  switch (step.kind) {
    case TransitionKind::kEvent:
      return "on " + program.event_sets[step.events].name + (step.where == kNone ? "" : " where ...");
    case TransitionKind::kTaskEnd: {
      static constexpr const char* kEnds[] = {"done", "declined", "expired"};
      return fmt::format("on {} {}{}", kEnds[static_cast<std::size_t>(step.task_end)],
                         program.nudges[step.nudge].name, step.where == kNone ? "" : " where ...");
    }
    case TransitionKind::kStallBegins:
      return "on " + program.stalls[step.stall].name;
    case TransitionKind::kAfter:
      return "after " + dsl::PrintExpr(program, step.duration);
    case TransitionKind::kAfterQuiet:
      return "after " + dsl::PrintExpr(program, step.duration) + " quiet";
    case TransitionKind::kWhen:
      return "when " + dsl::PrintExpr(program, step.when);
  }
  return {};
}

/// Vertices that lead to a nudge, or come from an event that does; the rest would only be noise.
std::vector<bool> Shown(const RuleGraph& graph) {
  std::vector<bool> shown(graph.vertices.size());
  for (std::size_t v = 0; v < shown.size(); ++v) shown[v] = graph.vertices[v].kind == VertexKind::kNudge;
  for (bool changed = true; changed;) {
    changed = false;
    for (const Edge& edge : graph.edges) {
      if (!shown[edge.to] || shown[edge.from]) continue;
      shown[edge.from] = true;
      changed = true;
    }
  }
  return shown;
}

struct Look {
  const char* shape;
  const char* color;
  const char* mermaid_open;
  const char* mermaid_close;
};

Look LookOf(VertexKind kind) {
  static const std::map<VertexKind, Look> kLooks = {
      {VertexKind::kEvent, {"cds", "#cfe2f3", "([", "])"}},
      {VertexKind::kAttribute, {"note", "#eeeeee", "[", "]"}},
      {VertexKind::kAggregate, {"box", "#fff2cc", "[", "]"}},
      {VertexKind::kFeature, {"box", "#fff2cc", "[", "]"}},
      {VertexKind::kScore, {"hexagon", "#fce5cd", "{{", "}}"}},
      {VertexKind::kJourney, {"component", "#d9ead3", "[[", "]]"}},
      {VertexKind::kCondition, {"diamond", "#f4cccc", "{", "}"}},
      {VertexKind::kNudge, {"box", "#d9d2e9", "[/", "/]"}},
  };
  return kLooks.at(kind);
}

std::set<std::pair<std::uint32_t, std::uint32_t>> ShownEdges(const RuleGraph& graph,
                                                             const std::vector<bool>& shown) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (const Edge& edge : graph.edges) {
    if (shown[edge.from] && shown[edge.to]) edges.insert({edge.from, edge.to});
  }
  return edges;
}

}  // namespace

std::string PrintDot(const CheckedProgram& program, const RuleGraph& graph) {
  std::string out = fmt::format(
      "digraph \"{}\" {{\n  rankdir=LR;\n  node [fontname=\"Helvetica\", fontsize=10, style=filled, "
      "fillcolor=white];\n  edge [fontname=\"Helvetica\", fontsize=9];\n",
      Escaped(program.header.name));
  for (std::size_t j = 0; j < program.journeys.size(); ++j) {
    const dsl::Journey& journey = program.journeys[j];
    out += fmt::format("  subgraph cluster_journey_{} {{\n    label=\"journey {} of {}\";\n", j, journey.name,
                       program.entities[journey.entity].name);
    for (std::size_t s = 0; s < journey.stages.size(); ++s) {
      const dsl::Stage& stage = journey.stages[s];
      out +=
          fmt::format("    j{}_{} [label=\"{}\", shape={}, peripheries={}, fillcolor=\"{}\"];\n", j, s,
                      stage.name, "ellipse", stage.is_end ? 2 : 1, s == journey.start ? "#d9ead3" : "white");
    }
    for (const Transition& step : journey.transitions) {
      for (const std::uint32_t from : step.from) {
        out += fmt::format("    j{0}_{1} -> j{0}_{2} [label=\"{3}\"];\n", j, from, step.to,
                           Escaped(Trigger(program, step)));
      }
    }
    out += "  }\n";
  }
  out += "  subgraph cluster_rules {\n    label=\"rules\";\n";
  const std::vector<bool> shown = Shown(graph);
  for (std::size_t v = 0; v < graph.vertices.size(); ++v) {
    if (!shown[v]) continue;
    const Look look = LookOf(graph.vertices[v].kind);
    out += fmt::format("    v{} [label=\"{}\", shape={}, fillcolor=\"{}\"];\n", v,
                       Escaped(graph.vertices[v].name), look.shape, look.color);
  }
  for (const auto& [from, to] : ShownEdges(graph, shown)) out += fmt::format("    v{} -> v{};\n", from, to);
  return out + "  }\n}\n";
}

std::string PrintMermaid(const CheckedProgram& program, const RuleGraph& graph) {
  std::string out = fmt::format("# {}\n", program.header.name);
  for (const dsl::Journey& journey : program.journeys) {
    out += fmt::format("\n## Journey {} of {}\n\n```mermaid\nstateDiagram-v2\n  [*] --> {}\n", journey.name,
                       program.entities[journey.entity].name, journey.stages[journey.start].name);
    for (const Transition& step : journey.transitions) {
      for (const std::uint32_t from : step.from) {
        std::string label = Trigger(program, step);
        std::ranges::replace(label, ':', ' ');
        out +=
            fmt::format("  {} --> {} : {}\n", journey.stages[from].name, journey.stages[step.to].name, label);
      }
    }
    for (const dsl::Stage& stage : journey.stages) {
      if (stage.is_end) out += fmt::format("  {} --> [*]\n", stage.name);
    }
    out += "```\n";
  }
  out += "\n## Rules\n\n```mermaid\nflowchart LR\n";
  const std::vector<bool> shown = Shown(graph);
  for (std::size_t v = 0; v < graph.vertices.size(); ++v) {
    if (!shown[v]) continue;
    const Look look = LookOf(graph.vertices[v].kind);
    std::string label = graph.vertices[v].name;
    std::ranges::replace(label, '"', '\'');
    out += fmt::format("  v{}{}\"{}\"{}\n", v, look.mermaid_open, label, look.mermaid_close);
  }
  for (const auto& [from, to] : ShownEdges(graph, shown)) out += fmt::format("  v{} --> v{}\n", from, to);
  return out + "```\n";
}

}  // namespace lull::compiler
