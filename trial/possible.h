// What the text of a ruleset rules out: for coverage, which must not demand what cannot happen. Each answer
// is no only if it provably cannot happen, by the text alone.
#pragma once

#include "dsl/checked_program.h"

namespace lull::trial {

/// Whether another action may take the place of this nudge under some policy: in one moment (`outranked`), or
/// by an open task (`place taken`). It cannot if
///
/// - no policy with `best N` covers it together with another nudge (places that only its own parts or waits
///   compete for are not asked after: N + 1 of them are too many for a test);
/// - fewer than N others can be due in one moment with it. Nudges `on` events that share none, an event and
///   the clock, and two stages of one journey are never due together, unless they are `valid for` longer; nor
///   are nudges whose states or whose `if` and `where` contradict each other;
/// - a limit comes first (limits are looked at before places): it counts the nudge and all that could win
///   before it, and lets at most N through;
/// - and no open task can hold its place: it is a message, no other nudge under the policy is a task, fewer
///   than N tasks can be open beside it, their states contradict its own (so they are withdrawn before), or a
///   rolling limit of at most N actions lasts longer than any of their tasks.
bool CanLosePlace(const dsl::CheckedProgram& program, dsl::NudgeId nudge);

/// Whether some limit of a policy that covers the nudge counts it.
bool CanBeCapped(const dsl::CheckedProgram& program, dsl::NudgeId nudge);

/// Whether some `never` of a policy that covers the nudge can hold while it is due: one of `opted_out` cannot
/// if the nudge's stall has `unless opted_out`.
bool CanBeRefused(const dsl::CheckedProgram& program, dsl::NudgeId nudge);

/// Whether the reason of the nudge's stall can hold together with the nudge's `if`.
bool CanHaveReason(const dsl::CheckedProgram& program, dsl::NudgeId nudge, const dsl::Reason& reason);

}  // namespace lull::trial
