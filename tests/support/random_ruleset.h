// Random rulesets, as text, and random logs for them; both from a seed.
//
// Every language feature of this edition that decides something occurs. Durations and times are small
// multiples of a minute, so that coincidences, ties and events at exactly a deadline are frequent.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "dsl/checked_program.h"
#include "tests/support/reference_engine.h"

namespace lull::test {

using Random = std::mt19937_64;

/// Of small ones, with a third of the rules, many more can be tried where each is dear.
enum class RulesetSize : std::uint8_t { kWhole, kSmall };

/// The text of a ruleset without errors.
std::string RandomRuleset(Random& random, RulesetSize size = RulesetSize::kWhole);

struct LogOptions {
  std::size_t event_count = 60;
};

/// In order of time, without steps of tasks.
std::vector<LogEvent> RandomLog(Random& random, const dsl::CheckedProgram& program,
                                const LogOptions& options = {});

/// One line of JSON for each event, as `lull run` reads them.
std::string ShowLog(const dsl::CheckedProgram& program, const std::vector<LogEvent>& log);

}  // namespace lull::test
