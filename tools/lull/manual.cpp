// lull man: the manual page, made of what `--help` says.
#include <fmt/format.h>

#include "tools/lull/command_tree.h"

namespace lull::tools {
namespace {

// Text that roff takes as it is.
std::string Escaped(const std::string& text) {
  std::string out;
  bool at_begin = true;
  for (const char c : text) {
    if (at_begin && (c == '.' || c == '\'')) out += "\\&";
    at_begin = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Bold(const std::string& text) { return "\\fB" + Escaped(text) + "\\fR"; }
std::string Italic(const std::string& text) { return "\\fI" + Escaped(text) + "\\fR"; }

std::string CommandLine(const CommandNode& node) {
  std::string line = "lull";
  for (const std::string& name : node.path) line += " " + name;
  return line;
}

void AddSynopsis(const CommandNode& node, std::string& out) {
  out += Bold(CommandLine(node));
  for (const CommandOption& option : node.options) {
    if (option.required) out += " " + Bold(option.names.front()) + " " + Italic(option.value);
  }
  if (!node.children.empty()) out += " " + Italic("COMMAND");
  for (const CommandOption& positional : node.positionals) {
    const std::string name = Italic(positional.names.front());
    out += positional.required ? " " + name : " [" + name + "]";
  }
  out += " [" + Italic("options") + "]\n";
}

void AddOption(const CommandOption& option, bool positional, std::string& out) {
  out += ".TP\n";
  for (const std::string& name : option.names) {
    if (&name != &option.names.front()) out += ", ";
    out += positional ? Italic(name) : Bold(name);
  }
  if (!positional && !option.value.empty()) out += " " + Italic(option.value);
  out += "\n" + Escaped(option.description);
  std::string more;
  for (const std::string& choice : option.choices) more += (more.empty() ? "One of: " : ", ") + choice;
  if (!option.default_value.empty())
    more += (more.empty() ? "" : "; ") + ("default: " + option.default_value);
  if (option.required && !positional) more += more.empty() ? "required" : "; required";
  if (!more.empty()) out += " (" + Escaped(more) + ")";
  out += "\n";
}

void AddFooter(const std::string& footer, std::string& out) {
  if (footer.empty()) return;
  const std::size_t begin = footer.find_first_not_of('\n');
  if (begin == std::string::npos) return;
  out += ".PP\n.nf\n" + Escaped(footer.substr(begin)) + "\n.fi\n";
}

void AddCommand(const CommandNode& node, std::string& out) {
  out += ".SS \"" + Escaped(CommandLine(node)) + "\"\n" + Escaped(node.description) + ".\n.PP\n";
  AddSynopsis(node, out);
  for (const CommandOption& positional : node.positionals) AddOption(positional, true, out);
  for (const CommandOption& option : node.options) AddOption(option, false, out);
  AddFooter(node.footer, out);
}

}  // namespace

std::string ManualPage(const CommandNode& root, const std::string& version) {
  std::string out =
      ".\\\" Made by `lull man`.\n.TH LULL 1 \"\" \"Lull " + Escaped(version) + "\" \"User Commands\"\n";
  out +=
      ".SH NAME\nlull \\- finds out who has gone quiet at a moment that matters, and routes the next step\n";
  out += ".SH SYNOPSIS\n";
  AddSynopsis(root, out);
  out += ".SH DESCRIPTION\n" + Escaped(root.description) + "\n";
  for (const CommandOption& option : root.options) AddOption(option, false, out);
  AddFooter(root.footer, out);
  out += ".SH COMMANDS\n";
  for (const CommandNode* node : AllCommands(root)) {
    if (!node->path.empty()) AddCommand(*node, out);
  }
  return out;
}

void AddManCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("man", "Print the manual page, for man(1)");
  command->footer(
      "\nExamples:\n"
      "  lull man > /usr/local/share/man/man1/lull.1\n"
      "  lull man | man -l -");
  command->callback([&app, &run] {
    run = [&app] {
      fmt::print("{}", ManualPage(ReadCommandTree(app), LULL_VERSION));
      return kExitOk;
    };
  });
}

}  // namespace lull::tools
