// Appends messages to a JetStream stream, each exactly once and in the order given, whatever happens to the
// broker or the connection meanwhile.
//
// Every message carries its id as Nats-Msg-Id and the condition that the stream still ends with the id before
// it (the first one: at the sequence seen last). So if one message is lost all later ones are refused, and if
// another writer appends something this one is refused and says so. After a refusal or an unknown outcome the
// log reads the stream's tail, strikes off what is there, and sends the rest again under the same ids.
//
// One thread. The Connection must outlive the log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/nats/connection.h"
#include "runtime/base/result.h"

namespace lull::connectors {

struct OutputLogOptions {
  std::string stream;                          ///< exists, and captures all subjects published here
  std::size_t pending_count_max = 4'096;       ///< messages sent and not yet known to be stored
  std::size_t pending_bytes_max = 32U << 20U;  ///< their payloads
  std::int64_t acknowledge_wait_ms = 5'000;    ///< after this an outcome counts as unknown
  std::int64_t publish_wait_ms = 30'000;       ///< how long Publish waits for room
};

class OutputLog {
 public:
  /// Fails if the stream does not exist or the broker does not answer.
  static Result<OutputLog> Open(Connection& connection, OutputLogOptions options);

  OutputLog(OutputLog&&) noexcept;
  OutputLog& operator=(OutputLog&&) noexcept;
  ~OutputLog();

  /// Queues one message and sends it; returns before it is stored. `id` must be non-empty and new to this
  /// stream (LoadIds tells a restarted process which are not). On an error nothing was queued: the queue is
  /// full and the broker does not take more, the message is too large, or the subject is not one.
  Status Publish(const std::string& subject, const std::string& id, std::string_view payload);

  /// Waits until everything queued is stored. On an error (no answer in time, a full stream or disk, a
  /// missing stream, another writer) what is queued stays queued, and the next Flush tries again.
  Status Flush(std::int64_t timeout_ms);

  /// True if the last error does not pass by waiting: another writer, a stream that is gone or has lost
  /// messages, a message that the broker never takes.
  bool hopeless() const;

  std::size_t pending_count() const;
  /// Of the last message known to be stored; 0 if the stream is empty.
  std::uint64_t last_sequence() const;

 private:
  struct Impl;
  explicit OutputLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Calls `take` with sequence and id of every message that the stream has now from a sequence on, oldest
/// first, and returns how many messages that were. Payloads are not transferred. Messages without an id are
/// an error: another program wrote them.
Result<std::uint64_t> LoadIds(Connection& connection, const std::string& stream, std::uint64_t from_sequence,
                              const std::function<void(std::uint64_t sequence, std::string_view id)>& take);

}  // namespace lull::connectors
