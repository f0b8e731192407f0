#include "dsl/format_lines.h"

#include <algorithm>

#include "dsl/format.h"
#include "dsl/keywords.h"

namespace lull::dsl::format {
namespace {

constexpr std::string_view kBreakBefore[] = {"and",    "or",   "when",  "because", "where",
                                             "within", "with", "since", "else",    "in"};

/// Whether the word would be taken for the beginning of a clause at the start of a line.
bool BeginsAnyClause(std::string_view word) {
  if (IsDeclarationWord(word)) return true;
  for (const BlockWords& block : AllBlocks()) {
    if (IsClauseWord(block.kind, word)) return true;
  }
  return false;
}

class Spacing {
 public:
  explicit Spacing(Tokens tokens) : tokens_(tokens) {}

  bool SpaceBefore(std::size_t at) const {
    if (at == 0) return false;
    const Token& token = tokens_[at];
    const Token& before = tokens_[at - 1];
    if (token.glued || IsUnary(at - 1) || before.Is("(") || before.Is(".")) return false;
    if (token.Is("%")) return before.kind != TokenKind::kNumber;
    return !(token.Is(",") || token.Is(")") || token.Is(".") || token.Is("?"));
  }

  bool CanBreakBefore(std::size_t at) const {
    if (at == 0) return false;
    const Token& token = tokens_[at];
    const Token& before = tokens_[at - 1];
    if (before.Is(",")) return !BeginsAnyClause(token.text);
    const bool known =
        std::find(std::begin(kBreakBefore), std::end(kBreakBefore), token.text) != std::end(kBreakBefore);
    if (!known || token.kind != TokenKind::kWord || before.Is("or")) return false;
    if (token.Is("with")) return NextIs(at, "same");
    if (token.Is("in")) return NextIs(at, "last") || NextIs(at, "the");
    return true;
  }

 private:
  bool NextIs(std::size_t at, std::string_view word) const {
    return at + 1 < tokens_.size() && tokens_[at + 1].Is(word);
  }

  /// A sign of its operand. After a name only the author's own spaces tell.
  bool IsUnary(std::size_t at) const {
    const Token& token = tokens_[at];
    if (!token.Is("-") && !token.Is("+")) return false;
    if (at == 0) return true;
    const Token& before = tokens_[at - 1];
    if (before.kind == TokenKind::kSign && !before.Is(")") && !before.Is("%")) return true;
    if (before.kind == TokenKind::kWord && IsReservedWord(before.text)) return true;
    return before.kind == TokenKind::kWord && token.space_before && !token.space_after;
  }

  Tokens tokens_;
};

void PushLine(std::vector<std::string>& lines, std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  lines.push_back(std::move(line));
}

}  // namespace

std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool HasComment(Tokens tokens) {
  return std::any_of(tokens.begin(), tokens.end(), [](const Token& token) { return token.is_comment(); });
}

std::string Join(Tokens tokens) {
  const Spacing spacing(tokens);
  std::string text;
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (spacing.SpaceBefore(at)) text += ' ';
    text += tokens[at].text;
  }
  return text;
}

void Fill(std::vector<std::string>& lines, std::string prefix, Tokens tokens, std::size_t indent) {
  const Spacing spacing(tokens);
  std::string line = std::move(prefix);
  bool fresh = true;  // nothing on this line yet
  const auto start_line = [&] {
    PushLine(lines, std::move(line));
    line = std::string(indent, ' ');
    fresh = true;
  };
  std::size_t at = 0;
  while (at < tokens.size()) {
    if (tokens[at].is_comment()) {
      if (tokens[at].newlines_before > 0 && !fresh) start_line();
      line += std::string(fresh ? "" : "  ") + std::string(tokens[at].text);
      start_line();
      ++at;
      continue;
    }
    std::string piece(tokens[at].text);
    const bool space = spacing.SpaceBefore(at);
    for (++at; at < tokens.size() && !tokens[at].is_comment() && !spacing.CanBreakBefore(at); ++at) {
      piece += (spacing.SpaceBefore(at) ? " " : "") + std::string(tokens[at].text);
    }
    if (!fresh && WidthOf(line) + 1 + WidthOf(piece) > kFormatColumnsMax) start_line();
    line += (space && !fresh ? " " : "") + piece;
    fresh = false;
  }
  if (!fresh) PushLine(lines, std::move(line));
}

}  // namespace lull::dsl::format
