#include "dsl/format_entries.h"

#include <map>
#include <set>

#include "dsl/format_lines.h"

namespace lull::dsl::format {
namespace {

class Outline {
 public:
  explicit Outline(const std::vector<syntax::LayoutMark>& marks) {
    for (const syntax::LayoutMark& mark : marks) {
      if (mark.kind == syntax::LayoutMark::Kind::kBlock) {
        blocks_[mark.offset] = mark.block;
      } else {
        entries_.insert(mark.offset);
      }
    }
  }

  std::vector<Entry> Entries(Tokens tokens) const {
    std::vector<Entry> entries;
    std::size_t at = 0;
    while (at < tokens.size()) {
      if (tokens[at].is_comment()) {
        AddComment(entries, tokens[at++]);
        continue;
      }
      const std::size_t end = EndOfEntry(tokens, at);
      AddEntry(entries, tokens.subspan(at, end - at));
      at = end;
    }
    return entries;
  }

 private:
  static void AddComment(std::vector<Entry>& entries, const Token& token) {
    Entry entry;
    entry.comment = token;
    entry.blank_before = token.newlines_before > 1;
    entries.push_back(std::move(entry));
  }

  /// The next token at which an entry begins, outside of inner braces.
  std::size_t EndOfEntry(Tokens tokens, std::size_t begin) const {
    int depth = 0;
    for (std::size_t at = begin; at < tokens.size(); ++at) {
      if (at > begin && depth == 0 && entries_.contains(tokens[at].offset)) return at;
      if (tokens[at].Is("{")) ++depth;
      if (tokens[at].Is("}")) --depth;
    }
    return tokens.size();
  }

  static std::size_t EndOfBlock(Tokens tokens, std::size_t open) {
    int depth = 0;
    for (std::size_t at = open; at < tokens.size(); ++at) {
      if (tokens[at].Is("{")) ++depth;
      if (tokens[at].Is("}") && --depth == 0) return at;
    }
    return tokens.size() - 1;
  }

  void AddEntry(std::vector<Entry>& entries, Tokens tokens) const {
    Entry entry;
    entry.blank_before = tokens.front().newlines_before > 1;
    std::vector<Token> own(tokens.begin(), tokens.end());
    std::vector<Token> after;  // comments behind the last token
    while (own.back().is_comment()) {
      after.insert(after.begin(), own.back());
      own.pop_back();
    }
    // A comma between clauses is put where the form wants it.
    if (own.size() > 1 && own.back().Is(",")) {
      own.pop_back();
      std::vector<Token> before;
      while (own.back().is_comment()) {
        before.insert(before.begin(), own.back());
        own.pop_back();
      }
      after.insert(after.begin(), before.begin(), before.end());
    }
    if (!after.empty() && after.front().newlines_before == 0) {
      entry.comment = after.front();
      after.erase(after.begin());
    }
    Split(own, entry);
    entries.push_back(std::move(entry));
    for (const Token& token : after) AddComment(entries, token);
  }

  void Split(const std::vector<Token>& own, Entry& entry) const {
    std::size_t open = 0;
    while (open < own.size() && !blocks_.contains(own[open].offset)) ++open;
    entry.head.assign(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(open));
    if (open == own.size()) return;
    const std::size_t close = EndOfBlock(own, open);
    entry.block = MakeBlock(Tokens(own).subspan(open, close - open + 1));
    entry.tail.assign(own.begin() + static_cast<std::ptrdiff_t>(close) + 1, own.end());
  }

  std::unique_ptr<Block> MakeBlock(Tokens tokens) const {
    auto block = std::make_unique<Block>();
    block->kind = blocks_.at(tokens.front().offset);
    Tokens inside = tokens.subspan(1, tokens.size() - 2);
    block->on_one_line = inside.empty() || inside.front().newlines_before == 0;
    if (!inside.empty() && inside.front().is_comment() && inside.front().newlines_before == 0) {
      block->comment = inside.front();
      block->on_one_line = false;
      inside = inside.subspan(1);
    }
    block->entries = Entries(inside);
    return block;
  }

  std::map<std::uint32_t, BlockKind> blocks_;
  std::set<std::uint32_t> entries_;
};

}  // namespace

std::vector<Entry> MakeOutline(const std::vector<Token>& tokens,
                               const std::vector<syntax::LayoutMark>& marks) {
  return Outline(marks).Entries(tokens);
}

}  // namespace lull::dsl::format
