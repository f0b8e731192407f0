// An independent, obvious and slow judge: decides what a ruleset does over a list of events.
//
// Shares nothing with compiler/ and runtime/ but the base types. Each entity keeps its whole history and
// reads every expression from it anew; time is stepped through all instants at which something could change.
// Events of one entity must be in order of time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dsl/checked_program.h"
#include "runtime/base/time.h"
#include "tests/support/reference_values.h"

namespace lull::test {

/// How long a task stays open unless somebody does something about it.
inline constexpr std::int64_t kTaskLifeMicros = 30 * kMicrosPerDay;

struct LogEvent {
  dsl::EventId event = dsl::kNone;
  std::int64_t time = 0;
  std::vector<Value> fields;                     // by dsl::Event::fields
  std::vector<std::optional<std::string>> keys;  // by dsl::Event::entities
};

/// Comparable: two engines that agree give the same list after sorting.
struct Outcome {
  std::uint32_t entity = 0;
  std::string key;  // of a part: "whole/part"
  std::int64_t instant = 0;
  /// "sent", "held_out", "suppressed", "withdrawn", "expired", "done", "declined" or "escalated"; a task that
  /// was held out is never withdrawn in the open: "withdrawn, held out".
  std::string what;
  std::string nudge;  // or the experiment whose goal was reached
  /// Of a suppressed one: "never", "capped", "quiet_hours" or "outranked"; of what was sent, held out or
  /// reached: the arms of the experiments.
  std::string why;
  std::string unit;   // "sales", "sales / north"; empty: not routed
  std::string worth;  // of what was sent or held out

  friend auto operator<=>(const Outcome&, const Outcome&) = default;
};

/// The keys of a whole and of its part in one text.
std::string PartKey(const std::string& whole, const std::string& part);

std::string Show(const Outcome& outcome);

/// The id under which the engine sends out a task.
struct TaskName {
  std::string nudge;
  std::string entity;
  std::string key;
  bool is_part = false;
  std::string whole;  // of a part
  std::int64_t instant = 0;
  std::uint32_t n = 0;  // the moment among those of the entity at this instant
  std::uint32_t k = 0;  // the trigger among the nudge's in this moment
};
using IdOfTask = std::function<std::string(const TaskName& name)>;

/// Which arm of the experiment the entity with this key is in; of a part: PartKey.
using ArmOf = std::function<std::uint32_t(const dsl::Experiment& experiment, const std::string& key)>;

/// Whether a policy holds out the entity with this key; of a part's own policy: PartKey.
using HoldsOut = std::function<bool(const dsl::Policy& policy, const std::string& key)>;

/// Sorted. The input ends with the time of its latest event.
std::vector<Outcome> RunReference(const dsl::CheckedProgram& program, const std::vector<LogEvent>& log,
                                  const HoldsOut& holds_out, const IdOfTask& id_of_task = {},
                                  const ArmOf& arm_of = {});

}  // namespace lull::test
