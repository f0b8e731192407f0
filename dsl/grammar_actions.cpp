// The grammar of units, nudges and policies.
#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax::grammar {
namespace {

// --- Unit ---
struct unit_hours : act<&B::SetUnitHours, kw<"hours">, need_name<"the name of a calendar">> {};
struct capacity
    : act<&B::SetOpenTasks, kw<"at">, need<kw<"most">, "`most`">, need<count, "a number after `at most`">,
          need<kw<"open">, "`open tasks`">, need<sor<kw<"tasks">, kw<"task">>, "`tasks`">,
          opt<kw<"per">, need<kw<"key">, "`key` after `per`">, call<&B::SetPerKey>>> {};
struct unit : seq<head<"unit", &T::units, "the name of the unit">,
                  opt<at<one<'{'>>, block<BlockKind::kUnit, unit_hours, capacity>>> {};

// --- Nudge ---
struct month_day : sor<seq<kw<"day">, need<count, "the day of the month">, call<&B::SetMonthDay>>,
                       seq<at_phrase<"the", "last">, phrase<"the", "last">, need<kw<"day">, "`day`">,
                           call<&B::SetLastDay>>> {};
struct schedule_days
    : seq<name, star<sor<comma, kw<"and">>, need_name<"a day such as `monday`">>, call<&B::SetScheduleDays>> {
};
struct schedule
    : seq<kw<"every">,
          sor<seq<at_phrase<"open", "day">, phrase<"open", "day">, need<kw<"of">, "`of` and a calendar">,
                  need_name<"the name of a calendar">, call<&B::SetScheduleCalendar>>,
              seq<at_phrase<"month", "on">, phrase<"month", "on">,
                  need<month_day, "`day` and its number, or `the last day`">>,
              need<schedule_days, "`day`, `weekday`, the name of a day, or `month on day 1`">>,
          need<kw<"at">, "`at` and a time of day, such as `at 09:00`">,
          need<seq<raw<&B::MakeClock, clock_text>, ws, call<&B::SetScheduleClock>>,
               "a time of day such as 09:00">> {};
struct moment
    : sor<seq<at<word<"every">, ws, not_at<one<'.'>>, same_line, free_word>, schedule>,
          seq<at<free_word, ws, word<"entering">>, name, kw<"entering">,
              need_name<"the name of a stage after `entering`">, call<&B::SetOnEntering>>,
          seq<at_sequence, sequence, call<&B::SetOnSequence>>,
          seq<at<free_word, ws, word<"where">>, name, call<&B::SetOnName>, kw<"where">,
              need_condition<"a condition after `where`">, call<&B::SetOnWhere>,
              opt<at<word<"then">>, call<&B::BeginSequenceOfOn>, sequence_rest, call<&B::SetOnSequence>>>,
          seq<need_condition<"an event, a stall, `JOURNEY entering STAGE` or a condition after `on`">,
              call<&B::SetOnExpression>>> {};
struct destination
    : act<&B::EndDestination, need_name<"the name of a unit">, call<&B::BeginDestination>,
          opt<sym<"/">, need<nested<postfix>, "the key after `/`">, call<&B::SetDestinationKey>>> {};
struct to : act<&B::EndTo, kw<"to">, destination,
                star<sor<seq<comma, need<kw<"else">, "`else` and another unit">>, kw<"else">>, destination>> {
};
struct repeat : act<&B::SetRepeat, kw<"repeat">, need<kw<"every">, "`every` and a duration">,
                    need_value<"a duration">, call<&B::SetRepeatEvery>,
                    opt<at_phrase<"up", "to">, phrase<"up", "to">, need<count, "a number of reminders">,
                        call<&B::SetRepeatMax>, need<kw<"times">, "`times`">>> {};
struct due
    : seq<at<word<"due">>, sor<seq<at_phrase<"due", "by">,
                                   act<&B::SetDue<true>, phrase<"due", "by">, need_value<"a point in time">>>,
                               act<&B::SetDue<false>, kw<"due">, need_value<"a duration after `due`">>>> {};
struct otherwise
    : act<&B::EndRung, kw<"otherwise">, opt<kw<"after">, need_value<"a duration">, call<&B::SetRungAfter>>,
          need<kw<"to">, "`to` and a unit">, destination> {};
struct outcomes : act<&B::SetOutcomes, kw<"outcomes">,
                      need_names<"the names of outcomes, such as `reached, not_reached`">> {};
struct keep_when_over : act<&B::SetMark<&T::nudges, &NudgeDecl::keep_when_over>, kw<"keep">,
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
                nudge_value<&NudgeDecl::valid_for, kw<"valid">, need<kw<"for">, "`for` and a duration">,
                            need_value<"a duration">>,
                repeat, due, otherwise, outcomes,
                nudge_value<&NudgeDecl::expires_after, kw<"expires">,
                            need<kw<"after">, "`after` and a duration">, need_value<"a duration">>,
                keep_when_over, including_existing<&T::nudges>>> {};

// --- Experiment ---
struct experiment_arm : act<&B::EndArm, kw<"arm">, need_name<"a name for the arm">, call<&B::BeginArm>,
                            need_value<"the share of the arm, such as 50%">, call<&B::SetArmShare>,
                            opt<at_phrase<"held", "out">, phrase<"held", "out">, call<&B::SetArmHeldOut>>> {};
struct goal : act<&B::EndGoal, kw<"goal">, need_name<"the name of an event">, call<&B::SetGoalEvent>,
                  opt<kw<"where">, need_condition<"a condition after `where`">, call<&B::SetGoalWhere>>,
                  need<kw<"within">, "`within` and a duration">, need_value<"a duration after `within`">> {};
struct experiment : seq<head<"experiment", &T::experiments, "the name of the experiment">,
                        of_entity<&T::experiments>, block<BlockKind::kExperiment, experiment_arm, goal>> {};

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
struct in_zone : seq<at_phrase<"in", "zone">, phrase<"in", "zone">,
                     need<nested<postfix>, "a zone, such as `customer.zone`">, call<&B::SetQuietZone>> {};
struct quiet_span : seq<kw<"to">, call<&B::SetQuietFrom>, need_value<"a time of day after `to`">,
                        call<&B::SetQuietTo>, opt<in_zone>> {};
struct outside : seq<kw<"outside">, call<&B::SetQuietOutside>,
                     need_condition<"a calendar or a condition after `outside`">> {};
struct quiet_hours : act<&B::EndQuietHours, kw<"quiet">, need<kw<"hours">, "`hours` after `quiet`">,
                         sor<seq<at<word<"outside">, ws, free_word>, outside>,
                             seq<need_condition<"a time of day such as 20:00, a calendar, or a condition">,
                                 opt<quiet_span>>>> {};
struct policy
    : seq<head<"policy", &T::policies, "the name of the policy">, of_entity<&T::policies>,
          block<BlockKind::kPolicy, act<&B::SetCovers, kw<"covers">, need_names<"the names of nudges">>, best,
                limit, quiet_hours,
                add_clause<&T::policies, &PolicyDecl::never, kw<"never">,
                           need<kw<"when">, "`when` and a condition">,
                           need_condition<"a condition after `when`">>,
                set_clause<&T::policies, &PolicyDecl::holdout, kw<"holdout">,
                           need_value<"a share such as 5%">>>> {};

struct action : sor<unit, nudge, experiment, policy> {};

}  // namespace

bool MatchAction(GrammarInput& in, B& builder) { return MatchRule<action>(in, builder); }
std::size_t CountActionLoops() { return pegtl::analyze<action>(-1); }

}  // namespace lull::dsl::syntax::grammar
