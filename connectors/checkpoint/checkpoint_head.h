// What a checkpoint says about itself: where in the logs it stands, under which rules, and what it must hold.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/decision_id.h"
#include "runtime/snapshot.h"

namespace lull::connectors {

/// A place in a log, and how to know it again: sequences of a broker that lost its tail are given out anew.
struct LogMark {
  std::uint64_t sequence = 0;  ///< of the last message before the place; 0: there was none
  std::uint64_t digest = 0;    ///< of that message
  friend bool operator==(const LogMark&, const LogMark&) = default;
};

/// A log as it is now, seen from a mark.
struct LogFacts {
  std::uint64_t first_sequence = 1;
  std::uint64_t last_sequence = 0;
  /// Of the message that stands at the mark; nothing if it is not there.
  std::optional<std::uint64_t> digest_at_mark;
};

enum class MarkFit : std::uint8_t {
  kFits,
  kLost,     // the log ends before the mark, or has another message there
  kTrimmed,  // messages after the mark are gone
};

MarkFit FitOf(const LogMark& mark, const LogFacts& facts);

/// A place in an output log. A replay recognises what earlier processes have sent; as long as it has not come
/// to its end, not all that the log has behind some place is decided.
struct OutputMark {
  std::string stream;
  LogMark end;  ///< the last message that was decided
  /// All messages up to here were; of those behind, as many as `decided_count`, whose ids' hashes give
  /// `decided_digest` by exclusive or.
  std::uint64_t all_up_to = 0;
  std::uint64_t decided_count = 0;
  std::uint64_t decided_digest = 0;
  /// Hashes of ids that the log has although what they came from is gone, which a person has accepted.
  /// Whatever has such an id is not sent again.
  std::vector<runtime::DecisionId> orphans;
  friend bool operator==(const OutputMark&, const OutputMark&) = default;
};

/// When a source that is watched for silence was last heard.
struct SourceHeard {
  std::string source;
  std::int64_t wall_micros = 0;
  friend bool operator==(const SourceHeard&, const SourceHeard&) = default;
};

struct CandidateMinute {
  std::uint32_t actions = 0;
  std::uint32_t errors = 0;
  friend bool operator==(const CandidateMinute&, const CandidateMinute&) = default;
};

/// What a candidate has done, by the times at which messages came.
struct CandidateFigures {
  static constexpr std::size_t kMinutes = 60;

  std::int64_t began_micros = 0;
  std::int64_t now_micros = 0;  ///< of the latest message
  std::uint64_t actions = 0;    ///< since it began
  std::uint64_t errors = 0;
  std::array<CandidateMinute, kMinutes> minutes{};  ///< the last hour, by minute modulo kMinutes

  CandidateMinute& minute_of_now() { return minutes[MinuteOf(now_micros) % kMinutes]; }
  /// Minutes that are an hour old are forgotten. A time before `now` changes nothing.
  void MoveTo(std::int64_t micros);
  static std::uint64_t MinuteOf(std::int64_t micros) {
    return static_cast<std::uint64_t>(micros) / static_cast<std::uint64_t>(kMicrosPerMinute);
  }
  friend bool operator==(const CandidateFigures&, const CandidateFigures&) = default;
};

/// Of a candidate beside the ruleset in force. Its entities have kCandidateEntity in their numbers.
struct CandidateHead {
  std::string bundle;
  std::uint64_t layout_hash = 0;
  std::vector<std::string> entity_types;
  CandidateFigures figures;
  friend bool operator==(const CandidateHead&, const CandidateHead&) = default;
};
inline constexpr std::uint32_t kCandidateEntity = 0x8000'0000;

struct CheckpointHead {
  std::uint64_t number = 0;       ///< rises from one checkpoint to the next
  std::int64_t made_micros = 0;   ///< wall time at which it was begun
  std::string deployment;         ///< the configured name
  std::string bundle;             ///< the ruleset in force (connectors/nats/deploy_marker.h)
  std::uint64_t layout_hash = 0;  ///< runtime::LayoutHash of it
  runtime::EngineClock clock;
  LogMark input;
  /// The entry of the input log that names the history which the state begins with; sequence 0: none.
  LogMark history;
  std::vector<OutputMark> outputs;
  std::vector<SourceHeard> sources;
  std::vector<std::string> entity_types;  ///< names, by the numbers in the keys
  std::uint64_t entity_count = 0;
  std::optional<CandidateHead> candidate;
  friend bool operator==(const CheckpointHead&, const CheckpointHead&) = default;
};

std::string ToBytes(const CheckpointHead& head);

/// Fails on what ToBytes never writes, and on formats of later versions of Lull.
Result<CheckpointHead> ParseCheckpointHead(std::string_view bytes);

}  // namespace lull::connectors
