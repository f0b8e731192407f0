// A strict one-pass scanner for JSON (RFC 8259): it checks everything, also what nobody reads, and copies
// nothing.
//
// Memory: the byte behind the text must be 0, and kJsonPaddingBytes behind it must be readable. All results
// are views into the text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// The closing quote of the string that begins at `p`, if it is ASCII without escapes; else null.
inline const char* EndOfPlainString(const char* p) {
  if (*p != '"') return nullptr;
  bool high = false;
  const char* end = EndOfPlainRun(p + 1, high);
  return high || *end != '"' ? nullptr : end;
}

/// Digits that begin at a place: how many of the first 8 bytes, and their value.
struct DigitRun {
  unsigned count = 0;
  std::uint64_t value = 0;
};

/// Eight bytes at once: each is a digit if nothing but its low half is left after '0' is taken away; then
/// pairs, fours and all eight are added up by multiplication (D. Lemire, "Quickly parsing eight digits",
/// 2018).
inline DigitRun ReadDigits(const char* p) {
  if constexpr (std::endian::native == std::endian::little) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, p, sizeof bytes);
    bytes ^= 0x3030'3030'3030'3030;
    // A byte above 9 raises its highest bit; what it carries into the bytes behind it does not matter.
    const std::uint64_t others = (bytes | (bytes + 0x7676'7676'7676'7676)) & 0x8080'8080'8080'8080;
    const auto count = static_cast<unsigned>(std::countr_zero(others)) / 8;
    if (count == 0) return {};
    std::uint64_t digits = bytes << (8 * (8 - count));
    digits = digits * 10 + (digits >> 8);
    digits = ((digits & 0x0000'00FF'0000'00FF) * 0x000F'4240'0000'0064 +
              ((digits >> 16) & 0x0000'00FF'0000'00FF) * 0x0000'2710'0000'0001) >>
             32;
    return {count, digits & 0xFFFF'FFFF};
  } else {
    DigitRun run;
    for (; run.count < 8 && IsDigit(p[run.count]); ++run.count) {
      run.value = run.value * 10 + static_cast<std::uint64_t>(p[run.count] - '0');
    }
    return run;
  }
}

/// Scans such a string into `value`. Returns the byte after its closing quote, or null if it is none.
inline const char* ScanPlainString(const char* p, JsonValue& value) {
  const char* end = EndOfPlainString(p);
  if (end == nullptr) return nullptr;
  value.begin = p + 1;
  value.end = end;
  value.kind = JsonKind::kString;
  return end + 1;
}

/// Scans the string whose opening quote is at `p` into `value`. Returns the byte after the closing quote, or
/// null.
const char* ScanJsonString(const char* p, JsonValue& value, JsonFailure& failure);

/// Scans the value that begins at `p` (no space before it), nested ones to their end. `depth` is the number
/// of arrays and objects around it. Returns the byte after it, or null.
const char* ScanJsonValue(const char* p, int depth, JsonValue& value, JsonFailure& failure);

/// The same, with plain strings and small whole numbers, which most values are, in line.
inline const char* ScanJsonValueInline(const char* p, int depth, JsonValue& value, JsonFailure& failure) {
  if (const char* const end = ScanPlainString(p, value); end != nullptr) return end;
  if (IsDigit(*p)) {
    static constexpr std::uint64_t kPowers[] = {1,       10,        100,        1'000,      10'000,
                                                100'000, 1'000'000, 10'000'000, 100'000'000};
    DigitRun run = ReadDigits(p);
    std::uint64_t integer = run.value;
    const char* end = p + run.count;
    if (run.count == 8) {
      run = ReadDigits(end);
      integer = integer * kPowers[run.count] + run.value;
      end += run.count;
    }
    // More than 15 digits are left to the general way.
    if ((*end == ',' || *end == '}') && (*p != '0' || end == p + 1) && end < p + 16) {
      value.begin = p;
      value.end = end;
      value.integer = static_cast<std::int64_t>(integer);
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
