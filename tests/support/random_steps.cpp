#include <algorithm>
#include <set>

#include "runtime/base/time.h"
#include "tests/support/engine_runner.h"

namespace lull::test {
namespace {

constexpr int kRounds = 3;
constexpr std::size_t kStepsOfRound = 3;

LogEvent RandomStep(Random& random, const dsl::CheckedProgram& program, const RunResult::SentTask& task) {
  LogEvent step;
  step.event = static_cast<dsl::EventId>(program.events.size() - 4 + random() % 4);
  const dsl::Event& kind = program.events[step.event];
  const auto minutes = static_cast<std::int64_t>(random() % 4 == 0 ? 0 : random() % 20 * 5);
  step.time = task.instant + minutes * kMicrosPerMinute;
  static constexpr const char* kOutcomes[] = {"reached", "not_reached", "odd"};
  step.fields = {Value::Text(task.id), {}, {}};
  if (random() % 4 != 0) step.fields[1] = Value::Text(kOutcomes[random() % 3]);
  if (random() % 3 == 0) step.fields[2] = Value::Text("eve");
  for (const dsl::EntityId entity : kind.entities) {
    step.keys.push_back(entity == task.entity ? std::optional(task.key) : std::nullopt);
  }
  return step;
}

}  // namespace

// What comes before a step is not changed by it, so the ids of earlier tasks stay good; a later one of the
// same round may have become another, and its step comes too late.
std::vector<LogEvent> WithTaskSteps(Random& random, const dsl::CheckedProgram& program,
                                    const runtime::Program& code, std::vector<LogEvent> log) {
  if (program.events.back().task_step == dsl::TaskStep::kNo) return log;
  std::set<std::string> used;
  std::int64_t from = kEventMicrosMin;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<RunResult::SentTask> open;
    for (const RunResult::SentTask& task : RunEngine(program, code, log).tasks) {
      if (task.instant >= from && !used.contains(task.id)) open.push_back(task);
    }
    std::ranges::sort(open, {}, &RunResult::SentTask::instant);
    for (std::size_t i = 0; i < std::min(open.size(), kStepsOfRound); ++i) {
      const RunResult::SentTask& task = open[random() % std::min(open.size(), 2 * kStepsOfRound)];
      // A task may have more than one step.
      if (random() % 3 != 0) used.insert(task.id);
      const LogEvent next = RandomStep(random, program, task);
      if (i == 0) from = task.instant;
      log.insert(std::ranges::upper_bound(log, next.time, {}, &LogEvent::time), next);
    }
  }
  return log;
}

}  // namespace lull::test
