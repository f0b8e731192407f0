// What single words of other languages are called here, and how each clause looks.
#include <algorithm>

#include "dsl/habits.h"

namespace lull::dsl {
namespace {

struct SynonymRow {
  std::string_view place;  // a block; empty: the kind of word is in the table's name
  std::string_view words;  // separated by |
  Synonym meant;
};

constexpr std::string_view kActInNudge =
    "a stall only says what has stalled; what to do about it stands in a nudge: "
    "`nudge n of customer { while this_stall do call \"...\" to sales }`";
constexpr std::string_view kReasonInStall =
    "reasons stand with a stall or a score; the nudge that uses them carries them along";

constexpr SynonymRow kClauseSynonyms[] = {
    {"a stall", "when|where|if|in|during|whilst|for_while", {"while", ""}},
    {"a stall", "reason|reasons|message|why|explain", {"because", ""}},
    {"a stall", "inactive|idle|silent|silence|inactivity", {"quiet", ""}},
    {"a stall", "except|excluding|but|not|exclude", {"unless", ""}},
    {"a stall", "do|to|call|send|worth|then|action", {"", kActInNudge}},
    {"a stall",
     "on",
     {"", "a stall lasts; write `while` for what has to hold, or `after EVENT no EVENT within 3 days`"}},
    {"a nudge",
     "when|whenever|trigger|upon|once",
     {"",
      "write `on` for an event (`on quote_started`), or `while` for a stall or something else that lasts"}},
    {"a nudge", "where|and|filter|condition|only|provided|given", {"if", ""}},
    {"a nudge", "unless|except|excluding|not|but", {"if not", ""}},
    {"a nudge", "send|then|action|message|notify|execute|perform|run", {"do", ""}},
    {"a nudge", "assign|route|owner|team|unit|for|queue|assignee", {"to", ""}},
    {"a nudge", "priority|value|weight|score|rank|importance", {"worth", ""}},
    {"a nudge", "cooldown|throttle|every|wait|snooze", {"again after", "write `again after 7 days`"}},
    {"a nudge", "cancel|retract|revoke|stop", {"withdraw when", ""}},
    {"a nudge", "deadline|sla", {"due", ""}},
    {"a nudge", "expire|ttl", {"expires after", ""}},
    {"a nudge", "escalate|escalation|fallback", {"otherwise", "write `otherwise to UNIT`"}},
    {"a nudge", "remind|reminder|reminders", {"repeat every", "write `repeat every 1 day up to 3 times`"}},
    {"a nudge", "because|reason|reasons", {"", kReasonInStall}},
    {"a nudge",
     "at|limit|max|best|holdout|never|quiet",
     {"",
      "limits and quiet hours stand in a policy: `policy contact of customer { at most 2 nudges in 7 days "
      "}`"}},
    {"a policy", "max|maximum|limit|cap|only", {"at most", ""}},
    {"a policy", "no", {"at most", "write `at most 2 nudges in 7 days`"}},
    {"a policy", "exclude|except|unless|skip|not|without|suppress", {"never when", ""}},
    {"a policy", "quiet_hours|silence|dnd|night", {"quiet hours", ""}},
    {"a policy", "control|holdback|control_group|hold", {"holdout", ""}},
    {"a policy", "top|pick|choose|highest", {"best", "write `best 1 by worth`"}},
    {"a policy", "for|applies|include|includes|nudges", {"covers", ""}},
    {"a policy",
     "to|do|while|on|if",
     {"", "this belongs in a nudge; a policy says how often and when nudges may go out"}},
    {"a score", "plus|give|points|increase|gain", {"add", ""}},
    {"a score", "minus|subtract|deduct|less|remove|reduce", {"take", ""}},
    {"a score", "base|initial|from|begin", {"start", ""}},
    {"a score",
     "cap|clamp|limit|between|min|max|range|bound",
     {"kept between", "write `kept between 0 and 100`"}},
    {"a score", "if|when|because", {"", "the points come first: `add 10 when ... because \"...\"`"}},
    {"a ruleset", "timezone|tz|time_zone", {"zone", ""}},
    {"a ruleset", "name|description|label|heading", {"title", ""}},
    {"a ruleset", "channel", {"channels", ""}},
    {"a ruleset", "money|currencies", {"currency", ""}},
    {"a ruleset", "deduplicate|dedup", {"dedupe", ""}},
    {"an entity",
     "key|primary",
     {"", "the key stands in the head: `entity customer by customer_id { ... }`"}},
    {"a unit", "capacity|limit|max|cap", {"at most", "write `at most 200 open tasks`"}},
    {"a unit", "calendar|opening|open", {"hours", "write `hours CALENDAR`"}},
};

constexpr SynonymRow kDeclarationSynonyms[] = {
    {"", "rule|action|alert|trigger|campaign|reminder|notification|task|message|notify|offer", {"nudge", ""}},
    {"",
     "metric|measure|attribute|variable|let|define|def|var|set|calc|compute|segment|value|fact",
     {"feature", ""}},
    {"", "enum|type|options|values|category", {"choice", ""}},
    {"",
     "person|object|class|subject|actor|record|customer|user",
     {"entity", "write `entity customer by customer_id { ... }`"}},
    {"", "team|queue|group|desk|department|staff|role", {"unit", ""}},
    {"", "workflow|funnel|process|lifecycle|state_machine|stages|states|flow", {"journey", ""}},
    {"", "timeout|absence|silence|inactivity|watch|stuck", {"stall", ""}},
    {"", "limits|limit|throttle|cap|contact_policy|frequency|quiet", {"policy", ""}},
    {"", "points|scoring|rank|rating", {"score", ""}},
    {"", "import|include|require", {"use", ""}},
    {"", "stream|signal|happening|input", {"event", ""}},
    {"", "header|project|settings|config|rules|package|module", {"ruleset", ""}},
    {"", "hours|opening_hours|schedule|holidays", {"calendar", ""}},
    {"", "ab_test|abtest|trial", {"experiment", ""}},
    {"",
     "select",
     {"", "a feature computes: `feature views of customer = count of page_viewed in last 7 days`"}},
    {"",
     "if|when|on|while",
     {"", "a rule begins with its kind and name: `nudge call_back of customer { on quote_started ... }`"}},
};

constexpr SynonymRow kTypeSynonyms[] = {
    {"", "string|str|varchar|char|chars|String|word", {"text", ""}},
    {"", "int|integer|float|double|decimal|numeric|long|real|bigint|Number|num", {"number", ""}},
    {"", "bool|boolean|bit|Boolean|yesno", {"flag", ""}},
    {"", "datetime|timestamp|instant|moment|DateTime", {"time", ""}},
    {"", "currency|amount|price|dollars|usd|USD|EUR|euros", {"money", ""}},
    {"", "interval|timespan|hours|days|minutes|seconds", {"duration", ""}},
    {"", "day|Date", {"date", ""}},
    {"",
     "enum|choice|one",
     {"",
      "declare the values first, `choice colour { red, green }`, and use the name of the choice as the "
      "type"}},
};

constexpr SynonymRow kValueSynonyms[] = {
    {"", "true|True|TRUE", {"yes", ""}},
    {"", "false|False|FALSE", {"no", ""}},
    {"",
     "null|NULL|nil|none|None|empty|blank|missing|undefined|nothing|na",
     {"", "ask `... is unknown` or `... is known`"}},
    {"",
     "now|current_time|sysdate",
     {"", "ask how long it is: `time since E` for what has happened, `time until T` for what will come"}},
    {"", "infinity|inf", {"", "leave the bound out"}},
};

struct ClauseExample {
  std::string_view block;
  std::string_view clause;
  std::string_view example;
};

// `block` is BlockWords::what; of a declaration it is empty.
constexpr ClauseExample kClauseExamples[] = {
    {"", "ruleset", "ruleset my_rules { title \"My rules\" zone \"America/Chicago\" currency USD }"},
    {"", "choice", "choice colour { red, green }"},
    {"", "entity", "entity customer by customer_id { name text }"},
    {"", "event", "event order_placed of customer { order_id text, amount money }"},
    {"", "events", "events touch = page_viewed, quote_started"},
    {"", "feature", "feature page_views of customer = count of page_viewed in last 24 hours"},
    {"", "journey", "journey purchase of customer { start browsing browsing -> ordered on order_placed }"},
    {"", "stall", "stall gone_quiet of customer { while purchase is quoting quiet 36 hours }"},
    {"", "score", "score urgency of customer { start 10 add 20 when page_views > 3 }"},
    {"", "unit", "unit sales"},
    {"", "nudge", "nudge call_back of customer { while gone_quiet do call \"Call {name}\" to sales }"},
    {"", "policy", "policy contact of customer { at most 2 nudges in 7 days }"},
    {"a ruleset", "title", "title \"My rules\""},
    {"a ruleset", "zone", "zone \"America/Chicago\""},
    {"a ruleset", "currency", "currency USD"},
    {"a ruleset", "channels", "channels call as task, email as message"},
    {"a ruleset", "wire", "wire type \"kind\" time \"at\" id \"uuid\""},
    {"a ruleset", "late", "late drop"},
    {"a ruleset", "lateness", "lateness 60 seconds"},
    {"a ruleset", "dedupe", "dedupe 10 minutes"},
    {"a ruleset", "keep", "keep 4_096"},
    {"a ruleset", "stale", "stale after 24 hours"},
    {"an entity", "activity", "activity page_viewed, quote_started"},
    {"an entity", "forget", "forget after 400 days quiet"},
    {"a journey", "start", "start browsing"},
    {"a journey", "end", "end delivered, lost"},
    {"a journey", "any", "any -> ordered on order_placed"},
    {"a journey", "", "browsing -> quoting on quote_started"},
    {"a stall", "while", "while purchase is quoting"},
    {"a stall", "unless", "unless opted_out"},
    {"a stall", "quiet", "quiet 36 hours"},
    {"a stall", "no", "no order_placed, store_visited for 3 days"},
    {"a stall", "for", "for 3 days"},
    {"a stall", "after", "after quote_started no order_placed within 3 days"},
    {"a stall", "because", "because \"quiet for {idle}\" when idle > 2 days"},
    {"a score", "start", "start 10"},
    {"a score", "add", "add 20 when page_views > 3 because \"many pages\""},
    {"a score", "take", "take 20 when source is partner"},
    {"a score", "kept", "kept between 0 and 100"},
    {"a nudge", "on", "on quote_started where amount > 500 USD"},
    {"a nudge", "while", "while gone_quiet"},
    {"a nudge", "if", "if urgency >= 10"},
    {"a nudge", "do", "do call \"Call {name}\""},
    {"a nudge", "to", "to sales / store, else sales_managers"},
    {"a nudge", "worth", "worth last_quote.amount * 2%"},
    {"a nudge", "again", "again after 7 days"},
    {"a nudge", "withdraw", "withdraw when opted_out"},
    {"a nudge", "due", "due 4 hours"},
    {"a nudge", "valid", "valid for 2 days"},
    {"a nudge", "otherwise", "otherwise after 2 hours to sales_managers"},
    {"a nudge", "repeat", "repeat every 1 day up to 3 times"},
    {"a nudge", "expires", "expires after 7 days"},
    {"a nudge", "keep", "keep when over"},
    {"a policy", "covers", "covers call_back, call_about_quote"},
    {"a policy", "best", "best 1 by worth"},
    {"a policy", "at", "at most 2 nudges in 7 days"},
    {"a policy", "quiet", "quiet hours 20:00 to 08:00"},
    {"a policy", "never", "never when opted_out"},
    {"a policy", "holdout", "holdout 5%"},
};

bool IsAmong(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t bar = std::min(words.find('|'), words.size());
    const std::string_view each = words.substr(0, bar);
    if (std::equal(each.begin(), each.end(), word.begin(), word.end(),
                   [](char a, char b) { return (a | 0x20) == (b | 0x20); })) {
      return true;
    }
    words.remove_prefix(std::min(bar + 1, words.size()));
  }
  return false;
}

Synonym FindSynonym(std::span<const SynonymRow> rows, std::string_view place, std::string_view word) {
  const auto* row = std::find_if(rows.data(), rows.data() + rows.size(), [&](const SynonymRow& each) {
    return each.place == place && IsAmong(each.words, word);
  });
  return row == rows.data() + rows.size() ? Synonym() : row->meant;
}

}  // namespace

Synonym ClauseMeant(std::string_view block, std::string_view word) {
  return FindSynonym(kClauseSynonyms, block, word);
}
Synonym DeclarationMeant(std::string_view word) { return FindSynonym(kDeclarationSynonyms, "", word); }
Synonym TypeMeant(std::string_view word) { return FindSynonym(kTypeSynonyms, "", word); }
Synonym ValueMeant(std::string_view word) { return FindSynonym(kValueSynonyms, "", word); }

std::string_view ExampleOfClause(std::string_view block, std::string_view clause) {
  const auto* found =
      std::find_if(std::begin(kClauseExamples), std::end(kClauseExamples),
                   [&](const ClauseExample& each) { return each.block == block && each.clause == clause; });
  return found == std::end(kClauseExamples) ? std::string_view() : found->example;
}

}  // namespace lull::dsl
