#include "connectors/http/http_server.h"

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <chrono>
#include <thread>
#include <utility>

namespace lull::connectors {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kListenAgainPause{100};

// One connection, with an end: of the library's own limits each read gets its whole time, so that a client
// that sends a byte now and then would hold a thread for hours.
class BoundedStream : public httplib::Stream {
 public:
  BoundedStream(socket_t socket, const HttpLimits& limits)
      : socket_(socket), limits_(limits), deadline_(After(limits.request_ms)) {}

  bool is_readable() const override { return begin_ < end_ || Wait(POLLIN); }
  bool is_writable() const override { return true; }

  // The next request of the connection; false: none comes.
  bool Await() {
    replying_ = false;
    received_ = end_ - begin_;
    deadline_ = After(limits_.idle_ms);
    const bool comes = is_readable();
    deadline_ = After(limits_.request_ms);
    return comes;
  }

  // A connection that is closed while there is something to read loses the reply on its way.
  void Linger() {
    ::shutdown(socket_, SHUT_WR);
    deadline_ = After(limits_.linger_ms);
    received_ = 0;
    do begin_ = end_;
    while (Fill());
  }

  ssize_t read(char* out, size_t size) override {
    if (begin_ == end_ && !Fill()) return -1;
    const std::size_t count = std::min(size, end_ - begin_);
    std::copy_n(buffer_.data() + begin_, count, out);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* data, size_t size) override {
    if (!replying_) deadline_ = After(limits_.reply_ms);
    replying_ = true;
    std::size_t done = 0;
    while (done < size) {
      const ssize_t sent = ::send(socket_, data + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        done += static_cast<std::size_t>(sent);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (!Wait(POLLOUT)) return -1;
      } else if (errno != EINTR) {
        return -1;
      }
    }
    return static_cast<ssize_t>(done);
  }

  // Nothing that is served here depends on who asks.
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override { get_remote_ip_and_port(ip, port); }
  socket_t socket() const override { return socket_; }

 private:
  static Clock::time_point After(int ms) { return Clock::now() + std::chrono::milliseconds(ms); }

  bool Wait(short events) const {
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
      if (left.count() <= 0) return false;
      pollfd polled{.fd = socket_, .events = events, .revents = 0};
      const int ready = ::poll(&polled, 1, static_cast<int>(left.count()));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
  }

  bool Fill() {
    const std::size_t wanted =
        std::min(buffer_.size(), static_cast<std::size_t>(limits_.request_bytes) - received_);
    if (wanted == 0 || !Wait(POLLIN)) return false;
    const ssize_t got = ::recv(socket_, buffer_.data(), wanted, MSG_DONTWAIT);
    if (got <= 0) return false;
    received_ += static_cast<std::size_t>(got);
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
    return true;
  }

  const socket_t socket_;
  const HttpLimits& limits_;
  Clock::time_point deadline_;
  bool replying_ = false;
  std::array<char, 4'096> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t received_ = 0;
};

constexpr std::string_view kBusy =
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: "
    "application/json\r\n"
    "Content-Length: 63\r\n\r\n{\"error\":\"too many connections\",\"what_to_do\":\"try again later\"}";

// A reply was made before the body was read: the connection cannot go on.
thread_local bool t_body_unread = false;
// True on the thread that accepts, while a connection that is one too many is handed on.
thread_local bool t_turned_away = false;

class BoundedQueue : public httplib::TaskQueue {
 public:
  explicit BoundedQueue(const HttpLimits& limits)
      : connections_max_(limits.connections), pool_(static_cast<std::size_t>(limits.threads)) {}

