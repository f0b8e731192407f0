// What a condition says when it holds, for explanations.
#pragma once

#include "dsl/checked_program.h"
#include "dsl/source.h"

namespace lull::dsl {

/// "asks > 2 or vip (asks is 3, vip is no)": the text as it was written, on one line, then what it compares
/// and, of alternatives, which of them it is.
ConditionText TextOfCondition(const CheckedProgram& program, const SourceSet& sources, ExprId condition);

/// Text of a source on one line.
std::string OnOneLine(std::string_view text);

}  // namespace lull::dsl
