// Sequences: an event completes one, ends it, goes on with it, or begins it anew; in this order.
#include <algorithm>

#include "compiler/lower_entity.h"

namespace lull::compiler {
namespace {

class SequenceLowering {
 public:
  SequenceLowering(FunctionInHand& function, const dsl::Sequence& sequence, const SequencePlan& plan)
      : function_(function), build_(function.build), read_(function.read), sequence_(sequence), plan_(plan) {}

  /// `comes` says for each step, then for `without`, whether the event is one of its own.
  void Lower(const std::vector<bool>& comes, bool ends) {
    const std::size_t last = sequence_.steps.size() - 1;
    if (comes[last]) Complete(last);
    if (ends) Clear();
    for (std::size_t step = last - 1; step > 0; --step) {
      if (comes[step]) GoOn(step);
    }
    if (comes[0]) Begin();
  }

 private:
  ValueId Load(const Slot& slot) { return build_.Load(slot.offset, slot.kind); }
  void Store(const Slot& slot, ValueId value) { build_.Store(slot.offset, slot.kind, value); }

  /// Whether the event may follow step - 1: in time, and with its `where`.
  ValueId Follows(std::size_t step) {
    const ValueId started = Load(plan_.started[step - 1]);
    const ValueId in_order = build_.ICompare(IrCompare::kGreaterEqual, build_.EventTime(), started);
    const ValueId end = read_.After(started, sequence_.duration);
    const ValueId in_time = build_.ICompare(IrCompare::kLessEqual, build_.EventTime(), end);
    return function_.AndThen(build_.And(in_order, in_time), [&] {
      read_.SetOpening(&plan_.fields[step - 1]);
      const ValueId matches = read_.ConditionOrYes(sequence_.steps[step].where);
      read_.SetOpening(nullptr);
      return matches;
    });
  }

  void Complete(std::size_t last) {
    Store(plan_.done, build_.ConstI64(0));
    function_.If(Follows(last), [&] {
      Store(plan_.done, build_.ConstI64(1));
      CopyFields(last);
      Clear();
    });
    read_.Forget();
  }

  void GoOn(std::size_t step) {
    function_.If(Follows(step), [&] {
      Store(plan_.started[step], Load(plan_.started[step - 1]));
      CopyFields(step);
      StoreFields(step);
    });
    read_.Forget();
  }

  void Begin() {
    const ValueId started = Load(plan_.started[0]);
    const ValueId newer = build_.ICompare(IrCompare::kGreaterEqual, build_.EventTime(), started);
    const ValueId first = build_.Not(build_.IsKnown(started));
    const ValueId matches = function_.AndThen(build_.Or(first, newer),
                                              [&] { return read_.ConditionOrYes(sequence_.steps[0].where); });
    function_.If(matches, [&] {
      Store(plan_.started[0], build_.EventTime());
      StoreFields(0);
    });
    read_.Forget();
  }

  /// What is kept of the steps before goes on with the sequence.
  void CopyFields(std::size_t step) {
    for (const auto& [name, slot] : plan_.fields[step - 1]) Store(plan_.fields[step].at(name), Load(slot));
  }

  void StoreFields(std::size_t step) {
    const std::string prefix = std::to_string(step) + ".";
    for (const auto& [name, slot] : plan_.fields[step]) {
      if (name.starts_with(prefix)) Store(slot, read_.OwnField(name.substr(prefix.size())));
    }
  }

  void Clear() {
    for (const Slot& started : plan_.started) Store(started, build_.Unknown(IrType::kI64));
  }

  FunctionInHand& function_;
  IrBuilder& build_;
  ExpressionLowering& read_;
  const dsl::Sequence& sequence_;
  const SequencePlan& plan_;
};

}  // namespace

void LowerSequences(FunctionInHand& function, Lowering& lowering, dsl::EntityId entity, dsl::EventId event) {
  const dsl::CheckedProgram& program = lowering.program();
  const auto has = [&](dsl::EventSetId set) {
    return set != kNone && std::ranges::count(lowering.plan.Events(set), event) > 0;
  };
  for (dsl::SequenceId s = 0; s < program.sequences.size(); ++s) {
    const dsl::Sequence& sequence = program.sequences[s];
    const SequencePlan& plan = lowering.plan.sequences[s];
    if (sequence.entity != entity || plan.started.empty()) continue;
    std::vector<bool> comes;
    for (const dsl::SequenceStep& step : sequence.steps) comes.push_back(has(step.events));
    SequenceLowering(function, sequence, plan).Lower(comes, has(sequence.without));
  }
}

}  // namespace lull::compiler
