#include "service/service.h"

#include <algorithm>

#include "connectors/nats/deployment_streams.h"
#include "connectors/nats/routed_task.h"
#include "connectors/nats/stream.h"
#include "runtime/base/clock.h"

namespace lull::service {

using connectors::InputMessage;

namespace {

constexpr std::int64_t kWaitForServerMs = 30'000;
constexpr int kBatchCount = 2'000;
constexpr std::int64_t kIdleReadMs = 50;
constexpr std::int64_t kReportEveryMicros = 2 * kMicrosPerSecond;
constexpr std::int64_t kComplainEveryMicros = 10 * kMicrosPerSecond;

}  // namespace

// ---- Start
// ---------------------------------------------------------------------------------------------------

Status Service::Start() {
  began_ = SteadyMicros();
  connectors::ConnectionOptions options = config_.nats;
  options.wait_for_server_ms = kWaitForServerMs;
  options.log = [this](std::string_view line) { log_.Warn(line); };
  auto connection = connectors::Connection::Open(std::move(options));
  if (!connection) return std::unexpected(connection.error());
  connection_.emplace(std::move(*connection));
  log_.Info("connected", {{"nats", connection_->address()}});
  if (Status ok = OpenStreams(); !ok) return ok;
  if (Status ok = RestoreState(); !ok) return ok;
  if (Status ok = ChooseDeployment(); !ok) return ok;
  const auto state = connectors::ReadStreamState(*connection_, input_stream_);
  if (!state) return std::unexpected(state.error());
  if (Status ok = OpenInput(*state); !ok) return ok;
  return control_.Listen(*connection_, config_.control_subject());
}

Status Service::OpenStreams() {
  const auto state = connectors::EnsureStream(*connection_, connectors::InputStream(config_));
  if (!state) return std::unexpected(state.error());
  log_.Info("input log opened",
            {{"stream", input_stream_}, {"messages", state->message_count}, {"bytes", state->bytes}});
  return Outbox::MakeStreams(*connection_, config_);
}

Status Service::RestoreState() {
  const auto beginning = ReadBeginning(*connection_, config_, input_stream_);
  if (!beginning) return std::unexpected(beginning.error());
  auto recovery = Recover(*connection_, config_,
                          {.input_stream = input_stream_,
                           .accept_lost_input = options_.accept_lost_input,
                           .history = beginning->history},
                          log_, [this] { return OutputsWait(); });
  if (!recovery) return std::unexpected(recovery.error());
  outbox_ = std::move(recovery->outbox);
  log_.Info("output log opened", {{"stream", connectors::StreamName(config_.name, "OUT")},
                                  {"messages", outbox_->actions().known_count()}});
  if (recovery->engine) {
    engine_ = std::move(recovery->engine);
    applied_ = recovery->head.input;
    history_ = recovery->head.history;
    if (beginning->history) engine_->BeginsWith(*beginning->history);
    clock_.Restore(recovery->head.sources);
    clock_.Read(EventTime{recovery->head.clock.tick});
    log_.Info("state restored",
              {{"checkpoint", recovery->head.number},
               {"sequence", applied_.sequence},
               {"entities", recovery->head.entity_count},
               {"seconds", static_cast<double>(SteadyMicros() - began_) / kMicrosPerSecond}});
  }
  return config_.state_folder ? KeepState(*recovery) : Status();
}

Status Service::KeepState(const Recovery& recovery) {
  connectors::CheckpointStore::Options options{.folder = *config_.state_folder,
                                               .keep_count = config_.checkpoint_keep_count};
  auto store = recovery.folder.empty()
                   ? connectors::CheckpointStore::Begin(std::move(options))
                   : connectors::CheckpointStore::Continue(std::move(options), recovery.folder);
  if (!store) return std::unexpected(store.error());
  checkpoints_ =
      std::make_unique<CheckpointKeeper>(std::move(*store), config_.checkpoint_interval_micros, log_);
  return {};
}

// The folder's deployment is added to the log if it is not the last one there; where deployments come through
// the bucket, only if the log has none.
Status Service::ChooseDeployment() {
  auto found = FindMarkers(*connection_, input_stream_, config_.deploy_subject());
  if (!found) return std::unexpected(found.error());
  // The one in force may have left the log.
  if (found->count == 0 && engine_ != nullptr) {
    found->count = 1;
    found->first = found->last = engine_->deployment().marker;
  }
  if (config_.deploy_from_bucket) {
    std::uint64_t in_force = engine_ == nullptr ? 0 : engine_->deployment().marker.revision;
    if (engine_ && engine_->rollout()) in_force = std::max(in_force, engine_->rollout()->revision());
    bucket_ = std::make_unique<BucketWatcher>(config_, log_, in_force, found->revisions);
  }
  if (bucket_ && found->count > 0) return Begin(*found, nullptr);
  Result<Deployment> prepared = PrepareFolder(config_, false);
  if (!prepared && found->count == 0) return std::unexpected(prepared.error());
  std::shared_ptr<const Deployment> own;
  if (prepared) {
    own = std::make_shared<const Deployment>(std::move(*prepared));
    candidates_.push_back(own);
    if (!own->warnings.empty()) log_.Warn("the ruleset has warnings", {{"text", own->warnings}});
    if (found->count == 0 || found->last != own->marker) {
      if (Status ok = PublishMarker(own->marker); !ok) return ok;
    }
    // The log begins with the first one there, which may be that of another instance.
    if (found->count == 0) found = FindMarkers(*connection_, input_stream_, config_.deploy_subject());
    if (!found) return std::unexpected(found.error());
  } else {
    log_.Error("the ruleset of the configured folder is refused; the one deployed last goes on",
               {{"why", prepared.error().message}});
  }
  return Begin(*found, own);
}

Status Service::Begin(const MarkersFound& found, std::shared_ptr<const Deployment> own) {
  if (engine_ == nullptr) {
    auto first = FirstDeployment(found, std::move(own));
    if (!first) return std::unexpected(first.error());
    auto engine = LiveEngine::Create(std::move(*first), *outbox_);
    if (!engine) return std::unexpected(engine.error());
    engine_ = std::move(*engine);
  }
  clock_.set_lateness(engine_->deployment().program.ruleset->lateness_micros);
  if (options_.native) native_.Start(engine_->shared_deployment());
  return {};
}

/// The one that the log begins with.
Result<std::shared_ptr<const Deployment>> Service::FirstDeployment(const MarkersFound& found,
                                                                   std::shared_ptr<const Deployment> own) {
  if (own && found.first == own->marker) return own;
  Result<Deployment> old = Prepare(found.first, false);
  if (!old) {
    return std::unexpected(old.error().Within("the deployment at the beginning of stream " + input_stream_ +
                                              " cannot be run by this version of Lull"));
  }
  return std::make_shared<const Deployment>(std::move(*old));
}

Status Service::OpenInput(const connectors::StreamState& state) {
  replay_end_ = state.last_sequence;
  // A consumer of its own: one that is shared by name would be drawn on by an owner that was paused and wakes
  // up.
  auto input = connectors::InputLog::Open(
      *connection_,
      {.stream = input_stream_, .from_sequence = applied_.sequence + 1, .origins = clock_.watches()});
  if (!input) return std::unexpected(input.error());
  input_.emplace(std::move(*input));
  return {};
}

// ---- Run
// -----------------------------------------------------------------------------------------------------

Status Service::Run() {
  const runtime::Ruleset& ruleset = *engine_->deployment().program.ruleset;
  log_.Info("running",
            {{"ruleset", ruleset.name},
             {"version", ruleset.version},
             {"first_sequence", input_->first_sequence()},
             {"to_replay", replay_end_ + 1 - std::min(replay_end_ + 1, input_->first_sequence())}});
  while (!signals_.stop) {
    ShowFigures();
    ServeRequests();
    PollReload();
    PollBucket();
    PollRollout();
    PollNative();
    if (Status ok = ReadOnce(); !ok) {
      if (!signals_.stop) return ok;
      log_.Warn("stopped while outputs waited for the broker; the next start decides and stores them",
                {{"why", ok.error().message}});
      break;
    }
    BringOver();
    if (Status ok = ReportProgress(); !ok) return ok;
    MoveClock();
    if (checkpoints_) checkpoints_->Turn(*engine_, applied_.sequence, [this] { return DescribePlace(); });
  }
  if (checkpoints_ && outbox_->Flush()) {
    checkpoints_->Close(*engine_, applied_.sequence, [this] { return DescribePlace(); });
  }
  control_.Close();
  EndReload(ControlFailure("stopping"));
  log_.Info("stopped", {{"next_sequence", input_->next_sequence()},
                        {"events", stats_.events},
                        {"actions", outbox_->actions().sent_count()}});
  return {};
}

Status Service::ReadOnce() {
  const bool busy = (checkpoints_ && checkpoints_->busy()) || engine_->swap_under_way();
  const auto messages = input_->Read(kBatchCount, busy ? 1 : kIdleReadMs);
  if (!messages) return std::unexpected(messages.error());
  if (messages->empty()) return {};
  if (Status ok = ApplyBatch(*messages); !ok) return ok;
  if (Status ok = outbox_->Flush(); !ok) return ok;
  applied_ = MarkOf(messages->back());
  MeasureLatency(*messages);
  return {};
}

connectors::CheckpointHead Service::DescribePlace() {
  const Deployment& deployment = engine_->deployment();
  connectors::CheckpointHead head;
  head.made_micros = WallMicros();
  head.deployment = config_.name;
  head.bundle = deployment.bundle;
  head.layout_hash = deployment.layout_hash;
  head.clock = engine_->clock();
  head.input = applied_;
  head.history = history_;
  head.outputs = outbox_->ends();
  head.sources = clock_.Heard();
  for (const runtime::EntitySpec& entity : deployment.program.ruleset->entities)
    head.entity_types.push_back(entity.name);
  if (engine_->rollout() != nullptr) head.candidate = engine_->rollout()->Head();
  return head;
}

Status Service::ApplyBatch(std::span<const InputMessage> messages) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (clock_.watches()) clock_.Saw(messages[i]);
    if (!messages[i].subject.starts_with(own_prefix_)) continue;
    const auto entry = std::ranges::find(own_entries_, messages[i].subject, &OwnEntry::subject);
    if (entry == own_entries_.end()) continue;
    engine_->Apply(messages.subspan(from, i - from));
    stats_.events += i - from;
    from = i + 1;
    if (Status ok = (this->*entry->apply)(messages[i]); !ok) return ok;
  }
  engine_->Apply(messages.subspan(from));
  stats_.events += messages.size() - from;
  return outbox_->status();
}

