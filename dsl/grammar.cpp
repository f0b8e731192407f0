// The grammar of the language, in PEGTL: the only file that knows it.
//
// Rules name the method of TreeBuilder that is called when they matched: `call<M>` at a place, `act<M, R...>`
// with the text of the rules R, `raw<M, R...>` with exactly the bytes of one token. A method is called as
// soon as its rule matches and is not undone, so every choice is decided by looking ahead (`at`) before
// anything is built; what must follow then is `need<R, "what">`, which reports and throws. `clause` and
// `declaration` rules catch that, and skip.
#include "dsl/grammar.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze.hpp>

namespace lull::dsl::syntax {
namespace {

namespace pegtl = tao::pegtl;
using pegtl::at;
using pegtl::digit;
using pegtl::eof;
using pegtl::not_at;
using pegtl::one;
using pegtl::opt;
using pegtl::plus;
using pegtl::rep;
using pegtl::rep_min_max;
using pegtl::seq;
using pegtl::sor;
using pegtl::star;
using B = TreeBuilder;
using T = SyntaxTree;

/// A string as a template argument.
template <std::size_t kSize>
struct Fixed {
  char text[kSize];
  // NOLINTNEXTLINE(google-explicit-constructor): literals become arguments by themselves.
  consteval Fixed(const char (&from)[kSize]) { std::copy_n(from, kSize, text); }
  constexpr std::string_view view() const { return {text, kSize - 1}; }
};

// --- Actions and errors ---
template <auto kMethod>
struct call : pegtl::success {
  using acts = call;
};
template <auto kMethod, typename... Rules>
struct act : seq<Rules...> {
  using acts = act;
};
template <auto kMethod, typename... Rules>
struct raw : seq<Rules...> {
  using acts = raw;
};
template <Fixed kWhat>
struct expected {};
template <typename Rule, Fixed kWhat>
struct need : sor<Rule, pegtl::raise<expected<kWhat>>> {};

template <typename Rule>
struct Action : pegtl::nothing<Rule> {};

/// A rule that derives from one of the three acts as it does.
template <typename Rule>
requires(!std::is_same_v<Rule, typename Rule::acts>) struct Action<Rule> : Action<typename Rule::acts> {
};

template <auto kMethod>
struct Action<call<kMethod>> {
  template <typename Input>
  static void apply(const Input& in, B& builder) {
    const std::uint32_t at = builder.OffsetOf(in.begin());
    if constexpr (std::is_invocable_v<decltype(kMethod), B&, Span>) {
      (builder.*kMethod)(builder.SpanOf(at, at));
    } else {
      (builder.*kMethod)();
    }
  }
};

template <auto kMethod, typename... Rules>
struct Action<act<kMethod, Rules...>> {
  template <typename Input>
  static void apply(const Input& in, B& builder) {
    (builder.*kMethod)(builder.SpanFrom(builder.OffsetOf(in.begin())));
  }
};

template <auto kMethod, typename... Rules>
struct Action<raw<kMethod, Rules...>> {
  template <typename Input>
  static void apply(const Input& in, B& builder) {
    (builder.*kMethod)(builder.SpanOf(builder.OffsetOf(in.begin()), builder.OffsetOf(in.end())));
  }
};

/// Rules that call nothing are matched without ceremony: it halves the time to compile this file.
template <typename Rule>
struct Control : pegtl::normal<Rule> {
  static constexpr bool enable = !std::is_base_of_v<pegtl::nothing<Rule>, Action<Rule>>;
};

template <Fixed kWhat>
struct Control<expected<kWhat>> {
  static constexpr bool enable = true;

  template <typename Input>
  [[noreturn]] static void raise(const Input& in, B& builder) {
    builder.FailExpected(kWhat.view(), builder.OffsetOf(in.current()));
  }
};

// --- Rules that look for themselves ---
template <typename Input>
std::string_view Rest(const Input& in) {
  return {in.current(), in.size()};
}

/// A rule of one's own: `Scan(rest, builder, offset)` gives the bytes matched, or -1.
template <typename Derived>
struct scanner {
  using subs_t = pegtl::empty_list;

