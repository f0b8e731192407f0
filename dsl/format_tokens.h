// The tokens of a rule file as the formatter needs them: everything but white space, comments included, and
// what the white space before each says about the author's lines. Texts are one token, holes and all.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lull::dsl::format {

enum class TokenKind : std::uint8_t { kWord, kNumber, kText, kSign, kComment };

struct Token {
  TokenKind kind{};
  std::string_view text;  // of the file; a comment without the blanks at its end
  std::uint32_t offset = 0;
  int newlines_before = 0;
  bool space_before = false;  // any white space
  bool space_after = false;
  /// Part of the token before it, as the `h` of `35h`.
  bool glued = false;

  bool Is(std::string_view what) const { return text == what && kind != TokenKind::kComment; }
  bool is_comment() const { return kind == TokenKind::kComment; }
};

/// Of any text; what is no token of the language is a sign of one byte.
std::vector<Token> Tokenize(std::string_view text);

}  // namespace lull::dsl::format
