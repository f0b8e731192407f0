// 128-bit integers, for what must be exact before it is rounded once.
#pragma once

#include <cstdint>
#include <limits>

#include "runtime/base/time.h"

namespace lull::runtime {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

/// The integer if it is one of the language's values, else kUnknown.
inline std::int64_t NarrowOrUnknown(Int128 value) {
  constexpr Int128 kMax = std::numeric_limits<std::int64_t>::max();
  return value >= -kMax && value <= kMax ? static_cast<std::int64_t>(value) : kUnknown;
}

/// Rounded to the nearest integer, halves to the even one. `divisor` > 0 and below 2^126.
inline Int128 DivideHalfEven(Int128 dividend, Int128 divisor) {
  const Int128 quotient = dividend / divisor;
  const Int128 rest = dividend % divisor;
  const Int128 twice = rest < 0 ? -2 * rest : 2 * rest;
  const bool away = twice > divisor || (twice == divisor && (quotient & 1) != 0);
  return away ? quotient + (dividend < 0 ? -1 : 1) : quotient;
}

/// now - span; the earliest instant if that is none.
inline std::int64_t InstantBefore(std::int64_t now, std::int64_t span) {
  std::int64_t result = 0;
  return __builtin_sub_overflow(now, span, &result) ? std::numeric_limits<std::int64_t>::min() : result;
}

/// time + span; kNever if that is no instant.
inline std::int64_t InstantAfter(std::int64_t time, std::int64_t span) {
  std::int64_t result = 0;
  return __builtin_add_overflow(time, span, &result) ? kNever : result;
}

}  // namespace lull::runtime
