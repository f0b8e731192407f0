// Dates and times of day as they are written elsewhere.
#include <array>
#include <cstdio>
#include <vector>

#include "dsl/habits.h"
#include "dsl/keywords.h"

namespace lull::dsl {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};

/// Reads along a text; a failed step leaves it where it was.
class Reader {
 public:
  Reader(std::string_view text, std::uint32_t at) : text_(text), at_(at) {}

  std::uint32_t at() const { return at_; }
  std::size_t digits() const { return digits_; }

  std::optional<int> Number(std::size_t most) {
    std::uint32_t end = at_;
    int value = 0;
    while (end < text_.size() && IsDigit(text_[end]) && end - at_ <= most) {
      value = value * 10 + (text_[end++] - '0');
    }
    if (end == at_ || end - at_ > most) return std::nullopt;
    digits_ = end - at_;
    at_ = end;
    return value;
  }

  bool Sign(char sign) {
    if (at_ >= text_.size() || text_[at_] != sign) return false;
    ++at_;
    return true;
  }

  void Blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string Word() {
    std::string word;
    while (at_ < text_.size() && ((text_[at_] | 0x20) >= 'a' && (text_[at_] | 0x20) <= 'z') &&
           word.size() < 12) {
      word += static_cast<char>(text_[at_++] | 0x20);
    }
    return word;
  }

  /// 1 to 12, for `nov` and `November`.
  int Month() {
    const std::uint32_t begin = at_;
    const std::string word = Word();
    for (std::size_t i = 0; i < kMonths.size() && word.size() >= 3; ++i) {
      if (kMonths[i].starts_with(word) || (word == "sept" && i == 8)) return static_cast<int>(i) + 1;
    }
    at_ = begin;
    return 0;
  }

  bool EndsHere() const { return at_ >= text_.size() || !IsWordByte(text_[at_]); }

 private:
  std::string_view text_;
  std::uint32_t at_;
  std::size_t digits_ = 0;
};

std::string Iso(int year, int month, int day) {
  if (month < 1 || month > 12 || day < 1 || day > 31) return {};
  char text[16];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02d", year % 10'000, month, day % 100);
  return text;
}

/// 26/11/2026, 11/26/2026, 26.11.2026, 26-11-2026, 2026/11/26, 2026-1-5.
std::optional<ForeignTime> DateOfNumbers(std::string_view text, std::uint32_t at) {
  Reader reader(text, at);
  const std::optional<int> first = reader.Number(4);
  const std::size_t first_digits = reader.digits();
  if (!first || first_digits == 3) return std::nullopt;
  const char separator = reader.at() < text.size() ? text[reader.at()] : '\0';
  if ((separator != '/' && separator != '.' && separator != '-') || !reader.Sign(separator)) {
    return std::nullopt;
  }
  const std::optional<int> second = reader.Number(2);
  const bool two_digits = reader.digits() == 2;
  if (!second || !reader.Sign(separator)) return std::nullopt;
  const std::optional<int> third = reader.Number(4);
  const std::size_t third_digits = reader.digits();
  if (!third || !reader.EndsHere()) return std::nullopt;
  if (first_digits == 4) {
    const bool is_ours = separator == '-' && two_digits && third_digits == 2;
    if (third_digits > 2 || is_ours) return std::nullopt;
    return ForeignTime{reader.at(), Iso(*first, *second, *third), false};
  }
  if (third_digits != 4) return std::nullopt;
  // Day and month can be told apart only if one of them is no month, or by the dots.
  if (*first > 12 || separator == '.') return ForeignTime{reader.at(), Iso(*third, *second, *first), false};
  if (*second > 12) return ForeignTime{reader.at(), Iso(*third, *first, *second), false};
  return ForeignTime{reader.at(), "", false};
}

/// Nov 26 2026, November 26, 2026; 26 November 2026, 26 Nov.
std::optional<ForeignTime> DateWithMonth(std::string_view text, std::uint32_t at) {
  Reader reader(text, at);
  std::optional<int> day = reader.Number(2);
  reader.Blanks();
  if (day && reader.Sign('.')) reader.Blanks();
  const int month = reader.Month();
  if (month == 0 || !reader.EndsHere()) return std::nullopt;
  std::uint32_t end = reader.at();
  reader.Blanks();
  if (!day) {
    day = reader.Number(2);
    if (!day) return std::nullopt;
    for (const char ending : {'t', 's', 'n', 'r'}) {
      if (reader.Sign(ending)) reader.Word();
    }
    end = reader.at();
    reader.Sign(',');
    reader.Blanks();
  }
  const std::optional<int> year = reader.Number(4);
  if (!year || reader.digits() != 4) return ForeignTime{end, "", false};
  return ForeignTime{reader.at(), Iso(*year, month, *day), false};
}

/// 9am, 8:30 pm.
std::optional<ForeignTime> ClockOfHalfDay(std::string_view text, std::uint32_t at) {
  Reader reader(text, at);
  const std::optional<int> hour = reader.Number(2);
  int minute = 0;
  if (!hour || *hour > 12) return std::nullopt;
  if (reader.Sign(':') || reader.Sign('.')) {
    const std::optional<int> read = reader.Number(2);
    if (!read || *read > 59) return std::nullopt;
    minute = *read;
  }
  reader.Blanks();
  const std::string word = reader.Word();
  if ((word != "am" && word != "pm") || !reader.EndsHere()) return std::nullopt;
  const int hour_of_day = *hour % 12 + (word == "pm" ? 12 : 0);
  char clock[16];
  std::snprintf(clock, sizeof(clock), "%02d:%02d", hour_of_day % 24, minute % 60);
  return ForeignTime{reader.at(), clock, true};
}

}  // namespace

std::optional<ForeignTime> FindForeignTime(std::string_view text, std::uint32_t at) {
  if (auto found = ClockOfHalfDay(text, at)) return found;
  if (auto found = DateOfNumbers(text, at)) return found;
  return DateWithMonth(text, at);
}

}  // namespace lull::dsl
