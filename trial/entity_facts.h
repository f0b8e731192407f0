// What a shard knows of an entity, in words and as JSON: for people who look into a state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/zone.h"
#include "runtime/engine.h"
#include "trial/recorder.h"

namespace lull::trial {

/// A name, what it is, and since when; kUnknown: that is not kept.
struct Fact {
  std::string name;
  std::string value;
  std::int64_t since = kUnknown;
};

struct TaskFact {
  std::string nudge;
  std::string id;
  std::string unit;
  std::string unit_key;
  std::int64_t due = kUnknown;
  std::int64_t expires = kNever;
  bool claimed = false;
  bool held_out = false;
};

struct WaitingFact {
  std::string nudge;
  std::string why;  // a code, as "quiet_hours"
  std::int64_t until = kNever;
};

struct EntityFacts {
  Who who;
  std::int64_t first_event = kUnknown;
  std::int64_t latest_event = kUnknown;
  std::int64_t wakes_at = kNever;  // time alone changes nothing before
  std::vector<Fact> attributes;    // those that some rule reads
  std::vector<Fact> journeys;      // by stage
  std::vector<Fact> holds;         // stalls and conditions that are true; no value
  std::vector<TaskFact> tasks;
  std::vector<WaitingFact> waiting;
  std::uint64_t open_waits = 0;       // of `after each`
  std::uint64_t buffered_events = 0;  // until its clock reaches them (`lateness`); of a part: its whole's
  std::vector<Who> parts;
};

/// Of an entity that is there.
EntityFacts FactsOf(const runtime::Engine& engine, const Who& who, const Zone& zone);

/// A few lines.
std::string FactsText(const EntityFacts& facts, const runtime::Ruleset& ruleset, const Zone& zone,
                      bool color);
/// One JSON object, without a line end.
std::string FactsJson(const EntityFacts& facts, const runtime::Ruleset& ruleset);

}  // namespace lull::trial
