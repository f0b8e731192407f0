#include "tests/support/log_frames.h"

#include <limits>

namespace lull::test {
namespace {

using runtime::FieldValue;
using runtime::ValueType;

FieldValue Unknown(ValueType type) {
  FieldValue value;
  if (type == ValueType::kNumber) value.number = std::numeric_limits<double>::quiet_NaN();
  if (type != ValueType::kNumber && type != ValueType::kText) value.integer = kUnknown;
  return value;
}

FieldValue Of(const Value& from, ValueType type) {
  FieldValue value = Unknown(type);
  if (!from.known) return value;
  if (type == ValueType::kNumber) {
    value.number = from.number;
  } else if (type == ValueType::kText) {
    value.text = runtime::TextView::Of(from.text);
  } else {
    value.integer = from.integer;
  }
  return value;
}

}  // namespace

Frames::Frames(const std::vector<LogEvent>& log, const runtime::Ruleset& ruleset) {
  for (const LogEvent& event : log) Add(event, ruleset);
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    frames_[i].fields = fields_[i].data();
    frames_[i].keys = keys_[i].data();
  }
}

void Frames::Add(const LogEvent& event, const runtime::Ruleset& ruleset) {
  const runtime::EventSchema& schema = ruleset.events[event.event];
  runtime::EventFrame frame;
  frame.event = event.event;
  frame.time = EventTime{event.time};
  frame.position = {frames_.size() + 1};
  std::vector<FieldValue> fields(ruleset.frame_slot_count);
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    if (schema.fields[i].used) fields[schema.fields[i].slot] = Of(event.fields[i], schema.fields[i].type);
  }
  std::vector<runtime::TextView> keys;
  for (const auto& key : event.keys) keys.push_back(key ? runtime::TextView::Of(*key) : runtime::TextView{});
  frames_.push_back(frame);
  fields_.push_back(std::move(fields));
  keys_.push_back(std::move(keys));
}

}  // namespace lull::test
