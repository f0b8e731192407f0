// The checked program: what a ruleset means, after names and types are resolved.
//
// A plain value made by Check() (dsl/check.h) and read by the compiler. Everything is an index into one of
// the tables below; kNone stands for "not there". A program that has errors is never handed to the compiler.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dsl/checked_expr.h"
#include "dsl/checked_tests.h"
#include "dsl/decision_graph.h"
#include "dsl/source.h"
#include "runtime/base/local_period.h"

namespace lull::dsl {

struct Choice {
  std::string name;
  std::vector<std::string> values;
  Span span;
};

struct Attribute {
  std::string name;
  EntityId entity = kNone;
  Type type;
  ExprId default_value = kNone;  // a literal
  Span span;
};

struct Entity {
  std::string name;
  std::string key;         // name of the key field on the wire; empty: the one and only
  EntityId whole = kNone;  // of a part: what it lives within
  std::vector<AttributeId> attributes;
  EventSetId activity = kNone;
  std::int64_t forget_after_micros = 0;  // 0: never
  std::string doc;
  Span span;
};

struct EventField {
  std::string name;
  std::string wire_path;  // dotted path in the JSON object; the name unless `from` says otherwise
  Type type;
  bool optional = false;  // `?`, or named by `sets` only
  std::uint32_t text_bytes_max = 256;
  Span span;
};

struct SetsAttribute {
  AttributeId attribute = kNone;
  std::uint32_t field = kNone;  // index into Event::fields
};

/// What an event of the engine's own kind says of a task. Its fields are `task`, `outcome` and `by`.
enum class TaskStep : std::uint8_t { kNo, kDone, kDeclined, kClaimed, kReleased };

struct Event {
  std::string name;
  std::string wire_type;  // the name unless `from` says otherwise
  /// Those named after `of`, then the wholes of parts among them, which see the event with their part.
  std::vector<EntityId> entities;
  std::uint32_t named_count = 0;
  std::vector<EventField> fields;
  std::vector<SetsAttribute> sets;
  TaskStep task_step = TaskStep::kNo;
  std::string doc;
  Span span;
};

/// One event, a group, an activity or a list: a set of events, sorted by id, each different set listed once.
struct EventSet {
  std::vector<EventId> events;
  std::string
      name;  // as the analyst wrote it: "page_viewed", "touch", "activity", "order_placed, store_visit"
};

enum class AggregateFunction : std::uint8_t {
  kCount,
  kSum,
  kAverage,
  kMinimum,
  kMaximum,
  kCountDifferent,
  kFirst,
  kLatest,
  kAny,
  kTimeSince,
  kGap,
};
enum class WindowKind : std::uint8_t { kEver, kLast, kSince, kSinceEntered, kBeforeThat, kPeriod };

struct Aggregate {
  AggregateFunction function = AggregateFunction::kCount;
  EntityId entity = kNone;
  EventSetId events = kNone;
  /// Field that is summed, averaged, ... or read from the first or latest event ("time" for its time); empty
  /// for count, any, time since and gap.
  std::string field;
  Type type;
  /// Decided when the event is applied; reads fields with scope kOwn, attributes and features.
  ExprId where = kNone;
  /// `with same f`: only events whose f equals same_value (a kField of scope kTrigger); empty: none.
  std::string same_field;
  ExprId same_value = kNone;
  WindowKind window = WindowKind::kEver;
  std::int64_t last_micros = 0;     // kLast: (now - D, now]; kBeforeThat: (now - 2 D, now - D]
  EventSetId since = kNone;         // kSince
  JourneyId since_journey = kNone;  // kSinceEntered
  std::uint32_t since_stage = 0;
  LocalPeriod period = LocalPeriod::kDay;  // kPeriod
  std::uint32_t periods_back = 0;          // 0 is the one that lasts
  Span span;
};

struct Feature {
  std::string name;
  EntityId entity = kNone;
  ExprId value = kNone;  // kNone: a feature that stands for `latest E` and is read with a dot only
  Type type;
  std::string doc;
  Span span;
};

enum class TransitionKind : std::uint8_t { kEvent, kStallBegins, kAfter, kAfterQuiet, kWhen, kTaskEnd };
enum class TaskEnd : std::uint8_t { kDone, kDeclined, kExpired };

/// Events one after the other. It begins anew when it has come to its end, and with each first step.
struct SequenceStep {
  EventSetId events = kNone;
  ExprId where = kNone;  // fields of the step's event have scope kOwn, those of earlier steps kStep
  std::string name;      // what the text calls it
};
struct Sequence {
  EntityId entity = kNone;
  std::vector<SequenceStep> steps;  // two or more
  ExprId duration = kNone;          // from the first to the last
  EventSetId without = kNone;       // one of these, and it has to begin anew
};

struct Transition {
  std::vector<std::uint32_t> from;  // stages; `any` is already expanded
  std::uint32_t to = 0;
  TransitionKind kind = TransitionKind::kEvent;
  EventSetId events = kNone;    // kEvent, kTaskEnd unless expired (the steps)
  ExprId where = kNone;         // kEvent, kTaskEnd; fields have scope kTrigger
  NudgeId nudge = kNone;        // kTaskEnd
  TaskEnd task_end{};           // kTaskEnd
  SequenceId sequence = kNone;  // kEvent: its last step has to be such an event
  StallId stall = kNone;        // kStallBegins
  ExprId duration = kNone;      // kAfter, kAfterQuiet
  ExprId when = kNone;          // kWhen
  Span span;
};

struct Stage {
  std::string name;
  bool is_end = false;
  Span span;
};

struct Journey {
  std::string name;
  EntityId entity = kNone;
  std::vector<Stage> stages;
  std::uint32_t start = 0;
  std::vector<Transition> transitions;  // in the order of the text, which is their priority
  std::string doc;
  Span span;
};

enum class StallForm : std::uint8_t { kQuiet, kNo, kAfter, kAfterFirst, kAfterEach, kFor };

/// Whether it waits for an answer to one event at a time.
constexpr bool IsSingleWait(StallForm form) {
  return form == StallForm::kAfter || form == StallForm::kAfterFirst;
}

/// A reason, given where `when` holds (kNone: always).
struct Reason {
  ExprId text = kNone;
  ExprId when = kNone;
};

struct Stall {
  std::string name;
  EntityId entity = kNone;
  ExprId while_condition = kNone;
  ExprId unless_condition = kNone;
  /// Once begun, it lasts until this is yes and what made it a stall is over.
  ExprId until_condition = kNone;
  bool including_existing = false;
  StallForm form = StallForm::kQuiet;
  EventSetId opening = kNone;    // E of the `after` forms
  ExprId opening_where = kNone;  // fields have scope kOwn
  EventSetId awaited = kNone;    // F of the `after` forms, E of `no E for`
  ExprId awaited_where = kNone;  // fields of F have scope kOwn, those of the opening E kTrigger
  std::string same_field;        // F counts only with the same value of this field as E; empty: any F
  ExprId duration = kNone;
  ExprId by = kNone;         // of the `after` forms: an instant, instead of the duration
  std::string opening_name;  // what the text calls E
  std::vector<Reason> reasons;
  std::string doc;
  Span span;
};

struct ScorePart {
  ExprId points = kNone;  // number
  bool take = false;
  ExprId when = kNone;     // kNone: always
  ExprId because = kNone;  // kNone: no reason travels
};

struct Score {
  std::string name;
  EntityId entity = kNone;
  ExprId start = kNone;  // kNone: 0
  std::vector<ScorePart> parts;
  ExprId minimum = kNone;
  ExprId maximum = kNone;
  std::string doc;
  Span span;
};

/// Minutes of the day; `to` is later than `from`, by at most a day, and may lie in the next day.
struct CalendarHours {
  std::int32_t from_minute = 0;
  std::int32_t to_minute = 0;
};
/// Days since 1970-01-01; both ends in.
struct CalendarDays {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
/// From the later to the earlier date: over New Year. Both ends in.
struct CalendarYearlyDays {
  std::int32_t first_month = 1;
  std::int32_t first_day = 1;
  std::int32_t last_month = 1;
  std::int32_t last_day = 1;
};
struct CalendarSpecialHours {
  std::int64_t day = 0;
  CalendarHours hours;
};
/// What it means: runtime/calendar.h.
struct Calendar {
  std::string name;
  std::string zone;
  std::array<std::vector<CalendarHours>, 7> week;  // Monday first
  std::vector<CalendarDays> closed;
  std::vector<CalendarYearlyDays> closed_yearly;
  std::vector<CalendarSpecialHours> special;
  std::string doc;
  Span span;
};

struct Unit {
  std::string name;
  std::string doc;
  Span span;
  CalendarId hours = kNone;
  std::uint32_t open_tasks_max = 0;  // 0: no limit
  bool open_tasks_per_key = false;
};

struct Channel {
  std::string name;
  bool is_task = false;
  Span span;
};

enum class TriggerKind : std::uint8_t {
  kEvent,           // on E [where ...]
  kStallBegins,     // on STALL
  kStageEntered,    // on JOURNEY entering STAGE
  kConditionRises,  // on CONDITION
  kWhileStall,      // while STALL
  kWhileCondition,  // while CONDITION (a stage too)
  kClock,           // on every ... at TIME
};

enum class ScheduleKind : std::uint8_t { kWeekdays, kMonthDay, kOpenDays };

/// Instants that come again: a time of day on some local days of the ruleset's zone (kOpenDays: the
/// calendar's).
struct Schedule {
  ScheduleKind kind = ScheduleKind::kWeekdays;
  std::uint8_t weekdays = 0;    // kWeekdays: bit 0 is Monday
  std::int32_t month_day = 1;   // kMonthDay: 1..31, the last day where the month is shorter
  CalendarId calendar = kNone;  // kOpenDays
  std::int32_t second_of_day = 0;
};

struct Route {
  UnitId unit = kNone;
  ExprId key = kNone;  // kNone: the unit has no key here
};

/// A step of the ladder of a task that nobody takes in hand.
struct Rung {
  ExprId after = kNone;  // duration from the first hand-out; kNone: when the task is due
  Route to;
};

struct Nudge {
  std::string name;
  EntityId entity = kNone;
  TriggerKind trigger = TriggerKind::kEvent;
  EventSetId events = kNone;
  ExprId where = kNone;
  SequenceId sequence = kNone;  // kEvent: its last step has to be such an event
  StallId stall = kNone;
  JourneyId journey = kNone;
  std::uint32_t stage = 0;
  ExprId condition = kNone;
  Schedule schedule;  // kClock
  ExprId if_condition = kNone;
  ChannelId channel = kNone;
  ExprId title = kNone;
  /// Tried in order: the first whose key is known, or that has none.
  std::vector<Route> routes;
  ExprId worth = kNone;
  ExprId again_after = kNone;    // duration
  ExprId valid_for = kNone;      // duration; kNone: an `on` nudge has its moment only
  ExprId repeat_every = kNone;   // duration; of `while` nudges
  std::uint32_t repeat_max = 0;  // 0: as long as the state lasts
  bool keep_when_over = false;
  bool including_existing = false;
  ExprId withdraw_when = kNone;
  ChoiceId outcomes = kNone;  // what a step may say of its tasks; kNone: any text
  ExprId due = kNone;         // duration from when it goes out, or a time
  std::vector<Rung> ladder;
  ExprId expires_after = kNone;  // duration; kNone: 30 days
  /// Experiments whose arm decides or says something of the nudge, directly or through what it reads.
  std::vector<ExperimentId> experiments;
  /// Scores that the rule uses, directly or through features: their reasons travel with the action.
  std::vector<ScoreId> scores;
  std::string doc;
  Span span;

