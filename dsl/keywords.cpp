#include "dsl/keywords.h"

#include <algorithm>
#include <array>

#include "runtime/base/check.h"

namespace lull::dsl {
namespace {

constexpr std::string_view kReserved[] = {
    "after",    "and",   "any",   "arm",       "average", "because",  "before",   "between",
    "contains", "do",    "due",   "each",      "else",    "entering", "first",    "for",
    "if",       "in",    "is",    "known",     "latest",  "like",     "no",       "not",
    "of",       "on",    "or",    "otherwise", "repeat",  "rounded",  "same",     "since",
    "then",     "to",    "today", "unknown",   "unless",  "until",    "valid",    "was",
    "when",     "where", "while", "with",      "within",  "yes",      "yesterday"};

constexpr std::string_view kDeclarations[] = {
    "ruleset", "choice", "entity", "event",    "events",     "feature", "journey", "stall", "score",
    "unit",    "nudge",  "policy", "calendar", "experiment", "table",   "test",    "use"};

constexpr std::string_view kTimeUnits[] = {"second", "seconds", "minute", "minutes", "hour",
                                           "hours",  "day",     "days",   "week",    "weeks",
                                           "month",  "months",  "year",   "years"};

constexpr std::string_view kOffsetUnits[] = {"s",       "second", "seconds", "m",     "min", "minute",
                                             "minutes", "h",      "hour",    "hours", "d",   "day",
                                             "days",    "w",      "week",    "weeks"};

constexpr std::string_view kRulesetClauses[] = {"title", "zone",     "currency", "channels", "wire",
                                                "late",  "lateness", "dedupe",   "keep",     "stale"};
constexpr std::string_view kEntityClauses[] = {"activity", "forget"};
constexpr std::string_view kJourneyClauses[] = {"start", "end", "any"};
constexpr std::string_view kStallClauses[] = {"while", "unless",  "quiet", "no",       "for",
                                              "after", "because", "until", "including"};
constexpr std::string_view kScoreClauses[] = {"start", "add", "take", "kept"};
constexpr std::string_view kUnitClauses[] = {"hours", "at"};
constexpr std::string_view kNudgeClauses[] = {
    "on",  "while", "if",        "do",     "to",      "worth", "again",     "withdraw",
    "due", "valid", "otherwise", "repeat", "expires", "keep",  "including", "outcomes"};
constexpr std::string_view kCalendarClauses[] = {"zone",     "every",  "always",   "closed",
                                                 "open",     "monday", "tuesday",  "wednesday",
                                                 "thursday", "friday", "saturday", "sunday"};
constexpr std::string_view kPolicyClauses[] = {"covers", "best", "at", "quiet", "never", "holdout"};

constexpr std::string_view kTestClauses[] = {"at", "by", "expect", "held", "in"};

constexpr std::string_view kExperimentClauses[] = {"arm", "goal"};

constexpr BlockWords kBlocks[] = {
    {BlockKind::kRuleset, "a ruleset", "a clause such as `title` or `zone`", kRulesetClauses, false},
    {BlockKind::kChoice, "a choice", "the name of a value", {}, true},
    {BlockKind::kEntity, "an entity", "an attribute (`name text`), `activity` or `forget`", kEntityClauses,
     true},
    {BlockKind::kFields, "an event", "a field (`page text`)", {}, true},
    {BlockKind::kJourney, "a journey", "`start`, `end`, or a transition (`a -> b on event`)", kJourneyClauses,
     true},
    {BlockKind::kStall, "a stall", "a clause such as `while`, `quiet` or `because`", kStallClauses, false},
    {BlockKind::kScore, "a score", "`start`, `add`, `take` or `kept between`", kScoreClauses, false},
    {BlockKind::kUnit, "a unit", "`hours` or `at most`", kUnitClauses, false},
    {BlockKind::kNudge, "a nudge", "a clause such as `while`, `do` or `to`", kNudgeClauses, false},
    {BlockKind::kPolicy, "a policy", "a clause such as `best`, `at most` or `quiet hours`", kPolicyClauses,
     false},
    {BlockKind::kCalendar, "a calendar",
     "days and hours such as `monday to friday 09:00 to 20:00`, or `closed`", kCalendarClauses, false},
    {BlockKind::kTest, "a test", "an entity, `at` and a time, an event, or `expect`", kTestClauses, true},
    {BlockKind::kExperiment, "an experiment", "an arm (`arm a 50%`) or `goal`", kExperimentClauses, false},
    {BlockKind::kTable, "a table", "a row such as `| gold | >= 3 | 5 |`", {}, true},
};

bool Contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool IsReservedWord(std::string_view word) {
  return std::binary_search(std::begin(kReserved), std::end(kReserved), word);
}

std::span<const std::string_view> ReservedWords() { return kReserved; }

std::span<const std::string_view> DeclarationWords() { return kDeclarations; }

bool IsDeclarationWord(std::string_view word) { return Contains(kDeclarations, word); }

std::span<const std::string_view> TimeUnitWords() { return kTimeUnits; }

bool IsOffsetUnit(std::string_view word) { return Contains(kOffsetUnits, word); }

const BlockWords& WordsOf(BlockKind kind) {
  const BlockWords& words = kBlocks[static_cast<std::size_t>(kind)];
  LULL_CHECK(words.kind == kind);
  return words;
}

std::span<const BlockWords> AllBlocks() { return kBlocks; }

std::vector<BlockKind> AllBlockKinds() {
  std::vector<BlockKind> kinds;
  for (const BlockWords& block : kBlocks) kinds.push_back(block.kind);
  return kinds;
}

bool IsClauseWord(BlockKind kind, std::string_view word) { return Contains(WordsOf(kind).clauses, word); }

bool IsWordByte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         byte == '_' || static_cast<unsigned char>(byte) >= 0x80;
}

std::string_view WordAt(std::string_view text, std::size_t offset) {
  if (offset >= text.size() || !IsWordByte(text[offset]) || (text[offset] >= '0' && text[offset] <= '9')) {
    return {};
  }
  std::size_t end = offset;
  while (end < text.size() && IsWordByte(text[end])) ++end;
  return text.substr(offset, end - offset);
}

}  // namespace lull::dsl
