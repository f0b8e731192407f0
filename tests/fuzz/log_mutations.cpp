#include "tests/fuzz/log_mutations.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lull::test {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

/// Values that fit no type, or only just.
constexpr std::array kOddValues = {
    "null"sv,
    "true"sv,
    "false"sv,
    "\"\""sv,
    "\"yes\""sv,
    "{}"sv,
    "[]"sv,
    "[1,{\"a\":null}]"sv,
    "0"sv,
    "-0"sv,
    "-0.0"sv,
    "1e308"sv,
    "1e309"sv,
    "-1e400"sv,
    "1e-400"sv,
    "4.9e-324"sv,
    "1e999999999999"sv,
    "9223372036854775807"sv,
    "9223372036854775808"sv,
    "-9223372036854775808"sv,
    "-9223372036854775809"sv,
    "18446744073709551616"sv,
    "922337203685477.5807"sv,
    "922337203685477.5808"sv,
    "-922337203685477.5808"sv,
    "999999999999999999"sv,
    "-999999999999999999"sv,
    "0.00005"sv,
    "0.00015"sv,
    "1.5"sv,
    "01"sv,
    "+1"sv,
    "1."sv,
    ".5"sv,
    "NaN"sv,
    "Infinity"sv,
    "0x10"sv,
    "\"12\""sv,
    "\"1e5\""sv,
    "\"P\""sv,
    "\"PT\""sv,
    "\"P99999999999W\""sv,
    "\"-PT0.0000001S\""sv,
    "\"PT9223372036854S\""sv,
    "\"2026-02-30\""sv,
    "\"9999-12-31\""sv,
    "\"0000-01-01\""sv,
    "\"\\u0000\""sv,
    "\"\\ud800\""sv,
    "\"\\ud83d\\ude00\""sv,
    "\"\\u00e9{}{0}%s\""sv,
    "\"\xC3\xA9\""sv,
    "\"\xC3\""sv,
    "\"\xED\xA0\x80\""sv,
    "\"\xF5\x80\x80\x80\""sv,
    "\"\xC0\x80\""sv,
    "\"a\0b\""sv,
    "\"\x01\""sv,
    "\"'; drop table --\""sv,
    "\"{name}\""sv,
};

/// Times at the edges of what is read and accepted, and some that are neither.
constexpr std::array kOddTimes = {
    "\"1900-01-01T00:00:00Z\""sv,
    "\"1899-12-31T23:59:59.999999Z\""sv,
    "\"2199-12-31T23:59:59.999999Z\""sv,
    "\"2200-01-01T00:00:00Z\""sv,
    "\"2200-01-01T00:00:00.000001Z\""sv,
    "\"1970-01-01T00:00:00Z\""sv,
    "\"1969-12-31T23:59:59.999999Z\""sv,
    "\"2016-12-31T23:59:60Z\""sv,
    "\"2026-03-08T02:30:00-06:00\""sv,
    "\"2026-11-01T01:30:00-05:00\""sv,
    "\"2024-02-29T00:00:00+14:00\""sv,
    "\"2023-02-29T00:00:00Z\""sv,
    "\"0000-01-01T00:00:00Z\""sv,
    "\"9999-12-31T23:59:59Z\""sv,
    "\"2026-03-02 20:00:00z\""sv,
    "\"2026-03-02T20:00:00\""sv,
    "\"2026-03-02T24:00:00Z\""sv,
    "\"2026-03-02T20:00:00.Z\""sv,
    "\"2026-03-02T20:00:00.1234567899Z\""sv,
    "\"yesterday\""sv,
    "0"sv,
    "-1"sv,
    "1.5"sv,
    "1772481600"sv,
    "1772481600.25"sv,
    "1772481600123"sv,
    "1772481600123456"sv,
    "-2208988800"sv,
    "-2208988800.000001"sv,
    "7258118400"sv,
    "7258118400000000"sv,
    "7258118400000001"sv,
    "99999999999"sv,
    "100000000000"sv,
    "-99999999999.9"sv,
    "99999999999999"sv,
    "100000000000000"sv,
    "9223372036854775807"sv,
    "-9223372036854775808"sv,
    "1e10"sv,
    "1.7724816e9"sv,
    "1e400"sv,
    "-1e-400"sv,
    "null"sv,
    "{}"sv,
    "true"sv,
};

