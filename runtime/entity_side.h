// What few entities have, beside their record: waiting nudges, open tasks, waits of `after each`, buffered
// events.
//
// Made when first needed and freed when idle, owned by the engine through RecordHeader::side. Texts are
// counted ids of the shard's pool; FreeSide gives them back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/base/time.h"
#include "runtime/decision.h"
#include "runtime/record.h"
#include "runtime/ruleset.h"
#include "runtime/text_pool.h"

namespace lull::runtime {

struct PendingEvent;  // runtime/pending_events.h
struct Family;        // runtime/parts.h

/// Numbers the waits of `after each` of one entity; 0 where there is none.
using WaitSerial = std::uint32_t;

/// The event of a trigger, for a nudge that may go out later. Owns its texts.
struct KeptEvent {
  std::int64_t time = 0;
  std::unique_ptr<FieldValue[]> fields;  // by NudgeSpec::kept
  std::unique_ptr<char[]> texts;
};

/// Makes the event own its texts, which may lie anywhere until then. It has fields.
void OwnTexts(KeptEvent& event, const std::vector<CapturedField>& kept);

/// A nudge that is due and has not gone out: a `while` nudge, a reminder of one, or an `on` nudge that is
/// valid for a while.
struct WaitingNudge {
  std::uint32_t nudge = 0;
  std::uint32_t part = 0;  // Part::number; 0: of the entity itself
  WaitSerial serial = 0;
  DecisionCode code = DecisionCode::kNone;  // what held it back when it was last tried ...
  std::int64_t until = kNever;              // ... and when that is over by time alone
  std::int64_t end = kUnknown;              // of an `on` nudge: the instant of its last try
  bool is_reminder = false;
  KeptEvent event = {};  // of an `on` nudge; no fields: unknown

  /// Whether it waits only because it is `valid for` a while.
  bool is_trigger() const { return end != kUnknown; }
};

/// A nudge with `repeat` that went out in an episode that lasts.
struct Reminder {
  std::uint32_t nudge = 0;
  WaitSerial serial = 0;
  std::int64_t sent = 0;    // when it last went out
  std::uint32_t count = 0;  // reminders that went out
};

/// A step of a task's ladder that has not been taken.
struct OpenRung {
  std::int64_t at = kNever;
  std::uint32_t unit = 0;
  std::uint32_t unit_key = 0;  // text id, counted
};

/// A task that went out and has not ended. It holds a place. Its deadlines are fixed when it goes out.
struct OpenTask {
  DecisionId id;
  std::int64_t expires = kNever;
  std::int64_t due = kUnknown;
  std::vector<OpenRung> ladder;  // taken one after the other
  std::uint32_t nudge = 0;
  std::uint32_t part = 0;  // Part::number; 0: of the entity itself
  WaitSerial serial = 0;
  std::uint32_t unit = 0;
  std::uint32_t unit_key = 0;  // text id, counted
  std::uint32_t title = 0;     // the same, if the task has a ladder: its next unit reads it too
  std::uint32_t rungs_taken = 0;
  bool held_out = false;
  bool claimed = false;  // which stops the ladder
};

/// One unanswered opening event of an `after each` stall.
struct EachWait {
  std::int64_t start = 0;
  std::uint64_t value = 0;  // what `with same` compares: a counted text id, or the bits of the value
  std::uint64_t gone = 0;   // bit: NudgePlan::each_bit; the nudge went out in this episode
  WaitSerial serial = 0;
  bool known = false;    // value
  bool overdue = false;  // for good: a wait that has ended is not reopened
  bool begun = false;    // overdue, and the stall's other conditions hold
  /// One for each EachWaitSpec::captured; texts as counted ids in `integer`. Null: nothing is kept.
  std::unique_ptr<FieldValue[]> captured;
};

/// An answer to the waits of one value of `with same`, remembered for opening events that come late.
struct EachAnswerSeen {
  std::int64_t time = 0;
  std::uint64_t value = 0;  // as EachWait::value
};

/// Answers of one stall that are remembered for opening events that come late.
inline constexpr std::size_t kAnswersKept = 16;

struct EachWaitList {
  std::vector<EachWait> waits;  // by start; equals in order of arrival
  std::vector<EachAnswerSeen> answers;
};

/// An event id, for `dedupe`.
struct SeenId {
  DecisionId hash;
  std::int64_t time = 0;
};

/// `dedupe` remembers at least this many ids of an entity.
inline constexpr std::size_t kIdsKept = 16;

struct EntitySide {
  EntitySide();
  ~EntitySide();
  EntitySide(const EntitySide&) = delete;
  EntitySide& operator=(const EntitySide&) = delete;

  /// Nothing is known by it: it can go, and be made again.
  bool IsIdle() const;

  std::vector<WaitingNudge> waiting;      // of a whole: those of its parts too
  std::vector<OpenTask> tasks;            // the same
  std::unique_ptr<Family> family;         // of a whole with parts
  std::vector<Reminder> reminders;        // of this record alone
  std::vector<EachWaitList> each;         // by EntitySpec::each_waits; may be shorter
  std::vector<SeenId> seen;               // oldest first
  PendingEvent* pending_first = nullptr;  // by time
  PendingEvent* pending_last = nullptr;
  WaitSerial next_serial = 1;
};

inline RecordHeader& HeaderOf(std::byte* record) { return *reinterpret_cast<RecordHeader*>(record); }
inline EntitySide& SideOf(RecordHeader& header) {
  if (header.side == nullptr) header.side = new EntitySide;
  return *header.side;
}

/// Gives back the fields that a wait keeps.
void ReleaseCaptured(EachWait& wait, const EachWaitSpec& spec, TextPool& texts);
/// Gives back all that a wait keeps.
void ReleaseWait(EachWait& wait, const EachWaitSpec& spec, TextPool& texts);

/// Gives back the texts that a task keeps.
void ReleaseTask(const OpenTask& task, TextPool& texts);

/// Waits, tasks and waiting nudges end without a word; ids and buffered events stay.
void ClearSide(EntitySide& side, const EntitySpec& entity, TextPool& texts);
/// Clears and deletes. Buffered events must have been taken out.
void FreeSide(RecordHeader& header, const EntitySpec& entity, TextPool& texts);

}  // namespace lull::runtime
