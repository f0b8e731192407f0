// The grammar of expressions: literals, aggregates, operators.
#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax::grammar {
namespace {

// --- Literals ---
struct text_char : sor<seq<one<'\\'>, pegtl::not_one<'\n', '\r'>>, sign<"{{">, sign<"}}">,
                       pegtl::not_one<'"', '{', '\\', '\n', '\r'>> {};
struct text_fixed : raw<&B::AddTextFixed, plus<text_char>> {};
struct text_hole : seq<one<'{'>, ws, need<expression, "an expression after `{` (write {{ for a brace)">,
                       need<one<'}'>, "`}` after the expression">, call<&B::AddTextHole>> {};
struct text_rule : act<&B::EndText, at<one<'"'>>, call<&B::BeginText>, one<'"'>,
                       star<sor<text_fixed, text_hole>>, sor<one<'"'>, call<&B::FailTextNotClosed>>, ws> {};

struct clock : seq<raw<&B::MakeClock, clock_text>, ws> {};
struct clock_on_day : seq<same_line, kw<"on">, need<postfix, "a date after `on`">, call<&B::MakeClockOnDay>> {
};
struct date : seq<raw<&B::MakeDate, date_text>, ws> {};
struct date_or_instant : seq<date, opt<at<clock_text>, clock, call<&B::MakeDateTime>>> {};
struct duration_part
    : seq<at<number_text, ws, time_unit>, raw<&B::AddDurationPart, number_text, ws, time_unit>, ws> {};
struct open_hours : seq<kw<"of">, need_name<"the name of a calendar">, call<&B::MakeOpenTime>> {};
struct duration : seq<act<&B::MakeDuration, plus<duration_part>>, opt<open_hours>> {};
struct working_days
    : act<&B::MakeWorkingDays, at<number_text, ws, word<"working">>, raw<&B::MakeCount, number_text>, ws,
          kw<"working">, need<sor<kw<"days">, kw<"day">>, "`days` after `working`">,
          opt<kw<"of">, need_name<"the name of a calendar">, call<&B::SetWorkingDaysOf>>> {};
struct percent : seq<raw<&B::MakePercent, number_text, one<'%'>>, ws> {};
struct money : seq<raw<&B::MakeMoney, number_text, star<one<' '>>, currency_text>, ws> {};
struct number : seq<raw<&B::MakeNumber, number_text>, ws> {};
struct literal : seq<at<digit>, sor<date_or_instant, seq<clock, opt<clock_on_day>>, duration, working_days,
                                    percent, money, number>> {};
struct flag
    : sor<seq<raw<&B::MakeFlag<true>, word<"yes">>, ws>, seq<raw<&B::MakeFlag<false>, word<"no">>, ws>> {};

// --- Aggregates ---
struct where : seq<kw<"where">, call<&B::EnterWhere>, need_condition<"a condition after `where`">,
                   call<&B::SetAggregateWhere>> {};
template <Fixed kFirst, Fixed kWord, LocalPeriod kPeriod, int kBack>
struct period_row : act<&B::SetWindowPeriod<kPeriod, kBack>, phrase<kFirst, kWord>> {};
template <Fixed kFirst, int kBack>
struct period_rows : sor<period_row<kFirst, "day", LocalPeriod::kDay, kBack>,
                         period_row<kFirst, "week", LocalPeriod::kWeek, kBack>,
                         period_row<kFirst, "month", LocalPeriod::kMonth, kBack>,
                         period_row<kFirst, "quarter", LocalPeriod::kQuarter, kBack>,
                         period_row<kFirst, "year", LocalPeriod::kYear, kBack>> {};
struct period_word : sor<word<"day">, word<"week">, word<"month">, word<"quarter">, word<"year">> {};
struct calendar_word
    : sor<word<"today">, word<"yesterday">, seq<sor<word<"this">, word<"last">>, ws, period_word>> {};
struct calendar_window : sor<act<&B::SetWindowPeriod<LocalPeriod::kDay, 0>, kw<"today">>,
                             act<&B::SetWindowPeriod<LocalPeriod::kDay, 1>, kw<"yesterday">>,
                             period_rows<"this", 0>, period_rows<"last", 1>> {};
struct before_last : need<phrase<"before", "last">, "`before last`"> {};
template <Fixed kWord, LocalPeriod kPeriod>
struct period_before_last : act<&B::SetWindowPeriod<kPeriod, 2>, kw<kWord>, before_last> {};
struct periods_before_last
    : sor<period_before_last<"day", LocalPeriod::kDay>, period_before_last<"week", LocalPeriod::kWeek>,
          period_before_last<"month", LocalPeriod::kMonth>,
          period_before_last<"quarter", LocalPeriod::kQuarter>,
          period_before_last<"year", LocalPeriod::kYear>> {};
/// Without `before this`, which belongs to the whole aggregate.
struct window_duration;
struct window_before_that
    : act<&B::SetWindowBeforeThat, need<nested<window_duration>, "a duration such as `24 hours`">,
          need<phrase<"before", "that">, "`before that`">> {};
struct last_window : act<&B::SetWindowLast, kw<"in">, need<kw<"last">, "`last` and a duration after `in`">,
                         need<nested<window_duration>, "a duration such as `24 hours`">> {};
struct in_window : sor<seq<at_phrase<"in", "the">, kw<"in">, kw<"the">,
                           sor<seq<at<period_word>, periods_before_last>, window_before_that>>,
                       last_window> {};
struct since_window
    : seq<act<&B::SetWindowSince, kw<"since">, need_name<"the name of an event or a journey">>,
          opt<act<&B::SetWindowEntered, kw<"entered">, need_name<"the name of a stage">>>> {};
struct window : sor<seq<at<opt<word<"in">, ws>, calendar_word>, opt<kw<"in">>, calendar_window>,
                    seq<at<word<"in">>, not_at<word<"in">, ws, word<"zone">>, in_window>, since_window> {};
struct aggregate_event
    : seq<need_name<"the name of an event">, call<&B::SetAggregateEvent>,
          opt<sym<".">, need_name<"the name of a field after the dot">, call<&B::SetAggregateField>>> {};
struct aggregate_tail : seq<opt<where>, opt<with_same, call<&B::SetAggregateSame>>, opt<window>> {};

template <AggregateKind kKind, typename... Head>
struct aggregate_of
    : act<&B::EndAggregate, Head..., call<&B::BeginAggregate<kKind>>, aggregate_event, aggregate_tail> {};
/// `sum of` and the like: words only where `of` follows.
template <Fixed kWord, AggregateKind kKind>
struct aggregate_word : seq<at_phrase<kWord, "of">, aggregate_of<kKind, phrase<kWord, "of">>> {};
struct aggregate
    : sor<seq<at<word<"count">, ws, word<"of">, ws, word<"different">, ws, free_word>,
              aggregate_of<AggregateKind::kCountDifferent, phrase<"count", "of">, kw<"different">>>,
          aggregate_word<"count", AggregateKind::kCount>, aggregate_word<"sum", AggregateKind::kSum>,
          aggregate_word<"average", AggregateKind::kAverage>,
          aggregate_word<"minimum", AggregateKind::kMinimum>,
          aggregate_word<"maximum", AggregateKind::kMaximum>, aggregate_word<"gap", AggregateKind::kGap>,
          aggregate_of<AggregateKind::kFirst, kw<"first">>,
          aggregate_of<AggregateKind::kLatest, kw<"latest">>, aggregate_of<AggregateKind::kAny, kw<"any">>,
          seq<at_phrase<"time", "since">, aggregate_of<AggregateKind::kTimeSince, phrase<"time", "since">>>> {
};

// --- Primaries ---
struct list : seq<need<sym<"(">, "`(` and a list">, call<&B::OpenParenthesis>, call<&B::BeginList>,
                  need<expression, "a value">, star<comma, need<expression, "a value after the comma">>,
                  need<sym<")">, "`,` or `)`">> {};
/// A list does not change its operand; only aggregates in it are set free.
struct if_then_else : act<&B::MakeIf, kw<"if">, need_condition<"a condition after `if`">,
                          need<kw<"then">, "`then` and a value">, need<expression, "a value after `then`">,
                          need<kw<"else">, "`else` and a value">, need<expression, "a value after `else`">> {
};
template <Fixed kWord, PickKind kKind>
struct pick
    : seq<at_phrase<kWord, "of">, act<&B::MakePick<kKind>, phrase<kWord, "of">, list, call<&B::CloseList>>> {
};
struct lower_case : seq<at_phrase<"lower", "case">,
                        act<&B::MakePrefix<UnaryOp::kLowerCase>, phrase<"lower", "case">,
                            need<kw<"of">, "`of` and a text">, need<nested<postfix>, "a text">>> {};
struct length
    : seq<at_phrase<"length", "of">,
          act<&B::MakePrefix<UnaryOp::kLength>, phrase<"length", "of">, need<nested<postfix>, "a text">>> {};
struct parenthesised : act<&B::CloseParenthesis, sym<"(">, call<&B::OpenParenthesis>,
                           need<expression, "an expression after `(`">, need<sym<")">, "`)`">> {};
struct arm : act<&B::MakeArm, kw<"arm">, need<kw<"of">, "`of`">, need_name<"the name of an experiment">> {};
struct time_in_name : seq<need_name<"the name of a stage">, call<&B::AddTimeInName>> {};
struct time_in : seq<at_phrase<"time", "in">,
                     act<&B::MakeTimeIn, phrase<"time", "in">, call<&B::BeginTimeIn>, time_in_name,
                         opt<kw<"of">, time_in_name, opt<kw<"of">, time_in_name>>>> {};
struct time_until
    : seq<at_phrase<"time", "until">, act<&B::MakePrefix<UnaryOp::kTimeUntil>, phrase<"time", "until">,
                                          need<nested<postfix>, "a time or a date after `time until`">>> {};
struct next_yearly
    : seq<at_phrase<"next", "yearly">, act<&B::MakePrefix<UnaryOp::kNextYearly>, phrase<"next", "yearly">,
                                           need<nested<postfix>, "a date after `next yearly`">>> {};
struct primary
    : sor<text_literal, literal, parenthesised, flag, if_then_else, pick<"smaller", PickKind::kSmaller>,
          pick<"larger", PickKind::kLarger>, lower_case, length, time_in, time_until, next_yearly, aggregate,
          arm, seq<not_at<clause_here>, name, call<&B::MakeNameRef>>, wrong<"!", "not ">> {};

// --- Operators, tightest first ---
struct field : seq<sym<".">, need_name<"the name of a field after the dot">, call<&B::MakeFieldRef>> {};
struct window_duration : seq<primary, star<field>> {};
struct before_this : seq<at_phrase<"before", "this">, phrase<"before", "this">,
                         call<&B::MakePostfix<UnaryOp::kBeforeThis>>> {};
struct postfix_rule : seq<primary, star<field>, opt<before_this>> {};
struct unary : sor<act<&B::MakePrefix<UnaryOp::kNegate>, sign<"-">, not_at<one<'>'>>, ws,
                       need<nested<unary>, "a value after `-`">>,
                   postfix> {};

template <BinaryOp kOp, typename Operator, typename Operand, Fixed kWhat>
struct binary : seq<Operator, need<Operand, kWhat>, call<&B::MakeBinary<kOp>>> {};
struct minus : seq<sign<"-">, not_at<one<'>'>>, ws> {};
struct rounded : seq<kw<"rounded">, sor<seq<kw<"up">, call<&B::MakePostfix<UnaryOp::kRoundedUp>>>,
                                        seq<kw<"down">, call<&B::MakePostfix<UnaryOp::kRoundedDown>>>,
                                        call<&B::MakePostfix<UnaryOp::kRounded>>>> {};
/// `rounded` stands beside * and /: in `a / b rounded down` the quotient is rounded.
struct product
    : seq<unary, star<sor<binary<BinaryOp::kMultiply, sym<"*">, unary, "a value after `*`">,
                          binary<BinaryOp::kDivide, sym<"/">, unary, "a value after `/`">, rounded>>> {};
struct sum : seq<product, star<sor<binary<BinaryOp::kAdd, sym<"+">, product, "a value after `+`">,
                                   binary<BinaryOp::kSubtract, minus, product, "a value after `-`">>>> {};
struct value_rule
    : seq<sum, star<at_phrase<"or", "else">,
                    binary<BinaryOp::kOrElse, phrase<"or", "else">, sum, "a value after `or else`">>> {};

struct wrong_operator
    : sor<wrong<"==", "is">, wrong<"=>", ">=">, wrong<"=<", "<=">, wrong<"=", "is">, wrong<"!=", "is not">,
          wrong<"<>", "is not">, wrong<"&&", "and">, wrong<"||", "or">, wrong<"equals", "is">> {};
template <BinaryOp kOp, Fixed kSign>
struct compare : binary<kOp, sym<kSign>, value, "a value to compare with"> {};
struct between : seq<kw<"between">, need<value, "the lower end after `between`">,
                     need<kw<"and">, "`and` and the upper end">, need<value, "the upper end after `and`">,
                     call<&B::MakeBetween>> {};
template <bool kNegated>
struct one_of : seq<at_phrase<"one", "of">, phrase<"one", "of">, list, call<&B::CloseList>,
                    call<&B::MakeOneOf<kNegated>>> {};
struct is_known : seq<kw<"known">, call<&B::MakePostfix<UnaryOp::kIsKnown>>> {};
struct is_unknown : seq<kw<"unknown">, call<&B::MakePostfix<UnaryOp::kIsUnknown>>> {};
struct is_not_known : sor<seq<kw<"known">, call<&B::MakePostfix<UnaryOp::kIsUnknown>>>,
                          seq<kw<"unknown">, call<&B::MakePostfix<UnaryOp::kIsKnown>>>> {};
struct is_not : seq<kw<"not">,
                    sor<is_not_known, one_of<true>,
                        seq<need<value, "a value after `is not`">, call<&B::MakeBinary<BinaryOp::kIsNot>>>>> {
};
struct is : seq<kw<"is">, sor<is_not, is_known, is_unknown, one_of<false>, between,
                              seq<need<value, "a value, `known`, `unknown`, `one of` or `not` after `is`">,
                                  call<&B::MakeBinary<BinaryOp::kIs>>>>> {};
struct starts_with
    : seq<at_phrase<"starts", "with">,
          binary<BinaryOp::kStartsWith, phrase<"starts", "with">, value, "a text after `starts with`">> {};
struct ends_with
    : seq<at_phrase<"ends", "with">,
          binary<BinaryOp::kEndsWith, phrase<"ends", "with">, value, "a text after `ends with`">> {};
struct comparison_tail : sor<wrong_operator, is, between, compare<BinaryOp::kLessEqual, "<=">,
                             compare<BinaryOp::kGreaterEqual, ">=">, compare<BinaryOp::kLess, "<">,
                             compare<BinaryOp::kGreater, ">">, starts_with, ends_with,
                             binary<BinaryOp::kContains, kw<"contains">, value, "a text after `contains`">,
                             binary<BinaryOp::kLike, kw<"like">, value, "a pattern after `like`">> {};
struct second_comparison
    : seq<at<sor<one<'<', '>', '='>, word<"is">, word<"between">, word<"contains">, word<"like">>>,
          fail<&B::FailChained>> {};
struct comparison : seq<value, opt<comparison_tail, opt<second_comparison>>> {};
struct negation
    : sor<act<&B::MakePrefix<UnaryOp::kNot>, kw<"not">, need<nested<negation>, "a condition after `not`">>,
          comparison> {};
struct conjunction
    : seq<negation, star<binary<BinaryOp::kAnd, kw<"and">, negation, "a condition after `and`">>,
          opt<wrong_operator>> {};
struct disjunction
    : seq<conjunction, star<binary<BinaryOp::kOr, kw<"or">, conjunction, "a condition after `or`">>> {};
struct expression_rule : nested<disjunction> {};

// --- Cells of decision tables ---
struct any_cell : seq<at<one<'-'>, ws, sor<one<'|'>, eof>>, one<'-'>, ws, call<&B::AddAnyCell>> {};
struct bare_cell
    : seq<need<value, "a value, a comparison such as `>= 3`, or `-` for any value">, call<&B::MakeBareCell>> {
};
struct cell_rule
    : sor<any_cell, seq<call<&B::PushTableInput>,
                        sor<one_of<false>, is_not, is_known, is_unknown, comparison_tail, bare_cell>,
                        call<&B::AddCell>>> {};

}  // namespace

bool MatchText(GrammarInput& in, B& builder) { return MatchRule<text_rule>(in, builder); }
bool MatchExpression(GrammarInput& in, B& builder) { return MatchRule<expression_rule>(in, builder); }
bool MatchValue(GrammarInput& in, B& builder) { return MatchRule<value_rule>(in, builder); }
bool MatchPostfix(GrammarInput& in, B& builder) { return MatchRule<postfix_rule>(in, builder); }
bool MatchCell(GrammarInput& in, B& builder) { return MatchRule<cell_rule>(in, builder); }
std::size_t CountExpressionLoops() {
  return pegtl::analyze<expression_rule>(-1) + pegtl::analyze<cell_rule>(-1);
}

}  // namespace lull::dsl::syntax::grammar
