// The bounds of `lull cost` against what rulesets take: no event runs more, no entity keeps more than is
// said.
#include "compiler/cost.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

#include "compiler/interpreter.h"
#include "runtime/engine.h"
#include "tests/support/counted_code.h"
#include "tests/support/engine_runner.h"
#include "tests/support/property.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

constexpr std::uint64_t kCostRulesetCount = 40;

/// Of one event for all entities that see it, and of one moment without an event.
struct Bounds {
  std::vector<std::uint64_t> events;  // by EventId
  std::uint64_t deadline = 0;
};

Bounds BoundsOf(const TriedRuleset& tried) {
  Bounds bounds;
  bounds.events.resize(tried.program.events.size());
  for (const compiler::EntityCost& cost : compiler::MeasureCost(tried.program, tried.compiled)) {
    bounds.deadline = std::max(bounds.deadline, cost.deadline_instructions);
    for (const compiler::EventCost& event : cost.events) {
      const auto at = std::ranges::find(tried.program.events, event.event, &dsl::Event::name);
      bounds.events[static_cast<std::size_t>(at - tried.program.events.begin())] += event.instructions;
    }
  }
  return bounds;
}

/// Parts are counted by the piece: how many a moment concerns is not said.
bool HasParts(const dsl::CheckedProgram& program) {
  return std::ranges::any_of(program.entities,
                             [](const dsl::Entity& entity) { return entity.whole != dsl::kNone; });
}

TEST(Cost, NoEventRunsMoreThanItsBound) {
  std::uint64_t tried_count = 0;
  ForEachSeed(kCostRulesetCount, [&](std::uint64_t seed) {
    Random random(seed);
    const TriedRuleset tried = CompileText(RandomRuleset(random));
    const std::vector<LogEvent> log = RandomLog(random, tried.program);
    if (HasParts(tried.program)) return;
    ++tried_count;
    const Bounds bounds = BoundsOf(tried);
    CountedCode counted(tried.compiled);
    std::uint64_t moments = 0, ran_in_all = 0;
    RunOptions options;
    options.after_event = [&](const LogEvent& event, const runtime::EngineStats& stats) {
      const std::uint64_t ran = counted.Take();
      ran_in_all += ran;
      const std::uint64_t deadlines = stats.moments - moments;
      moments = stats.moments;
      EXPECT_LE(ran, bounds.events[event.event] + deadlines * bounds.deadline)
          << tried.program.events[event.event].name << ", moments: " << deadlines << "\n"
          << tried.text;
    };
    RunEngine(tried.program, counted.program(), log, options);
    EXPECT_TRUE(ran_in_all > 0 || moments == 0) << tried.text;
  });
  EXPECT_TRUE(tried_count > 0 ||
              FromEnvironment("LULL_PROPERTY_COUNT", kCostRulesetCount) < kCostRulesetCount);
}

constexpr const char* kFullRules = R"(
ruleset shop { currency USD  keep 16  channels call as task }
entity customer by customer_id { name text }
event asked    of customer sets name { topic text, amount money }
event answered of customer { topic text }
unit desk
stall left_open of customer {
  after each asked as q no answered with same topic within 2 hours
  because "Asked about {q.topic}"
}
nudge answer of customer {
  while  left_open
  if     count of different asked.topic in last 300 days > 3 or sum of asked.amount in last 300 days > 5 USD
  do     call "Answer {customer.name}"
  to     desk / customer.name
}
policy few of customer { at most 3 nudges in 7 days }
)";

/// Gives every field of an event: texts of their full length, no two alike.
class FullEvents {
 public:
  FullEvents(const runtime::Ruleset& ruleset, runtime::Engine& engine) : ruleset_(ruleset), engine_(engine) {}

