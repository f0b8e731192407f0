// The configuration file of `lull serve`, in TOML.
//
//   name     = "retail"
//       The deployment: lower-case letters, digits, `_`. Part of all stream names.
//   ruleset  = "rulesets/retail"
//       Folder of rule files; relative to this file.
//   lateness = "60s"
//       Overrides the ruleset's own (optional).
//
//   [nats]
//   url = "nats://127.0.0.1:4222"
//       Or a list of servers of one cluster; without passwords.
//   user = "lull", password_file = "secrets/password"
//       Secrets come from files only: the first line; relative to this file. Here and in the keys below, a
//       path that begins with "$CREDENTIALS_DIRECTORY/" is one of the credentials that systemd hands to the
//       service (LoadCredential).
//   token_file = "secrets/token"
//   credentials_file = "secrets/lull.creds"
//       User JWT and seed.
//   tls = true
//       Implied by the files below.
//   ca_file = "tls/ca.pem", certificate_file = "tls/lull.pem", key_file = "tls/lull.key"
//
//   [[source]]
//       One or more: where events come from.
//   subject = "events.>"
//       Core subject to capture, wildcards allowed.
//   silence = "30s"
//       Without a message for so long the source counts as down, and clock ticks are held back. Optional:
//       without it the source is never judged down.
//   [[source]]
//   stream  = "ORDERS"
//       An existing JetStream stream to copy from.
//   subject = "orders.*.placed"
//       Only these subjects of it (optional).
//
//   [actions]
//   prefix = "lull.retail.actions"
//       Actions go to PREFIX.<unit>.<key>.
//   decisions = true
//       Keeps all other decisions too, with their reasons, on lull.<name>.decisions.<kind> (default: no).
//
//   [ticks]
//   interval = "1s"
//       How often the clock moves when no events come.
//   delay = "2s"
//       How far ticks stay behind the machine's clock; at least the lateness.
//   automatic = false
//       Only producers move the clock, by messages on lull.<name>.tick: for replays of history (default:
//       true).
//
//   [partitions]
//       Only for what one process cannot do, or for several machines (connectors/nats/partitioning.h).
//       Sources then are core subjects with wildcards, the last of which stands for the key: "events.*.*".
//   count = 4
//       Chosen once: another count puts keys elsewhere.
//   lease = "10s"
//       How long a partition waits for an owner that is gone.
//       Partition P listens at the port of [http] plus P.
//
//   [state]
//   folder   = "state"
//       Where checkpoints are kept, relative to this file; one folder for each deployment and machine.
//   interval = "5s"
//       How often one is made.
//   keep     = 4
//       How many are kept.
//   checkpoints = false
//       Keeps none: each start reads the whole input log (default: true).
//
//   [deploy]
//   from = "bucket"
//       Rulesets come through the deployment's KV bucket (`lull deploy`), and not from the folder, which is
//       only what an empty log begins with. What was deployed last goes on after a restart, whatever the
//       folder holds. Default: "folder", which is read at each start and by `lull reload`.
//   trusted_keys = ["ed25519:3f…"]
//       Public keys (`lull keygen`) of those who may deploy.
//   require_signature = true
//       False takes what anybody with access to the bucket deploys (default: true).
//   approvals = 2
//       So many different trusted keys must have signed a revision (`lull approve`) before it takes effect
//       (default: 1, the one who deploys).
//   patience = "1m"
//       With partitions: how long a revision that one has verified waits for the others to do so, before it
//       takes effect without them.
//
//   [limits]
//   input_bytes  = "4 GiB"     of the input log; when full, producers are refused
//   action_bytes = "1 GiB"     of the log of actions, and of that of decisions
//   dead_bytes   = "256 MiB"   of the log of dead letters
//   event_bytes  = "1 MiB"     of one event
//   input_age    = "7d"        older input goes, whether or not it was read; longer than any outage, as a
//   start
//                              needs what came since the last checkpoint (default: it stays)
//   ahead        = "5m"        an event further ahead of its arrival is a dead letter
//
//   [http]
//   listen = "127.0.0.1:9090"
//       Serves /metrics, /healthz and /readyz, without encryption or passwords: only for monitoring. Port 0
//       takes a free one, which the log names; partition P is served on the port that is P higher, by the
//       process that owns it. Without this section: no endpoint.
//
// Durations: "250ms", "30s", "5m", "36h", "7d", "1h 30m". Sizes: "512 MiB", "10 GiB", "2 GB", or bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/nats/connection.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace lull::connectors {

