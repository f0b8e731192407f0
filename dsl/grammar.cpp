// The grammar of a file: its declarations, in any order.
#include "dsl/grammar.h"

#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax {
namespace grammar {
namespace {

// --- Files ---
struct any_declaration : sor<far<MatchFact>, far<MatchState>, far<MatchAction>, far<MatchCalendar>,
                             far<MatchTest>, far<MatchTable>, fail<&B::FailDeclaration>> {};
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

bool MatchCell(std::string_view text, std::size_t begin, std::size_t end, TreeBuilder& builder) {
  grammar::GrammarInput in(text.data() + begin, text.data() + end, "");
  try {
    return grammar::MatchCell(in, builder) && in.empty();
  } catch (const SyntaxError&) {
    return false;
  }
}

bool MatchResult(std::string_view text, std::size_t begin, std::size_t end, TreeBuilder& builder) {
  grammar::GrammarInput in(text.data() + begin, text.data() + end, "");
  try {
    return grammar::MatchExpression(in, builder) && in.empty();
  } catch (const SyntaxError&) {
    return false;
  }
}

std::size_t CountLoops() {
  return grammar::pegtl::analyze<grammar::file>(-1) + grammar::CountExpressionLoops() +
         grammar::CountFactLoops() + grammar::CountStateLoops() + grammar::CountActionLoops() +
         grammar::CountCalendarLoops() + grammar::CountTestLoops() + grammar::CountTableLoops();
}

}  // namespace lull::dsl::syntax
