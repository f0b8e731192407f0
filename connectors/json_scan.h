// A strict one-pass scanner for JSON (RFC 8259): it checks everything, also what nobody reads, and copies
// nothing.
//
// Memory: the byte behind the text must be 0, and kJsonPaddingBytes behind it must be readable. All results
// are views into the text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/ascii.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lull::connectors {

inline constexpr std::size_t kJsonPaddingBytes = 64;
inline constexpr int kJsonDepthMax = 64;

enum class JsonKind : std::uint8_t {
  kString,         // begin..end without the quotes, nothing to decode
  kEscapedString,  // begin..end without the quotes, holds escapes
  kInteger,        // at most 18 digits: JsonValue::integer has it
  kNumber,         // any other number
  kTrue,
  kFalse,
  kNull,
  kObject,  // begin..end with the brackets; everything in it has been checked
  kArray,
};

struct JsonValue {
  const char* begin = nullptr;
  const char* end = nullptr;
  std::int64_t integer = 0;
  JsonKind kind = JsonKind::kNull;

  std::string_view text() const { return {begin, static_cast<std::size_t>(end - begin)}; }
  bool is_string() const { return kind <= JsonKind::kEscapedString; }
  bool is_number() const { return kind == JsonKind::kInteger || kind == JsonKind::kNumber; }
  bool is_flag() const { return kind == JsonKind::kTrue || kind == JsonKind::kFalse; }
};

enum class JsonFault : std::uint8_t { kNone, kSyntax, kUtf8, kDepth };

/// Where and why a scan stopped.
struct JsonFailure {
  JsonFault fault = JsonFault::kNone;
  const char* at = nullptr;
  const char* expected = "";  // "a value", "`,` or `}`"
};

inline const char* SkipJsonSpace(const char* p) {
  if (static_cast<unsigned char>(*p) > ' ') return p;
  while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') ++p;
  return p;
}

/// The first byte at or after p that ends a plain run of a string: a quote, a backslash or a control
/// character (so the 0 behind the text ends every run). Sets `high` if a byte of the run is not ASCII.
inline const char* EndOfPlainRun(const char* p, bool& high) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  for (;; p += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
                                      _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
    const auto stops = static_cast<unsigned>(_mm_movemask_epi8(stop));
    const auto highs = static_cast<unsigned>(_mm_movemask_epi8(v));
    if (stops != 0) {
      high |= (highs & (stops ^ (stops - 1))) != 0;
      return p + std::countr_zero(stops);
    }
    high |= highs != 0;
  }
#else
  for (;; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    if (c < 0x20 || c == '"' || c == '\\') return p;
    high |= c >= 0x80;
  }
#endif
}

/// Scans the string whose opening quote is at `p` into `value`. Returns the byte after the closing quote, or
/// null.
const char* ScanJsonString(const char* p, JsonValue& value, JsonFailure& failure);

/// Scans the value that begins at `p` (no space before it), nested ones to their end. `depth` is the number
/// of arrays and objects around it. Returns the byte after it, or null.
const char* ScanJsonValue(const char* p, int depth, JsonValue& value, JsonFailure& failure);

/// The same, with plain strings and small whole numbers, which most values are, in line.
inline const char* ScanJsonValueInline(const char* p, int depth, JsonValue& value, JsonFailure& failure) {
  if (*p == '"') {
    bool unusual = false;
    const char* end = EndOfPlainRun(p + 1, unusual);
    if (unusual || *end != '"') return ScanJsonString(p, value, failure);
    value.begin = p + 1;
    value.end = end;
    value.kind = JsonKind::kString;
    return end + 1;
  }
  if (IsDigit(*p)) {
    std::int64_t integer = *p - '0';
    const char* end = p + 1;
    for (; IsDigit(*end) && end < p + 18; ++end) integer = integer * 10 + (*end - '0');
    if ((*end == ',' || *end == '}') && (*p != '0' || end == p + 1)) {
      value.begin = p;
      value.end = end;
      value.integer = integer;
      value.kind = JsonKind::kInteger;
      return end;
    }
  }
  return ScanJsonValue(p, depth, value, failure);
}

/// Appends the decoded bytes of an escaped string that a scan has accepted.
void DecodeJsonString(std::string_view raw, std::string& out);
/// The same to memory that has room for raw.size() bytes (decoding never lengthens). Returns the size.
std::size_t DecodeJsonString(std::string_view raw, char* out);

/// Whether all bytes are well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF).
bool IsUtf8(std::string_view text);

}  // namespace lull::connectors
