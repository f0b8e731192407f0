// An event as the runtime sees it: decoded, typed, not yet applied.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/time.h"

namespace lull::runtime {

/// Bytes owned by somebody else; a null `data` is the unknown text. Laid out for generated code: two
/// registers.
struct TextView {
  const char* data = nullptr;
  std::uint64_t size = 0;

  bool known() const { return data != nullptr; }
  std::string_view view() const { return {data, size}; }
  static TextView Of(std::string_view text) {
    return {text.data() == nullptr ? "" : text.data(), text.size()};
  }
};

/// One value of any type. Which member holds is known from the schema: `number` for numbers, `text` for
/// texts, `integer` for all else (runtime/base/time.h says what unknown is; NaN for numbers, null for texts).
union FieldValue {
  double number;
  std::int64_t integer;
  TextView text;

  FieldValue() : text{} {}
};

/// Where an event stands in its log: the line of a file or the sequence of a stream. Never part of a
/// decision.
struct LogPosition {
  std::uint64_t value = 0;
};

/// A decoded event. All views point into memory of the source, which keeps it until the event is applied.
struct EventFrame {
  std::uint32_t event = 0;  // index into Ruleset::events
  EventTime time;
  TextView id;                         // unknown if the event has none
  const FieldValue* fields = nullptr;  // Ruleset::frame_slot_count of them, by FieldSchema::slot
  const TextView* keys = nullptr;      // one for each EventSchema::entities; unknown if the event lacks it
  LogPosition position;
};

}  // namespace lull::runtime
