#include <utility>

#include "connectors/nats/handles.h"

namespace lull::connectors {

struct RequestHandler::Impl {
  std::function<std::string(std::string_view)> handler;
  natsSubscription* subscription = nullptr;
  std::mutex mutex;
  std::condition_variable changed;
  bool complete = false;

  ~Impl() {
    if (subscription == nullptr) {
      return;
    }
    // Fails only when the connection is closed already, and then the library completes it as well.
    (void)natsSubscription_Unsubscribe(subscription);
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return complete; });
    lock.unlock();
    natsSubscription_Destroy(subscription);
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
  impl->handler = std::move(handler);
  natsStatus status = natsConnection_Subscribe(&impl->subscription, impl_->connection, subject.c_str(),
                                               OnRequest, impl.get());
  if (status == NATS_OK) {
    status = natsSubscription_SetOnCompleteCB(impl->subscription, OnComplete, impl.get());
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
