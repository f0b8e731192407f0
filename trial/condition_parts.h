// What a nudge hangs on, taken apart: each condition on its own, with the values that say why it is as it is.
//
// Parts are made once from the checked program; the engine then answers them for one entity at one instant
// (trial/run.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/probes.h"
#include "dsl/load.h"

namespace lull::trial {

struct Part {
  std::uint32_t depth = 0;             // of what it is a part of
  std::string label;                   // "if urgency >= 10", "quiet 36 hours"
  dsl::ExprId condition = dsl::kNone;  // a condition, or ...
  dsl::StallId stall = dsl::kNone;     // ... the time of a stall,
  bool is_state = false;               // or whether it is held
  /// Of the time of a stall, if it is one by the calendar ...
  dsl::ExprId duration = dsl::kNone;
  /// ... the amounts and conditions in it that can be asked.
  std::vector<dsl::ExprId> duration_values;
  /// `unless` and `withdraw when`: it is well if this is no.
  bool wanted = true;
  /// It can be asked only while the event of the rule is at hand.
  bool needs_event = false;
  /// Whose values explain it, and what each is called.
  struct Value {
    std::string name;
    dsl::ExprId expr = dsl::kNone;
    bool needs_event = false;
  };
  std::vector<Value> values;
};

/// All that has to hold for a nudge to be due.
std::vector<Part> PartsOf(const dsl::LoadedRuleset& loaded, dsl::NudgeId nudge);
std::vector<Part> PartsOfCondition(const dsl::LoadedRuleset& loaded, dsl::ExprId condition);

/// What must be probed to answer them.
void AddRequests(const std::vector<Part>& parts, compiler::ProbeRequests& requests);

/// The text that an expression was written as, on one line.
std::string TextOf(const dsl::LoadedRuleset& loaded, dsl::ExprId expr);

}  // namespace lull::trial