constexpr std::string_view kInteresting = "{}[]\",:\\u0e-+. \t\r\0\x80\xC3\xA9\xF0\xFF\x01ntf19"sv;

template <typename Items>
auto Pick(FuzzRandom& random, const Items& items) {
  return items[Below(random, std::size(items))];
}

/// A member of a line's top object, by places in the line. `end` is behind the value.
struct Member {
  std::size_t begin = 0;
  std::size_t value = 0;
  std::size_t end = 0;

  std::string_view name(std::string_view line) const {
    return line.substr(begin, line.find('"', begin + 1) + 1 - begin);
  }
};

std::size_t EndOfText(std::string_view line, std::size_t at) {
  for (++at; at < line.size() && line[at] != '"'; ++at) at += line[at] == '\\' ? 1 : 0;
  return std::min(at + 1, line.size());
}

// The members as far as the line is sound; damaged lines have fewer.
std::vector<Member> MembersOf(std::string_view line) {
  std::vector<Member> members;
  int depth = 0;
  Member member;
  for (std::size_t at = 0; at < line.size();) {
    const char c = line[at];
    if (c == '"') {
      if (depth == 1 && member.begin == 0) member.begin = at;
      at = EndOfText(line, at);
      continue;
    }
    if (c == ':' && depth == 1 && member.begin > 0 && member.value == 0) member.value = at + 1;
    if (depth == 1 && (c == ',' || c == '}') && member.value > 0) {
      member.end = at;
      members.push_back(member);
      member = {};
    }
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    ++at;
  }
  return members;
}

bool IsTimeName(std::string_view name) {
  return name == "\"time\"" || name == "\"ts\"" || name == "\"timestamp\"";
}

std::string OddValue(FuzzRandom& random) {
  switch (Below(random, 8)) {
    case 0:
      return std::string(1 + Below(random, 400), '9') + (OneIn(random, 2) ? "." + std::string(400, '3') : "");
    case 1:
      return "\"" + std::string(250 + Below(random, 10), 'k') + "\"";
    case 2: {
      const std::size_t depth = OneIn(random, 20) ? 100'000 : 60 + Below(random, 8);
      return std::string(depth, '[') + std::string(depth, ']');
    }
    default:
      return std::string(Pick(random, kOddValues));
  }
}

