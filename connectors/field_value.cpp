#include "connectors/field_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "connectors/time_text.h"
#include "runtime/base/check.h"
#include "runtime/base/time.h"

namespace lull::connectors {
namespace {

using runtime::FieldValue;
using runtime::TextView;
using runtime::ValueType;

Conversion Integer(std::optional<std::int64_t> parsed, FieldValue& out) {
  if (!parsed) return Conversion::kWrongType;
  out.integer = *parsed;
  return Conversion::kDone;
}

std::optional<std::int64_t> Scaled(const JsonValue& value, int scale, std::int64_t factor) {
  std::int64_t product = 0;
  if (value.kind != JsonKind::kInteger) return ParseScaled(value.text(), scale);
  if (__builtin_mul_overflow(value.integer, factor, &product)) return std::nullopt;
  return product;
}

Conversion ToFlag(const JsonValue& value, const ConversionLimits& limits, ByteArena& arena, FieldValue& out) {
  if (ConvertPlain(ValueType::kFlag, value, limits, out)) return Conversion::kDone;
  if (!value.is_string()) return Conversion::kWrongType;
  const std::string_view text = PlainText(value, arena);
  if (text != "yes" && text != "no") return Conversion::kWrongType;
  return Integer(text == "yes" ? 1 : 0, out);
}

Conversion ToNumber(const JsonValue& value, const ConversionLimits& limits, ByteArena&, FieldValue& out) {
  if (ConvertPlain(ValueType::kNumber, value, limits, out)) return Conversion::kDone;
  if (value.kind != JsonKind::kNumber) return Conversion::kWrongType;
  double number = 0;
  if (std::from_chars(value.begin, value.end, number).ec != std::errc()) {
    // Too large or too close to zero: strtod tells which.
    number = std::strtod(std::string(value.text()).c_str(), nullptr);
    if (!std::isfinite(number)) return Conversion::kWrongType;
  }
  out.number = number == 0 ? 0.0 : number;
  return Conversion::kDone;
}

Conversion ToMoney(const JsonValue& value, const ConversionLimits&, ByteArena& arena, FieldValue& out) {
  if (value.is_number()) return Integer(Scaled(value, 4, 10'000), out);
  if (!value.is_string()) return Conversion::kWrongType;
  return Integer(ParseScaled(PlainText(value, arena), 4), out);
}

Conversion ToDuration(const JsonValue& value, const ConversionLimits&, ByteArena& arena, FieldValue& out) {
  if (value.is_number()) return Integer(Scaled(value, 6, kMicrosPerSecond), out);
  if (!value.is_string()) return Conversion::kWrongType;
  return Integer(ParseIsoDuration(PlainText(value, arena)), out);
}

Conversion ToDate(const JsonValue& value, const ConversionLimits&, ByteArena& arena, FieldValue& out) {
  if (!value.is_string()) return Conversion::kWrongType;
  return Integer(ParseDate(PlainText(value, arena)), out);
}

Conversion ToText(const JsonValue& value, const ConversionLimits& limits, ByteArena& arena, FieldValue& out) {
  if (ConvertPlain(ValueType::kText, value, limits, out)) return Conversion::kDone;
  if (!value.is_string() && !value.is_number() && !value.is_flag()) return Conversion::kWrongType;
  const std::string_view text = PlainText(value, arena);
  if (text.size() > limits.text_bytes_max) return Conversion::kTextTooLong;
  out.text = TextView::Of(text);
  return Conversion::kDone;
}

Conversion ToChoice(const JsonValue& value, const ConversionLimits& limits, ByteArena& arena,
                    FieldValue& out) {
  if (!value.is_string()) return Conversion::kWrongType;
  const std::uint32_t index = limits.choice->Find(PlainText(value, arena));
  if (index == StringIndex::kNone) return Conversion::kNotOneOf;
  return Integer(index, out);
}

struct TypeRow {
  ValueType type;
  Converter converter;
  std::string_view words;
};

constexpr std::array<TypeRow, 9> kTypes = {{
    {ValueType::kFlag, ToFlag, "a flag (true or false)"},
    {ValueType::kNumber, ToNumber, "a number"},
    {ValueType::kMoney, ToMoney, "an amount of money"},
    {ValueType::kDuration, ToDuration, "a duration (seconds, or like PT36H)"},
    {ValueType::kTime, ConvertTime, "a time (like 2026-03-02T20:00:00Z)"},
    {ValueType::kDate, ToDate, "a date (like 2026-03-02)"},
    {ValueType::kText, ToText, "a text"},
    {ValueType::kChoice, ToChoice, "one of a choice's values"},
    {ValueType::kStage, nullptr, "a stage"},
}};

const TypeRow& RowOf(ValueType type) {
  const TypeRow& row = kTypes[static_cast<std::size_t>(type)];
  LULL_CHECK(row.type == type);
  return row;
}

}  // namespace

Conversion ConvertTime(const JsonValue& value, const ConversionLimits&, ByteArena& arena, FieldValue& out) {
  if (value.kind == JsonKind::kInteger) return Integer(EpochMicros(value.integer), out);
  if (value.kind == JsonKind::kNumber) return Integer(ParseEpoch(value.text()), out);
  if (!value.is_string()) return Conversion::kWrongType;
  return Integer(ParseRfc3339(PlainText(value, arena)), out);
}

Converter ConverterFor(ValueType type) {
  LULL_CHECK(RowOf(type).converter != nullptr);
  return RowOf(type).converter;
}

std::string_view DescribeType(ValueType type) { return RowOf(type).words; }

std::string_view DescribeKind(JsonKind kind) {
  static constexpr std::array<std::string_view, 9> kWords = {
      "a text", "a text", "a number", "a number", "true", "false", "null", "an object", "a list"};
  return kWords[static_cast<std::size_t>(kind)];
}

std::string_view DecodedText(const JsonValue& value, ByteArena& arena) {
  char* decoded = arena.Allocate(value.text().size());
  return {decoded, DecodeJsonString(value.text(), decoded)};
}

}  // namespace lull::connectors
