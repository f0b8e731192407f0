// After a swap entities are brought over one by one. When, and how it is sliced, is not to be seen: every
// entry says what it says in an engine that brings all of them over at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>

#include "compiler/interpreter.h"
#include "compiler/native.h"
#include "connectors/json_decoder.h"
#include "connectors/raw_batch.h"
#include "runtime/base/check.h"
#include "runtime/engine.h"
#include "runtime/ordered_sink.h"
#include "tests/support/engine_runner.h"
#include "tests/support/property.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

constexpr std::uint64_t kSeedCount = 40;
constexpr std::uint64_t kNativeSeedCount = 3;
constexpr std::size_t kRulesetCount = 4;
constexpr std::size_t kEventCount = 160;

/// All that entries say, in the order in which it goes out.
class Transcript : public runtime::DecisionSink {
 public:
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnDecision(const runtime::Decision& decision) override {
    std::ostringstream line;
    line << NameOf(decision.kind) << ' ' << NameOf(decision.code) << ' ' << decision.id.Hex() << ' '
         << decision.time.micros << ' ' << decision.whole_key << '/' << decision.key << ' '
         << decision.ruleset->nudges[decision.nudge].name << ' ' << decision.k << " at "
         << decision.position.value << ' ' << decision.title;
    lines.push_back(line.str());
  }
  std::vector<std::string> lines;
};

/// What a store of checkpoints would hold.
struct Images : runtime::SnapshotSink {
  void OnSnapshot(bool whole, std::uint64_t) override {
    if (whole) all.clear();
  }
  void OnErased(std::uint32_t entity, std::string_view key) override {
    all.erase({entity, std::string(key)});
  }
  void OnEntity(std::uint32_t entity, std::string_view key, std::string_view image) override {
    all[{entity, std::string(key)}] = image;
  }
  std::map<std::pair<std::uint32_t, std::string>, std::string> all;
};

using Programs = std::vector<runtime::Program>;

/// An engine that swaps in one way.
class Swapping {
 public:
  explicit Swapping(const Programs& programs) : programs_(programs) { Create(); }
  virtual ~Swapping() = default;

  void Apply(const std::string& line, std::uint64_t position) {
    connectors::RawBatch raw;
    raw.Add(line, {position});
    for (const runtime::EventFrame& frame : decoder_->Decode(raw.events()).frames) engine_->Apply(frame);
    AfterEntry();
  }
  void Tick(EventTime instant, std::uint64_t position) {
    engine_->Tick(instant, {position});
    AfterEntry();
  }
  void Erase(std::uint32_t entity, const std::string& key, std::uint64_t position) {
    engine_->Erase(entity, key, {position});
    AfterEntry();
  }
  void Swap(std::size_t next, std::uint64_t position) {
    current_ = next;
    LULL_CHECK(engine_->Swap(programs_[current_], {position}).has_value());
    decoder_ = std::make_unique<connectors::JsonDecoder>(programs_[current_].ruleset);
    AfterSwap();
    AfterEntry();
  }
  void Finish() {
    engine_->Finish(engine_->latest_time());
    AfterEntry();
  }
  const std::vector<std::string>& lines() const { return transcript_.lines; }
  runtime::Engine& engine() { return *engine_; }

 protected:
  virtual void AfterSwap() {}
  virtual void Between() {}
  void Create() {
    engine_ =
        std::move(*runtime::Engine::Create(programs_[current_], {.live = true, .snapshots = true}, sorter_));
    decoder_ = std::make_unique<connectors::JsonDecoder>(programs_[current_].ruleset);
  }

  std::unique_ptr<runtime::Engine> engine_;

 private:
  void AfterEntry() {
    transcript_.lines.emplace_back("---");
    Between();
  }

  const Programs& programs_;
  std::size_t current_ = 0;
  Transcript transcript_;
  runtime::EntrySorter sorter_{transcript_};
  std::unique_ptr<connectors::JsonDecoder> decoder_;
};

class Eager : public Swapping {
 public:
  using Swapping::Swapping;
  void AfterSwap() override { EXPECT_TRUE(engine_->ContinueSwap(~std::size_t{0})); }
};

class Lazy : public Swapping {
 public:
  Lazy(const Programs& programs, std::uint64_t seed, std::size_t slice, bool restarts)
      : Swapping(programs), random_(seed), slice_(slice), restarts_(restarts) {}
  std::size_t left_count = 0;  // entries with a swap under way
  std::size_t restart_count = 0;

 private:
  void Between() override {
    left_count += engine_->swap_under_way() ? 1 : 0;
    if (slice_ > 0 && random_() % 2 == 0) engine_->ContinueSwap(random_() % slice_);
    if (random_() % 4 == 0) {
      const std::string key(1, static_cast<char>('a' + random_() % 4));
      engine_->Record({.entity = 0, .key = key, .whole_key = {}});
    }
    if (restarts_ && random_() % 8 == 0) Restart();
  }
  void Restart() {
    const runtime::EngineClock clock = engine_->clock();
    engine_->BeginSnapshot(images_);
    LULL_CHECK(engine_->ContinueSnapshot(~std::size_t{0}));
    Create();
    engine_->RestoreClock(clock);
    for (const auto& [name, image] : images_.all) {
      LULL_CHECK(engine_->Restore(name.first, name.second, image));
    }
    ++restart_count;
  }

  Random random_;
  Images images_;
  std::size_t slice_;
  bool restarts_;
};

