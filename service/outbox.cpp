#include "service/outbox.h"

#include <algorithm>

#include "connectors/decision_json.h"
#include "connectors/json_scan.h"
#include "connectors/json_text.h"
#include "connectors/nats/deployment_streams.h"
#include "connectors/nats/stream.h"
#include "connectors/nats/subject_token.h"
#include "runtime/base/clock.h"
#include "runtime/base/time.h"
#include "runtime/hash.h"

namespace lull::service {

using connectors::EncodeToken;
using runtime::Decision;
using runtime::DecisionKind;

namespace {

constexpr std::int64_t kPublishWaitMs = 1'000;
constexpr std::int64_t kFlushWaitMs = 1'000;
constexpr std::int64_t kRetryPauseMs = 200;
constexpr std::int64_t kComplainEveryMicros = 10 * kMicrosPerSecond;

/// Of a dead letter's bytes so many are kept; the input log has the whole message.
constexpr std::size_t kDeadBytesMax = 128U << 10U;

runtime::DecisionId HashId(std::string_view id) {
  return runtime::MakeDecisionId({.ruleset = {}, .nudge = id, .entity = {}, .key = {}, .whole = {}});
}

constexpr std::uint32_t Bit(DecisionKind kind) { return 1U << static_cast<unsigned>(kind); }
constexpr std::uint32_t kTaskKinds = Bit(DecisionKind::kSent) | Bit(DecisionKind::kWithdrawn) |
                                     Bit(DecisionKind::kExpired) | Bit(DecisionKind::kDone) |
                                     Bit(DecisionKind::kDeclined) | Bit(DecisionKind::kEscalated);

std::string RouteTokens(const Decision& decision, std::uint32_t unit, const runtime::TextView& key) {
  const bool routed = unit != runtime::kNoIndex;
  return (routed ? EncodeToken(decision.ruleset->units[unit].name) : EncodeToken(std::nullopt)) + "." +
         (key.known() ? EncodeToken(key.view()) : EncodeToken(std::nullopt));
}

}  // namespace

std::uint64_t IdDigest(std::string_view id) { return runtime::HashBytes(id); }

// ---- OutputChannel
// -------------------------------------------------------------------------------------------

Result<OutputChannel> OutputChannel::Open(connectors::Connection& connection,
                                          const connectors::OutputMark& from, ServiceLog& log,
                                          Stopping stopping) {
  // Before the ids are read: who writes meanwhile makes the first message be refused.
  auto output =
      connectors::OutputLog::Open(connection, {.stream = from.stream, .publish_wait_ms = kPublishWaitMs});
  if (!output) return std::unexpected(output.error());
  OutputChannel channel(std::move(*output), from, log, std::move(stopping));
  const auto loaded = connectors::LoadIds(connection, from.stream, from.all_up_to + 1,
                                          [&channel](std::uint64_t sequence, std::string_view id) {
                                            if (channel.known_.empty()) channel.first_known_ = sequence;
                                            channel.known_.emplace(HashId(id), sequence);
                                            channel.last_read_ = {sequence, IdDigest(id)};
                                          });
  if (!loaded) return std::unexpected(loaded.error());
  return channel;
}

connectors::OutputMark OutputChannel::end() const {
  const connectors::LogMark stream_end =
      sent_ > 0 ? connectors::LogMark{.sequence = output_.last_sequence(), .digest = last_sent_digest_}
                : last_read_;
  connectors::OutputMark mark = decided_;
  mark.orphans.assign(orphans_.begin(), orphans_.end());
  if (known_.empty() || sent_ > 0) mark.end = stream_end;
  if (!known_.empty()) return mark;
  mark.all_up_to = stream_end.sequence;
  mark.decided_count = mark.decided_digest = 0;
  return mark;
}

void OutputChannel::NoteDecided(const runtime::DecisionId& id) {
  ++decided_.decided_count;
  decided_.decided_digest ^= id.low;
}

std::size_t OutputChannel::EndReplay(bool kept) {
  std::uint64_t digest = 0;
  for (const auto& [id, sequence] : known_) digest ^= id.low;
  const std::size_t left = known_.size();
  const auto known = std::exchange(known_, {});
  if (left == before_.decided_count && digest == before_.decided_digest) return 0;
  // What somebody has trimmed from the log cannot be compared.
  if (first_known_ != before_.all_up_to + 1 && left <= before_.decided_count) return 0;
  if (kept) {
    for (const auto& [id, sequence] : known) orphans_.insert(id);
  }
  return std::max<std::size_t>(left - std::min<std::size_t>(left, before_.decided_count), 1);
}

Status OutputChannel::Send(const std::string& subject, const std::string& id, std::string_view payload) {
  if (!known_.empty()) {
    const runtime::DecisionId hash = HashId(id);
    NoteDecided(hash);
    if (const auto found = known_.find(hash); found != known_.end()) {
      if (found->second > decided_.end.sequence) decided_.end = {found->second, IdDigest(id)};
      known_.erase(found);
      ++recognised_;
      return {};
    }
  }
  if (!orphans_.empty() && orphans_.erase(HashId(id)) > 0) {
    ++recognised_;
    return {};
  }
  ++sent_;
  last_sent_digest_ = IdDigest(id);
  return Persist([&] { return output_.Publish(subject, id, payload); });
}

Status OutputChannel::Flush() {
  if (output_.pending_count() == 0) return {};
  return Persist([&] { return output_.Flush(kFlushWaitMs); });
}

Status OutputChannel::Persist(const std::function<Status()>& attempt) {
  for (;;) {
    Status done = attempt();
    if (done || output_.hopeless() || stopping_()) return done;
    const std::int64_t now = SteadyMicros();
    if (now - complained_at_ > kComplainEveryMicros) {
      complained_at_ = now;
      log_->Warn("outputs wait for the broker; no input is read meanwhile", {{"why", done.error().message}});
    }
    SleepMs(kRetryPauseMs);
  }
}

// ---- Outbox
// --------------------------------------------------------------------------------------------------

std::vector<std::string> Outbox::StreamsOf(const connectors::ServeConfig& config) {
  std::vector<std::string> names;
  for (const connectors::StreamSpec& spec : connectors::OutputStreams(config)) names.push_back(spec.name);
  return names;
}

Status Outbox::MakeStreams(connectors::Connection& connection, const connectors::ServeConfig& config) {
  for (const connectors::StreamSpec& spec : connectors::OutputStreams(config)) {
    if (const auto state = connectors::EnsureStream(connection, spec); !state) {
      return std::unexpected(state.error());
    }
  }
  return {};
}

Result<std::unique_ptr<Outbox>> Outbox::Open(connectors::Connection& connection,
                                             const connectors::ServeConfig& config, ServiceLog& log,
                                             std::span<const connectors::OutputMark> from,
                                             OutputChannel::Stopping stopping) {
  std::vector<OutputChannel> channels;
  for (const std::string& stream : StreamsOf(config)) {
    const auto mark = std::ranges::find(from, stream, &connectors::OutputMark::stream);
    auto channel = OutputChannel::Open(
        connection, mark == from.end() ? connectors::OutputMark{.stream = stream, .end = {}} : *mark, log,
        stopping);
    if (!channel) return std::unexpected(channel.error());
    channels.push_back(std::move(*channel));
  }
  std::unique_ptr<Outbox> outbox(new Outbox(config, std::move(channels[0]), std::move(channels[1])));
  std::size_t next = 2;
  if (config.keep_decisions) outbox->decisions_.emplace(std::move(channels[next++]));
  if (config.deploy_from_bucket) outbox->shadow_.emplace(std::move(channels[next++]));
  return outbox;
}

std::vector<connectors::OutputMark> Outbox::ends() const {
  std::vector<connectors::OutputMark> ends = {actions_.end(), dead_letters_.end()};
  if (decisions_) ends.push_back(decisions_->end());
  if (shadow_) ends.push_back(shadow_->end());
  return ends;
}

std::size_t Outbox::EndReplay(bool kept) {
  std::size_t left = actions_.EndReplay(kept) + dead_letters_.EndReplay(kept);
  if (decisions_) left += decisions_->EndReplay(kept);
  if (shadow_) left += shadow_->EndReplay(kept);
  return left;
}

runtime::SinkWants Outbox::wants() const {
  return decisions_ ? runtime::SinkWants::Everything() : runtime::SinkWants{.kinds = kTaskKinds};
}

void Outbox::OnDecision(const Decision& decision) {
  if (!status_) return;
  if ((kTaskKinds & Bit(decision.kind)) != 0 && !decision.held_out) SendAction(decision);
  if (decisions_ && decision.kind != DecisionKind::kSent) SendDecision(decision);
}

void Outbox::SendAction(const Decision& decision) {
  payload_.clear();
  std::string id = decision.id.Hex();
  if (decision.kind == DecisionKind::kSent) {
    connectors::AppendActionJson(payload_, decision);
  } else {
    connectors::AppendDecisionJson(payload_, decision);
    id += '.';
    id += NameOf(decision.kind);
  }
  const std::string prefix = config_.action_prefix + ".";
  if (decision.kind == DecisionKind::kEscalated) {
    id += '.' + std::to_string(decision.k);
    // Who had the task learns that it is gone.
    Keep(actions_.Send(prefix + RouteTokens(decision, decision.from_unit, decision.from_key), id + ".from",
                       payload_));
  }
  Keep(actions_.Send(prefix + RouteTokens(decision, decision.unit, decision.unit_key), id, payload_));
}

void Outbox::SendDecision(const Decision& decision) {
  payload_.clear();
  connectors::AppendDecisionJson(payload_, decision);
  const std::string kind(NameOf(decision.kind));
  std::string id = decision.id.Hex() + "." + kind;
  if (decision.kind == DecisionKind::kEscalated) id += '.' + std::to_string(decision.k);
  Keep(decisions_->Send(config_.decision_prefix() + "." + kind, id, payload_));
}

void Outbox::AddShadow(const Decision& decision, std::uint64_t revision) {
  if (!status_ || !shadow_ || (kTaskKinds & Bit(decision.kind)) == 0 || decision.held_out) return;
  payload_.clear();
  const std::string kind(NameOf(decision.kind));
  // The shadows of two revisions may decide the same.
  std::string id = std::to_string(revision) + "." + decision.id.Hex();
  if (decision.kind == DecisionKind::kSent) {
    connectors::AppendActionJson(payload_, decision);
  } else {
    connectors::AppendDecisionJson(payload_, decision);
    id += "." + kind;
    if (decision.kind == DecisionKind::kEscalated) id += '.' + std::to_string(decision.k);
  }
  Keep(shadow_->Send(config_.shadow_prefix() + "." + kind, id, payload_));
}

void Outbox::AddDeadLetter(const connectors::InputMessage& message, connectors::DeadLetterCode code,
                           std::string_view reason) {
  if (!status_) return;
  ++dead_by_code_[static_cast<std::size_t>(code)];
  const std::string_view bytes = message.data.substr(0, kDeadBytesMax);
  payload_ = "{\"sequence\":" + std::to_string(message.sequence) + ",\"subject\":";
  connectors::AppendJsonText(payload_, message.subject);
  payload_ += ",\"code\":";
  connectors::AppendJsonText(payload_, NameOf(code));
  payload_ += ",\"reason\":";
  connectors::AppendJsonText(payload_, reason);
  payload_ += ",\"bytes_total\":" + std::to_string(message.data.size());
  if (connectors::IsUtf8(bytes)) {
    payload_ += ",\"bytes\":";
    connectors::AppendJsonText(payload_, bytes);
  } else {
    payload_ += ",\"bytes_base64\":";
    connectors::AppendJsonText(payload_, connectors::Base64(bytes));
  }
  payload_ += '}';
  Keep(dead_letters_.Send(config_.dead_prefix() + "." + std::string(NameOf(code)),
                          std::to_string(message.sequence), payload_));
}

Status Outbox::Flush() {
  if (status_) Keep(actions_.Flush());
  if (status_) Keep(dead_letters_.Flush());
  if (status_ && decisions_) Keep(decisions_->Flush());
  if (status_ && shadow_) Keep(shadow_->Flush());
  return status_;
}

}  // namespace lull::service
