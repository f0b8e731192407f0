// The summary at the end of `lull run`.
#pragma once

#include <string>

#include "connectors/decision_output.h"
#include "tools/lull/replay.h"

namespace lull::tools {

/// To standard error.
void PrintSummary(const ReplayTotals& totals, const connectors::DeadLetterOutput& dead_letters,
                  const connectors::ReasonCounter& reasons, double seconds);

/// `--counts`: a line "nudge,actions" and one for each nudge, by name, those without actions too.
std::string CountsCsv(const ReplayTotals& totals, const runtime::Ruleset& ruleset);

}  // namespace lull::tools
