// The bucket of a deployment on a real server: revisions rise, whoever adds them.
#include "connectors/nats/deployment_bucket.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/unit/nats/nats_fixture.h"

namespace lull::connectors {
namespace {

Bundle BundleOf(std::uint64_t revision, const std::string& text = "ruleset a {}") {
  return MakeBundle({.deployment = "shop", .revision = revision, .hash = {}, .by = "ann", .comment = {}},
                    {{"a.lull", text}});
}

TEST(DeploymentBucketTest, HasWhatWasPutThere) {
  testing::TestServer server;
  Connection connection = Connect(server);
  DeploymentBucket bucket = Must(DeploymentBucket::Open(connection, "shop"));
  EXPECT_EQ(Must(bucket.Head()), 0U);
  EXPECT_FALSE(Must(bucket.ReadRevision(1)).has_value());
  EXPECT_FALSE(Must(bucket.StatusOf(1)).has_value());
  EXPECT_EQ(Must(bucket.Add([](std::uint64_t revision) { return BundleOf(revision); })), 1U);
  EXPECT_EQ(Must(bucket.Add([](std::uint64_t revision) { return BundleOf(revision); })), 2U);
  // Another one opens what there is.
  Connection other_connection = Connect(server);
  DeploymentBucket other = Must(DeploymentBucket::Open(other_connection, "shop"));
  EXPECT_EQ(Must(other.Head()), 2U);
  const Bundle read = Must(ParseBundle(Must(other.ReadRevision(2)).value()));
  EXPECT_EQ(read.manifest.revision, 2U);
  EXPECT_EQ(read.files, BundleOf(2).files);
  const std::string ann = "ed25519:" + std::string(64, 'a');
  const std::string bob = "ed25519:" + std::string(64, 'b');
  Must(other.Approve(2, {bob, "signed"}));
  const auto approvals = Must(bucket.Approvals(2, {ann, bob}));
  ASSERT_EQ(approvals.size(), 1U);
  EXPECT_EQ(approvals[0].key, bob);
  EXPECT_EQ(approvals[0].signature, "signed");
  Must(bucket.SetStatus(
      2, {.outcome = RevisionStatus::Outcome::kAccepted, .why = {}, .version = "v", .sequence = 4}));
  EXPECT_EQ(Must(other.StatusOf(2)).value().sequence, 4U);
}

TEST(DeploymentBucketTest, EachPartitionTellsForItself) {
  testing::TestServer server;
  Connection connection = Connect(server);
  DeploymentBucket bucket = Must(DeploymentBucket::Open(connection, "shop"));
  EXPECT_EQ(Must(bucket.PartitionCount()), 1U);
  EXPECT_EQ(Must(bucket.StatusesOf(1)).size(), 1U);
  Must(bucket.TellPartitions(3));
  Must(bucket.TellPartitions(3));
  Must(bucket.SetStatus(1, {.outcome = RevisionStatus::Outcome::kReady, .why = {}, .version = {}}, 2));
  const PartitionStatuses statuses = Must(bucket.StatusesOf(1));
  ASSERT_EQ(statuses.size(), 3U);
  EXPECT_FALSE(statuses[0].has_value());
  EXPECT_EQ(statuses[2].value().outcome, RevisionStatus::Outcome::kReady);
}

TEST(DeploymentBucketTest, NoTwoRevisionsAreOne) {
  testing::TestServer server;
  constexpr int kEach = 20;
  std::vector<std::vector<std::uint64_t>> added(3);
  {
    std::vector<std::jthread> deployers;
    for (auto& mine : added) {
      deployers.emplace_back([&server, &mine] {
        Connection connection = Connect(server);
        DeploymentBucket bucket = Must(DeploymentBucket::Open(connection, "shop"));
        for (int i = 0; i < kEach; ++i) {
          mine.push_back(Must(bucket.Add([](std::uint64_t revision) { return BundleOf(revision); })));
        }
      });
    }
  }
  std::set<std::uint64_t> all;
  for (const auto& mine : added) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), added.size() * kEach);
  EXPECT_EQ(*all.rbegin(), all.size()) << "no number is left out";
  Connection connection = Connect(server);
  DeploymentBucket bucket = Must(DeploymentBucket::Open(connection, "shop"));
  EXPECT_EQ(Must(bucket.Head()), all.size());
  for (const std::uint64_t revision : all) {
    EXPECT_EQ(Must(ParseBundle(Must(bucket.ReadRevision(revision)).value())).manifest.revision, revision);
  }
}

}  // namespace
}  // namespace lull::connectors
