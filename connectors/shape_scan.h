// Scans events along the shapes of events that came before.
//
// Events of one program have the same members in the same order, and the same bytes between their values. A
// shape is those bytes, which the general scanner (member_scan.h) has accepted once. Where the next event has
// them again they need no second look: one comparison a member, and only the values are scanned, as strictly
// as ever. Whatever is not like a shape is for the general scanner.
//
// Shapes that begin alike share a beginning: they are a tree, whose branches are tried latest first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "connectors/json_scan.h"
#include "connectors/member_scan.h"

namespace lull::connectors {

/// One thread.
class ShapeScanner {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  static constexpr std::size_t kMembersMax = 64;

  ShapeScanner() : nodes_(1) {}

  /// The number of the shape that the line has, with its values in `values`; kNone if it has none that is
  /// known, or is no JSON. The line is followed by a 0 and padding (json_scan.h).
  std::uint32_t Scan(std::string_view line, std::span<JsonValue, kMembersMax> values);

  /// Learns the shape of a line that the general scanner took apart without a complaint. Numbers count from
  /// 0; kNone if there are enough shapes, or the line has too many members or too many bytes between them.
  std::uint32_t Learn(std::string_view line, std::span<const JsonMember> members);

 private:
  static constexpr std::size_t kGapBytesMax = 48;
  static constexpr std::size_t kNodesMax = 8'192;
  static constexpr std::size_t kBranchesMax = 16;
  static_assert(kGapBytesMax % 16 == 0 && kGapBytesMax <= kJsonPaddingBytes);

  /// The bytes before a value. Those behind the last one end with the 0 behind the line.
  struct Node {
    std::array<char, kGapBytesMax> gap{};
    std::uint32_t gap_size = 0;
    std::uint32_t first = kNone;    // branch
    std::uint32_t sibling = kNone;  // the branch of the same node that is tried next
    std::uint32_t shape = kNone;    // of the last one
  };

  static bool Matches(const Node& node, const char* p);
  std::uint32_t FindBranch(std::uint32_t node, const char* p);
  std::uint32_t Grow(std::uint32_t node, std::string_view gap);

  std::vector<Node> nodes_;  // 0: before every line
  std::uint32_t shape_count_ = 0;
};

}  // namespace lull::connectors
