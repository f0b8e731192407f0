// lull new: a ruleset to start from.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "dsl/keywords.h"
#include "tools/lull/command.h"
#include "tools/lull/new_files.h"

namespace lull::tools {
namespace {

namespace fs = std::filesystem;

struct NewOptions {
  std::string folder;
  bool force = false;
};

std::string WithName(std::string text, const std::string& name) {
  for (std::size_t at = 0; (at = text.find("NAME", at)) != std::string::npos; at += name.size()) {
    text.replace(at, 4, name);
  }
  return text;
}

bool IsGoodName(const std::string& name) {
  const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  return letters && !name.empty() && name[0] >= 'a' && name[0] <= 'z' && name.size() <= 64 &&
         !dsl::IsReservedWord(name);
}

int New(const NewOptions& options) {
  fs::path folder(options.folder);
  if (!folder.has_filename()) folder = folder.parent_path();
  const std::string name = folder.filename().string();
  if (!IsGoodName(name)) {
    return Complain(
        "\"" + name + "\" cannot be the name of a ruleset: write it in lower case, such as web_shop",
        kExitUsage);
  }
  std::error_code error;
  if (fs::exists(folder, error) && !options.force) {
    return Complain(folder.string() + " exists already (--force writes the files into it)", kExitUsage);
  }
  fs::create_directories(folder, error);
  if (error) return Complain("The folder " + folder.string() + " cannot be made: " + error.message());
  for (const NewFile& file : kNewFiles) {
    const fs::path path = folder / WithName(file.name, name);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << WithName(file.text, name);
    out.close();
    if (!out) return Complain(path.string() + " cannot be written");
    fmt::print("{}\n", path.string());
  }
  fmt::print("\nNext: lull test {0} --coverage\n      lull run {0} --events {0}/events.jsonl\n",
             folder.string());
  return kExitOk;
}

}  // namespace

void AddNewCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<NewOptions>();
  CLI::App* command = app.add_subcommand("new", "Make a ruleset to start from");
  command->add_option("NAME", options->folder, "Folder to make; its last part names the ruleset")->required();
  command->add_flag("--force", options->force, "Write into a folder that exists already");
  command->callback([options, &run] { run = [options] { return New(*options); }; });
}

}  // namespace lull::tools