  template <pegtl::apply_mode, pegtl::rewind_mode, template <typename...> class, template <typename...> class,
            typename Input>
  static bool match(Input& in, B& builder) {
    const std::int64_t bytes = Derived::Scan(Rest(in), builder, builder.OffsetOf(in.current()));
    if (bytes < 0) return false;
    in.bump(static_cast<std::size_t>(bytes));
    return true;
  }
};

/// Marks scanners that always consume, for the analysis.
struct consuming {};

/// A word of the language.
template <Fixed kWord>
struct word : scanner<word<kWord>>, consuming {
  using rule_t = word;
  static std::int64_t Scan(std::string_view rest, B&, std::uint32_t) {
    constexpr std::string_view text = kWord.view();
    const bool matches =
        rest.starts_with(text) && (rest.size() == text.size() || !IsWordByte(rest[text.size()]));
    return matches ? static_cast<std::int64_t>(text.size()) : -1;
  }
};

/// A sign, or a part of one.
template <Fixed kSign>
struct sign : scanner<sign<kSign>>, consuming {
  using rule_t = sign;
  static std::int64_t Scan(std::string_view rest, B&, std::uint32_t) {
    return rest.starts_with(kSign.view()) ? static_cast<std::int64_t>(kSign.view().size()) : -1;
  }
};

/// Any word that may be a name. One that begins the next declaration or clause is none: what should stand
/// before it is missing.
struct free_word : scanner<free_word>, consuming {
  using rule_t = free_word;
  static std::int64_t Scan(std::string_view rest, B& builder, std::uint32_t offset) {
    const std::string_view found = WordAt(rest, 0);
    const bool free = !found.empty() && !IsReservedWord(found) && !builder.BeginsDeclaration(offset);
    return free ? static_cast<std::int64_t>(found.size()) : -1;
  }
};

struct clause_here : scanner<clause_here> {
  using rule_t = clause_here;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return builder.BeginsClause(offset) ? 0 : -1;
  }
};

struct time_unit : scanner<time_unit>, consuming {
  using rule_t = time_unit;
  static std::int64_t Scan(std::string_view rest, B&, std::uint32_t) {
    const std::string_view found = WordAt(rest, 0);
    const auto units = TimeUnitWords();
    const bool known = std::find(units.begin(), units.end(), found) != units.end();
    return known ? static_cast<std::int64_t>(found.size()) : -1;
  }
};

struct same_line : scanner<same_line> {
  using rule_t = same_line;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return builder.IsOnLineOfLastToken(offset) ? 0 : -1;
  }
};

struct declaration_here : scanner<declaration_here> {
  using rule_t = declaration_here;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return builder.BeginsDeclaration(offset) ? 0 : -1;
  }
};

/// Something of another language, with what it is here.
template <Fixed kWritten, Fixed kRight>
struct wrong : scanner<wrong<kWritten, kRight>>, consuming {
  using rule_t = wrong;
  static std::int64_t Scan(std::string_view rest, B& builder, std::uint32_t offset) {
    constexpr std::string_view text = kWritten.view();
    const bool in_words = IsWordByte(text.back());
    const bool matches =
        rest.starts_with(text) && !(in_words && rest.size() > text.size() && IsWordByte(rest[text.size()]));
    if (matches) builder.FailWrongOperator(text, kRight.view(), offset);
    return -1;
  }
};

/// Always throws.
template <auto kFail>
struct fail : scanner<fail<kFail>>, consuming {
  using rule_t = fail;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    (builder.*kFail)(offset);
    return -1;
  }
};

/// Goes on where the builder says.
template <auto kRecover>
struct skip : scanner<skip<kRecover>>, consuming {
  using rule_t = skip;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return static_cast<std::int64_t>((builder.*kRecover)(offset)) - offset;
  }
};

struct skip_declaration : scanner<skip_declaration> {
  using rule_t = skip_declaration;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t offset) {
    return static_cast<std::int64_t>(builder.SkipDeclaration(offset)) - offset;
  }
};

/// Bounds how deep rules nest.
template <typename Rule>
struct nested {
  using rule_t = nested;
  using subs_t = pegtl::type_list<Rule>;

  template <pegtl::apply_mode A, pegtl::rewind_mode M, template <typename...> class Act,
            template <typename...> class Ctl, typename Input>
  static bool match(Input& in, B& builder) {
    builder.EnterNesting(builder.OffsetOf(in.current()));
    const bool matched = Ctl<Rule>::template match<A, M, Act, Ctl>(in, builder);
    builder.LeaveNesting();
    return matched;
  }
};

// --- Tokens ---
struct comment : seq<one<'#'>, star<pegtl::not_one<'\n'>>> {};
struct ws : star<sor<one<' ', '\t', '\r', '\n'>, comment>> {};

template <>
struct Action<ws> {
  template <typename Input>
  static void apply(const Input& in, B& builder) {
    builder.EndToken(builder.OffsetOf(in.begin()));
  }
};

template <Fixed kWord>
struct kw : seq<word<kWord>, ws> {};
template <Fixed kSign>
struct sym : seq<sign<kSign>, ws> {};
/// Two words.
template <Fixed kFirst, Fixed kSecond>
struct phrase : seq<word<kFirst>, ws, word<kSecond>, ws> {};
/// Looks ahead for two words.
template <Fixed kFirst, Fixed kSecond>
struct at_phrase : at<word<kFirst>, ws, word<kSecond>> {};

struct comma : sym<","> {};
struct name : seq<raw<&B::PushName, free_word>, ws> {};
template <Fixed kWhat>
struct need_name : need<name, kWhat> {};
struct names : seq<name, star<comma, need_name<"a name after the comma">>> {};
template <Fixed kWhat>
struct need_names : need<names, kWhat> {};

struct word_byte : pegtl::ranges<'a', 'z', 'A', 'Z', '0', '9', '_', '_', '\x80', '\xff'> {};
struct digits : seq<plus<digit>, star<one<'_'>, plus<digit>>> {};
struct number_text : seq<digits, opt<one<'.'>, digits>> {};
struct currency_text : seq<rep<3, pegtl::upper>, not_at<word_byte>> {};
struct clock_text
    : seq<rep_min_max<1, 2, digit>, one<':'>, rep<2, digit>, opt<one<':'>, rep<2, digit>>, not_at<digit>> {};
