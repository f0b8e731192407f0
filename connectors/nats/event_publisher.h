// Stores events in whatever streams capture their subjects, in the order given: the way in for files.
//
// Messages go out in groups; the next group is sent when all of the last are stored. After a broken
// connection it opens a new one and sends again what is not known to be stored, under the same ids, which the
// broker recognises (for two minutes, unless a stream says otherwise).
//
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/nats/connection.h"
#include "runtime/base/result.h"

namespace lull::connectors {

class EventPublisher {
 public:
  /// `options.reconnect` and `send_asap` are overridden. `keep_trying` is asked between attempts while the
  /// broker is away or refuses (a full stream); false gives up.
  static Result<EventPublisher> Open(ConnectionOptions options, std::function<bool()> keep_trying);

  EventPublisher(EventPublisher&&) noexcept;
  EventPublisher& operator=(EventPublisher&&) noexcept;
  ~EventPublisher();

  /// Queues one message; sends when a group is full. `id` is the Nats-Msg-Id, new for every message.
  Status Publish(std::string subject, std::string id, std::string_view payload);
  /// Waits until all are stored. Fails if a stream refuses a message for good, or when told to give up.
  Status Flush();

  std::uint64_t stored_count() const;

 private:
  struct Impl;
  explicit EventPublisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
