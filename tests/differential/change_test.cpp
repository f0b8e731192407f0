// What `lull diff` says of memory is what happens: after a swap, what "carries over" has the value that it
// has in an engine that ran the new ruleset all along, and what "starts empty" the value of an entity that
// was never seen.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "compiler/change_plan.h"
#include "compiler/interpreter.h"
#include "connectors/decision_output.h"
#include "connectors/json_decoder.h"
#include "connectors/raw_batch.h"
#include "dsl/load.h"
#include "dsl/program_printer.h"
#include "runtime/engine.h"
#include "tests/support/engine_runner.h"
#include "tests/support/property.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

constexpr std::uint64_t kPairCount = 60;
constexpr std::size_t kEventCount = 80;

/// A ruleset of features only, whose values are looked at, over the events that all random rulesets share.
struct Features {
  std::string text;
  dsl::CheckedProgram program;
  compiler::CompiledRuleset compiled;
};

std::string Pick(Random& random, std::initializer_list<const char*> of) {
  return *(of.begin() + random() % of.size());
}

/// Features out of few pieces, so that two rulesets share some of them, wholly or in part.
std::string RandomFeatures(Random& random) {
  const std::size_t count = 3 + random() % 6;
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string event = Pick(random, {"alpha", "beta", "touch"});
    const std::string where = Pick(random, {"", "", " where done", " where shade is red"});
    const std::string window =
        Pick(random, {"", "", " in last 20 minutes", " in last 3 hours", " in last 2 days", " since gamma"});
    std::string value;
    switch (random() % 6) {
      case 0:
        value = "count of " + event + where + window;
        break;
      case 1:
        value = "sum of " + event + ".size" + where + window;
        break;
      case 2:
        value = "maximum of " + event + ".size" + where + window;
        break;
      case 3:
        value = "latest " + event + ".size" + where + window;
        break;
      case 4:
        value = "count of different " + event + ".label" + where + window;
        break;
      default:
        value = "average of " + event + ".size" + where + window;
        break;
    }
    text += "feature f" + std::to_string(i) + " of customer = " + value + "\n";
    text += "nudge n" + std::to_string(i) + " of customer { on delta if f" + std::to_string(i) +
            " > 1 do email \"x\" to sales }\n";
  }
  return text;
}

const std::string kFacts = R"(
ruleset tried { zone "UTC" currency USD channels email as message }
choice color { red, green, blue }
unit sales
entity customer by customer_id
)";
const std::string kFields = "{ size number?, label text, shade color, done flag }\n";

std::string WithFacts(const std::string& rules) {
  std::string text = kFacts;
  for (const char* event : {"alpha", "beta", "gamma", "delta"}) {
    text += std::string("event ") + event + " of customer " + kFields;
  }
  return text + "events touch = alpha, beta\n" + rules;
}

std::vector<std::string> RandomLines(Random& random, std::size_t count) {
  std::vector<std::string> lines;
  std::int64_t minute = 0;
  for (std::size_t i = 0; i < count; ++i) {
    minute += static_cast<std::int64_t>(random() % 40);
    lines.push_back("{\"type\":\"" + Pick(random, {"alpha", "beta", "gamma", "delta"}) +
                    "\",\"time\":" + std::to_string(1'772'323'200 + minute * 60) + ",\"customer_id\":\"" +
                    Pick(random, {"a", "b"}) + "\",\"size\":" + std::to_string(random() % 5) +
                    ",\"label\":\"" + Pick(random, {"x", "y", "z"}) + "\",\"shade\":\"" +
                    Pick(random, {"red", "blue"}) + "\",\"done\":" + Pick(random, {"true", "false"}) + "}");
  }
  return lines;
}

Features Compiled(const std::string& rules, bool probed) {
  Features features{WithFacts(rules), {}, {}};
  dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"rules.lull", features.text}});
  EXPECT_TRUE(loaded.good()) << features.text;
  features.program = std::move(loaded.program);
  compiler::ProbeRequests probes;
  for (const dsl::Feature& feature : features.program.features) probes.exprs.push_back(feature.value);
  features.compiled = *compiler::Compile(features.program, probed ? probes : compiler::ProbeRequests{});
  return features;
}

class Watched {
 public:
  explicit Watched(const Features& features)
      : engine_(std::move(*runtime::Engine::Create(ProgramOf(features), {}, sink_))),
        decoder_(std::make_unique<connectors::JsonDecoder>(features.compiled.ruleset)) {}

  void Apply(const std::string& line) {
    connectors::RawBatch raw;
    raw.Add(line, {1});
    for (const runtime::EventFrame& frame : decoder_->Decode(raw.events()).frames) engine_->Apply(frame);
  }
  void Swap(const Features& features) {
    ASSERT_TRUE(engine_->Swap(ProgramOf(features)).has_value());
    decoder_ = std::make_unique<connectors::JsonDecoder>(features.compiled.ruleset);
  }
  /// The value's bits; nothing if the entity is not known.
  std::optional<std::int64_t> Value(const Features& features, dsl::FeatureId id, const std::string& key,
                                    EventTime now) {
    const compiler::ExprProbe& probe = features.compiled.probes.exprs.at(features.program.features[id].value);
    runtime::Engine::Probed probed;
    if (!engine_->Probe({.entity = 0, .key = key, .whole_key = {}}, probe.function, now, nullptr, probed))
      return {};
    return probed.out[0].integer;
  }
  EventTime now() const { return engine_->latest_time(); }

 private:
  static runtime::Program ProgramOf(const Features& features) {
    return {features.compiled.ruleset, compiler::MakeInterpreted(features.compiled.module)};
  }
  connectors::NullSink sink_;
  std::unique_ptr<runtime::Engine> engine_;
  std::unique_ptr<connectors::JsonDecoder> decoder_;
};

