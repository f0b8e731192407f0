// Lines of the canonical form: spaces between tokens, and where a line that is too long goes on.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/format_tokens.h"

namespace lull::dsl::format {

using Tokens = std::span<const Token>;

/// In code points, as editors count columns.
std::size_t WidthOf(std::string_view text);

bool HasComment(Tokens tokens);

/// All on one line; the tokens must have no comments.
std::string Join(Tokens tokens);

/// Adds lines that begin with `prefix` and go on at column `indent` where they get too long, or after a
/// comment.
void Fill(std::vector<std::string>& lines, std::string prefix, Tokens tokens, std::size_t indent);

}  // namespace lull::dsl::format
