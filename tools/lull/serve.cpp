// lull serve: the live service, and its two requests: lull status, lull reload.
#include <fmt/format.h>

#include <memory>

#include "connectors/nats/serve_config.h"
#include "tools/lull/command.h"
#include "tools/lull/nats_target.h"
#include "tools/lull/serve_service.h"

namespace lull::tools {
namespace {

constexpr std::int64_t kStatusWaitMs = 10'000;
constexpr std::int64_t kReloadWaitMs = 120'000;

int Serve(const std::string& config_file, bool accept_lost_input) {
  const auto config = connectors::LoadServeConfig(config_file);
  if (!config) return Complain("the configuration is not usable:\n" + config.error().message, kExitUsage);
  InstallServeSignals();
  ServeLog log(config->name);
  Service service(*config, log, accept_lost_input);
  if (Status ok = service.Start(); !ok) {
    log.Error("could not start", {{"why", ok.error().message}});
    return Complain(ok.error().message);
  }
  if (Status ok = service.Run(); !ok) {
    log.Error("stopped by a failure", {{"why", ok.error().message}});
    return Complain(ok.error().message);
  }
  return kExitOk;
}

int Ask(NatsTarget& target, const std::string& request, std::int64_t wait_ms) {
  if (Status ok = target.Resolve(true); !ok) return Complain(ok.error().message, kExitUsage);
  auto connection = connectors::Connection::Open(target.connection);
  if (!connection) return Complain(connection.error().message);
  const auto reply = connection->Request(target.Subject("control"), request, wait_ms);
  if (!reply) {
    return Complain(reply.error().message + " Is `lull serve` of deployment \"" + target.name +
                    "\" running?");
  }
  fmt::print("{}\n", *reply);
  return reply->starts_with("{\"ok\":true") ? kExitOk : kExitRuleErrors;
}

void AddRequest(CLI::App& app, std::function<int()>& run, const char* name, const char* what,
                std::int64_t wait_ms) {
  auto target = std::make_shared<NatsTarget>();
  CLI::App* command = app.add_subcommand(name, what);
  target->AddOptions(*command, false);
  command->callback([target, name = std::string(name), wait_ms, &run] {
    run = [target, name, wait_ms] { return Ask(*target, name, wait_ms); };
  });
}

}  // namespace

void AddServeCommand(CLI::App& app, std::function<int()>& run) {
  auto config = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("serve", "Run a ruleset on NATS: events in, routed actions out");
  command->add_option("--config", *config, "Configuration file (TOML)")->required()->check(CLI::ExistingFile);
  auto accept_lost_input = std::make_shared<bool>(false);
  command->add_flag("--accept-lost-input", *accept_lost_input,
                    "Go on although the broker has lost input that it had accepted");
  command->footer(
      "\nThe smallest configuration file:\n"
      "  name    = \"retail\"\n"
      "  ruleset = \"rulesets/automotive_retail\"\n"
      "  [[source]]\n"
      "  subject = \"events.>\"\n"
      "\nSIGTERM and SIGINT stop it with nothing lost; SIGHUP (or `lull reload`) loads the ruleset anew.\n"
      "Log lines on standard error are JSON objects.");
  command->callback([config, accept_lost_input, &run] {
    run = [config, accept_lost_input] { return Serve(*config, *accept_lost_input); };
  });
}

void AddStatusCommand(CLI::App& app, std::function<int()>& run) {
  AddRequest(app, run, "status", "Ask a running `lull serve` how it is (JSON)", kStatusWaitMs);
}

void AddReloadCommand(CLI::App& app, std::function<int()>& run) {
  AddRequest(app, run, "reload", "Tell a running `lull serve` to load its ruleset anew", kReloadWaitMs);
}

}  // namespace lull::tools
