// Sequences: all runs of first steps are kept until one comes to its end or is broken off.
#include <algorithm>

#include "tests/support/reference_timeline.h"

namespace lull::test {

std::vector<const Entry*> Timeline::EntriesOf(const std::vector<std::size_t>& steps) const {
  std::vector<const Entry*> entries;
  for (const std::size_t step : steps) entries.push_back(&hand_->history.entries()[step]);
  return entries;
}

std::vector<std::size_t> Timeline::Followed(const dsl::Sequence& sequence, std::size_t step,
                                            const Entry& entry) const {
  const dsl::SequenceId id = static_cast<dsl::SequenceId>(&sequence - program_.sequences.data());
  const auto runs = hand_->runs.find(id);
  if (runs == hand_->runs.end()) return {};
  const auto is_long = [&](const std::vector<std::size_t>& run) { return run.size() == step; };
  const auto latest = std::find_if(runs->second.rbegin(), runs->second.rend(), is_long);
  if (latest == runs->second.rend()) return {};
  const std::int64_t begun = hand_->history.entries()[latest->front()].time;
  const Value end = hand_->history.Deadline(begun, sequence.duration, View{now_, now_, nullptr, nullptr});
  if (!end.known || entry.time > end.integer) return {};
  View view{now_, now_, nullptr, &entry};
  view.steps = EntriesOf(*latest);
  return hand_->history.Holds(sequence.steps[step].where, view) ? *latest : std::vector<std::size_t>();
}

void Timeline::UpdateSequences(const Entry& entry) {
  hand_->done.clear();
  for (dsl::SequenceId id = 0; id < program_.sequences.size(); ++id) {
    const dsl::Sequence& sequence = program_.sequences[id];
    if (sequence.entity != hand_->entity) continue;
    std::vector<std::vector<std::size_t>>& runs = hand_->runs[id];
    const std::size_t index = hand_->history.entries().size() - 1;
    for (std::size_t step = sequence.steps.size(); step-- > 0;) {
      const bool is_end = step + 1 == sequence.steps.size();
      if (hand_->history.IsIn(entry.event, sequence.steps[step].events)) {
        std::vector<std::size_t> run;
        if (step > 0) {
          run = Followed(sequence, step, entry);
        } else if (!hand_->history.Holds(sequence.steps[0].where, View{now_, now_, nullptr, &entry})) {
          continue;
        }
        if (is_end && !run.empty()) {
          hand_->done[id] = run;
          runs.clear();
        } else if (step == 0 || !run.empty()) {
          run.push_back(index);
          runs.push_back(run);
        }
      }
      if (is_end && sequence.without != dsl::kNone && hand_->history.IsIn(entry.event, sequence.without))
        runs.clear();
    }
  }
}

}  // namespace lull::test
