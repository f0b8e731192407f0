// The inside of Engine: the shard's stores and how entries become moments.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/engine.h"
#include "runtime/entity_image.h"
#include "runtime/migration.h"
#include "runtime/pending_events.h"
#include "runtime/record_store.h"
#include "runtime/rule_plan.h"
#include "runtime/scratch_arena.h"
#include "runtime/snapshot.h"
#include "runtime/step.h"
#include "runtime/text_pool.h"
#include "runtime/timer_wheel.h"

namespace lull::runtime {

class Engine::Impl {
 public:
  Impl(Program program, const EngineOptions& options, DecisionSink& sink, RulePlan plan, const Zone& zone);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ApplyResult Apply(const EventFrame& frame);
  void ApplyBatch(std::span<const EventFrame> frames, ApplyResult* results);
  void Tick(std::int64_t instant, LogPosition position);
  void Finish(std::int64_t end, LogPosition position);
  void EndHistory(std::int64_t end, LogPosition position);
  bool Erase(std::uint32_t index, std::string_view key, LogPosition position);
  Status Swap(Program program, LogPosition position);
  bool ContinueSwap(std::size_t count_max);
  bool swap_under_way() const { return succession_ != nullptr; }
  void UseCode(std::shared_ptr<const CodeTable> code);
  EngineStats stats() const;
  void BeginSnapshot(SnapshotSink& sink);
  bool ContinueSnapshot(std::size_t count_max);
  void AbandonSnapshot();
  bool snapshot_under_way() const { return snapshot_ != nullptr; }
  EngineClock clock() const { return {.tick = tick_, .latest_time = latest_time_}; }
  void RestoreClock(const EngineClock& clock);
  bool Restore(std::uint32_t index, std::string_view key, std::string_view image);
  std::size_t MoveTo(Impl& to, const std::function<bool(std::string_view key)>& takes, bool copy);
  void SetTrace(TraceSink* trace) { step_.trace = trace; }
  void Preset(const EntityName& name, std::span<const SlotValue> values);
  bool Probe(const EntityName& name, FunctionId function, std::int64_t instant,
             const FieldValue* event_fields, Probed& probed);
  /// An entity where it lies: itself, or a part of its whole.
  struct Located {
    std::uint32_t whole = 0;  // index into Ruleset::entities
    std::byte* whole_record = nullptr;
    std::uint32_t part = 0;  // Part::number
    std::byte* record = nullptr;
  };
  Located Locate(const EntityName& name);
  bool ReadSlot(const EntityName& name, std::uint32_t offset, SlotKind kind, FieldValue& value);
  std::string TextOf(std::uint32_t text_id) const {
    return text_id == 0 ? std::string() : std::string(texts_.View(text_id).view());
  }
  std::string PartKey(const Part& part) const { return std::string(parts_.KeyOf(part)); }

  std::int64_t latest_time() const { return latest_time_; }
  const Ruleset& ruleset() const { return *program_.ruleset; }

 private:
  /// An entity in hand. The record moves when it is forgotten and begins anew.
  struct Entity {
    std::uint32_t index = 0;
    std::byte* record = nullptr;
    std::string_view key;
  };

  void Install(Program program, RulePlan plan, const Zone& zone);
  std::int64_t LatenessOf(const Ruleset& ruleset) const;
  std::int64_t ClockOf(const RecordHeader& header) const { return std::max(header.clock, tick_); }

  void Hash(const EventFrame& frame, std::uint64_t* hashes) const;
  ApplyResult ApplyHashed(const EventFrame& frame, const std::uint64_t* hashes);
  ApplyResult ApplyTo(std::uint32_t index, std::string_view key, std::uint64_t hash, const EventFrame& frame);
  ApplyResult Refuse(const Entity& entity, bool created);
  bool IsDuplicate(RecordHeader& header, const DecisionId& id) const;
  void RememberId(RecordHeader& header, const DecisionId& id, std::int64_t time) const;
  /// Applies buffered events up to an instant.
  void Drain(Entity& entity, std::int64_t up_to);
  void RunMoment(Entity& entity, const EventFrame& frame, std::int64_t instant);
  bool Sees(const EventFrame& frame, std::size_t place) const;
  /// Everything that a clock decides by itself. Deletes the record if that is due.
  void Advance(std::uint32_t index, std::byte* record, std::int64_t up_to, std::int64_t deadlines_before);
  void RunDeadlines(Entity& entity, std::int64_t before);
  void Renew(Entity& entity);
  void Discard(std::uint32_t index, std::byte* record);
  void EraseParts(RecordHeader& header);
  void DropPending(EntitySide& side);
  void Schedule(std::uint32_t index, std::byte* record);
  void EndEntity();
  void EndEntry();

