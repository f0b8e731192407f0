#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "connectors/nats/broker_facts.h"
#include "connectors/nats/broker_roles.h"
#include "connectors/nats/deploy_marker.h"
#include "connectors/nats/deployment_streams.h"
#include "connectors/nats/partitioning.h"
#include "connectors/nats/stream.h"
#include "tools/lull/doctor.h"

namespace lull::tools {
namespace {

using connectors::Connection;
using connectors::Right;
using connectors::ServeConfig;
using connectors::ServerGreeting;

constexpr std::int64_t kGreetingMs = 2'000;
constexpr std::int64_t kStatusMs = 1'000;
constexpr double kFullShare = 0.8;
constexpr std::int64_t kSkewMicrosWarn = kMicrosPerSecond;
constexpr std::int64_t kSkewMicrosMax = 30 * kMicrosPerSecond;
constexpr std::int64_t kHeaderBytes = 1'024;

using Version = std::array<int, 3>;

Version ParseVersion(std::string_view text) {
  Version version{};
  for (int& part : version) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc()) break;
    text.remove_prefix(std::min<std::size_t>(static_cast<std::size_t>(end - text.data()) + 1, text.size()));
  }
  return version;
}

// ---- Without credentials
// -------------------------------------------------------------------------------------

// What is unsafe in servers before a version.
struct VersionAdvice {
  Version before;
  const char* what;
  const char* next;
};
constexpr VersionAdvice kVersionAdvice[] = {
    {{2, 9, 12},
     "when its disk is full, it stops answering and still says that it is well.",
     "watch /readyz, which stores a message to find out, and the disk; or use 2.9.12 or later."},
    {{2, 10, 0},
     "it writes to disk up to two minutes after it has acknowledged: a power cut may lose what was accepted.",
     "use a machine that does not lose power, or 2.10 or later with `sync_interval: always` under "
     "`jetstream`."},
};

bool IsLocal(const std::string& url) {
  return url.find("127.0.0.1") != url.npos || url.find("localhost") != url.npos ||
         url.find("[::1]") != url.npos;
}

void CheckVersion(const ServerGreeting& greeting, CheckList& found) {
  const Version version = ParseVersion(greeting.version);
  if (version < Version{2, 9, 0}) {
    found.Problem("broker version", "nats-server " + greeting.version + " is older than Lull knows.",
                  "use 2.9 or later.");
    return;
  }
  bool good = true;
  for (const VersionAdvice& advice : kVersionAdvice) {
    if (version >= advice.before) continue;
    good = false;
    found.Warn("broker version", "nats-server " + greeting.version + ": " + advice.what, advice.next);
  }
  if (good) {
    found.Ok("broker version", "nats-server " + greeting.version +
                                   "; that it has `sync_interval: always` cannot be seen from here.");
  }
}

void CheckPayload(const ServeConfig& config, const ServerGreeting& greeting, CheckList& found) {
  const std::int64_t needed =
      std::max<std::int64_t>(config.event_bytes_max, connectors::kDeployMarkerBytesMax) + kHeaderBytes;
  // The default of both is 1 MiB, and an event that large is refused to its producer, who sees it.
  if (greeting.payload_bytes_max >= needed - kHeaderBytes) {
    found.Ok("message size",
             fmt::format("the broker takes messages of {} bytes.", greeting.payload_bytes_max));
  } else if (greeting.payload_bytes_max < static_cast<std::int64_t>(connectors::kDeployMarkerBytesMax)) {
    found.Problem("message size",
                  fmt::format("the broker takes messages of {} bytes at most; a ruleset may need {}.",
                              greeting.payload_bytes_max, connectors::kDeployMarkerBytesMax),
                  fmt::format("set `max_payload: {}` in its configuration.", needed));
  } else {
    found.Warn("message size",
               fmt::format("the broker takes messages of {} bytes, fewer than `event_bytes` = {}.",
                           greeting.payload_bytes_max, config.event_bytes_max),
               fmt::format("set `max_payload: {}` in its configuration, or lower `event_bytes`.", needed));
  }
}

void CheckWhoGetsIn(const ServeConfig& config, CheckList& found) {
  const connectors::ConnectionOptions& nats = config.nats;
  const bool has_credentials = !nats.user.empty() || !nats.token.empty() || !nats.credentials_file.empty();
  if (!connectors::LetsAnyoneIn(nats)) {
    found.Ok("access", "the broker refuses clients without credentials.");
  } else if (has_credentials) {
    found.Warn(
        "access",
        "the broker knows users, and still lets clients in that show no credentials: anybody who reaches it "
        "may forge events and read actions. Users beside a lone $SYS account have this effect.",
        "put the users into an account of their own under `accounts`, and set no `no_auth_user`.");
  } else {
    found.Warn("access",
               "the broker lets everybody in who reaches it: anybody may forge events and read actions.",
               "give the broker users (`authorization` or `accounts`), and Lull one of them under [nats].");
  }
}

