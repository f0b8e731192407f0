// The deterministic part of `lull serve`: messages of the input log in, decisions and dead letters out.
//
// What it does depends on the messages alone, never on a clock or on how they were batched.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "connectors/checkpoint/checkpoint_store.h"
#include "connectors/json_decoder.h"
#include "connectors/nats/input_log.h"
#include "connectors/raw_batch.h"
#include "runtime/engine.h"
#include "runtime/ordered_sink.h"
#include "service/deployment.h"
#include "service/history.h"
#include "service/outbox.h"
#include "service/service_stats.h"

namespace lull::service {

/// One thread.
class LiveEngine {
 public:
  /// `outbox` must outlive it.
  static Result<std::unique_ptr<LiveEngine>> Create(std::shared_ptr<const Deployment> deployment,
                                                    Outbox& outbox);
  /// As it was at a checkpoint, of the same deployment.
  static Result<std::unique_ptr<LiveEngine>> Restore(std::shared_ptr<const Deployment> deployment,
                                                     Outbox& outbox,
                                                     const connectors::CheckpointReader& checkpoint);

  /// Messages that are in this history already are not counted again.
  void BeginsWith(const History& history) { history_ = history; }
  std::uint64_t in_history_count() const { return in_history_; }

  /// Applies events; no tick or deployment is among them.
  void Apply(std::span<const connectors::InputMessage> messages);
  void Tick(EventTime instant, std::uint64_t sequence);
  /// Goes on with another deployment, at this place of the log.
  Status Swap(std::shared_ptr<const Deployment> deployment, std::uint64_t sequence);
  void UseCode(NativeCompiler::Code code);

  const Deployment& deployment() const { return *deployment_; }
  const std::shared_ptr<const Deployment>& shared_deployment() const { return deployment_; }
  bool is_native() const { return is_native_; }
  /// For snapshots.
  runtime::Engine& engine() { return *engine_; }
  runtime::EngineStats stats() const { return engine_->stats(); }
  /// Events of types that no ruleset so far had.
  std::uint64_t ignored_count() const { return ignored_before_ + decoder_->ignored_count(); }

 private:
  LiveEngine(std::shared_ptr<const Deployment> deployment, Outbox& outbox);
  void ApplyFrames(std::span<const runtime::EventFrame> frames, std::span<const std::uint32_t> sources,
                   std::span<const connectors::InputMessage> messages);
  bool IsInHistory(const runtime::EventFrame& frame, const connectors::InputMessage& message) const {
    return message.sequence <= history_.before && frame.time <= history_.until;
  }
  bool IsTooFarAhead(const runtime::EventFrame& frame, const connectors::InputMessage& message) const;

  std::shared_ptr<const Deployment> deployment_;
  Outbox& outbox_;
  runtime::EntrySorter sorter_;
  std::unique_ptr<runtime::Engine> engine_;
  std::unique_ptr<connectors::JsonDecoder> decoder_;
  connectors::RawBatch raw_;
  std::vector<runtime::ApplyResult> results_;
  std::uint64_t ignored_before_ = 0;
  History history_;  // of none, no message is in it
  std::uint64_t in_history_ = 0;
  bool is_native_ = false;
};

}  // namespace lull::service
