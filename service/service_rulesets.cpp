// How `lull serve` changes rulesets: reload requests, deployments read back from the log, native code.
#include "runtime/base/clock.h"
#include "service/service.h"

namespace lull::service {

using connectors::InputMessage;

namespace {

/// Of a turn; a slice of entities takes much less.
constexpr std::int64_t kBringOverMicros = 5'000;
constexpr std::size_t kBringOverEntities = 256;

Status CheckTogetherIfTried(const Deployment& in_force, const Deployment& next) {
  return next.marker.rollout ? CheckTogether(in_force, next) : Status();
}

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
  return applied_.sequence >= marker_sequence_ && !engine_->swap_under_way();
}

// Entities are brought over to a new ruleset between batches, for a few milliseconds each time.
void Service::BringOver() {
  if (!engine_->swap_under_way()) return;
  const std::int64_t began = SteadyMicros();
  bool done = false;
  while (!done && SteadyMicros() - began < kBringOverMicros) done = engine_->ContinueSwap(kBringOverEntities);
  if (!done) return;
  log_.Info("all entities are brought over",
            {{"version", engine_->deployment().marker.version}, {"micros", SteadyMicros() - swapped_at_}});
}

/// Compiled before, if it was; the same rules are not compiled twice.
Result<std::shared_ptr<const Deployment>> Service::DeploymentFor(const connectors::DeployMarker& marker) {
  for (const auto& candidate : candidates_) {
    if (candidate->marker == marker) return candidate;
  }
  std::vector<std::shared_ptr<const Deployment>> known = {engine_->shared_deployment()};
  if (engine_->rollout() != nullptr) known.push_back(engine_->rollout()->deployment());
  for (const auto& same : known) {
    const connectors::DeployMarker& of = same->marker;
    if (of.files == marker.files && of.lateness_micros == marker.lateness_micros)
      return Renamed(*same, marker);
  }
  Result<Deployment> prepared = Prepare(marker, false);
  if (!prepared) return std::unexpected(prepared.error());
  return std::make_shared<const Deployment>(std::move(*prepared));
}

bool Service::IsThereAlready(const connectors::DeployMarker& marker) const {
  const Rollout* under_way = engine_->rollout();
  if (marker.rollout) return under_way != nullptr && under_way->deployment()->marker == marker;
  return under_way == nullptr && engine_->deployment().marker == marker;
}

void Service::TellBucket(const connectors::DeployMarker& marker, std::uint64_t sequence,
                         const connectors::DeployMarker* under_way) {
  // Those of before this process were told of at its start.
  if (!bucket_ || replaying_) return;
  for (const LoggedRevision& told : OutcomesOf(marker, sequence, under_way)) bucket_->Logged(told);
}

// Whatever cannot be run is passed over, so that a bad message cannot stop the log.
Status Service::ApplyMarker(const InputMessage& message) {
  ++stats_.deployments;
  const auto pass_over = [&](const char* what, const std::string& why, std::uint64_t revision) -> Status {
    ++stats_.deployments_refused;
    log_.Error(what, {{"sequence", message.sequence}, {"why", why}});
    if (bucket_ && !replaying_) bucket_->Reject(revision, why);
    return {};
  };
  const auto marker = connectors::ParseDeployMarker(message.data);
  if (!marker) return pass_over("a deployment is passed over", marker.error().message, 0);
  // Kept: the engine may let go of it.
  const std::shared_ptr<const Deployment> tried =
      engine_->rollout() == nullptr ? nullptr : engine_->rollout()->deployment();
  const connectors::DeployMarker* under_way = tried ? &tried->marker : nullptr;
  if (IsPassedOver(*marker, under_way)) {
    return pass_over("the end of a candidate is passed over",
                     "revision " + std::to_string(marker->ends) + " is not under way any more",
                     marker->revision);
  }
  if (!IsThereAlready(*marker)) {
    auto next = DeploymentFor(*marker);
    Status done = next ? CheckTogetherIfTried(engine_->deployment(), **next) : std::unexpected(next.error());
    if (!done) {
      return pass_over("a deployment is refused; the ruleset before it goes on", done.error().message,
                       marker->revision);
    }
    if (Status ok = SwitchTo(std::move(*next), message); !ok) return ok;
  }
  TellBucket(*marker, message.sequence, under_way);
  if (awaited_ == *marker) EndReload(Reloaded(true, marker->version, message.sequence));
  return {};
}

Status Service::SwitchTo(std::shared_ptr<const Deployment> next, const InputMessage& message) {
  const connectors::DeployMarker& marker = next->marker;
  const std::string before = engine_->deployment().marker.version;
  const std::int64_t began = SteadyMicros();
  const std::int64_t began_cpu = ThreadCpuMicros();
  if (Status ok = engine_->Deploy(next, message); !ok) return ok;
  std::erase(candidates_, next);
  ++stats_.deployments_accepted;
  swapped_at_ = SteadyMicros();
  const std::int64_t micros = SteadyMicros() - began;
  const std::int64_t cpu_micros = ThreadCpuMicros() - began_cpu;
  if (marker.rollout) {
    log_.Info("a candidate is tried", {{"sequence", message.sequence},
                                       {"kind", connectors::NameOf(marker.rollout->kind)},
                                       {"share", connectors::Text(marker.rollout->share)},
                                       {"version", marker.version},
                                       {"revision", marker.revision},
                                       {"entities", engine_->rollout()->lane().engine().stats().records},
                                       {"micros", micros},
                                       {"cpu_micros", cpu_micros}});
    return {};
  }
  clock_.set_lateness(next->program.ruleset->lateness_micros);
  if (marker.ends != 0) {
    log_.Info("a candidate is over",
              {{"sequence", message.sequence}, {"revision", marker.ends}, {"decided", marker.decided}});
  }
  log_.Info("ruleset swapped", {{"sequence", message.sequence},
                                {"from", before},
                                {"to", marker.version},
                                {"revision", marker.revision},
                                {"micros", micros},
                                {"cpu_micros", cpu_micros},
                                {"native", next->is_native}});
  return {};
}

void Service::PollNative() {
  if (!options_.native) return;
  if (auto code = native_.Take()) {
    if (!*code) {
      log_.Warn("no native code could be made; the interpreter goes on", {{"why", code->error().message}});
    } else {
      engine_->UseCode(*native_.target(), **code);
      log_.Info("running native code", {{"version", native_.target()->marker.version}});
    }
  }
  if (native_.running()) return;
  const std::shared_ptr<const Deployment> next = engine_->interpreted();
  if (next && native_.target() != next) native_.Start(next);
}

/// An offer as it goes into the log. Fails if it must not.
Status Service::Adopt(Offer offer) {
  const Rollout* under_way = engine_->rollout();
  if (offer.end == connectors::RolloutEnd::kNone) {
    if (Status ok = CheckTogetherIfTried(engine_->deployment(), *offer.deployment); !ok) return ok;
    candidates_.push_back(offer.deployment);
    offered_ = std::move(offer.deployment);
    return {};
  }
  if (under_way == nullptr || under_way->revision() != offer.of) {
    return Fail("revision " + std::to_string(offer.of) +
                " is not under way. What to do: see `lull history`, and `lull deploy` or `lull rollback`.");
  }
  const bool promotes = offer.end == connectors::RolloutEnd::kPromote;
  const Deployment& stays = promotes ? *under_way->deployment() : engine_->deployment();
  connectors::DeployMarker marker = stays.marker;
  marker.rollout.reset();
  marker.revision = offer.deployment->marker.revision;
  marker.ends = offer.of;
  marker.decided = (promotes ? "promoted by " : "taken back by ") + offer.by +
                   (offer.comment.empty() ? "" : ": " + offer.comment);
  offered_ = Renamed(stays, std::move(marker));
  return {};
}

/// What the bucket offers goes into the log, sooner or later.
void Service::PollBucket() {
  if (!bucket_ || replaying_) return;
  stats_.deployments_refused += bucket_->TakeRefusedCount();
  if (auto offer = bucket_->Take()) {
    const std::uint64_t revision = offer->deployment->marker.revision;
    const std::string warnings = offer->deployment->warnings;
    if (!warnings.empty()) log_.Warn("the ruleset has warnings", {{"text", warnings}});
    if (Status ok = Adopt(std::move(*offer)); !ok) bucket_->Reject(revision, ok.error().message);
  }
  if (!offered_ || SteadyMicros() < offered_again_at_ || !MarkerMayFollow()) return;
  if (Status ok = PublishMarker(offered_->marker); !ok) {
    log_.Warn("a revision could not be put into the log; this is tried again", {{"why", ok.error().message}});
    offered_again_at_ = SteadyMicros() + kMicrosPerSecond;
    return;
  }
  offered_.reset();
}

/// A candidate that its guards end, or promote: whatever was decided stands in the log before it is done.
void Service::PollRollout() {
  const Rollout* under_way = engine_->rollout();
  if (under_way == nullptr || replaying_ || ended_ == under_way->revision()) return;
  const std::optional<RolloutVerdict> verdict = Judge(under_way->plan(), under_way->figures());
  if (!verdict || SteadyMicros() < end_again_at_ || !MarkerMayFollow()) return;
  connectors::DeployMarker marker =
      verdict->promote ? under_way->deployment()->marker : engine_->deployment().marker;
  marker.rollout.reset();
  marker.ends = under_way->revision();
  marker.decided = (verdict->promote ? "promoted by itself: " : "fell back by itself: ") + verdict->why;
  if (Status ok = PublishMarker(marker); !ok) {
    log_.Warn("the end of a candidate could not be put into the log; this is tried again",
              {{"why", ok.error().message}});
    end_again_at_ = SteadyMicros() + kMicrosPerSecond;
    return;
  }
  ended_ = under_way->revision();
  log_.Warn("a candidate ends", {{"revision", ended_}, {"decided", marker.decided}});
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
  reload_.Start([&config = config_, native = options_.native] { return PrepareFolder(config, native); });
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