struct ServeSource {
  std::string subject;  ///< to capture, or to filter by if `stream` is given; then it may be empty
  std::string stream;   ///< empty: core subjects
  std::optional<std::int64_t> silence_micros;
};

/// Where to listen; port 0: any that is free.
struct ListenAddress {
  std::string host;
  int port = 0;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

struct ServeConfig {
  std::string name;
  std::filesystem::path ruleset;
  std::optional<std::int64_t> lateness_micros;
  ConnectionOptions nats;  ///< secrets already read; no log function
  std::vector<ServeSource> sources;
  std::string action_prefix;  ///< default lull.<name>.actions
  bool keep_decisions = false;
  bool automatic_ticks = true;
  std::int64_t tick_interval_micros = kMicrosPerSecond;
  std::int64_t tick_delay_micros = 2 * kMicrosPerSecond;
  std::uint32_t partition_count = 1;
  std::int64_t lease_micros = 10 * kMicrosPerSecond;
  bool is_partition = false;       ///< made by PartitionConfig
  std::string whole;               ///< of a partition: the deployment that it is part of ...
  std::uint32_t partition = 0;     ///< ... its number ...
  std::uint32_t partition_of = 1;  ///< ... and how many there are
  std::optional<std::filesystem::path> state_folder;  ///< none: no checkpoints
  std::int64_t checkpoint_interval_micros = 5 * kMicrosPerSecond;
  std::size_t checkpoint_keep_count = 4;
  bool deploy_from_bucket = false;
  std::vector<std::string> trusted_keys;
  bool require_signature = true;
  std::size_t approvals = 1;
  std::int64_t deploy_patience_micros = kMicrosPerMinute;
  std::int64_t input_bytes_max = 4LL << 30;
  std::int64_t action_bytes_max = 1LL << 30;
  std::int64_t dead_bytes_max = 256LL << 20;
  std::int64_t event_bytes_max = 1LL << 20;
  std::int64_t input_age_micros = 0;  ///< 0: it stays
  std::int64_t ahead_micros = 5 * kMicrosPerMinute;
  std::optional<ListenAddress> http;  ///< nothing: no endpoint

  /// What is deployed, to all partitions at once.
  const std::string& deployment() const { return is_partition ? whole : name; }
  std::string tick_subject() const { return "lull." + name + ".tick"; }
  std::string erase_subject() const { return "lull." + name + ".erase"; }
  std::string backfill_subject() const { return "lull." + name + ".backfill"; }
  std::string deploy_subject() const { return "lull." + name + ".deploy"; }
  std::string decision_prefix() const { return "lull." + name + ".decisions"; }
  std::string shadow_prefix() const { return "lull." + name + ".shadow"; }
  std::string control_subject() const { return "lull." + name + ".control"; }
  std::string dead_prefix() const { return "lull." + name + ".dead"; }
  std::string probe_subject() const { return "lull." + name + ".probe"; }
};

/// Reads and checks the file. The error lists every mistake, one a line, as FILE:LINE:COLUMN: what and what
/// to do.
Result<ServeConfig> LoadServeConfig(const std::filesystem::path& file);

/// The same from text; `file` names it in messages, and its folder is where relative paths begin.
Result<ServeConfig> ParseServeConfig(std::string_view text, const std::filesystem::path& file);

/// "127.0.0.1:9090", "localhost:0", "[::1]:9090". Nothing if it is no such address.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace lull::connectors
