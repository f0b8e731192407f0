#include "connectors/time_text.h"

#include <array>
#include <limits>

#include "connectors/ascii.h"
#include "runtime/base/time.h"
#include "runtime/format.h"

namespace lull::connectors {
namespace {

using Micros = std::optional<std::int64_t>;

// Days since 1970-01-01 of a proleptic Gregorian date, by counting from March so that the leap day comes
// last.
std::int64_t DaysFromCivil(std::int64_t year, std::int64_t month, std::int64_t day) {
  const std::int64_t shifted = month <= 2 ? year - 1 : year;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const std::int64_t year_of_era = shifted - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

bool IsLeapYear(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

std::int64_t DaysInMonth(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// Reads a text from its front; every step says whether it could.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  std::size_t position() const { return at_; }
  std::string_view Since(std::size_t from) const { return text_.substr(from, at_ - from); }

  bool Take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }

  /// Exactly `count` digits.
  bool Digits(int count, std::int64_t& value) {
    value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      if (!IsDigit(peek())) return false;
      value = value * 10 + (text_[at_] - '0');
    }
    return true;
  }

  template <typename Predicate>
  std::string_view While(Predicate predicate) {
    const std::size_t from = at_;
    while (!done() && predicate(text_[at_])) ++at_;
    return Since(from);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool ReadDate(Reader& reader, std::int64_t& days) {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
  if (!reader.Digits(4, year) || !reader.Take('-') || !reader.Digits(2, month) || !reader.Take('-') ||
      !reader.Digits(2, day)) {
    return false;
  }
  if (month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) return false;
  days = DaysFromCivil(year, month, day);
  return true;
}

bool ReadFraction(Reader& reader, std::int64_t& micros) {
  micros = 0;
  if (!reader.Take('.')) return true;
  const std::string_view digits = reader.While(IsDigit);
  if (digits.empty()) return false;
  for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return true;
}

bool ReadOffset(Reader& reader, std::int64_t& micros) {
  micros = 0;
  if (reader.Take('Z') || reader.Take('z')) return true;
  const bool negative = reader.peek() == '-';
  if (!reader.Take(negative ? '-' : '+')) return false;
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (!reader.Digits(2, hours) || !reader.Take(':') || !reader.Digits(2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  micros = hours * kMicrosPerHour + minutes * kMicrosPerMinute;
  if (negative) micros = -micros;
  return true;
}

struct DurationUnit {
  std::string_view name;
  std::int64_t micros;
};

constexpr std::array kSpokenUnits = {
    DurationUnit{"us", 1},
    DurationUnit{"ms", kMicrosPerMilli},
    DurationUnit{"s", kMicrosPerSecond},
    DurationUnit{"second", kMicrosPerSecond},
    DurationUnit{"seconds", kMicrosPerSecond},
    DurationUnit{"m", kMicrosPerMinute},
    DurationUnit{"minute", kMicrosPerMinute},
    DurationUnit{"minutes", kMicrosPerMinute},
    DurationUnit{"h", kMicrosPerHour},
    DurationUnit{"hour", kMicrosPerHour},
    DurationUnit{"hours", kMicrosPerHour},
    DurationUnit{"d", kMicrosPerDay},
    DurationUnit{"day", kMicrosPerDay},
    DurationUnit{"days", kMicrosPerDay},
    DurationUnit{"w", 7 * kMicrosPerDay},
    DurationUnit{"week", 7 * kMicrosPerDay},
    DurationUnit{"weeks", 7 * kMicrosPerDay},
};

// "12" or "1.5" times a unit; false if it does not fit. Units of a second or more are whole seconds.
bool AddTimes(std::string_view number, std::int64_t unit_micros, std::int64_t& total) {
  const Micros millionths = ParseScaled(number, 6);
  if (!millionths) return false;
  const bool fine = unit_micros < kMicrosPerSecond;
  std::int64_t product = 0;
  if (__builtin_mul_overflow(*millionths, fine ? unit_micros : unit_micros / kMicrosPerSecond, &product)) {
    return false;
  }
  return !__builtin_add_overflow(total, fine ? product / kMicrosPerSecond : product, &total);
}

bool IsNumberByte(char c) { return IsDigit(c) || c == '.'; }

// One "12H" of an ISO duration. Units must come in order; `next` is the first that may still come.
bool ReadIsoPart(Reader& reader, bool in_time, std::size_t& next, std::int64_t& total) {
  struct IsoUnit {
    char letter;
    bool in_time;
    std::int64_t micros;
  };
  static constexpr std::array kUnits = {
      IsoUnit{'W', false, 7 * kMicrosPerDay}, IsoUnit{'D', false, kMicrosPerDay},
      IsoUnit{'H', true, kMicrosPerHour},     IsoUnit{'M', true, kMicrosPerMinute},
      IsoUnit{'S', true, kMicrosPerSecond},
  };
  const std::string_view number = reader.While(IsNumberByte);
  for (std::size_t i = next; i < kUnits.size(); ++i) {
    if (kUnits[i].in_time != in_time || !reader.Take(kUnits[i].letter)) continue;
    next = i + 1;
    return AddTimes(number, kUnits[i].micros, total);
  }
  return false;
}

// The digits of a decimal number without its point, and the power of ten that they are to be multiplied with.
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;

  std::int64_t digit_count() const { return static_cast<std::int64_t>(whole.size() + fraction.size()); }
  int digit(std::int64_t i) const {
    const auto index = static_cast<std::size_t>(i);
    return (index < whole.size() ? whole[index] : fraction[index - whole.size()]) - '0';
  }
};

bool ReadDecimal(std::string_view text, Decimal& decimal) {
  Reader reader(text);
  decimal.negative = reader.Take('-');
  decimal.whole = reader.While(IsDigit);
  if (decimal.whole.empty()) return false;
  if (reader.Take('.')) {
    decimal.fraction = reader.While(IsDigit);
    if (decimal.fraction.empty()) return false;
  }
  if (reader.Take('e') || reader.Take('E')) {
    const bool negative = reader.peek() == '-';
    if (negative || reader.peek() == '+') reader.Take(reader.peek());
    const std::string_view digits = reader.While(IsDigit);
    if (digits.empty()) return false;
    for (const char c : digits) {
      if (decimal.exponent < 100'000'000) decimal.exponent = decimal.exponent * 10 + (c - '0');
    }
    if (negative) decimal.exponent = -decimal.exponent;
  }
  return reader.done();
}

// The power of ten that makes microseconds of an epoch number of this size.
int EpochScale(std::int64_t number) {
  constexpr std::int64_t kSecondsEnd = 100'000'000'000;
  constexpr std::int64_t kMillisEnd = 100'000'000'000'000;
  if (number > -kSecondsEnd && number < kSecondsEnd) return 6;
  return number > -kMillisEnd && number < kMillisEnd ? 3 : 0;
}

}  // namespace

Micros ParseScaled(std::string_view text, int scale) {
  Decimal decimal;
  if (!ReadDecimal(text, decimal)) return std::nullopt;
  const std::int64_t kept = static_cast<std::int64_t>(decimal.whole.size()) + decimal.exponent + scale;
  std::uint64_t magnitude = 0;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (std::int64_t i = 0; i < kept; ++i) {
    if (i >= decimal.digit_count() && magnitude == 0) break;
    const auto digit = static_cast<std::uint64_t>(i < decimal.digit_count() ? decimal.digit(i) : 0);
    if (magnitude > (kMax - digit) / 10) return std::nullopt;
    magnitude = magnitude * 10 + digit;
  }
  if (kept >= 0 && kept < decimal.digit_count()) {
    bool rest = false;
    for (std::int64_t i = kept + 1; i < decimal.digit_count() && !rest; ++i) rest = decimal.digit(i) != 0;
    const int first = decimal.digit(kept);
    if (first > 5 || (first == 5 && (rest || magnitude % 2 != 0))) ++magnitude;
    if (magnitude > kMax) return std::nullopt;
  }
  const auto value = static_cast<std::int64_t>(magnitude);
  return decimal.negative ? -value : value;
}

Micros ParseDate(std::string_view text) {
  Reader reader(text);
  std::int64_t days = 0;
  if (!ReadDate(reader, days) || !reader.done()) return std::nullopt;
  return days;
}

Micros ParseRfc3339(std::string_view text) {
  Reader reader(text);
  std::int64_t days = 0;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t fraction = 0;
  std::int64_t offset = 0;
  if (!ReadDate(reader, days)) return std::nullopt;
  if (!reader.Take('T') && !reader.Take('t') && !reader.Take(' ')) return std::nullopt;
  if (!reader.Digits(2, hour) || !reader.Take(':') || !reader.Digits(2, minute) || !reader.Take(':') ||
      !reader.Digits(2, second) || !ReadFraction(reader, fraction) || !ReadOffset(reader, offset) ||
      !reader.done()) {
    return std::nullopt;
  }
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return days * kMicrosPerDay + hour * kMicrosPerHour + minute * kMicrosPerMinute +
         second * kMicrosPerSecond + fraction - offset;
}

Micros EpochMicros(std::int64_t number) {
  const int scale = EpochScale(number);
  return scale == 6 ? number * kMicrosPerSecond : scale == 3 ? number * kMicrosPerMilli : number;
}

Micros ParseEpoch(std::string_view number) {
  const Micros whole = ParseScaled(number, 0);
  return whole ? ParseScaled(number, EpochScale(*whole)) : std::nullopt;
}

Micros ParseIsoDuration(std::string_view text) {
  Reader reader(text);
  const bool negative = reader.Take('-');
  if (!reader.Take('P') || reader.done()) return std::nullopt;
  std::int64_t total = 0;
  std::size_t next = 0;
  while (!reader.done() && reader.peek() != 'T') {
    if (!ReadIsoPart(reader, false, next, total)) return std::nullopt;
  }
  if (reader.Take('T')) {
    if (reader.done()) return std::nullopt;
    while (!reader.done()) {
      if (!ReadIsoPart(reader, true, next, total)) return std::nullopt;
    }
  }
  return negative ? -total : total;
}

Micros ParseSpokenDuration(std::string_view text) {
  Reader reader(text);
  std::int64_t total = 0;
  const auto is_space = [](char c) { return c == ' '; };
  do {
    reader.While(is_space);
    const std::string_view number = reader.While(IsNumberByte);
    reader.While(is_space);
    const std::string_view unit = reader.While([](char c) { return c >= 'a' && c <= 'z'; });
    bool found = false;
    for (const DurationUnit& known : kSpokenUnits) {
      if (known.name == unit) found = AddTimes(number, known.micros, total);
    }
    if (!found) return std::nullopt;
    reader.While(is_space);
  } while (!reader.done());
  return total;
}

std::string Rfc3339Text(std::int64_t micros) {
  std::string text;
  runtime::AppendRfc3339(text, micros);
  return text;
}

}  // namespace lull::connectors
