// The plan: what of a checked program is remembered where, and which conditions are watched.
//
// Made once from the checked program, before any code: streams (what is remembered about a set of events),
// slots of attributes, journeys, waits and nudges, the conditions with their numbers, and where fields lie in
// an event frame. Lowering (lower_*.h) only reads it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/probes.h"
#include "compiler/record_layout.h"
#include "dsl/checked_program.h"
#include "runtime/base/result.h"
#include "runtime/ruleset.h"

namespace lull::compiler {

using StreamId = std::uint32_t;
using ConditionId = std::uint32_t;  // within its entity
inline constexpr std::uint32_t kNone = dsl::kNone;

/// When a stream begins anew, if ever.
struct Restart {
  dsl::EventSetId since = kNone;   // when one of these events comes
  dsl::JourneyId journey = kNone;  // when the journey ...
  std::uint32_t stage = 0;         // ... enters the stage

  bool exists() const { return since != kNone || journey != kNone; }
  bool IsEntering(dsl::JourneyId of, std::uint32_t entered) const {
    return journey != kNone && journey == of && stage == entered;
  }
};

/// What is remembered of the events of one set that pass one `where`, ever or since something. Aggregates
/// that differ only in function, field or window share it.
struct Stream {
  dsl::EntityId entity = kNone;
  std::vector<dsl::EventId> events;
  dsl::EventSetId set = kNone;  // the same events; kNone for an activity that is not declared
  dsl::ExprId where = kNone;
  Restart restart;
  std::string meaning;

