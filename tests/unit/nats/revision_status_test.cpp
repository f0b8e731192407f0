#include "connectors/nats/revision_status.h"

#include <gtest/gtest.h>

namespace lull::connectors {
namespace {

using Outcome = RevisionStatus::Outcome;

PartitionStatuses Of(std::initializer_list<std::optional<Outcome>> outcomes) {
  PartitionStatuses statuses;
  for (const auto& outcome : outcomes) {
    auto& status = statuses.emplace_back();
    if (!outcome) continue;
    status.emplace(RevisionStatus{.outcome = *outcome, .why = {}, .version = {}});
    if (outcome == Outcome::kRefused) status->why = "no good";
    if (outcome == Outcome::kAccepted) status->version = "v";
    if (outcome == Outcome::kAccepted) status->sequence = statuses.size();
  }
  return statuses;
}

TEST(RevisionStatusTest, IsReadAsItWasWritten) {
  for (const auto outcome : {RevisionStatus::Outcome::kAccepted, RevisionStatus::Outcome::kRefused,
                             RevisionStatus::Outcome::kAwaitsApproval, RevisionStatus::Outcome::kSuperseded,
                             RevisionStatus::Outcome::kReady, RevisionStatus::Outcome::kPartly}) {
    const Result<RevisionStatus> read = ParseRevisionStatus(ToJson(RevisionStatus{
        .outcome = outcome, .why = "a\n\"b\"", .version = "v", .sequence = 9, .at_micros = 5}));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->outcome, outcome);
    EXPECT_EQ(read->why, "a\n\"b\"");
    EXPECT_EQ(read->sequence, 9U);
  }
  EXPECT_FALSE(
      ParseRevisionStatus(R"({"outcome":"fine","why":"","version":"","sequence":0,"at":0})").has_value());
}

TEST(RevisionStatusTest, IsInForceWhenItIsInAllPartitions) {
  EXPECT_FALSE(WholeOf(Of({{}, {}})).has_value());
  EXPECT_EQ(WholeOf(Of({Outcome::kAccepted}))->sequence, 1U);
  const auto all = WholeOf(Of({Outcome::kAccepted, Outcome::kAccepted}));
  EXPECT_EQ(all->outcome, Outcome::kAccepted);
  EXPECT_EQ(all->version, "v");
  const auto some = WholeOf(Of({Outcome::kAccepted, {}, Outcome::kAccepted}));
  EXPECT_FALSE(some->is_final());
  EXPECT_EQ(some->why, "accepted in partitions 0, 2; not looked at in partition 1");
  EXPECT_EQ(WholeOf(Of({Outcome::kReady, Outcome::kAwaitsApproval}))->outcome, Outcome::kAwaitsApproval);
  EXPECT_EQ(WholeOf(Of({Outcome::kReady, Outcome::kRefused}))->outcome, Outcome::kReady);
  EXPECT_EQ(WholeOf(Of({Outcome::kRefused, Outcome::kRefused}))->why, "no good");
  EXPECT_EQ(WholeOf(Of({Outcome::kSuperseded, Outcome::kRefused}))->outcome, Outcome::kRefused);
  const auto apart = WholeOf(Of({Outcome::kAccepted, Outcome::kRefused}));
  EXPECT_EQ(apart->outcome, Outcome::kPartly);
  EXPECT_EQ(apart->why, "accepted in partition 0; refused in partition 1: no good");
}

TEST(RevisionStatusTest, NoPartitionTakesWhatAnotherHasRefused) {
  EXPECT_EQ(VoteOf(Of({Outcome::kReady, {}}), 0, true), PartitionVote::kWait);
  EXPECT_EQ(VoteOf(Of({Outcome::kReady, Outcome::kAwaitsApproval}), 0, true), PartitionVote::kWait);
  EXPECT_EQ(VoteOf(Of({Outcome::kReady, Outcome::kReady}), 0, true), PartitionVote::kTake);
  EXPECT_EQ(VoteOf(Of({Outcome::kReady, Outcome::kRefused, {}}), 0, true), PartitionVote::kRefuse);
  // A partition that is away holds the others up for a while only.
  EXPECT_EQ(VoteOf(Of({Outcome::kReady, {}}), 0, false), PartitionVote::kTake);
  // What is in force in one is not stopped by a refusal that comes too late.
  EXPECT_EQ(VoteOf(Of({Outcome::kReady, Outcome::kAccepted, Outcome::kRefused}), 0, true),
            PartitionVote::kTake);
  EXPECT_EQ(VoteOf(Of({Outcome::kReady, Outcome::kSuperseded}), 0, true), PartitionVote::kTake);
}

}  // namespace
}  // namespace lull::connectors
