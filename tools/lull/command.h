// The subcommands of `lull`, and what they share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace lull::tools {

// Documented by `lull --help`.
inline constexpr int kExitOk = 0;
inline constexpr int kExitRuleErrors = 1;  // the ruleset has errors
inline constexpr int kExitUsage = 2;       // the command line is wrong
inline constexpr int kExitFailure = 3;     // something outside failed: a file, the network, a full disk

/// Adds a subcommand to `app`. When it has been chosen, `run` is set to what it does, which returns the exit
/// code.
using CommandAdder = void (*)(CLI::App& app, std::function<int()>& run);

// One for each file of this folder that makes a subcommand; the table is in main.cpp.
void AddCheckCommand(CLI::App& app, std::function<int()>& run);
void AddRunCommand(CLI::App& app, std::function<int()>& run);
void AddGraphCommand(CLI::App& app, std::function<int()>& run);
void AddShowCommand(CLI::App& app, std::function<int()>& run);
void AddNewCommand(CLI::App& app, std::function<int()>& run);
void AddDiffCommand(CLI::App& app, std::function<int()>& run);
void AddCostCommand(CLI::App& app, std::function<int()>& run);
void AddFmtCommand(CLI::App& app, std::function<int()>& run);
void AddExplainCodeCommand(CLI::App& app, std::function<int()>& run);
void AddServeCommand(CLI::App& app, std::function<int()>& run);
void AddDoctorCommand(CLI::App& app, std::function<int()>& run);
void AddStatusCommand(CLI::App& app, std::function<int()>& run);
void AddReloadCommand(CLI::App& app, std::function<int()>& run);
void AddStateCommand(CLI::App& app, std::function<int()>& run);
void AddBrokerCommand(CLI::App& app, std::function<int()>& run);
void AddBackfillCommand(CLI::App& app, std::function<int()>& run);
void AddIngestCommand(CLI::App& app, std::function<int()>& run);
void AddDeployCommand(CLI::App& app, std::function<int()>& run);
void AddApproveCommand(CLI::App& app, std::function<int()>& run);
void AddPromoteCommand(CLI::App& app, std::function<int()>& run);
void AddCompareCommand(CLI::App& app, std::function<int()>& run);
void AddRollbackCommand(CLI::App& app, std::function<int()>& run);
void AddHistoryCommand(CLI::App& app, std::function<int()>& run);
void AddKeygenCommand(CLI::App& app, std::function<int()>& run);
void AddTasksCommand(CLI::App& app, std::function<int()>& run);
void AddPublishCommand(CLI::App& app, std::function<int()>& run);
void AddExplainCommand(CLI::App& app, std::function<int()>& run);
void AddTestCommand(CLI::App& app, std::function<int()>& run);
void AddCompletionsCommand(CLI::App& app, std::function<int()>& run);
void AddManCommand(CLI::App& app, std::function<int()>& run);
void AddVersionCommand(CLI::App& app, std::function<int()>& run);

/// Prints "lull: MESSAGE" to standard error and returns the code.
int Complain(const std::string& message, int exit_code = kExitFailure);

/// Adds an option that takes a duration ("60s", "36h", "1 day 12 hours") or a time (RFC 3339, a date, or a
/// number since 1970) and leaves microseconds in `out`, which must live until the command line has been read.
CLI::Option* AddDurationOption(CLI::App& command, const std::string& name, std::int64_t& out,
                               const std::string& description);
CLI::Option* AddTimeOption(CLI::App& command, const std::string& name, std::int64_t& out,
                           const std::string& description);

}  // namespace lull::tools
