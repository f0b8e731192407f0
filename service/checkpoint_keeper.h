// When `lull serve` makes checkpoints, and how much of one it does between two batches.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "connectors/checkpoint/checkpoint_writer.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"
#include "service/live_engine.h"
#include "service/service_log.h"

namespace lull::service {

struct CheckpointFigures {
  std::uint64_t made = 0;  // by this process
  std::uint64_t failed = 0;
  std::uint64_t number = 0;              // of the latest one, as are the others
  std::uint64_t sequence = 0;            // of the input
  std::int64_t finished_micros = 0;      // wall time
  std::int64_t duration_micros = 0;      // from its beginning until it was on disk
  std::uint64_t bytes = 0;               // of what had changed
  std::int64_t longest_turn_micros = 0;  // that the path of events ever waited for
};

/// One thread. The engine that it is given must not be another one until Close, but may swap rulesets.
class CheckpointKeeper {
 public:
  /// Describes the place at which a checkpoint begins; all outputs up to it are stored.
  using Describe = std::function<connectors::CheckpointHead()>;

  CheckpointKeeper(connectors::CheckpointStore store, std::int64_t interval_micros, ServiceLog& log)
      : writer_(std::move(store)), interval_micros_(interval_micros), log_(log) {}

  /// Between two batches: begins one if it is time and something has been read since, or goes on with the one
  /// under way for a few milliseconds at most. `sequence` is that of the input so far.
  void Turn(LiveEngine& engine, std::uint64_t sequence, const Describe& describe);
  /// Makes a last one of this place, and waits until it is on disk.
  void Close(LiveEngine& engine, std::uint64_t sequence, const Describe& describe);

  /// One has begun and is not on disk: there is something to do in each turn.
  bool busy() const { return head_.has_value(); }
  const CheckpointFigures& figures() const { return figures_; }

 private:
  void Begin(LiveEngine& engine, const Describe& describe);
  void Outcome(LiveEngine& engine, const Result<connectors::CheckpointWritten>& outcome);

  connectors::CheckpointWriter writer_;
  const std::int64_t interval_micros_;
  ServiceLog& log_;
  std::optional<connectors::CheckpointHead> head_;  // of the one under way
  bool handed_over_ = false;                        // its snapshot is complete
  std::optional<std::int64_t> begun_micros_;        // of a steady clock, of the latest one
  std::uint64_t begun_sequence_ = 0;
  CheckpointFigures figures_;
};

}  // namespace lull::service
