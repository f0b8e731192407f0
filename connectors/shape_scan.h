// Scans events along the shapes of events that came before.
//
// Events of one program have the same members in the same order, and the same bytes between their values. A
// shape is those bytes, and what each value is for, of events of one type whose like the general way
// (member_scan.h) has taken apart once. Where the next event has them again they need no second look: one
// comparison a member, and only the values are scanned, as strictly as ever; plain fields go straight to
// their places. Whatever is not like a shape is for the general way.
//
// Shapes that begin alike share a beginning: they are a tree, whose branches are tried latest first. Behind
// the event's type each type has branches of its own, so that what is before it is kept as it stands until
// the end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "connectors/byte_arena.h"
#include "connectors/json_scan.h"
#include "connectors/member_scan.h"
#include "connectors/string_index.h"
#include "runtime/event.h"

namespace lull::connectors {

/// What is done with a member's value, beside that it is checked.
enum class ShapeUse : std::uint8_t {
  kText,  // the first three are stored as a field
  kNumber,
  kFlag,
  kSkip,
  kKeep,  // as a JsonValue, for somebody else
  kType,  // kept, too
  kEnd,   // there is none: behind the last member
};

struct ShapeMember {
  ShapeUse use = ShapeUse::kSkip;
  bool may_be_null = false;  // a field that is unknown then
  std::uint16_t slot = 0;
  std::uint16_t text_bytes_max = 0;
};

/// One thread.
class ShapeScanner {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  static constexpr std::size_t kMembersMax = 64;

  /// `types`: those of the events that count, by number. It must outlive the scanner.
  explicit ShapeScanner(const StringIndex& types) : types_(types) {}

  struct Found {
    std::uint32_t shape = kNone;
    std::uint32_t event = kNone;  // its number; kNone: a type that does not count
  };
  /// The shape of the line; kNone if it has none that is known, is no JSON, or has a value that its field
  /// cannot take. Kept values are in `values` by member, fields in `fields` by slot, which may have been
  /// written to no end. Texts are views into the line or the arena. The line is followed by a 0 and padding
  /// (json_scan.h).
  Found Scan(std::string_view line, std::span<JsonValue, kMembersMax> values, runtime::FieldValue* fields,
             ByteArena& arena);

  /// Learns the shape of a line that the general way took apart without a complaint: what its members are
  /// for, one of them its type, and the type's event. Before the type nothing but kKeep; behind it, the same
  /// for all lines of an event with the same names. Numbers count from 0; kNone if there are enough shapes,
  /// or the line has too many members or too many bytes between them.
  std::uint32_t Learn(std::string_view line, std::span<const JsonMember> members,
                      std::span<const ShapeMember> uses, std::uint32_t event);

 private:
  using NodeIndex = std::uint16_t;
  static constexpr NodeIndex kNoNode = 0xFFFF;
  static constexpr std::size_t kGapBytesMax = 48;
  static constexpr std::size_t kNodesMax = 8'192;
  static constexpr std::size_t kBranchesMax = 16;
  static_assert(kGapBytesMax == 48 && kGapBytesMax <= kJsonPaddingBytes);

  /// The bytes before a value, and what the value is for: one cache line. Those behind the last value end
  /// with the 0 behind the line.
  struct alignas(64) Node {
    std::array<char, kGapBytesMax> gap{};
    std::uint8_t gap_size = 0;
    ShapeUse use = ShapeUse::kSkip;
    std::uint16_t last_bytes = 0;  // one bit for each byte of the gap's last sixteen
    NodeIndex first = kNoNode;     // branch
    NodeIndex sibling = kNoNode;   // the branch of the same node that is tried next
    std::uint16_t slot = 0;
    std::uint16_t text_bytes_max = 0;
    std::uint32_t number = 0;  // kEnd: of the shape; kType: into by_event_; a field: 1 if it may be null
  };
  static_assert(sizeof(Node) == 64);

  [[gnu::always_inline]] static bool Matches(const Node& node, const char* p);
  /// The branch whose gap is at p; null if none is. It becomes the first.
  [[gnu::always_inline]] Node* Branch(NodeIndex& first, const char* p) {
    if (first == kNoNode) return nullptr;
    return Matches(nodes_[first], p) ? &nodes_[first] : OtherBranch(first, p);
  }
  Node* OtherBranch(NodeIndex& first, const char* p);
  /// Stores a field whose value is none of the usual. Returns the byte after it, or null.
  static const char* StoreUnusual(const Node& node, const char* p, runtime::FieldValue* fields,
                                  ByteArena& arena);
  /// The branch with this gap, new or not; kNoNode if there are enough.
  NodeIndex Grow(NodeIndex& first, std::string_view gap, const ShapeMember& member);
  /// Where the branches begin that a type has.
  NodeIndex& BranchesOf(Node& type, std::uint32_t event);

  const StringIndex& types_;
  std::vector<Node> nodes_;
  NodeIndex root_ = kNoNode;
  std::vector<std::vector<NodeIndex>> by_event_;  // of each kType: by event, then those that do not count
  std::uint32_t shape_count_ = 0;
};

}  // namespace lull::connectors
