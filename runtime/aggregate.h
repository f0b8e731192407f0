// The values of aggregates over a window (EntitySpec::aggregates).
//
// An evaluation depends only on the entries and on Moment::now (and Moment::same): it may be asked for other
// instants than the moment's, as long as entries that it needs have not left by then. Cursors make the common
// case, instants that only rise, cost one step per entry that came or went.
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

/// Keep a cursor's sums right while the entry [sequence], its first, leaves the window.
void CursorLosesFirst(const EntitySpec& entity, WindowBlock& block, WindowCursor& cursor);
/// Makes a cursor count nothing.
void ResetCursor(const WindowBlock& block, WindowCursor& cursor);

}  // namespace lull::runtime
