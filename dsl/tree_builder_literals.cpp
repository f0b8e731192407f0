// Literals.
#include <algorithm>
#include <chrono>

#include "dsl/tree_builder.h"
#include "runtime/base/check.h"
#include "runtime/base/time.h"

namespace lull::dsl::syntax {
namespace {

constexpr int kDigitsMax = 18;
constexpr std::int64_t kDurationYearsMax = 10'000;
constexpr std::int64_t kDurationMicrosMax = kDurationYearsMax * 366 * kMicrosPerDay;

struct TimeUnit {
  std::string_view one;
  std::string_view many;
  std::int64_t micros;
  std::int64_t months;
};
constexpr TimeUnit kUnits[] = {
    {"second", "seconds", kMicrosPerSecond, 0},
    {"minute", "minutes", kMicrosPerMinute, 0},
    {"hour", "hours", kMicrosPerHour, 0},
    {"day", "days", kMicrosPerDay, 0},
    {"week", "weeks", 7 * kMicrosPerDay, 0},
    {"month", "months", 0, 1},
    {"year", "years", 0, 12},
};

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

std::string LastDayHelp(std::chrono::year_month_day day) {
  if (!day.year().ok() || !day.month().ok()) return "dates are written year-month-day: `2026-11-26`";
  const unsigned last = static_cast<unsigned>((day.year() / day.month() / std::chrono::last).day());
  return std::string(kMonths[static_cast<unsigned>(day.month()) - 1]) + " " +
         std::to_string(static_cast<int>(day.year())) + " has " + std::to_string(last) + " days";
}

int TwoDigits(std::string_view text, std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); }

}  // namespace

double Decimal::ToDouble() const {
  // Both are exact up to 2^53 and 10^22; beyond, the division rounds a rounded value, off by one place at
  // most.
  double scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  return static_cast<double>(units) / scale;
}

Decimal TreeBuilder::ReadDecimal(Span span) {
  Decimal decimal;
  int digits = 0;
  bool after_point = false;
  for (const char c : text_.substr(span.begin, span.end - span.begin)) {
    if (c == '.') after_point = true;
    if (!IsDigit(c)) continue;
    if (digits > 0 || c != '0') ++digits;
    if (digits > kDigitsMax || (after_point && decimal.decimals == kDigitsMax)) {
      diagnostics_.Report(Code::kNumberTooLong, span, "this number has more than 18 digits");
      return {};
    }
    decimal.units = decimal.units * 10 + (c - '0');
    if (after_point) ++decimal.decimals;
  }
  return decimal;
}

void TreeBuilder::MakeNumber(Span span) {
  CheckUnitOfTime(span);
  Push(NumberLiteral{ReadDecimal(span), false}, span);
}

void TreeBuilder::MakeCount(Span span) { Push(NumberLiteral{ReadDecimal(span), false}, span); }

void TreeBuilder::MakePercent(Span span) {
  Decimal value = ReadDecimal({span.source, span.begin, span.end - 1});
  value.decimals += 2;
  if (value.decimals > kDigitsMax) {
    diagnostics_.Report(Code::kNumberTooLong, span, "this percentage has more than 16 decimals");
    value = {};
  }
  Push(NumberLiteral{value, true}, span);
}

void TreeBuilder::MakeMoney(Span span) {
  const Span currency{span.source, span.end - 3, span.end};
  const Decimal amount = ReadDecimal({span.source, span.begin, currency.begin});
  Push(MoneyLiteral{amount, {std::string(text_.substr(currency.begin, 3)), currency}}, span);
}

void TreeBuilder::AddDurationPart(Span span) {
  std::uint32_t number_end = span.begin;
  while (IsDigit(text_[number_end]) || text_[number_end] == '_' || text_[number_end] == '.') ++number_end;
  std::uint32_t word_begin = span.end;
  while (IsWordByte(text_[word_begin - 1]) && !IsDigit(text_[word_begin - 1])) --word_begin;
  const std::string_view word = text_.substr(word_begin, span.end - word_begin);
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const TimeUnit& each) {
    return each.one == word || each.many == word;
  });
  LULL_CHECK(unit != std::end(kUnits));

  const Decimal amount = ReadDecimal({span.source, span.begin, number_end});
  const std::int64_t per_unit = unit->months != 0 ? unit->months : unit->micros;
  __extension__ using Wide = __int128;
  Wide total = static_cast<Wide>(amount.units) * per_unit;
  bool exact = true;
  for (int i = 0; i < amount.decimals; ++i) {
    exact = exact && total % 10 == 0;
    total /= 10;
  }
  const std::int64_t most = unit->months != 0 ? kDurationYearsMax * 12 : kDurationMicrosMax;
  std::int64_t& sum = unit->months != 0 ? duration_.months : duration_.micros;
  if (!exact || total > most - sum) {
    diagnostics_.Report(Code::kNumberTooLong, span,
                        exact ? "this duration is longer than 10,000 years"
                              : "this duration is no whole number of " +
                                    std::string(unit->months != 0 ? "months" : "microseconds"));
    return;
  }
  sum += static_cast<std::int64_t>(total);
}

