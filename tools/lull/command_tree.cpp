#include "tools/lull/command_tree.h"

#include <algorithm>
#include <utility>

namespace lull::tools {
namespace {

// "TEXT:{dot,mermaid,svg}" or "TEXT:FILE": the library puts what checks a value behind its type.
void ReadValue(const CLI::Option& option, CommandOption& read) {
  if (option.get_items_expected_max() == 0) return;
  const std::string type = option.get_type_name();
  const std::size_t colon = type.find(':');
  const std::string check = colon == std::string::npos ? "" : type.substr(colon + 1);
  read.value =
      check.empty() || check.find_first_of("{[ ") != std::string::npos ? type.substr(0, colon) : check;
  if (read.value.empty()) read.value = "VALUE";
  if (!check.starts_with('{')) return;
  const std::string list = check.substr(1, check.find('}') - 1);
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    read.choices.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
}

CommandOption ReadOption(const CLI::Option& option) {
  CommandOption read;
  for (const std::string& name : option.get_lnames()) read.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) read.names.push_back("-" + name);
  if (read.names.empty()) read.names.push_back(option.get_name());
  read.description = option.get_description();
  read.required = option.get_required();
  ReadValue(option, read);
  if (!read.value.empty()) read.default_value = option.get_default_str();
  return read;
}

CommandNode ReadNode(const CLI::App& app, std::vector<std::string> path) {
  CommandNode node;
  node.description = app.get_description();
  node.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    (option->nonpositional() ? node.options : node.positionals).push_back(ReadOption(*option));
  }
  for (const CLI::App* child :
       app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    std::vector<std::string> below = path;
    below.push_back(child->get_name());
    node.children.push_back(ReadNode(*child, std::move(below)));
  }
  node.path = std::move(path);
  return node;
}

void Gather(const CommandNode& node, std::vector<const CommandNode*>& all) {
  all.push_back(&node);
  for (const CommandNode& child : node.children) Gather(child, all);
}

}  // namespace

CommandNode ReadCommandTree(const CLI::App& app) { return ReadNode(app, {}); }

std::vector<const CommandNode*> AllCommands(const CommandNode& root) {
  std::vector<const CommandNode*> all;
  Gather(root, all);
  return all;
}

}  // namespace lull::tools
