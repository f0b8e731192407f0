// The bodies of definitions as text, one clause a line; shared by the printer for people and the one for
// meanings.
#pragma once

#include <string>

#include "dsl/checked_program.h"
#include "dsl/expr_writer.h"

namespace lull::dsl {

/// What a writer does not print by itself: names of other definitions inside clauses.
std::string DefinitionText(const CheckedProgram& program, const Journey& journey, ExprWriter& writer);
/// kNone gives "".
std::string SequenceText(const CheckedProgram& program, SequenceId sequence, ExprWriter& writer);
std::string DefinitionText(const CheckedProgram& program, const Stall& stall, ExprWriter& writer);
std::string DefinitionText(const CheckedProgram& program, const Score& score, ExprWriter& writer);
std::string DefinitionText(const CheckedProgram& program, const Nudge& nudge, ExprWriter& writer);
std::string DefinitionText(const CheckedProgram& program, const Policy& policy, ExprWriter& writer);

}  // namespace lull::dsl
