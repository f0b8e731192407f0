// CloudEvents over HTTP: what becomes of a request, mode by mode, and why one is refused.
#include "connectors/http/cloud_events.h"

#include <gmock/gmock.h>

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;

constexpr const char* kStructured = "application/cloudevents+json";
constexpr const char* kBatch = "application/cloudevents-batch+json";

std::string Event(const std::string& more = "", const std::string& time = "2026-03-02T10:00:00Z") {
  return R"({"specversion":"1.0","id":"7","source":"/shop","type":"order_placed","subject":"C1","time":")" +
         time + "\"" + more + "}";
}

CloudEventsRead Read(const char* type, const std::string& body, const CloudEventRules& rules = {},
                     std::vector<std::pair<std::string, std::string>> headers = {}) {
  headers.emplace_back("content-type", type);
  return ReadCloudEvents({.headers = std::move(headers), .body = body}, rules);
}

TEST(CloudEvents, AStructuredOneIsStoredAsItCame) {
  const std::string body = Event(R"(, "data": {"amount": 40})");
  const CloudEventsRead read = Read(kStructured, body);
  ASSERT_EQ(read.events.size(), 1U);
  EXPECT_EQ(read.events[0].json, body);
  EXPECT_EQ(read.events[0].type, "order_placed");
  EXPECT_EQ(read.events[0].key, "C1");
  EXPECT_EQ(read.events[0].source, "/shop");
  EXPECT_EQ(read.events[0].id, "7");
}

TEST(CloudEvents, ABinaryOneGetsTheStructuredForm) {
  const CloudEventsRead read = Read("application/json", R"({"amount":40})", {},
                                    {{"ce-specversion", "1.0"},
                                     {"ce-id", "7"},
                                     {"ce-source", "/shop"},
                                     {"ce-type", "order_placed"},
                                     {"ce-subject", "Zo%C3%AB %22"},
                                     {"ce-time", "2026-03-02T10:00:00Z"}});
  ASSERT_EQ(read.events.size(), 1U);
  EXPECT_EQ(read.events[0].json,
            R"({"specversion":"1.0","id":"7","source":"/shop","type":"order_placed","subject":"Zoë \"",)"
            R"("time":"2026-03-02T10:00:00Z","datacontenttype":"application/json","data":{"amount":40}})");
  EXPECT_EQ(read.events[0].key, "Zoë \"");
}

TEST(CloudEvents, TheBodyOfABinaryOneCannotSayWhatTheEventIs) {
  const CloudEventsRead read = Read("application/json", R"({}, "type": "forged")", {},
                                    {{"ce-specversion", "1.0"},
                                     {"ce-id", "7"},
                                     {"ce-source", "/shop"},
                                     {"ce-type", "order_placed"},
                                     {"ce-subject", "C1"},
                                     {"ce-time", "2026-03-02T10:00:00Z"}});
  ASSERT_TRUE(read.problem.has_value());
  EXPECT_EQ(read.problem->status, 400);
}

TEST(CloudEvents, ABatchIsTakenWholeOrNotAtAll) {
  EXPECT_EQ(Read(kBatch, "[" + Event() + "," + Event() + "]").events.size(), 2U);
  EXPECT_EQ(Read(kBatch, "[]").events.size(), 0U);
  const CloudEventsRead read = Read(kBatch, "[" + Event() + ",{\"specversion\":\"1.0\"}]");
  ASSERT_TRUE(read.problem.has_value());
  EXPECT_TRUE(read.events.empty());
  EXPECT_THAT(read.problem->what, HasSubstr("Event 1 of the batch: It has no `id`"));
}

TEST(CloudEvents, TheKeyMayStandInTheData) {
  const CloudEventRules rules{.key = "data.customer", .key_as = "customer_id"};
  EXPECT_EQ(Read(kStructured, Event(R"(,"data":{"customer":1042})"), rules).events.at(0).key, "1042");
  const auto read = Read(kStructured, Event(R"(,"data":{"customer":"x"})"), rules);
  EXPECT_THAT(read.events.at(0).json, HasSubstr(R"({"customer_id":"x","specversion")"));
  EXPECT_EQ(Read(kStructured, Event(R"(,"data":{"customer":1.5})"), rules).problem.value().status, 400);
  EXPECT_EQ(Read(kStructured, Event(), rules).problem.value().status, 400);
}

TEST(CloudEvents, WhatIsThereIsNotAddedAgain) {
  const std::string body = Event(R"(,"customer_id":"mine")");
  EXPECT_EQ(Read(kStructured, body, {.key_as = "customer_id"}).events.at(0).json, body);
}

TEST(CloudEvents, OneThatIsTooLargeIsRefused) {
  EXPECT_EQ(Read(kStructured, Event(), {.event_bytes_max = 20}).problem.value().status, 413);
}

TEST(CloudEvents, BadOnesSayWhatIsWrong) {
  struct Case {
    std::string body;
    const char* what;
  };
  const Case cases[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"\"\\ud800\"", "not JSON"},
      {"[]", "must be a JSON object"},
      {Event("", "yesterday"), "`time`"},
      {Event(R"(,"data":7)"), "no JSON object"},
      {Event(R"(,"data_base64":"AA==")"), "data_base64"},
      {R"({"specversion":"0.3"})", "specversion"},
  };
  for (const Case& each : cases) {
    const CloudEventsRead read = Read(kStructured, each.body);
    ASSERT_TRUE(read.problem.has_value()) << each.body;
    EXPECT_EQ(read.problem->status, 400);
    EXPECT_THAT(read.problem->what, HasSubstr(each.what));
    EXPECT_FALSE(read.problem->what_to_do.empty());
  }
}

TEST(CloudEvents, HeadersAreJudgedBeforeTheBody) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const auto status = [](Headers headers) {
    const auto problem = CheckHeaders({.headers = std::move(headers), .body = {}}, 1'000);
    return problem ? problem->status : 0;
  };
  EXPECT_EQ(status({{"content-type", kStructured}, {"content-length", "1000"}}), 0);
  EXPECT_EQ(status({{"content-type", "Application/CloudEvents+JSON; charset=utf-8"}}), 0);
  EXPECT_EQ(status({{"content-type", "application/vnd.shop+json"}, {"ce-specversion", "1.0"}}), 0);
  EXPECT_EQ(status({{"ce-specversion", "1.0"}}), 0);
  EXPECT_EQ(status({{"content-type", kStructured}, {"content-length", "1001"}}), 413);
  EXPECT_EQ(status({{"content-type", kStructured}, {"content-length", "-1"}}), 413);
  EXPECT_EQ(status({{"content-type", kBatch}, {"content-encoding", "gzip"}}), 415);
  EXPECT_EQ(status({{"content-type", "application/cloudevents+json; charset=latin1"}}), 415);
  EXPECT_EQ(status({{"content-type", "application/xml"}, {"ce-specversion", "1.0"}}), 415);
  EXPECT_EQ(status({{"content-type", "application/json"}}), 415);
  EXPECT_EQ(status({}), 415);
}

}  // namespace
}  // namespace lull::connectors
