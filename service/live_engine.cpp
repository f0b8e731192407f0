#include "service/live_engine.h"

#include <algorithm>

namespace lull::service {

using connectors::DeadLetterCode;
using connectors::InputMessage;

Result<std::unique_ptr<LiveEngine>> LiveEngine::Create(std::shared_ptr<const Deployment> deployment,
                                                       LiveSink& sink) {
  std::unique_ptr<LiveEngine> live(new LiveEngine(sink));
  auto lane = Lane::Create(std::move(deployment), live->sorter_);
  if (!lane) return std::unexpected(lane.error());
  live->in_force_ = std::move(*lane);
  return live;
}

Result<std::unique_ptr<LiveEngine>> LiveEngine::Restore(std::shared_ptr<const Deployment> deployment,
                                                        std::shared_ptr<const Deployment> candidate,
                                                        LiveSink& sink,
                                                        const connectors::CheckpointReader& checkpoint) {
  auto live = Create(std::move(deployment), sink);
  if (!live) return live;
  runtime::Engine& engine = (*live)->in_force_->engine();
  engine.RestoreClock(checkpoint.head().clock);
  runtime::Engine* other = nullptr;
  if (candidate) {
    auto rollout = std::make_unique<Rollout>(std::move(candidate), (*live)->sorter_, sink);
    if (Status ok = rollout->Resume(*checkpoint.head().candidate, checkpoint.head().clock); !ok) {
      return std::unexpected(ok.error());
    }
    other = &rollout->lane().engine();
    (*live)->rollout_ = std::move(rollout);
  }
  const Status read =
      checkpoint.ReadAll([&](std::uint32_t entity, std::string_view key, std::string_view image) {
        if ((entity & connectors::kCandidateEntity) == 0) return engine.Restore(entity, key, image);
        return other != nullptr && other->Restore(entity & ~connectors::kCandidateEntity, key, image);
      });
  if (!read) return std::unexpected(read.error());
  return live;
}

// ---- Events
// ------------------------------------------------------------------------------------------------------

void LiveEngine::Apply(std::span<const InputMessage> messages) {
  if (messages.empty()) return;
  raw_.Clear();
  for (const InputMessage& message : messages) raw_.Add(message.data, {message.sequence});
  if (rollout_ != nullptr && rollout_->is_canary()) return ApplyShared(messages);
  const connectors::DecodedBatch batch = in_force_->Decode(raw_.events());
  ApplyInForce(batch, messages);
  if (rollout_ != nullptr) ApplyShadow(batch, messages);
}

void LiveEngine::ApplyInForce(const connectors::DecodedBatch& batch, std::span<const InputMessage> messages) {
  for (const connectors::DeadLetter& letter : batch.dead_letters) {
    // The messages are in order of their sequences.
    const auto message =
        std::ranges::lower_bound(messages, letter.position.value, {}, &InputMessage::sequence);
    sink_.AddDeadLetter(*message, letter.code, letter.reason);
  }
  // Runs of frames that count; what does not stands between them.
  std::size_t from = 0;
  for (std::size_t i = 0; i <= batch.frames.size(); ++i) {
    const bool at_end = i == batch.frames.size();
    const bool in_history = !at_end && IsInHistory(batch.frames[i], messages[batch.sources[i]]);
    if (!at_end && !in_history && !in_force_->IsTooFarAhead(batch.frames[i], messages[batch.sources[i]]))
      continue;
    ApplyFrames(batch.frames.subspan(from, i - from), batch.sources.subspan(from, i - from), messages);
    from = i + 1;
    if (at_end) break;
    if (in_history) {
      ++in_history_;
      continue;
    }
    sink_.AddDeadLetter(messages[batch.sources[i]], DeadLetterCode::kTooFarAhead, kTooFarAheadReason);
  }
}

void LiveEngine::ApplyFrames(std::span<const runtime::EventFrame> frames,
                             std::span<const std::uint32_t> sources, std::span<const InputMessage> messages) {
  in_force_->Apply(frames, [&](std::size_t i, DeadLetterCode code, const char* reason) {
    sink_.AddDeadLetter(messages[sources[i]], code, reason);
  });
}

void LiveEngine::Tick(EventTime instant, const InputMessage& message) {
  if (rollout_ == nullptr) return in_force_->engine().Tick(instant, {message.sequence});
  rollout_->Saw(message.stored_at);
  sorter_.Hold();
  in_force_->engine().Tick(instant, {message.sequence});
  rollout_->lane().engine().Tick(instant, {message.sequence});
  sorter_.Release();
}

std::optional<bool> LiveEngine::Erase(std::string_view entity, std::string_view key, std::uint64_t sequence) {
  std::optional<bool> known;
  const auto erase = [&](Lane& lane) {
    const auto& entities = lane.deployment().program.ruleset->entities;
    const auto found = std::ranges::find(entities, entity, &runtime::EntitySpec::name);
    if (found == entities.end() || found->whole != runtime::kNoIndex) return;
    const auto type = static_cast<std::uint32_t>(found - entities.begin());
    known = lane.engine().Erase(type, key, {sequence}) || known.value_or(false);
  };
  erase(*in_force_);
  if (rollout_ != nullptr) erase(rollout_->lane());
  return known;
}

// ---- Deployments
// -------------------------------------------------------------------------------------------------

Status LiveEngine::Deploy(std::shared_ptr<const Deployment> deployment, const InputMessage& at) {
  const bool tries = deployment->marker.rollout.has_value();
  if (tries) {
    if (Status ok = CheckTogether(in_force_->deployment(), *deployment); !ok) return ok;
  }
  // What is sent keeps looking at its ruleset until it has gone out.
  const std::shared_ptr<const Deployment> before = in_force_->shared_deployment();
  const std::shared_ptr<const Deployment> tried = rollout_ == nullptr ? nullptr : rollout_->deployment();
  sorter_.Hold();
  Status done;
  if (tries) {
    done = Try(std::move(deployment), at);
  } else {
    done = in_force_->Swap(std::move(deployment), {at.sequence});
    if (done) done = EndRollout(at);
  }
  // A snapshot is of both rulesets, or of one.
  if (tries || tried) AbandonSnapshot();
  sorter_.Release();
  return done;
}

Status LiveEngine::Try(std::shared_ptr<const Deployment> deployment, const InputMessage& at) {
  using Kind = connectors::RolloutPlan::Kind;
  const bool resizes =
      rollout_ != nullptr && rollout_->is_canary() && deployment->marker.rollout->kind == Kind::kCanary &&
      rollout_->deployment()->program.ruleset->version == deployment->program.ruleset->version;
  if (resizes) return rollout_->Resize(std::move(deployment), *in_force_, at);
  if (Status ok = EndRollout(at); !ok) return ok;
  rollout_ = std::make_unique<Rollout>(std::move(deployment), sorter_, sink_);
  return rollout_->Begin(*in_force_, at);
}

Status LiveEngine::EndRollout(const InputMessage& at) {
  if (rollout_ == nullptr) return {};
  if (Status ok = rollout_->End(*in_force_, at); !ok) return ok;
  if (rollout_->is_canary()) {
    runtime::EngineStats stats = rollout_->lane().engine().stats();
    stats.records = stats.bytes = 0;
    AddStats(past_, stats);
  }
  rollout_.reset();
  return {};
}

void LiveEngine::UseCode(const Deployment& deployment, NativeCompiler::Code code) {
  if (&deployment == &in_force_->deployment()) return in_force_->UseCode(std::move(code));
  if (rollout_ != nullptr && &deployment == &rollout_->lane().deployment()) {
    rollout_->lane().UseCode(std::move(code));
  }
}

std::shared_ptr<const Deployment> LiveEngine::interpreted() const {
  if (!in_force_->is_native()) return in_force_->shared_deployment();
  if (rollout_ != nullptr && !rollout_->lane().is_native()) return rollout_->lane().shared_deployment();
  return nullptr;
}

runtime::EngineStats LiveEngine::stats() const {
  runtime::EngineStats stats = in_force_->engine().stats();
  AddStats(stats, past_);
  if (rollout_ != nullptr && rollout_->is_canary()) AddStats(stats, rollout_->lane().engine().stats());
  return stats;
}

}  // namespace lull::service
