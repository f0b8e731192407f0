// `lull ingest` at work: takes events in over HTTP and from plain subjects, and stores each in the input log
// of its partition before it says so.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "connectors/http/cloud_events.h"
#include "connectors/http/http_server.h"
#include "connectors/nats/connection.h"
#include "connectors/nats/event_store.h"
#include "connectors/nats/ingest_config.h"
#include "connectors/nats/subject_router.h"
#include "runtime/base/result.h"
#include "service/service_log.h"

namespace lull::service {

/// Its requests come on threads of the HTTP server. Destroyed, it takes no more, and ends what is under way.
class Gateway {
 public:
  /// Both must outlive it.
  Gateway(const connectors::IngestConfig& config, ServiceLog& log);

  /// Connects and listens. Fails with what to do about it.
  Status Start();

 private:
  std::optional<connectors::HttpReply> Admit(const connectors::HttpRequest& request);
  connectors::HttpReply Take(const connectors::HttpRequest& request);
  connectors::HttpReply Count(connectors::HttpReply reply);
  connectors::HttpReply Metrics();
  connectors::HttpReply Alive() const;
  connectors::HttpReply Ready();
  std::string SubjectOf(const connectors::CloudEvent& event) const;
  Status Listen();

  /// Replies that are counted by their status.
  static constexpr std::array<int, 8> kStatuses = {200, 400, 401, 413, 415, 429, 500, 503};

  const connectors::IngestConfig& config_;
  ServiceLog& log_;
  const connectors::CloudEventRules rules_;
  std::array<std::atomic<std::uint64_t>, kStatuses.size()> replies_{};
  std::atomic<std::uint64_t> events_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::mutex mutex_;  // for the connection that looks at the streams
  std::optional<connectors::Connection> look_;
  std::optional<connectors::Connection> route_;
  std::unique_ptr<connectors::SubjectRouter> router_;
  connectors::EventStore store_;
  // Last: their threads use all the others.
  std::unique_ptr<connectors::HttpServer> monitor_;
  std::unique_ptr<connectors::HttpServer> events_server_;
};

}  // namespace lull::service
