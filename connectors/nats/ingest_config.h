// The section [ingest] of a deployment's configuration (connectors/nats/serve_config.h), for `lull ingest`.
//
//   [ingest]
//   listen     = "0.0.0.0:8080"
//       Takes CloudEvents over HTTP at POST /events, without encryption: behind a proxy that has it, or on a
//       network of your own. Without it: no HTTP.
//   token_file = "$CREDENTIALS_DIRECTORY/ingest"
//       Clients send it as `Authorization: Bearer TOKEN`. Without it: anybody may send events, so `listen`
//       must be a loopback address.
//   subject    = "events"
//       HTTP events go to SUBJECT.<type>.<key>, which must be a [[source]] (default: "events").
//   key        = "subject"
//       Where an event has its key: an attribute, or "data.NAME". "" leaves it out of the subject; not with
//       [partitions] (default: "subject").
//   key_as     = "customer_id"
//       The key becomes a member of this name of the event, where it has none: for entities by that name.
//   route      = true
//       Takes what producers publish to the core subjects of [[source]], and puts it into its partition: for
//       brokers whose configuration cannot have subject mappings (default: false).
//   monitor    = "127.0.0.1:9190"
//       Serves /metrics, /healthz and /readyz, as [http] does for the service.
//   user, password_file, credentials_file
//       The gateway's own user of the broker, which needs less than that of [nats] (default: the same).
//   body_bytes = "4 MiB"
//       Of one request.
//
// The folder of the ruleset need not be there: a gateway does not know the rules.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"

namespace lull::connectors {

struct IngestConfig {
  ServeConfig deployment;  ///< with the gateway's own user
  std::optional<ListenAddress> listen;
  std::string token;  ///< empty: none is asked for
  std::string subject = "events";
  std::string key = "subject";
  std::string key_as;
  bool route = false;
  std::optional<ListenAddress> monitor;
  std::int64_t body_bytes_max = 4LL << 20;
};

/// Reads and checks the file; errors as LoadServeConfig.
Result<IngestConfig> LoadIngestConfig(const std::filesystem::path& file);
Result<IngestConfig> ParseIngestConfig(std::string_view text, const std::filesystem::path& file);

}  // namespace lull::connectors