  Slot count, latest_time, previous_time, first_time, since_time;
  std::map<std::string, Slot> latest, first, sum, known_count, minimum, maximum;  // by field
  std::uint32_t window = kNone;  // for what looks back: index into EntityPlan::windows
  /// Windows that keep each value of a field once, by field.
  std::map<std::string, std::uint32_t> distinct;
};

struct WindowPlan {
  StreamId stream = kNone;
  std::vector<std::string> columns;  // field names
  runtime::WindowSpec spec;
};

/// How an aggregate is read: from the slots of its stream, or by a row of EntitySpec::aggregates.
struct AggregatePlan {
  StreamId stream = kNone;  // kNone: no rule uses it
  std::uint32_t spec = kNone;
  dsl::EntityId entity = kNone;
};

enum class ConditionRole : std::uint8_t {
  kDwell,  // the `while` of a stall of the form `for`
  kStall,
  kState,  // the condition of a `while` nudge
  kRises,  // the condition of an `on` nudge
  kDue,    // state and `if` of a `while` nudge
  kWithdraw,
};

struct PlannedCondition {
  ConditionRole role = ConditionRole::kStall;
  std::uint32_t index = kNone;  // StallId or NudgeId
  dsl::ExprId expr = kNone;
  bool depends_on_time = false;
  Slot since;
  std::string name;
  std::string meaning;
};

struct StallPlan {
  ConditionId condition = kNone;  // kNone: no rule uses the stall
  ConditionId dwell = kNone;
  StreamId base = kNone;  // activity of `quiet`, events of `no ... for`
  Slot started;           // the wait's opening event
  Slot seen;              // newest event that opened or answered
  Slot overdue;           // only where the duration is not constant
  Slot same;
  std::uint32_t each_wait = kNone;
  /// Fields of the opening event, and "time": of the forms with one wait at a time, in the record.
  std::map<std::string, Slot> opening;
  /// `after each`: those that the `where` of the answer reads, beside the answer in the event frame.
  std::map<std::string, std::uint32_t> beside;
  bool gate_of_each = false;  // `while` and `unless` read the opening event
};

/// A sequence of n steps: what is remembered once step i was the last to come, for each i below n - 1; then
/// once all have come, of the first n - 1.
struct SequencePlan {
  std::vector<Slot> started;                        // the first event; unknown: not so far
  std::vector<std::map<std::string, Slot>> fields;  // by "STEP.FIELD"
  Slot done;                                        // whether it came to its end with the event in hand
  std::map<std::string, std::uint32_t> beside;      // where nudges read them in the event frame
};

struct JourneyPlan {
  Slot stage, entered;
  StreamId activity = kNone;  // for `after D quiet`
};

/// A value as it was just before an event, for the rules on that event: kept behind the event's fields.
struct BeforeValue {
  dsl::EntityId entity = kNone;
  dsl::EventSetId events = kNone;
  dsl::ExprId value = kNone;
  std::uint32_t slot = 0;  // of the frame
};

struct NudgePlan {
  ConditionId state = kNone, due = kNone, rises = kNone, withdraw = kNone;
  std::uint32_t gone_bit = kNone;
  Slot last_due;
  std::vector<runtime::CapturedField> kept;               // of the event, if the nudge may go out later
  std::vector<runtime::NudgeSpec::OpeningField> opening;  // of the wait of its stall
  Slot opening_time;
};

/// kNoOffset where no nudge takes part.
struct ExperimentPlan {
  Slot exposed, reached;
};

struct EntityPlan {
  std::vector<PlannedCondition> conditions;
  std::vector<WindowPlan> windows;
  std::vector<runtime::AggregateSpec> aggregates;
  std::vector<runtime::EachWaitSpec> each_waits;
  std::vector<dsl::JourneyId> journeys;                   // index = number of the journey within the entity
  StreamId activity = kNone;                              // all events if the entity declares none
  std::vector<std::vector<std::uint32_t>> limit_offsets;  // by PolicyId, limit
  std::uint32_t bit_count = 0;
  std::vector<runtime::EntitySpec::DefaultText> default_texts;
};

struct Plan {
  const dsl::CheckedProgram* program = nullptr;
  std::vector<Stream> streams;
  std::vector<AggregatePlan> aggregates;  // by AggregateId
  std::vector<Slot> attributes;           // by AttributeId
  std::vector<Slot> attribute_times;      // when the value held was set
  std::vector<StallPlan> stalls;
  std::vector<SequencePlan> sequences;
  std::vector<JourneyPlan> journeys;
  std::vector<std::uint32_t> journey_numbers;  // within their entity; kNone: no rule uses it
  std::vector<NudgePlan> nudges;
  std::vector<ExperimentPlan> experiments;
  std::vector<EntityPlan> entities;
  std::vector<RecordLayout> layouts;                    // by EntityId
  std::vector<std::vector<std::uint32_t>> field_slots;  // by EventId, field: slot of the frame
  std::vector<std::vector<bool>> field_used;            // by EventId, field
  std::uint32_t event_slot_count = 0;                   // slots that events fill; rules use those behind them
  std::uint32_t frame_slot_count = 0;
  std::vector<BeforeValue> before_values;
  std::map<dsl::ExprId, std::uint32_t> before_slots;  // by the expression `X before this`
  const std::vector<dsl::EventId>& Events(dsl::EventSetId set) const {
    return program->event_sets[set].events;
  }
  /// The slot and type of a field that all events of a set share.
  std::uint32_t FieldSlot(dsl::EventSetId set, const std::string& field) const;
  dsl::Type FieldType(dsl::EventSetId set, const std::string& field) const;
  ConditionId StallCondition(dsl::StallId stall) const { return stalls[stall].condition; }
};

/// Plans everything that some nudge or probe needs, directly or through others. `program` must outlive the
/// plan.
Plan MakePlan(const dsl::CheckedProgram& program, const ProbeRequests& probes = {});

/// The kind of slot that holds a value of this type.
runtime::SlotKind SlotKindOf(const dsl::CheckedProgram& program, dsl::Type type);
runtime::ValueType ValueTypeOf(dsl::Type type);

/// For `lull show --stage=plan`.
std::string PrintPlan(const Plan& plan);

}  // namespace lull::compiler
