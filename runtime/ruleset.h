// A compiled ruleset as the runtime sees it: tables, and functions by number.
//
// Made by the compiler (or by hand in a test) and immutable. The tables say what there is and who listens to
// whom; the functions (CodeTable) compute. Functions are named by FunctionId; kNoFunction means that there is
// nothing to compute. All functions have the form of Code (runtime/moment.h):
//   condition  returns 0 or 1
//   value      leaves its results in Moment::out and returns 0
//   deadline   counts from Moment::from; leaves the instant in out[0].integer (kUnknown: never), returns 0
//   action     changes the record and returns 0 (or, where said, 1 if something moved)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/local_period.h"
#include "runtime/calendar.h"
#include "runtime/event.h"
#include "runtime/lookup.h"
#include "runtime/moment.h"
#include "runtime/record.h"
#include "runtime/schedule.h"

namespace lull::runtime {

using FunctionId = std::uint32_t;
inline constexpr FunctionId kNoFunction = 0xFFFF'FFFF;
inline constexpr std::uint32_t kNoIndex = 0xFFFF'FFFF;

enum class ValueType : std::uint8_t {
  kFlag,
  kNumber,
  kMoney,
  kDuration,
  kTime,
  kDate,
  kText,
  kChoice,
  kStage
};

// ---- What the decoder needs

struct FieldSchema {
  std::string name;
  std::string wire_path;  // dotted path below the event's object
  std::uint32_t slot =
      0;  // where EventFrame::fields has it; fields that groups share have one slot in all events
  ValueType type = ValueType::kText;
  bool optional = false;
  bool used = true;  // an unused field is checked for its type only
  std::uint32_t text_bytes_max = 256;
  std::uint32_t choice = kNoIndex;  // index into Ruleset::choices
};

/// How one of an event's entities sees it.
struct PartPlace {
  std::uint32_t whole = kNoIndex;  // of a part: the place of its whole, whose key the event must have too
  bool by_part_only = false;       // of a whole: sees the event only where one of its parts does
};

/// What an event of the engine's own kind says of a task (runtime/task_steps.h).
enum class TaskStepKind : std::uint8_t { kNone, kDone, kDeclined, kClaimed, kReleased };

struct EventSchema {
  std::string name;
  std::string wire_type;
  /// Its fields then are `task`, `outcome` and `by`, in this order.
  TaskStepKind task_step = TaskStepKind::kNone;
  std::vector<FieldSchema> fields;
  std::vector<std::uint32_t> entities;  // indexes into Ruleset::entities
  /// What parts see (runtime/parts.h), by `entities`; empty: none of them is a part.
  std::vector<PartPlace> parts;
};

struct WireNames {
  std::string type = "type";
  std::vector<std::string> time = {"time", "ts", "timestamp"};
  std::string id = "id";
};

struct ChoiceTable {
  std::string name;
  std::vector<std::string> values;
};

// ---- What a record holds

/// A log of (time, columns) of one entity, ordered by time, for the aggregates that look back. The record has
/// a pointer at `offset` (null: empty); the block behind it belongs to the record.
struct WindowSpec {
  std::uint32_t offset = 0;
  std::vector<ValueType> columns;
  /// By column: by which it is recognised in another ruleset. Empty: columns of one place are the same.
  std::vector<std::uint64_t> column_meanings = {};
  /// Entries at or before now - retention may go; 0: kept until cleared.
  std::int64_t retention_micros = 0;
  std::uint32_t keep_count = 4'096;
  /// A value that is already there is not added again (count different, ever).
  bool distinct_only = false;
  /// By cursor: the aggregates that have one (NumberCursors).
  std::vector<std::uint32_t> aggregates;
};

enum class WindowFunction : std::uint8_t {
  kCount,
  kSum,
  kAverage,
  kMinimum,
  kMaximum,
  kCountDifferent,
  kFirst,
  kLatest,
  kGap,  // between the latest two
};

/// An aggregate over a window: all entries; or, if last_micros is set, those with time in (now - skip - last,
/// now - skip]; or, if by_period, those of a period of the ruleset's zone.
struct AggregateSpec {
  std::uint32_t window = 0;         // index into EntitySpec::windows
  std::uint32_t cursor = kNoIndex;  // within its window; kNoIndex: it needs none (NumberCursors)
  WindowFunction function = WindowFunction::kCount;
  std::uint32_t column = kNoIndex;       // kNoIndex: the entry's time (first, latest) or none (count)
  std::uint32_t same_column = kNoIndex;  // only entries where this column equals Moment::same
  std::int64_t last_micros = 0;
  std::int64_t skip_micros = 0;
  bool by_period = false;
  LocalPeriod period = LocalPeriod::kDay;
  std::uint32_t periods_back = 0;  // 0 is the one that holds `now`
};

enum class ListenerKind : std::uint8_t {
  kTriggerNudge,  // `on STALL`, `on CONDITION`: one chance in the moment the condition opens
  kEpisode,       // `while`: a new episode begins or the old one ends; index = nudge
  kDue,           // `while`: the nudge becomes due, or is no longer; index = nudge
  kWithdraw,      // `withdraw when`: on opening; index = nudge
  kTransition,    // a journey has a transition on this stall's beginning
};

struct Listener {
  ListenerKind kind = ListenerKind::kTriggerNudge;
  std::uint32_t index = kNoIndex;
};

/// A condition that somebody listens to. Its bit in the record has its own number: whether it is held.
struct ConditionSpec {
  std::string name;                        // for explanations: "quote_gone_quiet", "urgency >= 80"
  std::uint32_t since_offset = kNoOffset;  // kI64 slot: instant at which it opened
  std::uint32_t each_wait = kNoIndex;  // stall of the form `after each`: index into EntitySpec::each_waits
  std::vector<Listener> listeners;
  /// What is already true when a ruleset begins to watch opens the condition, too.
  bool including_existing = false;
};

/// A field of an event that is kept for later.
struct CapturedField {
  std::uint32_t slot = 0;  // of the event frame; kNoIndex: the event's time
  ValueType type = ValueType::kText;
  std::uint64_t meaning = 0;  // by which it is recognised in another ruleset
  /// Whether values that were kept for one can stand for the other.
  bool IsSameAs(const CapturedField& other) const { return meaning == other.meaning && type == other.type; }
};

/// The waits of an `after each` stall: every unanswered opening event is an episode of its own.
struct EachWaitSpec {
  /// Whether an event answers one wait, where that depends on the fields of both (kNoFunction: it answers
  /// all that have its value of `with same`). Reads the kept fields at `beside`, one for each of `captured`
  /// (kNoIndex: not read), next to those of the event in hand.
  FunctionId answers = kNoFunction;
  std::vector<std::uint32_t> beside;
  /// Whether the stall's other conditions hold, where that depends on the fields of the wait.
  FunctionId gate = kNoFunction;
  std::uint32_t condition = 0;  // the stall's condition
  /// Where every answer answers all waits: time of the latest one (kI64), for opening events that come late.
  std::uint32_t answered_offset = kNoOffset;
  FunctionId deadline = kNoFunction;       // when a wait falls due, from its beginning
  bool deadline_reads_event = false;       // of its opening event, beside the beginning
  ValueType same_type = ValueType::kText;  // type of the value of `with same`
  std::uint32_t keep_count = 4'096;
  /// Fields of the opening event that texts and conditions of its nudges read: kept with each wait.
  std::vector<CapturedField> captured;
  /// Whether overdue waits must be kept until they are answered (a `while` nudge, or the stall as a
  /// condition).
  bool keep_overdue = true;
};

struct JourneySpec {
  std::string name;
  std::vector<std::string> stages;
  std::uint32_t stage_offset = 0;    // kU8
  std::uint32_t entered_offset = 0;  // kI64
  std::uint32_t start = 0;
  /// Nudges `on JOURNEY entering STAGE`, by stage.
  std::vector<std::vector<std::uint32_t>> entering;
  std::vector<FunctionId> restarts;  // by stage: actions, of what counts since it was entered
};

/// What of a record carries over to another ruleset, recognised by the hash of its meaning.
struct StatePiece {
  enum class Kind : std::uint8_t { kSlot, kText, kWindow, kBit, kEachWait, kNudge, kLimit, kTimeOnly };
  std::uint64_t meaning = 0;
  Kind kind = Kind::kSlot;
  std::uint32_t index = 0;  // offset of a slot, text or limit; number of a window, bit, each-wait or nudge
  std::uint32_t bytes = 0;  // kSlot and kLimit
  /// Of what was changed and has no piece of its own meaning any more, the piece that goes on with it: the
  /// one of the same `successor`. 0: none does.
  std::uint64_t successor = 0;
  /// What the numbers of a slot stand for, by first names; empty: for themselves.
  std::vector<std::string> values = {};
};

/// An attribute that some rule reads.
struct AttributeSpec {
  std::string name;
  ValueType type = ValueType::kText;
  std::uint32_t of = kNoIndex;  // index into Ruleset::choices
  std::uint32_t offset = 0;
  SlotKind kind = SlotKind::kI64;
};

/// By which ids and state go: the name that something had before it was renamed for the first time.
template <typename Spec>
const std::string& FirstName(const Spec& spec) {
  return spec.first_name.empty() ? spec.name : spec.first_name;
}

struct EntitySpec {
  std::string name;
  std::string first_name;            // FirstName()
  std::string key;                   // wire path of the key; empty: the one and only
  std::uint32_t whole = kNoIndex;    // of a part: index into Ruleset::entities
  std::vector<std::uint32_t> parts;  // of a whole: indexes into Ruleset::entities
  std::uint32_t record_bytes = 0;    // a multiple of 8
  /// A fresh record from kBitsOffset on (record_bytes - kBitsOffset bytes).
  std::vector<std::byte> image;
  struct DefaultText {
    std::uint32_t offset = 0;
    std::string text;
  };
  std::vector<DefaultText> default_texts;
  std::vector<std::uint32_t> text_offsets;  // every kText slot
  std::vector<WindowSpec> windows;
  std::vector<AggregateSpec> aggregates;
  std::vector<ConditionSpec> conditions;
  std::vector<EachWaitSpec> each_waits;
  std::vector<JourneySpec> journeys;
  /// Nudges `on every ...`: one chance at each instant of the schedule, from the entity's first event on.
  struct ClockNudge {
    std::uint32_t nudge = 0;
    Schedule schedule;
  };
  std::vector<ClockNudge> clock_nudges;
  std::vector<AttributeSpec> attributes;  // for tests and explanations
  std::vector<StatePiece> pieces;
  std::int64_t forget_after_micros = 0;       // 0: never
  std::uint32_t activity_offset = kNoOffset;  // kI64: latest activity; kNoOffset: any event is activity

