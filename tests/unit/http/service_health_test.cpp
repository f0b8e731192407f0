#include "connectors/http/service_health.h"

#include <gmock/gmock.h>
#include <simdjson.h>

namespace lull::connectors {
namespace {

class ServiceHealthTest : public ::testing::Test {
 protected:
  ServiceHealthTest() {
    view.pulse = &pulse;
    view.now = {1'000 * kMicrosPerSecond};
    view.now_ms = 100'000;
    view.streams.problem.clear();
    write.problem.clear();
    pulse.running = true;
    pulse.replaying = false;
    pulse.connected = true;
    pulse.turned_ms = 99'990;
  }
  // The names of the checks that fail.
  std::vector<std::string> Failing() const {
    std::vector<std::string> names;
    for (const HealthCheck& check : CheckReady(view, write)) {
      if (!check.problem.empty()) names.push_back(check.name);
    }
    return names;
  }
  bool alive() const { return HealthReply(CheckAlive(view)).status == 200; }

  ServicePulse pulse;
  ServiceView view;
  WriteLook write;
};

using Names = std::vector<std::string>;

TEST_F(ServiceHealthTest, ReadyIfNothingSpeaksAgainstIt) {
  EXPECT_EQ(Failing(), Names());
  EXPECT_TRUE(alive());
  EXPECT_EQ(HealthReply(CheckReady(view, write)).status, 200);
}

TEST_F(ServiceHealthTest, EachReason) {
  pulse.replaying = true;
  EXPECT_EQ(Failing(), Names{"caught_up"});
  pulse.replaying = false;
  pulse.connected = false;
  EXPECT_EQ(Failing(), Names{"connected"});
  pulse.connected = true;
  pulse.outputs_wait_ms = 96'000;
  EXPECT_EQ(Failing(), Names());
  pulse.outputs_wait_ms = 90'000;
  EXPECT_EQ(Failing(), Names{"outputs"});
  pulse.outputs_wait_ms = 0;
  pulse.clock_refused_ms = 80'000;
  EXPECT_EQ(Failing(), Names{"clock"});
  pulse.clock_refused_ms = 0;
  view.streams.behind = 10;
  view.streams.oldest_waiting = WallTime{999 * kMicrosPerSecond};
  EXPECT_EQ(Failing(), Names());
  view.streams.oldest_waiting = WallTime{900 * kMicrosPerSecond};
  EXPECT_EQ(Failing(), Names{"lag"});
  view.streams = {};
  EXPECT_EQ(Failing(), Names{"lag"}) << "what is not known is not ready";
  view.streams.problem.clear();
  write.problem = "the broker does not answer";
  EXPECT_EQ(Failing(), Names{"write"});
  EXPECT_TRUE(alive()) << "a broker's trouble does not make it dead";
}

TEST_F(ServiceHealthTest, AStartIsAliveAndNotReady) {
  pulse.running = false;
  pulse.turned_ms = 0;
  EXPECT_TRUE(alive());
  EXPECT_EQ(Failing(), Names{"started"});
}

TEST_F(ServiceHealthTest, ALoopThatStandsIsDead) {
  pulse.turned_ms = 60'000;
  EXPECT_FALSE(alive());
  EXPECT_EQ(Failing(), Names{"loop"});
}

TEST_F(ServiceHealthTest, TheAnswerIsJsonWithReasons) {
  write.problem = "full: \"disk\"\n";
  const HttpReply reply = HealthReply(CheckReady(view, write));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.type, "application/json");
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(reply.body);
  EXPECT_FALSE(bool(json["ok"]));
  bool told = false;
  for (const simdjson::dom::element check : simdjson::dom::array(json["checks"])) {
    if (std::string_view(check["check"]) != "write") {
      EXPECT_TRUE(bool(check["ok"]));
      continue;
    }
    told = true;
    EXPECT_FALSE(bool(check["ok"]));
    EXPECT_EQ(std::string_view(check["reason"]), write.problem);
  }
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace lull::connectors
