// A small HTTP server for operators: fixed paths, GET and HEAD only, one request a connection.
//
// Meant for monitoring on a trusted network: no encryption, no passwords, no files. A client that is slow,
// stuck or hostile holds at most one of a few threads for a few seconds; who comes while all places are taken
// is turned away. Nothing of it runs on another thread than its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace lull::connectors {

struct HttpReply {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpRoute {
  std::string path;  ///< exactly, without what follows a `?`
  /// Called from several threads at once. What it throws is answered with 500.
  std::function<HttpReply()> answer;
};

struct HttpLimits {
  int threads = 8;
  int connections = 32;  ///< served or waiting for a thread
  int request_bytes = 16 << 10;
  int request_ms = 2'000;  ///< until the whole request has come
  int reply_ms = 5'000;    ///< until the whole reply has been taken
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
