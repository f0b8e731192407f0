// A small HTTP server: fixed paths, GET and HEAD for operators, POST for what takes in events.
//
// Meant for a trusted network: no encryption, no files. A client that is slow, stuck or hostile holds at most
// one of a few threads for a few seconds; who comes while all places are taken is turned away. Memory is
// bounded by threads times `request_bytes`. Nothing of it runs on another thread than its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace lull::connectors {

struct HttpReply {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Good while the request is answered.
struct HttpRequest {
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string_view body;

  /// The first of this name (in lower case); nothing: there is none.
  std::optional<std::string_view> Header(std::string_view name) const;
};

/// What is called is called from several threads at once. What it throws is answered with 500.
struct HttpRoute {
  std::string path;  ///< exactly, without what follows a `?`; letters and `/` only
  /// Of GET and HEAD.
  std::function<HttpReply()> answer = {};
  /// Of POST. `admit` is asked before the body is read: a reply turns the request away.
  std::function<std::optional<HttpReply>(const HttpRequest&)> admit = {};
  std::function<HttpReply(const HttpRequest&)> take = {};
};

struct HttpLimits {
  int threads = 8;
  int connections = 32;  ///< served or waiting for a thread
  int request_bytes = 16 << 10;
  int request_ms = 2'000;  ///< until the whole request has come
  int reply_ms = 5'000;    ///< until the whole reply has been taken
  /// Requests of one connection, and how long it may be quiet between them.
  int requests_a_connection = 1;
  int idle_ms = 2'000;
  /// Who is turned away may go on sending for so long, and then sees why.
  int linger_ms = 0;
};

class HttpServer {
 public:
  /// Listens when it returns; port 0 takes a free one. Fails if the address cannot be had.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& host, int port,
                                                   std::vector<HttpRoute> routes,
                                                   const HttpLimits& limits = {});
  /// Stops listening and waits for requests under way.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
