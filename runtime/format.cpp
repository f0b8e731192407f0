#include "runtime/format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace lull::runtime {
namespace {

constexpr std::string_view kUnknownWord = "unknown";
constexpr std::uint64_t kMoneyUnit = 10'000;
constexpr std::int64_t kDaysFrom = 48 * kMicrosPerHour;

/// The magnitude of any integer but kUnknown.
std::uint64_t Magnitude(std::int64_t value) {
  return value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
}

void AppendUnsigned(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

/// With leading zeros.
void AppendPadded(std::string& out, std::uint64_t value, std::size_t width) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  if (count < width) out.append(width - count, '0');
  out.append(digits.data(), end);
}

/// Decimal digits with a comma before every third from the right.
void AppendGrouped(std::string& out, std::string_view digits) {
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
}

void AppendGrouped(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  AppendGrouped(out, std::string_view(digits.data(), end));
}

/// ".25": `fraction` has `width` digits; trailing zeros go, but `width_min` digits stay.
void AppendFraction(std::string& out, std::uint64_t fraction, std::size_t width, std::size_t width_min) {
  out += '.';
  const std::size_t start = out.size();
  AppendPadded(out, fraction, width);
  while (out.size() > start + width_min && out.back() == '0') out.pop_back();
}

struct DurationUnit {
  std::string_view name;
  std::uint64_t micros;
};

constexpr std::array<DurationUnit, 4> kDurationUnits = {{
    {"day", kMicrosPerDay},
    {"hour", kMicrosPerHour},
    {"minute", kMicrosPerMinute},
    {"second", kMicrosPerSecond},
}};

void AppendCounted(std::string& out, std::uint64_t count, std::string_view unit) {
  AppendGrouped(out, count);
  out += ' ';
  out += unit;
  if (count != 1) out += 's';
}

void AppendSeconds(std::string& out, std::uint64_t micros) {
  const std::uint64_t fraction = micros % kMicrosPerSecond;
  if (fraction == 0) return AppendCounted(out, micros / kMicrosPerSecond, "second");
  AppendUnsigned(out, micros / kMicrosPerSecond);
  AppendFraction(out, fraction, 6, 1);
  out += " seconds";
}

void AppendLocalDate(std::string& out, LocalDate date) {
  if (date.year < 0) out += '-';
  AppendPadded(out, Magnitude(date.year), 4);
  out += '-';
  AppendPadded(out, static_cast<std::uint64_t>(date.month), 2);
  out += '-';
  AppendPadded(out, static_cast<std::uint64_t>(date.day), 2);
}

void AppendClock(std::string& out, std::int32_t hour, std::int32_t minute) {
  AppendPadded(out, static_cast<std::uint64_t>(hour), 2);
  out += ':';
  AppendPadded(out, static_cast<std::uint64_t>(minute), 2);
}

void AppendNamed(std::string& out, std::int64_t value, const std::vector<std::string>& names) {
  const bool known = value >= 0 && static_cast<std::uint64_t>(value) < names.size();
  out += known ? std::string_view(names[static_cast<std::size_t>(value)]) : kUnknownWord;
}

}  // namespace

void AppendMoney(std::string& out, std::int64_t money, std::string_view currency) {
  const std::uint64_t magnitude = Magnitude(money);
  if (money < 0) out += '-';
  AppendGrouped(out, magnitude / kMoneyUnit);
  if (magnitude % kMoneyUnit != 0) AppendFraction(out, magnitude % kMoneyUnit, 4, 2);
  if (!currency.empty()) {
    out += ' ';
    out += currency;
  }
}

void AppendNumber(std::string& out, double number) {
  if (std::isnan(number)) {
    out += kUnknownWord;
    return;
  }
  constexpr double kPlainMin = 1e-4;
  constexpr double kPlainMax = 1e15;
  const double magnitude = std::fabs(number);
  std::array<char, 64> digits;
  char* const begin = digits.data();
  char* const limit = begin + digits.size();
  if (magnitude != 0 && (magnitude < kPlainMin || magnitude >= kPlainMax)) {
    out.append(begin, std::to_chars(begin, limit, number, std::chars_format::scientific).ptr);
    return;
  }
  const char* end = std::to_chars(begin, limit, magnitude, std::chars_format::fixed, 6).ptr;
  const std::string_view text(begin, end);
  const std::size_t point = text.find('.');
  const std::string_view fraction = text.substr(point + 1);
  const std::size_t kept = fraction.find_last_not_of('0') + 1;  // none: npos + 1 is 0
  if (number < 0) out += '-';
  AppendGrouped(out, text.substr(0, point));
  if (kept > 0) {
    out += '.';
    out += fraction.substr(0, kept);
  }
}

