// Snapshots: the state of a shard as it was at one place of its log, taken while the log goes on.
//
// A snapshot holds what has changed since the one before, so that its size follows the traffic. Beginning one
// copies nothing: it notes which entities are due. They are given out in slices between batches, and an
// entity that is about to change is given out first (copy on update: Cao et al., "Fast Checkpoint Recovery
// Algorithms for Frequently Consistent Applications", SIGMOD 2011).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/time.h"
#include "runtime/index_set.h"

namespace lull::runtime {

/// Takes the entities of a snapshot. The views end with the call.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  /// The first call of a snapshot. `whole`: what was known before is void, all entities follow.
  /// `entity_count` is how many there are, changed or not.
  virtual void OnSnapshot(bool whole, std::uint64_t entity_count) = 0;
  /// What was known of an entity is void; an image may follow. All erasures come before all images.
  virtual void OnErased(std::uint32_t entity, std::string_view key) = 0;
  virtual void OnEntity(std::uint32_t entity, std::string_view key, std::string_view image) = 0;
};

/// What a shard knows beside its entities.
struct EngineClock {
  std::int64_t tick = kUnknown;         // the latest one
  std::int64_t latest_time = kUnknown;  // of an event that was applied
  friend bool operator==(const EngineClock&, const EngineClock&) = default;
};

/// The records of one store that a snapshot is about, by their index.
struct StoreChanges {
  IndexSet changed;                 // since the last snapshot began
  IndexSet due;                     // of the snapshot under way: not yet given out
  std::vector<std::string> erased;  // keys, since the last snapshot began
};

}  // namespace lull::runtime
