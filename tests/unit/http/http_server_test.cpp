#include "connectors/http/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A client that says what it likes.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False when the other side has closed.
  bool Say(const std::string& text) {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Everything until the other side closes.
  std::string Hear() {
    std::string all;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(socket_, buffer, sizeof(buffer), 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  const int socket_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(const HttpLimits& limits) {
    auto started =
        HttpServer::Start("127.0.0.1", 0,
                          {{"/metrics", [] { return HttpReply{.body = "figures\n"}; }},
                           {"/large", [] { return HttpReply{.body = std::string(20'000'000, 'x')}; }},
                           {"/broken", []() -> HttpReply { throw std::runtime_error("oh no"); }},
                           {"/slow",
                            [this] {
                              ++slow_;
                              std::this_thread::sleep_for(std::chrono::milliseconds(300));
                              return HttpReply{.status = 503, .type = "application/json", .body = "{}"};
                            }}},
                          limits);
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
  }
  void SetUp() override { Start({.request_ms = 300, .reply_ms = 500}); }

  std::string Ask(const std::string& request) {
    Client client(server_->port());
    client.Say(request);
    return client.Hear();
  }
  std::string Get(const std::string& path, const std::string& headers = "") {
    return Ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  }

  std::atomic<int> slow_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersItsPathsAndNoOthers) {
  const std::string reply = Get("/metrics");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(reply, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(reply, HasSubstr("Cache-Control: no-store"));
  EXPECT_TRUE(reply.ends_with("\r\n\r\nfigures\n"));
  EXPECT_THAT(Get("/metrics?x=1"), StartsWith("HTTP/1.1 200 "));
  const std::string slow = Get("/slow");
  EXPECT_THAT(slow, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(slow, HasSubstr("Content-Type: application/json\r\n"));
  for (const char* path : {"/", "/metrics/", "/metricsx", "/..%2f..%2fetc/passwd", "//metrics", "/%00metrics",
                           "/../../etc/passwd"}) {
    EXPECT_THAT(Get(path), StartsWith("HTTP/1.1 404 ")) << path;
  }
  EXPECT_THAT(Get("/broken"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, OnlyReads) {
  const std::string head = Ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(head.find("figures"), std::string::npos);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const std::string reply =
        Ask(std::string(method) + " /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(reply, HasSubstr("Allow: GET, HEAD")) << method;
  }
  EXPECT_THAT(Get("/large", "Range: bytes=0-,0-,0-,0-\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, BadRequestsDoNoHarm) {
  Ask("\r\n\r\n");
  Ask(std::string("\0\xff\x01", 3) + "\r\n\r\n");
  Ask("GET\r\n\r\n");
  Ask("GET /metrics HTTP/9.9\r\n\r\n");
  EXPECT_THAT(Ask("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 414 "));
  Get("/metrics", "X: " + std::string(7'000, 'a') + "\r\n");
  Get("/metrics", "Range: bytes=" + std::string(7'000, '9') + "-\r\n");
  std::string ranges = "Range: bytes=0-1";
  while (ranges.size() < 7'500) ranges += ",0-1";
  Get("/metrics", ranges + "\r\n");
  Get("/metrics", "Content-Length: -1\r\n");
  Get("/metrics", "Accept-Encoding: gzip, br, deflate\r\n");
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "A: b\r\n";
  EXPECT_THAT(Get("/metrics", many + many), ::testing::Not(HasSubstr("figures")))
      << "more than a request has";
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, AClientThatSendsAByteNowAndThenIsCutOff) {
  const auto began = std::chrono::steady_clock::now();
  Client client(server_->port());
  std::atomic<bool> heard = false;
  std::thread drip([&] {
    while (!heard && client.Say("G")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  EXPECT_EQ(client.Hear(), "");
  heard = true;
  drip.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsCutOff) {
  Client client(server_->port());
  client.Say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto began = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  // More clients than threads, none of which reads.
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(std::make_unique<Client>(server_->port()));
    clients.back()->Say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_LT(client.Hear().size(), 20'000'000U);
}

TEST_F(HttpServerTest, WhoIsOneTooManyIsTurnedAway) {
  Start({.threads = 1, .connections = 2, .request_ms = 1'000});
  Client first(server_->port());  // stuck, on the only thread
  first.Say("GET");
  Client second(server_->port());  // waits
  second.Say("GET /metrics HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(Get("/metrics"), "");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(500));
  EXPECT_THAT(second.Hear(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, EndsWhileClientsAreThere) {
  Client stuck(server_->port());
  stuck.Say("GET /metrics");
  Client slow(server_->port());
  slow.Say("GET /slow HTTP/1.1\r\n\r\n");
  while (slow_ == 0) std::this_thread::yield();
  server_.reset();
  EXPECT_THAT(slow.Hear(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, SaysWhatIsWrongWithTheAddress) {
  const auto taken = HttpServer::Start("127.0.0.1", server_->port(), {});
  ASSERT_FALSE(taken.has_value());
  EXPECT_THAT(taken.error().message, HasSubstr("cannot listen on 127.0.0.1:"));
  EXPECT_THAT(taken.error().message, HasSubstr("in use"));
  EXPECT_FALSE(HttpServer::Start("192.0.2.1", 0, {}).has_value());
}

class HttpPostTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const HttpLimits limits{.request_bytes = 8'000,
                            .request_ms = 500,
                            .requests_a_connection = 3,
                            .idle_ms = 200,
                            .linger_ms = 300};
    auto started = HttpServer::Start(
        "127.0.0.1", 0,
        {{.path = "/events",
          .admit = [](const HttpRequest& request) -> std::optional<HttpReply> {
            if (request.Header("x-token") == "right") return std::nullopt;
            return HttpReply{.status = 401, .body = "no", .headers = {{"WWW-Authenticate", "Bearer"}}};
          },
          .take =
              [this](const HttpRequest& request) {
                ++taken_;
                return HttpReply{.body = "took " + std::to_string(request.body.size()) + "\n"};
              }}},
        limits);
    ASSERT_TRUE(started.has_value());
    server_ = std::move(*started);
  }
  static std::string Post(const std::string& headers, const std::string& body) {
    return "POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
  }
  std::string Ask(const std::string& request) {
    Client client(server_->port());
    client.Say(request);
    return client.Hear();
  }

  std::atomic<int> taken_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpPostTest, SeveralRequestsOfOneConnectionAreAnsweredInTurn) {
  const std::string request = Post("X-Token: right\r\n", "hello");
  const std::string reply = Ask(request + request + request + request);
  EXPECT_EQ(taken_, 3);
  std::size_t count = 0;
  for (std::size_t at = reply.find("took 5\n"); at != reply.npos; at = reply.find("took 5\n", at + 1))
    ++count;
  EXPECT_EQ(count, 3U);
  EXPECT_THAT(reply, HasSubstr("Connection: close"));
}

TEST_F(HttpPostTest, WhoIsNotAdmittedSeesWhyAlthoughItGoesOnSending) {
  const std::string reply = Ask(Post("X-Token: wrong\r\n", std::string(200'000, 'x')));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(reply, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_EQ(taken_, 0);
}

TEST_F(HttpPostTest, MoreThanTheServerMayHoldIsNotTaken) {
  EXPECT_THAT(Ask(Post("X-Token: right\r\n", std::string(9'000, 'x'))), Not(HasSubstr(" 200 ")));
  std::string chunked =
      "POST /events HTTP/1.1\r\nHost: x\r\nX-Token: right\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunked += "400\r\n" + std::string(1'024, 'x') + "\r\n";
  EXPECT_THAT(Ask(chunked + "0\r\n\r\n"), Not(HasSubstr(" 200 ")));
  EXPECT_EQ(taken_, 0);
}

TEST_F(HttpPostTest, OtherMethodsAreRefused) {
  const std::string reply = Ask("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(reply, HasSubstr("Allow: POST"));
}

TEST_F(HttpPostTest, AConnectionThatSaysNothingIsClosed) {
  Client client(server_->port());
  client.Say(Post("X-Token: right\r\n", "a"));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(client.Hear(), HasSubstr("took 1"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
}

}  // namespace
}  // namespace lull::connectors