void AppendDuration(std::string& out, std::int64_t micros) {
  std::uint64_t left = Magnitude(micros);
  if (micros < 0) out += '-';
  if (left < kMicrosPerMinute) return AppendSeconds(out, left);
  // Whole seconds from here on.
  std::size_t unit = left >= kDaysFrom ? 0 : 1;
  while (left < kDurationUnits[unit].micros) ++unit;
  AppendCounted(out, left / kDurationUnits[unit].micros, kDurationUnits[unit].name);
  left %= kDurationUnits[unit].micros;
  if (++unit == kDurationUnits.size() || left < kDurationUnits[unit].micros) return;
  out += ' ';
  AppendCounted(out, left / kDurationUnits[unit].micros, kDurationUnits[unit].name);
}

void AppendTime(std::string& out, std::int64_t micros, const Zone& zone) {
  const LocalTime local = zone.MicrosToLocal(micros);
  AppendLocalDate(out, local.date);
  out += ' ';
  AppendClock(out, local.hour, local.minute);
  if (local.micros == 0) return;
  out += ':';
  AppendPadded(out, static_cast<std::uint64_t>(local.micros / kMicrosPerSecond), 2);
  const auto fraction = static_cast<std::uint64_t>(local.micros % kMicrosPerSecond);
  if (fraction != 0) AppendFraction(out, fraction, 6, 1);
}

void AppendDate(std::string& out, std::int64_t day) { AppendLocalDate(out, DateOfDay(day)); }

void AppendRfc3339(std::string& out, std::int64_t micros) {
  std::int64_t day = micros / kMicrosPerDay;
  std::int64_t in_day = micros % kMicrosPerDay;
  if (in_day < 0) {
    in_day += kMicrosPerDay;
    --day;
  }
  AppendLocalDate(out, DateOfDay(day));
  out += 'T';
  AppendClock(out, static_cast<std::int32_t>(in_day / kMicrosPerHour),
              static_cast<std::int32_t>(in_day % kMicrosPerHour / kMicrosPerMinute));
  out += ':';
  const auto in_minute = static_cast<std::uint64_t>(in_day % kMicrosPerMinute);
  AppendPadded(out, in_minute / kMicrosPerSecond, 2);
  const std::uint64_t fraction = in_minute % kMicrosPerSecond;
  if (fraction != 0) {
    out += '.';
    const bool millis = fraction % kMicrosPerMilli == 0;
    AppendPadded(out, millis ? fraction / kMicrosPerMilli : fraction, millis ? 3 : 6);
  }
  out += 'Z';
}

void AppendValue(std::string& out, FieldValue value, TemplateSpec::Argument type,
                 const FormatContext& context) {
  if (type.type == ValueType::kText) {
    out += value.text.known() ? value.text.view() : kUnknownWord;
    return;
  }
  if (type.type == ValueType::kNumber) return AppendNumber(out, value.number);
  if (value.integer == kUnknown) {
    out += kUnknownWord;
    return;
  }
  switch (type.type) {
    case ValueType::kFlag:
      out += value.integer == 1 ? "yes" : "no";
      return;
    case ValueType::kMoney:
      return AppendMoney(out, value.integer, context.ruleset->currency);
    case ValueType::kDuration:
      return AppendDuration(out, value.integer);
    case ValueType::kTime:
      return AppendTime(out, value.integer, context.zone);
    case ValueType::kDate:
      return AppendDate(out, value.integer);
    case ValueType::kChoice:
      return AppendNamed(out, value.integer, context.ruleset->choices[type.of].values);
    case ValueType::kStage:
      return AppendNamed(out, value.integer, context.entity->journeys[type.of].stages);
    case ValueType::kNumber:
    case ValueType::kText:
      return;
  }
}

void Render(std::string& out, const TemplateSpec& text, const FieldValue* values,
            const FormatContext& context) {
  for (std::size_t i = 0; i < text.pieces.size(); ++i) {
    out += text.pieces[i];
    if (i < text.arguments.size()) AppendValue(out, values[i], text.arguments[i], context);
  }
}

}  // namespace lull::runtime
