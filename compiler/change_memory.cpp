#include "compiler/change_memory.h"

#include <algorithm>
#include <set>

#include "compiler/stream_planner.h"
#include "dsl/program_printer.h"
#include "dsl/program_walk.h"

namespace lull::compiler {

using dsl::CheckedProgram;
using runtime::StatePiece;
using Kind = StatePiece::Kind;

/// Collects what one plan remembers for a declaration, each thing once.
class MemoryList {
 public:
  /// `facts` null: only what there is, for what goes.
  MemoryList(const Plan& plan, const ChangeFacts* facts)
      : plan_(plan), program_(*plan.program), facts_(facts) {}

  void Add(const std::string& of, std::uint32_t index) {
    if (of == "attribute") return AddAttribute(index);
    if (of == "feature") return AddExprs(program_.features[index].value);
    if (of == "score") return AddRoots(program_.scores[index]);
    if (of == "journey") return AddJourney(index);
    if (of == "stall") return AddStall(index);
    if (of == "nudge") return AddNudge(index);
    if (of == "policy") return AddPolicy(index);
    if (of == "experiment") return AddExperiment(index);
  }

  std::vector<Memory> Take() { return std::move(list_); }

 private:
  void Put(std::string what, Fate fate, std::int64_t full_after_micros = 0) {
    const bool is_new = std::ranges::find(list_, what, &Memory::what) == list_.end();
    if (is_new) list_.push_back({std::move(what), fate, full_after_micros});
  }

  bool IsCarried(dsl::EntityId entity, Kind kind, std::uint32_t index) const {
    return facts_ != nullptr && facts_->Source(entity, kind, index) != nullptr;
  }
  bool IsCarried(dsl::EntityId entity, const Slot& slot) const {
    return IsCarried(entity, slot.kind == runtime::SlotKind::kText ? Kind::kText : Kind::kSlot, slot.offset);
  }
  Fate FateOf(bool carried) const {
    if (facts_ == nullptr) return Fate::kForgotten;
    return carried ? Fate::kKept : Fate::kEmpty;
  }

  void AddAttribute(dsl::AttributeId id) {
    const Slot& slot = plan_.attributes[id];
    if (slot.exists()) Put("value", FateOf(IsCarried(program_.attributes[id].entity, slot)));
  }

  void AddJourney(dsl::JourneyId id) {
    const JourneyPlan& journey = plan_.journeys[id];
    if (!journey.stage.exists()) return;
    Put("stage", FateOf(IsCarried(program_.journeys[id].entity, journey.stage)));
    AddRoots(program_.journeys[id]);
    for (const dsl::Transition& step : program_.journeys[id].transitions) AddSequence(step.sequence);
  }

  void AddStall(dsl::StallId id) {
    const dsl::Stall& stall = program_.stalls[id];
    const StallPlan& plan = plan_.stalls[id];
    if (plan.condition == kNone) return;
    if (plan.started.exists()) Put("waits", FateOf(IsCarried(stall.entity, plan.started)));
    if (plan.each_wait != kNone) {
      Put("waits", FateOf(IsCarried(stall.entity, Kind::kEachWait, plan.each_wait)));
    }
    if (plan.base != kNone) {
      Put("time of the latest event", FateOf(IsCarried(stall.entity, plan_.streams[plan.base].latest_time)));
    }
    if (plan.dwell != kNone) {
      const Slot& since = plan_.entities[stall.entity].conditions[plan.dwell].since;
      Put("since when it has lasted", FateOf(IsCarried(stall.entity, since)));
    }
    AddRoots(stall);
  }

  void AddSequence(dsl::SequenceId id) {
    if (id == kNone || !plan_.sequences[id].done.exists()) return;
    const dsl::Sequence& sequence = program_.sequences[id];
    Put("how far the sequence has come", FateOf(IsCarried(sequence.entity, plan_.sequences[id].done)));
    for (const dsl::SequenceStep& step : sequence.steps) AddExprs(step.where);
    AddExprs(sequence.duration);
  }