  // Snapshots (engine_snapshot.cpp).
  bool IsPart(std::uint32_t index) const { return ruleset().entities[index].whole != kNoIndex; }
  EntityPlaces places() { return {ruleset(), stores_, parts_, pending_, texts_}; }
  /// Before anything of an entity that is no part changes.
  void Touch(std::uint32_t index, std::byte* record) {
    if (options_.snapshots) NoteChange(index, record);
  }
  /// The same of one that was not there.
  void TouchNew(std::uint32_t index, std::byte* record) {
    if (options_.snapshots) NoteCreation(index, record);
  }
  void NoteChange(std::uint32_t index, std::byte* record);
  void NoteCreation(std::uint32_t index, std::byte* record);
  void NoteErasure(std::uint32_t index, std::byte* record);
  void GiveOut(std::uint32_t index, std::byte* record, std::uint32_t place);
  void MarkAllChanged();

  // Swap (engine_swap.cpp) ...
  struct Successor;
  struct Succession;
  Successor FindSuccessor(std::uint32_t from, const Ruleset& next) const;
  std::vector<bool> GoneNudges(const std::vector<Successor>& successors) const;
  std::vector<bool> EndingNudges(const std::vector<Successor>& successors, const Ruleset& next) const;
  std::vector<std::uint32_t> WithTasksOf(const std::vector<bool>& nudges, const RecordStore& store,
                                         const IndexSet& with_tasks) const;
  void SettleEntity(Entity& entity, std::int64_t clock, const std::vector<bool>& gone);
  void SettleAll(const std::vector<Successor>& successors, std::int64_t clock_gain_micros);
  void ReplaceStores(const Ruleset& next);
  void BringOverTasksOf(const std::vector<bool>& ending);
  // ... and what comes after it (engine_carry.cpp).
  void CarryEach(const Successor& successor, EntitySide& side);
  void CarrySide(const Successor& successor, EntitySide& side);
  void CarryPending(EntitySide& side);
  /// The record in its new place, and what hangs on it; null: the place is free.
  std::byte* TakeOver(const Successor& successor, std::uint32_t place);
  void TakeOverParts(Family& family);
  /// An entity that is no part and waits.
  void BringOver(std::uint32_t index, std::uint32_t place);
  /// Before an entity that is no part is looked for.
  void Reach(std::uint32_t index, std::string_view key, std::uint64_t hash);
  /// An entity of a type that has gone.
  void Leave(RecordStore& store, std::byte* record);
  bool BringOverSome(std::uint32_t index, std::size_t& count_max);
  bool LeaveSome(const std::unique_ptr<RecordStore>& store, std::size_t& count_max);
  void FinishSwap();
  void FreeSides(const RecordStore& store);

  void FoldCounters();

  Program program_;
  const EngineOptions options_;
  DecisionSink& sink_;
  std::unique_ptr<const RulePlan> plan_;
  std::int64_t lateness_micros_ = 0;
  TextPool texts_;
  ScratchArena scratch_;
  PendingEvents pending_;
  std::vector<FieldValue> pending_fields_;
  std::vector<TextView> pending_keys_;
  std::vector<std::unique_ptr<RecordStore>> stores_;  // by entity
  PartStores parts_{stores_, texts_};
  std::vector<TimerWheel> wheels_;          // by entity, if live; a whole's serves its parts
  std::vector<IndexSet> with_tasks_;        // by entity, if live: those with open tasks are among them
  std::unique_ptr<Succession> succession_;  // null: all entities are those of the ruleset in force
  Step step_;
  std::int64_t tick_ = kUnknown;
  std::int64_t latest_time_ = kUnknown;
  LogPosition position_;
  EngineStats counts_;
  std::vector<StoreChanges> changes_;  // by entity; those of parts lie with their wholes
  bool all_changed_ = true;            // nothing that a snapshot gave out is good any more
  SnapshotSink* snapshot_ = nullptr;   // of the one under way
  std::uint32_t snapshot_store_ = 0;   // how far it has come
  std::uint32_t snapshot_index_ = 0;
  std::string image_;                  // scratch
  std::vector<std::uint64_t> hashes_;  // of a batch
  std::vector<std::byte*> records_;    // of a group, fetched ahead
};

}  // namespace lull::runtime
