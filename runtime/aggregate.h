// The values of aggregates over a window (EntitySpec::aggregates).
//
// An evaluation depends only on the entries and on Moment::now (and Moment::same): it may be asked for other
// instants than the moment's, as long as entries that it needs have not left by then. Where entries begin and
// end is found by search. Sums and extremes have cursors, which make the common case, instants that only
// rise, cost one step per entry that came or went.
#pragma once

#include <cstdint>

#include "runtime/moment.h"
#include "runtime/window.h"

namespace lull::runtime {

/// The value's bits: a double for numbers (counts are numbers), a pool id for texts, else a 64-bit integer.
/// If `arm`, the earliest instant at which the value can change by time alone lowers Moment::next_wake.
std::uint64_t EvaluateAggregate(Moment& moment, std::uint32_t aggregate, bool arm);

/// Whether the value lacks entries that WindowSpec::keep_count pushed out.
bool AggregateIsApproximate(const Moment& moment, std::uint32_t aggregate);

/// Whether the aggregate's value is carried from evaluation to evaluation by a cursor.
bool IsCarried(const AggregateSpec& spec);
/// Keeps what the aggregate's cursor has counted right while its first entry leaves the window.
void CursorLosesFirst(const EntitySpec& entity, std::uint32_t aggregate, WindowBlock& block,
                      WindowCursor& cursor);
/// Makes a cursor count nothing.
void ResetCursor(const WindowBlock& block, WindowCursor& cursor);

}  // namespace lull::runtime