  /// Whether it is a `while` nudge: it may go out as long as a state lasts.
  bool lasts() const {
    return trigger == TriggerKind::kWhileStall || trigger == TriggerKind::kWhileCondition;
  }
};

enum class LimitScope : std::uint8_t { kAll, kNudge, kChannel, kUnit, kMessages, kTasks };
enum class LimitPeriod : std::uint8_t { kRolling, kDay, kWeek, kMonth };

struct Limit {
  std::uint32_t count_max = 0;
  LimitScope scope = LimitScope::kAll;
  std::uint32_t scope_index = kNone;
  LimitPeriod period = LimitPeriod::kRolling;
  std::int64_t rolling_micros = 0;
  Span span;
};

struct QuietHours {
  std::int32_t from_minute = 0;  // of the local day; from > to spans midnight
  std::int32_t to_minute = 0;
  ExprId zone = kNone;       // a text: the zone of the hours; unknown or no zone: the ruleset's
  ExprId condition = kNone;  // instead of hours
};

/// A condition that holds, as it was written, with the values that it hangs on:
/// pieces[0] {values[0]} pieces[1] ... pieces[n].
struct ConditionText {
  std::vector<std::string> pieces;
  std::vector<ExprId> values;
};

struct Policy {
  std::string name;
  EntityId entity = kNone;
  std::vector<NudgeId> covers;   // resolved: all nudges of the entity unless listed
  std::uint32_t best_count = 0;  // 0: no `best`
  ExprId best_by = kNone;
  bool best_by_worth = false;  // `best N by worth`: each nudge's own worth
  std::vector<Limit> limits;
  std::vector<QuietHours> quiet_hours;
  std::vector<ExprId> never;
  std::vector<ConditionText> never_texts;  // one for each; none where the program has no sources
  double holdout_share = 0;                // 0..1
  std::string doc;
  Span span;
};

struct Arm {
  std::string name;
  std::uint64_t share = 0;  // in billionths; those of an experiment add up to 1'000'000'000
  bool held_out = false;    // what would go out is counted and not sent
};

struct Experiment {
  std::string name;
  EntityId entity = kNone;
  std::vector<Arm> arms;
  ChoiceId choice = kNone;  // whose values are the arms
  EventSetId goal = kNone;
  ExprId goal_where = kNone;  // fields have scope kTrigger
  std::int64_t goal_micros = 0;
  std::string doc;
  Span span;
};

enum class LatePolicy : std::uint8_t { kApply, kDrop, kDeadLetter };

struct RulesetHeader {
  std::string name;
  std::string title;
  std::string zone = "UTC";
  std::string currency;  // empty: no money
  std::string wire_type = "type";
  std::string wire_time;  // empty: time, ts or timestamp
  std::string wire_id = "id";
  LatePolicy late = LatePolicy::kApply;
  std::int64_t lateness_micros = 0;
  std::int64_t dedupe_micros = 0;  // 0: off
  std::uint32_t keep_count = 4'096;
  /// After downtime, what would have gone out longer ago than this is recorded and not sent.
  std::int64_t stale_after_micros = 24 * 3'600'000'000LL;
  Span span;
};

/// A decision table whose cells and results are all fixed: the first row in which each input is in its cell
/// gives the value; unknown if there is none.
struct Lookup {
  /// By input: the texts with codes of their own, sorted; all others have the code after the last.
  std::vector<std::vector<std::string>> texts;
  std::vector<std::vector<CellSet>> rows;
  std::vector<ExprId> results;  // by row: literals
  DecisionGraph graph;
  bool has_gap = false;  // known inputs may fit no row
  std::string hash;      // of the rows and their results
  /// The same as a chain of `if`, where it is not too long: for inputs that run with the clock.
  ExprId chain = kNone;
};

struct CheckedProgram {
  RulesetHeader header;
  std::vector<Expr> exprs;
  std::vector<Choice> choices;
  std::vector<Entity> entities;
  std::vector<Attribute> attributes;
  std::vector<Event> events;
  std::vector<EventSet> event_sets;
  std::vector<Aggregate> aggregates;
  std::vector<Feature> features;  // decision tables, too
  std::vector<Lookup> lookups;
  std::vector<Sequence> sequences;
  std::vector<Journey> journeys;
  std::vector<Stall> stalls;
  std::vector<Score> scores;
  std::vector<Calendar> calendars;
  std::vector<Unit> units;
  std::vector<Channel> channels;
  std::vector<Nudge> nudges;
  std::vector<Policy> policies;
  /// No part of what the ruleset means: they change neither its version nor what is compiled.
  std::vector<Test> tests;
  std::vector<Experiment> experiments;

  /// The same with the first names of all that was renamed (`was`), by which state and ids go; null if
  /// nothing was.
  std::shared_ptr<const CheckedProgram> first_named;

  const Expr& expr(ExprId id) const { return exprs[id]; }
  const CheckedProgram& by_first_names() const { return first_named ? *first_named : *this; }
  /// Whether a duration is the same whenever it is read, so that a deadline counted from it stays.
  bool IsFixedDuration(ExprId id) const {
    const Expr& duration = exprs[id];
    const bool by_calendar = duration.kind == ExprKind::kOpenTime || duration.kind == ExprKind::kOpenDays ||
                             duration.kind == ExprKind::kMonths;
    return (by_calendar ? exprs[duration.args[0]] : duration).kind == ExprKind::kLiteral;
  }
};

}  // namespace lull::dsl
