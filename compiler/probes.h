// Probes: value functions for expressions that somebody wants to see the value of (tests, `lull explain`).
#pragma once

#include <map>
#include <vector>

#include "dsl/checked_program.h"
#include "runtime/ruleset.h"

namespace lull::compiler {

/// What to look at. Expressions are of one entity; they may read fields of the event of the rule (scope
/// kTrigger), and no others.
struct ProbeRequests {
  std::vector<dsl::ExprId> exprs;
  std::vector<dsl::StallId> stalls;
};

/// A value function: out[0] is the value, of this type.
struct ExprProbe {
  runtime::FunctionId function = runtime::kNoFunction;
  runtime::TemplateSpec::Argument type;
};

/// A value function: out[0] is the instant from which the stall's time counts (unknown: it does not count
/// now), out[1] the instant at which it will have passed (unknown: that is not known now). None for `after
/// each`.
struct StallProbe {
  runtime::FunctionId function = runtime::kNoFunction;
  std::uint32_t condition = runtime::kNoIndex;  // of its entity: whether the stall is held
};

struct Probes {
  std::map<dsl::ExprId, ExprProbe> exprs;
  std::map<dsl::StallId, StallProbe> stalls;
};

}  // namespace lull::compiler
