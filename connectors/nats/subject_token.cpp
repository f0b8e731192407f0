#include "connectors/nats/subject_token.h"

namespace lull::connectors {
namespace {

constexpr char kUnknownToken[] = "%";
constexpr char kEmptyToken[] = "%%";
constexpr char kHexDigits[] = "0123456789ABCDEF";

bool IsPlain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

int HexValue(char c) {
  const std::size_t at = std::string_view(kHexDigits).find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

bool IsSubject(std::string_view subject, bool wildcards) {
  for (std::size_t begin = 0; begin <= subject.size();) {
    const std::size_t end = std::min(subject.find('.', begin), subject.size());
    const std::string_view token = subject.substr(begin, end - begin);
    const bool wild = token == "*" || (token == ">" && end == subject.size());
    if (token.empty() || (!wild && token.find_first_of("*>") != std::string_view::npos) ||
        (wild && !wildcards)) {
      return false;
    }
    for (const char c : token) {
      if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
        return false;
      }
    }
    begin = end + 1;
  }
  return true;
}

}  // namespace

std::string EncodeToken(std::optional<std::string_view> text) {
  if (!text) {
    return kUnknownToken;
  }
  if (text->empty()) {
    return kEmptyToken;
  }
  std::string token;
  token.reserve(text->size());
  for (const char c : *text) {
    if (IsPlain(c)) {
      token += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    token += '%';
    token += kHexDigits[byte >> 4U];
    token += kHexDigits[byte & 0xFU];
  }
  return token;
}

Result<std::optional<std::string>> DecodeToken(std::string_view token) {
  if (token == kUnknownToken) {
    return std::nullopt;
  }
  if (token == kEmptyToken) {
    return std::string();
  }
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (IsPlain(token[i])) {
      text += token[i];
      continue;
    }
    const bool whole = token[i] == '%' && i + 2 < token.size();
    const int high = whole ? HexValue(token[i + 1]) : -1;
    const int low = whole ? HexValue(token[i + 2]) : -1;
    const char byte = static_cast<char>(high * 16 + low);
    if (high < 0 || low < 0 || IsPlain(byte)) {
      return Fail("\"" + std::string(token) + "\" is not a token that Lull writes.");
    }
    text += byte;
    i += 2;
  }
  if (text.empty()) {
    return Fail("an empty token is not one that Lull writes.");
  }
  return text;
}

bool IsPublishSubject(std::string_view subject) { return IsSubject(subject, false); }
bool SubjectMatches(std::string_view pattern, std::string_view subject) {
  for (;;) {
    if (pattern == ">") {
      return !subject.empty();
    }
    const std::size_t pattern_end = std::min(pattern.find('.'), pattern.size());
    const std::size_t subject_end = std::min(subject.find('.'), subject.size());
    const std::string_view token = pattern.substr(0, pattern_end);
    if (token != "*" && token != subject.substr(0, subject_end)) {
      return false;
    }
    const bool pattern_done = pattern_end == pattern.size();
    const bool subject_done = subject_end == subject.size();
    if (pattern_done || subject_done) {
      return pattern_done && subject_done;
    }
    pattern.remove_prefix(pattern_end + 1);
    subject.remove_prefix(subject_end + 1);
  }
}

bool IsSubscribeSubject(std::string_view subject) { return IsSubject(subject, true); }

}  // namespace lull::connectors
