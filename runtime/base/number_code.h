// Numbers as whole numbers (codes) that keep their order, for search among numbers and other values alike.
//
// The bits of IEEE 754 doubles compare as integers, once those below zero are turned round.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace lull {

/// Both zeros have one code. Not for NaN.
inline std::int64_t CodeOfNumber(double number) {
  const auto bits = std::bit_cast<std::int64_t>(number == 0 ? 0.0 : number);
  return bits ^ ((bits >> 63) & std::numeric_limits<std::int64_t>::max());
}

inline double NumberOfCode(std::int64_t code) {
  return std::bit_cast<double>(code ^ ((code >> 63) & std::numeric_limits<std::int64_t>::max()));
}

}  // namespace lull
