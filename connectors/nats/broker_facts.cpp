#include "connectors/nats/broker_facts.h"

#include <netdb.h>
#include <poll.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "connectors/nats/acknowledgement.h"
#include "connectors/nats/handles.h"

namespace lull::connectors {
namespace {

/// No stream ends there.
constexpr char kNoSuchSequence[] = "9223372036854775807";
/// The broker's own number of "wrong last sequence".
constexpr int kWrongLastSequence = 10'071;

constexpr std::int64_t kTryMs = 1'000;
constexpr std::size_t kGreetingBytesMax = 64 << 10;
constexpr std::int64_t kNanosPerMicro = 1'000;
constexpr char kNoSuchStream[] = "LULL_DOCTOR_TRIES_A_RIGHT";

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

struct Host {
  std::string name;
  std::string port = "4222";
};

Host HostOf(const std::string& url) {
  const std::size_t scheme = url.find("://");
  std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  if (const std::size_t at = rest.rfind('@'); at != std::string::npos) rest = rest.substr(at + 1);
  rest = rest.substr(0, rest.find('/'));
  Host host;
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.rfind(':');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  if (has_port) host.port = rest.substr(colon + 1);
  host.name = has_port ? rest.substr(0, colon) : rest;
  if (host.name.starts_with('[') && host.name.ends_with(']')) {
    host.name = host.name.substr(1, host.name.size() - 2);
  }
  return host;
}

bool WaitFor(int fd, short events, std::int64_t deadline) {
  pollfd polled{.fd = fd, .events = events, .revents = 0};
  const std::int64_t left = deadline - SteadyMs();
  return left > 0 && ::poll(&polled, 1, static_cast<int>(left)) > 0;
}

// Connects to the first address that answers; -1: none, and errno says why the last did not.
int ConnectTo(const addrinfo* addresses, std::int64_t deadline) {
  for (const addrinfo* address = addresses; address != nullptr; address = address->ai_next) {
    const int fd = ::socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    int error = ::connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      socklen_t size = sizeof(error);
      error = ETIMEDOUT;
      if (WaitFor(fd, POLLOUT, deadline)) (void)::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) return fd;
    ::close(fd);
    errno = error;
  }
  return -1;
}

// "INFO {...}", without what follows.
Result<std::string> ReadFirstLine(int fd, std::int64_t deadline, const std::string& where) {
  std::string line;
  while (line.find('\n') == std::string::npos) {
    char buffer[4'096];
    if (line.size() > kGreetingBytesMax || !WaitFor(fd, POLLIN, deadline)) {
      return Fail(where + " takes connections and does not greet as a NATS server does.");
    }
    const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
    if (got <= 0) return Fail(where + " closes connections at once.");
    line.append(buffer, static_cast<std::size_t>(got));
  }
  return line.substr(0, line.find('\n'));
}

// Whether the last thing the server complained of is this.
bool WasRefused(natsConnection* connection, const std::string& subject) {
  const char* text = nullptr;
  if (natsConnection_GetLastError(connection, &text) == NATS_OK || text == nullptr) return false;
  const std::string_view told = text;
  return told.find("ermissions") != told.npos && told.find('"' + subject + '"') != told.npos;
}

}  // namespace

Result<ServerGreeting> ReadGreeting(const std::string& url, std::int64_t timeout_ms) {
  const std::int64_t deadline = SteadyMs() + timeout_ms;
  const Host host = HostOf(url);
  const std::string where = host.name + ":" + host.port;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.name.c_str(), host.port.c_str(), &hints, &found); error != 0) {
    return Fail("the address " + where + " is not known: " + ::gai_strerror(error) + ".");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  const Socket socket(ConnectTo(addresses.get(), deadline));
  if (socket.fd() < 0) return Fail("nothing answers at " + where + ": " + std::strerror(errno) + ".");
  const Result<std::string> line = ReadFirstLine(socket.fd(), deadline, where);
  if (!line) return std::unexpected(line.error());
  simdjson::dom::parser parser;
  simdjson::dom::object info;
  std::string_view version;
  ServerGreeting greeting;
  if (!line->starts_with("INFO ") || parser.parse(line->substr(5)).get(info) != simdjson::SUCCESS ||
      info["version"].get(version) != simdjson::SUCCESS ||
      info["max_payload"].get(greeting.payload_bytes_max) != simdjson::SUCCESS) {
    return Fail(where + " is no NATS server: it greets with something else.");
  }
  greeting.version = version;
  const auto flag = [&](const char* name) {
    bool value = false;
    return info[name].get(value) == simdjson::SUCCESS && value;
  };
  greeting.auth_required = flag("auth_required");
  greeting.tls_required = flag("tls_required");
  greeting.jetstream = flag("jetstream");
  return greeting;
}

