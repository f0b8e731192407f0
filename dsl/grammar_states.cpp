// The grammar of journeys, stalls and scores.
#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax::grammar {
namespace {

// --- Journey ---
struct start : seq<at<word<"start">, ws, not_at<sor<one<','>, sign<"->">>>>,
                   act<&B::SetStart, kw<"start">, need_name<"the name of a stage">>> {};
struct end : seq<at<word<"end">, ws, not_at<sor<one<','>, sign<"->">>>>, kw<"end">,
                 need_names<"the names of stages">, call<&B::AddNames<&T::journeys, &JourneyDecl::ends>>> {};
struct arrow : sor<sym<"->">, fail<&B::FailArrow>> {};
template <Fixed kWord, TaskEnd kEnd>
struct task_step : seq<at<word<kWord>, ws, same_line, free_word>, kw<kWord>, need_name<"the name of a nudge">,
                       call<&B::SetTransitionTaskEnd<kEnd>>> {};
struct any_task_step : sor<task_step<"done", TaskEnd::kDone>, task_step<"declined", TaskEnd::kDeclined>,
                           task_step<"expired", TaskEnd::kExpired>> {};
struct transition_on
    : seq<kw<"on">,
          sor<any_task_step,
              seq<at<word<"every">, ws, not_at<one<'.'>>, same_line, free_word>,
                  give_up<Code::kLaterClockTrigger>>,
              seq<at_sequence, sequence, call<&B::SetTransitionSequence>>,
              seq<need_name<"the name of an event or a stall after `on`">, call<&B::SetTransitionOn>>>,
          opt<kw<"where">, need_condition<"a condition after `where`">, call<&B::SetTransitionWhere>,
              opt<at<word<"then">>, call<&B::BeginSequenceOfTransition>, sequence_rest,
                  call<&B::SetTransitionSequence>>>> {};
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
struct renamed_stage : seq<at<free_word, ws, word<"was">>, name, was, call<&B::AddRenamedStage>> {};
struct journey : seq<head<"journey", &T::journeys, "the name of the journey">, of_entity<&T::journeys>,
                     block<BlockKind::kJourney, renamed_stage, start, end, transition>> {};

// --- Stall ---
struct wait_kind : sor<seq<kw<"first">, call<&B::SetStallKind<StallKind::kAfterFirst>>>,
                       seq<kw<"each">, call<&B::SetStallKind<StallKind::kAfterEach>>>,
                       call<&B::SetStallKind<StallKind::kAfter>>> {};
struct stall_wait
    : act<&B::EndStallTrigger, kw<"after">, wait_kind, need_name<"the name of an event">,
          call<&B::SetStallEvent>,
          opt<kw<"as">, need_name<"a name for the event after `as`">, call<&B::SetStallOpeningName>>,
          opt<kw<"where">, need_condition<"a condition after `where`">, call<&B::SetStallEventWhere>>,
          need<kw<"no">, "`no` and the events that have to follow">,
          need_names<"the names of events after `no`">, call<&B::SetStallAbsent>,
          opt<with_same, call<&B::SetStallSame>>,
          opt<kw<"where">, need_condition<"a condition after `where`">, call<&B::SetStallAbsentWhere>>,
          sor<seq<kw<"by">, need_value<"a time or a date after `by`">, call<&B::SetStallBy>>,
              seq<need<kw<"within">, "`within` and a duration, or `by` and a time or a date">,
                  need_value<"a duration after `within`">, call<&B::SetStallDuration>>>> {};
struct stall_no
    : act<&B::EndStallTrigger, kw<"no">, call<&B::SetStallKind<StallKind::kNoFor>>,
          need_names<"the names of events after `no`">, call<&B::SetStallAbsent>,
          opt<kw<"where">, need_condition<"a condition after `where`">, call<&B::SetStallAbsentWhere>>,
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
                         stall_wait, because,
                         add_clause<&T::stalls, &StallDecl::until, kw<"until">,
                                    need_condition<"a condition after `until`">>,
                         including_existing<&T::stalls>>> {};

// --- Score ---
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
struct state : sor<journey, stall, score> {};

}  // namespace

bool MatchState(GrammarInput& in, B& builder) { return MatchRule<state>(in, builder); }
std::size_t CountStateLoops() { return pegtl::analyze<state>(-1); }

}  // namespace lull::dsl::syntax::grammar
