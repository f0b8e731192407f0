// The order of decisions, and their ids.
#include "runtime/ordered_sink.h"

#include <gmock/gmock.h>

#include "mixed.h"
#include "runtime/decision_id.h"

namespace lull::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// -----------------------------------------------------------------------------------------

TEST(OrderedSinkTest, DecisionsComeInOrderOfTimeThenIdWithTheirTexts) {
  Mixed mixed;
  mixed.lab.ruleset->policies.clear();
  Log log;
  OrderedSink ordered(log);
  std::unique_ptr<Engine> engine = std::move(*Engine::Create(mixed.lab.Build(), {}, ordered));
  FieldValue fields[2];
  fields[0].integer = 3;
  for (int i = 0; i < 50; ++i) {
    const std::string name = "key-" + std::to_string(i);
    const TextView key = TextView::Of(name);
    engine->Apply({.event = 0,
                   .time = {(50 - i / 2) * kHour},
                   .id = {},
                   .fields = fields,
                   .keys = &key,
                   .position = {}});
  }
  engine->Finish({1'000 * kHour});
  EXPECT_THAT(log.lines, IsEmpty());
  engine.reset();
  mixed.lab.ruleset.reset();
  ordered.Flush();
  ASSERT_EQ(log.ids.size(), 100U);  // a call each, which expires
  for (std::size_t i = 1; i < log.lines.size(); ++i) {
    const double before = std::stod(log.lines[i - 1]);
    const double after = std::stod(log.lines[i]);
    EXPECT_TRUE(before < after || (before == after && log.ids[i - 1] < log.ids[i])) << i;
  }
  EXPECT_THAT(log.full[0], ::testing::HasSubstr(" Do call "));
}

TEST(OrderedSinkTest, OneEntrysDecisionsAreOrderedByInstantThenKey) {
  Mixed mixed;
  mixed.lab.ruleset->policies.clear();
  Log log;
  log.with_key = true;
  EntrySorter sorter(log);
  std::unique_ptr<Engine> engine = std::move(*Engine::Create(mixed.lab.Build(), {}, sorter));
  FieldValue fields[2];
  fields[0].integer = 3;
  for (const auto& [name, hour] : {std::pair("c", 1), std::pair("b", 1), std::pair("a", 2)}) {
    const TextView key = TextView::Of(name);
    engine->Apply(
        {.event = 0, .time = {hour * kHour}, .id = {}, .fields = fields, .keys = &key, .position = {}});
  }
  engine->Finish({10 * kHour});
  EXPECT_THAT(log.lines, ElementsAre("6 sent call b", "6 sent call c", "7 sent call a"));
}

TEST(DecisionIdTest, IsAFunctionOfItsPartsForEver) {
  const DecisionName name{
      .ruleset = "r", .nudge = "n", .entity = "e", .key = "k", .instant = 1, .n = 2, .k = 3};
  const DecisionId id = MakeDecisionId(name);
  EXPECT_EQ(id.Hex(), "fa7418867f4e0559d01d1d566d918fc8");
  DecisionName other = name;
  other.ruleset = "rn";
  other.nudge = "";
  EXPECT_NE(MakeDecisionId(other), id);
  DecisionName long_key = name;
  const std::string key(5'000, 'x');
  long_key.key = key;
  EXPECT_NE(MakeDecisionId(long_key), id);
  EXPECT_EQ(MakeDecisionId(long_key), MakeDecisionId(long_key));
}

}  // namespace
}  // namespace lull::runtime::testing
