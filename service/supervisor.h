// `lull serve` of a deployment with partitions: owns its share of them, and runs each in a process of its
// own.
//
// An instance that comes or goes moves the shares (connectors/nats/partitioning.h); a partition without an
// owner waits for its lease to end. The process of a partition is the same program with `--partition P`; if
// it dies it is started again, and if its instance dies it is told to stop by the system.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/nats/lease_bucket.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/result.h"
#include "service/service_log.h"
#include "service/signals.h"

namespace lull::service {

/// One thread.
class Supervisor {
 public:
  /// All but `arguments` must outlive it; these are passed on to the processes of partitions.
  Supervisor(const connectors::ServeConfig& config, const Signals& signals,
             std::vector<std::string> arguments, ServiceLog& log);

  /// Runs until it is told to stop; then all its partitions have stopped, and are free for others.
  Status Run();

 private:
  struct Child {
    pid_t pid = -1;               // -1: not running
    std::int64_t restart_ms = 0;  // of a steady clock: not before
    bool ending = false;          // was told to stop
  };

  void Turn();
  void RefreshLeases();
  void Move();
  void Reap();
  void Start(std::uint32_t partition, Child& child);
  void End(std::uint32_t partition);
  void StopAll();
  void Complain(const char* what, const Error& error);

  const connectors::ServeConfig& config_;
  const Signals& signals_;
  const std::vector<std::string> arguments_;
  ServiceLog& log_;
  const std::string instance_;
  std::optional<connectors::Connection> connection_;
  std::optional<connectors::LeaseBucket> leases_;
  std::map<std::uint32_t, Child> children_;  // of the partitions whose lease is held
  std::int64_t refreshed_ms_ = 0;
};

}  // namespace lull::service
