#include "connectors/shape_scan.h"

#include <cstring>

namespace lull::connectors {
namespace {

/// Where a value's own bytes begin and end, quotes included.
const char* BeginOf(const JsonValue& value) { return value.is_string() ? value.begin - 1 : value.begin; }
const char* EndOf(const JsonValue& value) { return value.is_string() ? value.end + 1 : value.end; }

}  // namespace

// May read behind the line, but never behind its padding.
inline bool ShapeScanner::Matches(const Node& node, const char* p) {
#if defined(__SSE2__)
  const auto equal = [&](std::size_t at) {
    const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + at));
    const __m128i there = _mm_loadu_si128(reinterpret_cast<const __m128i*>(node.gap.data() + at));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(here, there)));
  };
  // Every 16 bytes count as far as the gap goes.
  std::size_t at = 0;
  for (; at + 16 < node.gap_size; at += 16) {
    if (equal(at) != 0xFFFF) return false;
  }
  const std::uint32_t wanted = (1U << (node.gap_size - at)) - 1;
  return (equal(at) & wanted) == wanted;
#else
  return std::memcmp(p, node.gap.data(), node.gap_size) == 0;
#endif
}

inline std::uint32_t ShapeScanner::FindBranch(std::uint32_t node, const char* p) {
  const std::uint32_t first = nodes_[node].first;
  std::uint32_t before = kNone;
  for (std::uint32_t at = first; at != kNone; before = at, at = nodes_[at].sibling) {
    if (!Matches(nodes_[at], p)) continue;
    if (before != kNone) {
      nodes_[before].sibling = nodes_[at].sibling;
      nodes_[at].sibling = first;
      nodes_[node].first = at;
    }
    return at;
  }
  return kNone;
}

std::uint32_t ShapeScanner::Scan(std::string_view line, std::span<JsonValue, kMembersMax> values) {
  const char* p = line.data();
  std::uint32_t node = 0;
  for (JsonValue& value : values) {
    node = FindBranch(node, p);
    if (node == kNone) return kNone;
    const Node& found = nodes_[node];
    p += found.gap_size;
    // A 0 within the line ends it for no shape: the general scanner complains of it.
    if (found.shape != kNone) return p == line.data() + line.size() + 1 ? found.shape : kNone;
    JsonFailure failure;
    p = ScanJsonValueInline(p, 1, value, failure);
    if (p == nullptr) return kNone;
  }
  node = FindBranch(node, p);
  if (node == kNone || p + nodes_[node].gap_size != line.data() + line.size() + 1) return kNone;
  return nodes_[node].shape;
}

std::uint32_t ShapeScanner::Grow(std::uint32_t node, std::string_view gap) {
  std::size_t branches = 0;
  for (std::uint32_t at = nodes_[node].first; at != kNone; at = nodes_[at].sibling, ++branches) {
    if (gap == std::string_view(nodes_[at].gap.data(), nodes_[at].gap_size)) return at;
  }
  if (branches >= kBranchesMax || nodes_.size() >= kNodesMax || gap.size() > kGapBytesMax) return kNone;
  const auto grown = static_cast<std::uint32_t>(nodes_.size());
  Node& branch = nodes_.emplace_back();
  std::memcpy(branch.gap.data(), gap.data(), gap.size());
  branch.gap_size = static_cast<std::uint32_t>(gap.size());
  branch.sibling = nodes_[node].first;
  nodes_[node].first = grown;
  return grown;
}

std::uint32_t ShapeScanner::Learn(std::string_view line, std::span<const JsonMember> members) {
  if (members.size() > kMembersMax) return kNone;
  const char* p = line.data();
  std::uint32_t node = 0;
  for (const JsonMember& member : members) {
    const char* begin = BeginOf(member.value);
    node = Grow(node, {p, static_cast<std::size_t>(begin - p)});
    if (node == kNone) return kNone;
    p = EndOf(member.value);
  }
  node = Grow(node, {p, static_cast<std::size_t>(line.data() + line.size() + 1 - p)});
  if (node == kNone) return kNone;
  if (nodes_[node].shape == kNone) nodes_[node].shape = shape_count_++;
  return nodes_[node].shape;
}

}  // namespace lull::connectors
