// The checked program as text: for people, and as the meaning by which state is recognised when a ruleset is
// replaced.
#pragma once

#include <string>
#include <vector>

#include "dsl/checked_program.h"

namespace lull::dsl {

/// The whole program, one definition after the other, for `lull show --stage=checked`.
std::string PrintProgram(const CheckedProgram& program);

/// A definition as PrintProgram prints it, attributes apart from their entities.
struct PrintedDefinition {
  std::string kind;         // "nudge", "attribute", "calendar", ... as the text calls it
  std::uint32_t index = 0;  // in its table; 0 of the ruleset itself
  std::string name;
  std::string entity;              // empty: of none
  std::vector<std::string> lines;  // what it says, without its kind and name
};
/// Every definition but the engine's own events, and all that they say.
std::vector<PrintedDefinition> PrintDefinitions(const CheckedProgram& program);

/// One expression, with names, about as it was written. kNone gives "".
std::string PrintExpr(const CheckedProgram& program, ExprId expr);
/// One aggregate, such as `count of page_viewed in last 1 day`.
std::string PrintAggregate(const CheckedProgram& program, AggregateId aggregate);
std::string PrintType(const CheckedProgram& program, Type type);
/// "every monday, friday at 09:00"; the same for schedules that mean the same.
std::string PrintSchedule(const CheckedProgram& program, const Schedule& schedule);
/// "1 day 12 hours"; zero is "0 seconds".
std::string PrintDuration(std::int64_t micros);

enum class DefinitionKind : std::uint8_t {
  kAttribute,
  kAggregate,
  kFeature,
  kJourney,
  kStall,
  kSequence,
  kScore,
  kNudge,
  kPolicy
};

/// What a definition means, as canonical text: equal texts mean equal behaviour and equal state, in any two
/// rulesets.
///
/// It holds the definition and, once each, everything that it depends on. Names of features, scores, stalls,
/// journeys, events, fields and aggregates do not show (events and fields show as they arrive on the wire),
/// so that renaming keeps state; the names of entities, attributes, choices, values, stages, nudges, channels
/// and units do, because state and decisions are recorded under them. Places and comments never show.
std::string Meaning(const CheckedProgram& program, DefinitionKind kind, std::uint32_t index);

/// The meaning of one expression, in the same way.
std::string MeaningOfExpr(const CheckedProgram& program, ExprId expr);

}  // namespace lull::dsl
