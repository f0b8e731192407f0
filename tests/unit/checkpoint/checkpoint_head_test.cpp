#include "connectors/checkpoint/checkpoint_head.h"

#include <gtest/gtest.h>

namespace lull::connectors {
namespace {

TEST(CheckpointHead, IsRefusedWhereItIsNotWhole) {
  CheckpointHead head;
  head.deployment = "retail";
  head.outputs = {{.stream = "OUT",
                   .end = {.sequence = 300, .digest = 7},
                   .all_up_to = 290,
                   .decided_count = 8,
                   .decided_digest = 77,
                   .orphans = {{.high = 1, .low = 2}, {.high = 3, .low = 4}}}};
  const std::string bytes = ToBytes(head);
  EXPECT_EQ(ParseCheckpointHead(bytes), head);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseCheckpointHead(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(ParseCheckpointHead(bytes + "x").has_value());
}

TEST(CheckpointHead, SaysWhichVersionReadsALaterFormat) {
  std::string bytes = ToBytes({});
  bytes[0] = 9;
  const auto parsed = ParseCheckpointHead(bytes);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().message.find("has format 9"), std::string::npos);
}

TEST(CheckpointHead, OfTheSecondFormatHasNoHistory) {
  CheckpointHead head;
  head.deployment = "retail";
  head.entity_count = 7;
  std::string bytes = ToBytes(head);
  // Without the mark: a small number and eight bytes.
  bytes.resize(bytes.size() - 9);
  bytes[0] = 2;
  EXPECT_EQ(ParseCheckpointHead(bytes), head);
  head.history = {.sequence = 5, .digest = 6};
  EXPECT_EQ(ParseCheckpointHead(ToBytes(head)), head);
}

TEST(LogMark, FitsALogOrSaysWhyNot) {
  struct Case {
    const char* what;
    LogMark mark;
    LogFacts facts;
    MarkFit fit;
  };
  const Case cases[] = {
      {"nothing read of an empty log", {}, {}, MarkFit::kFits},
      {"nothing read of a log that has begun", {}, {.last_sequence = 9}, MarkFit::kFits},
      {"nothing read, and the head is gone",
       {},
       {.first_sequence = 2, .last_sequence = 9},
       MarkFit::kTrimmed},
      {"the end", {9, 5}, {.last_sequence = 9, .digest_at_mark = 5}, MarkFit::kFits},
      {"in the middle", {9, 5}, {.last_sequence = 20, .digest_at_mark = 5}, MarkFit::kFits},
      {"the tail is gone", {9, 5}, {.last_sequence = 8}, MarkFit::kLost},
      {"the sequence was given out anew", {9, 5}, {.last_sequence = 20, .digest_at_mark = 6}, MarkFit::kLost},
      {"the message is not readable", {9, 5}, {.last_sequence = 20}, MarkFit::kLost},
      {"all is gone", {9, 5}, {}, MarkFit::kLost},
      {"aged, up to the mark", {9, 5}, {.first_sequence = 10, .last_sequence = 20}, MarkFit::kFits},
      {"aged, everything, nothing new", {9, 5}, {.first_sequence = 10, .last_sequence = 9}, MarkFit::kFits},
      {"aged, beyond the mark", {9, 5}, {.first_sequence = 11, .last_sequence = 20}, MarkFit::kTrimmed},
  };
  for (const Case& each : cases) EXPECT_EQ(FitOf(each.mark, each.facts), each.fit) << each.what;
}

}  // namespace
}  // namespace lull::connectors
