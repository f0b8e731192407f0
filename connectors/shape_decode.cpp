// The decoder's short way: events of a shape that was met before (shape_scan.h). What it makes of an event,
// dead letters included, is what the general way makes of it.
#include <algorithm>
#include <limits>

#include "connectors/json_decoder.h"

namespace lull::connectors {
namespace {

using runtime::EventFrame;

constexpr std::uint32_t kNarrowMax = std::numeric_limits<std::uint16_t>::max();

/// Whether the scan can store the field itself, and as what.
std::optional<ShapeUse> StoredAs(const FieldPlan& field) {
  using runtime::ValueType;
  if (!field.stored || field.slot > kNarrowMax || field.limits.text_bytes_max > kNarrowMax)
    return std::nullopt;
  if (field.type == ValueType::kText) return ShapeUse::kText;
  if (field.type == ValueType::kNumber) return ShapeUse::kNumber;
  if (field.type == ValueType::kFlag) return ShapeUse::kFlag;
  return std::nullopt;
}

}  // namespace

ShapeMember JsonDecoder::UseAlong(const EventPlan* plan, std::uint32_t member, std::uint32_t name,
                                  Shape& shape) {
  const MemberUse* use = plan == nullptr ? nullptr : plan->nodes[0].UseOf(name);
  const bool is_kept =
      member <= shape.type || member == shape.id || std::ranges::count(shape.times, member) > 0;
  const ShapeUse kept = member == shape.type ? ShapeUse::kType : ShapeUse::kKeep;
  if (use == nullptr) return {.use = is_kept ? kept : ShapeUse::kSkip};
  if (!is_kept && use->fields.size() == 1 && use->keys.empty() && use->below == runtime::kNoIndex) {
    const std::uint32_t index = use->fields[0];
    const FieldPlan& field = plan->fields[index];
    if (const std::optional<ShapeUse> stored = StoredAs(field)) {
      shape.stored[index / 64] |= std::uint64_t{1} << (index % 64);
      std::erase_if(shape.unknown, [&](const auto& other) { return other.first == field.slot; });
      return {.use = *stored,
              .may_be_null = field.schema->optional,
              .slot = static_cast<std::uint16_t>(field.slot),
              .text_bytes_max = static_cast<std::uint16_t>(field.limits.text_bytes_max)};
    }
  }
  for (const std::uint32_t field : use->fields) {
    shape.steps.push_back({ShapeStep::Kind::kField, member, field});
  }
  for (const std::uint32_t key : use->keys) shape.steps.push_back({ShapeStep::Kind::kKey, member, key});
  if (use->below != runtime::kNoIndex) shape.steps.push_back({ShapeStep::Kind::kBelow, member, use->below});
  return {.use = kept};
}

void JsonDecoder::LearnShape(const RawEvent& raw, std::uint32_t event) {
  const auto is_nested = [](const NamePath& path) { return path.size() > 1; };
  if (is_nested(plan_->type) || is_nested(plan_->id) || std::ranges::any_of(plan_->times, is_nested)) return;
  const std::vector<JsonMember>& members = MembersAt(0);
  const auto place_of = [&](const NamePath& path) {
    const auto found = std::ranges::find(members, path[0], &JsonMember::name);
    return found == members.end() ? ShapeScanner::kNone : static_cast<std::uint32_t>(found - members.begin());
  };
  Shape shape;
  shape.type = place_of(plan_->type);
  shape.id = place_of(plan_->id);
  for (const NamePath& path : plan_->times) {
    if (const std::uint32_t place = place_of(path); place != ShapeScanner::kNone)
      shape.times.push_back(place);
  }
  const EventPlan* plan = event == StringIndex::kNone ? nullptr : &plan_->events[event];
  if (plan != nullptr) {
    shape.stored.resize(plan->required.size());
    for (std::uint32_t slot = 0; slot < plan->unknown_fields.size(); ++slot) {
      shape.unknown.emplace_back(slot, plan->unknown_fields[slot]);
    }
  }
  std::vector<ShapeMember> uses;
  for (std::uint32_t member = 0; member < members.size(); ++member) {
    uses.push_back(UseAlong(plan, member, members[member].name, shape));
  }
  const std::uint32_t number = shape_scanner_.Learn(raw.bytes, members, uses, event);
  if (number != ShapeScanner::kNone && number == shapes_.size()) shapes_.push_back(std::move(shape));
}

bool JsonDecoder::FollowStep(const ShapeStep& step, const RawEvent& raw, const Draft& draft) {
  const JsonValue& value = values_[step.member];
  if (value.kind == JsonKind::kNull) return true;
  switch (step.kind) {
    case ShapeStep::Kind::kField:
      return ReadField(raw, draft, step.index, value);
    case ShapeStep::Kind::kKey:
      return ReadKey(raw, draft, step.index, value);
    case ShapeStep::Kind::kBelow:
      break;
  }
  if (value.kind != JsonKind::kObject) return true;
  return ScanNested(raw, value, 1) && ReadMembers(raw, draft, step.index, 1);
}

bool JsonDecoder::ReadAlong(const Shape& shape, const RawEvent& raw, const Draft& draft, EventFrame& frame) {
  for (const auto& [slot, value] : shape.unknown) draft.fields[slot] = value;
  for (std::size_t word = 0; word < shape.stored.size(); ++word) seen_[word] = shape.stored[word];
  const auto is_there = [this](std::uint32_t place) { return values_[place].kind != JsonKind::kNull; };
  const auto time = std::ranges::find_if(shape.times, is_there);
  if (!ReadTime(raw, time == shape.times.end() ? JsonValue{} : values_[*time], frame)) return false;
  if (shape.id != ShapeScanner::kNone && !ReadId(raw, values_[shape.id], frame)) return false;
  return std::ranges::all_of(shape.steps,
                             [&](const ShapeStep& step) { return FollowStep(step, raw, draft); });
}

void JsonDecoder::DecodeAlong(const Shape& shape, std::uint32_t event, const RawEvent& raw,
                              std::uint32_t source) {
  if (event == StringIndex::kNone) return CountIgnored(values_[shape.type].text());
  EventFrame frame;
  Draft draft;
  BeginFrame(raw, event, frame, draft);
  if (ReadAlong(shape, raw, draft, frame)) Take(raw, draft, frame, source);
}

}  // namespace lull::connectors
