// The door between the parser and its grammar: only grammar*.{h,cpp} know PEGTL.
#pragma once

#include <cstddef>
#include <string_view>

#include "dsl/tree_builder.h"

namespace lull::dsl::syntax {

/// Matches one file; `builder` was made for the same text. Always ends, and never throws.
void MatchFile(std::string_view text, TreeBuilder& builder);

/// Match one cell of a CSV file, which is text[begin, end): an input's condition (between BeginRawCell and
/// EndRawCell), and a value. Give whether all of it was matched.
bool MatchCell(std::string_view text, std::size_t begin, std::size_t end, TreeBuilder& builder);
bool MatchResult(std::string_view text, std::size_t begin, std::size_t end, TreeBuilder& builder);

/// The number of rules that could loop without progress, by PEGTL's analysis.
std::size_t CountLoops();

}  // namespace lull::dsl::syntax
