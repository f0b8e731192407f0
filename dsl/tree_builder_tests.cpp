// Tests and their steps.
#include <utility>

#include "dsl/tree_builder.h"
#include "runtime/base/time.h"

namespace lull::dsl::syntax {
namespace {

struct OffsetUnit {
  std::string_view word;
  std::int64_t micros;
};
constexpr OffsetUnit kOffsetUnits[] = {
    {"s", kMicrosPerSecond},       {"second", kMicrosPerSecond}, {"seconds", kMicrosPerSecond},
    {"m", kMicrosPerMinute},       {"min", kMicrosPerMinute},    {"minute", kMicrosPerMinute},
    {"minutes", kMicrosPerMinute}, {"h", kMicrosPerHour},        {"hour", kMicrosPerHour},
    {"hours", kMicrosPerHour},     {"d", kMicrosPerDay},         {"day", kMicrosPerDay},
    {"days", kMicrosPerDay},       {"w", 7 * kMicrosPerDay},     {"week", 7 * kMicrosPerDay},
    {"weeks", 7 * kMicrosPerDay},
};
constexpr double kOffsetMicrosMax = 100.0 * 366 * static_cast<double>(kMicrosPerDay);

}  // namespace

void TreeBuilder::BeginTest() {
  TestDecl& test = tree_.tests.emplace_back();
  test.title = std::move(plain_);
  plain_ = {};
  current_ = &test;
  time_of_test_ = {};
}

void TreeBuilder::AddOffsetPart(Span span) {
  std::uint32_t number_end = span.begin;
  const auto is_number = [this](std::uint32_t at) {
    const char c = text_[at];
    return (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  while (number_end < span.end && is_number(number_end)) ++number_end;
  const Decimal amount = ReadDecimal({span.source, span.begin, number_end});
  std::uint32_t word_begin = number_end;
  while (word_begin < span.end && !IsWordByte(text_[word_begin])) ++word_begin;
  const std::string_view word = text_.substr(word_begin, span.end - word_begin);
  for (const OffsetUnit& unit : kOffsetUnits) {
    if (unit.word != word) continue;
    const double micros = amount.ToDouble() * static_cast<double>(unit.micros);
    if (micros > kOffsetMicrosMax) {
      diagnostics_.Report(Code::kNumberTooLong, span, "a test lasts a hundred years at most");
      return;
    }
    time_.offset_micros += static_cast<std::int64_t>(micros + 0.5);
    return;
  }
}

void TreeBuilder::SetTestOffset(Span span) { time_.span = span; }

void TreeBuilder::SetTestInstant() {
  const Operand instant = Pop();
  time_.instant = instant.id;
  time_.span = instant.extent;
}

void TreeBuilder::SetTestTime(bool by, Span span) {
  time_.by = by;
  time_.span = span;
  time_of_test_ = std::exchange(time_, {});
}

void TreeBuilder::SetItemText() { item_.text = std::exchange(plain_, {}); }
void TreeBuilder::SetItemOf() { item_.of = std::exchange(plain_, {}); }
void TreeBuilder::SetItemOfWhole() { item_.of_whole = std::exchange(plain_, {}); }
void TreeBuilder::SetItemBy() { item_.by = std::exchange(plain_, {}); }

void TreeBuilder::OpenTestValues() {
  item_.has_values = true;
  in_values_ = true;
}

void TreeBuilder::SetValueTime() { value_.time = std::exchange(time_, {}); }

void TreeBuilder::EndTestValue(Span span) {
  value_.name = PopName();
  value_.span = span;
  item_.values.push_back(std::exchange(value_, {}));
}

void TreeBuilder::SetExpectNoNudge() {
  item_.expectation.form = ExpectForm::kNoNudge;
  item_.expectation.nudge = PopName();
}

void TreeBuilder::SetExpectExpr() {
  item_.expectation.form = ExpectForm::kExpression;
  item_.expectation.value = PopExpr();
}

void TreeBuilder::SetExpectOutcome(ExpectOutcome outcome, Span span) {
  TestExpectation& expectation = item_.expectation;
  if (ReportTwice(expectation.outcome != ExpectOutcome::kNone, expectation.tail_span, span)) return;
  expectation.outcome = outcome;
}

void TreeBuilder::AddExpectBecause() { item_.expectation.because.push_back(std::exchange(plain_, {})); }

void TreeBuilder::AddExpectWhy() {
  Name word = PopName();
  Name& why = item_.expectation.why;
  why.span = why.exists() ? Cover(why.span, word.span) : word.span;
  why.text += (why.exists() ? " " : "") + word.text;
}

void TreeBuilder::SetExpectDueTime() { item_.expectation.due = std::exchange(time_, {}); }
void TreeBuilder::SetExpectText() { item_.expectation.text = std::exchange(plain_, {}); }

void TreeBuilder::EndTestItem(TestItemKind kind, Span span) {
  item_.kind = kind;
  item_.span = span;
  item_.time = time_of_test_;
  tree_.tests.back().items.push_back(std::exchange(item_, {}));
}

void TreeBuilder::ResetTest() {
  item_ = {};
  value_ = {};
  time_ = {};
  in_values_ = false;
}

std::uint32_t TreeBuilder::LeaveTestValues(std::uint32_t from) const {
  while (from < text_.size() && text_[from] != '}' && !BeginsDeclaration(from)) ++from;
  return from < text_.size() && text_[from] == '}' ? from + 1 : from;
}

}  // namespace lull::dsl::syntax
