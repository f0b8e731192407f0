#include "connectors/shape_scan.h"

#include "connectors/field_value.h"
#include "runtime/unknown.h"

namespace lull::connectors {
namespace {

using runtime::FieldValue;
using runtime::ValueType;

/// Where a value's own bytes begin and end, quotes included.
const char* BeginOf(const JsonValue& value) { return value.is_string() ? value.begin - 1 : value.begin; }
const char* EndOf(const JsonValue& value) { return value.is_string() ? value.end + 1 : value.end; }

/// A whole number of up to seven digits with a `,` or `}` behind it; else none.
inline DigitRun ReadPlainDigits(const char* p) {
  const DigitRun run = ReadDigits(p);
  const char behind = p[run.count];
  const bool plain = run.count < 8 && (behind == ',' || behind == '}') && (*p != '0' || run.count == 1);
  return plain ? run : DigitRun{};
}

constexpr std::array<ValueType, 3> kFieldTypes = {ValueType::kText, ValueType::kNumber, ValueType::kFlag};

}  // namespace

// May read behind the line, but never behind its padding.
inline bool ShapeScanner::Matches(const Node& node, const char* p) {
#if defined(__SSE2__)
  const auto unlike = [&](std::size_t at) {
    const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + at));
    const __m128i there = _mm_load_si128(reinterpret_cast<const __m128i*>(node.gap.data() + at));
    return ~static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(here, there))) & 0xFFFF;
  };
  // What stands behind the gap is not compared.
  if (node.gap_size <= 16) return (unlike(0) & node.last_bytes) == 0;
  if (node.gap_size <= 32) return unlike(0) == 0 && (unlike(16) & node.last_bytes) == 0;
  return unlike(0) == 0 && unlike(16) == 0 && (unlike(32) & node.last_bytes) == 0;
#else
  return std::memcmp(p, node.gap.data(), node.gap_size) == 0;
#endif
}

ShapeScanner::Node* ShapeScanner::OtherBranch(NodeIndex& first, const char* p) {
  for (NodeIndex before = first, at = nodes_[first].sibling; at != kNoNode;
       before = at, at = nodes_[at].sibling) {
    if (!Matches(nodes_[at], p)) continue;
    nodes_[before].sibling = nodes_[at].sibling;
    nodes_[at].sibling = first;
    first = at;
    return &nodes_[at];
  }
  return nullptr;
}

const char* ShapeScanner::StoreUnusual(const Node& node, const char* p, FieldValue* fields,
                                       ByteArena& arena) {
  const ValueType type = kFieldTypes[static_cast<std::size_t>(node.use)];
  JsonValue value;
  JsonFailure failure;
  p = ScanJsonValue(p, 1, value, failure);
  if (p == nullptr) return nullptr;
  if (value.kind == JsonKind::kNull) {
    if (node.number == 0) return nullptr;
    fields[node.slot] = runtime::UnknownOf(type);
    return p;
  }
  const ConversionLimits limits{.text_bytes_max = node.text_bytes_max};
  return ConverterFor(type)(value, limits, arena, fields[node.slot]) == Conversion::kDone ? p : nullptr;
}

