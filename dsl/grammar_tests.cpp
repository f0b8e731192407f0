// The grammar of tests.
#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax::grammar {
namespace {

// --- Times ---
struct offset_unit : scanner<offset_unit>, consuming {
  using rule_t = offset_unit;
  static std::int64_t Scan(std::string_view rest, B&, std::uint32_t) {
    const std::string_view found = WordAt(rest, 0);
    return IsOffsetUnit(found) ? static_cast<std::int64_t>(found.size()) : -1;
  }
};
struct blanks : star<one<' ', '\t'>> {};
struct offset_part : seq<at<number_text, blanks, offset_unit>,
                         raw<&B::AddOffsetPart, number_text, blanks, offset_unit>, ws> {};
/// `+36h`, `+35h 59m`, `+1 day 12 hours`.
struct offset : act<&B::SetTestOffset, one<'+'>, ws,
                    need<plus<offset_part>, "a duration such as `36h` or `2 days` after `+`">> {};
struct instant : seq<at<digit>, postfix, call<&B::SetTestInstant>> {};
struct when : need<sor<offset, instant>, "a time such as `2026-03-02 10:00`, or `+36h`"> {};
struct test_time
    : sor<act<&B::SetTestTime<false>, kw<"at">, when>,
          seq<at<word<"by">, ws, sor<one<'+'>, digit>>, act<&B::SetTestTime<true>, kw<"by">, when>>> {};

// --- Entities, events, steps of tasks ---
struct wrong_sign : sor<wrong<"=", " ">, wrong<":", " ">> {};
struct test_value
    : seq<act<&B::EndTestValue, name, opt<wrong_sign>,
              sor<seq<at<one<'+'>>, offset, call<&B::SetValueTime>>,
                  seq<need_value<"a value after the name of the field">, call<&B::SetValueExpr>>>>,
          opt<comma>> {};
struct values : seq<sym<"{">, call<&B::OpenTestValues>,
                    star<not_at<block_end>, need<test_value, "the name of a field">>,
                    need<sym<"}">, "`}` after the fields">, call<&B::CloseTestValues>> {};
struct of_text : seq<at<word<"of">, ws, one<'"'>>, kw<"of">, plain> {};
struct of_key : seq<of_text, call<&B::SetItemOf>, opt<of_text, call<&B::SetItemOfWhole>>> {};
struct by_whom : seq<at<word<"by">, ws, one<'"'>>, kw<"by">, plain, call<&B::SetItemBy>> {};
struct begins_step : sor<word<"expect">, word<"at">, word<"by">, word<"held">> {};
struct second_name : seq<same_line, not_at<begins_step>, name, call<&B::SetItemSecond>> {};
struct test_item
    : act<&B::EndTestItem<TestItemKind::kNamed>, not_at<begins_step>, name, call<&B::SetItemName>,
          opt<second_name>, opt<at<one<'"'>>, plain, call<&B::SetItemText>>, opt<of_key>, opt<by_whom>,
          opt<at<one<'{'>>, values>> {};

// --- Expectations ---
template <Fixed kWord, ExpectOutcome kOutcome>
struct outcome : act<&B::SetExpectOutcome<kOutcome>, kw<kWord>> {};
struct outcomes
    : sor<outcome<"withdrawn", ExpectOutcome::kWithdrawn>, outcome<"escalated", ExpectOutcome::kEscalated>,
          outcome<"expired", ExpectOutcome::kExpired>, outcome<"waiting", ExpectOutcome::kWaiting>,
          outcome<"suppressed", ExpectOutcome::kSuppressed>,
          seq<at_phrase<"held", "out">,
              act<&B::SetExpectOutcome<ExpectOutcome::kHeldOut>, phrase<"held", "out">>>> {};
struct expect_to
    : seq<kw<"to">, need_name<"the name of a unit">, call<&B::SetExpectUnit>,
          opt<sym<"/">, need<nested<postfix>, "the key after `/`">, call<&B::SetExpectUnitKey>>> {};
struct outcome_word : sor<word<"withdrawn">, word<"escalated">, word<"expired">, word<"waiting">,
                          word<"suppressed">, word<"held">> {};
struct why_word : seq<name, call<&B::AddExpectWhy>> {};
struct why : sor<seq<at<one<'"'>>, plain, call<&B::AddExpectBecause>>,
                 seq<need<why_word, "a text in quotes, or why it was held back">,
                     opt<same_line, not_at<begins_step>, why_word>>> {};
struct expect_due
    : seq<kw<"due">, sor<seq<offset, call<&B::SetExpectDueTime>>,
                         seq<at<date_text>, instant, call<&B::SetExpectDueTime>>,
                         seq<need_value<"a duration or a time after `due`">, call<&B::SetExpectDueAfter>>>> {
};
struct expect_worth : seq<kw<"worth">, need_value<"a value after `worth`">, call<&B::SetExpectWorth>> {};
struct expect_text : seq<kw<"text">, need_plain<"a text in quotes">, call<&B::SetExpectText>> {};
struct tail_word : sor<word<"to">, word<"because">, word<"due">, word<"worth">,
                       seq<word<"text">, ws, one<'"'>>, seq<same_line, outcome_word>> {};
struct tail
    : seq<at<opt<comma>, tail_word>, opt<comma>,
          act<&B::EndExpectTail,
              sor<expect_to, seq<kw<"because">, why>, expect_due, expect_worth, expect_text, outcomes>>> {};
struct expected
    : sor<seq<kw<"nothing">, call<&B::SetExpectNothing>>,
          seq<at<word<"no">, ws, free_word>, kw<"no">, name, call<&B::SetExpectNoNudge>>,
          seq<need_condition<"`nothing`, a nudge, or a condition after `expect`">, call<&B::SetExpectExpr>>> {
};
struct expect : act<&B::EndTestItem<TestItemKind::kExpect>, kw<"expect">, expected, star<sor<of_key, tail>>> {
};

struct held_out
    : seq<at_phrase<"held", "out">, act<&B::EndTestItem<TestItemKind::kHeldOut>, phrase<"held", "out">>> {};
struct in_arm
    : act<&B::EndTestItem<TestItemKind::kArm>, kw<"in">, need<kw<"arm">, "`arm` and the name of an arm">,
          need_name<"the name of an arm">, call<&B::SetItemName>,
          opt<kw<"of">, need_name<"the name of an experiment">, call<&B::SetItemSecond>>> {};

/// Steps with commas between them are one clause.
struct step : sor<expect, held_out, in_arm, test_item> {};
struct steps : seq<step, star<comma, step>, opt<comma>> {};
struct test_clause : sor<seq<test_time, opt<same_line, steps>>, steps> {};
struct test : seq<kw<"test">, need_plain<"what the test shows, in quotes">, call<&B::BeginTest>,
                  block<BlockKind::kTest, test_clause>> {};

}  // namespace

bool MatchTest(GrammarInput& in, B& builder) { return MatchRule<test>(in, builder); }
std::size_t CountTestLoops() { return pegtl::analyze<test>(-1); }

}  // namespace lull::dsl::syntax::grammar
