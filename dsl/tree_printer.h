// Prints the syntax tree, for `lull show --stage=tree` and for tests.
#pragma once

#include <string>

#include "dsl/syntax_tree.h"

namespace lull::dsl {

/// All declarations, kind by kind, one clause on a line. Expressions are in the language's own words with
/// every operator in parentheses, so that precedence shows.
std::string PrintTree(const syntax::SyntaxTree& tree);

/// One expression; "" for none.
std::string PrintExpr(const syntax::SyntaxTree& tree, syntax::ExprId id);
/// One test, in the same way.
std::string PrintTest(const syntax::SyntaxTree& tree, const syntax::TestDecl& test);

}  // namespace lull::dsl
