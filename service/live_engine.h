// The deterministic part of `lull serve`: messages of the input log in, decisions and dead letters out.
//
// What it does depends on the messages alone, never on a clock or on how they were batched.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "connectors/checkpoint/checkpoint_store.h"
#include "connectors/nats/input_log.h"
#include "connectors/raw_batch.h"
#include "runtime/engine.h"
#include "runtime/ordered_sink.h"
#include "service/deployment.h"
#include "service/history.h"
#include "service/lane.h"
#include "service/live_sink.h"
#include "service/rollout.h"
#include "service/service_stats.h"

namespace lull::service {

/// One thread.
class LiveEngine {
 public:
  /// `sink` must outlive it.
  static Result<std::unique_ptr<LiveEngine>> Create(std::shared_ptr<const Deployment> deployment,
                                                    LiveSink& sink);
  /// As it was at a checkpoint, of the same deployments; `candidate` is that of the checkpoint's, if it has
  /// one.
  static Result<std::unique_ptr<LiveEngine>> Restore(std::shared_ptr<const Deployment> deployment,
                                                     std::shared_ptr<const Deployment> candidate,
                                                     LiveSink& sink,
                                                     const connectors::CheckpointReader& checkpoint);
  ~LiveEngine();
  LiveEngine(const LiveEngine&) = delete;
  LiveEngine& operator=(const LiveEngine&) = delete;

  /// Messages that are in this history already are not counted again.
  void BeginsWith(const History& history) { history_ = history; }
  std::uint64_t in_history_count() const { return in_history_; }

  /// Applies events; no tick or deployment is among them.
  void Apply(std::span<const connectors::InputMessage> messages);
  void Tick(EventTime instant, const connectors::InputMessage& message);
  /// False: it is not known; nothing: no type of this name has a state of its own.
  std::optional<bool> Erase(std::string_view entity, std::string_view key, std::uint64_t sequence);
  /// Goes on with another deployment, or tries it, as its marker says; `at` is the entry that says so. Fails,
  /// changing nothing, if it cannot be tried.
  Status Deploy(std::shared_ptr<const Deployment> deployment, const connectors::InputMessage& at);
  /// For the same deployment as before.
  void UseCode(const Deployment& deployment, NativeCompiler::Code code);

  /// In force.
  const Deployment& deployment() const { return in_force_->deployment(); }
  const std::shared_ptr<const Deployment>& shared_deployment() const {
    return in_force_->shared_deployment();
  }
  bool is_native() const { return in_force_->is_native(); }
  /// As those of runtime::Engine, of both engines.
  bool ContinueSwap(std::size_t count_max);
  bool swap_under_way() const;
  /// Null: no candidate is under way.
  const Rollout* rollout() const { return rollout_.get(); }
  /// A deployment that the interpreter still runs; null: none.
  std::shared_ptr<const Deployment> interpreted() const;

  runtime::EngineClock clock() const { return in_force_->engine().clock(); }
  /// Of all that is sent: those of a shadow are not among them.
  runtime::EngineStats stats() const;
  /// Events of types that no ruleset so far had.
  std::uint64_t ignored_count() const { return in_force_->ignored_count(); }

  /// Snapshots of all there is, as those of runtime::Engine; entities of the candidate have
  /// connectors::kCandidateEntity in their numbers.
  void BeginSnapshot(runtime::SnapshotSink& sink);
  bool ContinueSnapshot(std::size_t count_max);
  void AbandonSnapshot();
  bool snapshot_under_way() const;

 private:
  /// Collects the beginnings of two snapshots, and marks the entities of the candidate.
  class BothSnapshots;

  explicit LiveEngine(LiveSink& sink);

  void ApplyInForce(const connectors::DecodedBatch& batch,
                    std::span<const connectors::InputMessage> messages);
  void ApplyFrames(std::span<const runtime::EventFrame> frames, std::span<const std::uint32_t> sources,
                   std::span<const connectors::InputMessage> messages);
  bool IsInHistory(const runtime::EventFrame& frame, const connectors::InputMessage& message) const {
    return message.sequence <= history_.before && frame.time <= history_.until;
  }
  void ApplyShared(std::span<const connectors::InputMessage> messages);
  void ApplyShadow(const connectors::DecodedBatch& in_force,
                   std::span<const connectors::InputMessage> messages);
  /// One event, to the lane that owns its entity.
  void ApplyOwned(Lane& lane, const runtime::EventFrame& frame, const connectors::InputMessage& message);
  void AddDeadLetter(Lane& lane, const connectors::InputMessage& message, connectors::DeadLetterCode code,
                     std::string_view reason);
  Status Try(std::shared_ptr<const Deployment> deployment, const connectors::InputMessage& at);
  Status EndRollout(const connectors::InputMessage& at);

  LiveSink& sink_;
  runtime::EntrySorter sorter_;
  std::unique_ptr<Lane> in_force_;
  std::unique_ptr<Rollout> rollout_;
  std::unique_ptr<BothSnapshots> both_;  // while a snapshot is under way that began with a candidate
  runtime::EngineStats past_;            // of canaries that are over
  connectors::RawBatch raw_;
  History history_;  // of none, no message is in it
  std::uint64_t in_history_ = 0;
};

}  // namespace lull::service
