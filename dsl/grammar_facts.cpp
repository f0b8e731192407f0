// The grammar of what there is and what is known: the header, choices, entities, events, features.
#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax::grammar {
namespace {

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
                          seq<name, was, call<&B::AddNames<&T::choices, &ChoiceDecl::values>>, opt<comma>>>> {
};
struct type : seq<same_line, name, call<&B::MakeType>,
                  opt<at_phrase<"up", "to">, kw<"up">, kw<"to">, need<count, "a number of bytes">,
                      need<kw<"bytes">, "`bytes`">, call<&B::SetTypeBytes>>> {};
template <Fixed kWhat>
struct need_type : need<type, kWhat> {};
struct attribute
    : seq<act<&B::EndAttribute, name, was, need_type<"the type of the attribute, such as `text`">,
              opt<sym<"=">, need<expression, "a value after `=`">, call<&B::SetDefault>>>,
          opt<comma>> {};
struct activity : seq<kw<"activity">, need_names<"the names of events">> {};
struct forget : seq<at_phrase<"forget", "after">,
                    set_clause<&T::entities, &EntityDecl::forget_after, phrase<"forget", "after">,
                               need_value<"a duration">, need<kw<"quiet">, "`quiet` after the duration">>> {};
struct part_of : seq<kw<"within">, need_name<"the name of the entity after `within`">, call<&B::SetWhole>> {};
struct entity : seq<head<"entity", &T::entities, "the name of the entity">,
                    opt<kw<"by">, need_name<"the name of the key field">, call<&B::SetKey>>, opt<part_of>,
                    sor<at<sor<eof, declaration_here>>,
                        block<BlockKind::kEntity, act<&B::SetActivity, activity>, forget, attribute>>> {};

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

struct fact : sor<ruleset, choice, entity, event, group, feature> {};

}  // namespace

bool MatchFact(GrammarInput& in, B& builder) { return MatchRule<fact>(in, builder); }
std::size_t CountFactLoops() { return pegtl::analyze<fact>(-1); }

}  // namespace lull::dsl::syntax::grammar
