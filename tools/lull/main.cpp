// The `lull` command.
#include <csignal>
#include <cstdio>
#include <exception>

#include "tools/lull/command.h"

namespace lull::tools {
namespace {

constexpr CommandAdder kCommands[] = {
    AddCheckCommand,   AddFmtCommand,      AddNewCommand,     AddCostCommand,        AddTestCommand,
    AddRunCommand,     AddExplainCommand,  AddGraphCommand,   AddShowCommand,        AddExplainCodeCommand,
    AddServeCommand,   AddDoctorCommand,   AddStatusCommand,  AddReloadCommand,      AddStateCommand,
    AddDiffCommand,    AddDeployCommand,   AddApproveCommand, AddPromoteCommand,     AddRollbackCommand,
    AddCompareCommand, AddHistoryCommand,  AddKeygenCommand,  AddBrokerCommand,      AddTasksCommand,
    AddPublishCommand, AddBackfillCommand, AddIngestCommand,  AddCompletionsCommand, AddManCommand,
    AddVersionCommand,
};

constexpr const char* kFooter =
    "\nExamples:\n"
    "  lull check rulesets/automotive_retail\n"
    "  lull run rulesets/automotive_retail --events events.jsonl.gz --actions actions.jsonl\n"
    "  zcat events.jsonl.gz | lull run rulesets/automotive_retail --events - --format csv\n"
    "  lull graph rulesets/automotive_retail --format svg > rules.svg\n"
    "\nExit codes:\n"
    "  0  done\n"
    "  1  the ruleset has errors\n"
    "  2  the command line is wrong\n"
    "  3  something outside failed: a file, the network, a full disk\n"
    "\nColour is used on terminals only, and not if NO_COLOR is set.";

int Main(int argc, char** argv) {
  // A reader that has gone shows as a failed write, which says more than a signal.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Lull: finds out who has stalled, and routes the next step.", "lull");
  app.footer(kFooter);
  app.require_subcommand(1);
  std::function<int()> run;
  for (const CommandAdder add : kCommands) add(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return run();
}

}  // namespace
}  // namespace lull::tools

int main(int argc, char** argv) {
  try {
    return lull::tools::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lull: %s\n", error.what());
    return lull::tools::kExitFailure;
  }
}