Status Service::ApplyErasure(const InputMessage& message) {
  const auto type = connectors::TextMember(message.data, "entity");
  const auto key = connectors::TextMember(message.data, "key");
  const auto known = type && key ? engine_->Erase(*type, *key, message.sequence) : std::nullopt;
  if (!known) {
    log_.Warn("a request to erase names no kind of entity that has a state of its own, and is passed over",
              {{"sequence", message.sequence}});
    return {};
  }
  log_.Info("an entity was erased on request", {{"sequence", message.sequence}, {"known", *known}});
  return {};
}

Status Service::ApplyHistory(const InputMessage& message) {
  if (MarkOf(message) == history_) {
    log_.Info("here the history ends that this deployment begins with",
              {{"sequence", message.sequence}, {"messages_in_history", engine_->in_history_count()}});
  } else {
    log_.Warn("history can only be taken in before a deployment begins; this entry is passed over",
              {{"sequence", message.sequence}});
  }
  return {};
}

Status Service::ApplyTick(const InputMessage& message) {
  const std::optional<EventTime> instant = ParseTick(message.data);
  if (!instant) {
    log_.Warn("a tick that is no time is passed over",
              {{"sequence", message.sequence}, {"data", message.data}});
    return {};
  }
  if (instant->micros > message.stored_at.micros + engine_->deployment().marker.ahead_micros) {
    log_.Warn("a tick too far ahead of its arrival is passed over",
              {{"sequence", message.sequence}, {"data", message.data}});
    return {};
  }
  ++stats_.ticks;
  clock_.Read(*instant);
  engine_->Tick(*instant, message);
  return {};
}