/// Another version of a ruleset: other durations and numbers here and there; nothing if it has errors.
std::optional<TriedRuleset> Varied(Random& random, const std::string& text) {
  static const std::regex kNumber(R"((\d+) (minutes|hours|days)|> (\d+))");
  std::string out;
  std::size_t from = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), kNumber), end; at != end; ++at) {
    const std::smatch& found = *at;
    const std::size_t group = found[1].matched ? 1 : 3;
    const auto begin = static_cast<std::size_t>(found.position(group));
    out += text.substr(from, begin - from);
    const bool changes = random() % 8 == 0;
    out += changes ? std::to_string(std::stoull(found[group]) + 1 + random() % 5) : found[group].str();
    from = begin + static_cast<std::size_t>(found.length(group));
  }
  out += text.substr(from);
  try {
    return CompileText(out);
  } catch (const std::runtime_error&) {
    return {};
  }
}

std::vector<TriedRuleset> RandomVersions(Random& random) {
  std::vector<TriedRuleset> versions;
  versions.push_back(CompileText(RandomRuleset(random)));
  const bool part = versions[0].program.entities[1].whole != dsl::kNone;
  while (versions.size() < kRulesetCount) {
    if (random() % 4 == 0) {
      TriedRuleset other = CompileText(RandomRuleset(random));
      // A type that goes and comes back within one instant numbers its moments anew, and so its ids.
      if ((other.program.entities[1].whole != dsl::kNone) == part) versions.push_back(std::move(other));
    } else if (auto varied = Varied(random, versions[random() % versions.size()].text); varied) {
      versions.push_back(std::move(*varied));
    }
  }
  return versions;
}

void Differ(const std::vector<std::string>& expected, const std::vector<std::string>& found, const char* who,
            const std::vector<TriedRuleset>& versions) {
  const auto [at, other] = std::ranges::mismatch(expected, found);
  if (at == expected.end() && other == found.end()) return;
  ADD_FAILURE() << who << ", after " << std::count(expected.begin(), at, "---")
                << " entries\nexpected: " << (at == expected.end() ? "the end" : *at)
                << "\nfound:    " << (other == found.end() ? "the end" : *other) << "\n"
                << versions[0].text;
}

template <typename Engines>
void Play(Random& random, const TriedRuleset& first, const Programs& programs, Engines&& each) {
  std::istringstream log(
      ShowLog(first.program, WithTaskSteps(random, first.program, programs[0],
                                           RandomLog(random, first.program, {.event_count = kEventCount}))));
  std::uint64_t position = 0;
  std::size_t current = 0;
  for (std::string line; std::getline(log, line);) {
    ++position;
    each([&](Swapping& engine) { engine.Apply(line, position); });
    std::int64_t clock = kUnknown;
    each([&](Swapping& engine) { clock = engine.engine().latest_time().micros; });
    if (random() % 6 == 0 && clock != kUnknown) {
      const EventTime instant{clock - static_cast<std::int64_t>(random() % 3) * kMicrosPerMinute};
      each([&](Swapping& engine) { engine.Tick(instant, position); });
    }
    if (random() % 40 == 0) {
      const std::string key(1, static_cast<char>('a' + random() % 4));
      each([&](Swapping& engine) { engine.Erase(0, key, position); });
    }
    if (random() % 10 == 0) {
      current = (current + 1 + random() % (programs.size() - 1)) % programs.size();
      each([&](Swapping& engine) { engine.Swap(current, position); });
    }
  }
  each([&](Swapping& engine) { engine.Finish(); });
}

TEST(LazySwap, WhenEntitiesAreBroughtOverIsNotToBeSeen) {
  std::size_t left = 0;
  std::size_t restarts = 0;
  std::size_t said = 0;
  ForEachSeed(kSeedCount, [&](std::uint64_t seed) {
    Random random(seed);
    const std::vector<TriedRuleset> versions = RandomVersions(random);
    Programs programs;
    for (const TriedRuleset& version : versions) {
      programs.push_back({version.compiled.ruleset, compiler::MakeInterpreted(version.compiled.module)});
    }
    Eager eager(programs);
    std::array<Lazy, 3> lazy = {Lazy(programs, seed, 0, false), Lazy(programs, seed + 1, 4, false),
                                Lazy(programs, seed + 2, 4, true)};
    Play(random, versions[0], programs, [&](auto&& apply) {
      for (Lazy& engine : lazy) apply(engine);
      apply(eager);
    });
    Differ(eager.lines(), lazy[0].lines(), "never before it must", versions);
    Differ(eager.lines(), lazy[1].lines(), "in slices", versions);
    Differ(eager.lines(), lazy[2].lines(), "in slices, with restarts", versions);
    said += eager.lines().size() - static_cast<std::size_t>(std::ranges::count(eager.lines(), "---"));
    left += lazy[0].left_count + lazy[1].left_count;
    restarts += lazy[2].restart_count;
  });
  EXPECT_GT(said, 100U * kSeedCount);
  EXPECT_GT(left, 10U * kSeedCount);
  EXPECT_GT(restarts, kSeedCount);
}

TEST(LazySwap, NativeCodeSaysTheSame) {
  ForEachSeed(kNativeSeedCount, [&](std::uint64_t seed) {
    Random random(seed);
    const std::vector<TriedRuleset> versions = RandomVersions(random);
    Programs interpreted;
    Programs native;
    for (const TriedRuleset& version : versions) {
      interpreted.push_back({version.compiled.ruleset, compiler::MakeInterpreted(version.compiled.module)});
      const auto code = compiler::CompileNative(*version.compiled.module, {.level = 1, .cache_folder = {}});
      ASSERT_TRUE(code.has_value());
      native.push_back({version.compiled.ruleset, *code});
    }
    Eager eager(interpreted);
    Lazy lazy(native, seed, 4, false);
    Play(random, versions[0], interpreted, [&](auto&& apply) {
      apply(eager);
      apply(lazy);
    });
    Differ(eager.lines(), lazy.lines(), "native, in slices", versions);
  });
}

}  // namespace
}  // namespace lull::test
