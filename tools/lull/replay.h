// A deterministic replay of files through the engine: what `lull run` does between its options and its
// summary.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "connectors/decision_output.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"
#include "runtime/engine.h"
#include "runtime/ruleset.h"
#include "tools/lull/event_files.h"

namespace lull::tools {

struct ReplayOptions {
  std::int64_t lateness_micros = kUnknown;  // kUnknown: as the ruleset says
  std::int64_t until = kUnknown;            // kUnknown: the last event's time
  std::int64_t max_time = kEventMicrosMax;
  std::int64_t tick_micros = 0;  // 0: no ticks
  std::size_t batch_count = 256;
  /// Swaps to the same ruleset after so many events; for tests, which expect that nothing changes.
  std::uint64_t reload_at = 0;
  /// What is decided up to this instant is history (Engine::EndHistory); kUnknown: nothing is.
  std::int64_t history_until = kUnknown;
  /// The engine can be asked for a snapshot.
  bool snapshots = false;
  /// Events of the files that are taken (EventFiles::Options).
  std::function<bool(const runtime::EventFrame&)> keep = {};
  bool digest = false;
};

struct ReplayTotals {
  runtime::EngineStats engine;
  std::uint64_t lines = 0;
  std::uint64_t ignored = 0;
  std::map<std::string, std::uint64_t> ignored_types;
};

/// One run. The parts it works on must outlive it.
class Replay {
 public:
  Replay(const runtime::Program& program, const ReplayOptions& options, EventFiles& input,
         connectors::DeadLetterOutput& dead_letters, runtime::DecisionSink& sink)
      : program_(program), options_(options), input_(input), dead_letters_(dead_letters), sink_(sink) {}

  /// Called after every batch with the number of lines so far; false stops the run.
  using Watcher = std::function<bool(std::uint64_t lines)>;

  /// Reads to the end, then decides what is due up to the end. Fails if the input cannot be read or the
  /// ruleset's zone is unknown.
  Status Run(const Watcher& watcher);
  /// Whether history is over, or there was none. What is decided before is known to the sink only.
  bool is_live() const { return live_; }
  /// After Run.
  runtime::Engine& engine() { return *engine_; }
  ReplayTotals totals() const;

 private:
  using Frames = std::span<const runtime::EventFrame>;
  void ApplyBatch(Frames frames);
  void ApplyRange(Frames frames, std::size_t from, std::size_t to);
  std::size_t EndOfRange(Frames frames, std::size_t from) const;
  void EndHistory(runtime::LogPosition position);
  void TickBefore(const runtime::EventFrame& frame);

  const runtime::Program& program_;
  const ReplayOptions& options_;
  EventFiles& input_;
  connectors::DeadLetterOutput& dead_letters_;
  runtime::DecisionSink& sink_;
  std::unique_ptr<runtime::Engine> engine_;
  std::vector<runtime::ApplyResult> results_;
  std::uint64_t applied_ = 0;
  std::int64_t next_tick_ = kUnknown;
  bool live_ = true;
};

}  // namespace lull::tools
