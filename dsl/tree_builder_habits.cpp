// Forms of other languages, told from other mistakes at the place where the grammar cannot go on.
#include <algorithm>
#include <utility>
#include <vector>

#include "dsl/habits.h"
#include "dsl/keywords.h"
#include "dsl/tree_builder.h"

namespace lull::dsl::syntax {
namespace {

std::string Lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

struct QuoteMark {
  std::string_view open;
  std::string_view close;
};
constexpr QuoteMark kQuoteMarks[] = {{"'", "'"}, {"“", "”"}, {"”", "”"}, {"„", "“"},
                                     {"‘", "’"}, {"’", "’"}, {"«", "»"}, {"`", "`"}};

/// Where two texts differ, in whole words; blanks are all alike.
struct Difference {
  std::size_t written_begin = 0;
  std::size_t written_end = 0;
  std::size_t whole_begin = 0;
  std::size_t whole_end = 0;
};

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && IsBlank(text[at])) ++at;
  return at;
}

/// The end of the word, or of the one mark, that begins here.
std::size_t PieceEnd(std::string_view text, std::size_t at) {
  if (at >= text.size() || !IsWordByte(text[at])) return std::min(at + 1, text.size());
  while (at < text.size() && IsWordByte(text[at])) ++at;
  return at;
}

std::vector<std::pair<std::size_t, std::size_t>> PiecesOf(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> pieces;
  for (std::size_t at = SkipBlanks(text, 0); at < text.size();) {
    pieces.emplace_back(at, PieceEnd(text, at));
    at = SkipBlanks(text, pieces.back().second);
  }
  return pieces;
}

Difference DifferenceOf(std::string_view written, std::string_view whole) {
  const auto from = PiecesOf(written);
  const auto to = PiecesOf(whole);
  const auto same = [&](std::size_t i, std::size_t j) {
    return written.substr(from[i].first, from[i].second - from[i].first) ==
           whole.substr(to[j].first, to[j].second - to[j].first);
  };
  std::size_t head = 0;
  while (head < from.size() && head < to.size() && same(head, head)) ++head;
  std::size_t tail = 0;
  while (tail < std::min(from.size(), to.size()) - head && same(from.size() - 1 - tail, to.size() - 1 - tail))
    ++tail;
  const std::size_t from_last = from.size() - tail;
  const std::size_t to_last = to.size() - tail;
  Difference differs;
  differs.written_begin = head < from.size() ? from[head].first : written.size();
  differs.written_end = from_last > head ? from[from_last - 1].second : differs.written_begin;
  differs.whole_begin = head < to.size() ? to[head].first : whole.size();
  differs.whole_end = to_last > head ? to[to_last - 1].second : differs.whole_begin;
  return differs;
}

std::size_t EndOfLine(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find('\n', at), text.size());
  return end > at && text[end - 1] == '\r' ? end - 1 : end;
}

constexpr std::uint32_t kNowhere = UINT32_MAX;

/// Two dashes with a blank on each side, earlier on the line.
std::uint32_t DashesBefore(std::string_view text, std::uint32_t offset) {
  const std::size_t line = text.substr(0, offset).rfind('\n');
  const std::size_t begin = line == std::string_view::npos ? 0 : line + 1;
  const std::size_t found = text.substr(begin, offset - begin).find(" -- ");
  const bool in_text =
      found != std::string_view::npos && text.substr(begin, found).find('"') != std::string_view::npos;
  return found == std::string_view::npos || in_text ? kNowhere
                                                    : static_cast<std::uint32_t>(begin + found + 1);
}

std::string MessageOf(Code code, std::string_view written) {
  switch (code) {
    case Code::kWrongOperator:
      return Quoted(written) + " is not an operator here";
    case Code::kWrongMoney:
      return "this is not how an amount of money is written";
    case Code::kWrongNumber:
      return "this is not how a number is written";
    case Code::kNameSpelling:
      return "a name is one word in lower_snake_case";
    default:
      return Quoted(written) + " is said in other words here";
  }
}

}  // namespace

// The expression that ended just before the error was not meant as it reads.
void TreeBuilder::ForgetLastExpression(std::uint32_t offset) {
  if (!IsOnLineOfLastToken(offset)) return;
  if (!tree_.expressions.empty()) {
    Expr& last = tree_.expressions.back();
    const bool touches = last.span.source == source_ && last.span.end <= offset &&
                         text_.substr(last.span.end, offset - last.span.end).find_first_not_of(" \t)") ==
                             std::string_view::npos;
    if (touches) last.node = BadExpr{};
  }
  if (current_ == nullptr || tree_.nudges.empty() || current_ != &tree_.nudges.back()) return;
  std::optional<Moment>& on = tree_.nudges.back().on;
  if (on && on->span.end == token_end_) on.reset();
}

