// How a candidate is tried beside the ruleset in force: as a canary, which decides for a share of the
// entities, or as a shadow, whose decisions are recorded and not sent; and what ends that by itself.
//
// As JSON: {"kind": "canary"|"shadow", "share": MILLIONTHS, "guards": [{"figure", "least" (or null), "most"
// (or null)}], "promote_after": MICROSECONDS}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/share.h"

namespace lull::connectors {

/// Bounds for a figure of the candidate's last hour, by the times at which messages came.
struct Guard {
  enum class Figure : std::uint8_t {
    kActions,  // that it sent; of a shadow: would have sent
    kErrors,   // events of its entities that it could not apply
  };
  Figure figure = Figure::kActions;
  std::optional<std::uint64_t> least;  // judged once the first hour is over
  std::optional<std::uint64_t> most;
  friend bool operator==(const Guard&, const Guard&) = default;
};
std::string_view NameOf(Guard::Figure figure);
/// "actions-per-hour=10..500", "errors-per-hour=..3", "actions-per-hour=5..".
Result<Guard> ParseGuard(std::string_view text);
/// The way back.
std::string Text(const Guard& guard);

struct RolloutPlan {
  enum class Kind : std::uint8_t { kCanary, kShadow };
  Kind kind = Kind::kCanary;
  runtime::Share share;
  std::vector<Guard> guards;              // each figure once
  std::int64_t promote_after_micros = 0;  // 0: only a person promotes
  friend bool operator==(const RolloutPlan&, const RolloutPlan&) = default;
};
std::string ToJson(const RolloutPlan& plan);
/// Fails on anything that ToJson does not write.
Result<RolloutPlan> ParseRolloutPlan(std::string_view json);
std::string_view NameOf(RolloutPlan::Kind kind);

/// "5%", "0.25%", "100%".
Result<runtime::Share> ParseShare(std::string_view text);
std::string Text(const runtime::Share& share);

}  // namespace lull::connectors