  void AddNudge(dsl::NudgeId id) {
    const dsl::Nudge& nudge = program_.nudges[id];
    const NudgePlan& plan = plan_.nudges[id];
    AddSequence(nudge.sequence);
    if (plan.last_due.exists()) Put("when it was last due", FateOf(IsCarried(nudge.entity, plan.last_due)));
    AddRoots(nudge);
  }

  void AddPolicy(dsl::PolicyId id) {
    const dsl::Policy& policy = program_.policies[id];
    const auto& offsets = plan_.entities[policy.entity].limit_offsets;
    for (std::size_t limit = 0; limit < policy.limits.size() && id < offsets.size(); ++limit) {
      const std::uint32_t offset = offsets[id][limit];
      Put("what counts for limit " + std::to_string(limit + 1),
          FateOf(IsCarried(policy.entity, Kind::kLimit, offset)));
    }
    AddRoots(policy);
  }

  void AddExperiment(dsl::ExperimentId id) {
    const dsl::Experiment& experiment = program_.experiments[id];
    const Slot& exposed = plan_.experiments[id].exposed;
    if (exposed.exists()) Put("who takes part", FateOf(IsCarried(experiment.entity, exposed)));
    AddExprs(experiment.goal_where);
  }

  template <typename Definition>
  void AddRoots(const Definition& definition) {
    dsl::VisitRoots(definition, [&](dsl::ExprId root, dsl::RootUse) { AddExprs(root); });
  }

  void AddExprs(dsl::ExprId root) {
    dsl::VisitExprs(program_, root, [&](dsl::ExprId, const dsl::Expr& expr) {
      if (expr.kind == dsl::ExprKind::kAggregate) AddAggregate(expr.index);
    });
  }

  void AddAggregate(dsl::AggregateId id) {
    const AggregatePlan& planned = plan_.aggregates[id];
    if (planned.stream == kNone) return;
    const std::string what = dsl::PrintAggregate(program_, id);
    if (planned.spec != kNone) return AddWindowed(what, id);
    bool carried = true;
    for (const Slot& slot : ScalarsOf(program_.aggregates[id], plan_.streams[planned.stream])) {
      carried = carried && IsCarried(planned.entity, slot);
    }
    Put(what, FateOf(carried));
  }

  static std::vector<Slot> ScalarsOf(const dsl::Aggregate& aggregate, const Stream& stream) {
    using dsl::AggregateFunction;
    const bool of_time = aggregate.field.empty() || aggregate.field == "time";
    const auto field = [&](const std::map<std::string, Slot>& slots) { return slots.at(aggregate.field); };
    switch (aggregate.function) {
      case AggregateFunction::kCount:
        return {stream.count};
      case AggregateFunction::kSum:
        return {field(stream.sum)};
      case AggregateFunction::kAverage:
        return {field(stream.sum), field(stream.known_count)};
      case AggregateFunction::kMinimum:
        return {field(stream.minimum)};
      case AggregateFunction::kMaximum:
        return {field(stream.maximum)};
      case AggregateFunction::kFirst:
        return of_time ? std::vector{stream.first_time} : std::vector{stream.first_time, field(stream.first)};
      case AggregateFunction::kLatest:
        return of_time ? std::vector{stream.latest_time}
                       : std::vector{stream.latest_time, field(stream.latest)};
      case AggregateFunction::kGap:
        return {stream.latest_time, stream.previous_time};
      case AggregateFunction::kAny:
      case AggregateFunction::kTimeSince:
        return {stream.latest_time};
      case AggregateFunction::kCountDifferent:
        break;  // has a window
    }
    return {};
  }

