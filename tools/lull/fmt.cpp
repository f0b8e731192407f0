// lull fmt: rule files in their one canonical form.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "dsl/format.h"
#include "dsl/render.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/files.h"

namespace lull::tools {
namespace {

namespace fs = std::filesystem;

struct FmtOptions {
  std::vector<std::string> paths;
  bool check = false;
};

struct Tally {
  int changed = 0;
  int refused = 0;  // files that cannot be put in form
  bool failed = false;
};

/// The files themselves, and all *.lull files of the folders, in the order of their names.
std::vector<std::string> FilesOf(const std::vector<std::string>& paths, Tally& tally) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    const std::size_t first = files.size();
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
      if (entry.path().extension() == ".lull") files.push_back(entry.path().string());
    }
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
    if (error || files.size() == first) {
      Complain(error ? "The folder " + path + " cannot be read: " + error.message()
                     : "There are no *.lull files in " + path);
      tally.failed = true;
    }
  }
  return files;
}

void FormatFile(const std::string& path, bool check, Tally& tally) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream read;
  read << in.rdbuf();
  if (!in) {
    Complain(path + " cannot be read");
    tally.failed = true;
    return;
  }
  dsl::SourceSet file;
  const dsl::SourceId id = file.Add(path, read.str());
  dsl::Diagnostics diagnostics;
  const dsl::FormatResult result = dsl::Format(file, diagnostics);
  if (result.outcome == dsl::FormatOutcome::kSyntaxErrors) {
    fmt::print(stderr, "{}", dsl::RenderAll(diagnostics, file, {.color = ErrorHasColor()}));
    Complain(path + " was left as it is: it has errors");
    ++tally.refused;
  } else if (result.outcome == dsl::FormatOutcome::kWouldChange) {
    Complain(path + " was left as it is: with other line breaks it would mean something else");
    ++tally.refused;
  } else if (result.text != file.text(id)) {
    ++tally.changed;
    fmt::print("{}\n", path);
    if (!check && !ReplaceFile(path, result.text)) tally.failed = true;
  }
}

int Fmt(const FmtOptions& options) {
  Tally tally;
  for (const std::string& file : FilesOf(options.paths, tally)) FormatFile(file, options.check, tally);
  if (tally.failed) return kExitFailure;
  return tally.refused > 0 || (options.check && tally.changed > 0) ? kExitRuleErrors : kExitOk;
}

}  // namespace

void AddFmtCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<FmtOptions>();
  CLI::App* command = app.add_subcommand("fmt", "Put rule files in their canonical form");
  command->add_option("PATH", options->paths, "Files, or folders with *.lull files")->required();
  command->add_flag("--check", options->check, "Change nothing; exit with 1 if a file is not in form");
  command->footer("\nPrints the names of the files that it changes. Comments are kept.");
  command->callback([options, &run] { run = [options] { return Fmt(*options); }; });
}

}  // namespace lull::tools
