// lull completions: scripts that let a shell complete the command line.
#include <fmt/format.h>

#include <memory>

#include "tools/lull/command_tree.h"

namespace lull::tools {
namespace {

// "/state/list"; of `lull` itself: "".
std::string PathOf(const CommandNode& node) {
  std::string path;
  for (const std::string& name : node.path) path += "/" + name;
  return path;
}

std::string Joined(const std::vector<std::string>& words, const char* between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// In single quotes, for any of the three.
std::string Quoted(const std::string& text, const char* quote) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? quote : std::string(1, c);
  return out + "'";
}
std::string ShellText(const std::string& text) { return Quoted(text, "'\\''"); }
std::string FishText(const std::string& text) {
  std::string doubled;
  for (const char c : text) doubled += c == '\\' ? std::string("\\\\") : std::string(1, c);
  return Quoted(doubled, "\\'");
}

std::vector<std::string> WordsOf(const CommandNode& node) {
  std::vector<std::string> words;
  for (const CommandNode& child : node.children) words.push_back(child.path.back());
  for (const CommandOption& option : node.options)
    words.insert(words.end(), option.names.begin(), option.names.end());
  return words;
}

// Walks from word to word to the command that is meant: a value that is called like one is not taken for it,
// unless it stands where that could stand.
std::string Walk(const CommandNode& root, const char* indent) {
  std::vector<std::string> paths;
  for (const CommandNode* node : AllCommands(root)) {
    if (!node->path.empty()) paths.push_back(PathOf(*node));
  }
  return fmt::format("{0}case \"$at/$word\" in\n{0}  {1}) at=\"$at/$word\" ;;\n{0}esac\n", indent,
                     Joined(paths, " | "));
}

// ---- bash
// ----------------------------------------------------------------------------------------------------

std::string BashScript(const CommandNode& root) {
  std::string values;
  std::string words;
  for (const CommandNode* node : AllCommands(root)) {
    const std::string path = PathOf(*node);
    for (const CommandOption& option : node->options) {
      if (option.value.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) patterns.push_back("\"" + path + " " + name + "\"");
      values += fmt::format("    {}) words={} ; only=1 ;;\n", Joined(patterns, " | "),
                            ShellText(Joined(option.choices)));
    }
    words += fmt::format("    \"{}\") words={} ;;\n", path, ShellText(Joined(WordsOf(*node))));
  }
  return "# bash completion of lull; made by `lull completions bash`.\n"
         "# Nothing of its own to offer: files, as for every command.\n"
         "_lull() {\n"
         "  local at=\"\" word words=\"\" only=\"\" i\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n" +
         Walk(root, "    ") +
         "  done\n"
         "  case \"$at $before\" in\n" +
         values +
         "  esac\n"
         "  [[ -n $only ]] || case \"$at\" in\n" +
         words +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o bashdefault -o default -F _lull lull\n";
}

// ---- zsh
// -----------------------------------------------------------------------------------------------------

// For _describe: NAME:DESCRIPTION.
std::string ZshItem(const std::string& name, const std::string& description) {
  return ShellText(name + ":" + description);
}

std::string ZshScript(const CommandNode& root) {
  std::string values;
  std::string words;
  for (const CommandNode* node : AllCommands(root)) {
    const std::string path = PathOf(*node);
    words += fmt::format("    (\"{}\")\n", path);
    std::string commands;
    for (const CommandNode& child : node->children)
      commands += " " + ZshItem(child.path.back(), child.description);
    std::string options;
    for (const CommandOption& option : node->options) {
      for (const std::string& name : option.names) options += " " + ZshItem(name, option.description);
      if (option.value.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) patterns.push_back("\"" + path + " " + name + "\"");
      const std::string offer = option.choices.empty() ? "_files" : "compadd -- " + Joined(option.choices);
      values += fmt::format("    ({}) {} ; return ;;\n", Joined(patterns, " | "), offer);
    }
    words += fmt::format("      commands=({})\n      options=({})\n", commands, options);
    if (!node->positionals.empty()) words += "      files=1\n";
    words += "      ;;\n";
  }
  return "#compdef lull\n"
         "# zsh completion of lull; made by `lull completions zsh`.\n"
         "_lull() {\n"
         "  local at=\"\" word files=\"\" i\n"
         "  local -a commands options\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    word=${words[i]}\n" +
         Walk(root, "    ") +
         "  done\n"
         "  case \"$at ${words[CURRENT - 1]}\" in\n" +
         values +
         "  esac\n"
         "  case \"$at\" in\n" +
         words +
         "  esac\n"
         "  (( ${#commands} )) && _describe -t commands command commands\n"
         "  [[ $PREFIX == -* ]] && _describe -o -t options option options\n"
         "  [[ -n $files ]] && _files\n"
         "}\n"
         // Read by the completion system as the function's body, or by `source`.
         "if [[ ${funcstack[1]} == _lull ]]; then\n"
         "  _lull \"$@\"\n"
         "else\n"
         "  compdef _lull lull\n"
         "fi\n";
}

// ---- fish
// ----------------------------------------------------------------------------------------------------

std::string FishScript(const CommandNode& root) {
  std::string out =
      "# fish completion of lull; made by `lull completions fish`.\n"
      "function __lull_at --description 'whether the command so far is this one'\n"
      "  set -l at\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$at/$word\"\n";
  for (const CommandNode* node : AllCommands(root)) {
    if (!node->path.empty())
      out += fmt::format("      case {}\n        set at \"$at/$word\"\n", PathOf(*node));
  }
  out +=
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv[1]\"\n"
      "end\n";
  for (const CommandNode* node : AllCommands(root)) {
    const std::string at = fmt::format("complete -c lull -n '__lull_at \"{}\"'", PathOf(*node));
    if (node->positionals.empty()) out += at + " -f\n";
    for (const CommandNode& child : node->children) {
      out += fmt::format("{} -a {} -d {}\n", at, child.path.back(), FishText(child.description));
    }
    for (const CommandOption& option : node->options) {
      std::string names;
      for (const std::string& name : option.names) {
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      std::string value = option.value.empty() ? "" : option.choices.empty() ? " -r -F" : " -x -a ";
      if (!option.choices.empty()) value += FishText(Joined(option.choices));
      out += fmt::format("{}{}{} -d {}\n", at, names, value, FishText(option.description));
    }
  }
  return out;
}

}  // namespace

std::string CompletionScript(const CommandNode& root, const std::string& shell) {
  return shell == "zsh" ? ZshScript(root) : shell == "fish" ? FishScript(root) : BashScript(root);
}

void AddCompletionsCommand(CLI::App& app, std::function<int()>& run) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completions", "Print a script that lets a shell complete `lull`");
  command->add_option("SHELL", *shell, "For which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "\nExamples:\n"
      "  lull completions bash > /usr/share/bash-completion/completions/lull\n"
      "  lull completions zsh > /usr/share/zsh/vendor-completions/_lull\n"
      "  lull completions fish > /usr/share/fish/vendor_completions.d/lull.fish\n"
      "  source <(lull completions bash)       # in this shell only");
  command->callback([&app, shell, &run] {
    run = [&app, shell] {
      fmt::print("{}", CompletionScript(ReadCommandTree(app), *shell));
      return kExitOk;
    };
  });
}

}  // namespace lull::tools