Diagnostic& TreeBuilder::ReportForeign(Code code, Span span, std::string message) {
  ForgetLastExpression(span.begin);
  return diagnostics_.Report(code, span, std::move(message));
}

void TreeBuilder::TryQuotes(std::uint32_t offset) {
  const std::string_view rest = text_.substr(offset, EndOfLine(text_, offset) - offset);
  for (const QuoteMark& mark : kQuoteMarks) {
    if (!rest.starts_with(mark.open)) continue;
    const std::size_t close = rest.find(mark.close, mark.open.size());
    const std::size_t bytes = close == std::string_view::npos ? mark.open.size() : close + mark.close.size();
    const Span span = SpanOf(offset, offset + static_cast<std::uint32_t>(bytes));
    Diagnostic& diagnostic =
        ReportForeign(Code::kWrongQuotes, span, "texts stand in straight double quotes: \"...\"");
    if (close == std::string_view::npos) {
      diagnostic.Help("write \" at both ends of the text");
    } else {
      const std::string inside(rest.substr(mark.open.size(), close - mark.open.size()));
      diagnostic.Help("write \"" + inside + "\"").Replace(span, "\"" + inside + "\"");
    }
    Throw(span.end);
  }
}

void TreeBuilder::TryComment(std::uint32_t offset) {
  // In an expression the first / of // was taken for a division.
  const bool second_slash = offset > 0 && text_[offset] == '/' && text_[offset - 1] == '/';
  const std::uint32_t begin = second_slash ? offset - 1 : offset;
  const std::string_view rest = text_.substr(begin);
  const bool dashes = rest.starts_with("--") && !rest.starts_with("-->");
  const bool star = offset > 0 && text_[offset] == '*' && text_[offset - 1] == '/';
  // In an expression dashes were taken for two signs before a value.
  const std::uint32_t dashes_before = dashes ? kNowhere : DashesBefore(text_, offset);
  if (!rest.starts_with("//") && !rest.starts_with("/*") && !dashes && !star && !rest.starts_with("<!--") &&
      dashes_before == kNowhere) {
    return;
  }
  const std::uint32_t from = dashes_before != kNowhere ? dashes_before : star ? offset - 1 : begin;
  const bool block = text_.substr(from).starts_with("/*");
  std::size_t end = EndOfLine(text_, from);
  const std::size_t close = text_.find("*/", from + 2);
  const bool on_one_line = !block || close == std::string_view::npos || close + 2 <= end;
  if (block && close != std::string_view::npos) end = on_one_line ? end : close + 2;
  const Span mark = SpanOf(from, from + (rest.starts_with("<!--") ? 4 : 2));
  if (!second_slash && !star) ForgetLastExpression(dashes_before != kNowhere ? offset : from);
  Diagnostic& diagnostic = diagnostics_.Report(Code::kForeignComment, mark, "comments begin with `#`");
  if (on_one_line) {
    diagnostic.Replace(mark, "#");
  } else {
    diagnostic.Help("begin each line of the comment with `#`");
  }
  Throw(static_cast<std::uint32_t>(end));
}

void TreeBuilder::TryCommaInNumber(std::uint32_t offset) {
  const bool between_digits = text_[offset] == ',' && offset > 0 && offset + 1 < text_.size() &&
                              IsDigit(text_[offset - 1]) && IsDigit(text_[offset + 1]);
  if (!between_digits) return;
  std::uint32_t begin = offset;
  while (begin > 0 && (IsDigit(text_[begin - 1]) || text_[begin - 1] == '_')) --begin;
  std::uint32_t end = offset;
  while (end < text_.size() && (IsDigit(text_[end]) || text_[end] == ',')) ++end;
  std::string number(text_.substr(begin, end - begin));
  bool thousands = number.size() - number.find(',') > 3;
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (number[i] == ',') thousands = thousands && (number.size() - i) % 4 == 0;
  }
  std::replace(number.begin(), number.end(), ',', thousands ? '_' : '.');
  const Span span = SpanOf(begin, end);
  ForgetLastExpression(offset);
  diagnostics_
      .Report(Code::kWrongNumber, span,
              thousands ? "thousands are set apart with `_`, not with a comma"
                        : "decimals come after a point, not after a comma")
      .Replace(span, number);
  Throw(end);
}

