// What the reader of a log notices of a broker that is not what it was.
#include "connectors/nats/input_log.h"

#include <gmock/gmock.h>

#include <optional>

#include "runtime/base/clock.h"
#include "tests/simulation/broker.h"
#include "tests/simulation/world.h"

namespace lull::simulation {
namespace {

using connectors::Connection;
using connectors::InputLog;
using ::testing::HasSubstr;

class ReadALog : public testing::Test {
 protected:
  ReadALog() {
    SetBroker(&broker_);
    broker_.AddStream({.name = "LOG",
                       .subjects = {"log.>"},
                       .bytes_max = 1 << 30,
                       .message_bytes_max = 1 << 20,
                       .duplicates_nanos = 120'000'000'000});
  }

  /// Runs a program to its end.
  void Run(std::function<void(Connection&, InputLog&)> program) {
    reader_ = &world_.Spawn(
        "reader",
        [&] {
          auto connection = Connection::Open({});
          ASSERT_TRUE(connection);
          auto log = InputLog::Open(*connection, {.stream = "LOG"});
          ASSERT_TRUE(log);
          program(*connection, *log);
        },
        [] {});
    world_.Run(600 * kSecond, [&] { return reader_->finished; });
    ASSERT_TRUE(reader_->finished);
  }

  static void Store(Connection& connection, int count) {
    static int id = 0;
    for (int i = 0; i < count; ++i) {
      const std::string known = std::to_string(++id);
      while (!connection.Store("log.any", "some text", {.id = known})) SleepMs(10);
    }
  }
  /// Reads until so many messages have come, or there is an error.
  static Status ReadAll(InputLog& log, std::uint64_t until) {
    for (int tries = 0; log.next_sequence() <= until && tries < 1'000; ++tries) {
      if (const auto batch = log.Read(100, 100); !batch) return std::unexpected(batch.error());
    }
    return {};
  }

  World world_{1};
  const Process* reader_ = nullptr;
  Broker broker_{world_};
};

TEST_F(ReadALog, SequencesThatAreGivenOutAnewWhileItIsConnectedAreNoticed) {
  Run([&](Connection& connection, InputLog& log) {
    Store(connection, 3);
    ASSERT_TRUE(ReadAll(log, 3));
    broker_.FindStream("LOG")->synced = 1;
    while (broker_.FindStream("LOG")->last_sequence == 3) {
      broker_.Crash(kSecond, true);
      SleepMs(3'000);
    }
    // More than there were, before the reader looks again.
    Store(connection, 10);
    const Status read = ReadAll(log, 11);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("written anew"));
  });
}

TEST_F(ReadALog, MessagesThatWereLostOnTheWayAreReadAgain) {
  Run([&](Connection& connection, InputLog& log) {
    for (int round = 0; round < 50; ++round) {
      Store(connection, 20);
      world_.At(world_.now() + world_.Between(0, 3 * kMilli), [this] { broker_.DropLinksOf(*reader_); });
      ASSERT_TRUE(ReadAll(log, static_cast<std::uint64_t>(round + 1) * 20)) << round;
      ASSERT_EQ(log.next_sequence(), static_cast<std::uint64_t>(round + 1) * 20 + 1);
    }
  });
}

TEST_F(ReadALog, AnswersThatTakeLongerThanAPullAreWaitedFor) {
  Run([&](Connection& connection, InputLog& log) {
    Store(connection, 5);
    broker_.set_latency(150 * kMilli, 200 * kMilli);
    SleepMs(2'000);
    const std::int64_t began = world_.now();
    ASSERT_TRUE(ReadAll(log, 5));
    EXPECT_EQ(log.next_sequence(), 6U);
    EXPECT_LT(world_.now() - began, 3 * kSecond);
  });
}

}  // namespace
}  // namespace lull::simulation