// False: there is no point in going on.
bool CheckServers(const ServeConfig& config, CheckList& found) {
  bool any = false;
  for (const std::string& url : config.nats.urls) {
    const Result<ServerGreeting> greeting = connectors::ReadGreeting(url, kGreetingMs);
    if (!greeting) {
      found.Problem("broker", greeting.error().message,
                    "start it with JetStream (`nats-server -js`), or correct `url` under [nats].");
      continue;
    }
    found.Ok("broker", url + " answers.");
    if (!any) {
      CheckVersion(*greeting, found);
      CheckPayload(config, *greeting, found);
    }
    if (!greeting->tls_required && !IsLocal(url)) {
      found.Warn("encryption", url + " does not ask for TLS: who is on the way reads and changes everything.",
                 "give the broker a `tls` block, and `ca_file` under [nats].");
    }
    any = true;
  }
  return any;
}

// ---- With them
// -----------------------------------------------------------------------------------------------

void CheckStreams(const ServeConfig& config, Connection& connection, CheckList& found) {
  std::vector<connectors::StreamSpec> specs = connectors::OutputStreams(config);
  specs.insert(specs.begin(), connectors::InputStream(config));
  for (const connectors::StreamSpec& spec : specs) {
    const auto compared = connectors::CompareStream(connection, spec);
    const std::string name = "stream " + spec.name;
    if (!compared) {
      found.Problem(name, compared.error().message, "see the rights below.");
    } else if (!compared->exists) {
      found.Ok(name, "is not there yet; the first `lull serve` makes it.");
    } else if (!compared->differences.empty()) {
      found.Warn(name, "is not as the configuration asks for; it differs in: " + compared->differences + ".",
                 "the next start of `lull serve` changes it, or says why it cannot.");
    } else if (const double share = static_cast<double>(compared->state.bytes) /
                                    static_cast<double>(std::max<std::int64_t>(compared->bytes_max, 1));
               share > kFullShare) {
      found.Warn(name, fmt::format("is {:.0f}% full; when full, it refuses messages.", 100 * share),
                 "raise its limit under [limits] and restart; see OPERATIONS.md, Streams that fill up.");
    } else {
      found.Ok(name, fmt::format("is as it should be, {} messages, {:.0f}% full.",
                                 compared->state.message_count, 100 * share));
    }
  }
  for (const connectors::ServeSource& source : config.sources) {
    if (source.stream.empty()) continue;
    if (const auto state = connectors::ReadStreamState(connection, source.stream); state) {
      found.Ok("source " + source.stream, fmt::format("is there, {} messages.", state->message_count));
    } else {
      found.Problem("source " + source.stream, state.error().message, "create it, or correct [[source]].");
    }
  }
}

void CheckRights(const ServeConfig& config, Connection& connection, CheckList& found) {
  const std::string in = connectors::StreamName(config.name, "IN");
  std::vector<std::string> publish = {
      config.tick_subject(),         config.deploy_subject(),        config.erase_subject(),
      config.probe_subject(),        config.action_prefix + ".%.%",  config.dead_prefix() + ".late",
      "$JS.API.STREAM.CREATE." + in, "$JS.API.STREAM.UPDATE." + in,  "$JS.API.STREAM.MSG.GET." + in,
      "$JS.API.STREAM.NAMES",        "$JS.API.CONSUMER.CREATE." + in};
  if (config.keep_decisions) publish.push_back(config.decision_prefix() + ".waiting");
  if (config.deploy_from_bucket) publish.push_back(config.shadow_prefix() + ".sent");
  std::string denied;
  std::string silent;
  const auto note = [&](Right right, const std::string& what) {
    std::string& list = right == Right::kDenied ? denied : silent;
    if (right != Right::kGranted) list += (list.empty() ? "" : ", ") + what;
  };
  for (const std::string& subject : publish) {
    note(connectors::MayStore(connection, subject), "publish " + subject);
  }
  note(connectors::MayListen(connection, config.control_subject()), "subscribe " + config.control_subject());
  if (!denied.empty()) {
    found.Problem(
        "rights", "this user may not: " + denied + ".",
        "grant these in the broker's configuration; OPERATIONS.md, Safe settings of the broker, has all.");
  }
  if (!silent.empty()) {
    found.Warn("rights", "the broker did not answer to: " + silent + ".", "look into the broker's log.");
  }
  if (denied.empty() && silent.empty()) {
    found.Ok("rights", fmt::format("{} subjects were tried, all are granted.", publish.size() + 1));
  }
}

