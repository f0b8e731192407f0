#include "connectors/nats/serve_config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <set>
#include <utility>

#include "connectors/nats/config_reader.h"
#include "connectors/nats/config_values.h"
#include "connectors/nats/subject_token.h"
#include "connectors/signing/signing.h"

namespace lull::connectors {
namespace {

constexpr int kPortMax = 65'535;
constexpr std::int64_t kStreamBytesMin = 1LL << 20;
constexpr std::int64_t kEventBytesMax = 64LL << 20;
constexpr std::size_t kNameCharactersMax = 40;
constexpr std::int64_t kCheckpointsMax = 1'000;
/// Shorter is a mistake, or loses what is not yet read.
constexpr std::int64_t kAgeMicrosMin = kMicrosPerHour;
constexpr std::int64_t kPartitionsMax = 1'024;

bool IsDeploymentName(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= kNameCharactersMax && std::ranges::all_of(name, fits);
}

bool IsStreamName(std::string_view name) { return name.find_first_of(" \t.*>/\\") == std::string_view::npos; }

void ReadUrl(ConfigReader& reader, const toml::node& node, std::vector<std::string>& urls) {
  const auto url = node.value_exact<std::string>();
  if (!url || url->empty()) {
    reader.Complain(node, "`url` must be a text such as \"nats://127.0.0.1:4222\", or a list of them.");
  } else if (url->find('@') != std::string::npos) {
    reader.Complain(node, "`url` must hold no user or password; use `user` and `password_file`.");
  } else {
    urls.push_back(*url);
  }
}

// Who has a user of his own need not be able to read the secrets of this one.
void ReadNats(ConfigReader& reader, const toml::table& root, bool with_user, ConnectionOptions& options) {
  const toml::table* nats = reader.Table(root, "nats");
  if (nats == nullptr) {
    return;
  }
  reader.OnlyKeys(*nats, "in [nats]",
                  {"url", "user", "password_file", "token_file", "credentials_file", "tls", "ca_file",
                   "certificate_file", "key_file"});
  if (const toml::node* url = nats->get("url")) {
    options.urls.clear();
    if (const toml::array* list = url->as_array(); list != nullptr && !list->empty()) {
      for (const toml::node& entry : *list) {
        ReadUrl(reader, entry, options.urls);
      }
    } else {
      ReadUrl(reader, *url, options.urls);
    }
  }
  if (with_user) {
    options.user = reader.Text(*nats, "user").value_or("");
    options.password = reader.Secret(*nats, "password_file");
    options.token = reader.Secret(*nats, "token_file");
    options.credentials_file = reader.File(*nats, "credentials_file");
  }
  options.tls = reader.Flag(*nats, "tls").value_or(false);
  options.key_file = reader.File(*nats, "key_file");
  options.secret_files = reader.files();
  options.ca_file = reader.File(*nats, "ca_file");
  options.certificate_file = reader.File(*nats, "certificate_file");
  if (nats->contains("user") != nats->contains("password_file")) {
    reader.Complain(*nats, "`user` and `password_file` go together.");
  }
  if (nats->contains("certificate_file") != nats->contains("key_file")) {
    reader.Complain(*nats, "`certificate_file` and `key_file` go together.");
  }
  if (nats->contains("user") + nats->contains("token_file") + nats->contains("credentials_file") > 1) {
    reader.Complain(*nats, "only one of `user`, `token_file` and `credentials_file` can be used.");
  }
}

void ReadSource(ConfigReader& reader, const toml::table& table, std::vector<ServeSource>& sources) {
  reader.OnlyKeys(table, "in [[source]]", {"subject", "stream", "silence"});
  ServeSource source;
  source.subject = reader.Text(table, "subject").value_or("");
  source.stream = reader.Text(table, "stream").value_or("");
  source.silence_micros = reader.Duration(table, "silence", kMicrosPerSecond);
  if (!table.contains("subject") && !table.contains("stream")) {
    reader.Complain(table, "a [[source]] needs a `subject` to capture or a `stream` to copy from.");
  }
  if (!source.subject.empty() && !IsSubscribeSubject(source.subject)) {
    reader.Complain(*table.get("subject"), "\"" + source.subject + "\" is not a NATS subject.");
  }
  if (source.stream.empty() && (source.subject == ">" || source.subject.starts_with("$"))) {
    reader.Complain(*table.get("subject"),
                    "a source cannot capture the broker's own subjects; name what producers publish to, as "
                    "\"events.>\".");
  }
  if (!IsStreamName(source.stream)) {
    reader.Complain(*table.get("stream"), "\"" + source.stream + "\" is not a stream name.");
  }
  sources.push_back(std::move(source));
}

void ReadSources(ConfigReader& reader, const toml::table& root, std::vector<ServeSource>& sources) {
  const toml::node* node = root.get("source");
  const toml::array* list = node == nullptr ? nullptr : node->as_array();
  if (list == nullptr || list->empty() || !list->is_homogeneous<toml::table>()) {
    reader.Complain(node == nullptr ? static_cast<const toml::node&>(root) : *node,
                    "there must be at least one [[source]] section that says where events come from.");
    return;
  }
  std::set<std::pair<std::string, std::string>> seen;
  for (const toml::node& entry : *list) {
    ReadSource(reader, *entry.as_table(), sources);
    if (!seen.emplace(sources.back().stream, sources.back().subject).second) {
      reader.Complain(entry, "this source is listed twice.");
    }
  }
}

void ReadTop(ConfigReader& reader, const toml::table& root, bool needs_rules, ServeConfig& config) {
  reader.OnlyKeys(root, "here",
                  {"name", "ruleset", "lateness", "nats", "source", "actions", "ticks", "deploy",
                   "partitions", "state", "limits", "http", "ingest"});
  config.name = reader.Text(root, "name").value_or("");
  if (!root.contains("name")) {
    reader.Complain(root, "`name` is missing: the name of the deployment, such as name = \"retail\".");
  } else if (!config.name.empty() && !IsDeploymentName(config.name)) {
    reader.Complain(*root.get("name"), "`name` must be 1 to 40 lower-case letters, digits or `_`.");
  }
  config.ruleset = reader.Path(root, "ruleset").value_or("");
  if (!root.contains("ruleset")) {
    reader.Complain(root, "`ruleset` is missing: the folder with the rule files.");
  } else if (std::error_code error; needs_rules && !config.ruleset.empty() &&
                                    !std::filesystem::is_directory(config.ruleset, error)) {
    reader.Complain(*root.get("ruleset"), "there is no folder " + config.ruleset.string() + ".");
  }
  config.lateness_micros = reader.Duration(root, "lateness", 0);
}

void ReadPartitions(ConfigReader& reader, const toml::table& root, ServeConfig& config) {
  const toml::table* section = reader.Table(root, "partitions");
  if (section == nullptr) {
    return;
  }
  reader.OnlyKeys(*section, "in [partitions]", {"count", "lease"});
  std::int64_t count = 1;
  reader.Whole(*section, "count", 1, kPartitionsMax, count);
  config.partition_count = static_cast<std::uint32_t>(count);
  config.lease_micros = reader.Duration(*section, "lease", kMicrosPerSecond).value_or(config.lease_micros);
  if (count == 1) {
    return;
  }
  for (const ServeSource& source : config.sources) {
    const bool has_key = source.subject.find('*') != std::string::npos && !source.subject.ends_with('>');
    if (!source.stream.empty() || !has_key) {
      reader.Complain(*section,
                      "with partitions a source is a core subject whose last `*` stands for the key, such as "
                      "\"events.*.*\"; \"" +
                          (source.stream.empty() ? source.subject : source.stream) + "\" is none.");
    }
  }
}

void ReadState(ConfigReader& reader, const toml::table& root, ServeConfig& config) {
  static const toml::table none;
  const toml::table* section = reader.Table(root, "state");
  const toml::table& state = section == nullptr ? none : *section;
  reader.OnlyKeys(state, "in [state]", {"folder", "interval", "keep", "checkpoints"});
  if (reader.Flag(state, "checkpoints").value_or(true)) {
    config.state_folder = reader.Path(state, "folder").value_or(reader.folder() / "state");
  }
  config.checkpoint_interval_micros =
      reader.Duration(state, "interval", 100 * kMicrosPerMilli).value_or(config.checkpoint_interval_micros);
  std::int64_t keep = static_cast<std::int64_t>(config.checkpoint_keep_count);
  reader.Whole(state, "keep", 1, kCheckpointsMax, keep);
  config.checkpoint_keep_count = static_cast<std::size_t>(keep);
}

void ReadTrustedKeys(ConfigReader& reader, const toml::table& deploy, ServeConfig& config) {
  const toml::node* node = deploy.get("trusted_keys");
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr || !list->is_homogeneous<std::string>()) {
    return reader.Complain(*node, "`trusted_keys` must be a list of public keys in quotes.");
  }
  for (const toml::node& entry : *list) {
    const std::string key = entry.value_or(std::string());
    if (!IsPublicKey(key)) {
      reader.Complain(entry, "\"" + key + "\" is not a public key as `lull keygen` prints it.");
    } else if (std::ranges::find(config.trusted_keys, key) != config.trusted_keys.end()) {
      reader.Complain(entry, "this key is listed twice.");
    }
    config.trusted_keys.push_back(key);
  }
}

void ReadDeploy(ConfigReader& reader, const toml::table& root, ServeConfig& config) {
  const toml::table* deploy = reader.Table(root, "deploy");
  if (deploy == nullptr) return;
  reader.OnlyKeys(*deploy, "in [deploy]",
                  {"from", "trusted_keys", "require_signature", "approvals", "patience"});
  const std::string from = reader.Text(*deploy, "from").value_or("folder");
  if (from != "folder" && from != "bucket") {
    reader.Complain(*deploy->get("from"), "`from` must be \"folder\" or \"bucket\".");
  }
  config.deploy_from_bucket = from == "bucket";
  ReadTrustedKeys(reader, *deploy, config);
  config.require_signature = reader.Flag(*deploy, "require_signature").value_or(true);
  std::int64_t approvals = 1;
  reader.Whole(*deploy, "approvals", 1, 16, approvals);
  config.approvals = static_cast<std::size_t>(approvals);
  config.deploy_patience_micros =
      reader.Duration(*deploy, "patience", 0).value_or(config.deploy_patience_micros);
  if (!config.deploy_from_bucket) return;
  if (config.require_signature && config.trusted_keys.size() < config.approvals) {
    reader.Complain(*deploy,
                    "with from = \"bucket\" there must be `trusted_keys`, at least as many as `approvals`; "
                    "`lull keygen` makes them. (require_signature = false takes what anybody deploys.)");
  }
  if (!config.require_signature && config.approvals > 1) {
    reader.Complain(*deploy->get("approvals"),
                    "`approvals` are signatures: leave out `require_signature = false`.");
  }
}

void ReadSections(ConfigReader& reader, const toml::table& root, ServeConfig& config) {
  config.action_prefix = "lull." + config.name + ".actions";
  if (const toml::table* actions = reader.Table(root, "actions")) {
    reader.OnlyKeys(*actions, "in [actions]", {"prefix", "decisions"});
    config.action_prefix = reader.Text(*actions, "prefix").value_or(config.action_prefix);
    config.keep_decisions = reader.Flag(*actions, "decisions").value_or(false);
    if (actions->contains("prefix") && !IsPublishSubject(config.action_prefix)) {
      reader.Complain(*actions->get("prefix"), "`prefix` must be a NATS subject without wildcards.");
    }
  }
  if (const toml::table* ticks = reader.Table(root, "ticks")) {
    reader.OnlyKeys(*ticks, "in [ticks]", {"interval", "delay", "automatic"});
    config.tick_interval_micros =
        reader.Duration(*ticks, "interval", 10 * kMicrosPerMilli).value_or(config.tick_interval_micros);
    config.tick_delay_micros = reader.Duration(*ticks, "delay", 0).value_or(config.tick_delay_micros);
    config.automatic_ticks = reader.Flag(*ticks, "automatic").value_or(true);
  }
  ReadDeploy(reader, root, config);
  ReadPartitions(reader, root, config);
  ReadState(reader, root, config);
  if (const toml::table* limits = reader.Table(root, "limits")) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    reader.OnlyKeys(*limits, "in [limits]",
                    {"input_bytes", "action_bytes", "dead_bytes", "event_bytes", "input_age", "ahead"});
    reader.Bytes(*limits, "input_bytes", kStreamBytesMin, kMax, config.input_bytes_max);
    reader.Bytes(*limits, "action_bytes", kStreamBytesMin, kMax, config.action_bytes_max);
    reader.Bytes(*limits, "dead_bytes", kStreamBytesMin, kMax, config.dead_bytes_max);
    reader.Bytes(*limits, "event_bytes", 1'024, kEventBytesMax, config.event_bytes_max);
    config.input_age_micros = reader.Duration(*limits, "input_age", kAgeMicrosMin).value_or(0);
    if (config.input_age_micros > 0 && !config.state_folder) {
      reader.Complain(*limits->get("input_age"), "without checkpoints a start needs the whole input log.");
    }
    config.ahead_micros = reader.Duration(*limits, "ahead", 0).value_or(config.ahead_micros);
  }
}

// After the partitions: each takes a port.
void ReadHttp(ConfigReader& reader, const toml::table& root, std::uint32_t partition_count,
              std::optional<ListenAddress>& http) {
  const toml::table* section = reader.Table(root, "http");
  if (section == nullptr) return;
  reader.OnlyKeys(*section, "in [http]", {"listen"});
  const auto listen = reader.Text(*section, "listen");
  http = listen ? ParseListenAddress(*listen) : std::nullopt;
  if (!section->contains("listen")) {
    reader.Complain(*section, "`listen` is missing, such as listen = \"127.0.0.1:9090\".");
  } else if (listen && !http) {
    reader.Complain(*section->get("listen"),
                    "`listen` must be an address and a port such as "
                    "\"127.0.0.1:9090\" or \"[::1]:9090\", not \"" +
                        *listen + "\".");
  } else if (http && http->port != 0 &&
             http->port + static_cast<std::int64_t>(partition_count) - 1 > kPortMax) {
    reader.Complain(*section->get("listen"),
                    "`listen` must leave a port for each partition: at most " +
                        std::to_string(kPortMax + 1 - static_cast<int>(partition_count)) + ".");
  }
}

/// Of a gateway: without rules, and with the user that [ingest] names, if it does.
Result<ServeConfig> Parse(std::string_view text, const std::filesystem::path& file, bool of_gateway) {
  ConfigReader reader(file);
  toml::table root;
  try {
    root = toml::parse(text, file.string());
  } catch (const toml::parse_error& error) {
    reader.Complain(error.source().begin, std::string(error.description()) + ".");
    return Fail(reader.errors().front());
  }
  ServeConfig config;
  const bool own_user = of_gateway && (root["ingest"]["user"] || root["ingest"]["credentials_file"]);
  ReadTop(reader, root, !of_gateway, config);
  ReadNats(reader, root, !own_user, config.nats);
  ReadSources(reader, root, config.sources);
  ReadSections(reader, root, config);
  ReadHttp(reader, root, config.partition_count, config.http);
  if (reader.errors().empty()) {
    config.nats.client_name = "lull serve " + config.name;
    return config;
  }
  std::string message;
  for (const std::string& error : reader.errors()) {
    message += (message.empty() ? "" : "\n") + error;
  }
  return Fail(message);
}

}  // namespace

Result<ServeConfig> ParseServeConfig(std::string_view text, const std::filesystem::path& file) {
  return Parse(text, file, false);
}

Result<ServeConfig> ParseServeConfigOfGateway(std::string_view text, const std::filesystem::path& file);
Result<ServeConfig> ParseServeConfigOfGateway(std::string_view text, const std::filesystem::path& file) {
  return Parse(text, file, true);
}

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  int port = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 0 || port > kPortMax) {
    return std::nullopt;
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // An IPv6 address needs its brackets: where would its port begin?
  if (host.empty() || host.find_first_of(" \t[]/@") != host.npos ||
      (!bracketed && host.find(':') != host.npos)) {
    return std::nullopt;
  }
  return ListenAddress{std::string(host), port};
}

Result<ServeConfig> LoadServeConfig(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return Fail("cannot read the configuration file " + file.string() + ".");
  }
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return ParseServeConfig(text, file);
}

}  // namespace lull::connectors
