// Exact arithmetic: every result is the true one, rounded once.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "runtime/abi.h"
#include "runtime/wide.h"

namespace lull::runtime::abi {
namespace {

constexpr std::int64_t kMoneyUnit = 10'000;
constexpr double kUnknownNumber = std::numeric_limits<double>::quiet_NaN();

/// mantissa * 2^exponent, with an odd mantissa below 2^53, or 0.
struct Binary {
  std::int64_t mantissa = 0;
  int exponent = 0;
};

Binary Decompose(double number) {
  if (number == 0) return {};
  int exponent = 0;
  const double fraction = std::frexp(number, &exponent);
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  const int zeros = std::countr_zero(static_cast<std::uint64_t>(mantissa));
  return {mantissa >> zeros, exponent - 53 + zeros};
}

int BitWidth(Int128 value) {
  const auto magnitude = static_cast<Uint128>(value < 0 ? -value : value);
  const auto high = static_cast<std::uint64_t>(magnitude >> 64);
  return high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                   : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(magnitude)));
}

/// One NaN, no infinity, no negative zero.
double Canonical(double number) { return std::isfinite(number) ? number + 0.0 : kUnknownNumber; }

enum Rounding : std::uint32_t { kNearest, kUp, kDown };

}  // namespace

std::int64_t Scale(std::int64_t a, double factor) {
  if (a == kUnknown || !std::isfinite(factor)) return kUnknown;
  const Binary binary = Decompose(factor);
  const Int128 product = Int128{a} * binary.mantissa;  // below 2^116
  if (product == 0) return 0;
  if (binary.exponent >= 0) {
    if (BitWidth(product) + binary.exponent > 63) return kUnknown;
    return NarrowOrUnknown(product * (Int128{1} << binary.exponent));
  }
  // Less than a half of 2^117: nothing.
  if (binary.exponent < -117) return 0;
  return NarrowOrUnknown(DivideHalfEven(product, Int128{1} << -binary.exponent));
}

std::int64_t ScaleDown(std::int64_t a, double divisor) {
  if (a == kUnknown || !std::isfinite(divisor) || divisor == 0) return kUnknown;
  const Binary binary = Decompose(divisor);
  const Int128 mantissa = binary.mantissa < 0 ? -binary.mantissa : binary.mantissa;
  const Int128 dividend = binary.mantissa < 0 ? -Int128{a} : Int128{a};
  if (dividend == 0) return 0;
  if (binary.exponent <= 0) {
    // A dividend of more than 117 bits gives a quotient of more than 64.
    if (BitWidth(dividend) - binary.exponent > 117) return kUnknown;
    return NarrowOrUnknown(DivideHalfEven(dividend * (Int128{1} << -binary.exponent), mantissa));
  }
  // A divisor above 2^64 leaves less than a half.
  if (BitWidth(mantissa) + binary.exponent > 65) return 0;
  return NarrowOrUnknown(DivideHalfEven(dividend, mantissa << binary.exponent));
}

double Ratio(std::int64_t a, std::int64_t b) {
  if (a == kUnknown || b == kUnknown || b == 0) return kUnknownNumber;
  constexpr std::int64_t kExactMax = std::int64_t{1} << 53;
  if (std::abs(a) <= kExactMax && std::abs(b) <= kExactMax) {
    return Canonical(static_cast<double>(a) / static_cast<double>(b));
  }
  if (a == 0) return 0;
  // A quotient of at least 64 bits, with what is left over in its last bit, rounds as the true one does.
  const auto dividend = static_cast<Uint128>(std::abs(a));
  const auto divisor = static_cast<Uint128>(std::abs(b));
  const int shift = 128 - BitWidth(static_cast<Int128>(dividend));
  const Uint128 shifted = dividend << shift;
  Uint128 quotient = shifted / divisor;
  if (quotient * divisor != shifted) quotient |= 1;
  const double magnitude = std::ldexp(static_cast<double>(quotient), -shift);
  return (a < 0) != (b < 0) ? -magnitude : magnitude;
}

double RoundNumber(double a, std::uint32_t rounding) {
  if (rounding == kNearest) return Canonical(std::round(a));
  return Canonical(rounding == kUp ? std::ceil(a) : std::floor(a));
}

std::int64_t RoundMoney(std::int64_t a, std::uint32_t rounding) {
  if (a == kUnknown) return kUnknown;
  const std::int64_t over = (a % kMoneyUnit + kMoneyUnit) % kMoneyUnit;
  const Int128 down = Int128{a} - over;
  if (over == 0 || rounding == kDown) return NarrowOrUnknown(down);
  // Halves away from zero: up if positive, down if negative.
  const bool nearest_is_up = a > 0 ? over >= kMoneyUnit / 2 : over > kMoneyUnit / 2;
  return NarrowOrUnknown(rounding == kUp || nearest_is_up ? down + kMoneyUnit : down);
}

}  // namespace lull::runtime::abi