std::string OddTime(FuzzRandom& random) {
  if (OneIn(random, 2)) return std::string(Pick(random, kOddTimes));
  // Anywhere between 1900 and 2200, in any unit.
  const auto seconds = static_cast<std::int64_t>(Below(random, 9'467'107'200)) - 2'208'988'800;
  constexpr std::array kUnits = {"", "000", "000000", ".5", "e0"};
  return std::to_string(seconds) + Pick(random, kUnits);
}

// ---- Damage to one line

void FlipBits(FuzzRandom& random, std::string& line) {
  char& c = line[Below(random, line.size())];
  c = static_cast<char>(c ^ (1 << Below(random, 8)));
}

void PutByte(FuzzRandom& random, std::string& line) {
  line[Below(random, line.size())] = Pick(random, kInteresting);
}

void InsertByte(FuzzRandom& random, std::string& line) {
  line.insert(Below(random, line.size() + 1), 1, Pick(random, kInteresting));
}

void Truncate(FuzzRandom& random, std::string& line) { line.resize(Below(random, line.size())); }

void CutOut(FuzzRandom& random, std::string& line) {
  line.erase(Below(random, line.size()), 1 + Below(random, 20));
}

void RepeatPart(FuzzRandom& random, std::string& line) {
  const std::string part = line.substr(Below(random, line.size()), 1 + Below(random, 40));
  line.insert(Below(random, line.size() + 1), part);
}

void ReplaceValue(FuzzRandom& random, std::string& line) {
  const std::vector<Member> members = MembersOf(line);
  if (members.empty()) return FlipBits(random, line);
  const Member member = Pick(random, members);
  const bool as_time = IsTimeName(member.name(line)) && !OneIn(random, 4);
  line.replace(member.value, member.end - member.value, as_time ? OddTime(random) : OddValue(random));
}

void ReplaceTime(FuzzRandom& random, std::string& line) {
  for (const Member& member : MembersOf(line)) {
    if (!IsTimeName(member.name(line))) continue;
    line.replace(member.value, member.end - member.value, OddTime(random));
    return;
  }
}

void ExchangeValues(FuzzRandom& random, std::string& line) {
  const std::vector<Member> members = MembersOf(line);
  if (members.size() < 2) return FlipBits(random, line);
  const Member to = Pick(random, members);
  const Member from = Pick(random, members);
  line.replace(to.value, to.end - to.value, line.substr(from.value, from.end - from.value));
}

void RemoveMember(FuzzRandom& random, std::string& line) {
  const std::vector<Member> members = MembersOf(line);
  if (members.empty()) return Truncate(random, line);
  const Member member = Pick(random, members);
  const bool last = line[member.end] == '}';
  line.erase(member.begin - (last && member.begin > 1 ? 1 : 0),
             member.end - member.begin + 1 - (last && member.begin <= 1 ? 1 : 0));
  if (last && member.begin > 1) line += '}';
}

void RepeatMember(FuzzRandom& random, std::string& line) {
  const std::vector<Member> members = MembersOf(line);
  if (members.empty()) return RepeatPart(random, line);
  const Member member = Pick(random, members);
  line.insert(member.end, "," + line.substr(member.begin, member.end - member.begin));
}

void EscapeName(FuzzRandom& random, std::string& line) {
  const std::vector<Member> members = MembersOf(line);
  if (members.empty()) return FlipBits(random, line);
  const Member member = Pick(random, members);
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto c = static_cast<unsigned char>(line[member.begin + 1]);
  line.replace(member.begin + 1, 1, std::string("\\u00") + kHex[c >> 4] + kHex[c & 0xF]);
}

void AddMembers(FuzzRandom& random, std::string& line) {
  if (line.empty() || line[0] != '{') return InsertByte(random, line);
  std::string added;
  const std::size_t count = OneIn(random, 50) ? 3'000 : 1 + Below(random, 5);
  for (std::size_t i = 0; i < count; ++i)
    added += "\"x" + std::to_string(Below(random, count * 50)) + "\":" + std::to_string(i) + ",";
  line.insert(1, added);
}

void MakeHuge(FuzzRandom& random, std::string& line) {
  if (!OneIn(random, 30)) return ReplaceValue(random, line);
  const std::size_t wanted = kMegabyte - 2 + Below(random, 5);
  if (line.size() >= wanted) return;
  const std::size_t missing = wanted - line.size();
  const std::size_t kind = Below(random, 3);
  if (kind == 0) line.append(missing, ' ');
  if (kind == 1) line.insert(Below(random, line.size()), missing, Pick(random, kInteresting));
  if (kind == 2 && missing > 8) line.insert(1, "\"x\":\"" + std::string(missing - 7, 'x') + "\",");
}

void WrapAsCloudEvent(FuzzRandom& random, std::string& line) {
  constexpr std::array kVersions = {"\"1.0\"", "\"1.0\"", "\"1.0.2\"", "\"0.3\"", "1.0", "[]"};
  std::string attributes;
  for (const Member& member : MembersOf(line)) {
    const std::string_view name = member.name(line);
    if (name == "\"type\"" || name == "\"id\"")
      attributes += "," + line.substr(member.begin, member.end - member.begin);
    if (IsTimeName(name)) attributes += ",\"time\":" + line.substr(member.value, member.end - member.value);
  }
  line = std::string("{\"specversion\":") + Pick(random, kVersions) + attributes + ",\"data\":" + line + "}";
}

using LineDamage = void (*)(FuzzRandom&, std::string&);
constexpr LineDamage kLineDamages[] = {
    FlipBits,     PutByte,      InsertByte,  Truncate,    CutOut,      RepeatPart,       ReplaceValue,
    ReplaceValue, ReplaceValue, ReplaceTime, ReplaceTime, ReplaceTime, ExchangeValues,   RemoveMember,
    RemoveMember, RepeatMember, EscapeName,  AddMembers,  MakeHuge,    WrapAsCloudEvent, WrapAsCloudEvent,
};

// ---- Damage to the order of lines

void SwapLines(FuzzRandom& random, std::vector<std::string>& lines) {
  std::swap(lines[Below(random, lines.size())], lines[Below(random, lines.size())]);
}

void RepeatLine(FuzzRandom& random, std::vector<std::string>& lines) {
  const std::string line = lines[Below(random, lines.size())];
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(Below(random, lines.size() + 1)), line);
}

void DropLine(FuzzRandom& random, std::vector<std::string>& lines) {
  if (lines.size() > 1) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(Below(random, lines.size())));
}

