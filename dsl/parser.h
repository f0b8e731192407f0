// From text to syntax tree.
#pragma once

#include "dsl/diagnostics.h"
#include "dsl/source.h"
#include "dsl/syntax_tree.h"

namespace lull::dsl {

/// Parses all files of a set into one tree. Whatever the text is, this ends and reports: every independent
/// error in one run. After an error the tree holds what could be understood.
syntax::SyntaxTree Parse(const SourceSet& sources, Diagnostics& diagnostics);

/// Parses one file of a set into a tree that may hold others already.
void ParseFile(const SourceSet& sources, SourceId id, syntax::SyntaxTree& tree, Diagnostics& diagnostics);

/// The number of problems that PEGTL's analysis finds in the grammar (loops without progress); 0 in a good
/// one.
std::size_t CountGrammarProblems();

}  // namespace lull::dsl
