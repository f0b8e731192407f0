#include "connectors/nats/event_publisher.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/unit/nats/nats_fixture.h"

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;

constexpr int kCount = 20'000;

std::function<bool()> Always() {
  return [] { return true; };
}

TEST(EventPublisher, StoresInOrderOverAKilledBroker) {
  testing::TestServer server;
  Connection connection = Connect(server);
  Must(EnsureStream(connection, SpecOf("E", {"e.>"})));
  ConnectionOptions options = OptionsFor(server);
  options.wait_for_server_ms = 5'000;
  EventPublisher publisher = Must(EventPublisher::Open(options, Always()));
  std::thread killer([&server] {
    for (int i = 0; i < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      server.Kill();
      server.Restart();
    }
  });
  for (int i = 1; i <= kCount; ++i) {
    const std::string text = std::to_string(i);
    Must(publisher.Publish(i % 2 == 0 ? "e.even" : "e.odd", text, text));
  }
  Must(publisher.Flush());
  killer.join();
  EXPECT_EQ(publisher.stored_count(), static_cast<std::uint64_t>(kCount));
  Connection reader = Connect(server);
  InputLog log = Must(InputLog::Open(reader, {.stream = "E"}));
  EXPECT_EQ(ReadTexts(log, kCount, 1'000), Numbers(1, kCount));
  EXPECT_TRUE(Must(log.AtEnd()));
}

TEST(EventPublisher, SaysThatNothingCapturesTheSubject) {
  testing::TestServer server;
  EventPublisher publisher = Must(EventPublisher::Open(OptionsFor(server), [] { return false; }));
  Must(publisher.Publish("nobody.listens", "1", "x"));
  const Status done = publisher.Flush();
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("no stream captures \"nobody.listens\""));
}

TEST(Connection, WaitsForAServerThatStarts) {
  testing::TestServer server;
  server.Stop();
  ConnectionOptions options = OptionsFor(server);
  options.wait_for_server_ms = 10'000;
  std::thread starter([&server] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    server.Restart();
  });
  const auto connection = Connection::Open(options);
  starter.join();
  EXPECT_TRUE(connection.has_value());
}

TEST(InputLog, TellsWhichStreamAMessageWasCopiedFrom) {
  testing::TestServer server;
  Connection connection = Connect(server);
  Must(EnsureStream(connection, SpecOf("FROM", {"from.>"})));
  StreamSpec spec = SpecOf("ALL", {"own.>"});
  spec.sources = {{.stream = "FROM", .subject_filter = ""}};
  Must(EnsureStream(connection, spec));
  Must(connection.Store("from.a", "1", {}));
  InputLog log = Must(InputLog::Open(connection, {.stream = "ALL", .origins = true}));
  std::vector<std::string> origins;
  for (int reads = 0; reads < 50 && origins.size() < 2; ++reads) {
    for (const InputMessage& message : Must(log.Read(10, 200))) {
      origins.emplace_back(message.origin);
      if (origins.size() == 1) Must(connection.Store("own.b", "2", {}));
    }
  }
  EXPECT_EQ(origins, (std::vector<std::string>{"FROM", ""}));
}

TEST(Stream, IsFoundByASubject) {
  testing::TestServer server;
  Connection connection = Connect(server);
  Must(EnsureStream(connection, SpecOf("E", {"e.>"})));
  EXPECT_EQ(Must(StreamOfSubject(connection, "e.>")), "E");
  const auto none = StreamOfSubject(connection, "f.>");
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().message, HasSubstr("no stream"));
}

}  // namespace
}  // namespace lull::connectors
