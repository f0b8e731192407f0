#include "connectors/nats/event_store.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "connectors/nats/event_publisher.h"
#include "runtime/base/clock.h"

namespace lull::connectors {

namespace {

/// A connection of the pool, in use by one thread at a time.
struct Lane {
  std::optional<EventPublisher> publisher;  // nothing: not open, or given up
  std::int64_t deadline_ms = 0;
};

Status StoreOn(Lane& lane, const ConnectionOptions& options, std::span<const OutgoingEvent> events) {
  if (!lane.publisher) {
    auto opened = EventPublisher::Open(options, [&lane] { return SteadyMs() < lane.deadline_ms; });
    if (!opened) return std::unexpected(opened.error());
    lane.publisher.emplace(std::move(*opened));
  }
  for (const OutgoingEvent& event : events) {
    if (Status ok = lane.publisher->Publish(event.subject, event.id, event.payload); !ok) return ok;
  }
  return lane.publisher->Flush();
}

}  // namespace

struct EventStore::Impl {
  Options options;
  std::mutex mutex;
  std::condition_variable freed;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::vector<Lane*> free;
};

EventStore::EventStore(Options options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  for (std::size_t i = 0; i < impl_->options.connections; ++i) {
    impl_->free.push_back(impl_->lanes.emplace_back(std::make_unique<Lane>()).get());
  }
}

EventStore::~EventStore() = default;

EventStore::Outcome EventStore::Store(std::span<const OutgoingEvent> events) {
  Impl& impl = *impl_;
  Lane* lane = nullptr;
  {
    std::unique_lock lock(impl.mutex);
    const auto wait = std::chrono::milliseconds(impl.options.busy_wait_ms);
    if (!impl.freed.wait_for(lock, wait, [&] { return !impl.free.empty(); }))
      return {.busy = true, .status = {}};
    lane = impl.free.back();
    impl.free.pop_back();
  }
  lane->deadline_ms = SteadyMs() + impl.options.store_wait_ms;
  Outcome outcome{.status = StoreOn(*lane, impl.options.connection, events)};
  // What it still holds is the caller's to send again.
  if (!outcome.status) lane->publisher.reset();
  {
    const std::lock_guard lock(impl.mutex);
    impl.free.push_back(lane);
  }
  impl.freed.notify_one();
  return outcome;
}

}  // namespace lull::connectors