  void Apply(std::uint32_t event, const std::string& key, std::int64_t time) {
    const runtime::EventSchema& schema = ruleset_.events[event];
    std::vector<runtime::FieldValue> fields(ruleset_.frame_slot_count);
    std::vector<std::string> texts;
    texts.reserve(schema.fields.size());
    for (const auto& field : schema.fields) {
      if (!field.used) continue;
      if (field.type == runtime::ValueType::kText) {
        texts.push_back(fmt::format("{:0>256}", ++number_));
        fields[field.slot].text = runtime::TextView::Of(texts.back());
      } else {
        fields[field.slot].integer = static_cast<std::int64_t>(++number_);
      }
    }
    const runtime::TextView key_text = runtime::TextView::Of(key);
    runtime::EventFrame frame;
    frame.event = event;
    frame.time = EventTime{time};
    frame.fields = fields.data();
    frame.keys = &key_text;
    ASSERT_EQ(engine_.Apply(frame), runtime::ApplyResult::kApplied);
  }

 private:
  const runtime::Ruleset& ruleset_;
  runtime::Engine& engine_;
  std::uint64_t number_ = 0;
};

class NoSink : public runtime::DecisionSink {
 public:
  runtime::SinkWants wants() const override { return {}; }
  void OnDecision(const runtime::Decision&) override {}
};

/// What runs when one wait of an entity falls due, whose ruleset has others that do not.
std::uint64_t WorkOfAWakeUp(int stall_count) {
  std::string text =
      "ruleset shop { currency USD channels call as task }\nentity customer by customer_id { }\nunit desk\n"
      "event done of customer { topic text }\n";
  for (int i = 0; i < stall_count; ++i) {
    text += fmt::format(
        "event asked_{0} of customer {{ topic text }}\n"
        "stall open_{0} of customer {{ after asked_{0} no done within {1} hours }}\n"
        "nudge answer_{0} of customer {{ on open_{0} do call \"Answer\" to desk }}\n",
        i, i + 1);
  }
  const TriedRuleset tried = CompileText(text);
  CountedCode counted(tried.compiled);
  NoSink sink;
  const auto engine = runtime::Engine::Create(counted.program(), {}, sink);
  EXPECT_TRUE(engine.has_value());
  FullEvents events(*tried.compiled.ruleset, **engine);
  events.Apply(1, "c", 0);
  counted.Take();
  (*engine)->Finish(EventTime{90 * kMicrosPerMinute}, {});
  return counted.Take();
}

TEST(Cost, AWakeUpAsksOnlyTheGroupWhoseItIs) {
  const std::uint64_t among_few = WorkOfAWakeUp(8);
  EXPECT_GT(among_few, 0U);
  EXPECT_LE(WorkOfAWakeUp(300), 2 * among_few);
}

std::uint64_t BytesInUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(Cost, NoEntityKeepsMoreThanItsBound) {
  constexpr std::uint64_t kEntities = 5'000;
  constexpr std::uint64_t kSlackBytes = 10U << 20;  // the pool of texts grows by 8 MB
  const TriedRuleset tried = CompileText(kFullRules);
  const std::uint64_t bound = compiler::MeasureCost(tried.program, tried.compiled).front().bytes;
  const runtime::Program code{tried.compiled.ruleset, compiler::MakeInterpreted(tried.compiled.module)};
  NoSink sink;
  const std::uint64_t before = BytesInUse();
  auto engine = runtime::Engine::Create(code, {}, sink);
  ASSERT_TRUE(engine.has_value());
  FullEvents events(*code.ruleset, **engine);
  for (std::uint64_t entity = 0; entity < kEntities; ++entity) {
    const std::string key = fmt::format("{:0>200}", entity);
    for (std::int64_t i = 0; i < 40; ++i) events.Apply(0, key, (i + 1) * kMicrosPerMinute);
  }
  (*engine)->Finish(EventTime{kMicrosPerDay});
  const std::uint64_t after = BytesInUse();
  if (after == before) GTEST_SKIP() << "this allocator does not say what is in use";
  EXPECT_EQ((*engine)->stats().by_kind[static_cast<std::size_t>(runtime::DecisionKind::kSent)],
            3 * kEntities);
  EXPECT_LE(after - before, kEntities * bound + kSlackBytes);
  // Full as they are, the bound is not much above.
  EXPECT_GE(2 * (after - before), kEntities * bound);
  RecordProperty("bytes_each", static_cast<int>((after - before) / kEntities));
  RecordProperty("bound_each", static_cast<int>(bound));
}

}  // namespace
}  // namespace lull::test
