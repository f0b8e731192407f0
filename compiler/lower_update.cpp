// What an event updates: attributes, streams and waits, in this order; then the journeys.
#include <algorithm>
#include <set>

#include "compiler/lower_entity.h"

namespace lull::compiler {
namespace {

using dsl::ExprId;
using dsl::ExprKind;
using runtime::AbiId;
using runtime::SlotKind;

bool Has(const std::vector<dsl::EventId>& events, dsl::EventId event) {
  return std::ranges::find(events, event) != events.end();
}

class UpdateLowering {
 public:
  UpdateLowering(Lowering& lowering, FunctionInHand& function, dsl::EntityId entity, dsl::EventId event)
      : plan_(lowering.plan),
        program_(lowering.program()),
        function_(function),
        build_(function.build),
        read_(function.read),
        entity_(entity),
        event_(event) {}

  void Attributes() {
    const dsl::Event& event = program_.events[event_];
    for (const dsl::SetsAttribute& sets : event.sets) {
      const Slot slot = plan_.attributes[sets.attribute];
      if (program_.attributes[sets.attribute].entity != entity_ || !slot.exists()) continue;
      const ValueId value = read_.OwnField(event.fields[sets.field].name);
      const Slot time = plan_.attribute_times[sets.attribute];
      const ValueId newer = NotOlderThan(build_.Load(time.offset, time.kind));
      function_.If(build_.And(build_.IsKnown(value), newer), [&] {
        build_.Store(slot.offset, slot.kind, value);
        build_.Store(time.offset, time.kind, build_.EventTime());
      });
    }
  }

  void Streams() {
    for (StreamId s = 0; s < plan_.streams.size(); ++s) {
      if (plan_.streams[s].entity == entity_) Update(s);
    }
  }

  void Waits() {
    for (dsl::StallId s = 0; s < program_.stalls.size(); ++s) {
      const dsl::Stall& stall = program_.stalls[s];
      if (stall.entity != entity_ || plan_.stalls[s].condition == kNone || stall.opening == kNone) continue;
      // An event that is both answers the old wait and begins a new one.
      if (Has(plan_.Events(stall.awaited), event_)) Answer(s);
      if (Has(plan_.Events(stall.opening), event_)) Open(s);
    }
  }

  void Goals() {
    for (dsl::ExperimentId id = 0; id < program_.experiments.size(); ++id) {
      const dsl::Experiment& experiment = program_.experiments[id];
      if (experiment.entity != entity_ || !plan_.experiments[id].exposed.exists()) continue;
      if (experiment.goal == kNone || !Has(plan_.Events(experiment.goal), event_)) continue;
      function_.If(read_.ConditionOrYes(experiment.goal_where),
                   [&] { build_.Call(AbiId::kGoal, {build_.ConstI64(id)}); });
    }
  }

 private:
  /// Whether the event's own time is not before `instant` (or that is unknown): it then counts as the newest.
  ValueId NotOlderThan(ValueId instant) {
    return build_.Or(build_.Not(build_.IsKnown(instant)),
                     build_.ICompare(IrCompare::kGreaterEqual, build_.EventTime(), instant));
  }

  /// Streams that the expression reads are updated first: a `where` sees the features with this event in
  /// them.
  void UpdateStreamsOf(ExprId id) {
    if (id == kNone) return;
    const dsl::Expr& expr = program_.expr(id);
    for (const ExprId argument : expr.args) UpdateStreamsOf(argument);
    if (expr.kind == ExprKind::kFeature) UpdateStreamsOf(program_.features[expr.index].value);
    if (expr.kind == ExprKind::kAggregate && plan_.aggregates[expr.index].stream != kNone) {
      Update(plan_.aggregates[expr.index].stream);
    }
    if (expr.kind != ExprKind::kScore) return;
    for (const dsl::ScorePart& part : program_.scores[expr.index].parts) {
      UpdateStreamsOf(part.points);
      UpdateStreamsOf(part.when);
    }
  }

  void Update(StreamId id) {
    if (!updated_.insert(id).second) return;
    const Stream& stream = plan_.streams[id];
    if (stream.restart.since != kNone && Has(plan_.Events(stream.restart.since), event_)) {
      return Restart(stream);
    }
    if (!Has(stream.events, event_)) return;
    UpdateStreamsOf(stream.where);
    const ValueId counts = function_.AndThen(read_.ConditionOrYes(stream.where), [&] {
      if (!stream.restart.exists()) return build_.ConstBool(true);
      return NotOlderThan(build_.Load(stream.since_time.offset, stream.since_time.kind));
    });
    function_.If(counts, [&] { Add(stream); });
    read_.Forget();
  }

  void Restart(const Stream& stream) {
    const ValueId newer = NotOlderThan(build_.Load(stream.since_time.offset, stream.since_time.kind));
    function_.If(newer, [&] { ClearStream(build_, stream, build_.EventTime()); });
    read_.Forget();
  }

