// Runs the engine over a log in memory and collects what it decides, in the form of the reference engine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "dsl/checked_program.h"
#include "runtime/engine.h"
#include "tests/support/random_ruleset.h"
#include "tests/support/reference_engine.h"

namespace lull::test {

/// A random ruleset, checked and compiled. Throws the diagnostics if it has errors: a test ruleset must not.
struct TriedRuleset {
  std::string text;
  dsl::CheckedProgram program;
  compiler::CompiledRuleset compiled;
};
TriedRuleset CompileText(std::string text);

struct RunOptions {
  std::size_t batch_size = 1'000;
  /// Swaps to the same ruleset before each event whose number is a multiple of this; 0: never.
  std::size_t swap_every = 0;
  /// Advances a live engine by ticks of this length between events; 0: no ticks.
  std::int64_t tick_micros = 0;
  /// Called after each event, then in batches of one.
  std::function<void(const LogEvent&, const runtime::EngineStats&)> after_event;
};

struct RunResult {
  /// Sorted, as RunReference gives them; without waiting decisions.
  std::vector<Outcome> outcomes;
  struct SentTask {
    std::uint32_t entity = 0;  // of a part: its whole
    std::string key;
    std::int64_t instant = 0;
    std::string id;
  };
  std::vector<SentTask> tasks;  // in the order in which they went out
  /// Every decision with its id, n and k, in the order in which it was revealed within its entry.
  std::vector<std::string> records;
};

RunResult RunEngine(const dsl::CheckedProgram& program, const runtime::Program& code,
                    const std::vector<LogEvent>& log, const RunOptions& options = {});

/// The engine's own share, and how it names tasks, for the reference.
HoldsOut HoldoutOf(const dsl::CheckedProgram& program);
IdOfTask TaskIdsOf(const dsl::CheckedProgram& program);
ArmOf ArmsOf(const dsl::CheckedProgram& program);

/// The same log with steps of tasks that the ruleset sends out over it, at random times; some come too late.
std::vector<LogEvent> WithTaskSteps(Random& random, const dsl::CheckedProgram& program,
                                    const runtime::Program& code, std::vector<LogEvent> log);

}  // namespace lull::test
