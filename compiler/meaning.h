// Meanings by which state is recognised: what of dsl/program_printer.h the plan needs, put together.
//
// Two rulesets that share a meaning share the state behind it (runtime/migration.h); streams with one meaning
// are kept once.
#pragma once

#include <string>

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
std::string TypeMeaning(const dsl::CheckedProgram& program, dsl::Type type);
/// All that decides what the ruleset does: the source of its version.
std::string ProgramMeaning(const dsl::CheckedProgram& program);

}  // namespace lull::compiler
