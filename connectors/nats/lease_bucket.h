// Who is there and who owns which partition, in a key-value bucket whose entries vanish by themselves unless
// they are refreshed.
//
// A lease nominates an owner and nothing more: an owner that was paused beyond its lease may believe in it
// for a while. What keeps a stale owner from writing is the chain of the output log (output_log.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "connectors/nats/connection.h"
#include "connectors/nats/partitioning.h"
#include "runtime/base/result.h"

namespace lull::connectors {

/// One thread. The connection must outlive it.
class LeaseBucket {
 public:
  /// Makes the bucket unless it is there. Entries vanish `lease_ms` after they were last refreshed; at least
  /// a second.
  static Result<LeaseBucket> Open(Connection& connection, const std::string& deployment,
                                  std::int64_t lease_ms);
  LeaseBucket(LeaseBucket&&) noexcept;
  LeaseBucket& operator=(LeaseBucket&&) noexcept;
  ~LeaseBucket();

  /// Says that this instance is there.
  Status Announce(const std::string& instance);
  /// Says that it goes.
  Status Leave(const std::string& instance);
  Result<Ownership> Look();

  /// False: another instance has it.
  Result<bool> Acquire(std::uint32_t partition, const std::string& instance);
  /// False: it is no longer this instance's.
  Result<bool> Refresh(std::uint32_t partition, const std::string& instance);
  Status Release(std::uint32_t partition);

 private:
  struct Impl;
  explicit LeaseBucket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
