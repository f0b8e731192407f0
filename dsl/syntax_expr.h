// The expressions of the syntax tree; see syntax_tree.h.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "dsl/source.h"
#include "runtime/base/local_period.h"

namespace lull::dsl::syntax {

/// An identifier as written; `text` is empty if it was not given.
struct Name {
  std::string text;
  Span span;
  /// The oldest name of `NAME was OLDER was OLDEST`, where something is declared; empty: it was never
  /// renamed.
  std::string first = {};
  Span first_span = {};

  bool exists() const { return !text.empty(); }
};

/// An expression of the tree's table, or none.
struct ExprId {
  std::uint32_t index = UINT32_MAX;

  bool exists() const { return index != UINT32_MAX; }
  friend bool operator==(ExprId, ExprId) = default;
};

/// An exact decimal: units / 10^decimals, with decimals 0..18. `40%` is {40, 2}.
struct Decimal {
  std::int64_t units = 0;
  int decimals = 0;

  /// Rounded once, to the nearest.
  double ToDouble() const;
};

// --- Literals ---
struct NumberLiteral {
  Decimal value;
  bool percent = false;  // written with %; `value` is already divided by 100
};
struct MoneyLiteral {
  Decimal amount;
  Name currency;
};
/// The sum of its parts. Months and years are calendar durations (a year is 12 months).
struct DurationLiteral {
  std::int64_t micros = 0;
  std::int64_t months = 0;
};
/// `8 hours of store_hours`, `3 working days of office`.
struct CalendarDuration {
  ExprId amount;  // a DurationLiteral, or a NumberLiteral of days
  bool days = false;
  Name calendar;  // may be missing after `working days`
};
struct ClockLiteral {  // 09:00
  int second_of_day = 0;
};
struct DateLiteral {  // 2026-11-26; a real day of the Gregorian calendar
  int year = 0;
  int month = 0;
  int day = 0;
};
struct DateTimeLiteral {  // 2026-03-02 10:00, in the ruleset's zone
  DateLiteral date;
  ClockLiteral clock;
};
struct FlagLiteral {  // yes, no
  bool value = false;
};
/// Either fixed text or an expression to be put in.
struct TextPart {
  std::string text;  // escapes and {{ }} already decoded
  ExprId expr;
};
struct TextLiteral {
  std::vector<TextPart> parts;  // no two fixed parts in a row; empty for ""
};

// --- Operators ---
/// A bare name: a feature, attribute, field, stall, stage, choice value, ...
struct NameRef {
  Name name;
};
/// `base.field`, as in `last_quote.amount`, `customer.store`, `(latest quote_started).amount`,
/// `latest_x.time`. For `a.b` the base is a NameRef. (`latest E.f` is an Aggregate with a field.)
struct FieldRef {
  ExprId base;
  Name field;
};

enum class UnaryOp {
  kNot,
  kNegate,
  kIsKnown,
  kIsUnknown,
  kRounded,
  kRoundedUp,
  kRoundedDown,
  kLowerCase,
  kLength,
  kTimeUntil,   // time until X
  kNextYearly,  // next yearly D
  kBeforeThis   // X before this
};
struct Unary {
  UnaryOp op{};
  ExprId operand;
};

enum class BinaryOp {
  kOr,
  kAnd,
  kIs,
  kIsNot,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kStartsWith,
  kEndsWith,
  kContains,
  kLike,
  kOrElse,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
};
struct Binary {
  BinaryOp op{};
  ExprId left;
  ExprId right;
};
struct Between {  // value between low and high, both ends in
  ExprId value;
  ExprId low;
  ExprId high;
};
struct OneOf {  // value is [not] one of (a, b)
  ExprId value;
  bool negated = false;
  std::vector<ExprId> choices;
};
struct IfThenElse {
  ExprId condition;
  ExprId then_value;
  ExprId else_value;
};
enum class PickKind { kSmaller, kLarger };
struct Pick {  // smaller of (a, b), larger of (a, b); two or more
  PickKind kind{};
  std::vector<ExprId> values;
};

enum class AggregateKind {
  kCount,
  kCountDifferent,
  kSum,
  kAverage,
  kMinimum,
  kMaximum,
  kFirst,
  kLatest,
  kAny,
  kTimeSince,
  kGap,
};
enum class WindowKind {
  kEver,          // none given
  kLast,          // in last D
  kSinceEvent,    // since E
  kSinceEntered,  // since JOURNEY entered STAGE
  kBeforeThat,    // in the D before that
  kPeriod,        // today, yesterday, this week, last month, in the week before last
};
struct Window {
  WindowKind kind = WindowKind::kEver;
  ExprId duration;  // kLast, kBeforeThat
  Name name;        // kSinceEvent: the event or group; kSinceEntered: the journey
  Name stage;       // kSinceEntered
  Span span;
  LocalPeriod period = LocalPeriod::kDay;  // kPeriod
  int periods_back = 0;                    // kPeriod: 0 is the one that lasts, 1 the last, 2 the one before
};
/// `KIND [of] EVENT[.FIELD] [where C] [with same F] [WINDOW]`.
struct Aggregate {
  AggregateKind kind{};
  Name event;  // an event or a group
  Name field;  // given for sum, average, minimum, maximum, count of different; may be given for first and
               // latest
  ExprId where;
  Name same_field;  // `with same f`, or not given
  Window window;
};
struct ClockOnDay {  // 09:00 on D
  ClockLiteral clock;
  ExprId day;
};
struct TimeIn {  // time in STAGE [of JOURNEY] [of CALENDAR]
  Name stage;
  Name of;
  Name also_of;
};
/// `arm of EXPERIMENT`.
struct ArmRef {
  Name experiment;
};
/// A row of a decision table. A cell is a condition on its column's input (the same ExprId as in
/// Table::inputs), or none for any value.
struct TableRow {
  std::vector<ExprId> cells;
  ExprId result;  // given, unless the row has too few cells
  std::size_t cell_count = 0;
  Span span;
};
/// `(a, b) gives TYPE { | … | }`, or `from "file.csv"`, whose rows the loader adds.
struct Table {
  std::vector<ExprId> inputs;
  std::string type;  // what it gives
  Span type_span;
  std::vector<TableRow> rows;
  std::string file;  // empty: the rows are in the text
  Span file_span;
};
/// A cell of a CSV file: a text, or what it says in the language if it says anything.
struct RawCell {
  std::string text;
  ExprId parsed;
};
/// Reported already; has any type.
struct BadExpr {};

using ExprNode =
    std::variant<BadExpr, NumberLiteral, MoneyLiteral, DurationLiteral, CalendarDuration, ClockLiteral,
                 DateLiteral, DateTimeLiteral, FlagLiteral, TextLiteral, NameRef, FieldRef, Unary, Binary,
                 Between, OneOf, IfThenElse, Pick, Aggregate, ClockOnDay, TimeIn, ArmRef, Table, RawCell>;
struct Expr {
  ExprNode node;
  Span span;                 // without surrounding parentheses
  std::uint32_t height = 0;  // of the tree below, at most kExprHeightMax
};
/// Bounds the recursion of everything that walks expressions.
inline constexpr std::uint32_t kExprHeightMax = 1'000;

}  // namespace lull::dsl::syntax
