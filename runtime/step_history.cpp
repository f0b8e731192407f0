// The end of history: what went out until then reached nobody.
#include "runtime/step.h"

namespace lull::runtime {

void Step::EndHistory(std::int64_t instant) {
  BeginChain(instant, instant);
  TakeAllParts();
  for (std::size_t index = 0; index < member_count; ++index) {
    Select(index);
    if (side() != nullptr) side()->reminders.clear();
    for (const ExperimentSpec& experiment : ruleset->experiments) {
      if (experiment.entity != entity_index) continue;
      for (const std::uint32_t offset : {experiment.exposed_offset, experiment.reached_offset}) {
        if (offset != kNoOffset) SlotI64(offset) = kUnknown;
      }
    }
  }
  if (shared() != nullptr) {
    shared()->waiting.clear();
    for (const OpenTask& task : shared()->tasks) {
      Select(Take(task.part));
      writer_.End(DecisionKind::kWithdrawn, DecisionCode::kHistory, task);
      ReleaseTask(task, *texts);
    }
    shared()->tasks.clear();
  }
  Select(0);
}

}  // namespace lull::runtime
