// Meanings by which state is recognised: what of dsl/program_printer.h the plan needs, put together.
//
// Two rulesets that share a meaning share the state behind it (runtime/migration.h); streams with one meaning
// are kept once.
#pragma once

#include <string>
#include <vector>

#include "dsl/checked_program.h"

namespace lull::compiler {

/// "" for kNone.
std::string ExprMeaning(const dsl::CheckedProgram& program, dsl::ExprId expr);
/// The types of the events on the wire, sorted.
std::string EventsMeaning(const dsl::CheckedProgram& program, const std::vector<dsl::EventId>& events);
std::string StallMeaning(const dsl::CheckedProgram& program, const dsl::Stall& stall);
std::string JourneyMeaning(const dsl::CheckedProgram& program, const dsl::Journey& journey);
/// When the nudge is due and withdrawn: a new text or route leaves its episodes alone.
std::string NudgeMeaning(const dsl::CheckedProgram& program, const dsl::Nudge& nudge);
/// The values of a choice do not show: what is kept of it is carried over by their names.
std::string TypeMeaning(const dsl::CheckedProgram& program, dsl::Type type);
/// A field of a set of events, as it arrives on the wire, with its type; "time" for the events' own time.
std::string FieldMeaning(const dsl::CheckedProgram& program, dsl::EventSetId events,
                         const std::string& field);
/// The values of a choice type, by first names; none for other types.
std::vector<std::string> ValuesOf(const dsl::CheckedProgram& program, dsl::Type type);

// By which what was changed goes on with what is remembered (StatePiece::successor): by name, with what its
// memory hangs on.

/// Events and fields of a stall that waits, without how long, and without its other conditions.
std::string WaitSuccession(const dsl::CheckedProgram& program, const dsl::Stall& stall);
/// All of a stall but how long it takes.
std::string StallSuccession(const dsl::CheckedProgram& program, const dsl::Stall& stall);
std::string NudgeSuccession(const dsl::CheckedProgram& program, const dsl::Nudge& nudge);
std::string JourneySuccession(const dsl::CheckedProgram& program, const dsl::Journey& journey);

/// All that decides what the ruleset does: the source of its version.
std::string ProgramMeaning(const dsl::CheckedProgram& program);

}  // namespace lull::compiler
