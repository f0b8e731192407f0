// One shard: the records of its entities, and the rules that run over them. One thread.
//
// A deterministic state machine over a log: the same entries (Apply, Tick, Finish, Swap) in the same order
// give the same decisions, and how entities interleave changes none of them. No clock is read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/decision.h"
#include "runtime/event.h"
#include "runtime/ruleset.h"
#include "runtime/snapshot.h"
#include "runtime/trace.h"

namespace lull::runtime {

struct Part;  // runtime/parts.h

struct EngineOptions {
  /// kUnknown: as the ruleset says.
  std::int64_t lateness_micros = kUnknown;
  /// Events later than this are not applied (ApplyResult::kTooFarAhead).
  EventTime time_max{kEventMicrosMax};
  /// Events later than this are not applied (ApplyResult::kAfterEnd): `--until`.
  EventTime until{kNever};
  /// Keeps one timer for each entity, so that Tick decides what is due. Without it deadlines are decided at
  /// the entity's next event or at Finish, at their own instants.
  bool live = false;
  /// Notes which entities change, so that BeginSnapshot can be called.
  bool snapshots = false;
};

/// What became of an event. The worst of its entities counts.
enum class ApplyResult : std::uint8_t {
  kApplied,         // or buffered until its entity's clock reaches it
  kDuplicate,       // its id was there before (`dedupe`)
  kLateDropped,     // `late drop`
  kLateDeadLetter,  // `late dead_letter`: the caller keeps it
  kNoKey,           // lacks the key of every entity it is of: a dead letter
  kTooFarAhead,     // a dead letter
  kAfterEnd,
};

struct NudgeCounts {
  std::uint64_t by_kind[kDecisionKindCount] = {};  // by DecisionKind
};

/// Of one arm of an experiment; each entity counts once.
struct ArmStats {
  std::string arm;
  std::uint64_t exposed = 0;   // had a first action ...
  std::uint64_t held_out = 0;  // ... which was not sent
  std::uint64_t reached = 0;   // the goal
};

struct EngineStats {
  std::uint64_t events = 0;   // given to Apply
  std::uint64_t applied = 0;  // of these, taken by one entity at least
  std::uint64_t late = 0;     // of the applied, counted once for each entity
  std::uint64_t late_dropped = 0;
  std::uint64_t late_dead_letters = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t no_key = 0;
  std::uint64_t steps_unknown = 0;  // steps of tasks that were not open, counted once for each entity
  std::uint64_t too_far_ahead = 0;
  std::uint64_t after_end = 0;
  std::uint64_t moments = 0;
  std::uint64_t forgotten = 0;  // records
  std::uint64_t records = 0;    // now
  std::uint64_t bytes = 0;      // of memory, about
  std::uint64_t by_kind[kDecisionKindCount] = {};
  std::map<std::string, NudgeCounts> nudges;                 // by name
  std::map<std::string, std::uint64_t> units;                // actions sent, by unit
  std::map<std::string, std::vector<ArmStats>> experiments;  // by name, in the order of the arms
};

/// Counts what another engine has counted, too.
void AddStats(EngineStats& to, const EngineStats& from);

class Engine {
 public:
  /// `sink` must outlive the engine. Fails if the ruleset's zone is not in the zone database.
  static Result<std::unique_ptr<Engine>> Create(Program program, const EngineOptions& options,
                                                DecisionSink& sink);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Applies an event to each entity whose key it carries. The frame's memory may go when it returns.
  ApplyResult Apply(const EventFrame& frame);
  /// The same for each in order, and faster. `results` is null or has as many places.
  void ApplyBatch(std::span<const EventFrame> frames, ApplyResult* results = nullptr);

  /// Everything before this instant has been read: no clock is behind it any more. With `live`, decides all
  /// deadlines before it and applies what was buffered up to it.
  void Tick(EventTime instant, LogPosition position = {});
  /// The input has ended: applies what is buffered, then decides all deadlines up to and including `end`.
  void Finish(EventTime end, LogPosition position = {});
  /// What was read so far is history up to and including `end`, and nobody was told of what came of it:
  /// decides what is due by then, and ends what is open, what waits and what would be repeated. What counts
  /// for limits and pauses stays; who takes part in an experiment begins anew. No clock is behind `end` any
  /// more.
  void EndHistory(EventTime end, LogPosition position = {});
  /// Forgets an entity that is no part, and its parts, for good: open tasks are withdrawn. False: it is not
  /// known.
  bool Erase(std::uint32_t entity, std::string_view key, LogPosition position = {});
  /// Latest time of an event that was applied; the epoch's beginning of time (kUnknown) before the first.
  EventTime latest_time() const;

