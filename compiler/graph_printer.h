// Pictures of a ruleset: its journeys and its rule graph, as text for Graphviz or Mermaid.
#pragma once

#include <string>

#include "compiler/rule_graph.h"
#include "dsl/checked_program.h"

namespace lull::compiler {

/// A digraph with one cluster for each journey and one for the rules.
std::string PrintDot(const dsl::CheckedProgram& program, const RuleGraph& graph);
/// State diagrams of the journeys, and a flowchart of the rules, as one Markdown page with Mermaid blocks.
std::string PrintMermaid(const dsl::CheckedProgram& program, const RuleGraph& graph);

}  // namespace lull::compiler