ShapeScanner::Found ShapeScanner::Scan(std::string_view line, std::span<JsonValue, kMembersMax> values,
                                       FieldValue* fields, ByteArena& arena) {
  const char* p = line.data();
  NodeIndex* branches = &root_;
  Found found;
  JsonFailure failure;
  JsonValue value;
  for (std::size_t member = 0;; ++member) {
    Node* const node = Branch(*branches, p);
    if (node == nullptr) return {};
    p += node->gap_size;
    branches = &node->first;
    switch (node->use) {
      case ShapeUse::kText:
        if (const char* const end = EndOfPlainString(p);
            end != nullptr && end - p - 1 <= node->text_bytes_max) {
          fields[node->slot].text = {p + 1, static_cast<std::uint64_t>(end - p - 1)};
          p = end + 1;
        } else {
          p = StoreUnusual(*node, p, fields, arena);
        }
        break;
      case ShapeUse::kNumber:
        if (const DigitRun digits = ReadPlainDigits(p); digits.count > 0) {
          fields[node->slot].number = static_cast<double>(digits.value);
          p += digits.count;
        } else {
          p = StoreUnusual(*node, p, fields, arena);
        }
        break;
      case ShapeUse::kFlag:
        if (std::memcmp(p, "true", 4) == 0 || std::memcmp(p, "false", 5) == 0) {
          fields[node->slot].integer = *p == 't' ? 1 : 0;
          p += *p == 't' ? 4 : 5;
        } else {
          p = StoreUnusual(*node, p, fields, arena);
        }
        break;
      case ShapeUse::kSkip:
        if (const char* const end = EndOfPlainString(p); end != nullptr) {
          p = end + 1;
        } else if (const unsigned count = ReadPlainDigits(p).count; count > 0) {
          p += count;
        } else {
          p = ScanJsonValue(p, 1, value, failure);
        }
        break;
      case ShapeUse::kKeep:
        if (const char* const end = ScanPlainString(p, values[member]); end != nullptr) {
          p = end;
        } else {
          p = ScanJsonValueInline(p, 1, values[member], failure);
        }
        break;
      case ShapeUse::kType:
        p = ScanJsonValueInline(p, 1, values[member], failure);
        if (p == nullptr || values[member].kind != JsonKind::kString) return {};
        found.event = types_.Find(values[member].text());
        branches = &BranchesOf(*node, found.event);
        break;
      case ShapeUse::kEnd:
        // A 0 within the line ends it for no shape: the general way complains of it.
        if (p != line.data() + line.size() + 1) return {};
        found.shape = node->number;
        return found;
    }
    if (p == nullptr) return {};
  }
}

ShapeScanner::NodeIndex& ShapeScanner::BranchesOf(Node& type, std::uint32_t event) {
  std::vector<NodeIndex>& by_event = by_event_[type.number];
  return event == kNone ? by_event.back() : by_event[event];
}

ShapeScanner::NodeIndex ShapeScanner::Grow(NodeIndex& first, std::string_view gap,
                                           const ShapeMember& member) {
  if (gap.size() > kGapBytesMax) return kNoNode;
  std::size_t branches = 0;
  for (NodeIndex at = first; at != kNoNode; at = nodes_[at].sibling, ++branches) {
    const Node& node = nodes_[at];
    if (gap == std::string_view(node.gap.data(), node.gap_size)) return at;
  }
  if (branches >= kBranchesMax || nodes_.size() >= kNodesMax) return kNoNode;
  Node node;
  std::memcpy(node.gap.data(), gap.data(), gap.size());
  node.gap_size = static_cast<std::uint8_t>(gap.size());
  node.last_bytes = gap.empty() ? 0 : static_cast<std::uint16_t>(0xFFFFU >> (15 - (gap.size() - 1) % 16));
  node.use = member.use;
  node.slot = member.slot;
  node.text_bytes_max = member.text_bytes_max;
  node.sibling = first;
  node.number = member.may_be_null ? 1 : 0;
  if (member.use == ShapeUse::kType) {
    node.number = static_cast<std::uint32_t>(by_event_.size());
    by_event_.emplace_back(types_.size() + 1, kNoNode);
  }
  if (member.use == ShapeUse::kEnd) node.number = shape_count_++;
  // `first` may lie in a node, which moves.
  const auto grown = first = static_cast<NodeIndex>(nodes_.size());
  nodes_.push_back(node);
  return grown;
}

std::uint32_t ShapeScanner::Learn(std::string_view line, std::span<const JsonMember> members,
                                  std::span<const ShapeMember> uses, std::uint32_t event) {
  if (members.size() > kMembersMax) return kNone;
  const char* p = line.data();
  NodeIndex* branches = &root_;
  for (std::size_t member = 0; member < members.size(); ++member) {
    const char* begin = BeginOf(members[member].value);
    const NodeIndex at = Grow(*branches, {p, static_cast<std::size_t>(begin - p)}, uses[member]);
    if (at == kNoNode) return kNone;
    p = EndOf(members[member].value);
    const bool is_type = uses[member].use == ShapeUse::kType;
    branches = is_type ? &BranchesOf(nodes_[at], event) : &nodes_[at].first;
  }
  const std::string_view rest(p, static_cast<std::size_t>(line.data() + line.size() + 1 - p));
  const NodeIndex end = Grow(*branches, rest, {.use = ShapeUse::kEnd});
  return end == kNoNode ? kNone : nodes_[end].number;
}

}  // namespace lull::connectors
