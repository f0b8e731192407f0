// What an author is told about a ruleset: errors and warnings with stable codes, collected and never thrown.
//
// Codes live in codes_syntax.def (L01xx syntax, L09xx not yet in this edition) and codes_check.def (L02xx
// names, L03xx types, L04xx rules and lints). Wording: plain words of a business; the message says what is
// wrong, the label what the underlined words are, notes say why, help says what to write instead.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/source.h"

namespace lull::dsl {

enum class Severity { kError, kWarning };

/// Every diagnostic there is: kName = number; number 104 is shown as "L0104".
enum class Code : std::uint16_t {
#define LULL_CODE(number, name, severity, title, explanation) name = number,
#include "dsl/codes_check.def"
#include "dsl/codes_syntax.def"
#undef LULL_CODE
};

/// A row of the registry.
struct CodeInfo {
  Code code;
  std::string_view name;
  Severity severity;
  std::string_view title;        // one line
  std::string_view explanation;  // some sentences, with an example where it helps
};

/// All codes in ascending order.
std::span<const CodeInfo> AllCodes();
const CodeInfo& InfoOf(Code code);
/// "L0104".
std::string CodeText(Code code);

/// A further place, or (nowhere) a further sentence.
struct Note {
  Span span;
  std::string text;
};

/// A change of the text that would mend it; an empty span inserts.
struct Edit {
  Span span;
  std::string replacement;
};

struct Diagnostic {
  Code code{};
  Span span;
  std::string message;
  std::string label;  // beside the underline; may be empty
  std::vector<Note> notes;
  std::string help;  // may be empty
  std::optional<Edit> edit;

  Severity severity() const { return InfoOf(code).severity; }

  // For one-sentence construction: diagnostics.Report(...).Label("...").Help("...").
  Diagnostic& Label(std::string text);
  Diagnostic& NoteAt(Span at, std::string text);
  Diagnostic& Explain(std::string text);
  Diagnostic& Help(std::string text);
  /// Suggests to write `replacement` in place of `at`; without a help text yet, also says so.
  Diagnostic& Replace(Span at, std::string replacement);
};

/// Collects diagnostics. References that Report gives out stay valid.
class Diagnostics {
 public:
  Diagnostic& Report(Code code, Span span, std::string message);

  bool has_errors() const { return error_count_ > 0; }
  std::size_t error_count() const { return error_count_; }
  std::size_t warning_count() const { return all_.size() - error_count_; }
  const std::deque<Diagnostic>& all() const { return all_; }
  /// In the order of files and places.
  std::vector<const Diagnostic*> Sorted() const;

 private:
  std::deque<Diagnostic> all_;
  std::size_t error_count_ = 0;
};

/// `name` in the marks that diagnostics put around names.
inline std::string Quoted(std::string_view name) { return "`" + std::string(name) + "`"; }

/// The candidate that `word` was probably meant to be (few slips of the keyboard away), or empty.
std::string_view ClosestWord(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lull::dsl
