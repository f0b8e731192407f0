// Slips of the keyboard that the grammar notices one word too late or too early, and words that are missing.
#include <algorithm>
#include <array>
#include <utility>

#include "dsl/tree_builder.h"

namespace lull::dsl::syntax {
namespace {

constexpr std::array<std::string_view, 7> kBeforeOf = {"count",   "sum", "average", "minimum",
                                                       "maximum", "gap", "length"};
constexpr std::array<std::string_view, 4> kBeforeName = {"any", "latest", "first", "not"};
constexpr std::array<std::string_view, 2> kAfterEvent = {"sets", "from"};

/// What has to come after a word of the language.
constexpr std::pair<std::string_view, std::string_view> kGoesOn[] = {
    {"starts", "with"}, {"ends", "with"}, {"one", "of"}, {"or", "else"}, {"working", "days"}};

}  // namespace

Span TreeBuilder::SpanOfLastWord() const {
  std::uint32_t begin = token_end_;
  while (begin > 0 && IsWordByte(text_[begin - 1])) --begin;
  return {source_, begin, token_end_};
}

void TreeBuilder::FailSlip(Span span, std::string_view meant) {
  ForgetLastExpression(error_begin_);
  const std::string_view written = text_.substr(span.begin, span.end - span.begin);
  diagnostics_
      .Report(Code::kUnknownClause, span,
              Quoted(written.substr(0, kNameBytesMax)) + " is not a word of the language that can stand here")
      .Help("did you mean " + Quoted(meant) + "?")
      .Replace(span, std::string(meant));
  Throw(error_begin_);
}

// `cuont of page_viewed`, `ayn page_viewed`: the word before was misspelt. `starts wiht "x"`: the word
// behind.
void TreeBuilder::TrySlips(std::uint32_t offset) {
  error_begin_ = offset;
  if (!IsOnLineOfLastToken(offset)) return;
  const std::string_view word = WordAt(text_, offset);
  const Span last = SpanOfLastWord();
  const std::string_view before = text_.substr(last.begin, last.end - last.begin);
  if (word.empty()) return;
  if (word == before && IsReservedWord(word)) {
    diagnostics_
        .Report(Code::kExpectedSomethingElse, SpanOfToken(offset), Quoted(word) + " stands here twice")
        .Help("leave one of the two out")
        .Replace(SpanOfToken(offset), "");
    Throw(offset);
  }
  const bool before_is_free = !before.empty() && !IsReservedWord(before) && !IsDigit(before.front());
  if (before_is_free && (word == "of" || !IsReservedWord(word))) {
    const std::string_view meant =
        word == "of" ? ClosestWord(before, kBeforeOf) : ClosestWord(before, kBeforeName);
    if (!meant.empty()) FailSlip(last, meant);
  }
  for (const auto& [first, next] : kGoesOn) {
    std::uint32_t at = SpanOfToken(offset).end;
    while (at < text_.size() && IsBlank(text_[at])) ++at;
    const std::string_view follows = WordAt(text_, at);
    const std::array<std::string_view, 1> wanted = {next};
    if (word == first && follows != next && !ClosestWord(follows, wanted).empty()) {
      FailSlip(SpanOfToken(at), next);
    }
  }
}

// Behind the fields of an event: `stes region`.
void TreeBuilder::TrySlipBehindEvent(std::uint32_t offset) {
  error_begin_ = offset;
  const std::string_view meant = ClosestWord(WordAt(text_, offset), kAfterEvent);
  const bool is_event = !tree_.events.empty() && tree_.events.back().span.end == token_end_;
  if (is_event && !meant.empty() && IsOnLineOfLastToken(offset)) FailSlip(SpanOfToken(offset), meant);
}

// `foget after 400 days`: the misspelt clause read as the name of an attribute.
void TreeBuilder::TrySlipOfClause(std::uint32_t offset) {
  error_begin_ = offset;
  if (!in_block_ || !IsOnLineOfLastToken(offset)) return;
  const Span last = SpanOfLastWord();
  const std::string_view meant =
      ClosestWord(text_.substr(last.begin, last.end - last.begin), WordsOf(block_).clauses);
  if (!meant.empty() && IsReservedWord(WordAt(text_, offset))) FailSlip(last, meant);
}

// Words that stand where a clause should go on, and what is probably missing.
bool TreeBuilder::HelpMissingWord(Diagnostic& diagnostic, std::uint32_t offset) {
  const std::string_view word = WordAt(text_, offset);
  const std::string_view clause = ClauseWordBefore(offset);
  const Span here{source_, offset, offset};
  const bool after_text = token_end_ > 0 && text_[token_end_ - 1] == '"';
  if (clause == "do" && after_text && ClosestWord(word, WordsOf(block_).clauses).empty()) {
    diagnostic.Help("a unit stands after `to`: `to " + std::string(word) + "`").Replace(here, "to ");
    return true;
  }
  if (word == "where" && block_ == BlockKind::kStall && (clause == "no" || clause == "after")) {
    const std::string end = clause == "no" ? "for" : "within";
    diagnostic.Help("`where` stands behind the event that it is about, before " + Quoted(end) +
                    ": `no order_placed where amount > 100 USD " + end + " 3 days`");
    return true;
  }
  if (word == "then") {
    const std::string_view next = WordAt(text_, SkipBlanksFrom(SpanOfToken(offset).end));
    if (!next.empty() && next != "do") return false;
    diagnostic.Help("what follows is a clause of its own; leave `then` out").Replace(SpanOfToken(offset), "");
    return true;
  }
  const Span last = SpanOfLastWord();
  const std::string before(text_.substr(last.begin, last.end - last.begin));
  if (before.empty() || IsReservedWord(before) || IsReservedWord(word) || IsDigit(before.front()))
    return false;
  const std::string joined = Quoted(before + "_" + std::string(word));
  if (!ClosestWord(word, ReservedWords()).empty()) return false;
  if (clause == "on") {
    diagnostic.Help("names are one word: write " + joined);
    return true;
  }
  diagnostic.Help("join two conditions with `and` or `or`; the words of one name are joined with `_`: " +
                  joined);
  return true;
}

std::uint32_t TreeBuilder::SkipBlanksFrom(std::uint32_t at) const {
  while (at < text_.size() && IsBlank(text_[at])) ++at;
  return at;
}

}  // namespace lull::dsl::syntax
