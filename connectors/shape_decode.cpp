// The decoder's short way: events of a shape that was met before (shape_scan.h). What it makes of an event,
// dead letters included, is what the general way makes of it.
#include <algorithm>

#include "connectors/json_decoder.h"

namespace lull::connectors {

using runtime::EventFrame;

void JsonDecoder::LearnShape(const RawEvent& raw) {
  const auto is_nested = [](const NamePath& path) { return path.size() > 1; };
  if (is_nested(plan_->type) || is_nested(plan_->id) || std::ranges::any_of(plan_->times, is_nested)) return;
  const std::vector<JsonMember>& members = MembersAt(0);
  const std::uint32_t number = shape_scanner_.Learn(raw.bytes, members);
  if (number == ShapeScanner::kNone || number < shapes_.size()) return;
  Shape& shape = shapes_.emplace_back();
  for (const JsonMember& member : members) shape.names.push_back(member.name);
  const auto place_of = [&](const NamePath& path) {
    const auto found = std::ranges::find(shape.names, path[0]);
    return found == shape.names.end() ? ShapeScanner::kNone
                                      : static_cast<std::uint32_t>(found - shape.names.begin());
  };
  shape.type = place_of(plan_->type);
  shape.id = place_of(plan_->id);
  for (const NamePath& path : plan_->times) {
    if (const std::uint32_t place = place_of(path); place != ShapeScanner::kNone)
      shape.times.push_back(place);
  }
  shape.by_event.resize(plan_->events.size());
}

const std::vector<JsonDecoder::ShapeStep>& JsonDecoder::StepsOf(Shape& shape, std::uint32_t event,
                                                                const EventPlan& plan) {
  std::optional<std::vector<ShapeStep>>& steps = shape.by_event[event];
  if (steps) return *steps;
  steps.emplace();
  for (std::uint32_t member = 0; member < shape.names.size(); ++member) {
    const MemberUse* use = plan.nodes[0].UseOf(shape.names[member]);
    if (use == nullptr) continue;
    for (const std::uint32_t field : use->fields) {
      steps->push_back({ShapeStep::Kind::kField, member, field, &plan.fields[field]});
    }
    for (const std::uint32_t key : use->keys) steps->push_back({ShapeStep::Kind::kKey, member, key, nullptr});
    if (use->below != runtime::kNoIndex) {
      steps->push_back({ShapeStep::Kind::kBelow, member, use->below, nullptr});
    }
  }
  return *steps;
}

inline bool JsonDecoder::FollowStep(const ShapeStep& step, const RawEvent& raw, const Draft& draft) {
  const JsonValue& value = values_[step.member];
  if (value.kind == JsonKind::kNull) return true;
  switch (step.kind) {
    case ShapeStep::Kind::kField: {
      runtime::FieldValue plain;
      if (!ConvertPlain(step.field->type, value, step.field->limits, plain)) {
        return ReadField(raw, draft, step.index, value);
      }
      StoreField(draft, step.index, plain);
      return true;
    }
    case ShapeStep::Kind::kKey:
      return ReadKey(raw, draft, step.index, value);
    case ShapeStep::Kind::kBelow:
      break;
  }
  if (value.kind != JsonKind::kObject) return true;
  return ScanNested(raw, value, 1) && ReadMembers(raw, draft, step.index, 1);
}

bool JsonDecoder::ReadAlong(Shape& shape, const RawEvent& raw, const Draft& draft, EventFrame& frame) {
  const auto is_there = [this](std::uint32_t place) { return values_[place].kind != JsonKind::kNull; };
  const auto time = std::ranges::find_if(shape.times, is_there);
  if (!ReadTime(raw, time == shape.times.end() ? JsonValue{} : values_[*time], frame)) return false;
  if (shape.id != ShapeScanner::kNone && !ReadId(raw, values_[shape.id], frame)) return false;
  return std::ranges::all_of(StepsOf(shape, frame.event, *draft.plan),
                             [&](const ShapeStep& step) { return FollowStep(step, raw, draft); });
}

void JsonDecoder::DecodeAlong(Shape& shape, const RawEvent& raw, std::uint32_t source) {
  EventFrame frame;
  Draft draft;
  const JsonValue type = shape.type == ShapeScanner::kNone ? JsonValue{} : values_[shape.type];
  if (BeginEvent(raw, type, frame, draft) != Begin::kReady) return;
  if (ReadAlong(shape, raw, draft, frame)) Take(raw, draft, frame, source);
}

}  // namespace lull::connectors
