#include "connectors/nats/connection.h"

#include <chrono>
#include <utility>

#include "connectors/nats/acknowledgement.h"
#include "connectors/nats/handles.h"

namespace lull::connectors {
namespace {

constexpr std::chrono::seconds kCloseWait{5};
constexpr int kReconnectBufferBytes = 64 << 20;
constexpr std::int64_t kRetireWaitMs = 1'000;

std::string WithoutPassword(const std::string& url) {
  const std::size_t at = url.rfind('@');
  const std::size_t scheme = url.find("://");
  if (at == std::string::npos) {
    return url;
  }
  const std::string head = scheme == std::string::npos ? "" : url.substr(0, scheme + 3);
  return head + url.substr(at + 1);
}

std::string DescribeServers(const std::vector<std::string>& urls) {
  std::string text;
  for (const std::string& url : urls) {
    text += (text.empty() ? "" : ", ") + WithoutPassword(url);
  }
  return text;
}

void OnDisconnected(natsConnection*, void* closure) {
  auto* impl = static_cast<Connection::Impl*>(closure);
  impl->Log("lost the connection to NATS at " + impl->address + "; trying again until it is back");
}

void OnReconnected(natsConnection*, void* closure) {
  auto* impl = static_cast<Connection::Impl*>(closure);
  impl->Log("connected to NATS at " + impl->address + " again");
}

void OnClosed(natsConnection*, void* closure) {
  auto* impl = static_cast<Connection::Impl*>(closure);
  const std::lock_guard lock(impl->mutex);
  impl->closed = true;
  // Under the lock: the destructor frees this object as soon as it sees the flag.
  impl->changed.notify_all();
}

void OnError(natsConnection*, natsSubscription*, natsStatus status, void* closure) {
  auto* impl = static_cast<Connection::Impl*>(closure);
  impl->Log("NATS at " + impl->address + " reports: " + natsStatus_GetText(status));
}

Error CannotConnect(const Connection::Impl& impl, natsStatus status) {
  const std::string where = " at " + impl.address;
  const std::string& user = impl.options.user;
  if (status == NATS_NO_SERVER) {
    return Error{
        "no NATS server answers" + where +
        ". What to do: start one with JetStream (`nats-server -js`), or correct `url` under [nats]."};
  }
  if (status == NATS_CONNECTION_AUTH_FAILED) {
    return Error{
        "the NATS server" + where + " refuses these credentials" +
        (user.empty() ? std::string() : " (user \"" + user + "\")") +
        ". What to do: check the user, password, token or credentials file under [nats] against the server's "
        "`authorization` or `accounts` block."};
  }
  if (status == NATS_SECURE_CONNECTION_REQUIRED || status == NATS_SECURE_CONNECTION_WANTED ||
      status == NATS_SSL_ERROR) {
    return Error{
        "TLS with the NATS server" + where + " failed: " + StatusText(status) +
        ". What to do: check `tls`, `ca_file`, `certificate_file` and `key_file` under [nats], and that the "
        "server has a `tls` block if and only if `tls = true` here."};
  }
  return Error{"cannot connect to the NATS server" + where + ": " + StatusText(status) + "."};
}

// Applies each setting in turn and keeps the first failure.
struct Settings {
  natsOptions* options;
  natsStatus status = NATS_OK;

