// What step, arbitration and decision writer share while one entity is in hand.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/decision.h"
#include "runtime/entity_side.h"
#include "runtime/format.h"
#include "runtime/rule_plan.h"
#include "runtime/step_context.h"

namespace lull::runtime {

/// A nudge that became due in this moment by a stall, a stage, a condition or an event.
struct Trigger {
  std::uint32_t nudge = 0;
  WaitSerial serial = 0;
  bool checked = false;  // its `if` and `again after` have been looked at
};

struct StepCounters {
  std::uint64_t moments = 0;
  std::vector<std::array<std::uint64_t, kDecisionKindCount>> nudges;  // by nudge, then DecisionKind
  std::vector<std::uint64_t> units;                                   // actions sent
};

struct StepState : StepContext {
  const RulePlan* plan = nullptr;
  FormatContext format;  // ruleset, entity and zone in hand
  Moment moment;
  std::string_view key;
  LogPosition position;
  std::uint32_t n = 0;  // of the moment
  std::vector<Trigger> triggers;
  std::vector<FieldValue> out;
  StepCounters counters;

  RecordHeader& header() { return HeaderOf(moment.record); }
  EntitySide* side() { return header().side; }

  bool Holds(FunctionId condition) { return code->functions[condition](&moment) != 0; }
  /// Where the results are until the next call.
  const FieldValue* Values(FunctionId value) {
    code->functions[value](&moment);
    return out.data();
  }
  std::int64_t& SlotI64(std::uint32_t offset) {
    return *reinterpret_cast<std::int64_t*>(moment.record + offset);
  }
  /// kNever where the deadline function gives none.
  std::int64_t DeadlineOf(FunctionId deadline, std::int64_t start) {
    const std::int64_t outer = moment.from;
    moment.from = start;
    const std::int64_t instant = Values(deadline)[0].integer;
    moment.from = outer;
    return instant == kUnknown ? kNever : instant;
  }
  /// Asks for another look at an instant after this moment.
  void Arm(std::int64_t instant) {
    if (instant > moment.age_now && instant < moment.next_wake) moment.next_wake = instant;
  }
  /// Puts the candidate's own trigger in hand: for a wait of `after each`, its value of `with same` and the
  /// fields it kept; else (serial 0) the event of the moment.
  void SetTrigger(WaitSerial serial);

  const FieldValue* event_fields = nullptr;  // of the moment; null in a deadline moment
  std::int64_t event_time = 0;               // of the moment
  std::vector<FieldValue> captured_fields;   // Ruleset::frame_slot_count of them

 private:
  void SetTrigger(const EachWait& wait, const EachWaitSpec& spec);
};

}  // namespace lull::runtime
