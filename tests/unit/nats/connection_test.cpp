#include "connectors/nats/connection.h"

#include <gmock/gmock.h>

#include <mutex>
#include <thread>

#include "tests/unit/nats/nats_fixture.h"

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Connection, SaysThatNoServerAnswers) {
  int port = 0;
  {
    const testing::TestServer server;
    port = server.port();
  }
  ConnectionOptions options;
  options.urls = {"nats://lull:hidden@127.0.0.1:" + std::to_string(port)};
  const auto connection = Connection::Open(options);
  ASSERT_FALSE(connection.has_value());
  EXPECT_THAT(connection.error().message, HasSubstr("no NATS server answers at nats://127.0.0.1:"));
  EXPECT_THAT(connection.error().message, HasSubstr("nats-server -js"));
  EXPECT_THAT(connection.error().message, Not(HasSubstr("hidden")));
}

TEST(Connection, SaysThatTheCredentialsAreWrong) {
  const testing::TestServer server({"--user", "lull", "--pass", "right"});
  ConnectionOptions options = OptionsFor(server);
  options.user = "lull";
  options.password = "wrong";
  const auto refused = Connection::Open(options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("refuses these credentials (user \"lull\")"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("wrong")));

  options.password = "right";
  EXPECT_TRUE(Connection::Open(options).has_value());
}

TEST(Connection, UsesAToken) {
  const testing::TestServer server({"--auth", "s3cret"});
  ConnectionOptions options = OptionsFor(server);
  EXPECT_FALSE(Connection::Open(options).has_value());
  options.token = "s3cret";
  EXPECT_TRUE(Connection::Open(options).has_value());
}

TEST(Connection, SaysThatTlsFailed) {
  const testing::TestServer server;
  ConnectionOptions options = OptionsFor(server);
  options.tls = true;
  const auto connection = Connection::Open(options);
  ASSERT_FALSE(connection.has_value());
  EXPECT_THAT(connection.error().message, HasSubstr("TLS with the NATS server"));

  options.ca_file = "/nonexistent/ca.pem";
  const auto unreadable = Connection::Open(options);
  ASSERT_FALSE(unreadable.has_value());
  EXPECT_THAT(unreadable.error().message, HasSubstr("settings of the NATS connection"));
}

TEST(Connection, AnswersRequests) {
  const testing::TestServer server;
  Connection serving = Connect(server);
  Connection asking = Connect(server);
  {
    const RequestHandler handler = Must(serving.Handle(
        "lull.retail.control", [](std::string_view request) { return "heard " + std::string(request); }));
    EXPECT_EQ(Must(asking.Request("lull.retail.control", "reload", 2'000)), "heard reload");
  }
  Must(serving.Publish("flush", ""));
  const auto nobody = asking.Request("lull.retail.control", "reload", 2'000);
  ASSERT_FALSE(nobody.has_value());
  EXPECT_THAT(nobody.error().message, HasSubstr("nobody listens"));
}

TEST(Connection, StoresWithConditions) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  Must(EnsureStream(connection, SpecOf("S", {"s.>"})));
  const StoreOutcome first = Must(connection.Store("s.a", "1", {.id = "one", .expect_last_sequence = 0}));
  EXPECT_EQ(first.sequence, 1U);
  EXPECT_TRUE(Must(connection.Store("s.a", "1", {.id = "one"})).duplicate);
  EXPECT_TRUE(Must(connection.Store("s.a", "2", {.id = "two", .expect_last_sequence = 0})).refused);
  EXPECT_EQ(Must(connection.Store("s.a", "2", {.id = "two", .expect_last_sequence = 1})).sequence, 2U);

  const auto nowhere = connection.Store("other", "x", {});
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_THAT(nowhere.error().message, HasSubstr("What to do"));
}

TEST(Connection, ReconnectsAndSaysSo) {
  testing::TestServer server;
  std::mutex mutex;
  std::string log;
  ConnectionOptions options = OptionsFor(server);
  options.log = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    log += std::string(line) + "\n";
  };
  Connection connection = Must(Connection::Open(options));
  EXPECT_TRUE(connection.connected());
  server.Kill();
  for (int i = 0; i < 500 && connection.connected(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(connection.connected());
  server.Restart();
  for (int i = 0; i < 500 && !connection.connected(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(connection.connected());
  Must(connection.Publish("x", "y"));
  for (int i = 0; i < 500; ++i) {
    const std::lock_guard lock(mutex);
    if (log.find("again") != std::string::npos) {
      break;
    }
  }
  const std::lock_guard lock(mutex);
  EXPECT_THAT(log, HasSubstr("lost the connection"));
}

}  // namespace
}  // namespace lull::connectors