struct date_text : seq<rep<4, digit>, one<'-'>, rep<2, digit>, one<'-'>, rep<2, digit>, not_at<digit>> {};

struct expression;
struct postfix;
struct value;

template <Fixed kWhat>
struct need_condition : need<expression, kWhat> {};

// --- Literals ---
struct text_char : sor<seq<one<'\\'>, pegtl::not_one<'\n', '\r'>>, sign<"{{">, sign<"}}">,
                       pegtl::not_one<'"', '{', '\\', '\n', '\r'>> {};
struct text_fixed : raw<&B::AddTextFixed, plus<text_char>> {};
struct text_hole : seq<one<'{'>, ws, need<expression, "an expression after `{` (write {{ for a brace)">,
                       need<one<'}'>, "`}` after the expression">, call<&B::AddTextHole>> {};
struct text_literal : act<&B::EndText, at<one<'"'>>, call<&B::BeginText>, one<'"'>,
                          star<sor<text_fixed, text_hole>>, sor<one<'"'>, call<&B::FailTextNotClosed>>, ws> {
};
struct plain : seq<text_literal, call<&B::TakePlainText>> {};
template <Fixed kWhat>
struct need_plain : need<plain, kWhat> {};

struct clock : seq<raw<&B::MakeClock, clock_text>, ws> {};
struct clock_on_day : seq<same_line, act<&B::ReportLater<Code::kLaterClockOnDay>, kw<"on">,
                                         need<postfix, "a day">, call<&B::DropExpr>>> {};
struct date : seq<raw<&B::MakeDate, date_text>, ws> {};
struct date_or_instant : seq<date, opt<at<clock_text>, clock, call<&B::MakeDateTime>>> {};
struct duration_part
    : seq<at<number_text, ws, time_unit>, raw<&B::AddDurationPart, number_text, ws, time_unit>, ws> {};
struct open_hours : act<&B::ReportLater<Code::kLaterOpenHours>, kw<"of">, need_name<"the name of a calendar">,
                        call<&B::DropName>> {};
struct duration : seq<act<&B::MakeDuration, plus<duration_part>>, opt<open_hours>> {};
struct working_days : act<&B::PushLater<Code::kLaterOpenHours>, at<number_text, ws, word<"working">>,
                          number_text, ws, kw<"working">, opt<free_word, ws>,
                          opt<kw<"of">, need_name<"the name of a calendar">, call<&B::DropName>>> {};
struct percent : seq<raw<&B::MakePercent, number_text, one<'%'>>, ws> {};
struct money : seq<raw<&B::MakeMoney, number_text, star<one<' '>>, currency_text>, ws> {};
struct number : seq<raw<&B::MakeNumber, number_text>, ws> {};
struct count : seq<raw<&B::MakeCount, number_text>, ws> {};
struct literal : seq<at<digit>, sor<date_or_instant, seq<clock, opt<clock_on_day>>, duration, working_days,
                                    percent, money, number>> {};
struct flag
    : sor<seq<raw<&B::MakeFlag<true>, word<"yes">>, ws>, seq<raw<&B::MakeFlag<false>, word<"no">>, ws>> {};

// --- Aggregates ---
struct where : seq<kw<"where">, call<&B::EnterWhere>, need_condition<"a condition after `where`">,
                   call<&B::SetAggregateWhere>> {};
struct with_same : seq<kw<"with">, need<kw<"same">, "`same` and a field after `with`">,
                       need_name<"the name of a field after `with same`">> {};
struct calendar_window
    : sor<word<"today">, word<"yesterday">,
          seq<sor<word<"this">, word<"last">>, ws,
              sor<word<"day">, word<"week">, word<"month">, word<"quarter">, word<"year">>>> {};
struct later_window
    : act<&B::ReportLater<Code::kLaterCalendarWindow>, opt<word<"in">, ws>, calendar_window, ws> {};
struct week_before_last : act<&B::ReportLater<Code::kLaterCalendarWindow>, kw<"the">,
                              sor<word<"week">, word<"month">>, ws, kw<"before">, kw<"last">> {};
struct earlier_window
    : act<&B::ReportLater<Code::kLaterEarlierWindow>, kw<"the">, need<postfix, "a duration">,
          call<&B::DropExpr>, need<kw<"before">, "`before that`">, need<kw<"that">, "`that`">> {};
struct last_window : act<&B::SetWindowLast, kw<"in">, need<kw<"last">, "`last` and a duration after `in`">,
                         need<postfix, "a duration such as `24 hours`">> {};
struct in_window
    : sor<seq<at_phrase<"in", "the">, kw<"in">,
              sor<seq<at<kw<"the">, sor<word<"week">, word<"month">>>, week_before_last>, earlier_window>>,
          last_window> {};
struct since_window
    : seq<act<&B::SetWindowSince, kw<"since">, need_name<"the name of an event or a journey">>,
          opt<act<&B::SetWindowEntered, kw<"entered">, need_name<"the name of a stage">>>> {};
