// From a scanned JSON value to a value of the language.
#pragma once

#include <cstdint>
#include <string_view>

#include "connectors/byte_arena.h"
#include "connectors/json_scan.h"
#include "connectors/string_index.h"
#include "runtime/event.h"
#include "runtime/ruleset.h"

namespace lull::connectors {

enum class Conversion : std::uint8_t { kDone, kWrongType, kNotOneOf, kTextTooLong };

/// What a conversion may need to know of its field.
struct ConversionLimits {
  std::uint32_t text_bytes_max = 256;
  const StringIndex* choice = nullptr;
};

/// `value` is not null and was accepted by a scan. Texts are views into the line or into `arena`. Leaves
/// `out` alone unless the result is kDone.
using Converter = Conversion (*)(const JsonValue& value, const ConversionLimits& limits, ByteArena& arena,
                                 runtime::FieldValue& out);

/// The values that most events bring, in line. False: ask the converter, which begins with this.
inline bool ConvertPlain(runtime::ValueType type, const JsonValue& value, const ConversionLimits& limits,
                         runtime::FieldValue& out) {
  using runtime::ValueType;
  if (type == ValueType::kText) {
    if (value.kind != JsonKind::kString || value.text().size() > limits.text_bytes_max) return false;
    out.text = runtime::TextView::Of(value.text());
    return true;
  }
  if (type == ValueType::kNumber) {
    if (value.kind != JsonKind::kInteger) return false;
    out.number = static_cast<double>(value.integer);
    return true;
  }
  if (type != ValueType::kFlag || !value.is_flag()) return false;
  out.integer = value.kind == JsonKind::kTrue ? 1 : 0;
  return true;
}

/// The converter for a type of field. kStage has none and is a programmer's error.
Converter ConverterFor(runtime::ValueType type);

/// The converter for times.
Conversion ConvertTime(const JsonValue& value, const ConversionLimits& limits, ByteArena& arena,
                       runtime::FieldValue& out);

/// What a person calls the type: "an amount of money".
std::string_view DescribeType(runtime::ValueType type);
std::string_view DescribeKind(JsonKind kind);

std::string_view DecodedText(const JsonValue& value, ByteArena& arena);
/// A string's decoded bytes, anything else as written.
inline std::string_view PlainText(const JsonValue& value, ByteArena& arena) {
  return value.kind == JsonKind::kEscapedString ? DecodedText(value, arena) : value.text();
}

}  // namespace lull::connectors
