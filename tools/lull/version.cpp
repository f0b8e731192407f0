// lull version.
#include <fmt/format.h>

#include "tools/lull/command.h"

#ifndef LULL_VERSION
#define LULL_VERSION "0.1.0"
#endif

namespace lull::tools {

void AddVersionCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->callback([&run] {
    run = [] {
      fmt::print("lull {}\n", LULL_VERSION);
      return kExitOk;
    };
  });
}

}  // namespace lull::tools
