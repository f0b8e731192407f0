// What of a ruleset its tests have made happen, and what not.
#pragma once

#include <string>
#include <vector>

#include "trial/recorder.h"
#include "trial/run.h"

namespace lull::trial {

enum class CoverageKind : std::uint8_t {
  kNudge,
  kStall,
  kTransition,
  kScoreLine,
  kReason,
  kPath,
  kTask,
  kExperiment
};
/// "nudge", "stall", "transition", "points", "reason", "path", "task", "experiment".
std::string_view NameOf(CoverageKind kind);

/// Something that a test can make happen.
struct CoverageItem {
  CoverageKind kind = CoverageKind::kNudge;
  std::string name;  // "call_about_quote", "purchase: browsing -> quoting", "call_about_quote: capped"
  dsl::Span span;
  bool taken = false;
};

/// All items of the ruleset, in the order of the text within each kind. A path is a way in time that a nudge
/// can go: withdrawn, waiting for quiet hours, capped, outranked, held out; only those that the text does not
/// rule out (trial/possible.h says which: `outranked` needs others that can take the place). A task: that it
/// expires, what people say of it if the rules go on with that, and the rungs of its ladder. An experiment:
/// its arms, and its goal in each of them.
std::vector<CoverageItem> CoverageOf(const Observed& observed, const Seen& seen);

/// Counts by kind, and the names of what no test has taken.
std::string CoverageText(const std::vector<CoverageItem>& items);
/// One JSON object and a line end: {"coverage":[{"kind","name","file","line","taken"}]}.
std::string CoverageJson(const std::vector<CoverageItem>& items, const dsl::LoadedRuleset& loaded);

}  // namespace lull::trial
