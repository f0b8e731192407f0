// Sequences: events one after the other, in nudges and journeys.
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {

SequenceId Checker::CheckSequence(const syntax::Sequence& written, Scope& scope) {
  Sequence sequence;
  sequence.entity = scope.entity;
  bool good = true;
  for (const syntax::SequenceStep& step : written.steps) {
    good = CheckStep(step, &step == &written.steps.back(), scope, sequence) && good;
  }
  if (!written.without.empty()) {
    sequence.without = ResolveEventList(written.without, scope.entity);
    ReportRepeats(written.without);
  }
  sequence.duration = CheckDuration(written.within, {scope.entity, kNone, kNone, false, false});
  RequirePositive(sequence.duration);
  if (!good) return kNone;
  scope.trigger = sequence.steps.back().events;
  program_.sequences.push_back(std::move(sequence));
  return static_cast<SequenceId>(program_.sequences.size() - 1);
}

bool Checker::CheckStep(const syntax::SequenceStep& written, bool is_last, Scope& scope, Sequence& sequence) {
  SequenceStep step;
  step.events = ResolveEvents(written.event, scope.entity);
  step.name = written.event.text;
  if (written.name.exists() && CheckNewName(written.name, scope.entity)) step.name = written.name.text;
  if (written.same.exists()) {
    diagnostics_.Report(Code::kSameInSequence, written.same, "`with same` is not for sequences")
        .Explain("only the latest first event is remembered, whatever its fields are")
        .Help("give the first event a name and compare: `on a as x then b within 1 day where f is x.f`");
  }
  if (step.events == kNone) return false;
  if (written.where.exists()) {
    Scope where{scope.entity, kNone, step.events, false, false};
    where.named = scope.named;
    if (written.name.exists()) where.named.push_back({step.name, step.events, FieldScope::kOwn, 0});
    step.where = CheckCondition(written.where, where);
  }
  NamedEvent named{step.name, step.events, is_last ? FieldScope::kTrigger : FieldScope::kStep,
                   static_cast<std::uint32_t>(sequence.steps.size())};
  // A step that comes again and has no name of its own is the later one.
  if (!written.name.exists())
    std::erase_if(scope.named, [&](const NamedEvent& each) { return each.name == step.name; });
  scope.named.push_back(std::move(named));
  sequence.steps.push_back(std::move(step));
  return true;
}

}  // namespace lull::dsl
