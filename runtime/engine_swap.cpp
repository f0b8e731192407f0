// Another ruleset goes on with the records of this one.
#include <algorithm>
#include <limits>

#include "runtime/base/check.h"
#include "runtime/engine_impl.h"
#include "runtime/succession.h"
#include "runtime/unknown.h"

namespace lull::runtime {
namespace {

const FieldSchema* FindField(const EventSchema& schema, const FieldSchema& like) {
  const auto found = std::ranges::find_if(schema.fields, [&](const FieldSchema& field) {
    return field.used && field.name == like.name && field.type == like.type;
  });
  return found == schema.fields.end() ? nullptr : &*found;
}

/// The keys of a buffered event's parts, by the places of the new ruleset.
std::vector<TextView> CarryKeys(const Ruleset& from, const EventSchema& old,
                                const std::vector<TextView>& keys, const Ruleset& to,
                                const EventSchema& next) {
  std::vector<TextView> carried(next.entities.size());
  for (std::size_t place = 0; place < next.entities.size(); ++place) {
    const EntitySpec& entity = to.entities[next.entities[place]];
    for (std::size_t before = 0; before < keys.size(); ++before) {
      if (FirstName(from.entities[old.entities[before]]) == FirstName(entity)) carried[place] = keys[before];
    }
  }
  return carried;
}

}  // namespace

struct Engine::Impl::Successor : EntitySuccession {
  std::int64_t clock_gain_micros = 0;
  std::vector<std::uint64_t> carried_bits;  // of the new record
};

namespace {

void AddArms(const Ruleset& ruleset, const StepCounters& counters, EngineStats& stats) {
  for (std::size_t index = 0; index < counters.experiments.size(); ++index) {
    const ExperimentSpec& spec = ruleset.experiments[index];
    std::vector<ArmStats>& arms = stats.experiments[spec.name];
    for (std::size_t arm = 0; arm < spec.arms.size(); ++arm) {
      auto found = std::ranges::find(arms, spec.arms[arm].name, &ArmStats::arm);
      if (found == arms.end()) found = arms.insert(arms.end(), ArmStats{.arm = spec.arms[arm].name});
      const ArmCounts& counts = counters.experiments[index][arm];
      found->exposed += counts.exposed;
      found->held_out += counts.held_out;
      found->reached += counts.reached;
    }
  }
}

}  // namespace

void Engine::Impl::FoldCounters() {
  const StepCounters& counters = step_.counters;
  for (std::size_t nudge = 0; nudge < counters.nudges.size(); ++nudge) {
    NudgeCounts& counts = counts_.nudges[ruleset().nudges[nudge].name];
    for (std::size_t kind = 0; kind < kDecisionKindCount; ++kind) {
      counts.by_kind[kind] += counters.nudges[nudge][kind];
      counts_.by_kind[kind] += counters.nudges[nudge][kind];
    }
  }
  for (std::size_t unit = 0; unit < counters.units.size(); ++unit) {
    counts_.units[ruleset().units[unit].name] += counters.units[unit];
  }
  AddArms(ruleset(), counters, counts_);
  for (auto& arms : step_.counters.experiments) std::ranges::fill(arms, ArmCounts{});
  counts_.moments += counters.moments;
  counts_.steps_unknown += counters.steps_unknown;
  step_.counters.moments = 0;
  step_.counters.steps_unknown = 0;
  std::ranges::for_each(step_.counters.nudges, [](auto& kinds) { kinds.fill(0); });
  std::ranges::fill(step_.counters.units, 0);
}

EngineStats Engine::Impl::stats() const {
  EngineStats stats = counts_;
  const StepCounters& counters = step_.counters;
  for (std::size_t nudge = 0; nudge < counters.nudges.size(); ++nudge) {
    NudgeCounts& counts = stats.nudges[ruleset().nudges[nudge].name];
    for (std::size_t kind = 0; kind < kDecisionKindCount; ++kind) {
      counts.by_kind[kind] += counters.nudges[nudge][kind];
      stats.by_kind[kind] += counters.nudges[nudge][kind];
    }
  }
  for (std::size_t unit = 0; unit < counters.units.size(); ++unit) {
    stats.units[ruleset().units[unit].name] += counters.units[unit];
  }
  AddArms(ruleset(), counters, stats);
  stats.moments += counters.moments;
  stats.steps_unknown += counters.steps_unknown;
  stats.bytes = texts_.memory_bytes() + pending_.memory_bytes();
  for (const std::unique_ptr<RecordStore>& store : stores_) {
    stats.records += store->count();
    stats.bytes += store->memory_bytes();
  }
  return stats;
}

/// Brings an old entity type's records and their parts to their clocks and ends what has no counterpart.
void Engine::Impl::Settle(const std::vector<Successor>& successors, std::uint32_t index) {
  const Successor& successor = successors[index];
  RecordStore& store = *stores_[index];
  store.ForEach([&](std::byte* record) {
    RecordHeader& settling = HeaderOf(record);
    // A smaller lateness moves the clock on.
    if (settling.clock != kUnknown) settling.clock += successor.clock_gain_micros;
    const std::int64_t clock = ClockOf(settling);
    Entity entity{.index = index, .record = record, .key = store.KeyOf(record)};
    Drain(entity, clock);
    RunDeadlines(entity, clock);
    const EntitySide* side = HeaderOf(entity.record).side;
    const bool idle = side == nullptr || (side->tasks.empty() && side->waiting.empty());
    for (std::uint32_t nudge = 0; !idle && nudge < ruleset().nudges.size(); ++nudge) {
      const std::uint32_t of = ruleset().nudges[nudge].entity;
      const bool here = of == index || ruleset().entities[of].whole == index;
      if (!here || successors[of].nudges[nudge] != kNoIndex) continue;
      step_.WithdrawNudge(nudge, clock, DecisionCode::kRuleGone);
    }
    RecordHeader& header = HeaderOf(entity.record);
    SettleParts(successors, header);
    if (successor.to == kNoIndex) {
      if (header.side != nullptr) DropPending(*header.side);
      Discard(index, entity.record);
    } else if (header.first_event == kUnknown && header.side == nullptr) {
      Discard(index, entity.record);
    }
    EndEntity();
  });
}

void Engine::Impl::SettleParts(const std::vector<Successor>& successors, RecordHeader& header) {
  if (header.side == nullptr || header.side->family == nullptr) return;
  Family& family = *header.side->family;
  for (const Part& part : std::vector<Part>(family.parts)) {
    if (successors[part.entity].to == kNoIndex) parts_.Erase(family, part.number);
  }
}

/// Wholes find the new records of their parts.
void Engine::Impl::JoinParts(const std::vector<Successor>& successors, const Ruleset& next,
                             std::vector<std::unique_ptr<RecordStore>>& stores) {
  for (const Successor& successor : successors) {
    if (successor.to == kNoIndex || next.entities[successor.to].whole == kNoIndex) continue;
    RecordStore& store = *stores[successor.to];
    const RecordStore& wholes = *stores[next.entities[successor.to].whole];
    store.ForEach([&](std::byte* record) {
      std::byte* whole = wholes.Find(parts_.WholeKeyOf(store, record));
      LULL_CHECK(whole != nullptr && HeaderOf(whole).side != nullptr);
      Part* part = HeaderOf(whole).side->family->Find(HeaderOf(record).moment_count);
      LULL_CHECK(part != nullptr);
      part->record = record;
      part->entity = successor.to;
    });
  }
}

void Engine::Impl::CarryEach(const Successor& successor, EntitySide& side, const RulePlan& new_plan) {
  const EntitySpec& from = ruleset().entities[successor.from];
  std::vector<EachWaitList> old = std::move(side.each);
  side.each.clear();
  std::vector<std::uint32_t> waits(from.each_waits.size(), kNoIndex);
  for (const auto& [before, after] : successor.plan->each_waits()) waits[before] = after;
  EntitySide gone;
  gone.each.resize(from.each_waits.size());
  for (std::size_t before = 0; before < old.size(); ++before) {
    const std::uint32_t after = waits[before];
    if (after == kNoIndex) {
      gone.each[before] = std::move(old[before]);
      continue;
    }
    if (side.each.size() <= after) side.each.resize(after + 1);
    side.each[after] = std::move(old[before]);
    const bool same_fields = successor.plan->KeepSameFields(static_cast<std::uint32_t>(before), after);
    for (EachWait& wait : side.each[after].waits) {
      std::uint64_t bits = 0;
      for (const auto& [nudge_before, nudge_after] : successor.plan->nudges()) {
        if ((wait.gone & plan_->nudges[nudge_before].each_bit) != 0 &&
            plan_->nudges[nudge_before].each_wait == before) {
          bits |= new_plan.nudges[nudge_after].each_bit;
        }
      }
      wait.gone = bits;
      // Other fields are kept now: those of this wait are unknown to its nudges.
      if (!same_fields) ReleaseCaptured(wait, from.each_waits[before], texts_);
    }
  }
  ClearSide(gone, from, texts_);
}

void Engine::Impl::CarrySide(const std::vector<Successor>& successors, const Successor& successor,
                             const Ruleset& next, EntitySide& side, const RulePlan& new_plan) {
  const auto renumbered = [&](std::uint32_t nudge) {
    return successors[ruleset().nudges[nudge].entity].nudges[nudge];
  };
  std::erase_if(side.waiting, [&](WaitingNudge& waiting) {
    const std::uint32_t nudge = renumbered(waiting.nudge);
    const bool same_fields =
        nudge != kNoIndex && std::ranges::equal(ruleset().nudges[waiting.nudge].kept, next.nudges[nudge].kept,
                                                [](const auto& a, const auto& b) { return a.IsSameAs(b); });
    // What its nudge reads of the event now was not kept then.
    if (!same_fields) waiting.event.fields.reset();
    waiting.nudge = nudge;
    return nudge == kNoIndex;
  });
  std::erase_if(side.reminders, [&](Reminder& reminder) {
    reminder.nudge = renumbered(reminder.nudge);
    return reminder.nudge == kNoIndex;
  });
  for (OpenTask& task : side.tasks) {
    task.nudge = renumbered(task.nudge);
    LULL_CHECK(task.nudge != kNoIndex);
    if (task.unit != kNoIndex) task.unit = successor.units[task.unit];
    // A unit that is gone gets nothing more.
    std::erase_if(task.ladder, [&](OpenRung& rung) {
      rung.unit = successor.units[rung.unit];
      if (rung.unit == kNoIndex) texts_.Release(rung.unit_key);
      return rung.unit == kNoIndex;
    });
  }
  CarryEach(successor, side, new_plan);
}

void Engine::Impl::CarryPending(const Ruleset& from, const Ruleset& to, EntitySide& side) {
  EntitySide old;
  std::swap(old.pending_first, side.pending_first);
  std::swap(old.pending_last, side.pending_last);
  std::vector<FieldValue> before(from.frame_slot_count);
  std::vector<FieldValue> after(to.frame_slot_count);
  while (old.pending_first != nullptr) {
    PendingEvent* event = PendingEvents::TakeFirst(old);
    const EventSchema& schema = from.events[event->event];
    const auto target = std::ranges::find(to.events, schema.name, &EventSchema::name);
    if (target != to.events.end()) {
      PendingEvents::Expand(*event, from, before.data());
      for (const FieldSchema& field : target->fields) {
        if (!field.used) continue;
        const FieldSchema* source = FindField(schema, field);
        after[field.slot] = source != nullptr ? before[source->slot] : UnknownOf(field.type);
      }
      EventFrame frame;
      frame.event = static_cast<std::uint32_t>(target - to.events.begin());
      frame.time = {event->time};
      frame.fields = after.data();
      std::vector<TextView> old_keys;
      PendingEvents::Keys(*event, from, old_keys);
      const std::vector<TextView> keys = CarryKeys(from, schema, old_keys, to, *target);
      frame.keys = keys.data();
      pending_.Insert(side, frame, to);
    }
    pending_.Free(event);
  }
}

Engine::Impl::Successor Engine::Impl::FindSuccessor(std::uint32_t from, const Ruleset& next) const {
  Successor successor{FindSuccession(ruleset(), from, next)};
  successor.clock_gain_micros = std::max<std::int64_t>(0, lateness_micros_ - LatenessOf(next));
  if (successor.to == kNoIndex) return successor;
  const EntitySpec& to = next.entities[successor.to];
  successor.carried_bits.assign(to.record_bytes / 8 + 1, 0);
  for (const auto& [before, after] : successor.plan->bits()) {
    successor.carried_bits[after / 64] |= std::uint64_t{1} << (after % 64);
  }
  return successor;
}

void Engine::Impl::Carry(const std::vector<Successor>& successors, const Successor& successor,
                         const Ruleset& next, const RulePlan& new_plan, RecordStore& store) {
  MigrateRecords(*successor.plan, *stores_[successor.from], store);
  store.ForEach([&](std::byte* record) {
    EntitySide* side = HeaderOf(record).side;
    if (side == nullptr) return;
    CarrySide(successors, successor, next, *side, new_plan);
    CarryPending(ruleset(), next, *side);
  });
}

void Engine::Impl::Resume(const Successor& successor, const std::vector<std::vector<std::uint64_t>>& carried,
                          const std::vector<bool>& new_nudges) {
  if (successor.to == kNoIndex || ruleset().entities[successor.to].whole != kNoIndex) return;
  RecordStore& store = *stores_[successor.to];
  store.ForEach([&](std::byte* record) {
    const RecordHeader& header = HeaderOf(record);
    if (header.first_event != kUnknown) {
      step_.Bind(successor.to, record, store.KeyOf(record), position_);
      step_.HoldExisting(ClockOf(header), carried, new_nudges);
    }
    Schedule(successor.to, record);
    EndEntity();
  });
}

Status Engine::Impl::Swap(Program program) {
  LULL_CHECK(program.ruleset != nullptr && program.code != nullptr);
  if (program.ruleset->version == ruleset().version) {
    UseCode(std::move(program.code));
    return {};
  }
  const Result<Zone> zone = Zone::Find(program.ruleset->zone);
  if (!zone) return std::unexpected(zone.error());
  Result<RulePlan> new_plan = RulePlan::Make(*program.ruleset);
  if (!new_plan) return std::unexpected(new_plan.error());

  snapshot_ = nullptr;  // nobody needs the old ruleset's any more
  std::vector<Successor> successors;
  for (std::uint32_t from = 0; from < stores_.size(); ++from) {
    successors.push_back(FindSuccessor(from, *program.ruleset));
  }
  for (std::uint32_t from = 0; from < stores_.size(); ++from) {
    if (ruleset().entities[from].whole == kNoIndex) Settle(successors, from);
  }
  EndEntry();
  FoldCounters();
  std::vector<std::unique_ptr<RecordStore>> new_stores;
  for (const EntitySpec& entity : program.ruleset->entities) {
    new_stores.push_back(std::make_unique<RecordStore>(entity, texts_));
  }
  for (const Successor& successor : successors) {
    if (successor.to == kNoIndex) continue;
    Carry(successors, successor, *program.ruleset, *new_plan, *new_stores[successor.to]);
  }
  JoinParts(successors, *program.ruleset, new_stores);
  stores_ = std::move(new_stores);
  // The plans of the successors look at the old ruleset until they go.
  const std::shared_ptr<const Ruleset> old = program_.ruleset;
  Install(std::move(program), std::move(*new_plan), *zone);
  std::vector<std::vector<std::uint64_t>> carried(ruleset().entities.size());
  for (const Successor& successor : successors) {
    if (successor.to != kNoIndex) carried[successor.to] = successor.carried_bits;
  }
  std::vector<bool> new_nudges(ruleset().nudges.size(), true);
  for (const Successor& successor : successors) {
    if (successor.to == kNoIndex) continue;
    for (const auto& [before, after] : successor.plan->nudges()) new_nudges[after] = false;
  }
  for (const Successor& successor : successors) Resume(successor, carried, new_nudges);
  EndEntry();
  return {};
}

}  // namespace lull::runtime
