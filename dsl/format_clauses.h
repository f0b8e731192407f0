// The columns of clauses and declarations: what stands under what.
#pragma once

#include <vector>

#include "dsl/format_lines.h"
#include "dsl/keywords.h"

namespace lull::dsl::format {

inline constexpr std::size_t kCellsMax = 16;

/// A clause cut into columns. The first column is shared by all clauses of the block, the others by those of
/// the same shape.
struct Columns {
  enum class Shape : std::uint8_t { kWhole, kHead, kTransition, kPoints, kRow };
  Shape shape = Shape::kHead;
  std::vector<Tokens> cells;
};
Columns ColumnsOf(BlockKind kind, Tokens clause);

/// Whether a clause of a test says when; what follows up to the next such clause happens then.
bool BeginsTime(Tokens clause);

/// A declaration cut before its `of` and its `=`.
std::vector<Tokens> DeclarationCells(Tokens head);

/// Whether the form leaves a block of this kind on one line if the author wrote it so.
bool MayBeOnOneLine(BlockKind kind);

}  // namespace lull::dsl::format