struct window : sor<seq<at<opt<word<"in">, ws>, calendar_window>, later_window>,
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
struct arm : act<&B::PushLater<Code::kLaterExperiment>, kw<"arm">, need<kw<"of">, "`of`">,
                 need_name<"the name of an experiment">, call<&B::DropName>> {};
struct time_in
    : seq<at_phrase<"time", "in">,
          act<&B::PushLater<Code::kLaterTimeIn>, phrase<"time", "in">, need_name<"the name of a stage">,
              call<&B::DropName>, opt<kw<"of">, need_name<"the name of a calendar">, call<&B::DropName>>>> {};
struct time_until
    : seq<at_phrase<"time", "until">, act<&B::PushLater<Code::kLaterTimeUntil>, phrase<"time", "until">,
                                          need<nested<postfix>, "a time">, call<&B::DropExpr>>> {};
struct next_yearly
    : seq<at_phrase<"next", "yearly">, act<&B::PushLater<Code::kLaterNextYearly>, phrase<"next", "yearly">,
                                           need<nested<postfix>, "a date">, call<&B::DropExpr>>> {};
struct primary
    : sor<text_literal, literal, parenthesised, flag, if_then_else, pick<"smaller", PickKind::kSmaller>,
          pick<"larger", PickKind::kLarger>, lower_case, length, time_in, time_until, next_yearly, aggregate,
          arm, seq<not_at<clause_here>, name, call<&B::MakeNameRef>>, wrong<"!", "not ">> {};

// --- Operators, tightest first ---
struct field : seq<sym<".">, need_name<"the name of a field after the dot">, call<&B::MakeFieldRef>> {};
struct before_this : seq<at_phrase<"before", "this">,
                         act<&B::ReportLater<Code::kLaterBeforeThis>, phrase<"before", "this">>> {};
struct postfix : seq<primary, star<field>, opt<before_this>> {};
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
struct value
    : seq<sum, star<at_phrase<"or", "else">,
                    binary<BinaryOp::kOrElse, phrase<"or", "else">, sum, "a value after `or else`">>> {};

struct wrong_operator
    : sor<wrong<"==", "is">, wrong<"=>", ">=">, wrong<"=<", "<=">, wrong<"=", "is">, wrong<"!=", "is not">,
          wrong<"<>", "is not">, wrong<"&&", "and">, wrong<"||", "or">, wrong<"equals", "is">,
          wrong<"is more than", ">">, wrong<"is greater than", ">">, wrong<"is less than", "<">,
          wrong<"is at least", ">=">, wrong<"is at most", "<=">> {};
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
struct expression : nested<disjunction> {};

template <Fixed kWhat>
struct need_value : need<nested<value>, kWhat> {};

// --- Blocks ---
struct fail_clause : fail<&B::FailClause> {};
struct block_end : sor<one<'}'>, eof, declaration_here> {};
/// Clauses in braces; each is one of the rules, or an error from which parsing goes on at the next.
template <BlockKind kKind, typename... Clauses>
struct block
    : seq<need<at<one<'{'>>, "`{`">, act<&B::OpenBlock<kKind>, one<'{'>, ws>,
          star<not_at<block_end>, sor<pegtl::try_catch_type<SyntaxError, sor<Clauses..., fail_clause>>,
                                      skip<&B::RecoverInBlock>>>,
          sor<sym<"}">, call<&B::ReportBlockNotClosed>>> {};

struct was
    : act<&B::ReportLater<Code::kLaterWas>, kw<"was">, need_name<"the former name">, call<&B::DropName>> {};
template <Fixed kKeyword, auto kTable, Fixed kWhat>
struct head : seq<kw<kKeyword>, need_name<kWhat>, call<&B::BeginNamed<kTable>>, opt<was>> {};
template <auto kTable>
struct of_entity : seq<need<kw<"of">, "`of` and the entity">, need_name<"the name of the entity after `of`">,
                       call<&B::SetEntity<kTable>>> {};
/// Clauses that set or add one expression.
template <auto kTable, auto kMember, typename... Rules>
struct set_clause : act<&B::SetExpr<kTable, kMember>, Rules...> {};
template <auto kTable, auto kMember, typename... Rules>
struct add_clause : seq<Rules..., call<&B::AddExpr<kTable, kMember>>> {};

// --- Ruleset ---
template <auto kMember, typename... Rules>
struct ruleset_value : set_clause<&T::rulesets, kMember, Rules...> {};
struct channel : seq<need_name<"the name of a channel">, need<kw<"as">, "`as task` or `as message`">,
                     sor<seq<kw<"task">, call<&B::AddChannel<ChannelKind::kTask>>>,
                         seq<kw<"message">, call<&B::AddChannel<ChannelKind::kMessage>>>,
                         need<pegtl::failure, "`task` or `message`">>> {};
struct channels : seq<kw<"channels">, channel, star<comma, channel>> {};
struct wire_name : sor<act<&B::SetWireType, kw<"type">, need_plain<"a name in quotes">>,
                       act<&B::SetWireTime, kw<"time">, need_plain<"a name in quotes">>,
                       act<&B::SetWireId, kw<"id">, need_plain<"a name in quotes">>> {};