  void AddWindowed(const std::string& what, dsl::AggregateId id) {
    const dsl::Aggregate& aggregate = program_.aggregates[id];
    const std::int64_t needed = RetentionOf(aggregate);
    if (facts_ == nullptr) return Put(what, Fate::kForgotten);
    const runtime::AggregateSpec& spec =
        plan_.entities[aggregate.entity].aggregates[plan_.aggregates[id].spec];
    const StatePiece* source = facts_->Source(aggregate.entity, Kind::kWindow, spec.window);
    if (source == nullptr) return Put(what, Fate::kEmpty, needed);
    const dsl::EntityId entity_before = facts_->SuccessionTo(aggregate.entity)->from;
    const runtime::WindowSpec& before =
        facts_->plan_before().entities[entity_before].windows[source->index].spec;
    const runtime::WindowSpec& after = plan_.entities[aggregate.entity].windows[spec.window].spec;
    const std::vector<std::uint32_t> columns = runtime::MigrationPlan::MatchColumns(before, after);
    for (const std::uint32_t column : {spec.column, spec.same_column}) {
      const bool fresh = column != runtime::kNoIndex && columns[column] == runtime::kNoIndex;
      if (fresh) return Put(what, Fate::kEmpty, needed);
    }
    const std::int64_t had = before.retention_micros;
    if (had == 0 || (needed > 0 && had >= needed)) return Put(what, Fate::kKept);
    Put(what, Fate::kPartly, needed == 0 ? 0 : needed - had);
  }

  const Plan& plan_;
  const CheckedProgram& program_;
  const ChangeFacts* facts_;
  std::vector<Memory> list_;
};

ChangeFacts::ChangeFacts(const ComparedRuleset& before, const ComparedRuleset& after)
    : before_(before),
      after_(after),
      plan_before_(MakePlan(before.program)),
      plan_after_(MakePlan(after.program)) {
  for (std::uint32_t entity = 0; entity < before.compiled.ruleset->entities.size(); ++entity) {
    successions_.push_back(
        runtime::FindSuccession(*before.compiled.ruleset, entity, *after.compiled.ruleset));
  }
}

std::vector<Memory> ChangeFacts::MemoryOf(const std::string& of, std::uint32_t index) const {
  MemoryList list(plan_after_, this);
  list.Add(of, index);
  return list.Take();
}

std::vector<Memory> ChangeFacts::ForgottenOf(const std::string& of, std::uint32_t index) const {
  MemoryList list(plan_before_, nullptr);
  list.Add(of, index);
  return list.Take();
}

dsl::NudgeId ChangeFacts::NudgeAfter(dsl::NudgeId before) const {
  return successions_[before_.program.nudges[before].entity].nudges[before];
}

bool ChangeFacts::HasPredecessor(dsl::NudgeId after) const {
  return std::ranges::any_of(successions_, [&](const runtime::EntitySuccession& succession) {
    return std::ranges::count(succession.nudges, after) > 0;
  });
}

bool ChangeFacts::Carries(dsl::EntityId entity_after, const Slot& slot) const {
  const Kind kind = slot.kind == runtime::SlotKind::kText ? Kind::kText : Kind::kSlot;
  return Source(entity_after, kind, slot.offset) != nullptr;
}

const runtime::EntitySuccession* ChangeFacts::SuccessionTo(dsl::EntityId after) const {
  const auto found = std::ranges::find(successions_, after, &runtime::EntitySuccession::to);
  return found == successions_.end() ? nullptr : &*found;
}

const StatePiece* ChangeFacts::Source(dsl::EntityId after, Kind kind, std::uint32_t index) const {
  const runtime::EntitySuccession* succession = SuccessionTo(after);
  if (succession == nullptr) return nullptr;
  const std::vector<StatePiece>& pieces = after_.compiled.ruleset->entities[after].pieces;
  for (std::size_t piece = 0; piece < pieces.size(); ++piece) {
    if (pieces[piece].kind != kind || pieces[piece].index != index) continue;
    const std::uint32_t source = succession->plan->sources()[piece];
    if (source == runtime::kNoIndex) return nullptr;
    return &before_.compiled.ruleset->entities[succession->from].pieces[source];
  }
  return nullptr;
}

}  // namespace lull::compiler
