#include "dsl/format_tokens.h"

#include <algorithm>

#include "dsl/keywords.h"

namespace lull::dsl::format {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t DigitsFrom(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - at;
}

/// Whether digits and signs stand as in the pattern, in which 0 is a digit, and no further digit follows.
bool Fits(std::string_view text, std::size_t at, std::string_view pattern) {
  if (text.size() - at < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = text[at + i];
    if (pattern[i] == '0' ? !IsDigit(c) : c != pattern[i]) return false;
  }
  return at + pattern.size() >= text.size() || !IsDigit(text[at + pattern.size()]);
}

/// Dates, times of day and numbers; letters after them are no part.
std::size_t NumberEnd(std::string_view text, std::size_t at) {
  for (const std::string_view pattern : {"0000-00-00", "00:00:00", "0:00:00", "00:00", "0:00"}) {
    if (Fits(text, at, pattern)) return at + pattern.size();
  }
  std::size_t end = at;
  while (end < text.size() &&
         (IsDigit(text[end]) || (text[end] == '_' && end + 1 < text.size() && IsDigit(text[end + 1])))) {
    ++end;
  }
  if (end + 1 < text.size() && text[end] == '.' && IsDigit(text[end + 1])) {
    end = end + 1 + DigitsFrom(text, end + 1);
  }
  return end;
}

std::size_t TextEnd(std::string_view text, std::size_t at) {
  ++at;
  bool in_hole = false;
  for (; at < text.size() && text[at] != '\n'; ++at) {
    const bool doubled = at + 1 < text.size() && text[at] == text[at + 1];
    if (text[at] == '"' && !in_hole) return at + 1;
    if (in_hole) {
      in_hole = text[at] != '}';
    } else if (text[at] == '\\' || ((text[at] == '{' || text[at] == '}') && doubled)) {
      ++at;
    } else {
      in_hole = text[at] == '{';
    }
  }
  return std::min(at, text.size());
}

std::size_t SignEnd(std::string_view text, std::size_t at) {
  for (const std::string_view sign : {"->", "<=", ">="}) {
    if (text.substr(at).starts_with(sign)) return at + sign.size();
  }
  return at + 1;
}

TokenKind KindAt(std::string_view text, std::size_t at) {
  if (text[at] == '#') return TokenKind::kComment;
  if (text[at] == '"') return TokenKind::kText;
  if (IsDigit(text[at])) return TokenKind::kNumber;
  return IsWordByte(text[at]) ? TokenKind::kWord : TokenKind::kSign;
}

std::size_t EndOf(TokenKind kind, std::string_view text, std::size_t at) {
  switch (kind) {
    case TokenKind::kComment:
      return std::min(text.find('\n', at), text.size());
    case TokenKind::kText:
      return TextEnd(text, at);
    case TokenKind::kNumber:
      return NumberEnd(text, at);
    case TokenKind::kWord:
      while (at < text.size() && IsWordByte(text[at])) ++at;
      return at;
    case TokenKind::kSign:
      return SignEnd(text, at);
  }
  return at + 1;
}

/// A unit may stand at its number without a space; the canonical form has one.
bool IsUnit(std::string_view word) {
  const auto units = TimeUnitWords();
  const bool is_currency =
      word.size() == 3 && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return is_currency || std::find(units.begin(), units.end(), word) != units.end();
}

/// A day of the year in a calendar, `every 12-25 to 12-26`; elsewhere two such numbers are a difference.
bool IsYearDay(std::string_view text, std::size_t at, const std::vector<Token>& before) {
  if (before.empty() || !Fits(text, at, "00-00")) return false;
  const bool is_last = before.size() > 1 && before.back().Is("to") &&
                       before[before.size() - 2].text.size() == 5 && before[before.size() - 2].text[2] == '-';
  return before.back().Is("every") || is_last;
}

std::string_view WithoutBlanksAtEnd(std::string_view text) {
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<Token> Tokenize(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    const std::size_t blank_begin = at;
    while (at < text.size() && IsBlank(text[at])) ++at;
    const std::string_view blank = text.substr(blank_begin, at - blank_begin);
    if (!tokens.empty()) tokens.back().space_after = !blank.empty() || at >= text.size();
    if (at >= text.size()) return tokens;
    Token token;
    token.kind = KindAt(text, at);
    const std::size_t end = IsYearDay(text, at, tokens) ? at + 5 : EndOf(token.kind, text, at);
    token.text = text.substr(at, end - at);
    if (token.is_comment()) token.text = WithoutBlanksAtEnd(token.text);
    token.offset = static_cast<std::uint32_t>(at);
    token.newlines_before = static_cast<int>(std::count(blank.begin(), blank.end(), '\n'));
    token.space_before = !blank.empty() || at == 0;
    token.glued = token.kind == TokenKind::kWord && blank.empty() && !tokens.empty() &&
                  tokens.back().kind == TokenKind::kNumber && !IsUnit(token.text);
    tokens.push_back(token);
    at = end;
  }
}

}  // namespace lull::dsl::format
