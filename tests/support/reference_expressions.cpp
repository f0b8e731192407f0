// What expressions make of values, in the reference engine.
#include <algorithm>
#include <cctype>

#include "runtime/base/check.h"
#include "runtime/base/number_code.h"
#include "runtime/base/time.h"
#include "tests/support/reference_history.h"

namespace lull::test {

using dsl::Expr;
using dsl::ExprId;
using dsl::ExprKind;
using dsl::TypeKind;

Value History::OfTime(const Expr& expr, const View& view) const {
  if (expr.kind == ExprKind::kTimeIn) {
    if (stages[expr.index] != expr.integer) return {};
    return Value::Integer(std::max<std::int64_t>(view.clock - entered[expr.index], 0));
  }
  const Value value = Read(expr.args[0], view);
  if (!value.known) return {};
  if (expr.kind == ExprKind::kOpenTimeIn) {
    return Value::Integer(calendars_->OpenTime(expr.index, view.clock - value.integer, view.clock));
  }
  if (expr.kind == ExprKind::kTimeUntil) {
    return Value::Integer(std::max<std::int64_t>(value.integer - view.clock, 0));
  }
  if (expr.kind == ExprKind::kNextYearly) return NextYearly(value.integer, view.clock);
  const LocalDate date = DateOfDay(value.integer);
  const auto second = static_cast<std::int32_t>(expr.integer);
  return Value::Integer(
      zone_.LocalToMicros({date, second / 3'600, second / 60 % 60, second % 60 * kMicrosPerSecond}));
}

// What is on 29 February is on the last day of February in other years.
Value History::NextYearly(std::int64_t day, std::int64_t clock) const {
  const LocalDate wanted = DateOfDay(day);
  const LocalDate today = zone_.MicrosToLocal(clock).date;
  const auto in_year = [&](int year) {
    if (wanted.month == 2 && wanted.day == 29) return DayOfDate({year, 3, 1}) - 1;
    return DayOfDate({year, wanted.month, wanted.day});
  };
  const std::int64_t this_year = in_year(today.year);
  return Value::Integer(this_year >= DayOfDate(today) ? this_year : in_year(today.year + 1));
}

// Row by row, as the table is read.
Value History::LookUp(const dsl::Expr& expr, const View& view) const {
  const dsl::Lookup& lookup = program_->lookups[expr.index];
  std::vector<std::optional<std::int64_t>> codes;
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    const Value value = Read(expr.args[i], view);
    const TypeKind kind = program_->expr(expr.args[i]).type.kind;
    std::optional<std::int64_t>& code = codes.emplace_back();
    if (!value.known) continue;
    if (kind == TypeKind::kNumber) {
      code = CodeOfNumber(value.number);
    } else if (kind == TypeKind::kText) {
      const auto& texts = lookup.texts[i];
      code = std::find(texts.begin(), texts.end(), value.text) - texts.begin();
    } else {
      code = value.integer;
    }
  }
  for (std::size_t row = 0; row < lookup.rows.size(); ++row) {
    bool fits = true;
    for (std::size_t i = 0; i < codes.size(); ++i) fits = fits && lookup.rows[row][i].Has(codes[i]);
    if (fits) return Read(lookup.results[row], view);
  }
  return {};
}

Value History::Score(const dsl::Score& score, const View& view) const {
  Value total = score.start == dsl::kNone ? Value::Number(0) : Read(score.start, view);
  for (const dsl::ScorePart& part : score.parts) {
    if (!Holds(part.when, view)) continue;
    const Value points = Read(part.points, view);
    if (!points.known || !total.known) {
      total = {};
    } else {
      total = Value::Number(part.take ? total.number - points.number : total.number + points.number);
    }
  }
  if (!total.known) return {};
  if (score.minimum != dsl::kNone) total.number = std::max(total.number, Read(score.minimum, view).number);
  if (score.maximum != dsl::kNone) total.number = std::min(total.number, Read(score.maximum, view).number);
  return total;
}

Value History::Arithmetic(const Expr& expr, const View& view) const {
  const bool is_number = expr.type.kind == TypeKind::kNumber;
  const Value a = Read(expr.args[0], view);
  if (!a.known) return {};
  if (expr.kind == ExprKind::kNegate) return is_number ? Value::Number(-a.number) : Narrow(-Wide{a.integer});
  if (program_->expr(expr.args[1]).type.kind == TypeKind::kCalendarDuration) {
    LULL_CHECK(expr.type.kind == TypeKind::kTime);
    return Deadline(a.integer, expr.args[1], view, expr.kind == ExprKind::kSubtract);
  }
  const Value b = Read(expr.args[1], view);
  if (!b.known) return {};
  LULL_CHECK(program_->expr(expr.args[0]).type.kind != TypeKind::kDate);
  const int sign = expr.kind == ExprKind::kAdd ? 1 : -1;
  if (is_number) return Value::Number(a.number + sign * b.number);
  return Narrow(Wide{a.integer} + sign * Wide{b.integer});
}

Value History::Deadline(std::int64_t start, ExprId id, const View& view, bool back) const {
  const Expr& expr = program_->expr(id);
  if (expr.type.kind == TypeKind::kDuration) {
    const Value length = Read(id, view);
    return length.known ? Narrow(Wide{start} + (back ? -1 : 1) * Wide{length.integer}) : Value{};
  }
  const auto of = [](std::optional<std::int64_t> instant) {
    return instant ? Value::Integer(*instant) : Value{};
  };
  switch (expr.kind) {
    case ExprKind::kFeature:
      return Deadline(start, program_->features[expr.index].value, view, back);
    case ExprKind::kIf:
      return Deadline(start, expr.args[Holds(expr.args[0], view) ? 1 : 2], view, back);
    case ExprKind::kOrElse: {
      const Value first = Deadline(start, expr.args[0], view, back);
      return first.known ? first : Deadline(start, expr.args[1], view, back);
    }
    case ExprKind::kAdd:
    case ExprKind::kSubtract: {
      const Value between = Deadline(start, expr.args[0], view, back);
      if (!between.known) return {};
      return Deadline(between.integer, expr.args[1], view, back != (expr.kind == ExprKind::kSubtract));
    }
    default:
      break;
  }
  const Value amount = Read(expr.args[0], view);
  if (!amount.known) return {};
  const double count = back ? -amount.number : amount.number;
  if (expr.kind == ExprKind::kMonths) return of(calendars_->AfterMonths(start, count));
  if (expr.kind == ExprKind::kOpenDays) return of(calendars_->AfterOpenDays(expr.index, start, count));
  LULL_CHECK(expr.kind == ExprKind::kOpenTime);
  return of(calendars_->AfterOpenTime(expr.index, start, back ? -amount.integer : amount.integer));
}

Value History::Product(const Expr& expr, const View& view) const {
  Value a = Read(expr.args[0], view);
  Value b = Read(expr.args[1], view);
  if (!a.known || !b.known) return {};
  if (expr.type.kind == TypeKind::kNumber) return Value::Number(a.number * b.number);
  const bool number_first = program_->expr(expr.args[0]).type.kind == TypeKind::kNumber;
  if (number_first) std::swap(a, b);
  const Expr& factor = program_->expr(expr.args[number_first ? 0 : 1]);
  if (factor.kind == ExprKind::kLiteral && factor.decimals > 0) {
    Wide divisor = 1;
    for (int i = 0; i < factor.decimals; ++i) divisor *= 10;
    return Narrow(DivideHalfEven(Wide{a.integer} * factor.integer, divisor));
  }
  return Times(a.integer, b.number);
}

Value History::Quotient(const Expr& expr, const View& view) const {
  const Value a = Read(expr.args[0], view);
  const Value b = Read(expr.args[1], view);
  if (!a.known || !b.known) return {};
  const TypeKind dividend = program_->expr(expr.args[0]).type.kind;
  const TypeKind divisor = program_->expr(expr.args[1]).type.kind;
  if (dividend == TypeKind::kNumber) return b.number == 0 ? Value{} : Value::Number(a.number / b.number);
  if (divisor == TypeKind::kNumber) return Through(a.integer, b.number);
  if (b.integer == 0) return {};
  return Value::Number(static_cast<double>(a.integer) / static_cast<double>(b.integer));
}

Value History::Extreme(const Expr& expr, const View& view) const {
  Value best = Read(expr.args[0], view);
  for (const ExprId argument : expr.args) {
    const Value value = Read(argument, view);
    if (!value.known) return {};
    const auto op = expr.kind == ExprKind::kSmaller ? dsl::CompareOp::kLess : dsl::CompareOp::kGreater;
    if (Compare(op, expr.type.kind, value, best)) best = value;
  }
  return best;
}

Value History::OfTexts(const Expr& expr, const View& view) const {
  const Value a = Read(expr.args[0], view);
  if (expr.kind == ExprKind::kLength) {
    return a.known ? Value::Number(static_cast<double>(a.text.size())) : Value{};
  }
  if (expr.kind == ExprKind::kLowerCase) {
    Value lower = a;
    std::ranges::transform(lower.text, lower.text.begin(), [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return lower;
  }
  const Value b = Read(expr.args[1], view);
  if (!a.known || !b.known) return Value::Flag(false);
  if (expr.kind == ExprKind::kStartsWith) return Value::Flag(a.text.starts_with(b.text));
  if (expr.kind == ExprKind::kEndsWith) return Value::Flag(a.text.ends_with(b.text));
  LULL_CHECK(expr.kind == ExprKind::kContains);
  return Value::Flag(a.text.find(b.text) != std::string::npos);
}

}  // namespace lull::test
