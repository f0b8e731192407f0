#include "connectors/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "connectors/json_scan.h"
#include "runtime/base/time.h"
#include "runtime/format.h"

namespace lull::connectors {
namespace {

using runtime::ValueType;

constexpr std::string_view kHexDigits = "0123456789abcdef";

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += kHexDigits[static_cast<unsigned char>(c) >> 4];
      out += kHexDigits[static_cast<unsigned char>(c) & 0xF];
  }
}

bool NeedsEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7F;
}

// A decimal number of which the last `decimals` digits stand behind the point, without needless zeros.
void AppendDecimal(std::string& out, std::int64_t scaled, int decimals) {
  if (scaled < 0) out += '-';
  std::uint64_t unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  const std::uint64_t size =
      scaled < 0 ? -static_cast<std::uint64_t>(scaled) : static_cast<std::uint64_t>(scaled);
  std::array<char, 24> digits{};
  const auto whole = std::to_chars(digits.data(), digits.data() + digits.size(), size / unit);
  out.append(digits.data(), whole.ptr);
  std::uint64_t rest = size % unit;
  if (rest == 0) return;
  out += '.';
  for (unit /= 10; rest > 0; unit /= 10) {
    out += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
}

}  // namespace

void AppendJsonText(std::string& out, std::string_view text) {
  out += '"';
  const bool valid = IsUtf8(text);
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool broken = !valid && static_cast<unsigned char>(text[i]) >= 0x80;
    if (!broken && !NeedsEscape(text[i])) continue;
    out.append(text, plain_from, i - plain_from);
    plain_from = i + 1;
    if (broken) {
      out += "\\ufffd";
    } else {
      AppendEscaped(out, text[i]);
    }
  }
  out.append(text, plain_from);
  out += '"';
}

void AppendJsonNumber(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number == 0 ? 0.0 : number);
  out.append(digits.data(), end.ptr);
}

void AppendInteger(std::string& out, std::int64_t number) { AppendDecimal(out, number, 0); }
void AppendJsonMoney(std::string& out, std::int64_t money) { AppendDecimal(out, money, 4); }

void AppendJsonValue(std::string& out, const runtime::FieldValue& value, ValueType type) {
  if (type == ValueType::kNumber) return AppendJsonNumber(out, value.number);
  if (type == ValueType::kText ? !value.text.known() : value.integer == kUnknown) {
    out += "null";
    return;
  }
  switch (type) {
    case ValueType::kText:
      return AppendJsonText(out, value.text.view());
    case ValueType::kFlag:
      out += value.integer != 0 ? "true" : "false";
      return;
    case ValueType::kMoney:
      return AppendJsonMoney(out, value.integer);
    case ValueType::kDuration:
      return AppendDecimal(out, value.integer, 6);
    case ValueType::kTime:
      out += '"';
      runtime::AppendRfc3339(out, value.integer);
      out += '"';
      return;
    case ValueType::kDate:
      out += '"';
      runtime::AppendDate(out, value.integer);
      out += '"';
      return;
    default:
      return AppendInteger(out, value.integer);
  }
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) -> std::uint32_t {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
    };
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kDigits[group >> 18];
    out += kDigits[group >> 12 & 0x3F];
    out += i + 1 < bytes.size() ? kDigits[group >> 6 & 0x3F] : '=';
    out += i + 2 < bytes.size() ? kDigits[group & 0x3F] : '=';
  }
  return out;
}

}  // namespace lull::connectors
