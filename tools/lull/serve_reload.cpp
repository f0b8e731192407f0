// How `lull serve` changes rulesets: reload requests, deployments read back from the log, native code.
#include "connectors/json_text.h"
#include "tools/lull/serve_service.h"

namespace lull::tools {

using connectors::InputMessage;

namespace {

void AppendMember(std::string& out, std::string_view name, std::uint64_t number) {
  out += ",\"";
  out += name;
  out += "\":" + std::to_string(number);
}

std::string Reloaded(bool changed, const std::string& version, std::uint64_t sequence) {
  std::string out = "{\"ok\":true,\"changed\":";
  out += changed ? "true" : "false";
  out += ",\"version\":\"" + version + "\"";
  if (changed) AppendMember(out, "sequence", sequence);
  return out + "}";
}

}  // namespace

Status Service::PublishMarker(const connectors::DeployMarker& marker) {
  const auto stored = connection_->Store(config_.deploy_subject(), ToJson(marker), {});
  if (!stored) return std::unexpected(stored.error());
  log_.Info("deployment added to the log", {{"version", marker.version}, {"sequence", stored->sequence}});
  return {};
}

std::shared_ptr<const Deployment> Service::FindCandidate(const connectors::DeployMarker& marker) {
  for (const auto& candidate : candidates_) {
    if (candidate->marker == marker) return candidate;
  }
  return nullptr;
}

// Whatever cannot be run is passed over, so that a bad message cannot stop the log.
Status Service::ApplyMarker(const InputMessage& message) {
  ++stats_.deployments;
  const auto marker = connectors::ParseDeployMarker(message.data);
  if (!marker) {
    log_.Error("a deployment is passed over",
               {{"sequence", message.sequence}, {"why", marker.error().message}});
    return {};
  }
  std::string answer;
  if (*marker != engine_->deployment().marker) {
    std::shared_ptr<const Deployment> next = FindCandidate(*marker);
    if (!next) {
      Result<Deployment> prepared = Prepare(*marker, false);
      if (!prepared) {
        log_.Error("a deployment is refused; the ruleset before it goes on",
                   {{"sequence", message.sequence}, {"why", prepared.error().message}});
        return {};
      }
      next = std::make_shared<const Deployment>(std::move(*prepared));
    }
    const std::string before = engine_->deployment().marker.version;
    if (Status ok = engine_->Swap(next); !ok) return ok;
    std::erase(candidates_, next);
    clock_.set_lateness(next->program.ruleset->lateness_micros);
    log_.Info("ruleset swapped", {{"sequence", message.sequence},
                                  {"from", before},
                                  {"to", marker->version},
                                  {"native", next->is_native}});
  }
  if (awaited_ == *marker) EndReload(Reloaded(true, marker->version, message.sequence));
  return {};
}

void Service::PollNative() {
  if (auto code = native_.Take()) {
    if (!*code) {
      log_.Warn("no native code could be made; the interpreter goes on", {{"why", code->error().message}});
    } else if (native_.target().get() == &engine_->deployment()) {
      engine_->UseCode(**code);
      log_.Info("running native code", {{"version", engine_->deployment().marker.version}});
    }
  }
  const bool tried = native_.target().get() == &engine_->deployment();
  if (!engine_->is_native() && !tried && !native_.running()) native_.Start(engine_->shared_deployment());
}

void Service::BeginReload(std::optional<ControlRequest> request) {
  if (reload_.valid() || awaited_) {
    if (request) request->answer.set_value(ControlFailure("a reload is under way"));
    return;
  }
  reload_request_ = std::move(request);
  log_.Info("reloading", {{"folder", config_.ruleset.string()}});
  reload_ = std::async(std::launch::async, [&config = config_]() -> Result<Deployment> {
    Result<connectors::DeployMarker> bundle = ReadBundle(config);
    if (!bundle) return std::unexpected(bundle.error());
    return Prepare(std::move(*bundle), true);
  });
}

void Service::PollReload() {
  if (!reload_.valid() || reload_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  Result<Deployment> prepared = reload_.get();
  if (!prepared) {
    log_.Error("the new ruleset is refused; the old one goes on", {{"why", prepared.error().message}});
    EndReload(ControlFailure(prepared.error().message));
    return;
  }
  const auto next = std::make_shared<const Deployment>(std::move(*prepared));
  if (!next->warnings.empty()) log_.Warn("the ruleset has warnings", {{"text", next->warnings}});
  if (next->marker == engine_->deployment().marker) {
    log_.Info("the ruleset has not changed", {{"version", next->marker.version}});
    EndReload(Reloaded(false, next->marker.version, 0));
    return;
  }
  candidates_.push_back(next);
  awaited_ = next->marker;
  if (Status ok = PublishMarker(next->marker); !ok) {
    log_.Error("the new ruleset could not be deployed; the old one goes on", {{"why", ok.error().message}});
    EndReload(ControlFailure(ok.error().message));
  }
}

void Service::EndReload(const std::string& answer) {
  if (reload_request_) reload_request_->answer.set_value(answer);
  reload_request_.reset();
  awaited_.reset();
}

void Service::ServeRequests() {
  if (TakeReloadRequest()) BeginReload({});
  for (ControlRequest& request : control_.Take()) {
    if (request.text == "status") {
      request.answer.set_value(StatusJson());
    } else if (request.text == "reload") {
      BeginReload(std::move(request));
    } else {
      request.answer.set_value(ControlFailure("requests are \"status\" and \"reload\""));
    }
  }
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

}  // namespace lull::tools
