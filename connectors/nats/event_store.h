// Stores small groups of events for many threads at once: the way in for a gateway.
//
// Each group is stored whole before Store returns, or not known to be: then it is to be sent again under the
// same ids, which the broker recognises. A few connections share the work; who finds all of them busy is
// turned away.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "connectors/nats/connection.h"
#include "runtime/base/result.h"

namespace lull::connectors {

struct OutgoingEvent {
  std::string subject;
  std::string id;  ///< Nats-Msg-Id
  std::string payload;
};

/// Any thread.
class EventStore {
 public:
  struct Options {
    ConnectionOptions connection;
    std::size_t connections = 8;
    std::int64_t busy_wait_ms = 1'000;    ///< how long a group waits for a connection
    std::int64_t store_wait_ms = 10'000;  ///< how long it then waits to be stored
  };
  explicit EventStore(Options options);
  ~EventStore();
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  struct Outcome {
    bool busy = false;  ///< none of the connections was free
    Status status;
  };
  Outcome Store(std::span<const OutgoingEvent> events);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
