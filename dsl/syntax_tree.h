// What the author wrote, as plain data: the result of the parser, before names and types are looked at.
//
// Names stay text with a place. Expressions live in one table (SyntaxTree::expressions) and refer to each
// other by id; the operands of an expression have smaller ids than itself. What could not be parsed, or is
// not in this edition, was already reported: expressions are then BadExpr, clauses are left out, and their
// declaration is marked `incomplete` (do not complain about what may be missing from it).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/keywords.h"
#include "dsl/source.h"
#include "dsl/syntax_declaration.h"
#include "dsl/syntax_expr.h"
#include "dsl/syntax_tests.h"

namespace lull::dsl::syntax {

// --- Declarations ---
enum class ChannelKind { kTask, kMessage };
struct Channel {
  Name name;
  ChannelKind kind{};
};
enum class LatePolicy { kApply, kDrop, kDeadLetter };
struct RulesetDecl : Declaration {
  PlainText title;
  PlainText zone;
  Name currency;
  std::vector<Channel> channels;
  PlainText wire_type;  // wire type "kind" time "at" id "uuid"
  PlainText wire_time;
  PlainText wire_id;
  std::optional<LatePolicy> late;
  Span late_span;
  ExprId lateness;  // durations
  ExprId dedupe;
  ExprId stale_after;
  ExprId keep;  // a number
};

struct ChoiceDecl : Declaration {
  std::vector<Name> values;
};

/// The name of a type: text, number, money, flag, duration, time, date, or a choice.
struct TypeRef {
  Name name;
  std::optional<std::int64_t> bytes_max;  // text up to 1_000 bytes
};
struct Attribute {
  Name name;
  TypeRef type;
  ExprId default_value;
  Span span;
};
struct EntityDecl : Declaration {
  Name key;    // none: the one and only
  Name whole;  // within ENTITY
  std::vector<Attribute> attributes;
  std::vector<Name> activity;
  Span activity_span;   // exists if the clause was given
  ExprId forget_after;  // forget after D quiet
};

struct EventField {
  Name name;
  TypeRef type;
  bool optional = false;
  PlainText wire_path;  // from "context.page.path"
  Span span;
};
struct EventDecl : Declaration {
  std::vector<Name> entities;
  PlainText wire_name;
  std::vector<EventField> fields;
  std::vector<Name> sets;
};
struct EventGroupDecl : Declaration {  // events touch = page_viewed, quote_started
  std::vector<Name> events;
};

struct FeatureDecl : Declaration {
  Name entity;
  ExprId value;
};

/// `a [as x] [where C] then b [as y] [where C] ... within D [without c, d] [where C]`; the last `where` is
/// that of the last step.
struct SequenceStep {
  Name event;
  Name name;  // as x
  Span same;  // with same f: not for sequences
  ExprId where;
};
struct Sequence {
  std::vector<SequenceStep> steps;  // none: there is no sequence; else two or more
  ExprId within;
  std::vector<Name> without;
};

enum class TransitionKind {
  kOn,          // on EVENT [where C], on STALL, or on a sequence
  kAfter,       // after D
  kAfterQuiet,  // after D quiet
  kWhen,        // when C
  kOnTaskStep,  // on done|declined|expired NUDGE [where C]
};
enum class TaskEnd { kDone, kDeclined, kExpired };
struct Transition {
  std::vector<Name> from;  // empty if `any`
  bool any = false;
  Name to;
  TransitionKind kind{};
  Name trigger;  // kOn: an event, a group, or a stall; kOnTaskStep: a nudge
  TaskEnd task_end{};
  ExprId where;       // kOn, kOnTaskStep
  Sequence sequence;  // kOn, instead of these two
  ExprId value;       // kAfter, kAfterQuiet: the duration; kWhen: the condition
  Span span;
};
struct JourneyDecl : Declaration {
  Name entity;
  Name start;
  std::vector<Name> ends;
  std::vector<Transition> transitions;
  std::vector<Name> renamed_stages;  // `NAME was OLDER`
};

/// `because "text" [when C]`.
struct Because {
  ExprId text;  // a TextLiteral
  ExprId when;
  Span span;
};
enum class StallKind {
  kNone,        // none was given
  kQuiet,       // quiet D
  kNoFor,       // no E, F [where C] for D
  kFor,         // for D
  kAfter,       // after E [where C] no F, G [with same f] [where C] within D
  kAfterFirst,  // after first E ...
  kAfterEach,   // after each E ...
};
struct StallTrigger {
  StallKind kind = StallKind::kNone;
  Name event;                // kAfter*: E
  Name opening_name;         // kAfter*: `as q`
  ExprId event_where;        // kAfter*
  std::vector<Name> absent;  // kNoFor, kAfter*: the events that have to stay away
  Name same_field;           // kAfter*
  ExprId absent_where;       // kNoFor, kAfter*: `where` after the absent events
  ExprId duration;
  ExprId by;  // kAfter*: `by T` instead of `within D`
  Span span;
};
struct StallDecl : Declaration {
  Name entity;
  std::vector<ExprId> while_conditions;  // all must hold
  std::vector<ExprId> unless;            // any one ends it
  std::vector<ExprId> until;             // any one lets it end
  Span including_existing;
  StallTrigger trigger;
  std::vector<Because> because;
};

struct ScoreLine {
  bool take = false;  // add or take
  ExprId points;
  ExprId when;
  ExprId because;  // a TextLiteral
  Span span;
};
struct ScoreDecl : Declaration {
  Name entity;
  ExprId start;
  std::vector<ScoreLine> lines;
  ExprId kept_low;  // both or none
  ExprId kept_high;
};

struct UnitDecl : Declaration {
  Name hours;         // a calendar
  ExprId open_tasks;  // at most N open tasks
  bool per_key = false;
};

// --- Calendars: days of the week from 0, Monday; days and times both ends in ---
struct WeekdayRange {
  int first = 0;
  int last = 0;  // before `first`: over the weekend
  Span span;
};
struct CalendarHours {  // to the next day if `to` is not later than `from`
  int from_second = 0;
  int to_second = 0;
  Span span;
};
struct DateRange {
  DateLiteral first;
  DateLiteral last;
  Span span;
};
struct YearDay {
  int month = 1;
  int day = 1;
};
struct YearlyRange {
  YearDay first;
  YearDay last;
  Span span;
};
enum class CalendarClauseKind { kWeek, kClosed, kOpen };
struct CalendarClause {
  CalendarClauseKind kind{};
  std::vector<WeekdayRange> weekdays;  // kWeek
  std::vector<DateRange> dates;        // kClosed, kOpen
  std::vector<YearlyRange> yearly;     // kClosed
  std::vector<CalendarHours> hours;    // kWeek (none: closed), kOpen
  Span span;
};
struct CalendarDecl : Declaration {
  PlainText zone;
  std::vector<CalendarClause> clauses;
};

enum class MomentKind {
  kName,       // on NAME [where C]: an event, a group, a stall, or a condition that has a name
  kEntering,   // on JOURNEY entering STAGE
  kCondition,  // on C: a condition becoming true
  kEvery,      // on every ... at TIME
  kSequence,   // on a then b within D
};
/// every monday, friday at 09:00; every open day of CALENDAR at 08:00; every month on day 1 at 09:00
struct Schedule {
  std::vector<Name> days;  // "day", "weekday", "monday", ...; empty: one of the next two is given
  Name calendar;
  ExprId month_day;
  ExprId clock;
};
struct Moment {
  MomentKind kind{};
  Name name;          // kName; kEntering: the journey
  ExprId where;       // kName
  Name stage;         // kEntering
  ExprId condition;   // kCondition
  Schedule schedule;  // kEvery
  Sequence sequence;  // kSequence
  Span span;
};
struct Destination {
  Name unit;
  ExprId key;
  Span span;
};
/// `otherwise [after D] to UNIT [/ key]`.
struct Rung {
  ExprId after;
  Destination to;
  Span span;
};
struct NudgeDecl : Declaration {
  Name entity;
  std::optional<Moment> on;
  ExprId while_condition;
  std::vector<ExprId> if_conditions;  // all must hold
  Name channel;
  ExprId text;                  // a TextLiteral
  std::vector<Destination> to;  // the first, then each `else`
  ExprId worth;
  ExprId again_after;
  std::vector<ExprId> withdraw_when;  // any one withdraws
  ExprId valid_for;
  ExprId repeat_every;
  ExprId repeat_max;  // a number
  Span keep_when_over;
  Span including_existing;
  std::vector<Name> outcomes;  // outcomes reached, not_reached
  Span outcomes_span;          // exists if the clause was given
  ExprId due;                  // due D, or due by T
  bool due_by = false;
  std::vector<Rung> ladder;
  ExprId expires_after;
};

enum class LimitPer { kRolling, kDay, kWeek, kMonth };
struct Limit {  // at most N [X] in D | per day|week|month
  ExprId count;
  Name subject;  // `nudges` or none: all; else a channel, a unit, or a nudge
  LimitPer per{};
  ExprId duration;  // kRolling
  Span span;
};
struct QuietHours {
  ExprId from;  // from and to, or a condition
  ExprId to;
  ExprId zone;  // of `from` and `to`: in zone EXPR
  ExprId condition;
  bool outside = false;  // quiet while the condition does not hold
  Span span;
};
struct PolicyDecl : Declaration {
  Name entity;
  std::vector<Name> covers;
  Span covers_span;  // exists if the clause was given
  ExprId best_count;
  ExprId best_by;
  std::vector<Limit> limits;
  std::vector<QuietHours> quiet_hours;
  std::vector<ExprId> never;
  ExprId holdout;
};

struct Arm {  // arm a 50% [held out]
  Name name;
  ExprId share;
  bool held_out = false;
  Span span;
};
struct ExperimentDecl : Declaration {
  Name entity;
  std::vector<Arm> arms;
  Name goal;  // goal E [where C] within D; none: nothing is counted
  ExprId goal_where;
  ExprId goal_within;
  Span goal_span;
};

/// use "../common"
struct UseDecl {
  PlainText path;
};

/// What a declaration that cannot be read was to declare: uses of it are not errors of their own.
struct LostName {
  Name name;
};

/// Where the parser saw a declaration, the brace of a block, or a clause begin: the outline of the text, for
/// the formatter and editors.
struct LayoutMark {
  enum class Kind : std::uint8_t { kDeclaration, kBlock, kClause };
  Kind kind{};
  SourceId source;
  std::uint32_t offset = 0;
  BlockKind block{};  // kBlock
};

struct SyntaxTree {
  std::vector<Expr> expressions;

  std::vector<RulesetDecl> rulesets;  // one in a good ruleset
  std::vector<ChoiceDecl> choices;
  std::vector<EntityDecl> entities;
  std::vector<EventDecl> events;
  std::vector<EventGroupDecl> groups;
  std::vector<FeatureDecl> features;
  std::vector<JourneyDecl> journeys;
  std::vector<StallDecl> stalls;
  std::vector<ScoreDecl> scores;
  std::vector<CalendarDecl> calendars;
  std::vector<UnitDecl> units;
  std::vector<NudgeDecl> nudges;
  std::vector<PolicyDecl> policies;
  std::vector<TestDecl> tests;
  std::vector<ExperimentDecl> experiments;
  std::vector<LostName> lost_names;
  bool incomplete = false;  // a file could not be read at all: what it declares would be missed everywhere
  std::vector<UseDecl> uses;
  std::vector<LayoutMark> marks;  // in the order of the text

  const Expr& operator[](ExprId id) const { return expressions[id.index]; }
};

}  // namespace lull::dsl::syntax
