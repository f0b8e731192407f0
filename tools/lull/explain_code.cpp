// lull explain-code: what a diagnostic's code stands for, at length.
#include <fmt/format.h>

#include <memory>

#include "dsl/diagnostics.h"
#include "dsl/render.h"
#include "tools/lull/command.h"

namespace lull::tools {
namespace {

int ExplainCode(const std::string& wanted) {
  for (const dsl::CodeInfo& info : dsl::AllCodes()) {
    if (dsl::CodeText(info.code) != wanted) continue;
    fmt::print("{}\n", dsl::RenderExplanation(info.code));
    return kExitOk;
  }
  return Complain("There is no code " + wanted + "; codes look like L0104, and `lull explain-code` lists all",
                  kExitUsage);
}

int ListCodes() {
  for (const dsl::CodeInfo& info : dsl::AllCodes()) {
    fmt::print("{}  {:<7}  {}\n", dsl::CodeText(info.code),
               info.severity == dsl::Severity::kError ? "error" : "warning", info.title);
  }
  return kExitOk;
}

}  // namespace

void AddExplainCodeCommand(CLI::App& app, std::function<int()>& run) {
  auto code = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("explain-code", "Explain an error or a warning by its code, such as L0104");
  command->add_option("CODE", *code, "Without it: list all codes");
  command->callback(
      [code, &run] { run = [code] { return code->empty() ? ListCodes() : ExplainCode(*code); }; });
}

}  // namespace lull::tools
