// The entry of an input log that says which ruleset runs from there on: the deployment's bundle.
//
// One JSON object: {"format": 1, "version", "lateness_micros" (or null), "ahead_micros", "revision" (of the
// bucket, if it comes from there), "files": [{"name", "text"}]}. It holds everything besides the events that
// decisions depend on, so a replay switches at the same position to the same rules, long after the files on
// disk have changed.
//
// With "rollout" (connectors/nats/rollout_plan.h) the ruleset is a candidate beside the one in force;
// without, it is in force from there on for all, and a candidate under way is over. "ends" names the revision
// that must be under way then, or else the entry is passed over; "decided" says who ended it, and why. Such
// entries have format 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/nats/rollout_plan.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace lull::connectors {

/// Above this a bundle is not deployed: it has to fit into one message of a broker with default settings.
inline constexpr std::size_t kDeployMarkerBytesMax = 1'000'000;

struct DeployMarker {
  std::string version;                      ///< of the ruleset: the hash of its meaning
  std::int64_t lateness_micros = kUnknown;  ///< kUnknown: as the ruleset says
  std::int64_t ahead_micros = 0;            ///< an event further ahead is a dead letter
  std::uint64_t revision = 0;               ///< of the deployment bucket; 0: from a folder
  std::optional<RolloutPlan> rollout;
  std::uint64_t ends = 0;  ///< revision of a rollout; 0: whatever is under way
  std::string decided;
  std::vector<std::pair<std::string, std::string>> files;  ///< names and texts, in the order of names
  friend bool operator==(const DeployMarker&, const DeployMarker&) = default;
};

std::string ToJson(const DeployMarker& marker);

/// Fails on anything that ToJson does not write.
Result<DeployMarker> ParseDeployMarker(std::string_view json);

}  // namespace lull::connectors
