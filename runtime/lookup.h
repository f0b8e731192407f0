// Decision tables of many rows: walked one step for each input, by binary search.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/event.h"

namespace lull::runtime {

/// The table as a graph. Nodes are for one input each; the value's code is looked up among the node's
/// segments, each of which begins at a code and leads to a node or, after the last input, to a row.
struct LookupSpec {
  static constexpr std::uint32_t kNowhere = 0xFFFF'FFFF;
  struct Node {
    std::uint32_t input = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;  // at least one
    std::uint32_t unknown_next = kNowhere;
  };
  std::vector<Node> nodes;  // the last one is the root
  std::vector<std::int64_t> begins;
  std::vector<std::uint32_t> nexts;
  /// By input: the texts with codes of their own, sorted; all others have the code after the last. Empty for
  /// inputs that are no texts.
  std::vector<std::vector<std::string>> texts;
  std::vector<FieldValue> results;        // by row; texts point into result_texts
  std::vector<std::string> result_texts;  // by row, if the results are texts

  /// The node or row for a code, or for an unknown value.
  std::uint32_t Next(std::uint32_t node, std::int64_t code) const;
};

}  // namespace lull::runtime
