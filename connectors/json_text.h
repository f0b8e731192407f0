// Pieces of JSON to write: escaped texts, numbers, money.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/event.h"
#include "runtime/ruleset.h"

namespace lull::connectors {

/// In quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonText(std::string& out, std::string_view text);
/// The shortest digits that read back as the same number; null if it is not finite.
void AppendJsonNumber(std::string& out, double number);
void AppendInteger(std::string& out, std::int64_t number);
/// Ten-thousandths as a decimal number: 430, 430.5.
void AppendJsonMoney(std::string& out, std::int64_t money);

/// A value of a type: durations in seconds, times and dates as texts, flags as true and false, unknown as
/// null. For texts, numbers and what is counted; choices and stages become their numbers.
void AppendJsonValue(std::string& out, const runtime::FieldValue& value, runtime::ValueType type);

std::string Base64(std::string_view bytes);

}  // namespace lull::connectors
