// What `lull serve` shows to monitoring: /metrics, /healthz and /readyz, if the configuration has [http].
//
// The loop leaves its pulse and, at most once a second, its figures; threads of the HTTP server read them. No
// request ever waits for the loop, and the loop for none.
#pragma once

#include <memory>
#include <mutex>

#include "connectors/http/http_server.h"
#include "connectors/http/service_figures.h"
#include "connectors/nats/broker_watch.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"
#include "service/service_log.h"

namespace lull::service {

class Operations {
 public:
  /// Both must outlive it.
  Operations(const connectors::ServeConfig& config, ServiceLog& log);

  /// Listens, if there is an [http] section. Fails if the address cannot be had.
  Status Start();

  // For the loop's thread.

  connectors::ServicePulse& pulse() { return pulse_; }
  /// The loop goes on. `waiting`: but its outputs wait for the broker.
  void Turn(bool waiting);
  /// Whether the log took the last tick.
  void TickStored(bool stored);
  /// Whether it is time for new figures; if so, they are to be shown now.
  bool FiguresDue();
  void Show(connectors::ServiceFigures figures);

 private:
  connectors::ServiceView View(connectors::StreamsLook streams) const;
  connectors::HttpReply Metrics();
  connectors::HttpReply Alive();
  connectors::HttpReply Ready();

  const connectors::ServeConfig& config_;
  ServiceLog& log_;
  const std::int64_t began_;  // wall time
  connectors::ServicePulse pulse_;
  mutable std::mutex mutex_;
  std::shared_ptr<const connectors::ServiceFigures> figures_;  // under mutex_
  std::int64_t asked_ms_ = 0;
  std::int64_t show_every_ms_;
  connectors::BrokerWatch watch_;
  std::unique_ptr<connectors::HttpServer> server_;  // last: its threads use all the others
};

}  // namespace lull::service
