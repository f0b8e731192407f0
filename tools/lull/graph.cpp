// lull graph: journeys and the rule graph as a picture.
#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdio>
#include <memory>

#include "compiler/graph_printer.h"
#include "compiler/plan.h"
#include "compiler/rule_graph.h"
#include "tools/lull/command.h"
#include "tools/lull/rules.h"

namespace lull::tools {
namespace {

struct GraphOptions {
  std::string folder;
  std::string format = "dot";
};

// Graphviz draws; it writes to our standard output.
int DrawSvg(const std::string& dot) {
  std::fflush(stdout);
  FILE* pipe = ::popen("dot -Tsvg", "w");
  if (pipe == nullptr) return Complain("Cannot start `dot`");
  const bool written = std::fwrite(dot.data(), 1, dot.size(), pipe) == dot.size();
  const int status = ::pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    return Complain(
        "`--format svg` needs Graphviz: apt-get install graphviz (or use --format dot or mermaid)");
  }
  if (!written || status != 0) return Complain("`dot` could not draw the graph");
  return kExitOk;
}

int Graph(const GraphOptions& options) {
  const auto loaded = LoadRules(options.folder, /*quiet=*/true);
  if (!loaded) return loaded.error();
  const Result<compiler::RuleGraph> graph = compiler::MakeRuleGraph(compiler::MakePlan(loaded->program));
  if (!graph) return Complain(graph.error().message, kExitRuleErrors);
  if (options.format == "svg") return DrawSvg(compiler::PrintDot(loaded->program, *graph));
  fmt::print("{}", options.format == "mermaid" ? compiler::PrintMermaid(loaded->program, *graph)
                                               : compiler::PrintDot(loaded->program, *graph));
  return kExitOk;
}

}  // namespace

void AddGraphCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<GraphOptions>();
  CLI::App* command = app.add_subcommand("graph", "Draw the journeys and the rule graph");
  command->add_option("DIR", options->folder, "Folder with the *.lull files")->required();
  command->add_option("--format", options->format, "dot (Graphviz), mermaid, or svg (needs Graphviz)")
      ->check(CLI::IsMember({"dot", "mermaid", "svg"}))
      ->capture_default_str();
  command->callback([options, &run] { run = [options] { return Graph(*options); }; });
}

}  // namespace lull::tools
