// Decision tables in CSV files: their rows, with places in the file.
#pragma once

#include "dsl/diagnostics.h"
#include "dsl/source.h"
#include "dsl/syntax_tree.h"

namespace lull::dsl {

inline constexpr std::size_t kTableRowsMax = 100'000;

/// Adds the rows of a CSV file (RFC 4180, quotes may not span lines) to a table. The first line names the
/// columns: one for each input as it is written in the rules, one named like the table for the value; other
/// columns are left out. An empty cell of an input, or `-`, is any value.
void ReadTableFile(const SourceSet& sources, SourceId csv, const std::string& table_name,
                   syntax::SyntaxTree& tree, syntax::ExprId table, Diagnostics& diagnostics);

}  // namespace lull::dsl
