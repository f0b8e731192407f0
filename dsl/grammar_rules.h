// What all files of the grammar share: tokens, blocks of clauses, and the way to rules of another file.
//
// Rules of another file are reached through `far` rules: one function each, so that each file compiles alone.
#pragma once

#include "dsl/grammar_kit.h"

namespace lull::dsl::syntax::grammar {

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

// --- Rules of other files ---
using GrammarInput = pegtl::memory_input<pegtl::tracking_mode::lazy>;

/// A rule whose body is in another file: `kMatch` is MatchRule of it there.
template <bool (*kMatch)(GrammarInput&, B&)>
struct far : consuming {
  using rule_t = far;
  using subs_t = pegtl::empty_list;

  template <pegtl::apply_mode A, pegtl::rewind_mode, template <typename...> class,
            template <typename...> class>
  static bool match(GrammarInput& in, B& b) {
    static_assert(A == pegtl::apply_mode::action, "nothing is built while looking ahead");
    return kMatch(in, b);
  }
};

template <typename Rule>
bool MatchRule(GrammarInput& in, B& builder) {
  return pegtl::match<Rule, pegtl::apply_mode::action, pegtl::rewind_mode::required, Action, Control>(
      in, builder);
}

// grammar_expressions.cpp
bool MatchText(GrammarInput& in, B& builder);
bool MatchExpression(GrammarInput& in, B& builder);
bool MatchValue(GrammarInput& in, B& builder);
bool MatchPostfix(GrammarInput& in, B& builder);
// grammar_facts.cpp: what there is and what is known
bool MatchFact(GrammarInput& in, B& builder);
// grammar_states.cpp: journeys, stalls, scores
bool MatchState(GrammarInput& in, B& builder);
// grammar_actions.cpp: units, nudges, policies
bool MatchAction(GrammarInput& in, B& builder);
// grammar_calendars.cpp
bool MatchCalendar(GrammarInput& in, B& builder);
// grammar_tests.cpp
bool MatchTest(GrammarInput& in, B& builder);

/// Text in quotes, with what stands in its braces.
struct text_literal : far<MatchText> {};
/// A condition or any other expression.
struct expression : far<MatchExpression> {};
/// Without comparisons and `and`, `or`, `not`.
struct value : far<MatchValue> {};
/// One thing, with the fields after its dots.
struct postfix : far<MatchPostfix> {};

// grammar_tables.cpp: decision tables, `use`
bool MatchTable(GrammarInput& in, B& builder);
/// A cell of an input's column.
bool MatchCell(GrammarInput& in, B& builder);

// Rules that could loop without progress, by PEGTL's analysis.
std::size_t CountExpressionLoops();
std::size_t CountFactLoops();
std::size_t CountStateLoops();
std::size_t CountActionLoops();
std::size_t CountCalendarLoops();
std::size_t CountTestLoops();
std::size_t CountTableLoops();

template <Fixed kWhat>
struct need_condition : need<expression, kWhat> {};
template <Fixed kWhat>
struct need_value : need<nested<value>, kWhat> {};
struct plain : seq<text_literal, call<&B::TakePlainText>> {};
template <Fixed kWhat>
struct need_plain : need<plain, kWhat> {};
struct count : seq<raw<&B::MakeCount, number_text>, ws> {};
struct with_same : seq<kw<"with">, need<kw<"same">, "`same` and a field after `with`">,
                       need_name<"the name of a field after `with same`">> {};

// --- Sequences ---
struct step_where : act<&B::SetStepWhere, kw<"where">, need_condition<"a condition after `where`">> {};
struct step_name : seq<kw<"as">, need_name<"a name for the event after `as`">, call<&B::SetStepName>> {};
struct step_same : act<&B::SetStepSame, with_same> {};
struct step_rest : seq<opt<step_name>, opt<step_same>, opt<step_where>> {};
/// What follows the first step.
struct sequence_rest
    : seq<plus<kw<"then">, need_name<"the name of an event after `then`">, call<&B::BeginStep>, step_rest>,
          need<kw<"within">, "`within` and a duration">, need_value<"a duration after `within`">,
          call<&B::SetSequenceWithin>,
          opt<kw<"without">, need_names<"the names of events after `without`">, call<&B::SetSequenceWithout>>,
          opt<step_where>> {};
/// A sequence whose first step has a name, or no `where`.
struct at_sequence : at<free_word, ws, sor<word<"then">, word<"as">>> {};
struct sequence : seq<name, call<&B::BeginStep>, step_rest, need<at<word<"then">>, "`then` and an event">,
                      sequence_rest> {};

// --- Clauses of stalls and nudges ---
template <Code kCode>
struct give_up : seq<call<&B::FailLater<kCode>>> {};
template <auto kTable>
struct including_existing
    : act<&B::SetIncludingExisting<kTable>, kw<"including">, need<kw<"existing">, "`existing`">> {};

// --- Blocks ---
struct fail_clause : fail<&B::FailClause> {};
struct block_end : sor<one<'}'>, eof, declaration_here> {};
/// Clauses in braces; each is one of the rules, or an error from which parsing goes on at the next.
template <BlockKind kKind, typename... Clauses>
struct block : seq<need<at<one<'{'>>, "`{`">, act<&B::OpenBlock<kKind>, one<'{'>, ws>,
                   star<not_at<block_end>, call<&B::BeginClause>,
                        sor<pegtl::try_catch_type<SyntaxError, sor<Clauses..., fail_clause>>,
                            skip<&B::RecoverInBlock>>>,
                   sor<sym<"}">, call<&B::ReportBlockNotClosed>>> {};

/// The former names of what is named; the last one is the first that it had.
struct was : star<kw<"was">, need_name<"the former name after `was`">, call<&B::SetFormerName>> {};
template <Fixed kKeyword, auto kTable, Fixed kWhat>
struct head : seq<kw<kKeyword>, need_name<kWhat>, was, call<&B::BeginNamed<kTable>>> {};
template <auto kTable>
struct of_entity : seq<need<kw<"of">, "`of` and the entity">, need_name<"the name of the entity after `of`">,
                       call<&B::SetEntity<kTable>>> {};
/// Clauses that set or add one expression.
template <auto kTable, auto kMember, typename... Rules>
struct set_clause : act<&B::SetExpr<kTable, kMember>, Rules...> {};
template <auto kTable, auto kMember, typename... Rules>
struct add_clause : seq<Rules..., call<&B::AddExpr<kTable, kMember>>> {};

}  // namespace lull::dsl::syntax::grammar