  void Add(const Stream& stream) {
    if (stream.count.exists()) Increment(stream.count, build_.ConstBool(true));
    for (const auto& [field, slot] : stream.known_count) {
      Increment(slot, build_.IsKnown(read_.OwnField(field)));
    }
    for (const auto& [field, slot] : stream.sum) {
      const ValueId value = read_.OwnField(field);
      const ValueId old = build_.Load(slot.offset, slot.kind);
      const ValueId sum = slot.kind == SlotKind::kF64 ? build_.FAdd(old, value) : build_.IAdd(old, value);
      build_.Store(slot.offset, slot.kind, build_.Select(build_.IsKnown(value), sum, old));
    }
    for (const auto& [field, slot] : stream.minimum) Extreme(slot, field, IrCompare::kLess);
    for (const auto& [field, slot] : stream.maximum) Extreme(slot, field, IrCompare::kGreater);
    if (stream.first_time.exists()) First(stream);
    if (stream.latest_time.exists()) Latest(stream);
    if (stream.window != kNone) Push(stream, stream.window);
    for (const auto& [field, window] : stream.distinct) {
      function_.If(build_.IsKnown(read_.OwnField(field)), [&] { Push(stream, window); });
    }
  }

  void Increment(const Slot& slot, ValueId counts) {
    const ValueId one = build_.Select(counts, build_.ConstF64(1), build_.ConstF64(0));
    build_.Store(slot.offset, slot.kind, build_.FAdd(build_.Load(slot.offset, slot.kind), one));
  }

  void Extreme(const Slot& slot, const std::string& field, IrCompare better) {
    const ValueId value = read_.OwnField(field);
    const ValueId old = build_.Load(slot.offset, slot.kind);
    const ValueId wins = slot.kind == SlotKind::kF64 ? build_.FCompare(better, value, old)
                                                     : build_.ICompare(better, value, old);
    const ValueId takes = build_.Or(wins, build_.Not(build_.IsKnown(old)));
    build_.Store(slot.offset, slot.kind, build_.Select(takes, value, old));
  }

  void StoreFields(const std::map<std::string, Slot>& slots) {
    for (const auto& [field, slot] : slots) build_.Store(slot.offset, slot.kind, read_.OwnField(field));
  }

  void First(const Stream& stream) {
    const ValueId first = build_.Load(stream.first_time.offset, stream.first_time.kind);
    const ValueId older = build_.Or(build_.Not(build_.IsKnown(first)),
                                    build_.ICompare(IrCompare::kLess, build_.EventTime(), first));
    function_.If(older, [&] {
      build_.Store(stream.first_time.offset, stream.first_time.kind, build_.EventTime());
      StoreFields(stream.first);
    });
  }

  void Latest(const Stream& stream) {
    const Slot latest = stream.latest_time;
    const Slot previous = stream.previous_time;
    const ValueId before = build_.Load(latest.offset, latest.kind);
    const ValueId newest = NotOlderThan(before);
    if (previous.exists()) {
      // In order, the latest becomes the previous one; a late event may come between the two.
      const ValueId old = build_.Load(previous.offset, previous.kind);
      const ValueId between = build_.Select(NotOlderThan(old), build_.EventTime(), old);
      build_.Store(previous.offset, previous.kind, build_.Select(newest, before, between));
    }
    function_.If(newest, [&] {
      build_.Store(latest.offset, latest.kind, build_.EventTime());
      StoreFields(stream.latest);
    });
  }

  void Push(const Stream& stream, std::uint32_t index) {
    const ValueId window = build_.ConstI64(index);
    build_.Call(AbiId::kWindowPush, {window, build_.EventTime()});
    const auto& columns = plan_.entities[stream.entity].windows[index].columns;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const ValueId value = read_.OwnField(columns[c]);
      const IrType type = build_.type_of(value);
      const AbiId set = type == IrType::kF64    ? AbiId::kWindowColumnF64
                        : type == IrType::kText ? AbiId::kWindowColumnText
                                                : AbiId::kWindowColumnI64;
      build_.Call(set, {window, build_.ConstI64(static_cast<std::int64_t>(c)), value});
    }
  }

  ValueId Equal(ValueId a, ValueId b) {
    const IrType type = build_.type_of(a);
    if (type == IrType::kText) return build_.Call(AbiId::kTextEqual, {a, b});
    return type == IrType::kF64 ? build_.FCompare(IrCompare::kEqual, a, b)
                                : build_.ICompare(IrCompare::kEqual, a, b);
  }

  void Answer(dsl::StallId id) {
    const dsl::Stall& stall = program_.stalls[id];
    const StallPlan& wait = plan_.stalls[id];
    if (wait.each_wait == kNone) {
      read_.SetOpening(&wait.opening);
      const ValueId matches = read_.ConditionOrYes(stall.awaited_where);
      read_.SetOpening(nullptr);
      function_.If(matches, [&] { AnswerOne(stall, wait); });
    } else if (!wait.beside.empty()) {
      AnswerEach(stall, wait);  // the runtime asks for each wait whether it matches
    } else {
      function_.If(read_.ConditionOrYes(stall.awaited_where), [&] { AnswerEach(stall, wait); });
    }
    read_.Forget();
  }

