// JetStream streams as Lull uses them: append-only logs that refuse new messages when full and never drop old
// ones.
//
// Every stream made here has limits retention, file storage, "discard new" at a byte limit, and denies
// deletes and purges. What was made is read back and compared, because older brokers drop what they do not
// know silently. The one exception is a stream that keeps only its last message, for probes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/nats/connection.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace lull::connectors {

/// An existing stream whose messages are copied into another, in its order, with their subjects.
struct StreamSource {
  std::string stream;
  std::string subject_filter;  ///< empty: all subjects
  friend bool operator==(const StreamSource&, const StreamSource&) = default;
  friend auto operator<=>(const StreamSource&, const StreamSource&) = default;
};

struct StreamSpec {
  std::string name;
  std::string description;
  std::vector<std::string> subjects;  ///< core subjects to capture, wildcards allowed
  std::vector<StreamSource> sources;
  std::int64_t bytes_max = 1LL << 30;
  std::int64_t age_max_micros = 0;  ///< older messages go; 0: they stay
  std::int64_t message_bytes_max = 1 << 20;
  /// How long the broker recognises a message id that it has stored.
  std::int64_t duplicate_window_ms = 120'000;
  /// Keeps the newest message and drops what was before: for what nobody reads.
  bool keeps_last_only = false;
};

struct StreamState {
  std::uint64_t first_sequence = 0;  ///< of the oldest message kept; last_sequence + 1 if there is none
  std::uint64_t last_sequence = 0;   ///< 0 if the stream never had a message
  std::uint64_t message_count = 0;
  std::uint64_t bytes = 0;
  WallTime created;  ///< by the broker's clock
};

/// Makes the stream, or brings an existing one to `spec`, and checks that the broker has it so. An existing
/// stream that cannot be brought there (another retention or storage) is an error that says what differs;
/// nothing of it is removed.
Result<StreamState> EnsureStream(Connection& connection, const StreamSpec& spec);

/// How a stream is compared with how it should be. Changes nothing.
struct StreamComparison {
  bool exists = false;
  std::string differences;  ///< names of settings; empty: none
  StreamState state;
  std::int64_t bytes_max = 0;
};
Result<StreamComparison> CompareStream(Connection& connection, const StreamSpec& spec);

/// How far a stream reaches now. Fails if it does not exist.
Result<StreamState> ReadStreamState(Connection& connection, const std::string& stream);

/// The stream that captures `subject`. Fails if there is none, or more than one.
Result<std::string> StreamOfSubject(Connection& connection, const std::string& subject);

/// Stream names of a deployment: LULL_<NAME>_<SUFFIX> in capitals.
std::string StreamName(std::string_view deployment, std::string_view suffix);

}  // namespace lull::connectors
