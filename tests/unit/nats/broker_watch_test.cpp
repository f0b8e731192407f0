#include "connectors/nats/broker_watch.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/unit/nats/nats_fixture.h"

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;

class BrokerWatchTest : public ::testing::Test {
 protected:
  BrokerWatchTest() {
    config_.name = "shop";
    config_.nats = OptionsFor(server_);
  }
  void MakeStreams() {
    Connection connection = Connect(server_);
    for (const char* suffix : {"IN", "OUT", "DEAD"}) {
      Must(EnsureStream(connection, SpecOf(StreamName("shop", suffix), {"to." + std::string(suffix)})));
    }
    StoreNumbers(connection, "to.IN", 1, 5);
  }
  // Answers are remembered for a while.
  static void Wait() { std::this_thread::sleep_for(std::chrono::milliseconds(3'100)); }

  testing::TestServer server_;
  ServeConfig config_;
  std::atomic<std::uint64_t> applied_ = 0;
};

TEST_F(BrokerWatchTest, SeesHowFarTheServiceIsBehind) {
  MakeStreams();
  BrokerWatch watch(config_, applied_);
  applied_ = 3;
  StreamsLook look = watch.LookAtStreams();
  EXPECT_EQ(look.problem, "");
  EXPECT_EQ(look.input_last, 5U);
  EXPECT_EQ(look.behind, 2U);
  ASSERT_TRUE(look.oldest_waiting.has_value());
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  EXPECT_LT(std::abs(now - look.oldest_waiting->micros), 60 * kMicrosPerSecond);
  ASSERT_EQ(look.streams.size(), 3U);
  EXPECT_EQ(look.streams[0].role, "input");
  EXPECT_EQ(look.streams[0].messages, 5U);
  EXPECT_EQ(look.streams[0].bytes_max, 64 << 20);
  applied_ = 5;
  Wait();
  look = watch.LookAtStreams();
  EXPECT_EQ(look.behind, 0U);
  EXPECT_FALSE(look.oldest_waiting.has_value());
}

TEST_F(BrokerWatchTest, AProbeIsStoredAndKeepsOneMessage) {
  BrokerWatch watch(config_, applied_);
  EXPECT_EQ(watch.TryWrite().problem, "");
  Wait();
  const WriteLook look = watch.TryWrite();
  EXPECT_EQ(look.problem, "");
  EXPECT_GT(look.took_micros, 0);
  Connection connection = Connect(server_);
  const StreamState state = Must(ReadStreamState(connection, "LULL_SHOP_PROBE"));
  EXPECT_EQ(state.message_count, 1U);
  EXPECT_EQ(state.last_sequence, 2U);
}

TEST_F(BrokerWatchTest, SaysWhatIsWrongAndComesBack) {
  MakeStreams();
  server_.Kill();
  BrokerWatch watch(config_, applied_);
  EXPECT_THAT(watch.TryWrite().problem, HasSubstr("no NATS server answers"));
  EXPECT_THAT(watch.LookAtStreams().problem, HasSubstr("no NATS server answers"));
  server_.Restart();
  Wait();
  EXPECT_EQ(watch.TryWrite().problem, "");
  EXPECT_EQ(watch.LookAtStreams().problem, "");
  server_.Kill();
  Wait();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(watch.TryWrite().problem, HasSubstr("not connected"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1)) << "asks nobody who is away";
}

TEST_F(BrokerWatchTest, ManyMayAskAtOnce) {
  MakeStreams();
  BrokerWatch watch(config_, applied_);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      wrong += watch.TryWrite().problem.empty() ? 0 : 1;
      wrong += watch.LookAtStreams().problem.empty() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  Connection connection = Connect(server_);
  EXPECT_EQ(Must(ReadStreamState(connection, "LULL_SHOP_PROBE")).last_sequence, 1U) << "one asked for all";
}

}  // namespace
}  // namespace lull::connectors
