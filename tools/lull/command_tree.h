// The command line as plain values: what its completions and its manual page are made of.
#pragma once

#include <string>
#include <vector>

#include "tools/lull/command.h"

namespace lull::tools {

struct CommandOption {
  std::vector<std::string> names;  // "--format", "-f"; of a positional: its one name
  std::string description;
  std::string value;                 // "DIR", "FILE", "TEXT"; empty: a flag
  std::vector<std::string> choices;  // values that it takes, if only some
  std::string default_value;         // empty: none is shown
  bool required = false;
};

struct CommandNode {
  std::vector<std::string> path;  // empty: `lull` itself
  std::string description;
  std::string footer;
  std::vector<CommandOption> options;
  std::vector<CommandOption> positionals;
  std::vector<CommandNode> children;
};

/// `app` is the root.
CommandNode ReadCommandTree(const CLI::App& app);

/// All nodes, each before its children.
std::vector<const CommandNode*> AllCommands(const CommandNode& root);

/// The script of a shell: "bash", "zsh" or "fish".
std::string CompletionScript(const CommandNode& root, const std::string& shell);

/// lull(1), in roff.
std::string ManualPage(const CommandNode& root, const std::string& version);

}  // namespace lull::tools
