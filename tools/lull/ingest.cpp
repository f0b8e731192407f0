// lull ingest: the gateway into a deployment, for HTTP and for plain subjects.
#include <memory>
#include <string>

#include "connectors/nats/ingest_config.h"
#include "runtime/base/clock.h"
#include "service/gateway.h"
#include "service/signals.h"
#include "tools/lull/command.h"

namespace lull::tools {
namespace {

constexpr std::int64_t kTurnMs = 50;

int Ingest(const std::string& config_file) {
  const auto config = connectors::LoadIngestConfig(config_file);
  if (!config) return Complain("the configuration is not usable:\n" + config.error().message, kExitUsage);
  const service::Signals& signals = service::InstallSignals();
  service::ServiceLog log(config->deployment.name);
  service::Gateway gateway(*config, log);
  if (Status ok = gateway.Start(); !ok) {
    log.Error("could not start", {{"why", ok.error().message}});
    return Complain(ok.error().message);
  }
  while (!signals.stop) SleepMs(kTurnMs);
  log.Info("stopping");
  return kExitOk;
}

}  // namespace

void AddIngestCommand(CLI::App& app, std::function<int()>& run) {
  auto config = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("ingest", "Take in events over HTTP (CloudEvents) and from plain subjects");
  command->add_option("--config", *config, "Configuration file with an [ingest] section (TOML)")
      ->required()
      ->check(CLI::ExistingFile);
  command->footer(
      "\nThe section, in the file of `lull serve`:\n"
      "  [ingest]\n"
      "  listen     = \"0.0.0.0:8080\"\n"
      "  token_file = \"secrets/ingest\"\n"
      "  key_as     = \"customer_id\"      # of events whose key is only in `subject`\n"
      "\nOne event, many, or with its attributes as headers:\n"
      "  curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/cloudevents+json' -d \\\n"
      "    "
      "'{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/"
      "shop\",\"type\":\"order_placed\",\"subject\":\"C1042\",\n"
      "      \"time\":\"2026-03-02T10:00:00Z\",\"data\":{\"amount\":40}}' http://gateway:8080/events\n"
      "  curl ... -H 'Content-Type: application/cloudevents-batch+json' -d '[{...},{...}]' ...\n"
      "  curl ... -H 'ce-specversion: 1.0' -H 'ce-id: 1' -H 'ce-source: /shop' -H 'ce-type: order_placed' "
      "\\\n"
      "    -H 'ce-subject: C1042' -H 'ce-time: 2026-03-02T10:00:00Z' -H 'Content-Type: application/json' \\\n"
      "    -d '{\"amount\":40}' ...\n"
      "\n`type` is the event's type, `time` its time, `subject` its key, members of `data` are its fields.\n"
      "200 means stored. 429 and 503: send it again with the same source and id; 400, 401, 413 and 415: mend "
      "it\n"
      "first. The body says why. SIGTERM takes no more, answers what is under way, and ends.");
  command->callback([config, &run] { run = [config] { return Ingest(*config); }; });
}

}  // namespace lull::tools