  void AnswerEach(const dsl::Stall& stall, const StallPlan& wait) {
    const bool with_same = !stall.same_field.empty();
    if (with_same) read_.SetSame(read_.OwnField(stall.same_field));
    const ValueId number = build_.ConstI64(wait.each_wait);
    const ValueId same = build_.ConstBool(with_same);
    build_.Call(AbiId::kEachAnswer, {number, same});
  }

  void AnswerOne(const dsl::Stall& stall, const StallPlan& wait) {
    ValueId answers = build_.ConstBool(true);
    if (!stall.same_field.empty()) {
      const ValueId opened = build_.Load(wait.same.offset, wait.same.kind);
      answers = Equal(opened, read_.OwnField(stall.same_field));
    }
    function_.If(answers, [&] {
      build_.Store(wait.started.offset, wait.started.kind, build_.Unknown(IrType::kI64));
      if (wait.overdue.exists()) build_.Store(wait.overdue.offset, wait.overdue.kind, build_.ConstI64(0));
      See(wait);
    });
  }

  void See(const StallPlan& wait) {
    const ValueId seen = build_.Load(wait.seen.offset, wait.seen.kind);
    const ValueId newer = NotOlderThan(seen);
    build_.Store(wait.seen.offset, wait.seen.kind, build_.Select(newer, build_.EventTime(), seen));
  }

  void Open(dsl::StallId id) {
    const dsl::Stall& stall = program_.stalls[id];
    const StallPlan& wait = plan_.stalls[id];
    const bool with_same = !stall.same_field.empty();
    function_.If(read_.ConditionOrYes(stall.opening_where), [&] {
      if (wait.each_wait != kNone) {
        read_.SetSame(with_same ? read_.OwnField(stall.same_field) : build_.Unknown(IrType::kText));
        const ValueId time = build_.EventTime();
        const ValueId deadline = read_.Deadline(stall, time);
        build_.Call(AbiId::kEachOpen, {build_.ConstI64(wait.each_wait), time, deadline});
        return;
      }
      function_.If(MayOpen(stall, wait), [&] {
        build_.Store(wait.started.offset, wait.started.kind, build_.EventTime());
        if (wait.overdue.exists()) build_.Store(wait.overdue.offset, wait.overdue.kind, build_.ConstI64(0));
        if (with_same) build_.Store(wait.same.offset, wait.same.kind, read_.OwnField(stall.same_field));
        for (const auto& [field, slot] : wait.opening) {
          if (field != "time") build_.Store(slot.offset, slot.kind, read_.OwnField(field));
        }
        See(wait);
      });
    });
    read_.Forget();
  }

  /// A late opening counts only if nothing newer has opened or answered and its deadline has not passed; with
  /// `first`, an opening within a wait changes nothing.
  ValueId MayOpen(const dsl::Stall& stall, const StallPlan& wait) {
    const ValueId deadline = read_.Deadline(stall, build_.EventTime());
    const ValueId in_time =
        build_.Or(build_.ICompare(IrCompare::kEqual, build_.EventTime(), build_.Now(), false),
                  build_.ICompare(IrCompare::kGreaterEqual, deadline, build_.Now()));
    ValueId may = build_.And(in_time, NotOlderThan(build_.Load(wait.seen.offset, wait.seen.kind)));
    if (stall.form != dsl::StallForm::kAfterFirst) return may;
    const ValueId started = build_.Load(wait.started.offset, wait.started.kind);
    read_.SetOpening(&wait.opening);
    const ValueId due = read_.Deadline(stall, started);
    read_.SetOpening(nullptr);
    // One that is over already lasts to the end of the instant at which it began.
    const ValueId end = read_.Later(started, due);
    const ValueId waiting = build_.ICompare(IrCompare::kLess, build_.AgeNow(), end);
    ValueId ended = build_.Not(build_.And(build_.IsKnown(started), waiting));
    if (wait.overdue.exists()) {
      const ValueId overdue = build_.FlagIsYes(build_.Load(wait.overdue.offset, wait.overdue.kind));
      // A wait of unknown length goes on.
      ended = build_.Or(overdue, build_.Not(build_.And(build_.IsKnown(started),
                                                       build_.Or(waiting, build_.Not(build_.IsKnown(due))))));
    }
    return build_.And(may, ended);
  }

  const Plan& plan_;
  const dsl::CheckedProgram& program_;
  FunctionInHand& function_;
  IrBuilder& build_;
  ExpressionLowering& read_;
  dsl::EntityId entity_;
  dsl::EventId event_;
  std::set<StreamId> updated_;
};

}  // namespace

runtime::FunctionId LowerUpdate(Lowering& lowering, dsl::EntityId entity, dsl::EventId event) {
  const dsl::CheckedProgram& program = lowering.program();
  FunctionInHand function(
      lowering, "update_" + program.entities[entity].name + "_" + program.events[event].name, kPlain, event);
  UpdateLowering update(lowering, function, entity, event);
  update.Attributes();
  update.Streams();
  update.Waits();
  LowerSequences(function, lowering, entity, event);
  update.Goals();
  LowerJourneys(function, lowering, entity, event);
  return function.Finish();
}

}  // namespace lull::compiler
