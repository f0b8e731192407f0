#include <utility>

#include "connectors/nats/handles.h"

namespace lull::connectors {

struct RequestHandler::Impl {
  Connection::Impl* connection = nullptr;
  std::function<std::string(std::string_view)> handler;
  SubscriptionHandle subscription;
  std::mutex mutex;
  std::condition_variable changed;
  bool complete = false;

  ~Impl() {
    if (!subscription) {
      return;
    }
    // A connection that is closed already has completed it.
    connection->Retire(std::move(subscription));
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return complete; });
  }
};

namespace {

void OnRequest(natsConnection* connection, natsSubscription*, natsMsg* message, void* closure) {
  const MessageHandle owner(message);
  const auto* impl = static_cast<RequestHandler::Impl*>(closure);
  const std::string reply =
      impl->handler({natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))});
  if (const char* to = natsMsg_GetReply(message); to != nullptr && *to != '\0') {
    // A requester that went away, or a lost connection, shows as a timeout on its side.
    (void)natsConnection_Publish(connection, to, reply.data(), static_cast<int>(reply.size()));
  }
}

void OnComplete(void* closure) {
  auto* impl = static_cast<RequestHandler::Impl*>(closure);
  const std::lock_guard lock(impl->mutex);
  impl->complete = true;
  // Under the lock: the destructor frees this object as soon as it sees the flag.
  impl->changed.notify_all();
}

}  // namespace

RequestHandler::RequestHandler(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RequestHandler::RequestHandler(RequestHandler&&) noexcept = default;
RequestHandler& RequestHandler::operator=(RequestHandler&&) noexcept = default;
RequestHandler::~RequestHandler() = default;

Result<RequestHandler> Connection::Handle(const std::string& subject,
                                          std::function<std::string(std::string_view)> handler) {
  auto impl = std::make_unique<RequestHandler::Impl>();
  impl->connection = impl_.get();
  impl->handler = std::move(handler);
  natsSubscription* raw = nullptr;
  natsStatus status =
      natsConnection_Subscribe(&raw, impl_->connection, subject.c_str(), OnRequest, impl.get());
  impl->subscription.reset(raw);
  if (status == NATS_OK) {
    status = natsSubscription_SetOnCompleteCB(raw, OnComplete, impl.get());
    impl->complete = status != NATS_OK;  // without the callback nothing would announce the end
  }
  if (status == NATS_OK) {
    status = natsConnection_FlushTimeout(impl_->connection, impl_->options.request_timeout_ms);
  }
  if (status != NATS_OK) {
    return Fail("cannot listen on \"" + subject + "\" at " + impl_->address + ": " + StatusText(status) +
                ".");
  }
  return RequestHandler(std::move(impl));
}

}  // namespace lull::connectors
