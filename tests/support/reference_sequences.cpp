// Sequences: all runs of first steps are kept until one comes to its end or is broken off.
#include <algorithm>

#include "tests/support/reference_timeline.h"

namespace lull::test {

std::vector<const Entry*> Timeline::EntriesOf(const std::vector<std::size_t>& steps) const {
  std::vector<const Entry*> entries;
  for (const std::size_t step : steps) entries.push_back(&history_.entries()[step]);
  return entries;
}

std::vector<std::size_t> Timeline::Followed(const dsl::Sequence& sequence, std::size_t step,
                                            const Entry& entry) const {
  const dsl::SequenceId id = static_cast<dsl::SequenceId>(&sequence - program_.sequences.data());
  const auto runs = runs_.find(id);
  if (runs == runs_.end()) return {};
  const auto is_long = [&](const std::vector<std::size_t>& run) { return run.size() == step; };
  const auto latest = std::find_if(runs->second.rbegin(), runs->second.rend(), is_long);
  if (latest == runs->second.rend()) return {};
  const std::int64_t begun = history_.entries()[latest->front()].time;
  const Value end = history_.Deadline(begun, sequence.duration, View{now_, now_, nullptr, nullptr});
  if (!end.known || entry.time > end.integer) return {};
  View view{now_, now_, nullptr, &entry};
  view.steps = EntriesOf(*latest);
  return history_.Holds(sequence.steps[step].where, view) ? *latest : std::vector<std::size_t>();
}

void Timeline::UpdateSequences(const Entry& entry) {
  done_.clear();
  for (dsl::SequenceId id = 0; id < program_.sequences.size(); ++id) {
    const dsl::Sequence& sequence = program_.sequences[id];
    if (sequence.entity != entity_) continue;
    std::vector<std::vector<std::size_t>>& runs = runs_[id];
    const std::size_t index = history_.entries().size() - 1;
    for (std::size_t step = sequence.steps.size(); step-- > 0;) {
      const bool is_end = step + 1 == sequence.steps.size();
      if (history_.IsIn(entry.event, sequence.steps[step].events)) {
        std::vector<std::size_t> run;
        if (step > 0) {
          run = Followed(sequence, step, entry);
        } else if (!history_.Holds(sequence.steps[0].where, View{now_, now_, nullptr, &entry})) {
          continue;
        }
        if (is_end && !run.empty()) {
          done_[id] = run;
          runs.clear();
        } else if (step == 0 || !run.empty()) {
          run.push_back(index);
          runs.push_back(run);
        }
      }
      if (is_end && sequence.without != dsl::kNone && history_.IsIn(entry.event, sequence.without))
        runs.clear();
    }
  }
}

}  // namespace lull::test
