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
  SourceSet sources;  // its own files first, then what they use, then the CSV files of its tables
  std::size_t own_file_count = 0;
  syntax::SyntaxTree tree;
  CheckedProgram program;
  Diagnostics diagnostics;

  bool good() const { return !diagnostics.has_errors(); }
};

/// Reads, parses and checks all *.lull files of a folder, with what they `use` and the files of their tables.
/// Fails only if the folder cannot be read.
Result<LoadedRuleset> LoadRuleset(const std::string& folder);

/// The same for texts in memory, each with the name to show for it. Texts whose names have a folder, and CSV
/// files, are there to be used by the others.
LoadedRuleset LoadRulesetTexts(const std::vector<std::pair<std::string, std::string>>& texts);

/// All files that make the ruleset, named as seen from its folder: LoadRulesetTexts makes the same of them.
std::vector<std::pair<std::string, std::string>> BundleOf(const LoadedRuleset& loaded);

}  // namespace lull::dsl