  /// Goes on with another ruleset, between two events. The same version: every state stays as it is. Another
  /// one: state carries over by meaning, what is already true when first watched is held without triggering,
  /// and tasks of nudges that are gone are withdrawn. Fails, changing nothing, if the new zone is unknown.
  /// With `live`, entities are brought over one by one afterwards: each before something happens to it, and
  /// all of them before the next Tick, Finish, Swap or snapshot, which takes long if there are many. When
  /// that is, and how it is sliced, changes no decision.
  Status Swap(Program program, LogPosition position = {});
  /// Brings over some `count_max` more entities, between two entries. True: that was all.
  bool ContinueSwap(std::size_t count_max);
  bool swap_under_way() const;
  /// The same ruleset executed in another way (interpreter, native code).
  void UseCode(std::shared_ptr<const CodeTable> code);

  /// Begins a snapshot of the state as it is now (runtime/snapshot.h); `sink` must stay until it is complete
  /// or abandoned. None is under way.
  void BeginSnapshot(SnapshotSink& sink);
  /// Gives out some `count_max` more entities, between two entries. True: that was all, the snapshot is
  /// complete.
  bool ContinueSnapshot(std::size_t count_max);
  /// What was given out so far came to nothing; the next snapshot is a whole one. Swap does it, too.
  void AbandonSnapshot();
  bool snapshot_under_way() const;
  EngineClock clock() const;

  /// The way back, into an engine that has applied nothing and has the same layout (LayoutHash): first the
  /// clock, then each entity. The next snapshot holds what changes from then on.
  void RestoreClock(const EngineClock& clock);
  /// False: the bytes are no image, or the entity is there already; the engine is then good for nothing.
  bool Restore(std::uint32_t entity, std::string_view key, std::string_view image);

  /// Gives the entities of these keys, with their parts, to another engine that has the same layout
  /// (LayoutHash), has been told the same clock and knows none of them; `copy`: they stay here, too. No
  /// decision comes of it. Returns how many there were.
  std::size_t MoveTo(Engine& to, const std::function<bool(std::string_view key)>& takes, bool copy);

  const Ruleset& ruleset() const;
  EngineStats stats() const;

  // For tests and explanations (engine_probe.cpp). None of these is an entry of the log.

  /// Who watches what happens inside of steps; null: nobody.
  void SetTrace(TraceSink* trace);
  /// Who is meant. `whole_key` is that of a part's whole, and empty of any other entity.
  struct EntityName {
    std::uint32_t entity = 0;  // index into Ruleset::entities
    std::string_view key;
    std::string_view whole_key;
  };
  /// A value for a slot of a record.
  struct SlotValue {
    std::uint32_t offset = 0;
    SlotKind kind = SlotKind::kI64;
    FieldValue value;
  };
  /// What is known of an entity before its first event.
  void Preset(const EntityName& name, std::span<const SlotValue> values);
  /// Calls a value function or a condition of the ruleset for an entity as it is, with the clock at
  /// `instant`. `result` is what the function returned, `out` what it left, until the next call of the
  /// engine. False: there is no such entity.
  struct Probed {
    std::uint64_t result = 0;
    const FieldValue* out = nullptr;
  };
  bool Probe(const EntityName& name, FunctionId function, EventTime instant, const FieldValue* event_fields,
             Probed& probed);
  /// The entity's record as it is, until the next call of the engine; null: there is none.
  const std::byte* Record(const EntityName& name) const;
  /// The value of a slot of an entity; false: there is no such entity. A text is good until the next call.
  bool ReadSlot(const EntityName& name, std::uint32_t offset, SlotKind kind, FieldValue& value) const;
  /// A text of a side, and a part's own key.
  std::string TextOf(std::uint32_t text_id) const;
  std::string PartKey(const Part& part) const;
  /// What waits and what is open of it; `part` is the number that its entries bear. Null: nothing.
  const EntitySide* Side(const EntityName& name, std::uint32_t& part) const;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::runtime
