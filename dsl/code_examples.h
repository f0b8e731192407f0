// A wrong and a right example of a diagnostic code, for `lull explain-code` and for the pages made of it.
#pragma once

#include <span>
#include <string_view>

#include "dsl/diagnostics.h"

namespace lull::dsl {

struct CodeExample {
  Code code;
  std::string_view wrong;  // gives this code first
  std::string_view right;  // does not give it
};

/// Each code at most once. Codes of what cannot be shown in a few lines (a file
/// that is too large) have none.
std::span<const CodeExample> AllCodeExamples();
/// nullptr if there is none.
const CodeExample* ExampleOfCode(Code code);

}  // namespace lull::dsl
