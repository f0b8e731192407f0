// A connection to a NATS server: opens with a clear message or not at all, and then reconnects for ever.
//
// Threads: a Connection may be used by one thread at a time; the log function and request handlers are called
// from the client library's own threads. Everything opened on a Connection (logs, handlers) must be destroyed
// before it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lull::connectors {

/// Takes one line about the connection's health, for an operator to read. Called from any thread, also while
/// the connection is being closed.
using NatsLog = std::function<void(std::string_view line)>;

/// How to reach and trust the servers. Empty strings mean "not used".
struct ConnectionOptions {
  std::vector<std::string> urls = {"nats://127.0.0.1:4222"};
  std::string client_name = "lull";  ///< shown in the server's list of connections
  std::string user;
  std::string password;
  std::string token;
  std::string credentials_file;  ///< user JWT and seed, as `nsc` writes it
  bool tls = false;              ///< insist on TLS; implied by any of the files below
  std::string ca_file;           ///< PEM; trusts these authorities instead of the system's
  std::string certificate_file;  ///< PEM; the client's own certificate, with key_file
  std::string key_file;
  std::vector<std::string> secret_files;  ///< where the secrets above were read from; for messages only
  std::int64_t connect_timeout_ms = 5'000;
  /// How long Open keeps trying while no server answers.
  std::int64_t wait_for_server_ms = 0;
  /// False: a lost connection is closed for good. What was sent on it is then stored up to some message and
  /// not beyond, which a writer that must keep its order needs.
  bool reconnect = true;
  std::int64_t request_timeout_ms = 5'000;
  std::int64_t reconnect_wait_ms = 250;
  /// Writes each message at once: best for requests and reading. Without it the library gathers messages for
  /// up to a millisecond: best for bulk publishing.
  bool send_asap = true;
  NatsLog log;
};

/// What a stored message is to have, besides its payload.
struct StoreOptions {
  std::string id = {};                                     ///< Nats-Msg-Id; empty: none
  std::optional<std::uint64_t> expect_last_sequence = {};  ///< stored only if the stream ends here
};

/// How storing one message ended.
struct StoreOutcome {
  bool refused = false;        ///< the stream no longer ended at expect_last_sequence
  bool duplicate = false;      ///< a message of this id was stored before
  std::uint64_t sequence = 0;  ///< in the stream; 0 if refused
};

class Connection;

/// Answers requests on a subject until it is destroyed; its destructor waits for a handler that is running.
class RequestHandler {
 public:
  struct Impl;
  explicit RequestHandler(std::unique_ptr<Impl> impl);
  RequestHandler(RequestHandler&&) noexcept;
  RequestHandler& operator=(RequestHandler&&) noexcept;
  ~RequestHandler();

 private:
  std::unique_ptr<Impl> impl_;
};

class Connection {
 public:
  struct Impl;

  /// Connects to the first server that answers. Fails if none does, or if it refuses the credentials; the
  /// message says which and what to do.
  static Result<Connection> Open(ConnectionOptions options);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Servers as text for messages, without passwords.
  const std::string& address() const;
  /// True while a server is connected.
  bool connected() const;
  /// True when the connection has given up for good (the credentials were revoked).
  bool closed() const;

  /// Sends one request and waits for its reply. Fails after `timeout_ms` or when nobody listens.
  Result<std::string> Request(const std::string& subject, std::string_view data, std::int64_t timeout_ms);
  /// Publishes one core message and waits until the server has it (no stream need exist).
  Status Publish(const std::string& subject, std::string_view data);
  /// Publishes one message and waits until a stream has stored it. Being refused by `expect_last_sequence` is
  /// an outcome; a full disk, a missing stream or no answer is an error.
  Result<StoreOutcome> Store(const std::string& subject, std::string_view data, const StoreOptions& options);
  /// Answers requests on `subject` from a library thread, one at a time.
  Result<RequestHandler> Handle(const std::string& subject,
                                std::function<std::string(std::string_view)> handler);

  Impl& impl() { return *impl_; }

 private:
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
