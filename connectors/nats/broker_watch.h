// A look at a deployment's streams from beside: how full they are, how far the service is behind, and whether
// the broker still stores what it is sent. A broker whose disk is full may say that all is well; only a
// message that it stores shows that it does (seen with nats-server 2.9.10).
//
// It has a connection of its own, which it opens when first asked. All of it may be called from any thread;
// who asks while another asks gets that answer, or the last one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/nats/connection.h"
#include "connectors/nats/serve_config.h"

namespace lull::connectors {

struct StreamFill {
  std::string role;  ///< "input", "actions", "dead_letters", "decisions"
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::int64_t bytes_max = 0;
};

/// What the broker says of the deployment's streams.
struct StreamsLook {
  std::string problem = "nobody has looked yet";  ///< empty: the rest is true
  std::vector<StreamFill> streams;
  std::uint64_t input_last = 0;            ///< the input log's last message
  std::uint64_t behind = 0;                ///< messages that wait to be applied
  std::optional<WallTime> oldest_waiting;  ///< when the first of these was stored, if the broker tells
};

/// What became of a small message that the broker was asked to store.
struct WriteLook {
  std::string problem = "nobody has tried yet";  ///< empty: it was stored
  std::int64_t took_micros = 0;
};

class BrokerWatch {
 public:
  /// `config` must outlive it. `applied` is the last message that the service has applied, as of now.
  BrokerWatch(const ServeConfig& config, const std::atomic<std::uint64_t>& applied);
  ~BrokerWatch();
  BrokerWatch(const BrokerWatch&) = delete;
  BrokerWatch& operator=(const BrokerWatch&) = delete;

  /// Asks the broker at most once a second.
  StreamsLook LookAtStreams();
  /// Stores a message at most every three seconds, in the stream LULL_<NAME>_PROBE that keeps the last one.
  WriteLook TryWrite();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
