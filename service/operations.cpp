#include "service/operations.h"

#include <algorithm>

#include "connectors/http/service_health.h"
#include "connectors/http/service_metrics.h"
#include "runtime/base/clock.h"

namespace lull::service {

using connectors::HttpReply;

namespace {

constexpr std::int64_t kShowEveryMs = 1'000;
// Figures of many thousand nudges take milliseconds: of the loop's time they get this part.
constexpr std::int64_t kShowShare = 200;

}  // namespace

Operations::Operations(const connectors::ServeConfig& config, ServiceLog& log)
    : config_(config),
      log_(log),
      began_(WallMicros()),
      show_every_ms_(kShowEveryMs),
      watch_(config, pulse_.applied) {}

Status Operations::Start() {
  if (!config_.http) return {};
  auto server = connectors::HttpServer::Start(config_.http->host, config_.http->port,
                                              {{"/metrics", [this] { return Metrics(); }},
                                               {"/healthz", [this] { return Alive(); }},
                                               {"/readyz", [this] { return Ready(); }}});
  if (!server) return std::unexpected(server.error());
  server_ = std::move(*server);
  log_.Info("metrics and health are served", {{"address", config_.http->host}, {"port", server_->port()}});
  return {};
}

void Operations::Turn(bool waiting) {
  const std::int64_t now = SteadyMs();
  pulse_.turned_ms = now;
  if (!waiting) {
    pulse_.outputs_wait_ms = 0;
  } else if (pulse_.outputs_wait_ms == 0) {
    pulse_.outputs_wait_ms = now;
  }
}

void Operations::TickStored(bool stored) {
  if (stored) {
    pulse_.clock_refused_ms = 0;
  } else if (pulse_.clock_refused_ms == 0) {
    pulse_.clock_refused_ms = SteadyMs();
  }
}

bool Operations::FiguresDue() {
  if (!server_) return false;
  const std::int64_t now = SteadyMs();
  if (now - asked_ms_ < show_every_ms_) return false;
  asked_ms_ = now;
  return true;
}

void Operations::Show(connectors::ServiceFigures figures) {
  auto shown = std::make_shared<const connectors::ServiceFigures>(std::move(figures));
  {
    const std::lock_guard lock(mutex_);
    figures_.swap(shown);
  }
  show_every_ms_ = std::max(kShowEveryMs, kShowShare * (SteadyMs() - asked_ms_));
}

connectors::ServiceView Operations::View(connectors::StreamsLook streams) const {
  connectors::ServiceView view;
  {
    const std::lock_guard lock(mutex_);
    view.figures = figures_;
  }
  view.pulse = &pulse_;
  view.streams = std::move(streams);
  view.process = connectors::ReadProcessFigures();
  view.now = {WallMicros()};
  view.now_ms = SteadyMs();
  view.began = {began_};
  view.lull_version = LULL_VERSION;
  return view;
}

HttpReply Operations::Metrics() {
  return {.status = 200,
          .type = std::string(connectors::kMetricsType),
          .body = connectors::MetricsText(connectors::ServiceMetrics(View(watch_.LookAtStreams())))};
}

HttpReply Operations::Alive() { return connectors::HealthReply(connectors::CheckAlive(View({}))); }

HttpReply Operations::Ready() {
  const connectors::WriteLook write = watch_.TryWrite();
  return connectors::HealthReply(connectors::CheckReady(View(watch_.LookAtStreams()), write));
}

}  // namespace lull::service
