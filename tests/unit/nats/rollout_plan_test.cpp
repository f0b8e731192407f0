#include "connectors/nats/rollout_plan.h"

#include <gtest/gtest.h>

#include "connectors/nats/bundle.h"
#include "connectors/nats/deploy_marker.h"

namespace lull::connectors {
namespace {

TEST(RolloutPlanTest, SharesArePercentages) {
  for (const auto& [text, millionths] : std::initializer_list<std::pair<const char*, std::uint32_t>>{
           {"5%", 50'000}, {"0.25%", 2'500}, {"100%", 1'000'000}, {"12.5%", 125'000}, {"0.0001%", 1}}) {
    const auto share = ParseShare(text);
    ASSERT_TRUE(share.has_value()) << text;
    EXPECT_EQ(share->millionths, millionths);
    EXPECT_EQ(Text(*share), text);
  }
  for (const char* text : {"", "%", "5", "0%", "101%", "-1%", "5 %", "0.00001%", "100.1%", ".5%", "1e1%"}) {
    EXPECT_FALSE(ParseShare(text).has_value()) << text;
  }
}

TEST(RolloutPlanTest, GuardsAreBounds) {
  for (const char* text : {"actions-per-hour=10..500", "errors-per-hour=..0", "actions-per-hour=5.."}) {
    const auto guard = ParseGuard(text);
    ASSERT_TRUE(guard.has_value()) << text;
    EXPECT_EQ(Text(*guard), text);
  }
  EXPECT_EQ(ParseGuard("actions-per-hour=10..500")->most, 500U);
  for (const char* text : {"", "actions-per-hour", "actions-per-hour=..", "errors=..3", "errors-per-hour=3",
                           "actions-per-hour=9..3", "actions-per-hour=a..", "actions-per-hour..3=2"}) {
    EXPECT_FALSE(ParseGuard(text).has_value()) << text;
  }
}

const RolloutPlan kPlan{
    .kind = RolloutPlan::Kind::kCanary,
    .share = {50'000},
    .guards = {*ParseGuard("actions-per-hour=..500"), *ParseGuard("errors-per-hour=1..2")},
    .promote_after_micros = 7};

TEST(RolloutPlanTest, IsReadAsItWasWritten) {
  const auto read = ParseRolloutPlan(ToJson(kPlan));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, kPlan);
  for (const char* json : {"", "{}", R"({"kind":"canary","share":1000001,"guards":[],"promote_after":0})",
                           R"({"kind":"twin","share":1,"guards":[],"promote_after":0})"}) {
    EXPECT_FALSE(ParseRolloutPlan(json).has_value()) << json;
  }
}

TEST(RolloutPlanTest, StandsInMarkersAndManifests) {
  const DeployMarker marker{.version = "v",
                            .ahead_micros = 1,
                            .revision = 3,
                            .rollout = kPlan,
                            .ends = 2,
                            .decided = "ann: \"enough\"",
                            .files = {{"a", "b"}}};
  const auto read = ParseDeployMarker(ToJson(marker));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, marker);
  // Who does not know of candidates must not take one for a deployment.
  EXPECT_TRUE(ToJson(marker).starts_with("{\"format\":2,"));
  EXPECT_TRUE(ToJson(DeployMarker{.version = "v", .files = {{"a", "b"}}}).starts_with("{\"format\":1,"));
  for (const Manifest& manifest :
       {Manifest{.deployment = "shop", .revision = 4, .rollout = kPlan},
        Manifest{.deployment = "shop", .revision = 5, .of = 4, .end = RolloutEnd::kPromote},
        Manifest{.deployment = "shop", .revision = 6, .of = 4, .end = RolloutEnd::kFallBack}}) {
    const auto bundle = ParseBundle(ToJson(MakeBundle(manifest, {{"a", "b"}})));
    ASSERT_TRUE(bundle.has_value());
    EXPECT_EQ(bundle->manifest.rollout, manifest.rollout);
    EXPECT_EQ(bundle->manifest.end, manifest.end);
    EXPECT_EQ(bundle->manifest.of, manifest.of);
    EXPECT_NE(bundle->signed_text.find("\"format\":2"), std::string::npos);
  }
}

}  // namespace
}  // namespace lull::connectors
