#include "connectors/nats/stream.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/unit/nats/nats_fixture.h"

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;

TEST(Stream, NamesAreCapitals) { EXPECT_EQ(StreamName("retail_2", "IN"), "LULL_RETAIL_2_IN"); }

TEST(Stream, IsMadeOnceAndReadBack) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  const StreamSpec spec = SpecOf("S", {"events.>", "lull.x.tick"});
  StreamState state = Must(EnsureStream(connection, spec));
  EXPECT_EQ(state.message_count, 0U);
  EXPECT_EQ(state.first_sequence, state.last_sequence + 1);
  StoreNumbers(connection, "events.a", 1, 3);
  state = Must(EnsureStream(connection, spec));
  EXPECT_EQ(state.first_sequence, 1U);
  EXPECT_EQ(state.last_sequence, 3U);
  EXPECT_EQ(state.message_count, 3U);
}

TEST(Stream, TakesNewSubjectsAndLimits) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  StreamSpec spec = SpecOf("S", {"a.>"});
  Must(EnsureStream(connection, spec));
  StoreNumbers(connection, "a.x", 1, 2);
  spec.subjects = {"a.>", "b.>"};
  spec.bytes_max = 128 << 20;
  EXPECT_EQ(Must(EnsureStream(connection, spec)).message_count, 2U);
  EXPECT_EQ(Must(connection.Store("b.x", "3", {})).sequence, 3U);
}

TEST(Stream, LetsOldMessagesGo) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  StreamSpec spec = SpecOf("S", {"s"});
  Must(EnsureStream(connection, spec));
  StoreNumbers(connection, "s", 1, 3);
  spec.age_max_micros = kMicrosPerSecond;
  spec.duplicate_window_ms = 500;
  Must(EnsureStream(connection, spec));
  while (Must(ReadStreamState(connection, "S")).message_count > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const StreamState state = Must(ReadStreamState(connection, "S"));
  EXPECT_EQ(state.first_sequence, 4U);
  EXPECT_EQ(state.last_sequence, 3U);
}

TEST(Stream, CopiesFromAnotherStream) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  Must(EnsureStream(connection, SpecOf("ORDERS", {"orders.>"})));
  StoreNumbers(connection, "orders.placed", 1, 50);
  StoreNumbers(connection, "orders.ignored", 51, 60);
  StreamSpec spec = SpecOf("IN", {"events.>"});
  spec.sources = {{"ORDERS", "orders.placed"}};
  Must(EnsureStream(connection, spec));
  Must(EnsureStream(connection, spec));
  InputLog log = Must(InputLog::Open(connection, {.stream = "IN"}));
  EXPECT_EQ(ReadTexts(log, 50, 10), Numbers(1, 50));
  Must(connection.Store("events.a", "61", {}));
  EXPECT_EQ(ReadTexts(log, 1, 10), Numbers(61, 61));
}

TEST(Stream, RefusesDeletesAndPurges) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  Must(EnsureStream(connection, SpecOf("S", {"s"})));
  StoreNumbers(connection, "s", 1, 3);
  EXPECT_THAT(Must(connection.Request("$JS.API.STREAM.MSG.DELETE.S", R"({"seq":2})", 2'000)),
              HasSubstr("error"));
  EXPECT_THAT(Must(connection.Request("$JS.API.STREAM.PURGE.S", "", 2'000)), HasSubstr("error"));
  EXPECT_EQ(Must(ReadStreamState(connection, "S")).message_count, 3U);
}

TEST(Stream, RefusesNewMessagesWhenFull) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  StreamSpec spec = SpecOf("S", {"s"});
  spec.bytes_max = 10'000;
  spec.message_bytes_max = 5'000;
  Must(EnsureStream(connection, spec));
  const std::string big(4'000, 'x');
  Must(connection.Store("s", big, {}));
  Must(connection.Store("s", big, {}));
  const auto full = connection.Store("s", big, {});
  ASSERT_FALSE(full.has_value());
  EXPECT_THAT(full.error().message, HasSubstr("maximum bytes exceeded"));
  EXPECT_THAT(full.error().message, HasSubstr("raise its byte limit"));
  EXPECT_EQ(Must(ReadStreamState(connection, "S")).first_sequence, 1U);
}

TEST(Stream, SaysWhatCannotBeChanged) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  Must(connection.Request("$JS.API.STREAM.CREATE.S",
                          R"({"name":"S","subjects":["s"],"retention":"workqueue","storage":"memory"})",
                          2'000));
  const auto changed = EnsureStream(connection, SpecOf("S", {"s"}));
  ASSERT_FALSE(changed.has_value());
  EXPECT_THAT(changed.error().message, HasSubstr("retention"));
  EXPECT_THAT(changed.error().message, HasSubstr("storage"));
}

TEST(Stream, SaysThatSubjectsOverlap) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  Must(EnsureStream(connection, SpecOf("A", {"events.>"})));
  const auto overlap = EnsureStream(connection, SpecOf("B", {"events.web"}));
  ASSERT_FALSE(overlap.has_value());
  EXPECT_THAT(overlap.error().message, HasSubstr("another stream already captures"));
}

TEST(Stream, SaysThatItDoesNotExist) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  const auto state = ReadStreamState(connection, "NONE");
  ASSERT_FALSE(state.has_value());
  EXPECT_THAT(state.error().message, HasSubstr("does not exist"));
}

}  // namespace
}  // namespace lull::connectors
