// Values of the language as the reference engine has them: plain, slow, and without reserved bit patterns.
#pragma once

#include <cstdint>
#include <string>

#include "dsl/checked_program.h"

namespace lull::test {

/// A value of any type. Which member holds is known from the expression's type: `number` for numbers, `text`
/// for texts, `integer` for all else (in the units of dsl::Expr::integer).
struct Value {
  bool known = false;
  double number = 0;
  std::int64_t integer = 0;
  std::string text = {};

  static Value Number(double number);
  static Value Integer(std::int64_t integer);
  static Value Text(std::string text);
  static Value Flag(bool yes) { return Integer(yes ? 1 : 0); }
};

/// Equal values of one type; an unknown one equals nothing.
bool SameValue(dsl::TypeKind kind, const Value& a, const Value& b);
/// A comparison; with an unknown it is no.
bool Compare(dsl::CompareOp op, dsl::TypeKind kind, const Value& a, const Value& b);

__extension__ using Wide = __int128;

/// Arithmetic on integers of 128 bits that ends in a value: unknown where 64 bits are too few.
Value Narrow(Wide integer);
/// Rounds half to even. `divisor` must be above zero.
Wide DivideHalfEven(Wide dividend, Wide divisor);
/// An integer (money, duration) times or through a number, rounded once. `number` must be moderate: up to
/// 2^40, with at most 20 binary places.
Value Times(std::int64_t integer, double number);
Value Through(std::int64_t integer, double number);

Value Round(const Value& value, dsl::TypeKind kind, dsl::Rounding rounding);

/// How a value is shown in the report of a failure.
std::string Show(dsl::TypeKind kind, const Value& value);

}  // namespace lull::test
