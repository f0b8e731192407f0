// Where `lull serve` begins: at the newest checkpoint that fits the logs as they are now, or at the log's
// beginning.
//
// A broker may have lost the end of a stream (a power cut before it was on disk), and given its sequences out
// anew; a stream may have been trimmed. Each checkpoint says where in the logs it stands and what stood
// there, so all of this is noticed. An output log that is behind is put right by going back to an older
// checkpoint: what was lost is decided and sent again. Input that was accepted and is gone is for a person to
// decide.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connectors/checkpoint/checkpoint_store.h"
#include "connectors/nats/connection.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"
#include "service/history.h"
#include "service/live_engine.h"
#include "service/outbox.h"
#include "service/service_log.h"

namespace lull::service {

/// The mark of a message of the input log.
connectors::LogMark MarkOf(const connectors::InputMessage& message);

struct Recovery {
  std::unique_ptr<Outbox> outbox;
  std::unique_ptr<LiveEngine> engine;  ///< null: there is no checkpoint to go on from
  connectors::CheckpointHead head;     ///< of the checkpoint; of none: all zero
  std::filesystem::path folder;        ///< the same
};

struct RecoveryOptions {
  std::string input_stream;
  /// A person has decided to go on although accepted input is gone.
  bool accept_lost_input = false;
  /// What the input log says that the deployment begins with.
  std::optional<History> history = {};
};

/// The streams exist. Fails where only a person can decide, with what there is to decide.
Result<Recovery> Recover(connectors::Connection& connection, const connectors::ServeConfig& config,
                         const RecoveryOptions& options, ServiceLog& log,
                         const OutputChannel::Stopping& stopping);

}  // namespace lull::service