struct late : seq<kw<"late">, need<sor<act<&B::SetLate<LatePolicy::kApply>, kw<"apply">>,
                                       act<&B::SetLate<LatePolicy::kDrop>, kw<"drop">>,
                                       act<&B::SetLate<LatePolicy::kDeadLetter>, kw<"dead_letter">>>,
                                   "`apply`, `drop` or `dead_letter`">> {};
struct ruleset
    : seq<head<"ruleset", &T::rulesets, "the name of the ruleset">,
          block<BlockKind::kRuleset, act<&B::SetTitle, kw<"title">, need_plain<"a title in quotes">>,
                act<&B::SetZone, kw<"zone">, need_plain<"a zone in quotes, such as \"America/Chicago\"">>,
                act<&B::SetCurrency, kw<"currency">,
                    need<seq<currency_text, ws>, "a currency of three capitals, such as USD">>,
                channels,
                seq<kw<"wire">, need<plus<wire_name>, "`type`, `time` or `id` and a name in quotes">>, late,
                ruleset_value<&RulesetDecl::lateness, kw<"lateness">, need_value<"a duration">>,
                ruleset_value<&RulesetDecl::dedupe, kw<"dedupe">, need_value<"a duration">>,
                ruleset_value<&RulesetDecl::keep, kw<"keep">, need<count, "a number">>,
                ruleset_value<&RulesetDecl::stale_after, kw<"stale">,
                              need<kw<"after">, "`after` and a duration">, need_value<"a duration">>>> {};

// --- Choice, entity, event ---
struct choice : seq<head<"choice", &T::choices, "the name of the choice">,
                    block<BlockKind::kChoice,
                          seq<name, call<&B::AddNames<&T::choices, &ChoiceDecl::values>>, opt<comma>>>> {};
struct type : seq<same_line, name, call<&B::MakeType>,
                  opt<at_phrase<"up", "to">, kw<"up">, kw<"to">, need<count, "a number of bytes">,
                      need<kw<"bytes">, "`bytes`">, call<&B::SetTypeBytes>>> {};
template <Fixed kWhat>
struct need_type : need<type, kWhat> {};
struct attribute : seq<act<&B::EndAttribute, name, need_type<"the type of the attribute, such as `text`">,
                           opt<sym<"=">, need<expression, "a value after `=`">, call<&B::SetDefault>>>,
                       opt<comma>> {};
struct activity : seq<kw<"activity">, need_names<"the names of events">> {};
struct forget : seq<at_phrase<"forget", "after">,
                    set_clause<&T::entities, &EntityDecl::forget_after, phrase<"forget", "after">,
                               need_value<"a duration">, need<kw<"quiet">, "`quiet` after the duration">>> {};
struct part_of : act<&B::ReportLater<Code::kLaterParts>, kw<"within">, need_name<"the name of an entity">,
                     call<&B::DropName>> {};
struct entity : seq<head<"entity", &T::entities, "the name of the entity">,
                    opt<kw<"by">, need_name<"the name of the key field">, call<&B::SetKey>>, opt<part_of>,
                    block<BlockKind::kEntity, act<&B::SetActivity, activity>, forget, attribute>> {};

struct from_path : seq<at<word<"from">, ws, one<'"'>>, kw<"from">, plain> {};
struct event_field : seq<act<&B::EndField, name, need_type<"the type of the field, such as `text`">,
                             opt<sym<"?">, call<&B::SetOptional>>, opt<from_path>>,
                         opt<comma>> {};
struct event_part : sor<act<&B::SetWireName, kw<"from">, need_plain<"the name on the wire, in quotes">>,
                        seq<kw<"sets">, need_names<"the names of attributes">,
                            call<&B::AddNames<&T::events, &EventDecl::sets>>>,
                        seq<at<one<'{'>>, block<BlockKind::kFields, event_field>>> {};
struct event : seq<head<"event", &T::events, "the name of the event">, need<kw<"of">, "`of` and the entity">,
                   need_names<"the name of the entity after `of`">,
                   call<&B::AddNames<&T::events, &EventDecl::entities>>, star<event_part>> {};
struct group
    : seq<head<"events", &T::groups, "the name of the group">, need<sym<"=">, "`=` and a list of events">,
          need_names<"the names of events">, call<&B::AddNames<&T::groups, &EventGroupDecl::events>>> {};
struct feature : seq<head<"feature", &T::features, "the name of the feature">, of_entity<&T::features>,
                     set_clause<&T::features, &FeatureDecl::value, need<sym<"=">, "`=` and an expression">,
                                need<expression, "an expression after `=`">>> {};

// --- Journey ---
template <Code kCode>
struct give_up : seq<call<&B::FailLater<kCode>>> {};
struct start : seq<at<word<"start">, ws, not_at<sor<one<','>, sign<"->">>>>,
                   act<&B::SetStart, kw<"start">, need_name<"the name of a stage">>> {};
