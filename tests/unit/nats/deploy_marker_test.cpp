#include "connectors/nats/deploy_marker.h"

#include <gtest/gtest.h>

#include "connectors/nats/routed_task.h"
#include "connectors/nats/subject_token.h"

namespace lull::connectors {
namespace {

DeployMarker Example() {
  return {.version = "1f",
          .lateness_micros = 60 * kMicrosPerSecond,
          .ahead_micros = 5 * kMicrosPerMinute,
          .files = {{"a.lull", "ruleset \"x\"\n\ttab \\ \x01"}, {"b.lull", "π"}}};
}

TEST(DeployMarker, ReadsWhatItWrites) {
  const DeployMarker marker = Example();
  const auto read = ParseDeployMarker(ToJson(marker));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, marker);
}

TEST(DeployMarker, MayHaveARevision) {
  DeployMarker marker = Example();
  marker.revision = 12;
  const auto read = ParseDeployMarker(ToJson(marker));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->revision, 12U);
  EXPECT_NE(*read, Example());
}

TEST(DeployMarker, LatenessMayBeLeftToTheRuleset) {
  DeployMarker marker = Example();
  marker.lateness_micros = kUnknown;
  const auto read = ParseDeployMarker(ToJson(marker));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->lateness_micros, kUnknown);
}

TEST(DeployMarker, RefusesWhatItDoesNotWrite) {
  const std::string whole = ToJson(Example());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseDeployMarker(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(ParseDeployMarker("[]").has_value());
  EXPECT_FALSE(ParseDeployMarker(R"({"format":2,"version":"x","ahead_micros":0,"files":[]})").has_value());
  EXPECT_FALSE(ParseDeployMarker(R"({"format":1,"version":"x","ahead_micros":0,"files":[]})").has_value());
}

TEST(RoutedTask, ReadsAnAction) {
  const auto task = ParseRoutedTask(
      R"({"id":"ab","time":"2026-03-02T10:00:00Z","nudge":"n","entity":{"type":"customer","id":"c1"},)"
      R"("channel":"call","title":"Call","unit":"sales","key":null,"worth":430,"reasons":["a","b"],"due":null})");
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->kind, "sent");
  EXPECT_EQ(task->entity_id, "c1");
  EXPECT_EQ(task->unit, "sales");
  EXPECT_EQ(task->key, std::nullopt);
  EXPECT_EQ(task->worth, 430);
  EXPECT_EQ(task->reasons, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(ParseRoutedTask("[]").has_value());
  EXPECT_FALSE(ParseRoutedTask("{").has_value());
}

TEST(RoutedTask, FindsATextMember) {
  EXPECT_EQ(TextMember(R"({"type":"a\nb"})", "type"), "a\nb");
  EXPECT_EQ(TextMember(R"({"type":1})", "type"), std::nullopt);
  EXPECT_EQ(TextMember("junk", "type"), std::nullopt);
}

TEST(SubjectMatches, Wildcards) {
  EXPECT_TRUE(SubjectMatches("a.b", "a.b"));
  EXPECT_TRUE(SubjectMatches("a.*", "a.b"));
  EXPECT_TRUE(SubjectMatches("a.>", "a.b.c"));
  EXPECT_TRUE(SubjectMatches("*.b.*", "a.b.c"));
  EXPECT_FALSE(SubjectMatches("a.>", "a"));
  EXPECT_FALSE(SubjectMatches("a.*", "a"));
  EXPECT_FALSE(SubjectMatches("a.*", "a.b.c"));
  EXPECT_FALSE(SubjectMatches("a.b", "a.bc"));
  EXPECT_FALSE(SubjectMatches("a", "a.b"));
}

}  // namespace
}  // namespace lull::connectors
