// History that a deployment begins with: files that `lull backfill` has taken in, and the entry of the input
// log that says so.
//
// The entry stands before all deployments of the log. Messages up to `before` whose event time is not after
// `until` are in the files, too, and are not counted again; all others are. The state at the end of history
// is in the deployment's first checkpoint, and in no log: a service that has no checkpoint which begins with
// it does not start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/checkpoint/checkpoint_head.h"
#include "connectors/nats/connection.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace lull::service {

struct History {
  EventTime until;           ///< the files have all events up to and including this instant
  std::uint64_t from = 1;    ///< sequence: the log's first message when they were taken in
  std::uint64_t before = 0;  ///< sequence: the log's last message when they were taken in
  std::string digest;        ///< of their lines
  std::uint64_t events = 0;  ///< that were taken from them
  connectors::LogMark mark;  ///< of the entry; not part of its payload

  std::string Payload() const;
};

/// What an input log says of its beginning.
struct LogBeginning {
  std::optional<History> history;
  std::uint64_t first_deployment = 0;  ///< sequence; 0: the log has none
};

/// Reads it. An entry of history that stands behind a deployment does not count. Fails if there is one that
/// this version cannot read.
Result<LogBeginning> ReadBeginning(connectors::Connection& connection, const connectors::ServeConfig& config,
                                   const std::string& input_stream);

}  // namespace lull::service
