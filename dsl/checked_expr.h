// Expressions of the checked program (dsl/checked_program.h), and the numbers by which all its parts are
// named.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsl/source.h"

namespace lull::dsl {

using ExprId = std::uint32_t;
using ChoiceId = std::uint32_t;
using EntityId = std::uint32_t;
using AttributeId = std::uint32_t;
using EventId = std::uint32_t;
using EventSetId = std::uint32_t;
using AggregateId = std::uint32_t;
using FeatureId = std::uint32_t;
using JourneyId = std::uint32_t;
using StallId = std::uint32_t;
using SequenceId = std::uint32_t;
using ScoreId = std::uint32_t;
using UnitId = std::uint32_t;
using CalendarId = std::uint32_t;
using ChannelId = std::uint32_t;
using NudgeId = std::uint32_t;
using PolicyId = std::uint32_t;
using ExperimentId = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xFFFF'FFFF;

enum class TypeKind : std::uint8_t {
  kFlag,
  kNumber,
  kMoney,
  kDuration,
  kTime,
  kDate,
  kText,
  kChoice,
  kStage,
  /// Months, or time in which a calendar is open: no fixed length, so it only makes one instant from another.
  kCalendarDuration
};

/// `of` is the ChoiceId of a choice and the JourneyId of a stage.
struct Type {
  TypeKind kind = TypeKind::kFlag;
  std::uint32_t of = kNone;
  friend bool operator==(Type, Type) = default;
};

enum class ExprKind : std::uint8_t {
  kLiteral,    // integer (all but number and text), number, or text
  kTemplate,   // texts[0] {args[0]} texts[1] {args[1]} ... texts[n]; args of any type
  kAttribute,  // index = AttributeId
  kField,      // text = field name, or "time"; of the event named by `scope`; index = its EventSetId
  kFeature,    // index = FeatureId
  kScore,      // index = ScoreId
  kStage,      // index = JourneyId; the stage it is in
  kStall,      // index = StallId; yes while the stall lasts
  kAggregate,  // index = AggregateId
  kNot,
  kAnd,
  kOr,  // flags; two-valued: an unknown flag counts as no
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kCompare,  // args[0] `compare` args[1]; both of one type
  kOneOf,    // args[0] is one of args[1..]
  kStartsWith,
  kEndsWith,
  kContains,
  kLike,  // texts; the pattern of kLike is args[1], a literal
  kIf,    // if args[0] then args[1] else args[2]
  kSmaller,
  kLarger,  // of all args
  kRound,   // args[0], by `rounding`
  kLowerCase,
  kLength,
  kIsKnown,
  kIsUnknown,
  kOrElse,      // args[0], or args[1] where that is unknown
  kTimeUntil,   // duration until the time args[0], never below zero
  kTimeOnDay,   // second `integer` of the local day args[0], a date; 86,400 is its end
  kNextYearly,  // the next date, today included, with the month and day of the date args[0]
  kBeforeThis,  // args[0] just before the event in hand; index = EventSetId of the events it may be
  kKey,         // of the entity; a text
  kTimeIn,      // duration since the journey `index` entered stage `integer`; unknown where it is not in it
  kOpenTimeIn,  // of a kTimeIn, the time in which calendar `index` was open
  /// args[0] as the whole has it, read by its part: an attribute, feature, score, stage, stall, aggregate or
  /// arm.
  kOfWhole,
  kCalendarOpen,  // index = CalendarId; yes while it is open
  // Of kCalendarDuration, index = CalendarId: so long in which it is open; so many of its open days; so many
  // months (no calendar). kAdd, kSubtract, kIf, kOrElse and kFeature may be of this type too.
  kOpenTime,
  kOpenDays,
  kMonths,
  kArm,          // index = ExperimentId; which arm the entity is in
  kTaskOutcome,  // what the task step in hand says, as one of the outcomes of the nudge `index`
  kUnknown,      // of its type
  kLookup,       // a table looked up: the inputs are args; index = that of Lookup
};

enum class CompareOp : std::uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
enum class Rounding : std::uint8_t { kNearest, kUp, kDown };

/// The event whose field is read: the trigger of the rule (or the opening event of a wait), or the event that
/// an aggregate, a transition or a wait is looking at.
/// kStep: step Expr::integer of the sequence that has come to its end.
enum class FieldScope : std::uint8_t { kTrigger, kOwn, kStep };

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  Type type;
  CompareOp compare = CompareOp::kEqual;
  Rounding rounding = Rounding::kNearest;
  FieldScope scope = FieldScope::kTrigger;
  bool may_be_unknown = false;
  /// Whether the value can change by time alone.
  bool depends_on_time = false;
  std::uint32_t index = kNone;
  /// Flag 0/1, money in 1/10000, duration and time in microseconds, date in days since 1970-01-01, choice and
  /// stage by position.
  std::int64_t integer = 0;
  double number = 0;
  /// A number literal written as a percentage is exactly integer / 10^decimals; `number` is the nearest
  /// double. 0 for all else.
  std::uint8_t decimals = 0;
  std::string text;
  std::vector<std::string> texts;
  std::vector<ExprId> args;
  Span span;
};

}  // namespace lull::dsl