void Shuffle(FuzzRandom& random, std::vector<std::string>& lines) {
  std::shuffle(lines.begin(), lines.end(), random);
}

void JoinLines(FuzzRandom& random, std::vector<std::string>& lines) {
  const std::size_t at = Below(random, lines.size());
  if (at + 1 < lines.size()) lines[at] += lines[at + 1];
}

using OrderDamage = void (*)(FuzzRandom&, std::vector<std::string>&);
constexpr OrderDamage kOrderDamages[] = {SwapLines, RepeatLine, RepeatLine, DropLine, Shuffle, JoinLines};

// The value of a line's member that keys look like, or nothing.
std::string SomeKey(FuzzRandom& random, const std::string& line) {
  constexpr std::array kNames = {"\"customer_id\"", "\"case\"", "\"customer\""};
  const std::string_view wanted = Pick(random, kNames);
  for (const Member& member : MembersOf(line)) {
    if (member.name(line) == wanted) return line.substr(member.begin, member.end - member.begin);
  }
  return {};
}

std::vector<std::string> SomePart(FuzzRandom& random, const std::vector<std::string>& log) {
  const std::size_t count = 1 + Below(random, 60);
  const std::size_t from = Below(random, log.size());
  const std::string key = OneIn(random, 2) ? SomeKey(random, log[from]) : std::string();
  std::vector<std::string> part;
  const std::size_t end =
      key.empty() ? std::min(log.size(), from + count) : std::min(log.size(), from + 1'000);
  for (std::size_t i = from; i < end && part.size() < count; ++i) {
    if (key.empty() || log[i].find(key) != std::string::npos) part.push_back(log[i]);
  }
  return part;
}

}  // namespace

void DamageLine(FuzzRandom& random, std::string& line) {
  if (line.empty()) line = "{";
  kLineDamages[Below(random, std::size(kLineDamages))](random, line);
  std::ranges::replace(line, '\n', ' ');
}

std::vector<std::string> DamagedPart(FuzzRandom& random, const std::vector<std::string>& log) {
  std::vector<std::string> lines = SomePart(random, log);
  const std::size_t count = 1 + Below(random, 8);
  for (std::size_t i = 0; i < count; ++i) {
    if (OneIn(random, 4)) {
      kOrderDamages[Below(random, std::size(kOrderDamages))](random, lines);
    } else {
      DamageLine(random, lines[Below(random, lines.size())]);
    }
  }
  return lines;
}

}  // namespace lull::test
