// What `lull backfill` does for one deployment, or one partition of one.
#pragma once

#include <string>
#include <vector>

#include "connectors/nats/connection.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"
#include "service/history.h"

namespace lull::tools {

struct BackfillOptions {
  std::string config_file;
  std::vector<std::string> files;
  std::int64_t until = kUnknown;
  std::string decisions;
  std::string dead_letters;
  bool capture_only = false;
  bool accept_gap = false;
  bool quiet = false;
};

/// What is to be done, and from where on, as far as the broker and the state folder tell.
struct BackfillPlace {
  /// The log knows of history already, whose checkpoint is to be made anew.
  std::optional<service::History> known;
  bool is_done = false;      ///< history was taken in, and its checkpoint is there
  bool is_deployed = false;  ///< the log has a ruleset; else it is to get that of the folder
  std::uint64_t first_sequence = 1;
  std::uint64_t last_sequence = 0;
};

/// Makes the streams. Fails where history cannot be taken in, with why and what to do.
Result<BackfillPlace> FindBackfillPlace(connectors::Connection& connection,
                                        const connectors::ServeConfig& config,
                                        const BackfillOptions& options);

}  // namespace lull::tools
