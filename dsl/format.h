// The one canonical form of rule files, for `lull fmt` and editors.
//
// One clause stands on one line, aligned with the others of its block; comments are kept where they stand;
// there is at most one blank line, and one around each declaration of several lines. The form is made from
// the tokens and from the places at which the parser saw declarations, blocks and clauses begin
// (SyntaxTree::marks), so it needs to know no single form of the language. What it gives is parsed again: a
// form that means something else is never given out.
#pragma once

#include <string>
#include <string_view>

#include "dsl/diagnostics.h"
#include "dsl/source.h"

namespace lull::dsl {

inline constexpr int kFormatColumnsMax = 110;

enum class FormatOutcome {
  kDone,
  kSyntaxErrors,  // reported; the text is as it was
  kWouldChange,   // another layout would be read differently; the text is as it was
};

struct FormatResult {
  FormatOutcome outcome{};
  std::string text;
};

/// Of a set of one file.
FormatResult Format(const SourceSet& file, Diagnostics& diagnostics);

}  // namespace lull::dsl
