// `lull serve` at work: reads one input log in order, applies it, stores what comes of it, moves the clock,
// and switches rulesets, until it is told to stop.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/nats/connection.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/serve_config.h"
#include "connectors/nats/stream.h"
#include "runtime/base/result.h"
#include "service/bucket_watcher.h"
#include "service/checkpoint_keeper.h"
#include "service/control_inbox.h"
#include "service/deployment.h"
#include "service/live_engine.h"
#include "service/operations.h"
#include "service/outbox.h"
#include "service/recovery.h"
#include "service/service_log.h"
#include "service/service_stats.h"
#include "service/signals.h"
#include "service/tick_clock.h"

namespace lull::service {

struct ServiceOptions {
  bool accept_lost_input = false;  ///< see recovery.h
  bool native = true;              ///< false: the interpreter runs all rules
};

/// One thread, but for compiling and for control requests.
class Service {
 public:
  /// All but the options must outlive it.
  Service(const connectors::ServeConfig& config, Signals& signals, ServiceLog& log, Operations& operations,
          ServiceOptions options)
      : config_(config),
        signals_(signals),
        log_(log),
        operations_(operations),
        options_(options),
        input_stream_(connectors::StreamName(config.name, "IN")),
        own_prefix_("lull." + config.name + "."),
        own_entries_{{config.tick_subject(), &Service::ApplyTick},
                     {config.deploy_subject(), &Service::ApplyMarker},
                     {config.erase_subject(), &Service::ApplyErasure},
                     {config.backfill_subject(), &Service::ApplyHistory}},
        clock_(config) {}

  /// Connects, makes the streams, and finds out what is deployed. Fails with what to do about it.
  Status Start();
  /// Runs until it is told to stop. Everything that was read is stored then, or will be decided again.
  Status Run();

 private:
  // Start.
  Status OpenStreams();
  Status RestoreState();
  Status KeepState(const Recovery& recovery);
  Status ChooseDeployment();
  Status Begin(const MarkersFound& found, std::shared_ptr<const Deployment> own);
  Result<std::shared_ptr<const Deployment>> FirstDeployment(const MarkersFound& found,
                                                            std::shared_ptr<const Deployment> own);
  Status OpenInput(const connectors::StreamState& state);

  // Input.
  Status ReadOnce();
  Status ApplyBatch(std::span<const connectors::InputMessage> messages);
  Status ApplyTick(const connectors::InputMessage& message);
  Status ApplyErasure(const connectors::InputMessage& message);
  Status ApplyHistory(const connectors::InputMessage& message);
  Status ApplyMarker(const connectors::InputMessage& message);
  connectors::CheckpointHead DescribePlace();
  void MeasureLatency(std::span<const connectors::InputMessage> messages);
  Status ReportProgress();
  Status JudgeReplay();

  // Clock.
  void MoveClock();
  void ReportSilence(WallTime now);

  // Rulesets.
  Status PublishMarker(const connectors::DeployMarker& marker);
  bool MarkerMayFollow();
  void BringOver();
  Result<std::shared_ptr<const Deployment>> DeploymentFor(const connectors::DeployMarker& marker);
  bool IsThereAlready(const connectors::DeployMarker& marker) const;
  Status SwitchTo(std::shared_ptr<const Deployment> next, const connectors::InputMessage& message);
  void TellBucket(const connectors::DeployMarker& marker, std::uint64_t sequence,
                  const connectors::DeployMarker* under_way);
  void PollNative();
  void BeginReload(std::optional<ControlRequest> request);
  void PollReload();
  void PollBucket();
  Status Adopt(Offer offer);
  void PollRollout();
  void EndReload(const std::string& answer);
  void ServeRequests();

  // Figures.
  void ShowFigures();
  bool OutputsWait();
  connectors::ServiceFigures Figures() const;
  std::string StatusJson() const;

  /// Entries of the input log that are no events.
  struct OwnEntry {
    std::string subject;
    Status (Service::*apply)(const connectors::InputMessage& message);
  };

  const connectors::ServeConfig& config_;
  Signals& signals_;
  ServiceLog& log_;
  Operations& operations_;
  const ServiceOptions options_;
  const std::string input_stream_;
  const std::string own_prefix_;  // of the subjects of own_entries_
  const std::vector<OwnEntry> own_entries_;
  std::optional<connectors::Connection> connection_;
  std::unique_ptr<Outbox> outbox_;
  std::optional<connectors::InputLog> input_;
  std::unique_ptr<LiveEngine> engine_;
  std::unique_ptr<CheckpointKeeper> checkpoints_;  // null: none are kept
  connectors::LogMark applied_;                    // of the input; all that came of it is stored
  connectors::LogMark history_;                    // the entry that names it; sequence 0: there is none
  TickClock clock_;
  ServiceStats stats_;

  std::uint64_t replay_end_ = 0;  // the log's last message when this process began
  bool replaying_ = true;
  std::int64_t began_ = 0;  // of a steady clock, as those below
  std::int64_t reported_ = 0;
  std::vector<std::string> silent_;  // sources, as last told
  std::int64_t complained_at_ = 0;

  NativeCompiler native_;
  std::vector<std::shared_ptr<const Deployment>> candidates_;  // compiled, and not yet read back
  Background<Result<Deployment>> reload_;
  std::optional<connectors::DeployMarker> awaited_;  // of the reload under way, once it is published
  std::optional<ControlRequest> reload_request_;
  std::unique_ptr<BucketWatcher> bucket_;      // null: deployments come from the folder
  std::shared_ptr<const Deployment> offered_;  // by the bucket, and not yet in the log
  std::int64_t offered_again_at_ = 0;          // of a steady clock
  std::uint64_t marker_sequence_ = 0;          // of the latest deployment that was put into the log
  std::int64_t swapped_at_ = 0;                // of a steady clock
  std::uint64_t ended_ = 0;                    // revision of the candidate whose end was put into the log
  std::int64_t end_again_at_ = 0;              // of a steady clock
  ControlInbox control_;
};

}  // namespace lull::service
