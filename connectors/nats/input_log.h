// Reads a JetStream stream in order from a given sequence, so that no message is missed, repeated or
// reordered without notice.
//
// It pulls in batches through a consumer of its own, and makes a new one where it left off when the broker
// loses it. Sequences must follow each other: a hole, a stream that ends before what was read, or a message
// that was written anew is an error, because only a person can decide what to do about lost input.
//
// One thread. The Connection must outlive the log.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/nats/connection.h"
#include "connectors/nats/stream.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace lull::connectors {

struct InputLogOptions {
  std::string stream;
  std::uint64_t from_sequence = 1;  ///< the first message wanted
  /// Empty: a consumer that vanishes with the reader. Otherwise a durable one of this name, made anew at
  /// `from_sequence`, which shows in the broker how far Acknowledge has come.
  std::string durable = {};
  /// Empty: all messages. Otherwise only these subjects, and holes in the sequence are natural.
  std::string subject_filter = {};
  bool headers_only = false;  ///< no payloads
  bool message_ids = false;   ///< fill message_id
  bool origins = false;       ///< fill origin
};

/// One message; the views are good until the next call of Read or the end of the log.
struct InputMessage {
  std::uint64_t sequence = 0;
  std::string_view subject;
  std::string_view data;
  std::string_view message_id;  ///< Nats-Msg-Id; empty if it has none or ids were not asked for
  std::string_view origin;      ///< the stream that it was copied from; empty if none or not asked for
  WallTime stored_at;           ///< the broker's clock when it stored the message
};

class InputLog {
 public:
  /// Fails if the stream does not exist or ends before `from_sequence - 1`.
  static Result<InputLog> Open(Connection& connection, InputLogOptions options);

  InputLog(InputLog&&) noexcept;
  InputLog& operator=(InputLog&&) noexcept;
  ~InputLog();

  /// The first sequence that Read can give. Larger than `from_sequence` if the stream no longer has its head.
  std::uint64_t first_sequence() const;
  /// The sequence after the last message that was read.
  std::uint64_t next_sequence() const;
  /// True if nothing followed the last batch when the broker sent it, or when it was last asked.
  bool caught_up() const;

  /// Up to `count_max` messages, as soon as there are any; none after `timeout_ms` without, also while the
  /// broker is away. An error is final: lost messages, a stream or right that is gone, a closed connection.
  Result<std::span<const InputMessage>> Read(int count_max, std::int64_t timeout_ms);

  /// Asks the broker whether everything was read. False, too, while it does not answer.
  Result<bool> AtEnd();

  /// Tells a durable consumer that everything up to `sequence` is done with (rounded down to the end of a
  /// batch). Advice to operators only: positions belong into the caller's own storage. Nothing to do without
  /// `durable`.
  Status Acknowledge(std::uint64_t sequence);

 private:
  struct Impl;
  explicit InputLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