struct end : seq<at<word<"end">, ws, not_at<sor<one<','>, sign<"->">>>>, kw<"end">,
                 need_names<"the names of stages">, call<&B::AddNames<&T::journeys, &JourneyDecl::ends>>> {};
struct arrow : sor<sym<"->">, fail<&B::FailArrow>> {};
struct task_step : seq<at<sor<word<"done">, word<"declined">, word<"expired">>, ws, same_line, free_word>,
                       give_up<Code::kLaterTaskStep>> {};
struct transition_on
    : seq<kw<"on">,
          sor<task_step, seq<at_phrase<"every", "open">, give_up<Code::kLaterClockTrigger>>,
              seq<need_name<"the name of an event or a stall after `on`">, call<&B::SetTransitionOn>>>,
          opt<kw<"where">, need_condition<"a condition after `where`">, call<&B::SetTransitionWhere>>> {};
struct transition_after : seq<kw<"after">, need_value<"a duration after `after`">,
                              call<&B::SetTransitionValue<TransitionKind::kAfter>>,
                              opt<kw<"quiet">, call<&B::SetTransitionQuiet>>> {};
struct transition_when : seq<kw<"when">, need_condition<"a condition after `when`">,
                             call<&B::SetTransitionValue<TransitionKind::kWhen>>> {};
struct transition
    : act<&B::EndTransition,
          sor<seq<kw<"any">, call<&B::SetTransitionAny>, arrow>,
              seq<names, arrow, call<&B::SetTransitionFrom>>>,
          need_name<"the name of the stage to go to">, call<&B::SetTransitionTo>,
          need<sor<transition_on, transition_after, transition_when>, "`on`, `after` or `when`">> {};
struct journey : seq<head<"journey", &T::journeys, "the name of the journey">, of_entity<&T::journeys>,
                     block<BlockKind::kJourney, start, end, transition>> {};

// --- Stall ---
struct including_existing : act<&B::ReportLater<Code::kLaterIncludingExisting>, kw<"including">,
                                need<kw<"existing">, "`existing`">> {};
struct until : act<&B::ReportLater<Code::kLaterUntil>, kw<"until">,
                   need_condition<"a condition after `until`">, call<&B::DropExpr>> {};
struct named_wait : act<&B::ReportLater<Code::kLaterNamedWait>, kw<"as">, need_name<"a name for the event">,
                        call<&B::DropName>> {};
struct by_time : seq<at<word<"by">>, give_up<Code::kLaterByTime>> {};
struct wait_kind : sor<seq<kw<"first">, call<&B::SetStallKind<StallKind::kAfterFirst>>>,
                       seq<kw<"each">, call<&B::SetStallKind<StallKind::kAfterEach>>>,
                       call<&B::SetStallKind<StallKind::kAfter>>> {};
struct stall_wait
    : act<&B::EndStallTrigger, kw<"after">, wait_kind, need_name<"the name of an event">,
          call<&B::SetStallEvent>, opt<named_wait>,
          opt<kw<"where">, need_condition<"a condition after `where`">, call<&B::SetStallEventWhere>>,
          need<kw<"no">, "`no` and the events that have to follow">,
          need_names<"the names of events after `no`">, call<&B::SetStallAbsent>,
          opt<with_same, call<&B::SetStallSame>>,
          opt<kw<"where">, need_condition<"a condition after `where`">, call<&B::SetStallAbsentWhere>>,
          sor<by_time,
              seq<need<kw<"within">, "`within` and a duration">, need_value<"a duration after `within`">>>,
          call<&B::SetStallDuration>> {};
struct stall_no : act<&B::EndStallTrigger, kw<"no">, call<&B::SetStallKind<StallKind::kNoFor>>,
                      need_names<"the names of events after `no`">, call<&B::SetStallAbsent>,
                      need<kw<"for">, "`for` and a duration">, need_value<"a duration after `for`">,
                      call<&B::SetStallDuration>> {};
template <Fixed kWord, StallKind kKind>
struct stall_span : act<&B::EndStallTrigger, kw<kWord>, call<&B::SetStallKind<kKind>>,
                        need_value<"a duration">, call<&B::SetStallDuration>> {};
struct because : act<&B::EndBecause, kw<"because">, need<text_literal, "a reason in quotes">,
                     opt<kw<"when">, need_condition<"a condition after `when`">, call<&B::SetWhen>>> {};
struct stall : seq<head<"stall", &T::stalls, "the name of the stall">, of_entity<&T::stalls>,
                   block<BlockKind::kStall,
                         add_clause<&T::stalls, &StallDecl::while_conditions, kw<"while">,
                                    need_condition<"a condition after `while`">>,
                         add_clause<&T::stalls, &StallDecl::unless, kw<"unless">,
                                    need_condition<"a condition after `unless`">>,
                         stall_span<"quiet", StallKind::kQuiet>, stall_span<"for", StallKind::kFor>, stall_no,
                         stall_wait, because, until, including_existing>> {};

// --- Score, unit ---
struct line_part : sor<act<&B::SetLineWhen, kw<"when">, need_condition<"a condition after `when`">>,
                       act<&B::SetLineBecause, kw<"because">, need<text_literal, "a reason in quotes">>> {};
