// What the declarations of the syntax tree have in common; see syntax_tree.h.
#pragma once

#include <string>

#include "dsl/source.h"
#include "dsl/syntax_expr.h"

namespace lull::dsl::syntax {

/// What all declarations have.
struct Declaration {
  Name name;
  Span span;        // from its keyword to its end
  std::string doc;  // the `##` lines before it, without the marks
  bool incomplete = false;
};

/// A text without {…}.
struct PlainText {
  std::string text;
  Span span;

  bool exists() const { return span.exists(); }
};

}  // namespace lull::dsl::syntax
