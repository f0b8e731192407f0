// Exact arithmetic against integers of any size.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "runtime/abi.h"
#include "tests/unit/runtime/state_fixture.h"

namespace lull::runtime {
namespace {

/// A natural number of any size, least digit first: slow and obvious.
class Natural {
 public:
  explicit Natural(std::uint64_t value)
      : digits_{static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)} {}

  Natural Times(std::uint64_t factor) const {
    Natural result = TimesDigit(static_cast<std::uint32_t>(factor));
    Natural high = TimesDigit(static_cast<std::uint32_t>(factor >> 32));
    high.digits_.insert(high.digits_.begin(), 0);
    return result.Plus(high);
  }

  Natural Shifted(int bits) const {
    Natural result = *this;
    result.digits_.insert(result.digits_.begin(), static_cast<std::size_t>(bits) / 32, 0);
    return result.TimesDigit(std::uint32_t{1} << (bits % 32));
  }

  Natural Plus(const Natural& other) const {
    Natural result(0);
    result.digits_.assign(std::max(digits_.size(), other.digits_.size()) + 1, 0);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < result.digits_.size(); ++i) {
      carry += std::uint64_t{Digit(i)} + other.Digit(i);
      result.digits_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return result;
  }

  /// -1, 0 or 1.
  int Compare(const Natural& other) const {
    for (std::size_t i = std::max(digits_.size(), other.digits_.size()); i-- > 0;) {
      if (Digit(i) != other.Digit(i)) return Digit(i) < other.Digit(i) ? -1 : 1;
    }
    return 0;
  }

 private:
  std::uint32_t Digit(std::size_t i) const { return i < digits_.size() ? digits_[i] : 0; }

  Natural TimesDigit(std::uint32_t factor) const {
    Natural result(0);
    result.digits_.assign(digits_.size() + 1, 0);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < digits_.size(); ++i) {
      carry += std::uint64_t{digits_[i]} * factor;
      result.digits_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    result.digits_.back() = static_cast<std::uint32_t>(carry);
    return result;
  }

  std::vector<std::uint32_t> digits_;
};

constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;

/// Whether `result` is dividend / divisor rounded half-even, or unknown because that needs more than 63 bits.
bool IsQuotient(const Natural& dividend, const Natural& divisor, bool negative, std::int64_t result) {
  const Natural twice = dividend.Shifted(1);
  if (result == kUnknown) return twice.Compare(divisor.Times(2 * (kLimit - 1) + 1)) >= 0;
  if (result != 0 && (result < 0) != negative) return false;
  const auto magnitude = static_cast<std::uint64_t>(std::abs(result));
  // (2r - 1) d <= 2n <= (2r + 1) d, with equality only for even r.
  const Natural middle = divisor.Times(magnitude).Shifted(1);
  const int above = twice.Compare(middle.Plus(divisor));
  const int below = twice.Plus(divisor).Compare(middle);
  const bool even = magnitude % 2 == 0;
  return (above < 0 || (above == 0 && even)) && (below > 0 || (below == 0 && even));
}

struct Parts {
  std::uint64_t mantissa = 0;
  int exponent = 0;
};

Parts PartsOf(double number) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(number), &exponent);
  return {static_cast<std::uint64_t>(std::ldexp(fraction, 53)), exponent - 53};
}

bool IsProduct(std::int64_t a, double factor, std::int64_t result) {
  const Parts parts = PartsOf(factor);
  const Natural product = Natural(static_cast<std::uint64_t>(std::abs(a))).Times(parts.mantissa);
  const bool negative = (a < 0) != (factor < 0);
  return IsQuotient(product.Shifted(std::max(parts.exponent, 0)),
                    Natural(1).Shifted(std::max(-parts.exponent, 0)), negative, result);
}

bool IsQuotientBy(std::int64_t a, double divisor, std::int64_t result) {
  const Parts parts = PartsOf(divisor);
  const Natural dividend =
      Natural(static_cast<std::uint64_t>(std::abs(a))).Shifted(std::max(-parts.exponent, 0));
  return IsQuotient(dividend, Natural(parts.mantissa).Shifted(std::max(parts.exponent, 0)),
                    (a < 0) != (divisor < 0), result);
}

std::int64_t RandomInteger(std::mt19937_64& random) {
  const auto value = static_cast<std::int64_t>(random() >> (1 + random() % 63));
  return random() % 2 == 0 ? value : -value;
}

double RandomNumber(std::mt19937_64& random) {
  for (;;) {
    const std::uint64_t kind = random() % 4;
    double number = 0;
    if (kind == 0) number = static_cast<double>(RandomInteger(random));
    if (kind == 1)
      number = std::ldexp(static_cast<double>(RandomInteger(random)), -static_cast<int>(random() % 130));
    if (kind == 2) number = std::bit_cast<double>(random());
    if (kind == 3) number = static_cast<double>(RandomInteger(random) % 1'000) / 8;
    if (std::isfinite(number) && number != 0) return number;
  }
}

TEST(AbiArithmetic, ScaleRoundsTheTrueProductOnce) {
  const std::uint32_t seed = PrintedSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50'000; ++i) {
    const std::int64_t a = RandomInteger(random);
    const double factor = RandomNumber(random);
    ASSERT_TRUE(IsProduct(a, factor, abi::Scale(a, factor))) << a << " * " << factor;
    ASSERT_TRUE(IsQuotientBy(a, factor, abi::ScaleDown(a, factor))) << a << " / " << factor;
  }
}

