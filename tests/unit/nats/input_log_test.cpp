#include "connectors/nats/input_log.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/unit/nats/nats_fixture.h"

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;

class InputLogTest : public ::testing::Test {
 protected:
  InputLogTest() : connection_(Connect(server_)) { Must(EnsureStream(connection_, SpecOf("S", {"s.>"}))); }

  testing::TestServer server_;
  Connection connection_;
};

TEST_F(InputLogTest, ReadsInOrderWithSubjectsAndTimes) {
  Must(connection_.Store("s.a", "one", {.id = "id-1"}));
  Must(connection_.Store("s.b", "", {}));
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S", .message_ids = true}));
  EXPECT_FALSE(log.caught_up());
  const auto batch = Must(log.Read(10, 2'000));
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch[0].sequence, 1U);
  EXPECT_EQ(batch[0].subject, "s.a");
  EXPECT_EQ(batch[0].data, "one");
  EXPECT_EQ(batch[0].message_id, "id-1");
  EXPECT_GT(batch[0].stored_at.micros, 1'600'000'000 * kMicrosPerSecond);
  EXPECT_EQ(batch[1].sequence, 2U);
  EXPECT_EQ(batch[1].data, "");
  EXPECT_EQ(batch[1].message_id, "");
  EXPECT_TRUE(log.caught_up());
  EXPECT_TRUE(Must(log.AtEnd()));
  EXPECT_EQ(log.next_sequence(), 3U);
}

TEST_F(InputLogTest, KnowsWhetherItHasCaughtUp) {
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S"}));
  EXPECT_TRUE(log.caught_up());
  EXPECT_TRUE(Must(log.Read(10, 20)).empty());
  StoreNumbers(connection_, "s.a", 1, 5);
  EXPECT_FALSE(Must(log.AtEnd()));
  EXPECT_EQ(ReadTexts(log, 3, 3), Numbers(1, 3));
  EXPECT_FALSE(log.caught_up());
  EXPECT_EQ(ReadTexts(log, 2, 3), Numbers(4, 5));
  EXPECT_TRUE(log.caught_up());
}

TEST_F(InputLogTest, StartsAnywhere) {
  StoreNumbers(connection_, "s.a", 1, 20);
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S", .from_sequence = 15}));
  EXPECT_EQ(log.first_sequence(), 15U);
  EXPECT_EQ(ReadTexts(log, 6, 4), Numbers(15, 20));
  InputLog tail = Must(InputLog::Open(connection_, {.stream = "S", .from_sequence = 21}));
  EXPECT_TRUE(tail.caught_up());
  StoreNumbers(connection_, "s.a", 21, 21);
  EXPECT_EQ(ReadTexts(tail, 1, 4), Numbers(21, 21));
  const auto beyond = InputLog::Open(connection_, {.stream = "S", .from_sequence = 30});
  ASSERT_FALSE(beyond.has_value());
  EXPECT_THAT(beyond.error().message, HasSubstr("it ends at 21"));
}

TEST_F(InputLogTest, FiltersSubjectsAcrossNaturalHoles) {
  for (int i = 1; i <= 10; ++i) {
    Must(connection_.Store(i % 2 == 0 ? "s.even" : "s.odd", std::to_string(i), {}));
  }
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S", .subject_filter = "s.even"}));
  EXPECT_EQ(ReadTexts(log, 5, 2), (std::vector<std::string>{"2", "4", "6", "8", "10"}));
  EXPECT_TRUE(log.caught_up());
}

TEST_F(InputLogTest, LeavesPayloadsOutWhenAsked) {
  Must(connection_.Store("s.a", "long payload", {.id = "id-1"}));
  InputLog log =
      Must(InputLog::Open(connection_, {.stream = "S", .headers_only = true, .message_ids = true}));
  const auto batch = Must(log.Read(10, 2'000));
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_EQ(batch[0].data, "");
  EXPECT_EQ(batch[0].message_id, "id-1");
}

TEST_F(InputLogTest, DurableShowsHowFarItWasAcknowledged) {
  StoreNumbers(connection_, "s.a", 1, 30);
  {
    InputLog log = Must(InputLog::Open(connection_, {.stream = "S", .durable = "lull"}));
    ASSERT_EQ(ReadTexts(log, 30, 10), Numbers(1, 30));
    Must(log.Acknowledge(25));
    Must(connection_.Publish("flush", ""));
    EXPECT_THAT(Must(connection_.Request("$JS.API.CONSUMER.INFO.S.lull", "", 2'000)),
                HasSubstr(R"("ack_floor":{"consumer_seq":20,"stream_seq":20)"));
  }
  InputLog again = Must(InputLog::Open(connection_, {.stream = "S", .durable = "lull"}));
  EXPECT_EQ(ReadTexts(again, 30, 10), Numbers(1, 30));
}

TEST_F(InputLogTest, MakesANewConsumerWhenItsOwnIsLost) {
  StoreNumbers(connection_, "s.a", 1, 10);
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S", .durable = "lull"}));
  EXPECT_EQ(ReadTexts(log, 4, 4), Numbers(1, 4));
  Must(connection_.Request("$JS.API.CONSUMER.DELETE.S.lull", "", 2'000));
  EXPECT_EQ(ReadTexts(log, 6, 4), Numbers(5, 10));
}

TEST_F(InputLogTest, AHoleIsAnErrorAfterWhatIsBeforeIt) {
  Must(connection_.Request("$JS.API.STREAM.CREATE.HOLED",
                           R"({"name":"HOLED","subjects":["h"],"storage":"file",
      "retention":"limits","max_msgs":-1,"max_bytes":-1,"num_replicas":1})",
                           2'000));
  StoreNumbers(connection_, "h", 1, 10);
  Must(connection_.Request("$JS.API.STREAM.MSG.DELETE.HOLED", R"({"seq":6})", 2'000));
  InputLog log = Must(InputLog::Open(connection_, {.stream = "HOLED"}));
  std::vector<std::string> texts;
  std::string error;
  for (int i = 0; i < 20 && error.empty(); ++i) {
    const auto batch = log.Read(100, 200);
    if (!batch) {
      error = batch.error().message;
      break;
    }
    for (const InputMessage& message : *batch) {
      texts.emplace_back(message.data);
    }
  }
  EXPECT_EQ(texts, Numbers(1, 5));
  EXPECT_THAT(error, HasSubstr("message 6 is missing"));
}

TEST_F(InputLogTest, APurgedHeadIsAllowedAtTheStartOnly) {
  Must(connection_.Request("$JS.API.STREAM.CREATE.PURGED",
                           R"({"name":"PURGED","subjects":["p"],"storage":"file",
      "retention":"limits","max_msgs":-1,"max_bytes":-1,"num_replicas":1})",
                           2'000));
  StoreNumbers(connection_, "p", 1, 10);
  Must(connection_.Request("$JS.API.STREAM.PURGE.PURGED", R"({"seq":5})", 2'000));
  InputLog log = Must(InputLog::Open(connection_, {.stream = "PURGED"}));
  EXPECT_EQ(log.first_sequence(), 5U);
  EXPECT_EQ(ReadTexts(log, 2, 2), Numbers(5, 6));
  Must(connection_.Request("$JS.API.STREAM.PURGE.PURGED", R"({"seq":9})", 2'000));
  std::string error;
  for (int i = 0; i < 20 && error.empty(); ++i) {
    const auto batch = log.Read(100, 200);
    error = batch ? "" : batch.error().message;
  }
  EXPECT_THAT(error, HasSubstr("removed before it was read"));
}

TEST_F(InputLogTest, AStreamThatWasMadeAnewIsAnError) {
  StoreNumbers(connection_, "s.a", 1, 10);
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S"}));
  ASSERT_EQ(ReadTexts(log, 10, 10), Numbers(1, 10));
  Must(connection_.Request("$JS.API.STREAM.DELETE.S", "", 2'000));
  Must(EnsureStream(connection_, SpecOf("S", {"s.>"})));
  StoreNumbers(connection_, "s.a", 1, 5);
  std::string error;
  for (int i = 0; i < 50 && error.empty(); ++i) {
    const auto batch = log.Read(100, 200);
    error = batch ? "" : batch.error().message;
  }
  EXPECT_THAT(error, HasSubstr("it ends at 5, but messages up to 10 were read before"));
}

TEST_F(InputLogTest, AStreamThatIsGoneIsAnError) {
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S"}));
  Must(connection_.Request("$JS.API.STREAM.DELETE.S", "", 2'000));
  std::string error;
  for (int i = 0; i < 50 && error.empty(); ++i) {
    const auto batch = log.Read(100, 200);
    error = batch ? "" : batch.error().message;
  }
  EXPECT_THAT(error, HasSubstr("does not exist"));
}

TEST_F(InputLogTest, SurvivesKillsOfTheBrokerWithoutLossOrRepetition) {
  constexpr int kSentCount = 3'000;
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S"}));
  std::atomic<bool> failed = false;
  std::jthread producer([&] {
    auto own = Connection::Open(OptionsFor(server_));
    for (int i = 1; i <= kSentCount && own; ++i) {
      // An unknown outcome is repeated under the same id.
      for (int tries = 0; tries < 100; ++tries) {
        if (own->Store("s.a", std::to_string(i), {.id = std::to_string(i)})) {
          break;
        }
        failed = tries == 99;
      }
    }
    failed = failed || !own;
  });
  std::vector<std::string> texts;
  int kills = 0;
  for (int idle = 0; texts.size() < kSentCount && idle < 200;) {
    const auto batch = Must(log.Read(100, 100));
    ASSERT_LE(batch.size(), 100U);
    idle = batch.empty() ? idle + 1 : 0;
    for (const InputMessage& message : batch) {
      texts.emplace_back(message.data);
    }
    if (texts.size() > static_cast<std::size_t>(kSentCount / 4 * (kills + 1)) && kills < 3) {
      server_.Kill();
      server_.Restart();
      ++kills;
    }
  }
  producer.join();
  EXPECT_FALSE(failed);
  EXPECT_EQ(kills, 3);
  EXPECT_EQ(texts, Numbers(1, kSentCount));
}

TEST_F(InputLogTest, GivesNothingWhileTheBrokerIsAway) {
  StoreNumbers(connection_, "s.a", 1, 2);
  InputLog log = Must(InputLog::Open(connection_, {.stream = "S"}));
  EXPECT_EQ(ReadTexts(log, 2, 10), Numbers(1, 2));
  server_.Stop();
  EXPECT_TRUE(Must(log.Read(10, 300)).empty());
  EXPECT_FALSE(Must(log.AtEnd()));
  server_.Restart();
  Connection other = Connect(server_);
  StoreNumbers(other, "s.a", 3, 3);
  EXPECT_EQ(ReadTexts(log, 1, 10), Numbers(3, 3));
}

}  // namespace
}  // namespace lull::connectors