void TreeBuilder::MakeDuration(Span span) {
  Push(duration_, span);
  duration_ = {};
}

void TreeBuilder::MakeClock(Span span) {
  TryForeignTime(span.begin);
  const std::string_view text = text_.substr(span.begin, span.end - span.begin);
  const std::size_t colon = text.find(':');
  const int hour = colon == 1 ? text[0] - '0' : TwoDigits(text, 0);
  const int minute = TwoDigits(text, colon + 1);
  const int second = text.size() > colon + 3 ? TwoDigits(text, colon + 4) : 0;
  int second_of_day = hour * 3'600 + minute * 60 + second;
  if (minute > 59 || second > 59 || second_of_day > 86'400) {
    diagnostics_.Report(Code::kNoSuchDate, span, "there is no time of day " + std::string(text))
        .Help("times of day go from 00:00 to 24:00");
    second_of_day = 0;
  }
  Push(ClockLiteral{second_of_day}, span);
}

void TreeBuilder::MakeDate(Span span) {
  const std::string_view text = text_.substr(span.begin, span.end - span.begin);
  DateLiteral date{TwoDigits(text, 0) * 100 + TwoDigits(text, 2), TwoDigits(text, 5), TwoDigits(text, 8)};
  const std::chrono::year_month_day day{std::chrono::year(date.year),
                                        std::chrono::month(static_cast<unsigned>(date.month)),
                                        std::chrono::day(static_cast<unsigned>(date.day))};
  if (!day.ok() || date.year == 0) {
    Diagnostic& diagnostic =
        diagnostics_.Report(Code::kNoSuchDate, span, "there is no day " + std::string(text));
    if (date.month > 12 && date.day >= 1 && date.day <= 12) {
      const std::string turned = std::string(text.substr(0, 5)) + std::string(text.substr(8, 2)) + "-" +
                                 std::string(text.substr(5, 2));
      diagnostic.Help("dates are written year-month-day: `" + turned + "`").Replace(span, turned);
    } else {
      diagnostic.Help(LastDayHelp(day));
    }
    date = {2000, 1, 1};
  }
  Push(date, span);
}

void TreeBuilder::MakeDateTime() {
  const Operand clock = Pop();
  const Operand date = Pop();
  Push(DateTimeLiteral{std::get<DateLiteral>(tree_[date.id].node),
                       std::get<ClockLiteral>(tree_[clock.id].node)},
       Cover(date.extent, clock.extent));
}

void TreeBuilder::BeginText(Span span) {
  if (in_text_) {
    diagnostics_
        .Report(Code::kTextInsideBraces, {source_, span.begin, span.begin + 1},
                "a text cannot stand inside the braces of a text")
        .Label("expected the expression to go on, or `}`")
        .NoteAt({source_, text_begin_, text_begin_ + 1}, "the text begins here")
        .Help("close the braces with `}`, or name the inner expression with `feature`");
    Throw(span.begin);
  }
  in_text_ = true;
  text_begin_ = span.begin;
  text_parts_.clear();
}

void TreeBuilder::AddTextFixed(Span span) {
  std::string decoded;
  for (std::uint32_t i = span.begin; i < span.end; ++i) {
    const char c = text_[i];
    const char next = i + 1 < span.end ? text_[i + 1] : '\0';
    if (c == '\\') {
      ++i;
      if (next != '"' && next != '\\' && next != 'n' && next != 't') {
        diagnostics_
            .Report(Code::kUnknownEscape, {source_, i - 1, std::min(i + 1, span.end)},
                    "no escape of this kind")
            .Help("write \\\\ for a backslash, \\\" for a quotation mark, \\n for a new line");
      }
      decoded += next == 'n' ? '\n' : next == 't' ? '\t' : next;
    } else {
      if ((c == '{' || c == '}') && next == c) ++i;
      decoded += c;
    }
  }
  text_parts_.push_back({std::move(decoded), {}});
}

void TreeBuilder::AddTextHole() { text_parts_.push_back({{}, PopExpr()}); }

void TreeBuilder::FailTextNotClosed(Span span) {
  diagnostics_.Report(Code::kTextNotClosed, {source_, text_begin_, span.begin}, "this text is not closed")
      .Label("begins here")
      .Replace({source_, span.begin, span.begin}, "\"")
      .Help("end the text with \" on the same line");
  Throw(span.begin);
}

void TreeBuilder::EndText(Span span) {
  in_text_ = false;
  Push(TextLiteral{std::move(text_parts_)}, span);
  text_parts_.clear();
}

void TreeBuilder::TakePlainText() {
  const ExprId id = PopExpr();
  const auto& parts = std::get<TextLiteral>(tree_[id].node).parts;
  plain_ = {parts.empty() ? std::string() : parts[0].text, tree_[id].span};
  const bool plain =
      std::none_of(parts.begin(), parts.end(), [](const TextPart& part) { return part.expr.exists(); });
  if (!plain) {
    diagnostics_.Report(Code::kTextMustBePlain, plain_.span, "nothing can be put into this text")
        .Help("write {{ for a brace");
  }
}

}  // namespace lull::dsl::syntax
