// What goes wrong, said in the analyst's words, and where to go on after it.
#include <algorithm>

#include "dsl/habits.h"
#include "dsl/tree_builder.h"
#include "runtime/base/check.h"

namespace lull::dsl::syntax {
namespace {

/// Steps over one token of any kind: a word or number, a text, a comment, a line of blanks, one other byte.
std::uint32_t NextToken(std::string_view text, std::uint32_t at) {
  const auto end = static_cast<std::uint32_t>(text.size());
  const char c = text[at];
  if (IsWordByte(c)) {
    while (at < end && IsWordByte(text[at])) ++at;
  } else if (c == '#') {
    while (at < end && text[at] != '\n') ++at;
  } else if (c == '"') {
    ++at;
    while (at < end && text[at] != '"' && text[at] != '\n') at += text[at] == '\\' && at + 1 < end ? 2 : 1;
    if (at < end && text[at] == '"') ++at;
  } else {
    ++at;
  }
  return std::min(at, end);
}

constexpr std::pair<std::string_view, std::string_view> kUnitAbbreviations[] = {
    {"s", "seconds"}, {"sec", "seconds"}, {"secs", "seconds"}, {"min", "minutes"}, {"mins", "minutes"},
    {"h", "hours"},   {"hr", "hours"},    {"hrs", "hours"},    {"d", "days"},      {"w", "weeks"},
    {"wk", "weeks"},  {"wks", "weeks"},   {"yr", "years"},     {"yrs", "years"}};

std::string_view UnitMeantBy(std::string_view word) {
  for (const auto& [short_form, unit] : kUnitAbbreviations) {
    if (short_form == word) return unit;
  }
  return ClosestWord(word, TimeUnitWords());
}

}  // namespace

bool TreeBuilder::IsFirstOnLine(std::uint32_t offset) const {
  while (offset > 0 && IsBlank(text_[offset - 1])) --offset;
  return offset == 0 || text_[offset - 1] == '\n';
}

bool TreeBuilder::IsOnLineOfLastToken(std::uint32_t offset) const {
  return text_.substr(token_end_, offset - token_end_).find('\n') == std::string_view::npos;
}

std::uint32_t TreeBuilder::ColumnOf(std::uint32_t offset) const {
  const std::size_t line_end = text_.substr(0, offset).rfind('\n');
  return line_end == std::string_view::npos ? offset : offset - static_cast<std::uint32_t>(line_end) - 1;
}

bool TreeBuilder::BeginsDeclaration(std::uint32_t offset) const {
  if (!IsDeclarationWord(WordAt(text_, offset)) || !IsFirstOnLine(offset)) return false;
  return ColumnOf(offset) <= ColumnOf(declaration_begin_);
}

bool TreeBuilder::BeginsClause(std::uint32_t offset) const {
  return in_block_ && IsClauseWord(block_, WordAt(text_, offset)) && IsFirstOnLine(offset);
}

Span TreeBuilder::SpanOfToken(std::uint32_t offset) const {
  if (offset >= text_.size()) return {source_, offset, offset};
  std::uint32_t end = NextToken(text_, offset);
  // A code point is underlined whole.
  while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
  return {source_, offset, end};
}

std::string TreeBuilder::Describe(std::uint32_t offset) const {
  if (offset >= text_.size()) return "the end of the file";
  const std::string_view word = WordAt(text_, offset);
  if (!word.empty()) return Quoted(word.substr(0, kNameBytesMax));
  if (text_[offset] == '"') return "a text";
  const Span span = SpanOfToken(offset);
  return (IsDigit(text_[offset]) ? "the number " : "") +
         Quoted(text_.substr(span.begin, span.end - span.begin));
}

void TreeBuilder::Throw(std::uint32_t offset) {
  error_offset_ = offset;
  throw SyntaxError();
}

// The word that begins the clause which the place belongs to; empty outside of blocks.
std::string_view TreeBuilder::ClauseWordBefore(std::uint32_t offset) const {
  std::string_view clause;
  if (!in_block_) return clause;
  if (WordsOf(block_).resumes_anywhere) {
    const std::size_t line = text_.substr(0, offset).rfind('\n');
    std::size_t begin = line == std::string_view::npos ? 0 : line + 1;
    while (begin < offset && IsBlank(text_[begin])) ++begin;
    const std::string_view first = WordAt(text_, begin);
    return IsClauseWord(block_, first) ? first : clause;
  }
  std::uint32_t at = block_begin_.end;
  while (at < offset && at < text_.size()) {
    const std::string_view word = WordAt(text_, at);
    const bool begins = IsClauseWord(block_, word) && (clause.empty() || IsFirstOnLine(at));
    if (begins) clause = word;
    at = NextToken(text_, at);
  }
  return clause;
}

std::string TreeBuilder::ExampleFor(std::uint32_t offset) const {
  std::string_view example =
      in_block_ ? ExampleOfClause(WordsOf(block_).what, ClauseWordBefore(offset)) : std::string_view();
  if (example.empty()) example = ExampleOfClause("", WordAt(text_, declaration_begin_));
  return example.empty() ? std::string() : "for example: `" + std::string(example) + "`";
}

void TreeBuilder::HelpExpected(Diagnostic& diagnostic, std::string_view what, std::uint32_t offset) {
  const std::string_view found = WordAt(text_, offset);
  std::vector<std::string_view> wanted;
  for (std::size_t mark = what.find('`'); mark != std::string_view::npos;) {
    const std::size_t end = what.find('`', mark + 1);
    if (end == std::string_view::npos) break;
    wanted.push_back(what.substr(mark + 1, end - mark - 1));
    mark = what.find('`', end + 1);
  }
  const bool same_line = IsOnLineOfLastToken(offset) && offset < text_.size();
  const std::string_view meant = same_line ? ClosestWord(found, wanted) : std::string_view();
  if (!meant.empty() && IsWordByte(meant.front())) {
    diagnostic.Help("did you mean " + Quoted(meant) + "?").Replace(SpanOfToken(offset), std::string(meant));
    return;
  }
  const Span here{source_, token_end_, token_end_};
  const bool is_value = same_line && (text_[offset] == '"' || IsWordByte(text_[offset]));
  if (what == "`,` or `)`" && is_value) {
    diagnostic.Help("separate the items with commas: `(a, b)`").Replace(here, ",");
    return;
  }
  if (what == "`)`" || what == "`,` or `)`") {
    diagnostic.Help("close the parenthesis with `)`");
    if (!same_line) diagnostic.Replace(here, ")");
    return;
  }
  if (what == "`{`") {
    diagnostic.Help("what belongs to it stands in braces: `{ ... }`");
    if (!same_line) {
      diagnostic.Replace(here, " {");
    } else if (text_[offset] == '(') {
      diagnostic.Help("what belongs to it stands in braces, not in parentheses: `{ ... }`");
    }
    return;
  }
  if (what.find("in quotes") != std::string_view::npos && same_line && !found.empty()) {
    std::size_t end = std::min(text_.find_first_of("\n#}", offset), text_.size());
    while (end > offset && IsBlank(text_[end - 1])) --end;
    const Span rest = SpanOf(offset, static_cast<std::uint32_t>(end));
    const std::string text(text_.substr(offset, end - offset));
    if (text.find('"') == std::string::npos) {
      diagnostic.Help("put the text in quotes: `\"" + text + "\"`").Replace(rest, "\"" + text + "\"");
      return;
    }
  }
  if ((what.starts_with("the name") || what.starts_with("a name")) && same_line) {
    const Span token = SpanOfToken(offset);
    const std::string written(text_.substr(offset, token.end - offset));
    if (IsDigit(text_[offset])) {
      diagnostic.Help("a name begins with a letter");
      return;
    }
    if (text_[offset] == '"' && written.size() > 2) {
      diagnostic.Help("a name stands without quotes").Replace(token, written.substr(1, written.size() - 2));
      return;
    }
  }
  if (what.starts_with("`then`") || what.starts_with("`else`")) {
    diagnostic.Help("all three belong together: `if condition then a else b`");
    return;
  }
  if (what.starts_with("the type")) {
    diagnostic.Help("write the type after the name, such as `page text` or `amount money`");
    return;
  }
  const std::string example = ExampleFor(same_line ? offset : token_end_);
  if (!example.empty()) diagnostic.Help(example);
}

void TreeBuilder::FailExpected(std::string_view what, std::uint32_t offset) {
  const bool type_missing = what.starts_with("the type") && offset < text_.size() && text_[offset] == ',';
  if (!type_missing) TryHabits(offset);
  if (what.starts_with("the type")) TrySlipOfClause(offset);
  TrySlips(offset);
  const std::string expected = "expected " + std::string(what);
  const std::string_view word = WordAt(text_, offset);
  const bool wants_name = what.starts_with("the name") || what.starts_with("a name");
  if (wants_name && IsReservedWord(word) && IsOnLineOfLastToken(offset)) {
    diagnostics_
        .Report(Code::kReservedWord, SpanOfToken(offset), Quoted(word) + " is a reserved word, not a name")
        .Label(expected)
        .Help("choose another name, such as " + Quoted("the_" + std::string(word)));
  } else if (IsOnLineOfLastToken(offset) && offset < text_.size()) {
    TryForeignTime(offset);
    HelpExpected(diagnostics_
                     .Report(Code::kExpectedSomethingElse, SpanOfToken(offset),
                             expected + ", but found " + Describe(offset))
                     .Label(expected),
                 what, offset);
  } else {
    // The mistake is where the line ends, not where the next one begins.
    const bool at_end = offset >= text_.size();
    HelpExpected(diagnostics_
                     .Report(Code::kExpectedSomethingElse, {source_, token_end_, token_end_},
                             expected + (at_end ? ", but the file ends" : ", but the line ends"))
                     .Label(expected + " here"),
                 what, offset);
  }
  Throw(offset);
}

void TreeBuilder::FailWrongOperator(std::string_view written, std::string_view right, std::uint32_t offset) {
  if (text_.substr(offset).starts_with("=>")) TryHabits(offset);
  const Span span{source_, offset, offset + static_cast<std::uint32_t>(written.size())};
  diagnostics_.Report(Code::kWrongOperator, span, Quoted(written) + " is not an operator here")
      .Replace(span, std::string(right));
  Throw(offset);
}

void TreeBuilder::FailChained(std::uint32_t offset) {
  diagnostics_.Report(Code::kChainedComparison, SpanOfToken(offset), "comparisons do not chain")
      .Label("a second comparison")
      .NoteAt(operands_.back().extent, "the first comparison")
      .Help("join two comparisons with `and`, or write `x between low and high`");
  Throw(offset);
}

void TreeBuilder::FailArrow(std::uint32_t offset) {
  TryHabits(offset);
  // `strat browsing` reads like the beginning of a transition.
  const std::string_view first = names_.empty() ? std::string_view() : std::string_view(names_.back().text);
  const std::string_view meant = ClosestWord(first, WordsOf(BlockKind::kJourney).clauses);
  if (!meant.empty() && !WordAt(text_, offset).empty()) {
    diagnostics_.Report(Code::kUnknownClause, names_.back().span, "a journey has no clause " + Quoted(first))
        .Help("did you mean " + Quoted(meant) + "?")
        .Replace(names_.back().span, std::string(meant));
    Throw(offset);
  }
  FailExpected("`->` and the stage to go to", offset);
}

void TreeBuilder::FailClause(std::uint32_t offset) {
  TryHabits(offset);
  TrySlips(offset);
  ForgetLastExpression(offset);
  const BlockWords& block = WordsOf(block_);
  const std::string_view word = WordAt(text_, offset);
  const char c = text_[offset];
  if (block.resumes_anywhere && IsReservedWord(word)) {
    diagnostics_
        .Report(Code::kReservedWord, SpanOfToken(offset), Quoted(word) + " is a reserved word, not a name")
        .Label(std::string("expected ") + std::string(block.contents))
        .Help("choose another name; a field can keep its name on the wire: `the_" + std::string(word) +
              " text from \"" + std::string(word) + "\"`");
    Throw(offset);
  }
  if (block_ == BlockKind::kChoice && c == '"') {
    const Span text = SpanOfToken(offset);
    Diagnostic& diagnostic =
        diagnostics_.Report(Code::kTextForChoice, text, "the values of a choice stand without quotes");
    if (text.end > text.begin + 2) {
      diagnostic.Replace(text, std::string(text_.substr(text.begin + 1, text.end - text.begin - 2)));
    }
    Throw(offset);
  }
  const bool is_value = IsDigit(c) || c == '"' || c == '(';
  if (c == '+' && token_end_ > 0 && text_[token_end_ - 1] == '"') {
    diagnostics_.Report(Code::kWrongOperator, SpanOfToken(offset), "texts are not joined with `+`")
        .Help("write one text, with braces around what is put in: \"Call {name}\"");
    Throw(offset);
  }
  if (!word.empty() && !block.resumes_anywhere) FailWordInBlock(offset);
  if (is_value && IsOnLineOfLastToken(offset)) {
    TryForeignTime(offset);
    diagnostics_
        .Report(Code::kMissingOperator, SpanOfToken(offset),
                "an operator is missing before " + Describe(offset))
        .Help("join the two values, for example with `is`, `>=`, `+` or `and`");
    Throw(offset);
  }
  const std::string expected = "expected " + std::string(block.contents);
  Diagnostic& diagnostic = diagnostics_
                               .Report(Code::kExpectedSomethingElse, SpanOfToken(offset),
                                       expected + ", but found " + Describe(offset))
                               .Label(expected);
  const std::string example = ExampleFor(offset);
  if (!example.empty()) diagnostic.Help(example);
  Throw(offset);
}

void TreeBuilder::FailWordInBlock(std::uint32_t offset) {
  const BlockWords& block = WordsOf(block_);
  const std::string_view word = WordAt(text_, offset);
  const bool begins_line = IsFirstOnLine(offset) || block_begin_.end + 1 >= offset;
  Diagnostic& diagnostic =
      begins_line || !IsOnLineOfLastToken(offset)
          ? diagnostics_.Report(
                Code::kUnknownClause, SpanOfToken(offset),
                std::string(block.what) + " has no clause " + Quoted(word.substr(0, kNameBytesMax)))
          : diagnostics_.Report(Code::kUnknownClause, SpanOfToken(offset),
                                Quoted(word.substr(0, kNameBytesMax)) +
                                    " neither goes on with what stands before it, nor begins a clause of " +
                                    std::string(block.what));
  if (!begins_line && HelpMissingWord(diagnostic, offset)) Throw(offset);
  const Synonym synonym = ClauseMeant(block.what, word);
  if (!synonym.write.empty() || !synonym.help.empty()) {
    if (!synonym.help.empty()) diagnostic.Help(std::string(synonym.help));
    if (!synonym.write.empty()) {
      diagnostic.Replace(SpanOfClauseStart(offset, synonym.write), std::string(synonym.write));
    }
    Throw(offset);
  }
  // A word in the middle of a line was more likely to go on with a clause than to begin one.
  std::string_view meant = begins_line ? std::string_view() : ClosestWord(word, ReservedWords());
  if (meant.empty()) meant = ClosestWord(word, block.clauses);
  if (!meant.empty() && meant != word) {
    diagnostic.Help("did you mean " + Quoted(meant) + "?").Replace(SpanOfToken(offset), std::string(meant));
    Throw(offset);
  }
  const std::string example = begins_line ? std::string() : ExampleFor(offset);
  if (!example.empty()) {
    diagnostic.Help(example);
    Throw(offset);
  }
  std::string all;
  for (const std::string_view clause : block.clauses) all += (all.empty() ? "" : ", ") + Quoted(clause);
  diagnostic.Help("its clauses begin with " + all);
  Throw(offset);
}

// `assign to` and `limit at most` are replaced as a whole.
Span TreeBuilder::SpanOfClauseStart(std::uint32_t offset, std::string_view write) const {
  Span span = SpanOfToken(offset);
  std::uint32_t next = span.end;
  while (next < text_.size() && IsBlank(text_[next])) ++next;
  const std::string_view rest = text_.substr(next);
  if (rest.starts_with(write) && !(rest.size() > write.size() && IsWordByte(rest[write.size()]))) {
    span.end = next + static_cast<std::uint32_t>(write.size());
  }
  return span;
}

void TreeBuilder::FailDeclaration(std::uint32_t offset) {
  if (text_[offset] == '}') {
    diagnostics_.Report(Code::kExpectedSomethingElse, SpanOfToken(offset), "this `}` closes nothing")
        .Help("leave it out, or look for a `}` above that closes its block too early")
        .Replace(SpanOfToken(offset), "");
    Throw(offset + 1);
  }
  TryHabits(offset);
  TrySlips(offset);
  TrySlipBehindEvent(offset);
  ForgetLastExpression(offset);
  const std::string_view word = WordAt(text_, offset);
  const bool continues = offset > 0 && IsOnLineOfLastToken(offset) && !IsFirstOnLine(offset);
  if (word.empty()) {
    if (continues && (IsDigit(text_[offset]) || text_[offset] == '"' || text_[offset] == '(')) {
      TryForeignTime(offset);
      diagnostics_
          .Report(Code::kMissingOperator, SpanOfToken(offset),
                  "an operator is missing before " + Describe(offset))
          .Help("join the two values, for example with `is`, `>=`, `+` or `and`");
      Throw(offset);
    }
    diagnostics_
        .Report(Code::kExpectedSomethingElse, SpanOfToken(offset),
                Describe(offset) + " neither goes on with what stands before it, nor begins a declaration")
        .Help("leave it out, or begin a declaration such as `event` or `nudge` on a line of its own");
    Throw(offset);
  }
  Diagnostic& diagnostic = diagnostics_.Report(
      Code::kUnknownDeclaration, SpanOfToken(offset),
      Quoted(word.substr(0, kNameBytesMax)) +
          (continues ? " neither goes on with what stands before it, nor begins a declaration"
                     : " does not begin a declaration"));
  const Synonym synonym = DeclarationMeant(word);
  std::string_view meant = ClosestWord(word, DeclarationWords());
  const std::string_view meant_word = continues ? ClosestWord(word, ReservedWords()) : std::string_view();
  if (!meant_word.empty() && meant_word != word) {
    diagnostic.Help("did you mean " + Quoted(meant_word) + "?")
        .Replace(SpanOfToken(offset), std::string(meant_word));
  } else if (!continues && !meant.empty()) {
    diagnostic.Help("did you mean " + Quoted(meant) + "?").Replace(SpanOfToken(offset), std::string(meant));
  } else if (!continues && (!synonym.write.empty() || !synonym.help.empty())) {
    if (!synonym.help.empty()) diagnostic.Help(std::string(synonym.help));
    if (!synonym.write.empty()) diagnostic.Replace(SpanOfToken(offset), std::string(synonym.write));
  } else if (const std::uint32_t next = SkipBlanksFrom(SpanOfToken(offset).end);
             !continues && next < text_.size() && text_[next] == '{') {
    diagnostic.Help("say first what it is, such as `ruleset " + std::string(word) + " {` or `unit " +
                    std::string(word) + " {`");
  } else {
    diagnostic.Help(
        "a declaration begins with a word such as `entity`, `event`, `feature`, `stall` or `nudge`");
  }
  Throw(offset);
}

void TreeBuilder::EnterNesting(std::uint32_t offset) {
  if (nesting_ >= kNestingMax) {
    diagnostics_.Report(Code::kNestedTooDeeply, SpanOfToken(offset), "this expression is nested too deeply")
        .Help("give parts of it names with `feature`");
    Throw(offset);
  }
  ++nesting_;
}

void TreeBuilder::CheckUnitOfTime(Span number) {
  std::uint32_t at = number.end;
  while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
  TryForeignTime(number.begin);
  const std::string_view word = WordAt(text_, at);
  if (word.empty() || IsReservedWord(word)) return;
  const std::string_view unit = UnitMeantBy(word);
  if (unit.empty() || word == "m" || word == "k") {
    if (const std::optional<HabitFound> found = FindHabit(text_, at); found && found->begin == number.begin) {
      TryHabits(at);
    }
  }
  const bool adjacent = at == number.end;
  if (!adjacent && (unit.empty() || (in_block_ && IsClauseWord(block_, word)))) return;
  Diagnostic& diagnostic =
      diagnostics_.Report(Code::kUnknownTimeUnit, SpanOfToken(at),
                          "there is no unit of time " + Quoted(word.substr(0, kNameBytesMax)));
  if (unit.empty()) {
    diagnostic.Help("units are seconds, minutes, hours, days, weeks, months and years");
  } else {
    diagnostic.Help("did you mean " + Quoted(unit) + "?")
        .Replace(SpanOfToken(at), (adjacent ? " " : "") + std::string(unit));
  }
  Throw(at);
}

void TreeBuilder::ReportBlockNotClosed() {
  diagnostics_.Report(Code::kBlockNotClosed, block_begin_, "this block is not closed")
      .Label("begins here")
      .NoteAt({source_, token_end_, token_end_}, "a `}` is missing here at the latest")
      .Help("close it with `}`")
      .Replace({source_, token_end_, token_end_}, "\n}");
  if (current_ != nullptr) current_->incomplete = true;
}

void TreeBuilder::ReportNotYet(Code code, Span span) {
  diagnostics_
      .Report(code, span, "not in this edition of the language yet: " + std::string(InfoOf(code).title))
      .Help(std::string(InfoOf(code).explanation));
  if (current_ != nullptr) current_->incomplete = true;
}

void TreeBuilder::ResetStacks() {
  names_.clear();
  operands_.clear();
  list_begins_.clear();
  aggregates_.clear();
  where_nesting_outside_.clear();
  where_nesting_ = 0;
  nesting_ = 0;
  duration_ = {};
  text_parts_.clear();
  plain_ = {};
  default_ = {};
  optional_ = false;
  transition_ = {};
  trigger_ = {};
  when_ = {};
  line_ = {};
  moment_ = {};
  sequence_ = {};
  repeat_every_ = {};
  repeat_max_ = {};
  destination_ = {};
  destinations_.clear();
  rung_ = {};
  arm_ = {};
  goal_ = {};
  limit_ = {};
  quiet_ = {};
  calendar_ = {};
  working_days_of_ = {};
  ResetTest();
  row_ = {};
}

std::uint32_t TreeBuilder::NextClause(std::uint32_t from) const {
  const BlockWords& block = WordsOf(block_);
  int depth = 0;
  std::uint32_t at = from;
  while (at < text_.size()) {
    const char c = text_[at];
    if (c == '}' && depth == 0) return at;
    if (c == '{') ++depth;
    if (c == '}') --depth;
    const std::string_view word = WordAt(text_, at);
    if (block_ == BlockKind::kTable && text_[at] == '|' && IsFirstOnLine(at)) return at;
    if (!word.empty() && IsFirstOnLine(at)) {
      if (BeginsDeclaration(at)) return at;
      const bool clause = IsClauseWord(block_, word) || (block.resumes_anywhere && !IsReservedWord(word));
      if (clause && depth == 0) return at;
    }
    at = NextToken(text_, at);
  }
  return at;
}

bool TreeBuilder::GivesUp(std::uint32_t offset) {
  if (diagnostics_.error_count() - errors_before_ < kFileErrorsMax) return false;
  diagnostics_
      .Report(Code::kTooManyErrors, {source_, offset, offset}, "there are too many errors in this file")
      .Label("the text from here on was not read");
  // The next call must not report again.
  errors_before_ = diagnostics_.error_count();
  token_end_ = static_cast<std::uint32_t>(text_.size());
  return true;
}

std::uint32_t TreeBuilder::RecoverInBlock(std::uint32_t clause_begin) {
  const bool in_values = in_values_;
  ResetStacks();
  if (current_ != nullptr) current_->incomplete = true;
  if (GivesUp(clause_begin)) return static_cast<std::uint32_t>(text_.size());
  std::uint32_t from = std::max(error_offset_, clause_begin);
  if (in_text_) {
    // Out of the text first, or its closing mark would seem to open another.
    while (from < text_.size() && text_[from] != '"' && text_[from] != '\n') ++from;
    if (from < text_.size() && text_[from] == '"') ++from;
    in_text_ = false;
  }
  if (in_values) from = LeaveTestValues(from);
  if (from == clause_begin && from < text_.size() && text_[from] != '}') from = NextToken(text_, from);
  const std::uint32_t next = NextClause(from);
  EndTokenBefore(next);
  return next;
}

void TreeBuilder::EndTokenBefore(std::uint32_t offset) {
  while (offset > 0 && (IsBlank(text_[offset - 1]) || text_[offset - 1] == '\n')) --offset;
  token_end_ = offset;
}

// What a broken head was to declare is not missed elsewhere.
void TreeBuilder::RememberLostName(std::uint32_t declaration_begin) {
  if (WordAt(text_, declaration_begin) == "ruleset") {
    tree_.rulesets.emplace_back();
    tree_.rulesets.back().incomplete = true;
    return;
  }
  std::uint32_t at = declaration_begin + static_cast<std::uint32_t>(WordAt(text_, declaration_begin).size());
  while (at < text_.size() && IsBlank(text_[at])) ++at;
  const std::string_view name = WordAt(text_, at);
  if (at == declaration_begin || name.empty() || IsReservedWord(name)) return;
  tree_.lost_names.push_back({{std::string(name), SpanOfToken(at)}});
}

std::uint32_t TreeBuilder::RecoverInFile(std::uint32_t declaration_begin) {
  if (current_ == nullptr) RememberLostName(declaration_begin);
  ResetStacks();
  in_text_ = false;
  if (current_ != nullptr) current_->incomplete = true;
  EndDeclaration({source_, declaration_begin, std::max(declaration_begin, error_offset_)});
  if (GivesUp(declaration_begin)) return static_cast<std::uint32_t>(text_.size());
  std::uint32_t at = std::max(error_offset_, declaration_begin);
  if (at == declaration_begin) at = NextToken(text_, at);
  // Any word as far out as the broken declaration begins the next one, if only with a slip of the keyboard.
  while (at < text_.size()) {
    const std::string_view word = WordAt(text_, at);
    if (!word.empty() && !IsReservedWord(word) && IsFirstOnLine(at) &&
        ColumnOf(at) <= ColumnOf(declaration_begin))
      break;
    at = NextToken(text_, at);
  }
  EndTokenBefore(at);
  return at;
}

}  // namespace lull::dsl::syntax
