// Patterns over the words of a line.
#include "dsl/habits.h"

#include <algorithm>
#include <array>
#include <vector>

#include "dsl/keywords.h"

namespace lull::dsl {
namespace {

constexpr std::size_t kTokensBefore = 24;
constexpr std::size_t kTokensAfter = 16;

struct HabitToken {
  enum Kind { kWord, kNumber, kText, kSign } kind = kSign;
  std::string_view text;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

char SmallLetter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char Capital(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string AsUpper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), Capital);
  return upper;
}

bool SameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return SmallLetter(x) == SmallLetter(y); });
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kCounts = {{{"a", "1"},
                                                                                    {"an", "1"},
                                                                                    {"one", "1"},
                                                                                    {"two", "2"},
                                                                                    {"three", "3"},
                                                                                    {"four", "4"},
                                                                                    {"five", "5"},
                                                                                    {"six", "6"},
                                                                                    {"seven", "7"},
                                                                                    {"eight", "8"},
                                                                                    {"nine", "9"},
                                                                                    {"ten", "10"},
                                                                                    {"twelve", "12"},
                                                                                    {"once", "1"},
                                                                                    {"twice", "2"}}};
constexpr std::string_view kCurrencies[] = {"usd", "eur", "gbp", "chf", "jpy", "cad", "aud", "sek", "pln"};

std::string_view CountOf(std::string_view word) {
  for (const auto& [written, digits] : kCounts) {
    if (SameWord(written, word)) return digits;
  }
  return {};
}

