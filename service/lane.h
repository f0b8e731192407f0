// One ruleset at work: its engine and its decoder. `lull serve` has one, and a second one while a candidate
// is tried (service/rollout.h).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "connectors/json_decoder.h"
#include "connectors/nats/input_log.h"
#include "connectors/raw_batch.h"
#include "runtime/engine.h"
#include "service/deployment.h"
#include "service/live_sink.h"

namespace lull::service {

/// One thread.
class Lane {
 public:
  /// `sink` must outlive it.
  static Result<std::unique_ptr<Lane>> Create(std::shared_ptr<const Deployment> deployment,
                                              runtime::DecisionSink& sink);

  const Deployment& deployment() const { return *deployment_; }
  const std::shared_ptr<const Deployment>& shared_deployment() const { return deployment_; }
  bool is_native() const { return is_native_; }
  runtime::Engine& engine() { return *engine_; }
  const runtime::Engine& engine() const { return *engine_; }

  connectors::DecodedBatch Decode(std::span<const connectors::RawEvent> raw) { return decoder_->Decode(raw); }
  /// Applies frames, and calls `refused(i, code, reason)` for those that are dead letters.
  template <typename Refused>
  void Apply(std::span<const runtime::EventFrame> frames, Refused refused);
  /// Goes on with another deployment, at this place of the log.
  Status Swap(std::shared_ptr<const Deployment> deployment, runtime::LogPosition position);
  void UseCode(NativeCompiler::Code code);
  /// The marker in force changes, and the ruleset does not.
  void Rename(std::shared_ptr<const Deployment> deployment) { deployment_ = std::move(deployment); }

  bool IsTooFarAhead(const runtime::EventFrame& frame, const connectors::InputMessage& message) const {
    return frame.time.micros > message.stored_at.micros + deployment_->marker.ahead_micros;
  }
  /// The key of the whole that the event is of; nothing if it lacks it.
  std::optional<std::string_view> KeyOf(const runtime::EventFrame& frame) const;
  std::uint64_t ignored_count() const { return ignored_before_ + decoder_->ignored_count(); }

 private:
  Lane() = default;

  std::shared_ptr<const Deployment> deployment_;
  std::unique_ptr<runtime::Engine> engine_;
  std::unique_ptr<connectors::JsonDecoder> decoder_;
  std::vector<runtime::ApplyResult> results_;
  std::uint64_t ignored_before_ = 0;
  bool is_native_ = false;
};

/// Why an event that was decoded is a dead letter; null: it is none.
struct Refusal {
  runtime::ApplyResult result;
  connectors::DeadLetterCode code;
  const char* reason;
};
inline constexpr char kTooFarAheadReason[] =
    "The event's time is further ahead of its arrival than `ahead` allows";
const Refusal* RefusalOf(runtime::ApplyResult result);

template <typename Refused>
void Lane::Apply(std::span<const runtime::EventFrame> frames, Refused refused) {
  if (frames.empty()) return;
  results_.resize(frames.size());
  engine_->ApplyBatch(frames, results_.data());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Refusal* refusal = RefusalOf(results_[i]);
    if (refusal != nullptr) refused(i, refusal->code, refusal->reason);
  }
}

}  // namespace lull::service