  template <typename Function, typename... Arguments>
  void Apply(Function function, Arguments... arguments) {
    if (status == NATS_OK) {
      status = function(options, arguments...);
    }
  }
};

void ApplySecurity(Settings& settings, const ConnectionOptions& options) {
  if (!options.user.empty()) {
    settings.Apply(natsOptions_SetUserInfo, options.user.c_str(), options.password.c_str());
  }
  if (!options.token.empty()) {
    settings.Apply(natsOptions_SetToken, options.token.c_str());
  }
  if (!options.credentials_file.empty()) {
    settings.Apply(natsOptions_SetUserCredentialsFromFiles, options.credentials_file.c_str(),
                   static_cast<const char*>(nullptr));
  }
  if (options.tls || !options.ca_file.empty() || !options.certificate_file.empty()) {
    settings.Apply(natsOptions_SetSecure, true);
  }
  if (!options.ca_file.empty()) {
    settings.Apply(natsOptions_LoadCATrustedCertificates, options.ca_file.c_str());
  }
  if (!options.certificate_file.empty()) {
    settings.Apply(natsOptions_LoadCertificatesChain, options.certificate_file.c_str(),
                   options.key_file.c_str());
  }
}

natsStatus Configure(natsOptions* raw, Connection::Impl& impl) {
  const ConnectionOptions& options = impl.options;
  std::vector<const char*> urls;
  for (const std::string& url : options.urls) {
    urls.push_back(url.c_str());
  }
  Settings settings{raw};
  settings.Apply(natsOptions_SetServers, urls.data(), static_cast<int>(urls.size()));
  settings.Apply(natsOptions_SetName, options.client_name.c_str());
  settings.Apply(natsOptions_SetTimeout, options.connect_timeout_ms);
  settings.Apply(natsOptions_SetAllowReconnect, options.reconnect);
  settings.Apply(natsOptions_SetMaxReconnect, -1);
  settings.Apply(natsOptions_SetReconnectWait, options.reconnect_wait_ms);
  settings.Apply(natsOptions_SetReconnectBufSize, kReconnectBufferBytes);
  settings.Apply(natsOptions_SetSendAsap, options.send_asap);
  settings.Apply(natsOptions_SetDisconnectedCB, OnDisconnected, static_cast<void*>(&impl));
  settings.Apply(natsOptions_SetReconnectedCB, OnReconnected, static_cast<void*>(&impl));
  settings.Apply(natsOptions_SetClosedCB, OnClosed, static_cast<void*>(&impl));
  settings.Apply(natsOptions_SetErrorHandler, OnError, static_cast<void*>(&impl));
  ApplySecurity(settings, options);
  return settings.status;
}

}  // namespace

Connection::Impl::~Impl() {
  jsCtx_Destroy(jetstream);
  closing = true;
  if (connection != nullptr) {
    natsConnection_Close(connection);
    std::unique_lock lock(mutex);
    // The library's callbacks use this object; "closed" is the last of them.
    changed.wait_for(lock, kCloseWait, [this] { return closed; });
    lock.unlock();
    retired.clear();
    natsConnection_Destroy(connection);
  }
}

void Connection::Impl::Retire(SubscriptionHandle subscription) {
  if (!subscription) {
    return;
  }
  // Fails only when the connection is closed already, which has ended the subscription as well.
  (void)natsSubscription_Unsubscribe(subscription.get());
  retired.push_back(std::move(subscription));
  const bool connected = natsConnection_Status(connection) == NATS_CONN_STATUS_CONNECTED;
  if (connected && natsConnection_FlushTimeout(connection, kRetireWaitMs) == NATS_OK) {
    retired.clear();
  }
}

void Connection::Impl::Log(const std::string& line) {
  if (options.log && !closing) {
    options.log(line);
  }
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::Open(ConnectionOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->address = DescribeServers(options.urls);
  impl->options = std::move(options);
  natsOptions* raw = nullptr;
  natsStatus status = natsOptions_Create(&raw);
  const OptionsHandle handle(raw);
  if (status == NATS_OK) {
    status = Configure(raw, *impl);
  }
  if (status != NATS_OK) {
    return Fail("the settings of the NATS connection to " + impl->address + " are not usable: " +
                StatusText(status) + ". What to do: check the addresses and files under [nats].");
  }
  const std::int64_t deadline = SteadyMs() + impl->options.wait_for_server_ms;
  status = natsConnection_Connect(&impl->connection, raw);
  // One that goes while it greets is as one that is not there.
  while ((status == NATS_NO_SERVER || status == NATS_IO_ERROR) && SteadyMs() < deadline) {
    SleepMs(impl->options.reconnect_wait_ms);
    status = natsConnection_Connect(&impl->connection, raw);
  }
  if (status != NATS_OK) {
    return std::unexpected(CannotConnect(*impl, status));
  }
  jsOptions js_options;
  jsOptions_Init(&js_options);
  js_options.Wait = impl->options.request_timeout_ms;
  status = natsConnection_JetStream(&impl->jetstream, impl->connection, &js_options);
  if (status != NATS_OK) {
    return std::unexpected(CannotConnect(*impl, status));
  }
  return Connection(std::move(impl));
}

const std::string& Connection::address() const { return impl_->address; }

bool Connection::connected() const {
  return natsConnection_Status(impl_->connection) == NATS_CONN_STATUS_CONNECTED;
}

bool Connection::closed() const { return natsConnection_IsClosed(impl_->connection); }

Result<std::string> Connection::Request(const std::string& subject, std::string_view data,
                                        std::int64_t timeout_ms) {
  natsMsg* reply = nullptr;
  const natsStatus status = natsConnection_Request(&reply, impl_->connection, subject.c_str(), data.data(),
                                                   static_cast<int>(data.size()), timeout_ms);
  const MessageHandle owner(reply);
  if (status == NATS_NO_RESPONDERS) {
    return Fail("nobody listens on \"" + subject + "\" at " + impl_->address + ".");
  }
  if (status != NATS_OK) {
    return Fail("no reply on \"" + subject + "\" from " + impl_->address + ": " + StatusText(status) + ".");
  }
  return std::string(natsMsg_GetData(reply), static_cast<std::size_t>(natsMsg_GetDataLength(reply)));
}

Status Connection::Publish(const std::string& subject, std::string_view data) {
  natsStatus status =
      natsConnection_Publish(impl_->connection, subject.c_str(), data.data(), static_cast<int>(data.size()));
  if (status == NATS_OK) {
    status = natsConnection_FlushTimeout(impl_->connection, impl_->options.request_timeout_ms);
  }
  if (status != NATS_OK) {
    return Fail("cannot publish on \"" + subject + "\" at " + impl_->address + ": " + StatusText(status) +
                ".");
  }
  return {};
}

Result<StoreOutcome> Connection::Store(const std::string& subject, std::string_view data,
                                       const StoreOptions& options) {
  const std::string tried = "storing a message on \"" + subject + "\" at " + impl_->address;
  natsMsg* raw = nullptr;
  natsStatus status =
      natsMsg_Create(&raw, subject.c_str(), nullptr, data.data(), static_cast<int>(data.size()));
  const MessageHandle message(raw);
  if (status == NATS_OK && !options.id.empty()) {
    status = natsMsgHeader_Set(raw, kMessageIdHeader, options.id.c_str());
  }
  if (status == NATS_OK && options.expect_last_sequence) {
    status = natsMsgHeader_Set(raw, kExpectedLastSequenceHeader,
                               std::to_string(*options.expect_last_sequence).c_str());
  }
  natsMsg* reply = nullptr;
  if (status == NATS_OK) {
    status = natsConnection_RequestMsg(&reply, impl_->connection, raw, impl_->options.request_timeout_ms);
  }
  const MessageHandle owner(reply);
  if (status != NATS_OK) {
    return std::unexpected(JetStreamError(tried, status, 0));
  }
  const Acknowledgement ack =
      ParseAcknowledgement({natsMsg_GetData(reply), static_cast<std::size_t>(natsMsg_GetDataLength(reply))});
  if (ack.stored) {
    return StoreOutcome{.duplicate = ack.duplicate, .sequence = ack.sequence};
  }
  if (ack.broker_code == JSStreamWrongLastSequenceErr) {
    return StoreOutcome{.refused = true};
  }
  return std::unexpected(JetStreamError(tried + " (" + ack.text + ")", NATS_ERR, ack.broker_code));
}

}  // namespace lull::connectors
