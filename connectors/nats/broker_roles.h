// Who may publish and subscribe to what, in the broker's configuration: one role for each kind of user of a
// deployment.
//
// Streams of one account cannot be hidden from each other by more than the subjects of JetStream's API, and
// replies of all users go to `_INBOX.>`: a user who may subscribe can listen to what others are sent there.
// Who must not be trusted that far needs an account of his own.
#pragma once

#include <string>
#include <vector>

#include "connectors/nats/serve_config.h"

namespace lull::connectors {

struct BrokerRole {
  std::string name;  ///< "service"
  std::string what;  ///< one line: who that is
  std::vector<std::string> publish;
  std::vector<std::string> never_publish;  ///< although `publish` would allow it
  std::vector<std::string> subscribe;
  bool responds = false;  ///< may answer requests, wherever the reply goes
};

/// service, producer, gateway, unit, operator, deployer.
std::vector<BrokerRole> RolesOf(const ServeConfig& config);

/// Each partition as the deployment that it is; the deployment itself, if it has one.
std::vector<ServeConfig> PartsOf(const ServeConfig& config);

}  // namespace lull::connectors