TEST(AbiArithmetic, ScaleOfTheUsualAndTheUnknown) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(abi::Scale(1, 0.5), 0);
  EXPECT_EQ(abi::Scale(3, 0.5), 2);
  EXPECT_EQ(abi::Scale(-3, 0.5), -2);
  EXPECT_EQ(abi::ScaleDown(5, 2), 2);
  EXPECT_EQ(abi::ScaleDown(7, -2), -4);
  EXPECT_EQ(abi::ScaleDown(215'000'000, 50), 4'300'000);
  EXPECT_EQ(abi::Scale(kUnknown, 1), kUnknown);
  EXPECT_EQ(abi::Scale(1, kNan), kUnknown);
  EXPECT_EQ(abi::Scale(0, 1e300), 0);
  EXPECT_EQ(abi::Scale(1, 1e300), kUnknown);
  EXPECT_EQ(abi::Scale(1, -9'223'372'036'854'775'808.0), kUnknown);
  EXPECT_EQ(abi::Scale(std::numeric_limits<std::int64_t>::max(), 1),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(abi::ScaleDown(1, 0), kUnknown);
  EXPECT_EQ(abi::ScaleDown(1, 5e-324), kUnknown);
  EXPECT_EQ(abi::ScaleDown(1, 1e300), 0);
}

TEST(AbiArithmetic, RatioIsTheNearestNumber) {
  const std::uint32_t seed = PrintedSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50'000; ++i) {
    const std::int64_t a = RandomInteger(random);
    const std::int64_t b = RandomInteger(random);
    const double ratio = abi::Ratio(a, b);
    if (b == 0) {
      ASSERT_TRUE(std::isnan(ratio));
      continue;
    }
    if (a == 0) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(ratio), 0U);
      continue;
    }
    ASSERT_EQ(ratio < 0, (a < 0) != (b < 0));
    // The true quotient lies between the midpoints to the neighbours, which have 54 bits.
    const Parts parts = PartsOf(ratio);
    const Natural quotient =
        Natural(static_cast<std::uint64_t>(std::abs(a))).Shifted(1 + std::max(-parts.exponent, 0));
    const Natural divisor =
        Natural(static_cast<std::uint64_t>(std::abs(b))).Shifted(std::max(parts.exponent, 0));
    ASSERT_LE(quotient.Compare(divisor.Times(2 * parts.mantissa + 1)), 0) << a << " / " << b;
    ASSERT_GE(quotient.Compare(divisor.Times(2 * parts.mantissa - 1)), 0) << a << " / " << b;
  }
  EXPECT_TRUE(std::isnan(abi::Ratio(kUnknown, 1)));
  EXPECT_TRUE(std::isnan(abi::Ratio(1, kUnknown)));
}

TEST(AbiArithmetic, RoundNumber) {
  EXPECT_EQ(abi::RoundNumber(2.5, 0), 3);
  EXPECT_EQ(abi::RoundNumber(-2.5, 0), -3);
  EXPECT_EQ(abi::RoundNumber(2.1, 1), 3);
  EXPECT_EQ(abi::RoundNumber(-2.1, 2), -3);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(abi::RoundNumber(-0.25, 0)), 0U);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(abi::RoundNumber(-0.25, 1)), 0U);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(abi::RoundNumber(std::nan("7"), 1)), 0x7FF8'0000'0000'0000U);
}

TEST(AbiArithmetic, RoundMoney) {
  EXPECT_EQ(abi::RoundMoney(24'999, 0), 20'000);
  EXPECT_EQ(abi::RoundMoney(25'000, 0), 30'000);
  EXPECT_EQ(abi::RoundMoney(-25'000, 0), -30'000);
  EXPECT_EQ(abi::RoundMoney(-24'999, 0), -20'000);
  EXPECT_EQ(abi::RoundMoney(20'001, 1), 30'000);
  EXPECT_EQ(abi::RoundMoney(-29'999, 1), -20'000);
  EXPECT_EQ(abi::RoundMoney(-20'001, 2), -30'000);
  EXPECT_EQ(abi::RoundMoney(-20'000, 0), -20'000);
  EXPECT_EQ(abi::RoundMoney(kUnknown, 0), kUnknown);
  EXPECT_EQ(abi::RoundMoney(std::numeric_limits<std::int64_t>::max(), 1), kUnknown);
  EXPECT_EQ(abi::RoundMoney(kUnknown + 1, 2), kUnknown);
}

}  // namespace
}  // namespace lull::runtime
