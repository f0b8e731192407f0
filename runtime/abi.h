// The functions that generated code may call: one table row, one plain function, one test each.
//
// Generated code does arithmetic, comparisons and plain slots itself; what is rare, long or owns memory is
// here. All take what they need by value. A Moment that is passed is open on the entity's record. `arm` says
// whether the reader is a condition: then the earliest instant at which the value changes by time lowers
// Moment::next_wake. Unknown: kUnknown, NaN, null text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/moment.h"

namespace lull::runtime {

/// How values pass between generated code and the runtime. kBool is 0 or 1.
enum class AbiType : std::uint8_t { kVoid, kMoment, kU32, kBool, kI64, kF64, kText };

/// A value of any AbiType, for the interpreter.
union AbiValue {
  std::uint64_t bits;
  std::int64_t integer;
  double number;
  TextView text;

  AbiValue() : text{} {}
};

struct AbiFunction {
  const char* name;
  AbiType result;
  std::vector<AbiType> parameters;  // without the Moment, if takes_moment
  bool takes_moment;
  void* address;  // for generated code: (Moment*,)? parameters...
  /// For the interpreter: the same call with boxed values.
  AbiValue (*call)(void* address, Moment* moment, const AbiValue* arguments);
};

/// In the order of AbiId.
std::span<const AbiFunction> AbiFunctions();

// Name, then the C++ function below: keep the order, it is the numbering.
// clang-format off
#define LULL_ABI_FUNCTIONS(X) \
  X(TextLoad) X(TextStore) X(TextEqual) X(TextStartsWith) X(TextEndsWith) X(TextContains) X(TextLike) \
  X(TextLowerCase) X(TextLength) \
  X(Scale) X(ScaleDown) X(Ratio) X(RoundNumber) X(RoundMoney) \
  X(WindowPush) X(WindowColumnI64) X(WindowColumnF64) X(WindowColumnText) X(WindowClear) \
  X(SameI64) X(SameF64) X(SameText) \
  X(AggregateI64) X(AggregateF64) X(AggregateText) \
  X(ConditionEdge) X(ConditionBefore) X(StallBegan) \
  X(MayEnter) X(Enter) \
  X(EachOpen) X(EachAnswer) X(EachUpdate) X(EachBefore) \
  X(Due) X(ArmCrossing) \
  X(WholeI64) X(WholeF64) X(WholeText) \
  X(EntityKey) X(TimeOnDay) X(NextYearly) X(ArmStep) \
  X(CalendarIsOpen) X(OpenTimeBetween) X(AfterOpenTime) X(AfterOpenDays) X(AfterMonths) \
  X(DateAfterOpenDays) X(DateAfterMonths) \
  X(TaskEnded) X(TaskOutcome) X(Arm) X(Goal) \
  X(LookupI64) X(LookupF64) X(LookupText) X(LookupGivesI64) X(LookupGivesF64) X(LookupGivesText)
// clang-format on

enum class AbiId : std::uint16_t {
#define X(name) k##name,
  LULL_ABI_FUNCTIONS(X)
#undef X
};

namespace abi {

// ---- Texts
TextView TextLoad(Moment* moment, std::uint32_t offset);
void TextStore(Moment* moment, std::uint32_t offset, TextView value);
std::uint64_t TextEqual(TextView a, TextView b);  // 0 if either is unknown; so are the next four
std::uint64_t TextStartsWith(TextView a, TextView b);
std::uint64_t TextEndsWith(TextView a, TextView b);
std::uint64_t TextContains(TextView a, TextView b);
std::uint64_t TextLike(TextView a, TextView pattern);  // `*` stands for any bytes
TextView TextLowerCase(Moment* moment, TextView a);    // ASCII; lives until the moment ends
double TextLength(TextView a);                         // in characters (code points)

// ---- Exact arithmetic
std::int64_t Scale(std::int64_t a, double factor);       // money or duration times number; half-even, once
std::int64_t ScaleDown(std::int64_t a, double divisor);  // divided by number; half-even, once
double Ratio(std::int64_t a, std::int64_t b);            // unknown if b is 0
double RoundNumber(double a, std::uint32_t rounding);    // 0 nearest (half away from zero), 1 up, 2 down
std::int64_t RoundMoney(std::int64_t a, std::uint32_t rounding);  // to whole units of the currency

// ---- Windows (EntitySpec::windows, ::aggregates)
/// Inserts an entry at its time (after its equals); the WindowColumn calls that follow fill it. Columns start
/// unknown. With distinct_only the entry stays only if the first column's value is new.
void WindowPush(Moment* moment, std::uint32_t window, std::int64_t time);
void WindowColumnI64(Moment* moment, std::uint32_t window, std::uint32_t column, std::int64_t value);
void WindowColumnF64(Moment* moment, std::uint32_t window, std::uint32_t column, double value);
void WindowColumnText(Moment* moment, std::uint32_t window, std::uint32_t column, TextView value);
void WindowClear(Moment* moment, std::uint32_t window);
/// The value that the next aggregate with a same_column compares with, or that the next EachOpen or
/// EachAnswer has.
void SameI64(Moment* moment, std::int64_t value);
void SameF64(Moment* moment, double value);
void SameText(Moment* moment, TextView value);
/// An aggregate whose value is money, duration, time, date, flag or choice; a number (counts are numbers); a
/// text.
std::int64_t AggregateI64(Moment* moment, std::uint32_t aggregate, std::uint64_t arm);
double AggregateF64(Moment* moment, std::uint32_t aggregate, std::uint64_t arm);
TextView AggregateText(Moment* moment, std::uint32_t aggregate, std::uint64_t arm);

// ---- Conditions and journeys
/// `value` differs from the held bit: opens or closes the condition, unless it is early (semantics: moments).
void ConditionEdge(Moment* moment, std::uint32_t condition, std::uint64_t value);
/// The condition's value just before the event: closes it if held and no; marks it early if not held and yes.
void ConditionBefore(Moment* moment, std::uint32_t condition, std::uint64_t value);
/// Whether the stall's condition opened in the moment that this one follows.
std::uint64_t StallBegan(Moment* moment, std::uint32_t condition);
/// Whether the journey has not been in this stage in this moment and those it follows.
std::uint64_t MayEnter(Moment* moment, std::uint32_t journey, std::uint32_t stage);
void Enter(Moment* moment, std::uint32_t journey, std::uint32_t stage);

// ---- Waits of `after each`
/// A wait begins at `time`. `deadline` (unknown: never) decides whether a late one still may begin.
void EachOpen(Moment* moment, std::uint32_t wait, std::int64_t time, std::int64_t deadline);
/// Answers all waits, or those whose value equals Moment::same.
void EachAnswer(Moment* moment, std::uint32_t wait, std::uint64_t with_same);
/// Lets waits fall due at their deadlines, if `gate` (while and not unless) holds; arms the next. Returns
/// whether an unanswered overdue wait exists and the gate holds.
std::uint64_t EachUpdate(Moment* moment, std::uint32_t wait, std::uint64_t gate);
std::uint64_t EachBefore(Moment* moment, std::uint32_t wait, std::uint64_t gate);

// ---- Nudges and wake-ups
/// A nudge `on` an event is due in this moment (its `if` holds, `again after` is over).
void Due(Moment* moment, std::uint32_t nudge);
/// Arms the instant at which the difference (a value function: out[0].number) comes to another side of zero.
/// It must not turn back before Moment::next_wake as it is by then: where it bends or jumps has been armed.
void ArmCrossing(Moment* moment, std::uint32_t difference);

// ---- Parts (runtime/parts.h), while one is in hand
/// A value function run over the whole: its out[0]. What it arms wakes the part.
std::int64_t WholeI64(Moment* moment, std::uint32_t function);
double WholeF64(Moment* moment, std::uint32_t function);
TextView WholeText(Moment* moment, std::uint32_t function);

// ---- Time and the calendar
TextView EntityKey(Moment* moment);
/// The instant of a second of a local day, 0..86400.
std::int64_t TimeOnDay(Moment* moment, std::int64_t day, std::int64_t second);
/// The first date, from the local day of `clock` on, with the month and day of a date; 29 February is the
/// 28th in a year that has none.
std::int64_t NextYearly(Moment* moment, std::int64_t day, std::int64_t clock);
/// The same as ArmCrossing for the first instant at which the bits of a value function's out[0] are others.
void ArmStep(Moment* moment, std::uint32_t value);

// ---- Calendars (Ruleset::calendars; what they mean: runtime/calendar.h). Months are those of the ruleset's
// ---- zone. Counts are made whole, upwards. Unknown in, unknown out; unknown if there is no such instant.
/// Whether it is open at an instant; `arm`: its next edge after that.
std::uint64_t CalendarIsOpen(Moment* moment, std::uint32_t calendar, std::int64_t at, std::uint64_t arm);
/// Unknown if an instant is.
std::int64_t OpenTimeBetween(Moment* moment, std::uint32_t calendar, std::int64_t from, std::int64_t to);
std::int64_t AfterOpenTime(Moment* moment, std::uint32_t calendar, std::int64_t start, std::int64_t micros);
std::int64_t AfterOpenDays(Moment* moment, std::uint32_t calendar, std::int64_t start, double count);
std::int64_t AfterMonths(Moment* moment, std::int64_t start, double count);
std::int64_t DateAfterOpenDays(Moment* moment, std::uint32_t calendar, std::int64_t day, double count);
std::int64_t DateAfterMonths(Moment* moment, std::int64_t day, double count);

// ---- Tasks
/// Whether a task of the nudge ended in this moment in this way (a runtime::DecisionKind).
std::uint64_t TaskEnded(Moment* moment, std::uint32_t nudge, std::uint32_t kind);
/// The outcome of the step in hand, as one of the nudge's; unknown if it is none.
std::int64_t TaskOutcome(Moment* moment, std::uint32_t nudge);

// ---- Experiments
/// The entity's arm.
std::int64_t Arm(Moment* moment, std::uint32_t experiment);
/// The event in hand is the experiment's goal.
void Goal(Moment* moment, std::uint32_t experiment);

// ---- Decision tables (Ruleset::lookups)
/// The step from a node for the value of its input: the next node, or after the last input a row; unknown
/// where no row fits. `at` is -1 at the first input.
std::int64_t LookupI64(Moment* moment, std::uint32_t table, std::int64_t at, std::int64_t value);
std::int64_t LookupF64(Moment* moment, std::uint32_t table, std::int64_t at, double value);
std::int64_t LookupText(Moment* moment, std::uint32_t table, std::int64_t at, TextView value);
/// What a row gives; unknown for an unknown row.
std::int64_t LookupGivesI64(Moment* moment, std::uint32_t table, std::int64_t row);
double LookupGivesF64(Moment* moment, std::uint32_t table, std::int64_t row);
TextView LookupGivesText(Moment* moment, std::uint32_t table, std::int64_t row);

}  // namespace abi
}  // namespace lull::runtime