TEST(Change, MemoryIsWhatTheDiffSays) {
  std::map<compiler::Fate, std::size_t> seen;
  ForEachSeed(kPairCount, [&](std::uint64_t seed) {
    Random random(seed);
    const Features before = Compiled(RandomFeatures(random), false);
    const std::string rules = RandomFeatures(random);
    const Features after = Compiled(rules, true);
    const Features planned = Compiled(rules, false);
    const compiler::ChangePlan plan =
        compiler::PlanChange({before.program, before.compiled}, {planned.program, planned.compiled});
    Watched swapped(before);
    Watched all_along(after);
    Watched never(after);
    for (const std::string& line : RandomLines(random, kEventCount)) {
      swapped.Apply(line);
      all_along.Apply(line);
    }
    const EventTime now = all_along.now();
    swapped.Swap(after);
    // Of an event that no feature reads.
    never.Apply("{\"type\":\"delta\",\"time\":" + std::to_string(now.micros / kMicrosPerSecond) +
                ",\"customer_id\":\"a\",\"label\":\"x\",\"shade\":\"red\",\"done\":false}");
    for (dsl::FeatureId id = 0; id < after.program.features.size(); ++id) {
      const std::string& name = after.program.features[id].name;
      compiler::Fate fate = compiler::Fate::kKept;  // what the diff leaves out stays as it is
      for (const compiler::DeclarationChange& change : plan.declarations) {
        if (change.of == "feature" && change.name == name && !change.memory.empty() &&
            change.kind != compiler::ChangeKind::kRemoved) {
          fate = change.memory.front().fate;
        }
      }
      ++seen[fate];
      for (const char* key : {"a", "b"}) {
        const auto value = swapped.Value(after, id, key, now);
        if (!value || fate == compiler::Fate::kPartly) continue;
        const auto expected = fate == compiler::Fate::kKept ? all_along.Value(after, id, key, now)
                                                            : never.Value(after, id, "a", now);
        EXPECT_EQ(value, expected) << name << " of " << key << ": "
                                   << (fate == compiler::Fate::kKept ? "carries over" : "starts empty")
                                   << "\nbefore\n"
                                   << before.text << "\nafter\n"
                                   << after.text;
      }
    }
  });
  EXPECT_GT(seen[compiler::Fate::kKept], 10U);
  EXPECT_GT(seen[compiler::Fate::kPartly], 3U);
  EXPECT_GT(seen[compiler::Fate::kEmpty], 10U);
}

/// Keeps ids of what went out, to see that none comes twice and that only what went out ends.
class TaskBook : public runtime::DecisionSink {
 public:
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnDecision(const runtime::Decision& decision) override {
    using Kind = runtime::DecisionKind;
    const std::string id = decision.id.Hex();
    if (decision.kind == Kind::kSent) {
      EXPECT_TRUE(sent_.insert(id).second) << "sent twice";
    } else if (decision.kind == Kind::kWithdrawn || decision.kind == Kind::kExpired) {
      EXPECT_TRUE(ended_.insert(id).second) << "ended twice";
      ended_of_sent_ += sent_.contains(id) ? 1 : 0;
    }
  }
  std::size_t ended_of_sent() const { return ended_of_sent_; }

 private:
  std::set<std::string> sent_, ended_;
  std::size_t ended_of_sent_ = 0;
};

// Random rulesets share names of declarations that mean something else, so that successors of all kinds meet.
TEST(Change, AnyRulesetMayFollowAnyOther) {
  std::size_t ended = 0;
  std::size_t swaps = 0;
  ForEachSeed(kPairCount, [&](std::uint64_t seed) {
    Random random(seed);
    const TriedRuleset rulesets[] = {CompileText(RandomRuleset(random)), CompileText(RandomRuleset(random)),
                                     CompileText(RandomRuleset(random))};
    const auto program = [&](std::size_t n) {
      return runtime::Program{rulesets[n].compiled.ruleset,
                              compiler::MakeInterpreted(rulesets[n].compiled.module)};
    };
    std::istringstream log(
        ShowLog(rulesets[0].program, RandomLog(random, rulesets[0].program, {.event_count = 200})));
    TaskBook book;
    auto engine = std::move(*runtime::Engine::Create(program(0), {}, book));
    auto decoder = std::make_unique<connectors::JsonDecoder>(rulesets[0].compiled.ruleset);
    std::size_t current = 0;
    std::size_t count = 0;
    for (std::string line; std::getline(log, line); ++count) {
      const std::size_t next = (current + 1 + random() % 2) % 3;
      // A type that goes and comes back within one instant numbers its moments anew, and so its ids.
      const bool keeps_types =
          rulesets[next].program.entities[1].whole == rulesets[current].program.entities[1].whole;
      if (random() % 12 == 0 && keeps_types) {
        current = next;
        ASSERT_TRUE(engine->Swap(program(current)).has_value());
        decoder = std::make_unique<connectors::JsonDecoder>(rulesets[current].compiled.ruleset);
        ++swaps;
      }
      connectors::RawBatch raw;
      raw.Add(line, {count + 1});
      for (const runtime::EventFrame& frame : decoder->Decode(raw.events()).frames) engine->Apply(frame);
    }
    EXPECT_EQ(count, 200U);
    engine->Finish(engine->latest_time());
    ended += book.ended_of_sent();
  });
  EXPECT_GT(ended, 20U);
  EXPECT_GT(swaps, 100U);
}

}  // namespace
}  // namespace lull::test
