// The outline of a rule file for the formatter: declarations, their blocks, the clauses in these, and
// comments, each with its tokens.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "dsl/format_tokens.h"
#include "dsl/keywords.h"
#include "dsl/syntax_tree.h"

namespace lull::dsl::format {

struct Block;

/// A declaration, a clause, or a comment that stands on its own line.
struct Entry {
  std::vector<Token> head;       // up to its block, or all
  std::unique_ptr<Block> block;  // may be none
  std::vector<Token> tail;       // after the block
  std::optional<Token> comment;  // at the end of its line; all there is of a comment
  bool blank_before = false;

  bool is_comment() const { return head.empty() && comment.has_value(); }
};

struct Block {
  BlockKind kind{};
  bool on_one_line = false;      // as the author wrote it
  std::optional<Token> comment;  // after the brace
  std::vector<Entry> entries;
};

/// The declarations of a file without syntax errors.
std::vector<Entry> MakeOutline(const std::vector<Token>& tokens,
                               const std::vector<syntax::LayoutMark>& marks);

}  // namespace lull::dsl::format
