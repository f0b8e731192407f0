#include "service/gateway.h"

#include <algorithm>
#include <vector>

#include "connectors/http/metrics_text.h"
#include "connectors/http/service_figures.h"
#include "connectors/http/service_health.h"
#include "connectors/nats/partitioning.h"
#include "connectors/nats/stream.h"
#include "connectors/nats/subject_token.h"
#include "connectors/signing/signing.h"

namespace lull::service {

using connectors::CloudEvent;
using connectors::HttpReply;
using connectors::HttpRequest;
using connectors::Metric;
using connectors::MetricKind;

namespace {

constexpr std::int64_t kWaitForServerMs = 30'000;
constexpr int kThreads = 16;
constexpr int kConnections = 256;
constexpr int kHeadBytesMax = 32 << 10;

/// Takes as long whatever it is compared with.
bool IsSame(std::string_view a, std::string_view b) {
  unsigned difference = static_cast<unsigned>(a.size() ^ b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(a[i] ^ (b.empty() ? '\0' : b[i % b.size()]));
  }
  return difference == 0;
}

/// Nats-Msg-Id: of any texts, one that a header can have.
std::string MessageId(const CloudEvent& event) {
  connectors::ContentDigest digest;
  digest.Add(event.source);
  digest.Add(event.id);
  return "ce." + digest.Hex();
}

std::vector<std::string> InputStreamsOf(const connectors::ServeConfig& config) {
  std::vector<std::string> names;
  if (config.partition_count == 1) names.push_back(connectors::StreamName(config.name, "IN"));
  for (std::uint32_t p = 0; config.partition_count > 1 && p < config.partition_count; ++p) {
    names.push_back(connectors::StreamName(connectors::PartitionConfig(config, p).name, "IN"));
  }
  return names;
}

Metric Counter(std::string name, std::string help, std::uint64_t value) {
  return {.name = std::move(name),
          .help = std::move(help),
          .kind = MetricKind::kCounter,
          .samples = {{.value = static_cast<double>(value)}}};
}

}  // namespace

Gateway::Gateway(const connectors::IngestConfig& config, ServiceLog& log)
    : config_(config),
      log_(log),
      rules_{.key = config.key,
             .key_as = config.key_as,
             .event_bytes_max = static_cast<std::size_t>(config.deployment.event_bytes_max)},
      store_({.connection = config.deployment.nats}) {}

Status Gateway::Start() {
  connectors::ConnectionOptions options = config_.deployment.nats;
  options.wait_for_server_ms = kWaitForServerMs;
  options.log = [this](std::string_view line) { log_.Warn(line); };
  auto look = connectors::Connection::Open(options);
  if (!look) return std::unexpected(look.error());
  look_.emplace(std::move(*look));
  log_.Info("connected", {{"nats", look_->address()}});
  if (config_.route) {
    auto route = connectors::Connection::Open(std::move(options));
    if (!route) return std::unexpected(route.error());
    route_.emplace(std::move(*route));
    auto router = connectors::SubjectRouter::Start(*route_, config_.deployment);
    if (!router) return std::unexpected(router.error());
    router_ = std::move(*router);
    log_.Info("subjects are routed", {{"partitions", config_.deployment.partition_count}});
  }
  return Listen();
}

Status Gateway::Listen() {
  if (config_.monitor) {
    auto server = connectors::HttpServer::Start(config_.monitor->host, config_.monitor->port,
                                                {{.path = "/metrics", .answer = [this] { return Metrics(); }},
                                                 {.path = "/healthz", .answer = [this] { return Alive(); }},
                                                 {.path = "/readyz", .answer = [this] { return Ready(); }}});
    if (!server) return std::unexpected(server.error());
    monitor_ = std::move(*server);
    log_.Info("metrics and health are served",
              {{"address", config_.monitor->host}, {"port", monitor_->port()}});
  }
  if (config_.listen) {
    const connectors::HttpLimits limits{
        .threads = kThreads,
        .connections = kConnections,
        .request_bytes = static_cast<int>(config_.body_bytes_max) + kHeadBytesMax,
        .request_ms = 10'000,
        .requests_a_connection = 1'000,
        .idle_ms = 500,
        .linger_ms = 500};
    auto server = connectors::HttpServer::Start(
        config_.listen->host, config_.listen->port,
        {{.path = "/events",
          .admit = [this](const HttpRequest& request) { return Admit(request); },
          .take = [this](const HttpRequest& request) { return Take(request); }}},
        limits);
    if (!server) return std::unexpected(server.error());
    events_server_ = std::move(*server);
    log_.Info("events are taken in", {{"address", config_.listen->host}, {"port", events_server_->port()}});
  }
  return {};
}

HttpReply Gateway::Count(HttpReply reply) {
  const auto status = std::ranges::find(kStatuses, reply.status);
  if (status != kStatuses.end()) ++replies_[static_cast<std::size_t>(status - kStatuses.begin())];
  return reply;
}

std::optional<HttpReply> Gateway::Admit(const HttpRequest& request) {
  const std::string wanted = "Bearer " + config_.token;
  if (!config_.token.empty() && !IsSame(request.Header("authorization").value_or(""), wanted)) {
    HttpReply reply = connectors::ProblemReply(
        {.status = 401,
         .what = "No token, or a wrong one",
         .what_to_do = "Send `Authorization: Bearer TOKEN` with the gateway's token."});
    reply.headers = {{"WWW-Authenticate", "Bearer"}};
    return Count(std::move(reply));
  }
  const auto problem = connectors::CheckHeaders(request, static_cast<std::size_t>(config_.body_bytes_max));
  if (!problem) return std::nullopt;
  return Count(connectors::ProblemReply(*problem));
}

std::string Gateway::SubjectOf(const CloudEvent& event) const {
  std::string subject = config_.subject + "." + connectors::EncodeToken(event.type);
  if (!event.key) return subject;
  const std::string key = connectors::EncodeToken(*event.key);
  subject += "." + key;
  const std::uint32_t count = config_.deployment.partition_count;
  if (count == 1) return subject;
  return connectors::PartitionSubject(config_.deployment.name, connectors::PartitionOf(key, count)) + "." +
         subject;
}

HttpReply Gateway::Take(const HttpRequest& request) {
  connectors::CloudEventsRead read = connectors::ReadCloudEvents(request, rules_);
  if (read.problem) return Count(connectors::ProblemReply(*read.problem));
  std::vector<connectors::OutgoingEvent> outgoing;
  std::uint64_t bytes = 0;
  for (CloudEvent& event : read.events) {
    bytes += event.json.size();
    std::string subject = SubjectOf(event);
    outgoing.push_back({std::move(subject), MessageId(event), std::move(event.json)});
  }
  const connectors::EventStore::Outcome outcome = store_.Store(outgoing);
  if (outcome.busy) {
    return Count(
        connectors::ProblemReply({.status = 429,
                                  .what = "Too many requests at once",
                                  .what_to_do = "Send it again a little later; batches take more at once."}));
  }
  if (!outcome.status) {
    return Count(connectors::ProblemReply(
        {.status = 503,
         .what = outcome.status.error().message,
         .what_to_do = "Send it again with the same source and id: what was stored is recognised."}));
  }
  events_ += outgoing.size();
  bytes_ += bytes;
  return Count({.status = 200,
                .type = "application/json",
                .body = "{\"stored\":" + std::to_string(outgoing.size()) + "}\n"});
}

HttpReply Gateway::Metrics() {
  Metric replies{.name = "lull_ingest_requests_total",
                 .help = "Requests with events, by the status of the reply",
                 .kind = MetricKind::kCounter};
  for (std::size_t i = 0; i < kStatuses.size(); ++i) {
    replies.samples.push_back(
        {.labels = {{"status", std::to_string(kStatuses[i])}}, .value = static_cast<double>(replies_[i])});
  }
  std::vector<Metric> metrics = {
      std::move(replies),
      Counter("lull_ingest_events_total", "Events that came over HTTP and were stored", events_),
      Counter("lull_ingest_bytes_total", "Bytes of these events", bytes_)};
  if (router_) {
    const connectors::RouterFigures figures = router_->figures();
    metrics.push_back(
        Counter("lull_ingest_routed_total", "Messages sent on to their partition", figures.routed));
    metrics.push_back(
        Counter("lull_ingest_route_failed_total", "Messages that could not be sent on", figures.failed));
    metrics.push_back(Counter("lull_ingest_route_dropped_total",
                              "Messages dropped since more came than could be held", figures.dropped));
  }
  const connectors::ProcessFigures process = connectors::ReadProcessFigures();
  if (process.resident_bytes >= 0) {
    metrics.push_back({.name = "process_resident_memory_bytes",
                       .help = "Memory of the process",
                       .samples = {{.value = process.resident_bytes}}});
  }
  return {.type = std::string(connectors::kMetricsType), .body = connectors::MetricsText(metrics)};
}

HttpReply Gateway::Alive() const { return connectors::HealthReply({{.name = "process", .problem = ""}}); }

HttpReply Gateway::Ready() {
  const std::lock_guard lock(mutex_);
  std::vector<connectors::HealthCheck> checks = {
      {.name = "broker", .problem = look_->connected() ? "" : "not connected to " + look_->address()}};
  for (const std::string& stream : InputStreamsOf(config_.deployment)) {
    const auto state = connectors::ReadStreamState(*look_, stream);
    checks.push_back({.name = stream, .problem = state ? "" : state.error().message});
  }
  return connectors::HealthReply(checks);
}

}  // namespace lull::service
