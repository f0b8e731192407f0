// The door between the parser and its grammar: only grammar*.{h,cpp} know PEGTL.
#pragma once

#include <cstddef>
#include <string_view>

#include "dsl/tree_builder.h"

namespace lull::dsl::syntax {

/// Matches one file; `builder` was made for the same text. Always ends, and never throws.
void MatchFile(std::string_view text, TreeBuilder& builder);

/// The number of rules that could loop without progress, by PEGTL's analysis.
std::size_t CountLoops();

}  // namespace lull::dsl::syntax
