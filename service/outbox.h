// Where the decisions and dead letters of `lull serve` go: output streams, each message exactly once by id.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connectors/checkpoint/checkpoint_head.h"
#include "connectors/dead_letter.h"
#include "connectors/nats/connection.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/output_log.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"
#include "runtime/decision.h"
#include "service/live_sink.h"
#include "service/service_log.h"

namespace lull::service {

/// By which a message of an output stream is known again.
std::uint64_t IdDigest(std::string_view id);

/// One output stream, and the ids that it had beyond a place when this process began.
class OutputChannel {
 public:
  /// True: stop waiting for the broker, the process is to end.
  using Stopping = std::function<bool()>;

  /// `from`: what was decided before this process goes on.
  static Result<OutputChannel> Open(connectors::Connection& connection, const connectors::OutputMark& from,
                                    ServiceLog& log, Stopping stopping);

  /// Sends a message whose id the stream does not have; waits as long as the stream takes no more. Fails if
  /// waiting does not help, or when stopping.
  Status Send(const std::string& subject, const std::string& id, std::string_view payload);
  /// Waits until all is stored; fails likewise.
  Status Flush();

  /// What has been decided up to now, after Flush.
  connectors::OutputMark end() const;

  std::uint64_t sent_count() const { return sent_; }
  /// Messages that were not sent because the stream had them.
  std::uint64_t recognised_count() const { return recognised_; }
  /// How many messages are recognised when they are decided again.
  std::size_t known_count() const { return known_.size(); }
  /// The replay has come to its end. Returns how many messages the stream has that were not decided, by this
  /// process or before it. They are `kept` as orphans, or else this process must not go on.
  std::size_t EndReplay(bool kept);

 private:
  struct IdHash {
    std::size_t operator()(const runtime::DecisionId& id) const { return id.low; }
  };

  OutputChannel(connectors::OutputLog output, const connectors::OutputMark& from, ServiceLog& log,
                Stopping stopping)
      : output_(std::move(output)),
        log_(&log),
        stopping_(std::move(stopping)),
        before_(from),
        decided_(from),
        last_read_(from.end),
        orphans_(from.orphans.begin(), from.orphans.end()) {}
  void NoteDecided(const runtime::DecisionId& id);
  Status Persist(const std::function<Status()>& attempt);

  connectors::OutputLog output_;
  ServiceLog* log_;
  Stopping stopping_;
  connectors::OutputMark before_;   // as this process began
  connectors::OutputMark decided_;  // as long as there are known ones
  connectors::LogMark last_read_;   // the last message that was there
  std::uint64_t last_sent_digest_ = 0;
  /// Hashes of ids, and where they stand.
  std::unordered_map<runtime::DecisionId, std::uint64_t, IdHash> known_;
  std::unordered_set<runtime::DecisionId, IdHash> orphans_;
  std::uint64_t first_known_ = 0;  // sequence, when they were loaded
  std::uint64_t sent_ = 0;
  std::uint64_t recognised_ = 0;
  std::int64_t complained_at_ = 0;  // of a steady clock
};

/// The sink of the engines. The first failure sticks: what follows it is dropped, because it will be decided
/// again after a restart.
class Outbox : public LiveSink {
 public:
  /// Makes the streams, or checks them.
  static Status MakeStreams(connectors::Connection& connection, const connectors::ServeConfig& config);
  /// Their names.
  static std::vector<std::string> StreamsOf(const connectors::ServeConfig& config);

  /// `from` has a place for each stream, as end() gave them; those that are missing begin at the beginning.
  static Result<std::unique_ptr<Outbox>> Open(connectors::Connection& connection,
                                              const connectors::ServeConfig& config, ServiceLog& log,
                                              std::span<const connectors::OutputMark> from,
                                              OutputChannel::Stopping stopping);

  runtime::SinkWants wants() const override;
  void OnDecision(const runtime::Decision& decision) override;
  void AddDeadLetter(const connectors::InputMessage& message, connectors::DeadLetterCode code,
                     std::string_view reason) override;
  /// To lull.<name>.shadow.<kind>, where the configuration lets candidates be tried.
  void AddShadow(const runtime::Decision& decision, std::uint64_t revision) override;

  /// Waits until everything is stored.
  Status Flush();
  const Status& status() const { return status_; }
  /// Where the streams end, after Flush.
  std::vector<connectors::OutputMark> ends() const;

  /// As of OutputChannel, over all streams.
  std::size_t EndReplay(bool kept);

  const OutputChannel& actions() const { return actions_; }
  const OutputChannel& dead_letters() const { return dead_letters_; }
  /// Dead letters by DeadLetterCode, stored by this process or an earlier one.
  const std::array<std::uint64_t, connectors::kDeadLetterCodeCount>& dead_by_code() const {
    return dead_by_code_;
  }

 private:
  Outbox(const connectors::ServeConfig& config, OutputChannel actions, OutputChannel dead_letters)
      : config_(config), actions_(std::move(actions)), dead_letters_(std::move(dead_letters)) {}
  void SendAction(const runtime::Decision& decision);
  void SendDecision(const runtime::Decision& decision);
  void Keep(Status status) {
    if (status_ && !status) status_ = std::move(status);
  }

  const connectors::ServeConfig& config_;
  OutputChannel actions_;
  OutputChannel dead_letters_;
  std::array<std::uint64_t, connectors::kDeadLetterCodeCount> dead_by_code_{};
  std::optional<OutputChannel> decisions_;
  std::optional<OutputChannel> shadow_;
  Status status_;
  std::string payload_;
};

}  // namespace lull::service