void TreeBuilder::TryCapitals(std::uint32_t offset) {
  const std::string_view word = WordAt(text_, offset);
  const std::string lower = Lowered(word);
  const auto units = TimeUnitWords();
  const bool of_language = IsReservedWord(lower) || (in_block_ && IsClauseWord(block_, lower)) ||
                           (!in_block_ && IsDeclarationWord(lower)) ||
                           std::find(units.begin(), units.end(), lower) != units.end();
  if (lower == word || !of_language) return;
  ReportForeign(Code::kCapitals, SpanOfToken(offset), "words of the language are in small letters")
      .Replace(SpanOfToken(offset), lower);
  Throw(offset);
}

void TreeBuilder::TryStrayMark(std::uint32_t offset) {
  const char mark = text_[offset];
  if (mark != ';' && mark != ':' && mark != ',') return;
  const Span span = SpanOfToken(offset);
  if (mark == ':' && !in_block_ && EndOfLine(text_, offset) == offset + 1 &&
      !ExampleOfClause("", WordAt(text_, declaration_begin_)).empty()) {
    diagnostics_
        .Report(Code::kStrayMark, span, "what belongs to a declaration stands in braces, not behind a `:`")
        .Help("write `{` here, and `}` at the end");
    Throw(offset + 1);
  }
  // One of a kind is enough to be told of.
  const bool told = std::any_of(diagnostics_.all().begin(), diagnostics_.all().end(), [&](const auto& each) {
    return each.code == Code::kStrayMark && each.span.source == source_ && text_[each.span.begin] == mark;
  });
  if (!told) {
    const std::string what = mark == ';'   ? "clauses and declarations end by themselves, without `;`"
                             : mark == ':' ? "no `:` is needed here"
                                           : "a comma stands only between the items of a list";
    diagnostics_.Report(Code::kStrayMark, span, what).Help("leave it out").Replace(span, "");
  }
  Throw(offset + 1);
}

void TreeBuilder::TryForeignTime(std::uint32_t offset) {
  const std::optional<ForeignTime> found = FindForeignTime(text_, offset);
  if (!found) return;
  const Span span = SpanOf(offset, found->end);
  Diagnostic& diagnostic = ReportForeign(
      Code::kWrongTime, span,
      found->is_clock ? "times of day go from 00:00 to 24:00" : "dates are written year-month-day");
  if (found->replacement.empty()) {
    diagnostic.Help("write the date as in `2026-11-26`");
  } else {
    diagnostic.Replace(span, found->replacement);
  }
  Throw(span.end);
}

// Only what differs is underlined and replaced; the help shows the whole.
void TreeBuilder::ReportHabit(const HabitFound& found) {
  const std::string_view written = text_.substr(found.begin, found.end - found.begin);
  const std::string_view whole = found.replacement;
  const Difference differs =
      whole.empty() ? Difference{0, written.size(), 0, 0} : DifferenceOf(written, whole);
  const Span replaced = SpanOf(found.begin + static_cast<std::uint32_t>(differs.written_begin),
                               found.begin + static_cast<std::uint32_t>(differs.written_end));
  const std::string_view marked = text_.substr(replaced.begin, replaced.end - replaced.begin);
  // Where something is missing, what stands in its place is underlined.
  Diagnostic& diagnostic = diagnostics_.Report(
      found.habit->code, marked.empty() ? SpanOfToken(replaced.end) : replaced,
      marked.empty()                                               ? "something is missing here"
      : !whole.empty() && differs.whole_begin == differs.whole_end ? Quoted(marked) + " is not needed here"
                                                                   : MessageOf(found.habit->code, marked));
  diagnostic.Help(found.help.empty() ? "write `" + found.replacement + "`" : found.help);
  if (whole.empty()) return;
  std::string replacement(whole.substr(differs.whole_begin, differs.whole_end - differs.whole_begin));
  if (marked.empty()) replacement += ' ';
  diagnostic.Replace(replaced, replacement);
}

void TreeBuilder::TryHabits(std::uint32_t offset) {
  if (offset >= text_.size()) return;
  TryQuotes(offset);
  TryComment(offset);
  if (const std::optional<HabitFound> found = FindHabit(text_, offset)) {
    ForgetLastExpression(offset);
    ReportHabit(*found);
    Throw(std::max(offset, found->end));
  }
  TryCapitals(offset);
  TryCommaInNumber(offset);
  if (IsOnLineOfLastToken(offset)) TryStrayMark(offset);
}

}  // namespace lull::dsl::syntax