  /// Conditions that are asked together. What one of them reads of others is in its own group, so that time
  /// can change a condition only where it has armed its group.
  struct ConditionGroup {
    FunctionId all = kNoFunction;  // every condition of the group, in graph order
    /// Those that depend on time, just before an event at the instant of the wake-up.
    FunctionId before = kNoFunction;
  };
  std::vector<ConditionGroup> groups;
  /// One kI64 for each group, as RecordHeader::wake for the whole record, which is never later; kNoOffset:
  /// there is one group at most, and none of its own is kept.
  std::uint32_t group_wakes_offset = kNoOffset;
  /// Those of a group that an event can change.
  struct GroupSlice {
    std::uint32_t group = 0;
    FunctionId conditions = kNoFunction;
  };

  /// A value just before an event, kept behind the event's fields.
  struct BeforeValue {
    std::uint32_t slot = 0;
    ValueType type = ValueType::kNumber;
  };
  struct EventFunctions {
    FunctionId snapshot = kNoFunction;  // value: `before`, before anything changes
    std::vector<BeforeValue> before;
    FunctionId update = kNoFunction;     // attributes, features, waits, then journeys
    std::vector<GroupSlice> conditions;  // those that this event can change
    FunctionId nudges = kNoFunction;     // `on` this event
    /// Of a part: an event of its whole that is not its own may change what it reads; then only `conditions`.
    bool touches = false;
  };
  std::vector<EventFunctions> events;  // by event index
  /// Automatic and timed transitions; returns 1 if a journey moved. kNoFunction: there are none.
  FunctionId automatic = kNoFunction;
  /// Whether a change of conditions or stages can make automatic transitions possible.
  bool has_follow_ups = false;
  /// Whether any event may move the deadline of a timed transition to an earlier instant, because its length
  /// is computed or counts days or months: `automatic` runs after each.
  bool has_computed_deadlines = false;
  /// Of a part: its transitions `when`, for moments of its whole that are not its own.
  FunctionId levels = kNoFunction;
  /// Of a part: it reads stalls or stages of its whole, directly or through others.
  bool follows_whole = false;
  std::uint32_t keep_count = 4'096;  // of a part: how many a whole has at most; the quietest goes first
};

// ---- What goes out

struct ChannelSpec {
  std::string name;
  bool is_task = false;
};

struct UnitSpec {
  std::string name;
  std::string first_name;            // FirstName()
  std::uint32_t hours = kNoIndex;    // index into Ruleset::calendars
  std::uint32_t open_tasks_max = 0;  // for who hands tasks out; 0: no limit
  bool open_tasks_per_key = false;
};

/// A text with values in it: pieces[0] out[first] pieces[1] out[first+1] ...
struct TemplateSpec {
  std::vector<std::string> pieces;
  struct Argument {
    ValueType type = ValueType::kText;
    std::uint32_t of = kNoIndex;  // choice index, or journey index of the entity
  };
  std::vector<Argument> arguments;
};

/// A text that is made by a value function: its arguments are out[0..].
struct TextSpec {
  TemplateSpec text;
  FunctionId arguments = kNoFunction;  // kNoFunction: the text has no arguments
  FunctionId when = kNoFunction;       // condition; kNoFunction: always
};

struct RouteSpec {
  std::uint32_t unit = 0;
  FunctionId key = kNoFunction;  // value: out[0].text; kNoFunction: no key
};

/// Where a task goes if nobody has taken it in hand by then.
struct RungSpec {
  FunctionId after = kNoFunction;  // deadline from the first hand-out; kNoFunction: when the task is due
  RouteSpec route;
};

struct ScoreSpec {
  std::string name;
  std::uint32_t entity = 0;
  FunctionId value = kNoFunction;  // out[0].number
  struct Part {
    FunctionId points = kNoFunction;  // value: out[0].number (signed), and out[1].integer 1 if it applied
    TextSpec because;
    bool has_because = false;
  };
  std::vector<Part> parts;
};

enum class TriggerKind : std::uint8_t { kEvent, kStall, kStage, kCondition, kWhile, kClock };

/// Tasks without `expires after` end this long after they went out.
inline constexpr std::int64_t kTaskLifeMicros = 30 * kMicrosPerDay;

struct NudgeSpec {
  std::string name;
  std::string first_name;  // FirstName()
  std::uint32_t entity = 0;
  TriggerKind trigger = TriggerKind::kEvent;
  std::string trigger_name;  // of the event set, stall, stage or condition, as the analyst wrote it
  std::uint32_t state_condition = kNoIndex;  // `while`: the condition that is the state
  std::uint32_t due_condition = kNoIndex;    // `while`: state and `if` (and `again after`)
  std::uint32_t gone_bit = kNoIndex;         // `while`: went out in this episode
  std::uint32_t due_offset = kNoOffset;      // kI64: when it last became due (`again after`)
  /// `on STALL`, `on STAGE`, `on CONDITION`: condition, evaluated at the trigger; `on EVENT` and `while` have
  /// it in their own functions.
  FunctionId if_condition = kNoFunction;
  FunctionId again_after = kNoFunction;  // deadline, from when it last became due; not for kEvent
  /// `on` nudges that may wait: until when they are tried again, with what of their event is kept.
  FunctionId valid_for = kNoFunction;  // deadline, from its moment; kNoFunction: one chance only
  FunctionId retry_if = kNoFunction;   // condition; arms its own next change
  std::vector<CapturedField> kept;
  /// Fields of the event that opened the stall's wait: in the record, and where functions read them.
  struct OpeningField {
    std::uint32_t slot = 0;  // of the event frame
    ValueType type = ValueType::kText;
    std::uint32_t offset = 0;
    SlotKind kind = SlotKind::kI64;
  };
  std::vector<OpeningField> opening;
  std::uint32_t opening_time_offset = kNoOffset;  // kI64: the event's time, where there is such a wait
  /// `while` nudges that remind.
  FunctionId repeat_every = kNoFunction;  // deadline, from when it last went out
  std::uint32_t repeat_max = 0;           // 0: as long as the episode lasts
  bool keep_when_over = false;            // an open task stays when the state ends
  /// What is already so when a ruleset that is new begins to watch triggers it.
  bool including_existing = false;
  std::uint32_t trigger_condition = kNoIndex;  // kStall, kCondition
  std::uint32_t channel = 0;
  TextSpec title;
  std::vector<TextSpec> reasons;           // of the stall
  std::vector<std::uint32_t> scores;       // indexes into Ruleset::scores
  std::vector<std::uint32_t> experiments;  // that it takes part in
  std::vector<RouteSpec> routes;
  std::vector<std::string> outcomes;  // that a step may give; empty: any text
  FunctionId due = kNoFunction;       // deadline of a task
  FunctionId expires = kNoFunction;   // deadline; kNoFunction or unknown: kTaskLifeMicros after it went out
  std::vector<RungSpec> ladder;       // in the order of the text
  FunctionId worth = kNoFunction;     // value: out[0]
  ValueType worth_type = ValueType::kMoney;
  std::uint64_t meaning = 0;
};

enum class LimitScope : std::uint8_t { kAll, kNudge, kChannel, kUnit, kMessages, kTasks };
enum class LimitPeriod : std::uint8_t { kRolling, kDay, kWeek, kMonth };

struct LimitSpec {
  std::uint32_t count_max = 0;
  LimitScope scope = LimitScope::kAll;
  std::uint32_t scope_index = kNoIndex;
  LimitPeriod period = LimitPeriod::kRolling;
  std::int64_t rolling_micros = 0;
  /// In the record: kRolling count_max kI64 (instants sent, kUnknown: free); else two kI64 (start of the
  /// period, count).
  std::uint32_t offset = 0;
  std::string text;  // "2 nudges in 7 days", for explanations
};

struct QuietHoursSpec {
  std::int32_t from_minute = 0;
  std::int32_t to_minute = 0;
  FunctionId zone = kNoFunction;       // value: out[0].text; the zone of the hours, if it is one
  FunctionId condition = kNoFunction;  // instead of hours; arms its own next change
};

struct PolicySpec {
  std::string name;
  std::string first_name;  // FirstName()
  std::uint32_t entity = 0;
  std::vector<std::uint32_t> covers;  // nudges
  std::uint32_t best_count = 0;       // 0: no limit on places
  bool best_by_worth = false;
  FunctionId best_by = kNoFunction;  // value: out[0]
  ValueType best_type = ValueType::kMoney;
  std::vector<LimitSpec> limits;
  std::vector<QuietHoursSpec> quiet_hours;
  std::vector<FunctionId> never;      // conditions
  std::vector<TextSpec> never_texts;  // what each of them says, with its values; may be shorter
  double holdout_share = 0;
};

struct ExperimentSpec {
  std::string name;
  std::string first_name;  // FirstName()
  std::uint32_t entity = 0;
  struct Arm {
    std::string name;
    std::uint64_t up_to = 0;  // billionths: the arm of who is below it, and not below the one before
    bool held_out = false;
  };
  std::vector<Arm> arms;
  std::string goal;  // name of the events; empty: none
  std::int64_t goal_micros = 0;
  std::uint32_t exposed_offset = kNoOffset;  // kI64: instant of the first action
  std::uint32_t reached_offset = kNoOffset;  // kI64: instant of the goal
  std::uint32_t nudge = 0;                   // the first of those that take part
};

enum class LatePolicy : std::uint8_t { kApply, kDrop, kDeadLetter };

struct Ruleset {
  std::string name;
  std::string first_name;  // FirstName()
  std::string version;     // hash of its meaning, hexadecimal
  std::string title;
  std::string zone = "UTC";
  std::string currency;
  WireNames wire;
  LatePolicy late = LatePolicy::kApply;
  std::int64_t lateness_micros = 0;
  std::int64_t dedupe_micros = 0;
  std::vector<ChoiceTable> choices;
  std::vector<LookupSpec> lookups;
  std::vector<EventSchema> events;
  std::uint32_t frame_slot_count = 0;   // size of EventFrame::fields
  std::uint32_t before_slot_count = 0;  // values that a step keeps behind them
  std::vector<EntitySpec> entities;
  std::vector<ChannelSpec> channels;
  std::vector<CalendarSpec> calendars;
  std::vector<UnitSpec> units;
  std::vector<ScoreSpec> scores;
  std::vector<NudgeSpec> nudges;
  std::vector<PolicySpec> policies;
  std::vector<ExperimentSpec> experiments;
  std::vector<std::string> function_names;  // by FunctionId
};

/// The functions of a ruleset in one way of executing them. `owner` keeps the code alive.
struct CodeTable {
  std::vector<Code> functions;  // by FunctionId
  std::shared_ptr<const void> owner;
};

/// A ruleset that can run.
struct Program {
  std::shared_ptr<const Ruleset> ruleset;
  std::shared_ptr<const CodeTable> code;
};

}  // namespace lull::runtime
