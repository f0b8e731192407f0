// Helpers of the tests of syntax: parse a text, print, list what was reported.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/diagnostics.h"
#include "dsl/parser.h"
#include "dsl/render.h"
#include "dsl/tree_printer.h"

namespace lull::dsl {

struct Parsed {
  SourceSet sources;
  Diagnostics diagnostics;
  syntax::SyntaxTree tree;

  explicit Parsed(std::string_view text) {
    sources.Add("test.lull", std::string(text));
    tree = Parse(sources, diagnostics);
  }

  std::string report() const { return RenderAll(diagnostics, sources); }

  /// "L0102 `wrth`" for each diagnostic, in order of place; without the text for an empty span.
  std::vector<std::string> found() const {
    std::vector<std::string> lines;
    for (const Diagnostic* each : diagnostics.Sorted()) {
      const std::string_view text = sources.TextOf(each->span);
      lines.push_back(CodeText(each->code) + (text.empty() ? "" : " `" + std::string(text) + "`"));
    }
    return lines;
  }
};

/// The expression `text`, printed with all parentheses, or the report of what is wrong with it.
inline std::string PrintedExpression(std::string_view text) {
  const Parsed parsed("feature f of e = " + std::string(text));
  if (!parsed.diagnostics.all().empty()) return parsed.report();
  return PrintExpr(parsed.tree, parsed.tree.features.at(0).value);
}

}  // namespace lull::dsl
