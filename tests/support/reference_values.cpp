#include "tests/support/reference_values.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "runtime/base/check.h"

namespace lull::test {
namespace {

/// Numbers in the tests have at most this many binary places.
constexpr double kBinaryPlaces = 1 << 20;
constexpr std::int64_t kMoneyUnit = 10'000;

template <typename T>
bool CompareOrdered(dsl::CompareOp op, const T& a, const T& b) {
  switch (op) {
    case dsl::CompareOp::kEqual:
      return a == b;
    case dsl::CompareOp::kNotEqual:
      return a != b;
    case dsl::CompareOp::kLess:
      return a < b;
    case dsl::CompareOp::kLessEqual:
      return a <= b;
    case dsl::CompareOp::kGreater:
      return a > b;
    case dsl::CompareOp::kGreaterEqual:
      return a >= b;
  }
  return false;
}

Wide Scaled(double number) {
  const double scaled = number * kBinaryPlaces;
  LULL_CHECK(std::fabs(number) <= 1e12 && scaled == std::trunc(scaled));
  return static_cast<Wide>(scaled);
}

}  // namespace

Value Value::Number(double number) {
  if (!std::isfinite(number)) return {};
  return {.known = true, .number = number + 0.0};
}

Value Value::Integer(std::int64_t integer) { return {.known = true, .integer = integer}; }

Value Value::Text(std::string text) { return {.known = true, .text = std::move(text)}; }

bool SameValue(dsl::TypeKind kind, const Value& a, const Value& b) {
  return Compare(dsl::CompareOp::kEqual, kind, a, b);
}

bool Compare(dsl::CompareOp op, dsl::TypeKind kind, const Value& a, const Value& b) {
  if (!a.known || !b.known) return false;
  if (kind == dsl::TypeKind::kNumber) return CompareOrdered(op, a.number, b.number);
  if (kind == dsl::TypeKind::kText) return CompareOrdered(op, a.text, b.text);
  return CompareOrdered(op, a.integer, b.integer);
}

Value Narrow(Wide integer) {
  if (integer > std::numeric_limits<std::int64_t>::max()) return {};
  if (integer <= std::numeric_limits<std::int64_t>::min()) return {};
  return Value::Integer(static_cast<std::int64_t>(integer));
}

Wide DivideHalfEven(Wide dividend, Wide divisor) {
  Wide floor = dividend / divisor;
  if (floor * divisor > dividend) --floor;
  const Wide twice_rest = 2 * (dividend - floor * divisor);
  if (twice_rest > divisor) return floor + 1;
  if (twice_rest < divisor) return floor;
  return floor % 2 == 0 ? floor : floor + 1;
}

Value Times(std::int64_t integer, double number) {
  return Narrow(DivideHalfEven(Scaled(number) * integer, static_cast<Wide>(kBinaryPlaces)));
}

Value Through(std::int64_t integer, double number) {
  const Wide divisor = Scaled(number);
  if (divisor == 0) return {};
  const Wide dividend = static_cast<Wide>(kBinaryPlaces) * integer;
  return Narrow(divisor > 0 ? DivideHalfEven(dividend, divisor) : DivideHalfEven(-dividend, -divisor));
}

Value Round(const Value& value, dsl::TypeKind kind, dsl::Rounding rounding) {
  if (!value.known) return {};
  if (kind == dsl::TypeKind::kNumber) {
    if (rounding == dsl::Rounding::kNearest) return Value::Number(std::round(value.number));
    return Value::Number(rounding == dsl::Rounding::kUp ? std::ceil(value.number) : std::floor(value.number));
  }
  std::int64_t down = value.integer / kMoneyUnit * kMoneyUnit;
  if (down > value.integer) down -= kMoneyUnit;
  const std::int64_t over = value.integer - down;
  if (over == 0 || rounding == dsl::Rounding::kDown) return Value::Integer(down);
  const bool half_goes_up = value.integer > 0;
  const bool up = 2 * over > kMoneyUnit || (2 * over == kMoneyUnit && half_goes_up);
  return Value::Integer(rounding == dsl::Rounding::kUp || up ? down + kMoneyUnit : down);
}

std::string Show(dsl::TypeKind kind, const Value& value) {
  if (!value.known) return "unknown";
  if (kind == dsl::TypeKind::kNumber) return fmt::format("{}", value.number);
  return kind == dsl::TypeKind::kText ? value.text : fmt::format("{}", value.integer);
}

}  // namespace lull::test
