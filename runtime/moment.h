// What one call of generated code sees and reports: the Moment.
//
// Generated code reads and writes the first members at fixed offsets (compiler/ir.h); the rest of the runtime
// reaches its own state through `context`. One Moment lives on the stack of the shard's thread while one
// entity is in hand.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/event.h"

namespace lull::runtime {

struct StepContext;

struct Moment {
  /// The instant: windows end here, and deadlines that are set count from here.
  std::int64_t now = 0;
  /// `now` in a deadline moment; one microsecond less in an event moment, where what matures by time at
  /// exactly `now` is not yet true (an event at exactly the deadline is in time).
  std::int64_t age_now = 0;
  /// The event's own time; earlier than `now` if the event is late.
  std::int64_t event_time = 0;
  /// What a deadline function counts from.
  std::int64_t from = kUnknown;
  /// Earliest instant at which something of this entity may change by time alone; lowered by generated code.
  std::int64_t next_wake = kNever;
  /// The entity's record: RecordHeader, then what the compiler laid out.
  std::byte* record = nullptr;
  /// Fields of the event in hand; null in a deadline moment.
  const FieldValue* fields = nullptr;
  /// Where a value function leaves its results.
  FieldValue* out = nullptr;
  /// One bit for each condition that was already yes just before the event but not yet held (it became so by
  /// time at this very instant and opens in the deadline moment).
  std::uint64_t* early = nullptr;
  /// The value that `with same` compares with: set just before an aggregate is read.
  FieldValue same;
  StepContext* context = nullptr;

  /// Asks for another look at an instant after this moment.
  void Arm(std::int64_t instant) {
    if (instant > age_now && instant < next_wake) next_wake = instant;
  }
};

/// A function of generated code, or of the interpreter. Returns 0 or 1 from a condition, else 0.
struct Code {
  using Entry = std::uint64_t (*)(Moment*, const void* closure);
  Entry entry = nullptr;
  const void* closure = nullptr;

  explicit operator bool() const { return entry != nullptr; }
  std::uint64_t operator()(Moment* moment) const { return entry(moment, closure); }
};

}  // namespace lull::runtime
