// How `lull serve` changes rulesets: reload requests, deployments read back from the log, native code.
#include "runtime/base/clock.h"
#include "service/service.h"

namespace lull::service {

using connectors::InputMessage;

namespace {

/// Of a turn; a slice of entities takes much less.
constexpr std::int64_t kBringOverMicros = 5'000;
constexpr std::size_t kBringOverEntities = 256;

std::string Reloaded(bool changed, const std::string& version, std::uint64_t sequence) {
  std::string out = "{\"ok\":true,\"changed\":";
  out += changed ? "true" : "false";
  out += ",\"version\":\"" + version + "\"";
  if (changed) out += ",\"sequence\":" + std::to_string(sequence);
  return out + "}";
}

}  // namespace

Status Service::PublishMarker(const connectors::DeployMarker& marker) {
  const auto stored = connection_->Store(config_.deploy_subject(), ToJson(marker), {});
  if (!stored) return std::unexpected(stored.error());
  marker_sequence_ = stored->sequence;
  log_.Info("deployment added to the log", {{"version", marker.version}, {"sequence", stored->sequence}});
  return {};
}

// A swap that finds another one under way has to end it first.
bool Service::MarkerMayFollow() {
  return applied_.sequence >= marker_sequence_ && !engine_->engine().swap_under_way();
}

// Entities are brought over to a new ruleset between batches, for a few milliseconds each time.
void Service::BringOver() {
  runtime::Engine& engine = engine_->engine();
  if (!engine.swap_under_way()) return;
  const std::int64_t began = SteadyMicros();
  bool done = false;
  while (!done && SteadyMicros() - began < kBringOverMicros) done = engine.ContinueSwap(kBringOverEntities);
  if (!done) return;
  log_.Info("all entities are brought over",
            {{"version", engine_->deployment().marker.version}, {"micros", SteadyMicros() - swapped_at_}});
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
    ++stats_.deployments_refused;
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
        ++stats_.deployments_refused;
        log_.Error("a deployment is refused; the ruleset before it goes on",
                   {{"sequence", message.sequence}, {"why", prepared.error().message}});
        return {};
      }
      next = std::make_shared<const Deployment>(std::move(*prepared));
    }
    const std::string before = engine_->deployment().marker.version;
    const std::int64_t began = SteadyMicros();
    const std::int64_t began_cpu = ThreadCpuMicros();
    if (Status ok = engine_->Swap(next, message.sequence); !ok) return ok;
    std::erase(candidates_, next);
    ++stats_.deployments_accepted;
    swapped_at_ = SteadyMicros();
    clock_.set_lateness(next->program.ruleset->lateness_micros);
    log_.Info("ruleset swapped", {{"sequence", message.sequence},
                                  {"from", before},
                                  {"to", marker->version},
                                  {"revision", marker->revision},
                                  {"micros", SteadyMicros() - began},
                                  {"cpu_micros", ThreadCpuMicros() - began_cpu},
                                  {"native", next->is_native}});
  }
  // Those of before this process were told of at its start.
  if (bucket_ && !replaying_ && marker->revision > 0) {
    bucket_->Accepted({marker->revision, marker->version, message.sequence});
  }
  if (awaited_ == *marker) EndReload(Reloaded(true, marker->version, message.sequence));
  return {};
}

void Service::PollNative() {
  if (!options_.native) return;
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

/// What the bucket offers goes into the log, sooner or later.
void Service::PollBucket() {
  if (!bucket_ || replaying_) return;
  stats_.deployments_refused += bucket_->TakeRefusedCount();
  if (auto offer = bucket_->Take()) {
    if (!offer->warnings.empty()) log_.Warn("the ruleset has warnings", {{"text", offer->warnings}});
    candidates_.push_back(offer);
    offered_ = std::move(offer);
  }
  if (!offered_ || SteadyMicros() < offered_again_at_ || !MarkerMayFollow()) return;
  if (Status ok = PublishMarker(offered_->marker); !ok) {
    log_.Warn("a revision could not be put into the log; this is tried again", {{"why", ok.error().message}});
    offered_again_at_ = SteadyMicros() + kMicrosPerSecond;
    return;
  }
  offered_.reset();
}

void Service::BeginReload(std::optional<ControlRequest> request) {
  if (bucket_) {
    log_.Warn("a reload is refused: deployments come through the bucket");
    const char* why = "this deployment takes its rulesets from the bucket: use `lull deploy DIR`";
    if (request) request->answer.set_value(ControlFailure(why));
    return;
  }
  if (reload_.running() || awaited_) {
    if (request) request->answer.set_value(ControlFailure("a reload is under way"));
    return;
  }
  reload_request_ = std::move(request);
  log_.Info("reloading", {{"folder", config_.ruleset.string()}});
  reload_.Start([&config = config_, native = options_.native]() -> Result<Deployment> {
    Result<connectors::DeployMarker> bundle = ReadBundle(config);
    if (!bundle) return std::unexpected(bundle.error());
    return Prepare(std::move(*bundle), native);
  });
}

void Service::PollReload() {
  if (!MarkerMayFollow()) return;
  auto taken = reload_.Take();
  if (!taken) return;
  Result<Deployment>& prepared = *taken;
  if (!prepared) {
    ++stats_.deployments_refused;
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
  if (signals_.reload.exchange(false)) BeginReload({});
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

}  // namespace lull::service
