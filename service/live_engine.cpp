#include "service/live_engine.h"

#include <algorithm>

namespace lull::service {

using connectors::DeadLetterCode;
using connectors::InputMessage;
using runtime::ApplyResult;

namespace {

struct Refusal {
  ApplyResult result;
  DeadLetterCode code;
  const char* reason;
};

constexpr Refusal kRefusals[] = {
    {ApplyResult::kLateDeadLetter, DeadLetterCode::kLate,
     "The event is late, and the ruleset says `late dead_letter`"},
    {ApplyResult::kNoKey, DeadLetterCode::kNoKey, "The event has none of the keys of its entities"},
};

}  // namespace

LiveEngine::LiveEngine(std::shared_ptr<const Deployment> deployment, Outbox& outbox)
    : deployment_(std::move(deployment)), outbox_(outbox), sorter_(outbox) {}

Result<std::unique_ptr<LiveEngine>> LiveEngine::Create(std::shared_ptr<const Deployment> deployment,
                                                       Outbox& outbox) {
  std::unique_ptr<LiveEngine> serve(new LiveEngine(std::move(deployment), outbox));
  const Deployment& first = *serve->deployment_;
  auto engine = runtime::Engine::Create(first.program, {.live = true, .snapshots = true}, serve->sorter_);
  if (!engine) return std::unexpected(engine.error());
  serve->engine_ = std::move(*engine);
  serve->decoder_ = std::make_unique<connectors::JsonDecoder>(first.program.ruleset);
  serve->is_native_ = first.is_native;
  return serve;
}

Result<std::unique_ptr<LiveEngine>> LiveEngine::Restore(std::shared_ptr<const Deployment> deployment,
                                                        Outbox& outbox,
                                                        const connectors::CheckpointReader& checkpoint) {
  auto serve = Create(std::move(deployment), outbox);
  if (!serve) return serve;
  runtime::Engine& engine = *(*serve)->engine_;
  engine.RestoreClock(checkpoint.head().clock);
  const Status read =
      checkpoint.ReadAll([&](std::uint32_t entity, std::string_view key, std::string_view image) {
        return engine.Restore(entity, key, image);
      });
  if (!read) return std::unexpected(read.error());
  return serve;
}

void LiveEngine::Apply(std::span<const InputMessage> messages) {
  if (messages.empty()) return;
  raw_.Clear();
  for (const InputMessage& message : messages) raw_.Add(message.data, {message.sequence});
  const connectors::DecodedBatch batch = decoder_->Decode(raw_.events());
  for (const connectors::DeadLetter& letter : batch.dead_letters) {
    // The messages are in order of their sequences.
    const auto message =
        std::ranges::lower_bound(messages, letter.position.value, {}, &InputMessage::sequence);
    outbox_.AddDeadLetter(*message, letter.code, letter.reason);
  }
  // Runs of frames that count; what does not stands between them.
  std::size_t from = 0;
  for (std::size_t i = 0; i <= batch.frames.size(); ++i) {
    const bool at_end = i == batch.frames.size();
    const bool in_history = !at_end && IsInHistory(batch.frames[i], messages[batch.sources[i]]);
    if (!at_end && !in_history && !IsTooFarAhead(batch.frames[i], messages[batch.sources[i]])) continue;
    ApplyFrames(batch.frames.subspan(from, i - from), batch.sources.subspan(from, i - from), messages);
    from = i + 1;
    if (at_end) break;
    if (in_history) {
      ++in_history_;
      continue;
    }
    outbox_.AddDeadLetter(messages[batch.sources[i]], DeadLetterCode::kTooFarAhead,
                          "The event's time is further ahead of its arrival than `ahead` allows");
  }
}

bool LiveEngine::IsTooFarAhead(const runtime::EventFrame& frame, const InputMessage& message) const {
  return frame.time.micros > message.stored_at.micros + deployment_->marker.ahead_micros;
}

void LiveEngine::ApplyFrames(std::span<const runtime::EventFrame> frames,
                             std::span<const std::uint32_t> sources, std::span<const InputMessage> messages) {
  if (frames.empty()) return;
  results_.resize(frames.size());
  engine_->ApplyBatch(frames, results_.data());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto* refusal = std::ranges::find(kRefusals, results_[i], &Refusal::result);
    if (refusal == std::end(kRefusals)) continue;
    outbox_.AddDeadLetter(messages[sources[i]], refusal->code, refusal->reason);
  }
}

void LiveEngine::Tick(EventTime instant, std::uint64_t sequence) { engine_->Tick(instant, {sequence}); }

Status LiveEngine::Swap(std::shared_ptr<const Deployment> deployment, std::uint64_t sequence) {
  if (Status ok = engine_->Swap(deployment->program, {sequence}); !ok) return ok;
  deployment_ = std::move(deployment);
  ignored_before_ += decoder_->ignored_count();
  decoder_ = std::make_unique<connectors::JsonDecoder>(deployment_->program.ruleset);
  is_native_ = deployment_->is_native;
  return {};
}

void LiveEngine::UseCode(NativeCompiler::Code code) {
  engine_->UseCode(std::move(code));
  is_native_ = true;
}

}  // namespace lull::service
