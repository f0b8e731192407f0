#include "dsl/diagnostics.h"

#include <algorithm>
#include <cstdio>

#include "runtime/base/check.h"

namespace lull::dsl {
namespace {

std::vector<CodeInfo> MakeRegistry() {
  std::vector<CodeInfo> registry = {
#define LULL_CODE(number, name, severity, title, explanation) \
  CodeInfo{Code::name, #name, Severity::severity, title, explanation},
#include "dsl/codes_check.def"
#include "dsl/codes_syntax.def"
#undef LULL_CODE
  };
  std::sort(registry.begin(), registry.end(),
            [](const CodeInfo& a, const CodeInfo& b) { return a.code < b.code; });
  return registry;
}

const std::vector<CodeInfo>& Registry() {
  static const std::vector<CodeInfo> registry = MakeRegistry();
  return registry;
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::span<const CodeInfo> AllCodes() { return Registry(); }

const CodeInfo& InfoOf(Code code) {
  const auto& registry = Registry();
  const auto found = std::lower_bound(registry.begin(), registry.end(), code,
                                      [](const CodeInfo& info, Code wanted) { return info.code < wanted; });
  LULL_CHECK(found != registry.end() && found->code == code);
  return *found;
}

std::string CodeText(Code code) {
  char text[16];
  std::snprintf(text, sizeof(text), "L%04d", static_cast<int>(code));
  return text;
}

Diagnostic& Diagnostic::Label(std::string text) {
  label = std::move(text);
  return *this;
}

Diagnostic& Diagnostic::NoteAt(Span at, std::string text) {
  notes.push_back({at, std::move(text)});
  return *this;
}

Diagnostic& Diagnostic::Explain(std::string text) {
  notes.push_back({{}, std::move(text)});
  return *this;
}

Diagnostic& Diagnostic::Help(std::string text) {
  help = std::move(text);
  return *this;
}

Diagnostic& Diagnostic::Replace(Span at, std::string replacement) {
  if (help.empty()) help = "write `" + replacement + "`";
  edit = Edit{at, std::move(replacement)};
  return *this;
}

Diagnostic& Diagnostics::Report(Code code, Span span, std::string message) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.span = span;
  diagnostic.message = std::move(message);
  if (diagnostic.severity() == Severity::kError) ++error_count_;
  all_.push_back(std::move(diagnostic));
  return all_.back();
}

std::vector<const Diagnostic*> Diagnostics::Sorted() const {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& diagnostic : all_) sorted.push_back(&diagnostic);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic* a, const Diagnostic* b) {
    if (a->span.source.index != b->span.source.index) return a->span.source.index < b->span.source.index;
    return a->span.begin < b->span.begin;
  });
  return sorted;
}

std::string_view ClosestWord(std::string_view word, std::span<const std::string_view> candidates) {
  // Long "words" are never slips of a name, and the distance is quadratic.
  if (word.size() > 64) return {};
  const std::size_t most = word.size() <= 2 ? 1 : std::max<std::size_t>(1, (word.size() + 1) / 3);
  std::string_view best;
  std::size_t best_distance = most + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t difference =
        candidate.size() > word.size() ? candidate.size() - word.size() : word.size() - candidate.size();
    if (difference >= best_distance) continue;
    const std::size_t distance = EditDistance(word, candidate);
    // Two short words have nothing in common if every letter differs.
    if (distance < best_distance && distance < std::max(word.size(), candidate.size())) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace lull::dsl
