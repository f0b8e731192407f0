// What became of a revision of a deployment: written by the service, read by who waits for it.
//
// With partitions each tells for itself, and a revision is in force when it is in all of them. Each verifies
// it; then none takes it before all have, or for the configured patience. If one refuses it all do, unless it
// is in force in one already: then it is so in part, which the next revision puts right.
//
// A candidate is a canary or a shadow until it is accepted (promoted) or falls back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lull::connectors {

struct RevisionStatus {
  enum class Outcome : std::uint8_t {
    kAccepted,
    kRefused,
    kAwaitsApproval,
    kSuperseded,
    kReady,   // verified, and waits for the other partitions
    kPartly,  // of all partitions together: they do not agree
    kCanary,  // under way, as kShadow
    kShadow,
    kFellBack,  // was a candidate, and is over
  };
  Outcome outcome = Outcome::kRefused;
  std::string why;             // of a refused one: diagnostics and all
  std::string version;         // of an accepted one: of its meaning
  std::uint64_t sequence = 0;  // the same: where in the input log it took effect
  std::int64_t at_micros = 0;

  /// It stands in the input log.
  bool is_taken() const {
    return outcome == Outcome::kAccepted || outcome == Outcome::kCanary || outcome == Outcome::kShadow ||
           outcome == Outcome::kFellBack;
  }
  bool is_final() const { return outcome != Outcome::kAwaitsApproval && outcome != Outcome::kReady; }
};
std::string ToJson(const RevisionStatus& status);
Result<RevisionStatus> ParseRevisionStatus(std::string_view json);
std::string_view NameOf(RevisionStatus::Outcome outcome);

/// One for each partition, in their order; without partitions only one. Nothing: has not looked at it.
using PartitionStatuses = std::vector<std::optional<RevisionStatus>>;

/// As a whole; nothing: none has looked at it. With more than one, the reason says which are how, and the
/// sequence is 0: each has its own.
std::optional<RevisionStatus> WholeOf(const PartitionStatuses& statuses);

/// What a partition that has verified a revision does next, seen from what the others say of it.
enum class PartitionVote : std::uint8_t { kWait, kTake, kRefuse };
PartitionVote VoteOf(const PartitionStatuses& statuses, std::uint32_t self, bool patient);

}  // namespace lull::connectors
