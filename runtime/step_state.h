// What step, arbitration and decision writer share while one entity is in hand.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/decision.h"
#include "runtime/entity_side.h"
#include "runtime/format.h"
#include "runtime/parts.h"
#include "runtime/rule_plan.h"
#include "runtime/step_context.h"
#include "runtime/trace.h"
#include "runtime/zone_cache.h"

namespace lull::runtime {

/// One of those that have a moment together: the entity itself, or a part of it.
struct Member {
  std::uint32_t number = 0;  // Part::number; 0: the entity itself
  std::uint32_t entity = 0;
  std::byte* record = nullptr;  // null: a part that was forgotten
  std::string_view key;
  std::int64_t next_wake = kNever;  // while it is not in hand (then Moment::next_wake)

  // What concerns it in this chain of moments ...
  bool due = false;      // its wake-up is at this instant
  bool own = false;      // the event is its own
  bool first = false;    // and its first
  bool touched = false;  // the event of its whole may change what it reads
  bool arms = false;     // `automatic` runs even if nothing has changed
  // ... and in this moment.
  bool look = false;     // at what was true just before the event
  bool follows = false;  // stalls or stages of its whole have changed
  bool changed = false;  // a condition opened or closed, or a stall began
  bool entered = false;  // a journey entered a stage
  bool moved = false;
  bool each_due = false;   // nudges `while` an `after each` stall may have become due
  bool each_over = false;  // waits that nobody needs any more are to be removed

  bool early_set = false;
  std::vector<std::uint64_t> early;  // Moment::early
};

/// A nudge that became due in this moment by a stall, a stage, a condition or an event.
struct Trigger {
  std::uint32_t nudge = 0;
  std::uint32_t member = 0;  // index into StepState::members
  WaitSerial serial = 0;
  bool checked = false;  // its `if` and `again after` have been looked at
};

/// A task that ended in this moment, for the journeys that go on with it.
struct TaskEnd {
  std::uint32_t nudge = 0;
  std::uint32_t part = 0;  // Part::number
  DecisionKind kind = DecisionKind::kDone;
};

struct ArmCounts {
  std::uint64_t exposed = 0;   // entities with a first action
  std::uint64_t held_out = 0;  // of these, whose first action was not sent
  std::uint64_t reached = 0;   // the goal
};

struct StepCounters {
  std::uint64_t moments = 0;
  std::uint64_t steps_unknown = 0;                                    // of tasks that were not open
  std::vector<std::array<std::uint64_t, kDecisionKindCount>> nudges;  // by nudge, then DecisionKind
  std::vector<std::uint64_t> units;                                   // actions sent
  std::vector<std::vector<ArmCounts>> experiments;                    // by experiment, arm
};

struct StepState : StepContext {
  const RulePlan* plan = nullptr;
  FormatContext format;  // ruleset, entity and zone in hand
  ZoneCache zones;       // entities' own
  Moment moment;
  std::string_view key;
  LogPosition position;
  std::uint32_t n = 0;  // of the moment
  std::vector<Trigger> triggers;
  std::vector<TaskEnd> task_ends;  // in this moment
  TextView step_outcome;           // of the task step in hand
  std::vector<FieldValue> out;
  StepCounters counters;
  TraceSink* trace = nullptr;  // null: nobody watches

  /// The entity itself, then the parts that the moments in hand concern; those at and after member_count are
  /// kept for their memory.
  std::vector<Member> members;
  std::size_t member_count = 0;
  std::size_t hand = 0;  // index of the member in hand: entity, key, format and moment are its own
  PartStores* parts = nullptr;

  TraceSink::Place place() const { return {moment.now, entity_index, key, whole_key()}; }
  RecordHeader& header() { return HeaderOf(moment.record); }
  /// Of the member in hand: its waits of `after each`.
  EntitySide* side() { return header().side; }
  /// Of the whole (and of an entity without parts): waiting nudges and open tasks of all members.
  EntitySide* shared() { return HeaderOf(whole).side; }
  Family* family() { return shared() == nullptr ? nullptr : shared()->family.get(); }
  std::uint32_t part() const { return members[hand].number; }
  std::string_view whole_key() const { return hand == 0 ? std::string_view() : members[0].key; }

  /// Takes a member in hand.
  void Select(std::size_t index) {
    if (index != hand) Switch(index);
  }
  /// The part as a member; 0 is the entity itself. Its index.
  std::size_t Take(std::uint32_t number);

  bool Holds(FunctionId condition) { return code->functions[condition](&moment) != 0; }
  /// Where the results are until the next call.
  const FieldValue* Values(FunctionId value) {
    code->functions[value](&moment);
    return out.data();
  }
  std::int64_t& SlotI64(std::uint32_t offset) const {
    return *reinterpret_cast<std::int64_t*>(moment.record + offset);
  }
  /// kNever where the deadline function gives none.
  std::int64_t DeadlineOf(FunctionId deadline, std::int64_t start) {
    const std::int64_t outer = moment.from;
    moment.from = start;
    const std::int64_t instant = Values(deadline)[0].integer;
    moment.from = outer;
    return instant == kUnknown ? kNever : instant;
  }
  /// Asks for another look at an instant after this moment.
  void Arm(std::int64_t instant) { moment.Arm(instant); }
  /// Puts the candidate's own trigger in hand: for a wait of `after each`, its value of `with same` and the
  /// fields it kept; else (serial 0) the event of the moment.
  void SetTrigger(std::uint32_t nudge, WaitSerial serial);
  /// The event of the moment.
  void ResetTrigger();
  /// The opening event of a wait of `after each`, for a condition or a deadline of the wait itself.
  void SetTrigger(const EachWait& wait, const EachWaitSpec& spec);
  /// The same, next to the event of the moment (EachWaitSpec::beside).
  void SetBeside(const EachWait& wait, const EachWaitSpec& spec);
  /// The same for one that waits.
  void SetTrigger(const WaitingNudge& waiting);
  /// A copy of what a nudge that may wait reads of the event in hand.
  KeptEvent KeepEvent(std::uint32_t nudge) const;
  /// As Arm, for the whole's own wake-up, whoever is in hand.
  void ArmShared(std::int64_t instant) {
    if (hand == 0) return Arm(instant);
    std::int64_t& next_wake = members[0].next_wake;
    if (instant > moment.age_now && instant < next_wake) next_wake = instant;
  }

  /// The entity's arm.
  std::uint32_t ArmOf(std::uint32_t experiment) const;
  /// Its first action in the experiment, if this is it.
  void Expose(std::uint32_t experiment, bool held_out);

  const FieldValue* event_fields = nullptr;  // of the moment; null in a deadline moment
  std::int64_t event_time = 0;               // of the moment
  std::vector<FieldValue> captured_fields;   // Ruleset::frame_slot_count and before_slot_count

 private:
  void Switch(std::size_t index);
  FieldValue ValueOf(const EachWait& wait, const EachWaitSpec& spec, std::size_t field) const;
  void SetOpening(const NudgeSpec& nudge);
};

}  // namespace lull::runtime
