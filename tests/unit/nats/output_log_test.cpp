#include "connectors/nats/output_log.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/nats/nats_fixture.h"

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;

class OutputLogTest : public ::testing::Test {
 protected:
  OutputLogTest() : connection_(Connect(server_)) {
    Must(EnsureStream(connection_, SpecOf("OUT", {"out.>"})));
  }

  std::vector<std::string> StoredIds() {
    Connection own = Connect(server_);
    std::vector<std::string> ids;
    Must(LoadIds(own, "OUT", 1, [&](std::uint64_t, std::string_view id) { ids.emplace_back(id); }));
    return ids;
  }

  testing::TestServer server_;
  Connection connection_;
};

TEST_F(OutputLogTest, StoresInOrderWithIdsAndPayloads) {
  OutputLog log = Must(OutputLog::Open(connection_, {.stream = "OUT", .pending_count_max = 100}));
  for (int i = 1; i <= 5'000; ++i) {
    Must(log.Publish("out.sales.Oak%20Park", std::to_string(i), "p" + std::to_string(i)));
    ASSERT_LE(log.pending_count(), 100U);
  }
  Must(log.Flush(10'000));
  EXPECT_EQ(log.pending_count(), 0U);
  EXPECT_EQ(log.last_sequence(), 5'000U);
  EXPECT_EQ(StoredIds(), Numbers(1, 5'000));
  InputLog reader = Must(InputLog::Open(connection_, {.stream = "OUT", .from_sequence = 4'999}));
  EXPECT_EQ(ReadTexts(reader, 2, 10), (std::vector<std::string>{"p4999", "p5000"}));
}

TEST_F(OutputLogTest, GoesOnAfterARestart) {
  for (int round = 0; round < 3; ++round) {
    OutputLog log = Must(OutputLog::Open(connection_, {.stream = "OUT"}));
    for (int i = 1; i <= 10; ++i) {
      Must(log.Publish("out.a", std::to_string(round * 10 + i), "x"));
    }
    Must(log.Flush(5'000));
  }
  EXPECT_EQ(StoredIds(), Numbers(1, 30));
}

TEST_F(OutputLogTest, AnEmptyStreamHasNoIds) { EXPECT_TRUE(StoredIds().empty()); }

TEST_F(OutputLogTest, AMessageWithoutAnIdIsNotOurs) {
  Must(connection_.Store("out.a", "x", {}));
  const auto ids = LoadIds(connection_, "OUT", 1, [](std::uint64_t, std::string_view) {});
  ASSERT_FALSE(ids.has_value());
  EXPECT_THAT(ids.error().message, HasSubstr("has no id"));
}

// Publishes `count` messages to OUT while the broker is killed again and again.
void PublishThroughKills(testing::TestServer& server, Connection& connection, int count) {
  OutputLog log = Must(
      OutputLog::Open(connection, {.stream = "OUT", .pending_count_max = 1'000, .acknowledge_wait_ms = 500}));
  std::jthread killer([&] {
    for (int i = 0; i < 4; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      server.Kill();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      server.Restart();
    }
  });
  for (int i = 1; i <= count; ++i) {
    Must(log.Publish("out.a", std::to_string(i), std::string(200, 'x')));
    if (i % 50 == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  killer.join();
  Must(log.Flush(20'000));
}

TEST_F(OutputLogTest, SurvivesKillsOfTheBrokerWithoutLossRepetitionOrReordering) {
  PublishThroughKills(server_, connection_, 20'000);
  EXPECT_EQ(StoredIds(), Numbers(1, 20'000));
}

TEST_F(OutputLogTest, DoesNotNeedTheBrokersMemoryOfIds) {
  StreamSpec spec = SpecOf("OUT", {"out.>"});
  spec.duplicate_window_ms = 100;
  Must(EnsureStream(connection_, spec));
  PublishThroughKills(server_, connection_, 20'000);
  EXPECT_EQ(StoredIds(), Numbers(1, 20'000));
}

TEST_F(OutputLogTest, GoesOnWhenTheBrokerHasForgottenTheLastId) {
  StreamSpec spec = SpecOf("OUT", {"out.>"});
  spec.duplicate_window_ms = 100;
  Must(EnsureStream(connection_, spec));
  OutputLog log = Must(OutputLog::Open(connection_, {.stream = "OUT", .acknowledge_wait_ms = 500}));
  Must(log.Publish("out.a", "1", "x"));
  Must(log.Flush(5'000));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  server_.Stop();
  server_.Restart();
  Must(log.Publish("out.a", "2", "x"));
  Must(log.Flush(10'000));
  EXPECT_EQ(StoredIds(), Numbers(1, 2));
}

TEST_F(OutputLogTest, KeepsWhatIsQueuedWhileTheBrokerIsAway) {
  OutputLog log = Must(
      OutputLog::Open(connection_, {.stream = "OUT", .acknowledge_wait_ms = 300, .publish_wait_ms = 300}));
  Must(log.Publish("out.a", "1", "x"));
  Must(log.Flush(5'000));
  server_.Kill();
  Must(log.Publish("out.a", "2", "x"));
  const auto waiting = log.Flush(500);
  ASSERT_FALSE(waiting.has_value());
  EXPECT_THAT(waiting.error().message, HasSubstr("1 messages are waiting"));
  EXPECT_EQ(log.pending_count(), 1U);
  server_.Restart();
  Must(log.Flush(20'000));
  EXPECT_EQ(StoredIds(), Numbers(1, 2));
}

TEST_F(OutputLogTest, RefusesToGrowWithoutBound) {
  OutputLog log = Must(OutputLog::Open(
      connection_,
      {.stream = "OUT", .pending_count_max = 10, .acknowledge_wait_ms = 300, .publish_wait_ms = 300}));
  server_.Kill();
  Status status;
  for (int i = 1; i <= 20 && status; ++i) {
    status = log.Publish("out.a", std::to_string(i), "x");
  }
  ASSERT_FALSE(status.has_value());
  EXPECT_LE(log.pending_count(), 10U);
  server_.Restart();
  Must(log.Flush(20'000));
  EXPECT_EQ(StoredIds(), Numbers(1, 10));
}

TEST_F(OutputLogTest, NoticesAnotherWriter) {
  OutputLog ours = Must(OutputLog::Open(connection_, {.stream = "OUT"}));
  OutputLog theirs = Must(OutputLog::Open(connection_, {.stream = "OUT"}));
  Must(ours.Publish("out.a", "ours-1", "x"));
  Must(ours.Flush(5'000));
  Must(theirs.Publish("out.a", "theirs-1", "x"));
  const auto refused = theirs.Flush(5'000);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("another program has written"));
  EXPECT_THAT(refused.error().message, HasSubstr("ours-1"));
  Must(ours.Publish("out.a", "ours-2", "x"));
  Must(ours.Flush(5'000));
  EXPECT_EQ(StoredIds(), (std::vector<std::string>{"ours-1", "ours-2"}));
}

TEST_F(OutputLogTest, SaysThatTheStreamIsFullAndGoesOnWhenItIsNot) {
  StreamSpec spec = SpecOf("SMALL", {"small"});
  spec.bytes_max = 10'000;
  spec.message_bytes_max = 5'000;
  Must(EnsureStream(connection_, spec));
  OutputLog log = Must(OutputLog::Open(connection_, {.stream = "SMALL"}));
  for (int i = 1; i <= 4; ++i) {
    Must(log.Publish("small", std::to_string(i), std::string(4'000, 'x')));
  }
  for (int tries = 0; tries < 2; ++tries) {
    const auto full = log.Flush(5'000);
    ASSERT_FALSE(full.has_value());
    EXPECT_THAT(full.error().message, HasSubstr("maximum bytes exceeded"));
  }
  EXPECT_EQ(log.pending_count(), 2U);
  spec.bytes_max = 100'000;
  Must(EnsureStream(connection_, spec));
  Must(log.Flush(5'000));
  EXPECT_EQ(log.last_sequence(), 4U);
}

TEST_F(OutputLogTest, SaysThatTheStreamIsGone) {
  OutputLog log = Must(OutputLog::Open(connection_, {.stream = "OUT"}));
  Must(connection_.Request("$JS.API.STREAM.DELETE.OUT", "", 2'000));
  Must(log.Publish("out.a", "1", "x"));
  const auto gone = log.Flush(20'000);
  ASSERT_FALSE(gone.has_value());
  EXPECT_THAT(gone.error().message, HasSubstr("does not exist"));
  const auto missing = OutputLog::Open(connection_, {.stream = "OUT"});
  EXPECT_FALSE(missing.has_value());
}

TEST_F(OutputLogTest, RefusesWhatCannotBePublished) {
  OutputLog log = Must(OutputLog::Open(connection_, {.stream = "OUT"}));
  EXPECT_FALSE(log.Publish("out.Oak Park", "1", "x").has_value());
  EXPECT_FALSE(log.Publish("out.a", "1", std::string(2 << 20, 'x')).has_value());
  EXPECT_EQ(log.pending_count(), 0U);
  Must(log.Publish("out.a", "1", "x"));
  Must(log.Flush(5'000));
}

}  // namespace
}  // namespace lull::connectors
