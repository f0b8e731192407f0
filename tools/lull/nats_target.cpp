#include "tools/lull/nats_target.h"

#include "connectors/nats/serve_config.h"

namespace lull::tools {

void NatsTarget::AddOptions(CLI::App& command, bool with_prefix) {
  command.add_option("--config", config_file, "Configuration file of `lull serve`")->check(CLI::ExistingFile);
  command.add_option("--nats", url, "Address of the broker, if there is no --config")->capture_default_str();
  command.add_option("--name", name, "Name of the deployment, if there is no --config");
  if (with_prefix) {
    command.add_option("--prefix", prefix, "Where actions go (default: lull.<name>.actions)");
  }
}

Status NatsTarget::Resolve(bool needs_name) {
  connection.urls = {url};
  if (!config_file.empty()) {
    auto config = connectors::LoadServeConfig(config_file);
    if (!config) return std::unexpected(config.error());
    connection = config->nats;
    partition_count = config->partition_count;
    if (name.empty()) name = config->name;
    if (prefix.empty()) prefix = config->action_prefix;
  }
  if (needs_name && name.empty() && prefix.empty()) {
    return Fail("say which deployment: --config FILE, or --name NAME");
  }
  if (prefix.empty()) prefix = Subject("actions");
  return {};
}

std::vector<std::string> NatsTarget::Names() const {
  if (partition_count == 1) return {name};
  std::vector<std::string> names;
  for (std::uint32_t p = 0; p < partition_count; ++p) names.push_back(name + "_" + std::to_string(p));
  return names;
}

}  // namespace lull::tools
