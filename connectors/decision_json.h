// Decisions as JSON and CSV: the format of action and decision files, and of messages to business units.
//
// An action (one object, one line):
//   id        32 hexadecimal digits, the same in every replay
//   time      RFC 3339, UTC: the instant of the decision
//   ruleset, version, nudge
//   entity    {"type", "id"}; id is null for the one and only
//   channel   name of the channel
//   title     what to do, in words
//   unit, key where it is routed to; null if it is not, or without a key
//   worth     a number (money in its currency's units, durations in seconds), or null
//   scores    [{"name", "value", "reasons": [{"points", "text"}]}]
//   reasons   all reasons in words: those of the stall, then those of the scores
//   due       null in this edition
//   trigger   {"kind": "event"|"stall"|"stage"|"condition"|"while", "name"}
//   position  line or sequence of the event that revealed it
// A decision has `kind` first, and, where it is not "sent", `code` and `why`; what it did not compute is left
// out.
#pragma once

#include <string>

#include "runtime/decision.h"

namespace lull::connectors {

/// Without a line end. `decision.ruleset` must be set.
void AppendActionJson(std::string& out, const runtime::Decision& decision);
void AppendDecisionJson(std::string& out, const runtime::Decision& decision);

/// nudge,entity,time with a line end (LF), quoted as RFC 4180 says where needed. Where the ruleset has parts,
/// every line ends in one more column: of a part the key of its whole, else nothing.
void AppendActionCsv(std::string& out, const runtime::Decision& decision);

std::string_view NameOf(runtime::TriggerKind kind);

}  // namespace lull::connectors
