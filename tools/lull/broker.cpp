// lull broker: what the broker's configuration needs for a deployment.
#include <fmt/format.h>

#include <memory>

#include "connectors/nats/partitioning.h"
#include "connectors/nats/serve_config.h"
#include "connectors/nats/stream.h"
#include "tools/lull/command.h"

namespace lull::tools {
namespace {

int PrintMappings(const std::string& config_file) {
  const auto config = connectors::LoadServeConfig(config_file);
  if (!config) return Complain("the configuration is not usable:\n" + config.error().message, kExitUsage);
  if (config->partition_count == 1) {
    fmt::print("# Deployment \"{}\" has one partition and needs no mappings.\n", config->name);
    return kExitOk;
  }
  fmt::print(
      "# For the account that the producers of deployment \"{}\" publish in. Change the count of partitions\n"
      "# only together with [partitions] of Lull's configuration, and never of a deployment that runs.\n"
      "mappings = {{\n",
      config->name);
  for (const connectors::SubjectMapping& mapping : connectors::MappingsOf(*config)) {
    fmt::print("  \"{}\": \"{}\"\n", mapping.from, mapping.to);
  }
  fmt::print("}}\n");
  return kExitOk;
}

}  // namespace

void AddBrokerCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* broker =
      app.add_subcommand("broker", "Print what the broker's configuration needs for a deployment");
  broker->require_subcommand(1);
  auto config = std::make_shared<std::string>();
  CLI::App* mappings =
      broker->add_subcommand("mappings", "The subject mappings that put events into their partitions");
  mappings->add_option("--config", *config, "Configuration file of `lull serve`")
      ->required()
      ->check(CLI::ExistingFile);
  mappings->callback([config, &run] { run = [config] { return PrintMappings(*config); }; });
  broker->footer(
      "\nExample:\n"
      "  lull broker mappings --config lull.toml > /etc/nats/lull_mappings.conf\n"
      "and in the server's configuration:  include lull_mappings.conf");
}

}  // namespace lull::tools
