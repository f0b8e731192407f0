#include "service/checkpoint_keeper.h"

#include <algorithm>

#include "runtime/base/clock.h"

namespace lull::service {
namespace {

/// Of a turn; a slice of entities takes much less.
constexpr std::int64_t kTurnMicros = 2'000;
constexpr std::size_t kSliceEntities = 64;
/// Above it the store is behind, and only what is about to change is given to it.
constexpr std::uint64_t kBacklogBytesMax = 64U << 20;

}  // namespace

void CheckpointKeeper::Begin(LiveEngine& engine, const Describe& describe) {
  head_ = describe();
  handed_over_ = false;
  begun_micros_ = SteadyMicros();
  begun_sequence_ = head_->input.sequence;
  engine.BeginSnapshot(writer_);
}

void CheckpointKeeper::Turn(LiveEngine& engine, std::uint64_t sequence, const Describe& describe) {
  if (handed_over_) {
    if (const auto outcome = writer_.Take()) Outcome(engine, *outcome);
    return;
  }
  // It would have to wait for all entities.
  if (engine.swap_under_way()) return;
  const std::int64_t began = SteadyMicros();
  // A swap ends a snapshot: the old ruleset's state is of no use to the new one.
  if (head_ && !engine.snapshot_under_way()) Begin(engine, describe);
  if (!head_) {
    if (sequence == begun_sequence_ || (begun_micros_ && began - *begun_micros_ < interval_micros_)) return;
    Begin(engine, describe);
  }
  while (writer_.backlog_bytes() < kBacklogBytesMax && SteadyMicros() - began < kTurnMicros) {
    if (!engine.ContinueSnapshot(kSliceEntities)) continue;
    writer_.Finish(*head_);
    handed_over_ = true;
    break;
  }
  figures_.longest_turn_micros = std::max(figures_.longest_turn_micros, SteadyMicros() - began);
}

void CheckpointKeeper::Outcome(LiveEngine& engine, const Result<connectors::CheckpointWritten>& outcome) {
  handed_over_ = false;
  if (!outcome) {
    ++figures_.failed;
    engine.AbandonSnapshot();
    log_.Error("a checkpoint could not be made; the input log keeps what came since the one before",
               {{"why", outcome.error().message}});
  } else {
    ++figures_.made;
    figures_.number = outcome->number;
    figures_.sequence = head_->input.sequence;
    figures_.finished_micros = WallMicros();
    figures_.duration_micros = outcome->micros;
    figures_.bytes = outcome->bytes;
  }
  head_.reset();
}

void CheckpointKeeper::Close(LiveEngine& engine, std::uint64_t sequence, const Describe& describe) {
  const auto complete = [&] {
    if (!head_) return;
    if (!handed_over_) {
      while (!engine.ContinueSnapshot(kSliceEntities)) {
      }
      writer_.Finish(*head_);
    }
    Outcome(engine, writer_.Wait());
  };
  if (head_ && !handed_over_ && !engine.snapshot_under_way()) head_.reset();
  complete();
  if (sequence == begun_sequence_ && figures_.failed == 0) return;
  Begin(engine, describe);
  complete();
}

}  // namespace lull::service
