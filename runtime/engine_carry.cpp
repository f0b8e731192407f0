// Entities are brought over to the ruleset in force, one by one, after a swap.
#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/engine_succession.h"
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

// ---- What hangs on a record
// ---------------------------------------------------------------------------------------------

void Engine::Impl::CarryEach(const Successor& successor, EntitySide& side) {
  const RulePlan& old_plan = *succession_->plan;
  const EntitySpec& from = succession_->ruleset->entities[successor.from];
  if (side.each.empty()) return;
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
        if ((wait.gone & old_plan.nudges[nudge_before].each_bit) != 0 &&
            old_plan.nudges[nudge_before].each_wait == before) {
          bits |= plan_->nudges[nudge_after].each_bit;
        }
      }
      wait.gone = bits;
      // Other fields are kept now: those of this wait are unknown to its nudges.
      if (!same_fields) ReleaseCaptured(wait, from.each_waits[before], texts_);
    }
  }
  ClearSide(gone, from, texts_);
}

void Engine::Impl::CarrySide(const Successor& successor, EntitySide& side) {
  const Ruleset& from = *succession_->ruleset;
  const auto renumbered = [&](std::uint32_t nudge) {
    return succession_->successors[from.nudges[nudge].entity].nudges[nudge];
  };
  std::erase_if(side.waiting, [&](WaitingNudge& waiting) {
    const std::uint32_t nudge = renumbered(waiting.nudge);
    const bool same_fields =
        nudge != kNoIndex && std::ranges::equal(from.nudges[waiting.nudge].kept, ruleset().nudges[nudge].kept,
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
  CarryEach(successor, side);
  CarryPending(side);
}

void Engine::Impl::CarryPending(EntitySide& side) {
  if (side.pending_first == nullptr) return;
  const Ruleset& from = *succession_->ruleset;
  const Ruleset& to = ruleset();
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

// ---- One entity
// ---------------------------------------------------------------------------------------------------------

std::byte* Engine::Impl::TakeOver(const Successor& successor, std::uint32_t place) {
  RecordStore& store = *stores_[successor.to];
  if (!runtime::TakeOver(*successor.plan, store, place)) return nullptr;
  std::byte* record = store.RecordAt(place);
  if (EntitySide* side = HeaderOf(record).side; side != nullptr) CarrySide(successor, *side);
  return record;
}

void Engine::Impl::TakeOverParts(Family& family) {
  std::erase_if(family.parts, [&](Part& part) {
    const Successor& successor = succession_->successors[part.entity];
    if (successor.to == kNoIndex) {
      RecordStore& store = *succession_->leaving[part.entity];
      FreeSide(HeaderOf(part.record), store.entity(), texts_);
      store.Erase(part.record);
      return true;
    }
    part.record = TakeOver(successor, stores_[successor.to]->before()->IndexOf(part.record));
    part.entity = successor.to;
    return false;
  });
}

void Engine::Impl::BringOver(std::uint32_t index, std::uint32_t place) {
  const Succession& swap = *succession_;
  std::byte* record = TakeOver(swap.successors[swap.predecessors[index]], place);
  if (record == nullptr) return;
  RecordHeader& header = HeaderOf(record);
  if (header.side != nullptr && header.side->family != nullptr) TakeOverParts(*header.side->family);
  if (header.first_event != kUnknown) {
    step_.Bind(index, record, stores_[index]->KeyOf(record), swap.position);
    step_.HoldExisting(std::max(header.clock, swap.tick), swap.carried, swap.new_nudges);
  }
  if (header.first_event == kUnknown && header.side == nullptr) {
    Discard(index, record);
  } else {
    Schedule(index, record);
  }
  EndEntity();
}

void Engine::Impl::Reach(std::uint32_t index, std::string_view key, std::uint64_t hash) {
  std::byte* record = stores_[index]->Find(key, hash);
  if (record == nullptr) return;
  const std::uint32_t place = stores_[index]->IndexOf(record);
  if (stores_[index]->Waits(place)) BringOver(index, place);
}

void Engine::Impl::Leave(RecordStore& store, std::byte* record) {
  RecordHeader& header = HeaderOf(record);
  if (header.side != nullptr) {
    DropPending(*header.side);
    if (Family* family = header.side->family.get(); family != nullptr) {
      counts_.forgotten += family->parts.size();
      succession_->leaving_parts.EraseAll(*family);
    }
    FreeSide(header, store.entity(), texts_);
  }
  store.Erase(record);
  texts_.Reclaim();
}

// ---- All of them
// --------------------------------------------------------------------------------------------------------

bool Engine::Impl::ContinueSwap(std::size_t count_max) {
  if (succession_ == nullptr) return true;
  Succession& swap = *succession_;
  const auto store_count = static_cast<std::uint32_t>(stores_.size());
  for (; swap.store < store_count + swap.leaving.size(); ++swap.store, swap.place = 0) {
    const bool done = swap.store < store_count ? BringOverSome(swap.store, count_max)
                                               : LeaveSome(swap.leaving[swap.store - store_count], count_max);
    if (!done) break;
  }
  EndEntry();
  if (swap.store < store_count + swap.leaving.size()) return false;
  // Parts have come with their wholes; what is left of their stores are free places.
  for (std::uint32_t index = 0; index < store_count; ++index) {
    RecordStore& store = *stores_[index];
    for (std::uint32_t place = store.NextWaiting(0); place != IndexSet::kNone;
         place = store.NextWaiting(place)) {
      LULL_CHECK(!runtime::TakeOver(*swap.successors[swap.predecessors[index]].plan, store, place));
    }
    store.Shed(IndexSet::kNone);
  }
  succession_ = nullptr;
  return true;
}

/// False: there is more to do.
bool Engine::Impl::BringOverSome(std::uint32_t index, std::size_t& count_max) {
  RecordStore& store = *stores_[index];
  std::uint32_t& place = succession_->place;
  while (!IsPart(index) && (place = store.NextWaiting(place)) != IndexSet::kNone) {
    if (count_max-- == 0) {
      count_max = 0;
      store.Shed(place);
      return false;
    }
    BringOver(index, place);
  }
  return true;
}

bool Engine::Impl::LeaveSome(const std::unique_ptr<RecordStore>& store, std::size_t& count_max) {
  if (store == nullptr ||
      succession_->ruleset->entities[&store - succession_->leaving.data()].whole != kNoIndex) {
    return true;
  }
  for (; succession_->place < store->end(); ++succession_->place) {
    std::byte* record = store->RecordAt(succession_->place);
    if (HeaderOf(record).key_id == 0) continue;
    if (count_max-- == 0) {
      count_max = 0;
      return false;
    }
    Leave(*store, record);
  }
  return true;
}

void Engine::Impl::FinishSwap() {
  if (succession_ != nullptr) LULL_CHECK(ContinueSwap(~std::size_t{0}));
}

/// Sides belong to the engine, wherever their records lie.
void Engine::Impl::FreeSides(const RecordStore& store) {
  store.ForEach([&](std::byte* record) {
    RecordHeader& header = HeaderOf(record);
    if (header.side == nullptr) return;
    DropPending(*header.side);
    FreeSide(header, store.entity(), texts_);
  });
}

}  // namespace lull::runtime
