// lull broker: what the broker's configuration needs for a deployment, and whether a broker has it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "connectors/json_text.h"
#include "connectors/nats/broker_roles.h"
#include "connectors/nats/deployment_streams.h"
#include "connectors/nats/partitioning.h"
#include "connectors/nats/serve_config.h"
#include "connectors/nats/stream.h"
#include "tools/lull/command.h"
#include "tools/lull/doctor.h"

namespace lull::tools {
namespace {

using connectors::BrokerRole;
using connectors::ServeConfig;

enum class ServerKind { kBefore210, k210 };

struct BrokerOptions {
  std::string config_file;
  ServerKind server = ServerKind::kBefore210;
  std::string certificate_file;
  std::string key_file;
  bool accept_delayed_sync = false;
  bool accept_plain = false;
  bool accept_warnings = false;
  bool json = false;
};

constexpr std::int64_t kPayloadBytesDefault = 1 << 20;
constexpr std::int64_t kHeaderBytes = 1'024;
/// Of the file store, for buckets and what JetStream keeps beside messages.
constexpr std::int64_t kStoreBytesBeside = 1LL << 30;

int NoConfig(const Error& error) {
  return Complain("the configuration is not usable:\n" + error.message, kExitUsage);
}

/// Of `config`, for an account or, with `indent` 0, for a file of their own.
void PrintMappings(const ServeConfig& config, int indent) {
  fmt::print("{:{}}mappings = {{\n", "", indent);
  for (const connectors::SubjectMapping& mapping : connectors::MappingsOf(config)) {
    fmt::print("{:{}}  \"{}\": \"{}\"\n", "", indent, mapping.from, mapping.to);
  }
  fmt::print("{:{}}}}\n", "", indent);
}

int Mappings(const BrokerOptions& options) {
  const auto config = connectors::LoadServeConfig(options.config_file);
  if (!config) return NoConfig(config.error());
  if (config->partition_count == 1) {
    fmt::print("# Deployment \"{}\" has one partition and needs no mappings.\n", config->name);
    return kExitOk;
  }
  fmt::print(
      "# For the account that the producers of deployment \"{}\" publish in. Change the count of partitions\n"
      "# only together with [partitions] of Lull's configuration, and never of a deployment that runs.\n",
      config->name);
  PrintMappings(*config, 0);
  return kExitOk;
}

std::vector<connectors::StreamSpec> StreamsOf(const ServeConfig& config) {
  std::vector<connectors::StreamSpec> all;
  for (const ServeConfig& part : connectors::PartsOf(config)) {
    all.push_back(connectors::InputStream(part));
    for (connectors::StreamSpec& spec : connectors::OutputStreams(part)) all.push_back(std::move(spec));
    all.push_back(connectors::ProbeStream(part));
  }
  return all;
}

std::string ListOf(const std::vector<std::string>& subjects) {
  std::string list;
  for (const std::string& subject : subjects) {
    list += list.empty() ? "" : ", ";
    connectors::AppendJsonText(list, subject);
  }
  return "[" + list + "]";
}

int Streams(const BrokerOptions& options) {
  const auto config = connectors::LoadServeConfig(options.config_file);
  if (!config) return NoConfig(config.error());
  for (const connectors::StreamSpec& spec : StreamsOf(*config)) {
    std::vector<std::string> sources;
    for (const connectors::StreamSource& source : spec.sources) sources.push_back(source.stream);
    std::string line = "{\"stream\":";
    connectors::AppendJsonText(line, spec.name);
    line += ",\"for\":";
    connectors::AppendJsonText(line, spec.description);
    fmt::print(
        "{},\"subjects\":{},\"copies\":{},\"max_bytes\":{},\"max_age_seconds\":{},\"max_msg_size\":{},"
        "\"discard\":\"{}\",\"storage\":\"file\",\"retention\":\"limits\",\"deny_delete\":{},\"deny_purge\":{"
        "}}}\n",
        line, ListOf(spec.subjects), ListOf(sources), spec.bytes_max, spec.age_max_micros / kMicrosPerSecond,
        spec.message_bytes_max, spec.keeps_last_only ? "old" : "new", !spec.keeps_last_only,
        !spec.keeps_last_only);
  }
  return kExitOk;
}

/// "LULL_RETAIL_SERVICE_PASSWORD"
std::string PasswordOf(const ServeConfig& config, const BrokerRole& role) {
  return connectors::StreamName(config.name, role.name + "_password");
}

void PrintRole(const ServeConfig& config, const BrokerRole& role) {
  std::string variable = PasswordOf(config, role);
  std::ranges::transform(variable, variable.begin(), [](unsigned char c) { return std::toupper(c); });
  fmt::print("      # {}\n      {{ user: {}_{}, password: ${}, permissions: {{\n", role.what, config.name,
             role.name, variable);
  const std::string allowed = ListOf(role.publish);
  if (role.never_publish.empty()) {
    fmt::print("          publish: {}\n", allowed);
  } else {
    fmt::print("          publish: {{ allow: {}\n                     deny: {} }}\n", allowed,
               ListOf(role.never_publish));
  }
  fmt::print("          subscribe: {}{} }} }}\n", ListOf(role.subscribe),
             role.responds ? "\n          allow_responses: true" : "");
}

/// Nothing: there is nothing unsafe that was not accepted.
std::string Refusal(const BrokerOptions& options) {
  if (options.server == ServerKind::kBefore210 && !options.accept_delayed_sync) {
    return "nats-server before 2.10 writes to disk up to two minutes after it has acknowledged: a power cut "
           "loses "
           "accepted events and actions. What to do: use 2.10 or later (`--for 2.10+`); or, on a machine "
           "that does not "
           "lose power, say `--accept-delayed-sync`.";
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return "`--tls-cert` and `--tls-key` go together.";
  }
  if (options.certificate_file.empty() && !options.accept_plain) {
    return "without TLS who is on the way reads passwords and changes events. What to do: give `--tls-cert "
           "FILE "
           "--tls-key FILE`; or, where only this machine reaches the broker, say `--accept-plain`.";
  }
  return "";
}

void PrintServerSettings(const ServeConfig& config, const BrokerOptions& options) {
  std::int64_t bytes = kStoreBytesBeside;
  for (const connectors::StreamSpec& spec : StreamsOf(config)) bytes += spec.bytes_max;
  fmt::print("jetstream {{\n  # store_dir: a folder on a file system of its own\n  max_file_store: {}\n",
             bytes);
  if (options.server == ServerKind::k210) fmt::print("  sync_interval: always\n");
  fmt::print("}}\n");
  if (config.event_bytes_max > kPayloadBytesDefault) {
    fmt::print("max_payload: {}\n", config.event_bytes_max + kHeaderBytes);
  }
  if (!options.certificate_file.empty()) {
    fmt::print("tls {{\n  cert_file: \"{}\"\n  key_file: \"{}\"\n}}\n", options.certificate_file,
               options.key_file);
  }
}

int PrintConfig(const BrokerOptions& options) {
  const auto config = connectors::LoadServeConfig(options.config_file);
  if (!config) return NoConfig(config.error());
  if (const std::string refusal = Refusal(options); !refusal.empty()) return Complain(refusal, kExitUsage);
  fmt::print(
      "# For deployment \"{}\", nats-server {}. Passwords come from the environment of the server, or from "
      "lines such\n"
      "# as LULL_..._PASSWORD: \"$2a$11$...\" above this one (`nats server passwd`); without them it does "
      "not start.\n",
      config->name, options.server == ServerKind::k210 ? "2.10 or later" : "2.9");
  PrintServerSettings(*config, options);
  fmt::print("accounts {{\n  LULL {{\n    jetstream: enabled\n    users: [\n");
  for (const BrokerRole& role : connectors::RolesOf(*config)) PrintRole(*config, role);
  fmt::print("    ]\n");
  if (config->partition_count > 1) PrintMappings(*config, 4);
  fmt::print("  }}\n  $SYS {{ users: [ {{ user: admin, password: $LULL_ADMIN_PASSWORD }} ] }}\n}}\n");
  return kExitOk;
}

int Check(const BrokerOptions& options) {
  const auto config = connectors::LoadServeConfig(options.config_file);
  if (!config) return NoConfig(config.error());
  CheckList found;
  CheckBroker(*config, found);
  Print(found, options.json);
  const Finding accepted = options.accept_warnings ? Finding::kWarning : Finding::kOk;
  return found.Worst() <= accepted ? kExitOk : kExitRuleErrors;
}

CLI::App* Add(CLI::App& broker, std::function<int()>& run, const std::shared_ptr<BrokerOptions>& options,
              const char* name, const char* what, int (*command)(const BrokerOptions&)) {
  CLI::App* added = broker.add_subcommand(name, what);
  added->add_option("--config", options->config_file, "Configuration file of `lull serve`")
      ->required()
      ->check(CLI::ExistingFile);
  added->callback([options, command, &run] { run = [options, command] { return command(*options); }; });
  return added;
}

}  // namespace

void AddBrokerCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* broker = app.add_subcommand("broker", "Print and check what the broker needs for a deployment");
  broker->require_subcommand(1);
  auto options = std::make_shared<BrokerOptions>();
  CLI::App* config =
      Add(*broker, run, options, "config",
          "The server's configuration: users and their rights, mappings, safe settings", PrintConfig);
  static const std::map<std::string, ServerKind> kServers = {{"2.9", ServerKind::kBefore210},
                                                             {"2.10+", ServerKind::k210}};
  config
      ->add_option_function<std::string>(
          "--for", [options](const std::string& word) { options->server = kServers.at(word); },
          "Version of nats-server: 2.9 or 2.10+")
      ->required()
      ->check(CLI::IsMember({"2.9", "2.10+"}));
  config->add_option("--tls-cert", options->certificate_file, "The server's certificate (PEM)");
  config->add_option("--tls-key", options->key_file, "Its private key");
  config->add_flag("--accept-plain", options->accept_plain,
                   "Without TLS: only this machine reaches the broker");
  config->add_flag("--accept-delayed-sync", options->accept_delayed_sync,
                   "2.9 on a machine that does not lose power");
  Add(*broker, run, options, "mappings", "The subject mappings alone, which put events into their partitions",
      Mappings);
  Add(*broker, run, options, "streams", "The streams that `lull serve` makes, one JSON object a line",
      Streams);
  CLI::App* check = Add(*broker, run, options, "check",
                        "Whether a broker has all of it, and is safe; what is not makes it fail", Check);
  check->add_flag("--accept-warnings", options->accept_warnings, "Fail for problems only");
  check->add_flag("--json", options->json, "One JSON object, for scripts");
  broker->footer(
      "\nExamples:\n"
      "  lull broker config --config lull.toml --for 2.10+ --tls-cert nats.pem --tls-key nats.key > "
      "lull.conf\n"
      "  lull broker mappings --config lull.toml > /etc/nats/lull_mappings.conf\n"
      "  lull broker check --config lull.toml\n"
      "and in the server's configuration:  include lull.conf");
}

}  // namespace lull::tools
