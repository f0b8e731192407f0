// One call from a folder, or texts, to a checked ruleset.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dsl/checked_program.h"
#include "dsl/diagnostics.h"
#include "dsl/source.h"
#include "dsl/syntax_tree.h"
#include "runtime/base/result.h"

namespace lull::dsl {

/// A ruleset at every stage, with what its author is to be told. Only if `diagnostics` has no errors is
/// `program` fit for the compiler.
struct LoadedRuleset {
  SourceSet sources;
  syntax::SyntaxTree tree;
  CheckedProgram program;
  Diagnostics diagnostics;

  bool good() const { return !diagnostics.has_errors(); }
};

/// Reads, parses and checks all *.lull files of a folder. Fails only if they cannot be read.
Result<LoadedRuleset> LoadRuleset(const std::string& folder);

/// The same for texts in memory, each with the name to show for it.
LoadedRuleset LoadRulesetTexts(const std::vector<std::pair<std::string, std::string>>& texts);

}  // namespace lull::dsl
