// What `lull serve` tells about itself: to `lull status`, and to monitoring.
#include "connectors/json_text.h"
#include "connectors/time_text.h"
#include "runtime/base/clock.h"
#include "service/service.h"

namespace lull::service {

namespace {

using Figure = connectors::Guard::Figure;

/// Of the candidate under way.
std::string CandidateJson(const Rollout& rollout) {
  const connectors::CandidateFigures& figures = rollout.figures();
  std::string out = "{\"kind\":\"" + std::string(connectors::NameOf(rollout.plan().kind)) +
                    "\",\"revision\":" + std::to_string(rollout.revision()) + ",\"version\":\"" +
                    rollout.deployment()->marker.version + "\",\"share\":\"" +
                    connectors::Text(rollout.plan().share) + "\",\"engine\":\"" +
                    (rollout.lane().is_native() ? "native" : "interpreter") + "\",\"since\":\"" +
                    connectors::Rfc3339Text(figures.began_micros) + "\"";
  const auto add = [&](const char* name, std::uint64_t number) {
    out += ",\"" + std::string(name) + "\":" + std::to_string(number);
  };
  add("entities", rollout.lane().engine().stats().records);
  add("actions", figures.actions);
  add("errors", figures.errors);
  add("actions_per_hour", FigureOf(figures, Figure::kActions));
  add("errors_per_hour", FigureOf(figures, Figure::kErrors));
  out += ",\"guards\":[";
  for (const connectors::Guard& guard : rollout.plan().guards) {
    if (out.back() != '[') out += ',';
    out += "\"" + connectors::Text(guard) + "\"";
  }
  return out + "]}";
}

void AppendMember(std::string& out, std::string_view name, std::uint64_t number) {
  out += ",\"";
  out += name;
  out += "\":" + std::to_string(number);
}

}  // namespace

void Service::ShowFigures() {
  operations_.Turn(false);
  connectors::ServicePulse& pulse = operations_.pulse();
  pulse.running = true;
  pulse.replaying = replaying_;
  pulse.connected = connection_->connected();
  pulse.applied = input_->next_sequence() - 1;
  if (operations_.FiguresDue()) operations_.Show(Figures());
}

// In the middle of a turn, while the broker does not take what is to be stored.
bool Service::OutputsWait() {
  operations_.Turn(true);
  operations_.pulse().connected = connection_->connected();
  return signals_.stop;
}

connectors::ServiceFigures Service::Figures() const {
  const Deployment& deployment = engine_->deployment();
  connectors::ServiceFigures figures;
  figures.ruleset = deployment.program.ruleset->name;
  figures.version = deployment.marker.version;
  figures.native = engine_->is_native();
  figures.events = stats_.events;
  figures.ticks = stats_.ticks;
  figures.ignored = engine_->ignored_count();
  figures.deployments_accepted = stats_.deployments_accepted;
  figures.deployments_refused = stats_.deployments_refused;
  figures.outputs_sent = outbox_->actions().sent_count();
  figures.outputs_recognised = outbox_->actions().recognised_count();
  figures.dead_letters = outbox_->dead_by_code();
  figures.engine = engine_->stats();
  figures.last_tick = clock_.last();
  figures.sources_watched = clock_.WatchedSources();
  figures.sources_silent = clock_.SilentSources({WallMicros()});
  figures.latency_buckets = stats_.latency.buckets();
  figures.latency_sum_micros = stats_.latency.sum_micros();
  if (const Rollout* rollout = engine_->rollout(); rollout != nullptr) {
    figures.candidate = {
        .kind = std::string(connectors::NameOf(rollout->plan().kind)),
        .version = rollout->deployment()->marker.version,
        .revision = rollout->revision(),
        .share = static_cast<double>(rollout->plan().share.millionths) / runtime::Share::kAll,
        .entities = rollout->lane().engine().stats().records,
        .actions = rollout->figures().actions,
        .errors = rollout->figures().errors};
  }
  if (checkpoints_) {
    const CheckpointFigures& latest = checkpoints_->figures();
    figures.checkpoints = {.made = latest.made,
                           .failed = latest.failed,
                           .sequence = latest.sequence,
                           .finished = {latest.finished_micros},
                           .duration_micros = latest.duration_micros,
                           .bytes = latest.bytes,
                           .longest_turn_micros = latest.longest_turn_micros};
  }
  return figures;
}

std::string Service::StatusJson() const {
  const Deployment& deployment = engine_->deployment();
  const runtime::EngineStats engine = engine_->stats();
  const auto kind = [&](runtime::DecisionKind of) { return engine.by_kind[static_cast<std::size_t>(of)]; };
  std::string out = "{\"ok\":true,\"name\":\"" + config_.name + "\",\"ruleset\":\"" +
                    deployment.program.ruleset->name + "\",\"version\":\"" + deployment.marker.version +
                    "\",\"engine\":\"" + (engine_->is_native() ? "native" : "interpreter") +
                    "\",\"replaying\":" + (replaying_ ? "true" : "false") +
                    ",\"caught_up\":" + (input_->caught_up() ? "true" : "false");
  AppendMember(out, "next_sequence", input_->next_sequence());
  AppendMember(out, "events", stats_.events);
  AppendMember(out, "ignored", engine_->ignored_count());
  AppendMember(out, "late", engine.late + engine.late_dropped + engine.late_dead_letters);
  AppendMember(out, "duplicates", engine.duplicates);
  AppendMember(out, "ticks", stats_.ticks);
  AppendMember(out, "deployments", stats_.deployments);
  AppendMember(out, "revision", deployment.marker.revision);
  if (engine_->rollout() != nullptr) out += ",\"candidate\":" + CandidateJson(*engine_->rollout());
  AppendMember(out, "entities", engine.records);
  AppendMember(out, "actions", kind(runtime::DecisionKind::kSent));
  AppendMember(out, "withdrawn", kind(runtime::DecisionKind::kWithdrawn));
  AppendMember(out, "held_out", kind(runtime::DecisionKind::kHeldOut));
  AppendMember(out, "suppressed", kind(runtime::DecisionKind::kSuppressed));
  AppendMember(out, "published", outbox_->actions().sent_count());
  AppendMember(out, "recognised", outbox_->actions().recognised_count());
  AppendMember(out, "dead_letters",
               outbox_->dead_letters().sent_count() + outbox_->dead_letters().recognised_count());
  if (checkpoints_) {
    const CheckpointFigures& figures = checkpoints_->figures();
    out += ",\"checkpoint\":{\"number\":" + std::to_string(figures.number);
    AppendMember(out, "sequence", figures.sequence);
    AppendMember(out, "made", figures.made);
    AppendMember(out, "failed", figures.failed);
    AppendMember(out, "bytes", figures.bytes);
    AppendMember(out, "duration_micros", static_cast<std::uint64_t>(figures.duration_micros));
    AppendMember(out, "longest_turn_micros", static_cast<std::uint64_t>(figures.longest_turn_micros));
    out += '}';
  }
  out += ",\"silent_sources\":[";
  for (std::size_t i = 0; i < silent_.size(); ++i) {
    if (i > 0) out += ',';
    connectors::AppendJsonText(out, silent_[i]);
  }
  out += "],\"latency_ms\":{\"p50\":";
  connectors::AppendJsonNumber(out, stats_.latency.QuantileMs(0.5));
  out += ",\"p99\":";
  connectors::AppendJsonNumber(out, stats_.latency.QuantileMs(0.99));
  AppendMember(out, "messages", stats_.latency.count());
  return out + "}}";
}

}  // namespace lull::service
