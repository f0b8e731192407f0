// What the arithmetic of the IR means, once: the interpreter and the builder's folding use these, the native
// back end must agree with them to the bit.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "compiler/ir.h"
#include "runtime/base/time.h"

namespace lull::compiler {

inline constexpr std::uint64_t kUnknownNumberBits = 0x7FF8'0000'0000'0000;
inline constexpr double kUnknownNumber = std::bit_cast<double>(kUnknownNumberBits);

/// A result of arithmetic on numbers: what is not finite is the one unknown, and -0 is 0.
inline double CanonicalNumber(double value) { return std::isfinite(value) ? value + 0.0 : kUnknownNumber; }

inline double NumberResult(Op op, double a, double b) {
  switch (op) {
    case Op::kFAdd:
      return CanonicalNumber(a + b);
    case Op::kFSub:
      return CanonicalNumber(a - b);
    case Op::kFMul:
      return CanonicalNumber(a * b);
    default:
      return CanonicalNumber(a / b);
  }
}

inline double NegatedNumber(double a) { return CanonicalNumber(0.0 - a); }

/// Overflow is unknown; so is a result that happens to be the reserved value.
inline std::int64_t IntegerSum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return a == kUnknown || b == kUnknown || __builtin_add_overflow(a, b, &result) ? kUnknown : result;
}

inline std::int64_t IntegerDifference(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return a == kUnknown || b == kUnknown || __builtin_sub_overflow(a, b, &result) ? kUnknown : result;
}

inline std::int64_t NegatedInteger(std::int64_t a) { return a == kUnknown ? kUnknown : -a; }

/// Without regard to unknown.
template <typename T>
bool Compares(IrCompare compare, T a, T b) {
  switch (compare) {
    case IrCompare::kEqual:
      return a == b;
    case IrCompare::kNotEqual:
      return a != b;
    case IrCompare::kLess:
      return a < b;
    case IrCompare::kLessEqual:
      return a <= b;
    case IrCompare::kGreater:
      return a > b;
    case IrCompare::kGreaterEqual:
      return a >= b;
  }
  return false;
}

inline bool NumbersCompare(IrCompare compare, double a, double b) {
  return !std::isnan(a) && !std::isnan(b) && Compares(compare, a, b);
}

inline bool IntegersCompare(IrCompare compare, bool guarded, std::int64_t a, std::int64_t b) {
  return (!guarded || (a != kUnknown && b != kUnknown)) && Compares(compare, a, b);
}

}  // namespace lull::compiler
