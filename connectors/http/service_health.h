// Is a running service alive, and is it ready? Each answer is a list of checks with reasons.
//
// Alive: its loop goes on; a broker that is away or full does not make it dead, since a restart would not
// help. Ready: what is published now is decided and stored within seconds.
#pragma once

#include <string>
#include <vector>

#include "connectors/http/http_server.h"
#include "connectors/http/service_figures.h"

namespace lull::connectors {

struct HealthCheck {
  std::string name;
  std::string problem;  ///< empty: ok
};

std::vector<HealthCheck> CheckAlive(const ServiceView& view);
std::vector<HealthCheck> CheckReady(const ServiceView& view, const WriteLook& write);

/// {"ok":false,"checks":[{"check":"loop","ok":false,"reason":"..."}]}, with 200 or 503.
HttpReply HealthReply(const std::vector<HealthCheck>& checks);

}  // namespace lull::connectors