bool LetsAnyoneIn(const ConnectionOptions& options) {
  ConnectionOptions anyone;
  anyone.urls = options.urls;
  anyone.client_name = "lull doctor, without credentials";
  anyone.tls = options.tls || !options.ca_file.empty() || !options.certificate_file.empty();
  anyone.ca_file = options.ca_file;
  anyone.connect_timeout_ms = kTryMs;
  anyone.reconnect = false;
  return Connection::Open(std::move(anyone)).has_value();
}

Result<JetStreamUse> ReadJetStreamUse(Connection& connection) {
  jsAccountInfo* info = nullptr;
  auto code = static_cast<jsErrCode>(0);
  const natsStatus status = js_GetAccountInfo(&info, connection.impl().jetstream, nullptr, &code);
  const std::unique_ptr<jsAccountInfo, NatsDeleter<jsAccountInfo_Destroy>> owner(info);
  if (status != NATS_OK) {
    return std::unexpected(JetStreamError("asking for JetStream at " + connection.address(), status, code));
  }
  JetStreamUse use{.stored_bytes = info->Store, .stored_bytes_max = {}};
  if (info->Limits.MaxStore >= 0) use.stored_bytes_max = info->Limits.MaxStore;
  return use;
}

Right MayStore(Connection& connection, const std::string& subject) {
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, subject.c_str(), nullptr, nullptr, 0);
  const MessageHandle message(raw);
  if (status == NATS_OK) status = natsMsgHeader_Set(raw, kExpectedStreamHeader, kNoSuchStream);
  if (status != NATS_OK) return Right::kNotShown;
  natsMsg* reply = nullptr;
  status = natsConnection_RequestMsg(&reply, connection.impl().connection, raw, kTryMs);
  const MessageHandle owner(reply);
  // That nobody listens there is an answer, too: the message got that far.
  if (status == NATS_OK || status == NATS_NO_RESPONDERS) return Right::kGranted;
  return WasRefused(connection.impl().connection, subject) ? Right::kDenied : Right::kNotShown;
}

Reach Reaches(Connection& connection, const std::string& subject, const std::string& stream) {
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, subject.c_str(), nullptr, nullptr, 0);
  const MessageHandle message(raw);
  if (status == NATS_OK) status = natsMsgHeader_Set(raw, kExpectedStreamHeader, stream.c_str());
  if (status == NATS_OK) status = natsMsgHeader_Set(raw, kExpectedLastSequenceHeader, kNoSuchSequence);
  if (status != NATS_OK) return Reach::kNone;
  natsMsg* reply = nullptr;
  status = natsConnection_RequestMsg(&reply, connection.impl().connection, raw, kTryMs);
  const MessageHandle owner(reply);
  if (status != NATS_OK) {
    return WasRefused(connection.impl().connection, subject) ? Reach::kDenied : Reach::kNone;
  }
  const Acknowledgement ack =
      ParseAcknowledgement({natsMsg_GetData(reply), static_cast<std::size_t>(natsMsg_GetDataLength(reply))});
  return ack.broker_code == kWrongLastSequence ? Reach::kYes : Reach::kAnother;
}

std::string ExampleSubject(const std::string& pattern, const std::string& key) {
  std::string subject = pattern;
  const std::size_t last = subject.rfind('*');
  if (last != subject.npos) subject.replace(last, 1, key);
  for (std::size_t at = subject.find('*'); at != subject.npos; at = subject.find('*'))
    subject.replace(at, 1, "any");
  return subject;
}

Right MayListen(Connection& connection, const std::string& subject) {
  natsSubscription* raw = nullptr;
  natsConnection* nats = connection.impl().connection;
  if (natsConnection_SubscribeSync(&raw, nats, subject.c_str()) != NATS_OK) return Right::kNotShown;
  SubscriptionHandle subscription(raw);
  const natsStatus status = natsConnection_FlushTimeout(nats, kTryMs);
  const bool refused = WasRefused(nats, subject);
  connection.impl().Retire(std::move(subscription));
  if (refused) return Right::kDenied;
  return status == NATS_OK ? Right::kGranted : Right::kNotShown;
}

Result<std::int64_t> BrokerAheadMicros(Connection& connection, const StreamSpec& probe) {
  const std::int64_t before = WallMicros();
  const auto stored = connection.Store(probe.subjects.front(), "clock", {});
  const std::int64_t after = WallMicros();
  if (!stored) return std::unexpected(stored.error());
  natsMsg* message = nullptr;
  auto code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetMsg(&message, connection.impl().jetstream, probe.name.c_str(), stored->sequence, nullptr, &code);
  const MessageHandle owner(message);
  if (status != NATS_OK) {
    return std::unexpected(JetStreamError("reading back from stream " + probe.name, status, code));
  }
  const std::int64_t there = natsMsg_GetTime(message) / kNanosPerMicro;
  // Anywhere between the two it was stored: only what lies outside is a difference of clocks.
  return there < before ? there - before : there > after ? there - after : 0;
}

}  // namespace lull::connectors
