#include "runtime/pending_events.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "runtime/base/check.h"

namespace lull::runtime {
namespace {

static_assert(sizeof(PendingEvent) % alignof(FieldValue) == 0);

bool KeepsKey(const EventSchema& schema, const EventFrame& frame, std::size_t place) {
  return schema.parts[place].whole != kNoIndex && frame.keys != nullptr && frame.keys[place].known();
}

std::size_t TextBytes(const EventSchema& schema, const EventFrame& frame) {
  const FieldValue* fields = frame.fields;
  std::size_t bytes = 0;
  for (std::size_t place = 0; place < schema.parts.size(); ++place) {
    if (KeepsKey(schema, frame, place)) bytes += frame.keys[place].size;
  }
  for (const FieldSchema& field : schema.fields) {
    if (field.used && field.type == ValueType::kText) bytes += fields[field.slot].text.size;
  }
  return bytes;
}

}  // namespace

PendingEvent* PendingEvents::Allocate(std::size_t bytes) {
  ++count_;
  const auto size_class = static_cast<std::size_t>(std::bit_width((bytes - 1) / 64));
  LULL_CHECK(size_class < kClassCount);
  if (PendingEvent* event = free_[size_class]; event != nullptr) {
    free_[size_class] = event->next;
    return event;
  }
  const std::size_t rounded = std::size_t{64} << size_class;
  if (rounded > left_) {
    const std::size_t block_bytes = std::max(rounded, kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block_bytes));
    memory_bytes_ += block_bytes;
    next_ = blocks_.back().get();
    left_ = block_bytes;
  }
  auto* event = new (next_) PendingEvent;
  event->size_class = static_cast<std::uint32_t>(size_class);
  next_ += rounded;
  left_ -= rounded;
  return event;
}

void PendingEvents::Insert(EntitySide& side, const EventFrame& frame, const Ruleset& ruleset) {
  const EventSchema& schema = ruleset.events[frame.event];
  const std::size_t value_bytes = (schema.fields.size() + schema.parts.size()) * sizeof(FieldValue);
  PendingEvent* event = Allocate(sizeof(PendingEvent) + value_bytes + TextBytes(schema, frame));
  event->time = frame.time.micros;
  event->event = frame.event;
  char* bytes = reinterpret_cast<char*>(event->values()) + value_bytes;
  for (std::size_t index = 0; index < schema.fields.size(); ++index) {
    const FieldSchema& field = schema.fields[index];
    if (!field.used) continue;
    FieldValue& value = event->values()[index];
    value = frame.fields[field.slot];
    if (field.type != ValueType::kText || !value.text.known()) continue;
    std::memcpy(bytes, value.text.data, value.text.size);
    value.text.data = bytes;
    bytes += value.text.size;
  }
  for (std::size_t place = 0; place < schema.parts.size(); ++place) {
    TextView& key = event->values()[schema.fields.size() + place].text;
    key = {};
    if (!KeepsKey(schema, frame, place)) continue;
    std::memcpy(bytes, frame.keys[place].data, frame.keys[place].size);
    key = {bytes, frame.keys[place].size};
    bytes += key.size;
  }
  PendingEvent** place = &side.pending_first;
  if (side.pending_last != nullptr && side.pending_last->time <= event->time) {
    place = &side.pending_last->next;
  } else {
    while (*place != nullptr && (*place)->time <= event->time) place = &(*place)->next;
  }
  event->next = *place;
  *place = event;
  if (event->next == nullptr) side.pending_last = event;
}

PendingEvent* PendingEvents::TakeFirst(EntitySide& side) {
  PendingEvent* event = side.pending_first;
  side.pending_first = event->next;
  if (side.pending_first == nullptr) side.pending_last = nullptr;
  return event;
}

void PendingEvents::Expand(PendingEvent& event, const Ruleset& ruleset, FieldValue* fields) {
  const EventSchema& schema = ruleset.events[event.event];
  for (std::size_t index = 0; index < schema.fields.size(); ++index) {
    if (schema.fields[index].used) fields[schema.fields[index].slot] = event.values()[index];
  }
}

void PendingEvents::Keys(PendingEvent& event, const Ruleset& ruleset, std::vector<TextView>& keys) {
  const EventSchema& schema = ruleset.events[event.event];
  keys.clear();
  for (std::size_t place = 0; place < schema.parts.size(); ++place) {
    keys.push_back(event.values()[schema.fields.size() + place].text);
  }
}

void PendingEvents::Free(PendingEvent* event) {
  --count_;
  event->next = free_[event->size_class];
  free_[event->size_class] = event;
}

}  // namespace lull::runtime
