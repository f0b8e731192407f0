// What a running service tells about itself: the plain figures that its loop hands out now and then, its
// pulse that is always true, and both with what else a monitoring request sees.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/dead_letter.h"
#include "connectors/nats/broker_watch.h"
#include "runtime/base/time.h"
#include "runtime/engine.h"

namespace lull::connectors {

/// Of the latest checkpoint that this process has made; `made` counts them.
struct CheckpointGauges {
  std::uint64_t made = 0;
  std::uint64_t failed = 0;
  std::uint64_t sequence = 0;
  WallTime finished;
  std::int64_t duration_micros = 0;
  std::uint64_t bytes = 0;
  std::int64_t longest_turn_micros = 0;  // that events ever waited for one
};

/// Of the canary or shadow under way, since it began.
struct CandidateGauges {
  std::string kind;
  std::string version;
  std::uint64_t revision = 0;
  double share = 0;
  std::uint64_t entities = 0;
  std::uint64_t actions = 0;
  std::uint64_t errors = 0;
};

/// Counts since the process began; a replay after a restart counts again what it reads.
struct ServiceFigures {
  std::string ruleset;
  std::string version;
  bool native = false;
  std::uint64_t events = 0;
  std::uint64_t ticks = 0;
  std::uint64_t ignored = 0;
  std::uint64_t deployments_accepted = 0;
  std::uint64_t deployments_refused = 0;
  std::uint64_t outputs_sent = 0;
  std::uint64_t outputs_recognised = 0;
  std::array<std::uint64_t, kDeadLetterCodeCount> dead_letters{};  // by DeadLetterCode
  runtime::EngineStats engine;
  EventTime last_tick;  // kUnknown micros: none yet
  std::vector<std::string> sources_watched;
  std::vector<std::string> sources_silent;
  std::array<std::uint64_t, 64> latency_buckets{};  // number i: up to 2^i microseconds, not cumulative
  std::int64_t latency_sum_micros = 0;
  std::optional<CheckpointGauges> checkpoints;  // nothing: none are kept
  std::optional<CandidateGauges> candidate;
};

/// The part that is told without delay. Written by the service's loop, read by any thread; milliseconds of
/// the steady clock.
struct ServicePulse {
  std::atomic<bool> running = false;               // false: still starting
  std::atomic<bool> replaying = true;              // what was in the log when the process began
  std::atomic<bool> connected = false;             // the loop's own connection to the broker
  std::atomic<std::int64_t> turned_ms = 0;         // when the loop was last seen to go on
  std::atomic<std::uint64_t> applied = 0;          // the last message whose outputs are stored
  std::atomic<std::int64_t> outputs_wait_ms = 0;   // since when outputs wait for the broker; 0: they do not
  std::atomic<std::int64_t> clock_refused_ms = 0;  // since when the log takes no ticks; 0: it does
};

/// Of the process, from the operating system; negative: not known.
struct ProcessFigures {
  double resident_bytes = -1;
  double cpu_seconds = -1;
  double open_files = -1;
  double open_files_max = -1;
};
ProcessFigures ReadProcessFigures();

/// What one request for figures sees.
struct ServiceView {
  std::shared_ptr<const ServiceFigures> figures;  // null: none yet
  const ServicePulse* pulse = nullptr;
  StreamsLook streams;
  ProcessFigures process;
  WallTime now;
  std::int64_t now_ms = 0;  // steady clock
  WallTime began;
  std::string lull_version;
};

}  // namespace lull::connectors
