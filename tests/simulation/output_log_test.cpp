// What the writer of a log makes of a broker that remembers some ids and not others.
#include "connectors/nats/output_log.h"

#include <gmock/gmock.h>

#include "runtime/base/clock.h"
#include "tests/simulation/broker.h"
#include "tests/simulation/world.h"

namespace lull::simulation {
namespace {

using connectors::Connection;
using connectors::OutputLog;
using ::testing::ElementsAre;

TEST(WriteALog, WhatIsThereIsNotWrittenAgainWhenTheBrokerHasForgottenTheFirstOfIt) {
  World world(1);
  Broker broker(world);
  SetBroker(&broker);
  broker.AddStream({.name = "OUT",
                    .subjects = {"out.>"},
                    .bytes_max = 1 << 30,
                    .message_bytes_max = 1 << 20,
                    .duplicates_nanos = 120'000'000'000});
  broker.set_output_memory(3 * kSecond);
  const Process& process = world.Spawn(
      "owners",
      [] {
        auto connection = Connection::Open({});
        ASSERT_TRUE(connection);
        auto first = OutputLog::Open(*connection, {.stream = "OUT"});
        auto second = OutputLog::Open(*connection, {.stream = "OUT"});
        ASSERT_TRUE(first && second);
        const auto publish = [](OutputLog& log, const char* id) {
          ASSERT_TRUE(log.Publish("out.any", id, "text"));
        };
        publish(*first, "a");
        ASSERT_TRUE(first->Flush(1'000));
        SleepMs(5'000);
        for (const char* id : {"b", "c"}) publish(*first, id);
        ASSERT_TRUE(first->Flush(1'000));
        for (const char* id : {"a", "b", "c", "d"}) publish(*second, id);
        for (int i = 0; i < 10 && second->pending_count() > 0; ++i) (void)second->Flush(1'000);
        EXPECT_EQ(second->pending_count(), 0U);
        EXPECT_EQ(second->last_sequence(), 4U);
      },
      [] {});
  world.Run(600 * kSecond, [&] { return process.finished; });
  ASSERT_TRUE(process.finished);
  std::vector<std::string> ids;
  for (const StoredMessage& stored : broker.FindStream("OUT")->messages) {
    ids.push_back(*FindHeader(stored.message, "Nats-Msg-Id"));
  }
  EXPECT_THAT(ids, ElementsAre("a", "b", "c", "d"));
}

}  // namespace
}  // namespace lull::simulation
