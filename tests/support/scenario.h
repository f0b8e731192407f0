// A ruleset and a log as text, and what came of them, as lines that a test can state.
#pragma once

#include <string>
#include <vector>

#include "dsl/diagnostics.h"

namespace lull::test {

struct ScenarioOptions {
  /// RFC 3339; empty: the latest event's time.
  std::string until;
  std::int64_t lateness_micros = 0;
  /// Goes on with this ruleset before the event of that number.
  std::string next_rules;
  std::size_t swap_at = 0;
};

/// One line a decision, in the order of time: "2026-01-01T10:00:00Z sent NUDGE KEY -> unit/key: TITLE |
/// reason | ..." (only what there is). Runs the interpreter and native code at two levels;
/// fails the test if they differ, or if the rules have errors.
std::vector<std::string> RunScenario(const std::string& rules, const std::string& log,
                                     const ScenarioOptions& options = {});

/// The codes ("L0501") that check and journey proofs report, in order of place.
std::vector<std::string> CodesOf(const std::string& rules);

}  // namespace lull::test
