#include "connectors/nats/ingest_config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "connectors/nats/config_reader.h"
#include "connectors/nats/subject_token.h"

namespace lull::connectors {
namespace {

constexpr std::int64_t kBodyBytesMax = 64LL << 20;

bool IsLoopback(const ListenAddress& address) {
  return address.host == "localhost" || address.host == "::1" || address.host.starts_with("127.");
}

std::optional<ListenAddress> Address(ConfigReader& reader, const toml::table& section, const char* key) {
  const auto text = reader.Text(section, key);
  if (!text) return {};
  auto address = ParseListenAddress(*text);
  if (!address) {
    reader.Complain(*section.get(key),
                    "`" + std::string(key) +
                        "` must be an address and a port such as \"127.0.0.1:8080\", not \"" + *text + "\".");
  }
  return address;
}

void ReadUser(ConfigReader& reader, const toml::table& section, ConnectionOptions& nats) {
  if (section.contains("user") != section.contains("password_file")) {
    reader.Complain(section, "`user` and `password_file` go together.");
  }
  if (!section.contains("user") && !section.contains("credentials_file")) return;
  nats.user = reader.Text(section, "user").value_or("");
  nats.password = reader.Secret(section, "password_file");
  nats.credentials_file = reader.File(section, "credentials_file");
  nats.token.clear();
}

void CheckSubject(ConfigReader& reader, const toml::table& section, const IngestConfig& config) {
  if (!config.listen) return;
  if (!IsPublishSubject(config.subject)) {
    return reader.Complain(*section.get("subject"), "`subject` must be a NATS subject without wildcards.");
  }
  const std::string example = config.subject + (config.key.empty() ? ".type" : ".type.key");
  const bool known = std::ranges::any_of(config.deployment.sources, [&](const ServeSource& source) {
    return source.stream.empty() && SubjectMatches(source.subject, example);
  });
  if (known) return;
  reader.Complain(section,
                  "HTTP events would go to " + example +
                      ", which no [[source]] of the deployment has: choose another `subject`, or add a "
                      "source.");
}

void ReadIngest(ConfigReader& reader, const toml::table& section, IngestConfig& config) {
  reader.OnlyKeys(section, "in [ingest]",
                  {"listen", "token_file", "subject", "key", "key_as", "route", "monitor", "user",
                   "password_file", "credentials_file", "body_bytes"});
  config.listen = Address(reader, section, "listen");
  config.monitor = Address(reader, section, "monitor");
  config.token = reader.Secret(section, "token_file");
  config.subject = reader.Text(section, "subject").value_or(config.subject);
  // The empty one means none.
  const bool has_no_key = section["key"].value<std::string>() == "";
  config.key = has_no_key ? "" : reader.Text(section, "key").value_or(config.key);
  config.key_as = reader.Text(section, "key_as").value_or("");
  config.route = reader.Flag(section, "route").value_or(false);
  reader.Bytes(section, "body_bytes", 1'024, kBodyBytesMax, config.body_bytes_max);
  config.body_bytes_max = std::max(config.body_bytes_max, config.deployment.event_bytes_max);
  ReadUser(reader, section, config.deployment.nats);
  if (!section.contains("listen") && !config.route) {
    reader.Complain(
        section,
        "there is nothing to take in: give `listen` for HTTP, `route = true` for subjects, or both.");
  }
  if (config.listen && config.token.empty() && !IsLoopback(*config.listen)) {
    reader.Complain(
        *section.get("listen"),
        "anybody who reaches this address could send events: give a `token_file`, or listen on 127.0.0.1.");
  }
  if (config.route && config.deployment.partition_count == 1) {
    reader.Complain(*section.get("route"), "a deployment without [partitions] captures its subjects itself.");
  }
  if (config.key.empty() && config.deployment.partition_count > 1) {
    reader.Complain(*section.get("key"), "with [partitions] each event needs a key.");
  }
  CheckSubject(reader, section, config);
}

}  // namespace

/// ParseServeConfig, for a machine that need have neither the rules nor the secrets of the service
/// (serve_config.cpp).
Result<ServeConfig> ParseServeConfigOfGateway(std::string_view text, const std::filesystem::path& file);

Result<IngestConfig> ParseIngestConfig(std::string_view text, const std::filesystem::path& file) {
  auto deployment = ParseServeConfigOfGateway(text, file);
  if (!deployment) return std::unexpected(deployment.error());
  IngestConfig config;
  config.deployment = std::move(*deployment);
  config.deployment.nats.client_name = "lull ingest " + config.deployment.name;
  // It was parsed before.
  const toml::table root = toml::parse(text, file.string());
  ConfigReader reader(file);
  if (const toml::table* section = reader.Table(root, "ingest")) {
    ReadIngest(reader, *section, config);
  } else {
    reader.Complain(root, "there is no [ingest] section, which says what to take in.");
  }
  if (reader.errors().empty()) return config;
  std::string message;
  for (const std::string& error : reader.errors()) message += (message.empty() ? "" : "\n") + error;
  return Fail(message);
}

Result<IngestConfig> LoadIngestConfig(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Fail("cannot read the configuration file " + file.string() + ".");
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return ParseIngestConfig(text, file);
}

}  // namespace lull::connectors