void Service::MeasureLatency(std::span<const InputMessage> messages) {
  if (replaying_) return;
  const std::int64_t now = WallMicros();
  for (const InputMessage& message : messages) stats_.latency.Add(now - message.stored_at.micros);
}

Status Service::ReportProgress() {
  if (!replaying_) return {};
  const std::uint64_t next = input_->next_sequence();
  const std::int64_t now = SteadyMicros();
  const double seconds = static_cast<double>(now - began_) / kMicrosPerSecond;
  if (next <= replay_end_) {
    if (now - reported_ < kReportEveryMicros) return {};
    reported_ = now;
    log_.Info("replaying", {{"sequence", next - 1}, {"of", replay_end_}, {"seconds", seconds}});
    return {};
  }
  replaying_ = false;
  const OutputChannel& actions = outbox_->actions();
  log_.Info("caught up", {{"sequence", next - 1},
                          {"events", stats_.events},
                          {"entities", engine_->stats().records},
                          {"recognised", actions.recognised_count()},
                          {"sent", actions.sent_count()},
                          {"seconds", seconds}});
  return JudgeReplay();
}

// What the output logs have, and the input log does not give, came from input that is gone: a broker that
// lost its power may have lost the end of the one and kept that of the other.
Status Service::JudgeReplay() {
  const std::size_t unclaimed = outbox_->EndReplay(options_.accept_lost_input);
  if (unclaimed == 0) return {};
  if (options_.accept_lost_input) {
    log_.Warn("messages in the output logs came from input that is gone; they stay",
              {{"messages", unclaimed}});
    return {};
  }
  return Fail("the output logs of deployment \"" + config_.name + "\" have " + std::to_string(unclaimed) +
              " messages that its input log " + input_stream_ +
              " does not give: the broker has lost messages that it had accepted, and Lull has acted on them "
              "already. What to do: restore the broker's store if there is a copy; or start with "
              "`--accept-lost-input`, which keeps what was sent and goes on from the input that is there. "
              "(After a change of the version of Lull it may also be that this one decides otherwise.)");
}

