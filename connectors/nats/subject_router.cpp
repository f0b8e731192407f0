#include "connectors/nats/subject_router.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "connectors/nats/handles.h"
#include "connectors/nats/partitioning.h"

namespace lull::connectors {
namespace {

constexpr std::int64_t kTurnMs = 100;
constexpr std::int64_t kDrainMs = 5'000;
/// What waits here; beyond it the library drops messages.
constexpr int kPendingCountMax = 65'536;
constexpr int kPendingBytesMax = 64 << 20;

/// Which token of a pattern is the key: the last one that stands for any.
std::size_t KeyPlace(std::string_view pattern) {
  std::size_t place = 0;
  std::size_t last = 0;
  std::size_t begin = 0;
  for (;; ++place) {
    const std::size_t end = std::min(pattern.find('.', begin), pattern.size());
    if (pattern.substr(begin, end - begin) == "*") last = place;
    if (end == pattern.size()) return last;
    begin = end + 1;
  }
}

std::string_view TokenAt(std::string_view subject, std::size_t place) {
  for (; place > 0; --place) {
    const std::size_t dot = subject.find('.');
    if (dot == subject.npos) return {};
    subject.remove_prefix(dot + 1);
  }
  return subject.substr(0, subject.find('.'));
}

void CopyHeaders(natsMsg* from, natsMsg* to) {
  const char** keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(from, &keys, &count) != NATS_OK) return;
  for (int i = 0; i < count; ++i) {
    const char** values = nullptr;
    int value_count = 0;
    if (natsMsgHeader_Values(from, keys[i], &values, &value_count) != NATS_OK) continue;
    for (int v = 0; v < value_count; ++v) (void)natsMsgHeader_Add(to, keys[i], values[v]);
    std::free(static_cast<void*>(values));
  }
  std::free(static_cast<void*>(keys));
}

}  // namespace

struct SubjectRouter::Impl {
  /// One source of the deployment.
  struct Route {
    std::size_t key_place = 0;
    SubscriptionHandle subscription;
    std::thread thread;
  };

  Connection* connection = nullptr;
  std::string deployment;
  std::uint32_t partition_count = 1;
  std::vector<Route> routes;
  std::atomic<bool> stopping = false;
  std::atomic<std::uint64_t> routed = 0;
  std::atomic<std::uint64_t> failed = 0;

  natsStatus SendOn(natsMsg* message, std::size_t key_place) const {
    const std::string_view subject = natsMsg_GetSubject(message);
    const std::uint32_t partition = PartitionOf(TokenAt(subject, key_place), partition_count);
    const std::string to = PartitionSubject(deployment, partition) + "." + std::string(subject);
    natsMsg* raw = nullptr;
    natsStatus status = natsMsg_Create(&raw, to.c_str(), natsMsg_GetReply(message), natsMsg_GetData(message),
                                       natsMsg_GetDataLength(message));
    const MessageHandle copy(raw);
    if (status != NATS_OK) return status;
    CopyHeaders(message, raw);
    return natsConnection_PublishMsg(connection->impl().connection, raw);
  }

  void Loop(const Route& route) {
    bool drains = false;
    for (;;) {
      natsMsg* raw = nullptr;
      const natsStatus status = natsSubscription_NextMsg(&raw, route.subscription.get(), kTurnMs);
      const MessageHandle message(raw);
      if (status == NATS_OK) {
        ++(SendOn(raw, route.key_place) == NATS_OK ? routed : failed);
      } else if (drains || status != NATS_TIMEOUT) {
        if (drains || stopping) return;
        SleepMs(kTurnMs);
      } else if (stopping) {
        drains = true;
        (void)natsSubscription_DrainTimeout(route.subscription.get(), kDrainMs);
      }
    }
  }
};

SubjectRouter::SubjectRouter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SubjectRouter::~SubjectRouter() {
  impl_->stopping = true;
  for (Impl::Route& route : impl_->routes) {
    if (route.thread.joinable()) route.thread.join();
  }
  (void)natsConnection_FlushTimeout(impl_->connection->impl().connection, kDrainMs);
  for (Impl::Route& route : impl_->routes) impl_->connection->impl().Retire(std::move(route.subscription));
}

Result<std::unique_ptr<SubjectRouter>> SubjectRouter::Start(Connection& connection,
                                                            const ServeConfig& config) {
  std::unique_ptr<SubjectRouter> router(new SubjectRouter(std::make_unique<Impl>()));
  Impl& impl = *router->impl_;
  impl.connection = &connection;
  impl.deployment = config.name;
  impl.partition_count = config.partition_count;
  const std::string group = "lull_ingest_" + config.name;
  for (const ServeSource& source : config.sources) {
    natsSubscription* raw = nullptr;
    natsStatus status = natsConnection_QueueSubscribeSync(&raw, connection.impl().connection,
                                                          source.subject.c_str(), group.c_str());
    Impl::Route& route = impl.routes.emplace_back();
    route.key_place = KeyPlace(source.subject);
    route.subscription.reset(raw);
    if (status == NATS_OK)
      status = natsSubscription_SetPendingLimits(raw, kPendingCountMax, kPendingBytesMax);
    if (status == NATS_OK) status = natsConnection_FlushTimeout(connection.impl().connection, kDrainMs);
    if (status != NATS_OK) {
      return Fail("cannot listen on \"" + source.subject + "\" at " + connection.address() + ": " +
                  StatusText(status) + ".");
    }
  }
  for (Impl::Route& route : impl.routes) {
    route.thread = std::thread([&impl, &route] { impl.Loop(route); });
  }
  return router;
}

RouterFigures SubjectRouter::figures() const {
  RouterFigures figures{.routed = impl_->routed, .failed = impl_->failed};
  for (const Impl::Route& route : impl_->routes) {
    std::int64_t dropped = 0;
    if (natsSubscription_GetDropped(route.subscription.get(), &dropped) == NATS_OK) {
      figures.dropped += static_cast<std::uint64_t>(dropped);
    }
  }
  return figures;
}

}  // namespace lull::connectors
