// Diagnostics for people (as rustc or Elm would show them) and for programs (one JSON object a line).
#pragma once

#include <string>

#include "dsl/diagnostics.h"
#include "dsl/source.h"

namespace lull::dsl {

struct RenderOptions {
  bool color = false;  // ANSI escapes, for a terminal
};

/// One diagnostic, with a blank line after it:
///
///   error[L0102]: a nudge has no clause `wrth`
///     --> rules/sales.lull:12:3
///      |
///   12 |   wrth last_quote.amount
///      |   ^^^^
///      = help: did you mean `worth`?
std::string Render(const Diagnostic& diagnostic, const SourceSet& sources, const RenderOptions& options = {});

/// All of them in order of place, and a closing line: "2 errors, 1 warning".
std::string RenderAll(const Diagnostics& diagnostics, const SourceSet& sources,
                      const RenderOptions& options = {});

/// {"code","severity","file","line","column","end_line","end_column","message","label","notes","help","edit"},
/// with lines and columns from 1, and a line end after it.
std::string RenderJson(const Diagnostic& diagnostic, const SourceSet& sources);
std::string RenderAllJson(const Diagnostics& diagnostics, const SourceSet& sources);

/// The long text of `lull check --explain L0102`.
std::string RenderExplanation(Code code);

}  // namespace lull::dsl