// ---- Clock
// ---------------------------------------------------------------------------------------------------

void Service::MoveClock() {
  if (replaying_ || !input_->caught_up() || !connection_->connected()) return;
  // A tick needs all entities, and would wait for those that are not brought over.
  if (engine_->swap_under_way()) return;
  const WallTime now{WallMicros()};
  const std::int64_t steady = SteadyMicros();
  const std::optional<EventTime> due = clock_.Due(now, steady);
  ReportSilence(now);
  if (!due) return;
  clock_.Published(steady);
  const auto stored = connection_->Store(config_.tick_subject(), TickPayload(*due),
                                         {.expect_last_sequence = input_->next_sequence() - 1});
  operations_.TickStored(stored.has_value());
  // A refusal means that events came meanwhile: they are read first.
  if (stored || steady - complained_at_ < kComplainEveryMicros) return;
  complained_at_ = steady;
  log_.Warn("the clock could not be moved", {{"why", stored.error().message}});
}

void Service::ReportSilence(WallTime now) {
  if (!clock_.watches()) return;
  std::vector<std::string> silent = clock_.SilentSources(now);
  if (silent == silent_) return;
  for (const std::string& source : silent) {
    if (std::ranges::find(silent_, source) == silent_.end()) {
      log_.Warn("a source is silent; the clock stands still until it sends something", {{"source", source}});
    }
  }
  for (const std::string& source : silent_) {
    if (std::ranges::find(silent, source) == silent.end())
      log_.Info("a source is back", {{"source", source}});
  }
  silent_ = std::move(silent);
}

}  // namespace lull::service
