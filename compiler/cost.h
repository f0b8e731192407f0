// What a ruleset costs at most: bytes for each entity, and instructions for each event.
//
// Bytes are those of an entity that has filled everything that may fill: windows up to `keep`, texts at their
// longest, all that may wait or be open at once. Instructions are those of the IR on the longest path
// (cost_paths.h) through everything that may follow in the same moment. What depends on how many events come
// in a span of time, and so has no bound, is told in `notes`.
//
// tests/differential/cost_test.cpp measures both: what an engine takes and runs is never more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "dsl/checked_program.h"

namespace lull::compiler {

struct CostItem {
  std::string what;  // "window of page_viewed", "record", ...
  std::string uses;  // declarations that need it, separated by commas; may be empty
  std::uint64_t amount = 0;
};

struct EventCost {
  std::string event;
  std::uint64_t instructions = 0;
  std::vector<CostItem> items;  // of the instructions, largest first
};

struct EntityCost {
  std::string entity;
  std::uint64_t bytes = 0;
  std::vector<CostItem> items;              // of the bytes, largest first
  std::vector<EventCost> events;            // most expensive first
  std::vector<CostItem> nudges;             // instructions of deciding on each, largest first
  std::uint64_t deadline_instructions = 0;  // of a moment in which time alone changes something
  std::vector<std::string> notes;           // what is not in these bounds
};

/// By entity, in the order of the text. Of a part: for each part.
std::vector<EntityCost> MeasureCost(const dsl::CheckedProgram& program, const CompiledRuleset& compiled);

}  // namespace lull::compiler
