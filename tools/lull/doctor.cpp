// lull doctor: is everything there that a deployment needs, and is it safe?
#include "tools/lull/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "connectors/json_text.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"

namespace lull::tools {
namespace {

struct DoctorOptions {
  std::string config;
  bool json = false;
};

struct Look {
  const char* word;
  const char* color;
};
constexpr Look kLooks[] = {{"ok", "\x1b[32m"}, {"warning", "\x1b[33m"}, {"problem", "\x1b[31m"}};

const Look& LookOf(const Checked& checked) { return kLooks[static_cast<std::size_t>(checked.finding)]; }

void PrintText(const std::vector<Checked>& list) {
  const bool color = OutputHasColor();
  for (const Checked& checked : list) {
    const Look& look = LookOf(checked);
    fmt::print("{}{:<8}{} {}: {}{}{}\n", color ? look.color : "", look.word, color ? "\x1b[0m" : "",
               checked.check, checked.text, checked.next.empty() ? "" : " What to do: ", checked.next);
  }
}

void PrintJson(const std::vector<Checked>& list, bool ok) {
  std::string out = ok ? "{\"ok\":true,\"checks\":[" : "{\"ok\":false,\"checks\":[";
  for (const Checked& checked : list) {
    if (&checked != &list.front()) out += ',';
    out += "{\"check\":";
    connectors::AppendJsonText(out, checked.check);
    out += ",\"finding\":\"" + std::string(LookOf(checked).word) + "\",\"text\":";
    connectors::AppendJsonText(out, checked.text);
    if (!checked.next.empty()) {
      out += ",\"next\":";
      connectors::AppendJsonText(out, checked.next);
    }
    out += '}';
  }
  fmt::print("{}]}}\n", out);
}

// One for each mistake.
void AddConfigErrors(const std::string& message, CheckList& found) {
  for (std::size_t begin = 0; begin < message.size();) {
    const std::size_t end = std::min(message.find('\n', begin), message.size());
    found.Problem("configuration", message.substr(begin, end - begin),
                  "correct it and run `lull doctor` again.");
    begin = end + 1;
  }
}

}  // namespace

Finding CheckList::Worst() const {
  Finding worst = Finding::kOk;
  for (const Checked& checked : list_) worst = std::max(worst, checked.finding);
  return worst;
}

void Print(const CheckList& found, bool json) {
  if (json) PrintJson(found.list(), found.Worst() != Finding::kProblem);
  if (!json) PrintText(found.list());
}

namespace {

int Doctor(const DoctorOptions& options) {
  CheckList found;
  const auto config = connectors::LoadServeConfig(options.config);
  if (config) {
    found.Ok("configuration", options.config + " is complete, deployment \"" + config->name + "\".");
    CheckMachine(*config, found);
    CheckBroker(*config, found);
  } else {
    AddConfigErrors(config.error().message, found);
  }
  Print(found, options.json);
  return found.Worst() != Finding::kProblem ? kExitOk : kExitRuleErrors;
}

}  // namespace

void AddDoctorCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "Check all that a deployment needs: configuration, machine, broker");
  command->add_option("--config", options->config, "Configuration file of `lull serve`")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_flag("--json", options->json, "One JSON object, for scripts");
  command->footer(
      "\nOne line for each check: ok, warning (it runs, and something may go wrong) or problem, and what to "
      "do.\n"
      "It changes nothing but the stream LULL_<NAME>_PROBE, which a running service makes, too.\n"
      "Exits with 0 if there are no problems (warnings do not count), else with 1.\n"
      "\nExample:\n"
      "  lull doctor --config /etc/lull/lull.toml");
  command->callback([options, &run] { run = [options] { return Doctor(*options); }; });
}

}  // namespace lull::tools
