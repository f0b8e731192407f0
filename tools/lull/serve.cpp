// lull serve: the live service, and its two requests: lull status, lull reload.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "connectors/nats/partitioning.h"
#include "connectors/nats/serve_config.h"
#include "service/service.h"
#include "service/supervisor.h"
#include "tools/lull/command.h"
#include "tools/lull/nats_target.h"

namespace lull::tools {
namespace {

constexpr std::int64_t kStatusWaitMs = 10'000;
constexpr std::int64_t kReloadWaitMs = 120'000;

struct ServeOptions {
  std::string config_file;
  bool accept_lost_input = false;
  std::optional<std::uint32_t> partition;  // of a deployment with several
};

int RunService(const connectors::ServeConfig& config, const ServeOptions& options,
               service::Signals& signals) {
  service::ServiceLog log(config.name);
  service::Operations operations(config, log);
  if (Status ok = operations.Start(); !ok) {
    log.Error("could not start", {{"why", ok.error().message}});
    return Complain(ok.error().message);
  }
  service::Service live(config, signals, log, operations,
                        {.accept_lost_input = options.accept_lost_input});
  if (Status ok = live.Start(); !ok) {
    log.Error("could not start", {{"why", ok.error().message}});
    return Complain(ok.error().message);
  }
  if (Status ok = live.Run(); !ok) {
    log.Error("stopped by a failure", {{"why", ok.error().message}});
    return Complain(ok.error().message);
  }
  return kExitOk;
}

int Supervise(const connectors::ServeConfig& config, const ServeOptions& options,
              const service::Signals& signals) {
  service::ServiceLog log(config.name);
  std::vector<std::string> arguments = {"--config", options.config_file};
  if (options.accept_lost_input) arguments.emplace_back("--accept-lost-input");
  service::Supervisor supervisor(config, signals, std::move(arguments), log);
  if (Status ok = supervisor.Run(); !ok) {
    log.Error("could not start", {{"why", ok.error().message}});
    return Complain(ok.error().message);
  }
  return kExitOk;
}

int Serve(const ServeOptions& options) {
  const auto config = connectors::LoadServeConfig(options.config_file);
  if (!config) return Complain("the configuration is not usable:\n" + config.error().message, kExitUsage);
  service::Signals& signals = service::InstallSignals();
  if (!options.partition) {
    return config->partition_count > 1 ? Supervise(*config, options, signals)
                                       : RunService(*config, options, signals);
  }
  if (*options.partition >= config->partition_count) {
    return Complain(fmt::format("the deployment has partitions 0 to {}", config->partition_count - 1),
                    kExitUsage);
  }
  return RunService(
      config->partition_count > 1 ? connectors::PartitionConfig(*config, *options.partition) : *config,
      options, signals);
}

int AskOne(connectors::Connection& connection, const std::string& name, const std::string& request,
           std::int64_t wait_ms) {
  const auto reply = connection.Request("lull." + name + ".control", request, wait_ms);
  if (!reply) {
    return Complain(reply.error().message + " Is `lull serve` of deployment \"" + name + "\" running?");
  }
  fmt::print("{}\n", *reply);
  return reply->starts_with("{\"ok\":true") ? kExitOk : kExitRuleErrors;
}

/// One line for each partition; the worst exit code.
int Ask(NatsTarget& target, const std::string& request, std::int64_t wait_ms) {
  if (Status ok = target.Resolve(true); !ok) return Complain(ok.error().message, kExitUsage);
  auto connection = connectors::Connection::Open(target.connection);
  if (!connection) return Complain(connection.error().message);
  int worst = kExitOk;
  for (const std::string& name : target.Names()) {
    worst = std::max(worst, AskOne(*connection, name, request, wait_ms));
  }
  return worst;
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
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Run a ruleset on NATS: events in, routed actions out");
  command->add_option("--config", options->config_file, "Configuration file (TOML)")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--partition", options->partition,
                      "Run only this one of [partitions], whoever owns it; else a fair share of them");
  command->add_flag("--accept-lost-input", options->accept_lost_input,
                    "Go on although the broker has lost input that it had accepted");
  command->footer(
      "\nThe smallest configuration file:\n"
      "  name    = \"retail\"\n"
      "  ruleset = \"rulesets/automotive_retail\"\n"
      "  [[source]]\n"
      "  subject = \"events.>\"\n"
      "\nSIGTERM and SIGINT stop it with nothing lost; SIGHUP (or `lull reload`) loads the ruleset anew.\n"
      "Log lines on standard error are JSON objects.");
  command->callback([options, &run] { run = [options] { return Serve(*options); }; });
}

void AddStatusCommand(CLI::App& app, std::function<int()>& run) {
  AddRequest(app, run, "status", "Ask a running `lull serve` how it is (JSON)", kStatusWaitMs);
}

void AddReloadCommand(CLI::App& app, std::function<int()>& run) {
  AddRequest(app, run, "reload", "Tell a running `lull serve` to load its ruleset anew", kReloadWaitMs);
}

}  // namespace lull::tools