  void enqueue(std::function<void()> task) override {
    if (taken_.load() >= connections_max_) {
      // The task alone knows the socket, so it must run to close it.
      t_turned_away = true;
      task();
      t_turned_away = false;
      return;
    }
    ++taken_;
    pool_.enqueue([this, task = std::move(task)] {
      task();
      --taken_;
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  const int connections_max_;
  std::atomic<int> taken_ = 0;
  httplib::ThreadPool pool_;
};

class BoundedServer : public httplib::Server {
 public:
  explicit BoundedServer(const HttpLimits& limits) : limits_(limits) {
    new_task_queue = [this] { return new BoundedQueue(limits_); };
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    bool done = false;
    if (!t_turned_away) {
      try {
        BoundedStream stream(socket, limits_);
        bool closed = false;
        int left = limits_.requests_a_connection;
        do {
          done = process_request(stream, /*close_connection=*/--left == 0, closed, nullptr);
        } while (done && left > 0 && !closed && !t_body_unread && stream.Await());
        if (std::exchange(t_body_unread, false) && limits_.linger_ms > 0) stream.Linger();
      } catch (const std::exception&) {
        // A request that the library cannot stand. Whoever sent it gets no answer, which is all it is due.
        done = false;
      }
    } else if (limits_.linger_ms > 0) {
      (void)::send(socket, kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::shutdown(socket, SHUT_WR);
    }
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return done;
  }

  const HttpLimits limits_;
};

HttpRequest RequestOf(const httplib::Request& request) {
  HttpRequest plain;
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    plain.headers.emplace_back(std::move(lower), value);
  }
  plain.body = request.body;
  return plain;
}

void Give(HttpReply reply, httplib::Response& response) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  response.set_header("Cache-Control", "no-store");
  response.set_content(std::move(reply.body), reply.type);
}

template <typename Make>
HttpReply Caught(Make make) {
  try {
    return make();
  } catch (const std::exception& error) {
    return {.status = 500, .body = std::string(error.what()) + "\n"};
  }
}

// Before the body is read. False: it is to be read, and the route's `take` to be called.
bool Answer(const httplib::Request& request, httplib::Response& response,
            const std::vector<HttpRoute>& routes) {
  HttpReply reply;
  const auto route = std::ranges::find(routes, request.path, &HttpRoute::path);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (route == routes.end()) {
    reply = {.status = 404, .body = "there is nothing here\n"};
  } else if (request.method == "POST" && route->take) {
    std::optional<HttpReply> refusal;
    if (route->admit) {
      reply = Caught([&] {
        refusal = route->admit(RequestOf(request));
        return refusal.value_or(HttpReply{});
      });
      if (reply.status == 500) refusal = reply;
    }
    if (!refusal) return false;
    reply = std::move(*refusal);
  } else if (!reads || !route->answer) {
    reply = {.status = 405,
             .body = route->take ? "only POST is answered here\n" : "only GET is answered here\n",
             .headers = {{"Allow", route->take ? "POST" : "GET, HEAD"}}};
  } else if (request.has_header("Range")) {
    // Many small ranges of one reply would make a large one.
    reply = {.status = 400, .body = "parts of a reply cannot be had\n"};
  } else {
    reply = Caught([&] { return route->answer(); });
  }
  t_body_unread = !reads;
  Give(std::move(reply), response);
  return true;
}

}  // namespace

struct HttpServer::Impl {
  Impl(std::vector<HttpRoute> r, const HttpLimits& limits) : routes(std::move(r)), server(limits) {}

  // The library stops listening on failures that pass, such as a client that has gone before it was served.
  void Listen(const std::string& host) {
    while (!stopping) {
      server.listen_after_bind();
      if (stopping) return;
      std::this_thread::sleep_for(kListenAgainPause);
      (void)server.bind_to_port(host, port);
    }
  }

  const std::vector<HttpRoute> routes;
  BoundedServer server;
  int port = 0;
  std::atomic<bool> stopping = false;
  std::thread thread;
};

std::optional<std::string_view> HttpRequest::Header(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (header == name) return value;
  }
  return {};
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->stopping = true;
  impl_->server.stop();
  impl_->thread.join();
}

int HttpServer::port() const { return impl_->port; }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& host, int port,
                                                      std::vector<HttpRoute> routes,
                                                      const HttpLimits& limits) {
  auto impl = std::make_unique<Impl>(std::move(routes), limits);
  const std::string where = host + ":" + std::to_string(port);
  // The library would share the port with another process that listens on it.
  impl->server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  impl->server.set_pre_routing_handler(
      [raw = impl.get()](const httplib::Request& request, httplib::Response& response) {
        return Answer(request, response, raw->routes) ? httplib::Server::HandlerResponse::Handled
                                                      : httplib::Server::HandlerResponse::Unhandled;
      });
  for (const HttpRoute& route : impl->routes) {
    if (!route.take) continue;
    impl->server.Post(route.path, [&route](const httplib::Request& request, httplib::Response& response) {
      Give(Caught([&] { return route.take(RequestOf(request)); }), response);
    });
  }
  errno = 0;
  impl->port = port == 0                               ? impl->server.bind_to_any_port(host)
               : impl->server.bind_to_port(host, port) ? port
                                                       : -1;
  if (impl->port < 0) {
    return Fail("cannot listen on " + where + (errno == 0 ? "" : ": " + std::string(std::strerror(errno))) +
                ". What to do: choose another address or port for `listen`, or stop what uses it.");
  }
  impl->thread = std::thread([raw = impl.get(), host] { raw->Listen(host); });
  while (!impl->server.is_running()) std::this_thread::yield();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

}  // namespace lull::connectors
