// From syntax tree to checked program: names, types and the rules of the language.
#pragma once

#include "dsl/checked_program.h"
#include "dsl/diagnostics.h"
#include "dsl/syntax_tree.h"

namespace lull::dsl {

/// Checks a whole ruleset and reports every independent mistake. Whatever the tree holds, this ends. If
/// errors were reported, now or by the parser, the program is only fit to be printed.
CheckedProgram Check(const syntax::SyntaxTree& tree, Diagnostics& diagnostics);

}  // namespace lull::dsl
