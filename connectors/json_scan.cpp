#include "connectors/json_scan.h"

#include <array>
#include <cstring>

#include "connectors/ascii.h"

namespace lull::connectors {
namespace {

const char* FailAt(JsonFailure& failure, const char* at, const char* expected,
                   JsonFault fault = JsonFault::kSyntax) {
  failure = {fault, at, expected};
  return nullptr;
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The value of four hexadecimal digits, or -1. Reads no further than the first byte that is none.
int HexFour(const char* p) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexDigit(p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool IsHighSurrogate(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool IsLowSurrogate(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// The byte after the escape whose backslash is at p, or null. Half a surrogate pair is no character.
const char* ScanEscape(const char* p) {
  const char c = p[1];
  if (c != 'u') return c != 0 && std::strchr("\"\\/bfnrt", c) != nullptr ? p + 2 : nullptr;
  const int unit = HexFour(p + 2);
  if (unit < 0 || IsLowSurrogate(unit)) return nullptr;
  if (!IsHighSurrogate(unit)) return p + 6;
  if (p[6] != '\\' || p[7] != 'u') return nullptr;
  return IsLowSurrogate(HexFour(p + 8)) ? p + 12 : nullptr;
}

const char* ScanNumber(const char* p, JsonValue& value, JsonFailure& failure) {
  value.begin = p;
  const bool negative = *p == '-';
  if (negative) ++p;
  const char* digits = p;
  std::uint64_t magnitude = 0;
  while (IsDigit(*p)) magnitude = magnitude * 10 + static_cast<std::uint64_t>(*p++ - '0');
  const auto count = p - digits;
  if (count == 0) return FailAt(failure, p, "a digit");
  if (*digits == '0' && count > 1) return FailAt(failure, digits, "a number without leading zeros");
  bool whole = true;
  if (*p == '.') {
    whole = false;
    if (!IsDigit(*++p)) return FailAt(failure, p, "a digit");
    while (IsDigit(*p)) ++p;
  }
  if (*p == 'e' || *p == 'E') {
    whole = false;
    ++p;
    if (*p == '+' || *p == '-') ++p;
    if (!IsDigit(*p)) return FailAt(failure, p, "a digit");
    while (IsDigit(*p)) ++p;
  }
  value.end = p;
  value.kind = whole && count <= 18 ? JsonKind::kInteger : JsonKind::kNumber;
  // Unsigned, because more than 18 digits wrap around.
  value.integer = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
  return p;
}

const char* ScanWord(const char* p, std::string_view word, JsonKind kind, JsonValue& value,
                     JsonFailure& failure) {
  if (std::memcmp(p, word.data(), word.size()) != 0) return FailAt(failure, p, "a value");
  value.begin = p;
  value.end = p + word.size();
  value.kind = kind;
  return value.end;
}

const char* ScanScalar(const char* p, JsonValue& value, JsonFailure& failure) {
  switch (*p) {
    case '"':
      return ScanJsonString(p, value, failure);
    case 't':
      return ScanWord(p, "true", JsonKind::kTrue, value, failure);
    case 'f':
      return ScanWord(p, "false", JsonKind::kFalse, value, failure);
    case 'n':
      return ScanWord(p, "null", JsonKind::kNull, value, failure);
    default:
      if (*p == '-' || IsDigit(*p)) return ScanNumber(p, value, failure);
      return FailAt(failure, p, "a value");
  }
}

// The name and colon of a member, up to its value.
const char* ScanNameAndColon(const char* p, JsonFailure& failure) {
  JsonValue name;
  if (*p != '"') return FailAt(failure, p, "a name in quotes");
  p = ScanJsonString(p, name, failure);
  if (p == nullptr) return nullptr;
  p = SkipJsonSpace(p);
  if (*p != ':') return FailAt(failure, p, "`:`");
  return SkipJsonSpace(p + 1);
}

// Checks arrays and objects without recursion: one bit for each level says which kind it is.
class NestedScan {
 public:
  NestedScan(int depth, JsonFailure& failure) : outer_depth_(depth), failure_(failure) {}

  const char* Run(const char* p) {
    p = Open(p);
    while (p != nullptr && level_ > 0) p = need_value_ ? Value(p) : AfterValue(p);
    return p;
  }

 private:
  bool in_object() const { return (kinds_ & 1U) != 0; }

  const char* Open(const char* p) {
    if (outer_depth_ + level_ >= kJsonDepthMax) {
      return FailAt(failure_, p, "less nesting", JsonFault::kDepth);
    }
    kinds_ = kinds_ << 1 | (*p == '{' ? 1U : 0U);
    ++level_;
    p = SkipJsonSpace(p + 1);
    if (*p == (in_object() ? '}' : ']')) return Close(p);
    need_value_ = true;
    return in_object() ? ScanNameAndColon(p, failure_) : p;
  }

  const char* Close(const char* p) {
    kinds_ >>= 1;
    --level_;
    need_value_ = false;
    return p + 1;
  }

  const char* Value(const char* p) {
    if (*p == '{' || *p == '[') return Open(p);
    JsonValue skipped;
    need_value_ = false;
    return ScanScalar(p, skipped, failure_);
  }

  const char* AfterValue(const char* p) {
    p = SkipJsonSpace(p);
    if (*p == (in_object() ? '}' : ']')) return Close(p);
    if (*p != ',') return FailAt(failure_, p, in_object() ? "`,` or `}`" : "`,` or `]`");
    p = SkipJsonSpace(p + 1);
    need_value_ = true;
    return in_object() ? ScanNameAndColon(p, failure_) : p;
  }

  int outer_depth_;
  JsonFailure& failure_;
  std::uint64_t kinds_ = 0;
  int level_ = 0;
  bool need_value_ = false;
};

char* AppendUtf8(char* out, int code_point) {
  const auto tail = [&](int shift) { *out++ = static_cast<char>(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    *out++ = static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    *out++ = static_cast<char>(0xC0 | code_point >> 6);
    tail(0);
  } else if (code_point < 0x10000) {
    *out++ = static_cast<char>(0xE0 | code_point >> 12);
    tail(6);
    tail(0);
  } else {
    *out++ = static_cast<char>(0xF0 | code_point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
  return out;
}

constexpr std::array<char, 128> kShortEscapes = [] {
  std::array<char, 128> table{};
  table['"'] = '"';
  table['\\'] = '\\';
  table['/'] = '/';
  table['b'] = '\b';
  table['f'] = '\f';
  table['n'] = '\n';
  table['r'] = '\r';
  table['t'] = '\t';
  return table;
}();

}  // namespace

const char* ScanJsonString(const char* p, JsonValue& value, JsonFailure& failure) {
  const char* begin = p + 1;
  bool high = false;
  value.kind = JsonKind::kString;
  for (p = EndOfPlainRun(begin, high); *p != '"'; p = EndOfPlainRun(p, high)) {
    if (*p != '\\') return FailAt(failure, p, "the end of the text in quotes");
    value.kind = JsonKind::kEscapedString;
    const char* next = ScanEscape(p);
    if (next == nullptr) return FailAt(failure, p, "an escape that JSON knows");
    p = next;
  }
  value.begin = begin;
  value.end = p;
  if (high && !IsUtf8(value.text())) return FailAt(failure, begin, "UTF-8", JsonFault::kUtf8);
  return p + 1;
}

const char* ScanJsonValue(const char* p, int depth, JsonValue& value, JsonFailure& failure) {
  if (*p != '{' && *p != '[') return ScanScalar(p, value, failure);
  value.begin = p;
  value.kind = *p == '{' ? JsonKind::kObject : JsonKind::kArray;
  value.end = NestedScan(depth, failure).Run(p);
  return value.end;
}

std::size_t DecodeJsonString(std::string_view raw, char* out) {
  char* const first = out;
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p < end) {
    const void* found = std::memchr(p, '\\', static_cast<std::size_t>(end - p));
    const char* run_end = found == nullptr ? end : static_cast<const char*>(found);
    std::memmove(out, p, static_cast<std::size_t>(run_end - p));
    out += run_end - p;
    p = run_end;
    if (p == end) break;
    if (p[1] != 'u') {
      *out++ = kShortEscapes[static_cast<unsigned char>(p[1]) & 0x7F];
      p += 2;
      continue;
    }
    int unit = HexFour(p + 2);
    p += 6;
    if (IsHighSurrogate(unit)) {
      unit = 0x10000 + ((unit - 0xD800) << 10) + (HexFour(p + 2) - 0xDC00);
      p += 6;
    }
    out = AppendUtf8(out, unit);
  }
  return static_cast<std::size_t>(out - first);
}

void DecodeJsonString(std::string_view raw, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + raw.size());
  out.resize(before + DecodeJsonString(raw, out.data() + before));
}

bool IsUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* const end = p + text.size();
  const auto tails = [&](int count) {
    if (end - p <= count) return false;
    for (int i = 1; i <= count; ++i) {
      if ((p[i] & 0xC0) != 0x80) return false;
    }
    return true;
  };
  while (p < end) {
    const unsigned char c = *p;
    if (c < 0x80) {
      ++p;
    } else if (c >= 0xC2 && c <= 0xDF) {
      if (!tails(1)) return false;
      p += 2;
    } else if ((c & 0xF0) == 0xE0) {
      if (!tails(2) || (c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F)) return false;
      p += 3;
    } else if (c >= 0xF0 && c <= 0xF4) {
      if (!tails(3) || (c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F)) return false;
      p += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace lull::connectors
