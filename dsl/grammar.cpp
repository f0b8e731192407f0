// The grammar of a file: its declarations, in any order.
#include "dsl/grammar.h"

#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax {
namespace grammar {
namespace {

// --- Files ---
template <Fixed kWord, Code kCode, auto kAdd>
struct later_named
    : seq<act<&B::ReportLater<kCode>, kw<kWord>, need_name<"a name">, call<kAdd>>, skip_declaration> {};
template <Fixed kWord, Code kCode>
struct later_unnamed : seq<act<&B::ReportLater<kCode>, kw<kWord>>, skip_declaration> {};
struct any_declaration : sor<far<MatchFact>, far<MatchState>, far<MatchAction>, far<MatchCalendar>,
                             far<MatchTest>, later_named<"table", Code::kLaterTable, &B::AddLaterTable>,
                             later_unnamed<"use", Code::kLaterUse>, fail<&B::FailDeclaration>> {};
struct declaration : seq<call<&B::BeginDeclaration>, act<&B::EndDeclaration, any_declaration>> {};
struct file
    : seq<ws,
          star<not_at<eof>, sor<pegtl::try_catch_type<SyntaxError, declaration>, skip<&B::RecoverInFile>>>> {
};

}  // namespace
}  // namespace grammar

void MatchFile(std::string_view text, TreeBuilder& builder) {
  grammar::GrammarInput in(text.data(), text.data() + text.size(), "");
  grammar::pegtl::parse<grammar::file, grammar::Action, grammar::Control>(in, builder);
}

std::size_t CountLoops() {
  return grammar::pegtl::analyze<grammar::file>(-1) + grammar::CountExpressionLoops() +
         grammar::CountFactLoops() + grammar::CountStateLoops() + grammar::CountActionLoops() +
         grammar::CountCalendarLoops() + grammar::CountTestLoops();
}

}  // namespace lull::dsl::syntax