void CheckWriting(const ServeConfig& config, Connection& connection, CheckList& found) {
  const connectors::StreamSpec probe = connectors::ProbeStream(config);
  const auto made = connectors::EnsureStream(connection, probe);
  const auto ahead = made ? connectors::BrokerAheadMicros(connection, probe)
                          : Result<std::int64_t>(std::unexpected(made.error()));
  if (!ahead) {
    found.Problem("storing", ahead.error().message, "free disk space, raise limits, or grant the right.");
    return;
  }
  found.Ok("storing", "a message was stored and read back.");
  const double seconds = static_cast<double>(*ahead) / kMicrosPerSecond;
  const std::string text = fmt::format("the broker's clock is {:.1f} s {} this machine's.", std::abs(seconds),
                                       seconds < 0 ? "behind" : "ahead of");
  const char* next = "synchronise both with NTP: events of machines that are ahead become dead letters.";
  if (std::abs(*ahead) > kSkewMicrosMax) {
    found.Problem("clocks", text, next);
  } else if (std::abs(*ahead) > kSkewMicrosWarn) {
    found.Warn("clocks", text, next);
  } else {
    found.Ok("clocks", "the broker's clock and this machine's agree.");
  }
}

void CheckRunning(const ServeConfig& config, Connection& connection, CheckList& found) {
  const auto status = connection.Request(config.control_subject(), "status", kStatusMs);
  const std::string what = "`lull serve` of " + config.name;
  found.Ok("service", what + (status ? " runs." : " does not run, or does not answer."));
}

// What a key of the partition is published to gets into its stream.
void CheckMapping(const std::string& source, const std::string& key, const std::string& stream,
                  Connection& connection, CheckList& found) {
  const std::string subject = connectors::ExampleSubject(source, key);
  const std::string check = "mapping of " + source + " to " + stream;
  switch (connectors::Reaches(connection, subject, stream)) {
    case connectors::Reach::kYes:
      return found.Ok(check, "key " + key + " gets there.");
    case connectors::Reach::kAnother:
      return found.Problem(
          check, subject + " gets into another stream.",
          "the broker has mappings for another count: take those of `lull broker mappings`.");
    case connectors::Reach::kDenied:
      return found.Ok(check, "this user may not publish " + subject + ", so it cannot be tried.");
    case connectors::Reach::kNone:
      return found.Problem(check, "no stream takes " + subject + ".",
                           "include what `lull broker mappings` prints in the broker's configuration, or run "
                           "`lull ingest` with `route = true`.");
  }
}

// With a key for each partition.
void CheckMappings(const ServeConfig& config, Connection& connection, CheckList& found) {
  for (std::uint32_t partition = 0; config.partition_count > 1 && partition < config.partition_count;
       ++partition) {
    std::string key;
    for (int i = 0; key.empty(); ++i) {
      const std::string candidate = "lull-doctor-" + std::to_string(i);
      if (connectors::PartitionOf(candidate, config.partition_count) == partition) key = candidate;
    }
    const std::string stream =
        connectors::StreamName(connectors::PartitionConfig(config, partition).name, "IN");
    if (!connectors::ReadStreamState(connection, stream)) {
      found.Ok("mapping to " + stream, "cannot be tried before the first `lull serve` makes the stream.");
      continue;
    }
    for (const connectors::ServeSource& source : config.sources)
      CheckMapping(source.subject, key, stream, connection, found);
  }
}

}  // namespace

void CheckBroker(const ServeConfig& config, CheckList& found) {
  if (!CheckServers(config, found)) return;
  connectors::ConnectionOptions options = config.nats;
  options.client_name = "lull doctor " + config.name;
  auto connection = Connection::Open(std::move(options));
  if (!connection) {
    found.Problem("credentials", connection.error().message, "correct [nats].");
    return;
  }
  found.Ok("credentials", "the broker accepts them.");
  CheckWhoGetsIn(config, found);
  const auto use = connectors::ReadJetStreamUse(*connection);
  if (!use) {
    found.Problem("jetstream", use.error().message, "enable it in the broker's configuration.");
    return;
  }
  found.Ok("jetstream",
           fmt::format("is on, {} bytes stored{}.", use->stored_bytes,
                       use->stored_bytes_max ? fmt::format(" of {}", *use->stored_bytes_max) : ""));
  for (const ServeConfig& own : connectors::PartsOf(config)) {
    CheckStreams(own, *connection, found);
    CheckRights(own, *connection, found);
    CheckRunning(own, *connection, found);
  }
  CheckMappings(config, *connection, found);
  CheckWriting(connectors::PartsOf(config).front(), *connection, found);
}

}  // namespace lull::tools
