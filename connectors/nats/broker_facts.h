// What can be found out about a broker without changing anything of a deployment: who it is, what it lets
// whom do, how its streams and its clock are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/nats/connection.h"
#include "connectors/nats/stream.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace lull::connectors {

/// What a server says before anybody has said who he is.
struct ServerGreeting {
  std::string version;         ///< "2.9.10"
  bool auth_required = false;  ///< some credentials are known to it; see LetsAnyoneIn
  bool tls_required = false;
  bool jetstream = false;
  std::int64_t payload_bytes_max = 0;
};

/// Asks one server: "nats://host:port", "tls://host", "host".
Result<ServerGreeting> ReadGreeting(const std::string& url, std::int64_t timeout_ms);

/// Whether the first of these servers lets clients in that show no credentials. A connection is tried.
bool LetsAnyoneIn(const ConnectionOptions& options);

/// Fails if JetStream is off, or this user may not ask.
struct JetStreamUse {
  std::uint64_t stored_bytes = 0;
  std::optional<std::int64_t> stored_bytes_max;  ///< of the account; nothing: no limit of its own
};
Result<JetStreamUse> ReadJetStreamUse(Connection& connection);

/// What a user may do on a subject, tried without leaving a trace.
enum class Right : std::uint8_t {
  kGranted,
  kDenied,
  kNotShown,  ///< nothing answers there yet, or not in time
};
/// Sends a message that no stream takes, because it asks for a stream of another name.
Right MayStore(Connection& connection, const std::string& subject);
Right MayListen(Connection& connection, const std::string& subject);

/// Where a message to a subject goes, tried likewise: on the condition that the stream is this one, and ends
/// where no stream does.
enum class Reach : std::uint8_t {
  kYes,
  kAnother,  ///< another stream takes it
  kNone,     ///< nobody does
  kDenied,
};
Reach Reaches(Connection& connection, const std::string& subject, const std::string& stream);
/// A subject of the pattern, with `key` for its last wildcard and any other text for those before.
std::string ExampleSubject(const std::string& pattern, const std::string& key);

/// How far the broker's clock is ahead of this machine's, to some milliseconds: of a message that is stored
/// in `probe`, which must exist and keep only its last one.
Result<std::int64_t> BrokerAheadMicros(Connection& connection, const StreamSpec& probe);

}  // namespace lull::connectors
