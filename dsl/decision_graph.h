// Decision tables with fixed values in all cells, as a graph that is walked once: one step for each input.
//
// Values of all types become whole numbers (codes) in the order of the values, so that each cell is a set of
// ranges of codes; texts are numbered by the table, with one code for all others. The graph shows exactly
// which rows are reached and which cases no row covers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace lull::dsl {

/// Both ends are in.
struct CodeRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
  friend bool operator==(const CodeRange&, const CodeRange&) = default;
};

/// What a cell lets pass: sorted ranges that do not touch, and perhaps what is unknown.
struct CellSet {
  std::vector<CodeRange> ranges;
  bool unknown = false;
  friend bool operator==(const CellSet&, const CellSet&) = default;

  bool Has(std::optional<std::int64_t> code) const;
  /// Whether all of the other passes here too.
  bool Covers(const CellSet& other) const;
};

struct DecisionGraph {
  static constexpr std::uint32_t kNoRow = 0xFFFF'FFFF;
  /// The values of one input, in segments begins[first ..]; each begins at its code and leads to nexts[..]: a
  /// node or, from nodes of the last input, a row; kNoRow where nothing fits.
  struct Node {
    std::uint32_t input = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t unknown_next = kNoRow;
  };
  std::vector<Node> nodes;  // the last one is the root
  std::vector<std::int64_t> begins;
  std::vector<std::uint32_t> nexts;
};

/// `rows` have one cell for each of the `domains` (all codes that an input can have). Nothing if the graph
/// would be too large. At least one row and one input.
std::optional<DecisionGraph> MakeDecisionGraph(const std::vector<std::vector<CellSet>>& rows,
                                               const std::vector<CodeRange>& domains);

/// By row: whether some case gets to it.
std::vector<bool> ReachedRows(const DecisionGraph& graph, std::size_t row_count);

/// A case of known values that no row covers: a range for each input.
std::optional<std::vector<CodeRange>> FindGap(const DecisionGraph& graph,
                                              const std::vector<CodeRange>& domains);

}  // namespace lull::dsl
