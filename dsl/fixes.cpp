#include "dsl/fixes.h"

#include <algorithm>

namespace lull::dsl {
namespace {

bool IsBefore(const Edit& a, const Edit& b) {
  if (a.span.source.index != b.span.source.index) return a.span.source.index < b.span.source.index;
  return a.span.begin != b.span.begin ? a.span.begin < b.span.begin : a.span.end < b.span.end;
}

std::vector<Edit> WithoutOverlaps(std::vector<Edit> edits) {
  std::stable_sort(edits.begin(), edits.end(), IsBefore);
  std::vector<Edit> kept;
  for (Edit& edit : edits) {
    const bool overlaps = !kept.empty() && kept.back().span.source == edit.span.source &&
                          (edit.span.begin < kept.back().span.end || edit.span == kept.back().span);
    if (!overlaps) kept.push_back(std::move(edit));
  }
  return kept;
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

constexpr std::size_t kContext = 2;

}  // namespace

std::string ApplyEdits(const SourceSet& sources, SourceId source, std::vector<Edit> edits) {
  const std::string_view text = sources.text(source);
  std::string changed;
  std::size_t at = 0;
  for (const Edit& edit : WithoutOverlaps(std::move(edits))) {
    if (edit.span.source != source) continue;
    changed += text.substr(at, edit.span.begin - at);
    changed += edit.replacement;
    at = edit.span.end;
  }
  changed += text.substr(at);
  return changed;
}

std::vector<Edit> EditsOf(const Diagnostics& diagnostics) {
  std::vector<Edit> edits;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.edit) edits.push_back(*diagnostic.edit);
  }
  return WithoutOverlaps(std::move(edits));
}

std::string LineDiff(const std::string& path, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const std::vector<std::string_view> from = LinesOf(before);
  const std::vector<std::string_view> to = LinesOf(after);
  std::string diff = "--- " + path + "\n+++ " + path + " (fixed)\n";
  // Edits are small and in order: the next pair of equal lines ends a change.
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < from.size() || j < to.size()) {
    if (i < from.size() && j < to.size() && from[i] == to[j]) {
      ++i;
      ++j;
      continue;
    }
    std::size_t next_i = i;
    std::size_t next_j = j;
    bool found = false;
    for (std::size_t span = 1; !found && (i + span <= from.size() || j + span <= to.size()); ++span) {
      for (std::size_t a = 0; a <= span && !found; ++a) {
        const std::size_t b = span - a;
        const bool ends = i + a == from.size() && j + b == to.size();
        if (ends || (i + a < from.size() && j + b < to.size() && from[i + a] == to[j + b])) {
          next_i = i + a;
          next_j = j + b;
          found = true;
        }
      }
    }
    if (!found) {
      next_i = from.size();
      next_j = to.size();
    }
    diff += "@@ line " + std::to_string(i + 1) + " @@\n";
    for (std::size_t line = i > kContext ? i - kContext : 0; line < i; ++line) {
      diff += " " + std::string(from[line]) + "\n";
    }
    for (; i < next_i; ++i) diff += "-" + std::string(from[i]) + "\n";
    for (; j < next_j; ++j) diff += "+" + std::string(to[j]) + "\n";
    for (std::size_t line = i; line < std::min(i + kContext, from.size()); ++line) {
      diff += " " + std::string(from[line]) + "\n";
    }
  }
  return diff;
}

}  // namespace lull::dsl