template <Fixed kWord, bool kTake>
struct score_line
    : act<&B::EndScoreLine<kTake>, kw<kWord>, need_value<"points">, call<&B::SetPoints>, star<line_part>> {};
struct kept : act<&B::SetKept, kw<"kept">, need<kw<"between">, "`between`">, need_value<"the lowest score">,
                  need<kw<"and">, "`and` and the highest score">, need_value<"the highest score">> {};
struct score : seq<head<"score", &T::scores, "the name of the score">, of_entity<&T::scores>,
                   block<BlockKind::kScore,
                         set_clause<&T::scores, &ScoreDecl::start, kw<"start">, need_value<"points">>,
                         score_line<"add", false>, score_line<"take", true>, kept>> {};
struct unit_hours : act<&B::ReportLater<Code::kLaterUnitHours>, kw<"hours">,
                        need_name<"the name of a calendar">, call<&B::DropName>> {};
struct capacity
    : act<&B::ReportLater<Code::kLaterCapacity>, kw<"at">, need<kw<"most">, "`most`">, number_text, ws,
          opt<kw<"open">>, opt<kw<"tasks">>, opt<kw<"per">, opt<name, call<&B::DropName>>>> {};
struct unit : seq<head<"unit", &T::units, "the name of the unit">,
                  opt<at<one<'{'>>, block<BlockKind::kUnit, unit_hours, capacity>>> {};

// --- Nudge ---
struct then : seq<at<word<"then">>, give_up<Code::kLaterSequence>> {};
struct moment
    : sor<seq<at<word<"every">, ws, not_at<one<'.'>>, same_line, free_word>,
              give_up<Code::kLaterClockTrigger>>,
          seq<at<free_word, ws, word<"entering">>, name, kw<"entering">,
              need_name<"the name of a stage after `entering`">, call<&B::SetOnEntering>>,
          seq<at<free_word, ws, word<"then">>, name, then>,
          seq<at<free_word, ws, word<"where">>, name, call<&B::SetOnName>, kw<"where">,
              need_condition<"a condition after `where`">, call<&B::SetOnWhere>, opt<then>>,
          seq<need_condition<"an event, a stall, `JOURNEY entering STAGE` or a condition after `on`">,
              call<&B::SetOnExpression>>> {};
struct destination
    : act<&B::EndDestination, need_name<"the name of a unit">, call<&B::BeginDestination>,
          opt<sym<"/">, need<nested<postfix>, "the key after `/`">, call<&B::SetDestinationKey>>> {};
struct to : act<&B::EndTo, kw<"to">, destination,
                star<sor<seq<comma, need<kw<"else">, "`else` and another unit">>, kw<"else">>, destination>> {
};
struct valid_for
    : act<&B::ReportLater<Code::kLaterValidFor>, kw<"valid">, need<kw<"for">, "`for` and a duration">,
          need_value<"a duration">, call<&B::DropExpr>> {};
struct repeat : act<&B::ReportLater<Code::kLaterRepeat>, kw<"repeat">,
                    need<kw<"every">, "`every` and a duration">, need_value<"a duration">, call<&B::DropExpr>,
                    opt<at_phrase<"up", "to">, phrase<"up", "to">, need<count, "a number">,
                        call<&B::DropExpr>, opt<kw<"times">>>> {};
struct due
    : act<&B::ReportLater<Code::kLaterDue>, kw<"due">, opt<kw<"by">>, nested<value>, call<&B::DropExpr>> {};
struct otherwise : act<&B::ReportLater<Code::kLaterLadder>, kw<"otherwise">,
                       opt<kw<"after">, need_value<"a duration">, call<&B::DropExpr>>,
                       need<kw<"to">, "`to` and a unit">, destination, call<&B::DropDestinations>> {};
struct expires
    : act<&B::ReportLater<Code::kLaterExpires>, kw<"expires">, need<kw<"after">, "`after` and a duration">,
          need_value<"a duration">, call<&B::DropExpr>> {};
struct keep_when_over : act<&B::ReportLater<Code::kLaterKeepWhenOver>, kw<"keep">,
                            need<kw<"when">, "`when over`">, need<kw<"over">, "`over`">> {};
template <auto kMember, typename... Rules>
struct nudge_value : set_clause<&T::nudges, kMember, Rules...> {};
struct nudge
    : seq<head<"nudge", &T::nudges, "the name of the nudge">, of_entity<&T::nudges>,
          block<BlockKind::kNudge, act<&B::EndOn, kw<"on">, moment>,
                nudge_value<&NudgeDecl::while_condition, kw<"while">,
                            need_condition<"a condition after `while`">>,
                add_clause<&T::nudges, &NudgeDecl::if_conditions, kw<"if">,
                           need_condition<"a condition after `if`">>,
                act<&B::SetDo, kw<"do">, need_name<"the name of a channel">,
                    need<text_literal, "a text in quotes">>,
                to, nudge_value<&NudgeDecl::worth, kw<"worth">, need<expression, "a value after `worth`">>,
                nudge_value<&NudgeDecl::again_after, kw<"again">, need<kw<"after">, "`after` and a duration">,
                            need_value<"a duration">>,
                add_clause<&T::nudges, &NudgeDecl::withdraw_when, kw<"withdraw">,
                           need<kw<"when">, "`when` and a condition">,
                           need_condition<"a condition after `when`">>,
                valid_for, repeat, due, otherwise, expires, keep_when_over, until, including_existing>> {};

