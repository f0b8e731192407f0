#include "dsl/parser.h"

#include "dsl/grammar.h"
#include "dsl/tree_builder.h"

namespace lull::dsl {
namespace {

/// The bytes of the well-formed UTF-8 code point that begins here; 0 if there is none.
std::size_t CodePointBytes(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned first = byte(0);
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF && continues(1)) return 2;
  if (first >= 0xE0 && first <= 0xEF && continues(1) && continues(2)) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && continues(1) && continues(2) && continues(3)) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_high = first == 0xF4 && byte(1) >= 0x90;
    return overlong || too_high ? 0 : 4;
  }
  return 0;
}

/// Blanks that cannot be seen, or told from others: no-break and narrow ones, zero-width marks.
struct HiddenBlank {
  std::string_view bytes;
  std::string_view instead;
};
constexpr HiddenBlank kHiddenBlanks[] = {{"\xC2\xA0", " "},     {"\xE2\x80\xAF", " "}, {"\xE2\x80\x89", " "},
                                         {"\xE2\x80\x83", " "}, {"\xE2\x80\x8B", ""},  {"\xEF\xBB\xBF", ""},
                                         {"\xE2\x80\x8D", ""}};

/// Reports the first of them outside of texts and comments, with what to write instead.
bool ReportHiddenBlank(std::string_view text, std::size_t at, SourceId id, Diagnostics& diagnostics) {
  for (const HiddenBlank& blank : kHiddenBlanks) {
    if (!text.substr(at).starts_with(blank.bytes)) continue;
    const auto begin = static_cast<std::uint32_t>(at);
    const Span span{id, begin, begin + static_cast<std::uint32_t>(blank.bytes.size())};
    diagnostics
        .Report(Code::kControlCharacter, span, "there is a special blank here, which looks like any other")
        .Explain("such blanks come along when text is copied from a web page or a word processor")
        .Help("write a plain blank instead")
        .Replace(span, std::string(blank.instead));
    return true;
  }
  return false;
}

/// Reports the first byte that has no place in a rule file. False: there is one, and parsing makes no sense.
bool CheckBytes(const SourceSet& sources, SourceId id, Diagnostics& diagnostics) {
  const std::string_view text = sources.text(id);
  if (text.size() > SourceSet::kFileBytesMax) {
    diagnostics.Report(Code::kFileTooLarge, {id, 0, 0}, "this file is larger than 8 MB")
        .Help("split it: all .lull files of a folder are one ruleset");
    return false;
  }
  std::size_t at = 0;
  bool in_text = false;
  bool in_comment = false;
  while (at < text.size()) {
    if (text[at] == '\n') in_text = in_comment = false;
    if (text[at] == '"' && !in_comment) in_text = !in_text;
    if (text[at] == '#' && !in_text) in_comment = true;
    const auto place = static_cast<std::uint32_t>(at);
    const unsigned char c = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = CodePointBytes(text, at);
    if (bytes == 0) {
      diagnostics.Report(Code::kNotUtf8, {id, place, place + 1}, "this is not UTF-8 text")
          .Help("save the file again in UTF-8");
      return false;
    }
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
      diagnostics.Report(Code::kControlCharacter, {id, place, place + 1}, "there is a control character here")
          .Help("delete it");
      return false;
    }
    if (bytes > 1 && !in_text && !in_comment && ReportHiddenBlank(text, at, id, diagnostics)) return false;
    at += bytes;
  }
  return true;
}

}  // namespace

syntax::SyntaxTree Parse(const SourceSet& sources, Diagnostics& diagnostics) {
  syntax::SyntaxTree tree;
  for (const SourceId id : sources.ids()) ParseFile(sources, id, tree, diagnostics);
  return tree;
}

void ParseFile(const SourceSet& sources, SourceId id, syntax::SyntaxTree& tree, Diagnostics& diagnostics) {
  if (!CheckBytes(sources, id, diagnostics)) {
    tree.incomplete = true;
    return;
  }
  syntax::TreeBuilder builder(sources, id, tree, diagnostics);
  syntax::MatchFile(sources.text(id), builder);
}

std::size_t CountGrammarProblems() { return syntax::CountLoops(); }

}  // namespace lull::dsl