bool HasWord(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A number, with groups of three digits after commas taken for thousands.
std::uint32_t NumberEnd(std::string_view text, std::uint32_t at) {
  const auto digit = [&](std::size_t i) { return i < text.size() && IsDigit(text[i]); };
  const std::uint32_t begin = at;
  while (at < text.size() && (IsDigit(text[at]) || text[at] == '_')) ++at;
  while (at - begin > 0 && at < text.size() && text[at] == ',' && digit(at + 1) && digit(at + 2) &&
         digit(at + 3) && !digit(at + 4))
    at += 4;
  if (at + 1 < text.size() && text[at] == '.' && digit(at + 1)) {
    ++at;
    while (digit(at)) ++at;
  }
  return at;
}

/// Marks of word processors and other countries; all else beyond ASCII is taken for letters.
std::size_t SignBytes(std::string_view text) {
  for (const std::string_view sign : {"€", "£", "≥", "≤", "≠", "×", "÷", "−", "–", "—", "→", "⇒", "…"}) {
    if (text.starts_with(sign)) return sign.size();
  }
  return 0;
}

HabitToken HabitTokenAt(std::string_view text, std::uint32_t at) {
  std::uint32_t end = at + 1;
  HabitToken::Kind kind = HabitToken::kSign;
  const char c = text[at];
  if (IsDigit(c)) {
    kind = HabitToken::kNumber;
    end = NumberEnd(text, at);
  } else if (const std::size_t bytes = SignBytes(text.substr(at)); bytes > 0) {
    end = at + static_cast<std::uint32_t>(bytes);
  } else if (const std::string_view word = WordAt(text, at); !word.empty()) {
    kind = HabitToken::kWord;
    end = at + static_cast<std::uint32_t>(word.size());
  } else if (c == '"') {
    kind = HabitToken::kText;
    while (end < text.size() && text[end] != '"' && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
    end = std::min(end + 1, static_cast<std::uint32_t>(text.size()));
  }
  return {kind, text.substr(at, end - at), at, end};
}

std::vector<HabitToken> TokensOfLine(std::string_view text, std::uint32_t error) {
  const std::size_t before = text.substr(0, error).rfind('\n');
  auto at = static_cast<std::uint32_t>(before == std::string_view::npos ? 0 : before + 1);
  std::vector<HabitToken> tokens;
  std::size_t after = 0;
  while (at < text.size() && text[at] != '\n' && text[at] != '#' && after < kTokensAfter) {
    if (text[at] == ' ' || text[at] == '\t' || text[at] == '\r') {
      ++at;
      continue;
    }
    tokens.push_back(HabitTokenAt(text, at));
    at = tokens.back().end;
    if (at > error) ++after;
  }
  return tokens;
}

/// A pattern taken apart.
std::vector<std::string_view> AtomsOf(std::string_view pattern) {
  std::vector<std::string_view> atoms;
  while (!pattern.empty()) {
    const std::size_t blank = std::min(pattern.find(' '), pattern.size());
    atoms.push_back(pattern.substr(0, blank));
    pattern.remove_prefix(std::min(blank + 1, pattern.size()));
  }
  return atoms;
}

struct ParsedHabit {
  const Habit* habit = nullptr;
  std::vector<std::string_view> atoms;
  std::string_view anchor;  // an atom that stands for itself and must be on the line; empty: there is none
};

std::vector<ParsedHabit> ParseHabits() {
  std::vector<ParsedHabit> parsed;
  for (const Habit& habit : AllHabits()) {
    ParsedHabit& each = parsed.emplace_back(ParsedHabit{&habit, AtomsOf(habit.pattern), {}});
    for (const std::string_view atom : each.atoms) {
      const bool itself =
          atom.front() != '[' && !(atom.size() > 1 && atom.front() >= 'A' && atom.front() <= 'Z');
      if (itself && atom.size() > each.anchor.size()) each.anchor = atom;
    }
  }
  return parsed;
}

class Matcher {
 public:
  Matcher(const std::vector<std::string_view>& atoms, const std::vector<HabitToken>& tokens)
      : atoms_(atoms), tokens_(tokens) {}

  /// Where the match that begins at token `at` ends; 0: there is none.
  std::size_t Match(std::size_t atom, std::size_t at) {
    if (atom == atoms_.size()) return at;
    std::string_view wanted = atoms_[atom];
    if (wanted == "FIRST" || wanted == "INNER") {
      return (at == 0) == (wanted == "FIRST") ? Match(atom + 1, at) : 0;
    }
    const bool optional = wanted.size() > 2 && wanted.front() == '[';
    if (optional) wanted = wanted.substr(1, wanted.size() - 2);
    const std::size_t captured = captures.size();
    if (const std::size_t taken = Take(wanted, at); taken > 0) {
      if (const std::size_t end = Match(atom + 1, at + taken); end > 0) return end;
      captures.resize(captured);
    }
    return optional ? Match(atom + 1, at) : 0;
  }

  std::vector<std::string> captures;

  static bool TakeOneOf(std::string_view atom, const HabitToken& token) {
    while (true) {
      const std::size_t bar = atom.size() > 1 ? std::min(atom.find('|'), atom.size()) : atom.size();
      if (SameWord(atom.substr(0, bar), token.text)) return true;
      if (bar == atom.size()) return false;
      atom.remove_prefix(bar + 1);
    }
  }

 private:
  bool Capture(bool matches, std::string text) {
    if (matches) captures.push_back(std::move(text));
    return matches;
  }

  /// How many tokens the atom takes from here.
  std::size_t Take(std::string_view atom, std::size_t at) {
    if (at >= tokens_.size()) return 0;
    const HabitToken& token = tokens_[at];
    const bool is_word = token.kind == HabitToken::kWord;
    const bool is_name = is_word && !IsReservedWord(token.text);
    if (atom == "NAME") return Capture(is_name, std::string(token.text)) ? 1 : 0;
    if (atom == "NUM") return Capture(token.kind == HabitToken::kNumber, Digits(token.text)) ? 1 : 0;
    if (atom == "TEXT") return Capture(token.kind == HabitToken::kText, std::string(token.text)) ? 1 : 0;
    if (atom == "UNIT") {
      return Capture(is_word && HasWord(TimeUnitWords(), token.text), std::string(token.text)) ? 1 : 0;
    }
    if (atom == "COUNT") {
      const std::string_view count = is_word ? CountOf(token.text) : std::string_view();
      return Capture(!count.empty(), std::string(count)) ? 1 : 0;
    }
    if (atom == "CUR") {
      const bool code =
          is_word && token.text.size() == 3 &&
          std::all_of(token.text.begin(), token.text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
      return Capture(code, std::string(token.text)) ? 1 : 0;
    }
    if (atom == "MONEY") {
      return Capture(is_word && HasWord(kCurrencies, token.text), AsUpper(token.text)) ? 1 : 0;
    }
    if (atom == "PATH") return TakePath(at);
    return TakeOneOf(atom, token) ? 1 : 0;
  }

  std::size_t TakePath(std::size_t at) {
    if (tokens_[at].kind != HabitToken::kWord || IsReservedWord(tokens_[at].text)) return 0;
    const bool dotted =
        at + 2 < tokens_.size() && tokens_[at + 1].text == "." && tokens_[at + 2].kind == HabitToken::kWord;
    captures.push_back(std::string(tokens_[at].text) +
                       (dotted ? "." + std::string(tokens_[at + 2].text) : ""));
    return dotted ? 3 : 1;
  }

  static std::string Digits(std::string_view number) {
    std::string digits(number);
    std::replace(digits.begin(), digits.end(), ',', '_');
    return digits;
  }

  const std::vector<std::string_view>& atoms_;
  const std::vector<HabitToken>& tokens_;
};

std::string Expand(std::string_view pattern, const std::vector<std::string>& captures) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool upper = i + 2 < pattern.size() && pattern[i] == '$' && pattern[i + 1] == 'U';
    const std::size_t number = i + (upper ? 2 : 1);
    if (pattern[i] == '$' && number < pattern.size() && IsDigit(pattern[number])) {
      const std::string& captured = captures[static_cast<std::size_t>(pattern[number] - '1')];
      text += upper ? AsUpper(captured) : captured;
      i = number;
    } else {
      text += pattern[i];
    }
  }
  return text;
}

}  // namespace

std::optional<HabitFound> FindHabit(std::string_view text, std::uint32_t error) {
  if (error >= text.size()) return std::nullopt;
  const std::vector<HabitToken> tokens = TokensOfLine(text, error);
  const auto covering = std::find_if(tokens.begin(), tokens.end(), [&](const HabitToken& token) {
    return token.begin <= error && error < token.end;
  });
  if (covering == tokens.end()) return std::nullopt;
  const auto place = static_cast<std::size_t>(covering - tokens.begin());
  static const std::vector<ParsedHabit> kParsed = ParseHabits();
  for (const auto& [habit, atoms, anchor] : kParsed) {
    const bool anchored =
        anchor.empty() || std::any_of(tokens.begin(), tokens.end(), [&](const HabitToken& token) {
          return Matcher::TakeOneOf(anchor, token);
        });
    if (!anchored) continue;
    for (std::size_t at = place > kTokensBefore ? place - kTokensBefore : 0; at <= place; ++at) {
      Matcher matcher(atoms, tokens);
      const std::size_t end = matcher.Match(0, at);
      if (end <= place) continue;
      return HabitFound{habit, tokens[at].begin, tokens[end - 1].end, Expand(habit->write, matcher.captures),
                        Expand(habit->help, matcher.captures)};
    }
  }
  return std::nullopt;
}

}  // namespace lull::dsl