// --- Policy ---
struct best : act<&B::SetBest, kw<"best">, need<count, "a number after `best`">,
                  need<kw<"by">, "`by` and a value">, need<expression, "a value after `by`">> {};
template <Fixed kWord, LimitPer kPer>
struct per : seq<kw<kWord>, call<&B::SetLimitPer<kPer>>> {};
struct limit_span : sor<seq<kw<"in">, need_value<"a duration after `in`">, call<&B::SetLimitDuration>,
                            call<&B::SetLimitPer<LimitPer::kRolling>>>,
                        seq<kw<"per">, need<sor<per<"day", LimitPer::kDay>, per<"week", LimitPer::kWeek>,
                                                per<"month", LimitPer::kMonth>>,
                                            "`day`, `week` or `month`">>> {};
struct limit : act<&B::EndLimit, kw<"at">, need<kw<"most">, "`most` and a number">,
                   need<count, "a number after `at most`">, call<&B::SetLimitCount>,
                   opt<not_at<word<"per">>, name, call<&B::SetLimitSubject>>,
                   need<limit_span, "`in` and a duration, or `per day`, `per week` or `per month`">> {};
struct in_zone : act<&B::ReportLater<Code::kLaterEntityZone>, kw<"in">, need<kw<"zone">, "`zone`">,
                     need<nested<postfix>, "a zone">, call<&B::DropExpr>> {};
struct quiet_hours
    : act<&B::EndQuietHours, kw<"quiet">, need<kw<"hours">, "`hours` after `quiet`">,
          need_condition<"a time of day such as 20:00, or a condition">,
          opt<kw<"to">, call<&B::SetQuietFrom>, need_value<"a time of day after `to`">>, opt<in_zone>> {};
struct policy
    : seq<head<"policy", &T::policies, "the name of the policy">, of_entity<&T::policies>,
          block<BlockKind::kPolicy, act<&B::SetCovers, kw<"covers">, need_names<"the names of nudges">>, best,
                limit, quiet_hours,
                add_clause<&T::policies, &PolicyDecl::never, kw<"never">,
                           need<kw<"when">, "`when` and a condition">,
                           need_condition<"a condition after `when`">>,
                set_clause<&T::policies, &PolicyDecl::holdout, kw<"holdout">,
                           need_value<"a share such as 5%">>>> {};

// --- Files ---
template <Fixed kWord, Code kCode, auto kAdd>
struct later_named
    : seq<act<&B::ReportLater<kCode>, kw<kWord>, need_name<"a name">, call<kAdd>>, skip_declaration> {};
template <Fixed kWord, Code kCode>
struct later_unnamed : seq<act<&B::ReportLater<kCode>, kw<kWord>>, skip_declaration> {};
struct any_declaration
    : sor<ruleset, choice, entity, event, group, feature, journey, stall, score, unit, nudge, policy,
          later_named<"calendar", Code::kLaterCalendar, &B::AddLaterCalendar>,
          later_named<"experiment", Code::kLaterExperiment, &B::AddLaterExperiment>,
          later_named<"table", Code::kLaterTable, &B::AddLaterTable>, later_unnamed<"test", Code::kLaterTest>,
          later_unnamed<"use", Code::kLaterUse>, fail<&B::FailDeclaration>> {};
struct declaration : seq<call<&B::BeginDeclaration>, act<&B::EndDeclaration, any_declaration>> {};
struct file
    : seq<ws,
          star<not_at<eof>, sor<pegtl::try_catch_type<SyntaxError, declaration>, skip<&B::RecoverInFile>>>> {
};

}  // namespace

void MatchFile(std::string_view text, TreeBuilder& builder) {
  pegtl::memory_input<pegtl::tracking_mode::lazy> in(text.data(), text.data() + text.size(), "");
  pegtl::parse<file, Action, Control>(in, builder);
}

}  // namespace lull::dsl::syntax

namespace tao::pegtl {

// What the analysis needs to know of the rules with a match of their own.
template <typename Name, typename Rule>
requires std::is_base_of_v<lull::dsl::syntax::consuming, Rule>
struct analyze_traits<Name, Rule> : analyze_any_traits<> {
};
template <typename Name, typename Rule>
requires(std::is_base_of_v<lull::dsl::syntax::scanner<Rule>, Rule> &&
         !std::is_base_of_v<lull::dsl::syntax::consuming, Rule>) struct analyze_traits<Name, Rule>
    : analyze_opt_traits<> {
};
template <typename Name, typename Rule>
struct analyze_traits<Name, lull::dsl::syntax::nested<Rule>> : analyze_seq_traits<Rule> {};

}  // namespace tao::pegtl

namespace lull::dsl::syntax {

std::size_t CountLoops() { return pegtl::analyze<file>(-1); }

}  // namespace lull::dsl::syntax
