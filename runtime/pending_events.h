// Events that wait until their entity's clock reaches them (`lateness`).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/entity_side.h"
#include "runtime/event.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

/// One buffered event; its fields in the order of EventSchema::fields, the keys of parts (one for each
/// entity, if the event is of parts at all) and then all texts follow.
struct PendingEvent {
  PendingEvent* next = nullptr;
  std::int64_t time = 0;
  std::uint32_t event = 0;
  std::uint32_t size_class = 0;

  FieldValue* values() { return reinterpret_cast<FieldValue*>(this + 1); }
};

/// Copies of events, in blocks that are used again. One thread; freed all at once when it goes.
class PendingEvents {
 public:
  PendingEvents() = default;
  PendingEvents(const PendingEvents&) = delete;
  PendingEvents& operator=(const PendingEvents&) = delete;

  /// Copies the event to its place by time, after its equals. A part's key that is not there is unknown.
  void Insert(EntitySide& side, const EventFrame& frame, const Ruleset& ruleset);
  /// Takes the first one out. Free it after use.
  static PendingEvent* TakeFirst(EntitySide& side);
  /// Puts the fields back to their slots of `fields` (Ruleset::frame_slot_count); texts point into `event`.
  static void Expand(PendingEvent& event, const Ruleset& ruleset, FieldValue* fields);
  /// The keys that Insert kept, by EventSchema::entities; none if the event is of no part.
  static void Keys(PendingEvent& event, const Ruleset& ruleset, std::vector<TextView>& keys);
  void Free(PendingEvent* event);

  /// None of any entity.
  bool empty() const { return count_ == 0; }
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  static constexpr std::size_t kBlockBytes = 1U << 20;
  static constexpr std::size_t kClassCount = 28;  // 64 bytes << class
  PendingEvent* Allocate(std::size_t bytes);

  std::array<PendingEvent*, kClassCount> free_ = {};
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t count_ = 0;
  std::size_t memory_bytes_ = 0;
};

}  // namespace lull::runtime
