// What a part reads of its whole: decides which moments of the whole concern it (runtime/parts.h).
#pragma once

#include "compiler/rule_graph.h"

namespace lull::compiler {

struct WholeReads {
  bool state = false;        // stalls, stages and what counts since one, which change without an event
  bool by_journeys = false;  // a transition reads the whole in its condition or duration
};

/// Nothing for an entity that is no part.
WholeReads FindWholeReads(const Plan& plan, dsl::EntityId part);

/// Whether the event, by what it changes of the whole, can change a condition of its parts of this entity.
bool TouchesParts(const Plan& plan, const RuleGraph& graph, dsl::EntityId part, dsl::EventId event);

}  // namespace lull::compiler
