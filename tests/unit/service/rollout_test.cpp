// A canary decides for each entity what a deployment at its position decides for those in its share, and no
// deployment for the others; a shadow sends nothing and records what a deployment would have sent.
#include "service/rollout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "connectors/checkpoint/checkpoint_writer.h"
#include "service/live_engine.h"
#include "tests/support/collector.h"
#include "tests/support/property.h"
#include "tests/support/random_ruleset.h"

namespace lull::service {
namespace {

using connectors::InputMessage;
using connectors::RolloutPlan;
using test::Random;

constexpr std::uint64_t kPairCount = 40;
constexpr std::size_t kEventCount = 150;

/// What happened, by the key of the whole: "instant entity key nudge kind …" in order, and in total.
class Recorder : public LiveSink {
 public:
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnDecision(const runtime::Decision& decision) override { Add(decision, all, by_key); }
  void AddShadow(const runtime::Decision& decision, std::uint64_t) override {
    Add(decision, shadow, shadow_by_key);
  }
  void AddDeadLetter(const InputMessage& message, connectors::DeadLetterCode code,
                     std::string_view) override {
    EXPECT_TRUE(dead.emplace(message.sequence, code).second) << "a dead letter came twice";
  }

  using ByKey = std::map<std::string, std::vector<std::string>>;
  std::vector<std::string> all;
  ByKey by_key;
  std::vector<std::string> shadow;
  ByKey shadow_by_key;
  std::map<std::uint64_t, connectors::DeadLetterCode> dead;

 private:
  static void Add(const runtime::Decision& decision, std::vector<std::string>& all, ByKey& by_key) {
    test::Collector collector;
    collector.OnDecision(decision);
    std::string line = std::to_string(decision.position.value) + " " +
                       decision.ruleset->version.substr(0, 6) + " " + collector.result.records.front();
    by_key[std::string(decision.whole_key.empty() ? decision.key : decision.whole_key)].push_back(line);
    all.push_back(std::move(line));
  }
};

struct Entry {
  enum class Kind { kEvent, kTick, kDeploy };
  Kind kind = Kind::kEvent;
  std::string line;
  std::int64_t micros = 0;
};

/// What is deployed at which entry.
using Deployments = std::map<std::size_t, std::shared_ptr<const Deployment>>;

class Replay {
 public:
  Replay(const std::vector<Entry>& log, Deployments deployments)
      : log_(log), deployments_(std::move(deployments)) {}

  Recorder recorder;

  void Begin(const std::shared_ptr<const Deployment>& first) { live_ = *LiveEngine::Create(first, recorder); }
  /// Up to an entry, in batches of random size.
  void RunTo(std::size_t end, Random& random) {
    while (next_ < end) {
      const Entry& entry = log_[next_];
      if (entry.kind == Entry::Kind::kEvent) {
        RunEvents(std::min(end, next_ + 1 + random() % 7));
        continue;
      }
      const InputMessage message = MessageOf(next_++);
      if (entry.kind == Entry::Kind::kTick) {
        live_->Tick({entry.micros}, message);
      } else if (const auto found = deployments_.find(next_ - 1); found != deployments_.end()) {
        const Status done = live_->Deploy(found->second, message);
        EXPECT_TRUE(done.has_value()) << done.error().message;
      }
    }
  }
  /// The state goes to a checkpoint while `entries` more are applied, and another engine goes on from there.
  void Restart(std::size_t entries, Random& random, const std::filesystem::path& folder) {
    const connectors::CheckpointStore::Options options{.folder = folder, .keep_count = 2};
    const auto earlier = connectors::FinishedCheckpoints(folder);
    connectors::CheckpointWriter writer(
        *(earlier.empty() ? connectors::CheckpointStore::Begin(options)
                          : connectors::CheckpointStore::Continue(options, earlier.front())));
    const std::size_t from = next_;
    connectors::CheckpointHead head = HeadNow();
    const Recorder before = recorder;
    live_->BeginSnapshot(writer);
    while (live_->snapshot_under_way() && next_ < std::min(log_.size(), from + entries)) {
      // A deployment ends a snapshot.
      if (log_[next_].kind == Entry::Kind::kDeploy) break;
      RunTo(next_ + 1, random);
      if (live_->ContinueSnapshot(random() % 3)) break;
    }
    while (live_->snapshot_under_way()) live_->ContinueSnapshot(5);
    writer.Finish(head);
    ASSERT_TRUE(writer.Wait().has_value());
    // What came after the checkpoint is forgotten, and decided again.
    const auto in_force = live_->shared_deployment();
    const auto tried = live_->rollout() == nullptr ? nullptr : live_->rollout()->deployment();
    const Recorder after = recorder;
    const std::size_t reached = next_;
    recorder = before;
    const auto checkpoint =
        connectors::CheckpointReader::Open(connectors::FinishedCheckpoints(folder).front());
    ASSERT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
    auto restored = LiveEngine::Restore(in_force, tried, recorder, *checkpoint);
    ASSERT_TRUE(restored.has_value()) << restored.error().message;
    live_ = std::move(*restored);
    next_ = from;
    RunTo(reached, random);
    EXPECT_TRUE(recorder.all == after.all);
    EXPECT_TRUE(recorder.shadow == after.shadow);
  }
  const LiveEngine& live() const { return *live_; }
  std::size_t next() const { return next_; }

 private:
  InputMessage MessageOf(std::size_t entry) const {
    return {.sequence = entry + 1,
            .subject = "shop.x",
            .data = log_[entry].line,
            .message_id = {},
            .origin = {},
            .stored_at = {log_[entry].micros}};
  }
  void RunEvents(std::size_t end) {
    std::vector<InputMessage> messages;
    for (; next_ < end && log_[next_].kind == Entry::Kind::kEvent; ++next_)
      messages.push_back(MessageOf(next_));
    live_->Apply(messages);
  }
  connectors::CheckpointHead HeadNow() const {
    connectors::CheckpointHead head;
    head.deployment = "shop";
    head.bundle = live_->deployment().bundle;
    head.layout_hash = live_->deployment().layout_hash;
    head.clock = live_->clock();
    if (live_->rollout() != nullptr) head.candidate = live_->rollout()->Head();
    return head;
  }

  const std::vector<Entry>& log_;
  Deployments deployments_;
  std::unique_ptr<LiveEngine> live_;
  std::size_t next_ = 0;
};

/// Two rulesets, a log of the first one's events, and places for three deployments.
struct Trial {
  std::shared_ptr<const Deployment> before;
  std::shared_ptr<const Deployment> after;
  std::vector<Entry> log;
  std::size_t begin = 0;
  std::size_t middle = 0;
  std::size_t end = 0;
  RolloutPlan plan;

  std::shared_ptr<const Deployment> Tried(RolloutPlan::Kind kind, runtime::Share share) const {
    connectors::DeployMarker marker = after->marker;
    marker.rollout = plan;
    marker.rollout->kind = kind;
    marker.rollout->share = share;
    marker.revision = 2;
    return Renamed(*after, marker);
  }
  std::shared_ptr<const Deployment> Canary() const { return Tried(RolloutPlan::Kind::kCanary, plan.share); }
  std::shared_ptr<const Deployment> Shadow() const { return Tried(RolloutPlan::Kind::kShadow, plan.share); }

  Recorder Run(Deployments deployments, std::uint64_t seed, const std::filesystem::path& folder = {}) const {
    Random random(seed);
    if (!folder.empty()) std::filesystem::remove_all(folder);
    Replay replay(log, std::move(deployments));
    replay.Begin(before);
    while (!folder.empty() && replay.next() < log.size()) {
      replay.RunTo(std::min(log.size(), replay.next() + random() % 80), random);
      replay.Restart(random() % 20, random, folder);
      if (testing::Test::HasFatalFailure()) break;
    }
    replay.RunTo(log.size(), random);
    return replay.recorder;
  }
};

std::shared_ptr<const Deployment> Prepared(const std::string& text) {
  Result<Deployment> deployment = Prepare({.version = {}, .files = {{"rules.lull", text}}}, false);
  if (!deployment) throw std::runtime_error(deployment.error().message + text);
  return std::make_shared<const Deployment>(std::move(*deployment));
}

/// Nothing: the rulesets cannot work side by side.
std::optional<Trial> RandomTrial(Random& random) {
  Trial trial;
  trial.before = Prepared(test::RandomRuleset(random));
  trial.after = Prepared(test::RandomRuleset(random));
  if (!CheckTogether(*trial.before, *trial.after)) return {};
  const auto tried = test::CompileText(trial.before->marker.files.front().second);
  std::istringstream lines(
      test::ShowLog(tried.program, test::RandomLog(random, tried.program, {.event_count = kEventCount})));
  std::set<std::size_t> places;
  while (places.size() < 3) places.insert(5 + random() % (kEventCount - 5));
  std::int64_t now = 0;
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (places.contains(count)) trial.log.push_back({Entry::Kind::kDeploy, {}, now});
    trial.log.push_back({Entry::Kind::kEvent, line, 0});
    connectors::JsonDecoder decoder(trial.before->program.ruleset);
    connectors::RawBatch raw;
    raw.Add(line, {1});
    const auto decoded = decoder.Decode(raw.events());
    if (!decoded.frames.empty()) now = std::max(now, decoded.frames.front().time.micros);
    trial.log.back().micros = now;
    if (random() % 3 == 0)
      trial.log.push_back({Entry::Kind::kTick, {}, now + static_cast<std::int64_t>(random() % 2)});
  }
  trial.log.push_back({Entry::Kind::kTick, {}, now + 10 * kMicrosPerDay});
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < trial.log.size(); ++i) {
    if (trial.log[i].kind == Entry::Kind::kDeploy) found.push_back(i);
  }
  trial.begin = found.at(0);
  trial.middle = found.at(1);
  trial.end = found.at(2);
  trial.plan.share = {static_cast<std::uint32_t>(200'000 + random() % 600'000)};
  return trial;
}

std::string Difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string left = i < a.size() ? a[i] : "(end)";
    const std::string right = i < b.size() ? b[i] : "(end)";
    if (left != right) return "at " + std::to_string(i) + ":\n  " + left + "\n  " + right;
  }
  return {};
}

struct Seen {
  std::size_t pairs = 0;
  std::size_t moved = 0;
  std::size_t stayed = 0;
};

/// Each entity as in one of two runs: those in the share as in `inside`, the others as in `outside`.
void ExpectSplit(const Recorder& both, const runtime::Share& share, const Recorder& inside,
                 const Recorder& outside, Seen& seen) {
  std::set<std::string> keys;
  for (const auto& [key, lines] : inside.by_key) keys.insert(key);
  for (const auto& [key, lines] : outside.by_key) keys.insert(key);
  for (const auto& [key, lines] : both.by_key) keys.insert(key);
  const auto of = [](const Recorder& recorder, const std::string& key) {
    const auto found = recorder.by_key.find(key);
    return found == recorder.by_key.end() ? std::vector<std::string>() : found->second;
  };
  for (const std::string& key : keys) {
    const bool is_moved = share.Has(key);
    ++(is_moved ? seen.moved : seen.stayed);
    EXPECT_EQ(Difference(of(both, key), of(is_moved ? inside : outside, key)), "")
        << key << (is_moved ? " is" : " is not") << " in the share";
  }
}

class RolloutTest : public testing::Test {
 protected:
  void ForEachTrial(const std::function<void(const Trial&, std::uint64_t seed)>& check) {
    test::ForEachSeed(kPairCount, [&](std::uint64_t seed) {
      Random random(seed);
      const std::optional<Trial> trial = RandomTrial(random);
      if (!trial) return;
      ++seen.pairs;
      check(*trial, seed);
    });
    EXPECT_GT(seen.pairs, 5U);
  }
  std::filesystem::path folder() const {
    return std::filesystem::path(testing::TempDir()) /
           ("lull_rollout_" + std::to_string(getpid()) + "_" +
            testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  void TearDown() override { std::filesystem::remove_all(folder()); }
  Seen seen;
};

TEST_F(RolloutTest, ACanaryIsADeploymentForItsShare) {
  ForEachTrial([&](const Trial& trial, std::uint64_t seed) {
    const Recorder canary = trial.Run({{trial.begin, trial.Canary()}}, seed);
    const Recorder deployed = trial.Run({{trial.begin, trial.after}}, seed);
    const Recorder nothing = trial.Run({}, seed);
    ExpectSplit(canary, trial.plan.share, deployed, nothing, seen);
    // Neither batches nor restarts change anything, not even the order.
    EXPECT_EQ(Difference(trial.Run({{trial.begin, trial.Canary()}}, seed + 1).all, canary.all), "");
    EXPECT_EQ(Difference(trial.Run({{trial.begin, trial.Canary()}}, seed, folder()).all, canary.all), "");
  });
  EXPECT_GT(seen.moved, 0U);
  EXPECT_GT(seen.stayed, 5U);
}

TEST_F(RolloutTest, APromotionIsADeploymentForTheRest) {
  ForEachTrial([&](const Trial& trial, std::uint64_t seed) {
    const Deployments promoted = {{trial.begin, trial.Canary()}, {trial.end, trial.after}};
    const Recorder canary = trial.Run(promoted, seed);
    const Recorder deployed = trial.Run({{trial.begin, trial.after}}, seed);
    const Recorder later = trial.Run({{trial.end, trial.after}}, seed);
    ExpectSplit(canary, trial.plan.share, deployed, later, seen);
    EXPECT_EQ(Difference(trial.Run(promoted, seed, folder()).all, canary.all), "");
  });
}

TEST_F(RolloutTest, AFallBackIsADeploymentOfWhatWasForItsShare) {
  ForEachTrial([&](const Trial& trial, std::uint64_t seed) {
    const Deployments fallen = {{trial.begin, trial.Canary()}, {trial.end, trial.before}};
    const Recorder canary = trial.Run(fallen, seed);
    const Recorder there_and_back = trial.Run({{trial.begin, trial.after}, {trial.end, trial.before}}, seed);
    const Recorder nothing = trial.Run({}, seed);
    ExpectSplit(canary, trial.plan.share, there_and_back, nothing, seen);
    EXPECT_EQ(Difference(trial.Run(fallen, seed, folder()).all, canary.all), "");
  });
}

TEST_F(RolloutTest, ALargerShareIsADeploymentForThoseThatComeAlong) {
  ForEachTrial([&](const Trial& trial, std::uint64_t seed) {
    for (const bool grows : {true, false}) {
      const runtime::Share other{trial.plan.share.millionths / (grows ? 2 : 1)};
      const runtime::Share last{grows ? trial.plan.share.millionths : trial.plan.share.millionths / 2};
      const Recorder canary = trial.Run({{trial.begin, trial.Tried(RolloutPlan::Kind::kCanary, other)},
                                         {trial.middle, trial.Tried(RolloutPlan::Kind::kCanary, last)},
                                         {trial.end, trial.after}},
                                        seed);
      const Recorder now = trial.Run({{trial.begin, trial.after}}, seed);
      const Recorder soon = trial.Run({{trial.middle, trial.after}}, seed);
      const Recorder later = trial.Run({{trial.end, trial.after}}, seed);
      const Recorder again = trial.Run(
          {{trial.begin, trial.after}, {trial.middle, trial.before}, {trial.end, trial.after}}, seed);
      for (const auto& [key, lines] : canary.by_key) {
        const Recorder& expected = other.Has(key)  ? (last.Has(key) ? now : again)
                                   : last.Has(key) ? soon
                                                   : later;
        const auto found = expected.by_key.find(key);
        ASSERT_TRUE(found != expected.by_key.end()) << key;
        EXPECT_EQ(Difference(lines, found->second), "") << key;
      }
    }
  });
}

TEST_F(RolloutTest, AShadowSendsNothingAndRecordsWhatADeploymentWouldHaveSent) {
  std::size_t recorded = 0;
  ForEachTrial([&](const Trial& trial, std::uint64_t seed) {
    const Recorder shadow = trial.Run({{trial.begin, trial.Shadow()}}, seed);
    const Recorder nothing = trial.Run({}, seed);
    const Recorder deployed = trial.Run({{trial.begin, trial.after}}, seed);
    EXPECT_EQ(Difference(shadow.all, nothing.all), "");
    EXPECT_EQ(shadow.dead, nothing.dead);
    for (const auto& [key, lines] : deployed.by_key) {
      if (!trial.plan.share.Has(key)) {
        EXPECT_FALSE(shadow.shadow_by_key.contains(key));
        continue;
      }
      // What was before the shadow began, it does not record.
      std::vector<std::string> since;
      for (const std::string& line : lines) {
        if (std::stoull(line) > trial.begin) since.push_back(line);
      }
      const auto found = shadow.shadow_by_key.find(key);
      const auto own = found == shadow.shadow_by_key.end() ? std::vector<std::string>() : found->second;
      EXPECT_EQ(Difference(own, since), "");
      recorded += own.size();
    }
    EXPECT_EQ(Difference(trial.Run({{trial.begin, trial.Shadow()}}, seed, folder()).shadow, shadow.shadow),
              "");
    // In force for all later, as if there had been no shadow.
    EXPECT_EQ(Difference(trial.Run({{trial.begin, trial.Shadow()}, {trial.end, trial.after}}, seed).all,
                         trial.Run({{trial.end, trial.after}}, seed).all),
              "");
  });
  EXPECT_GT(recorded, 20U);
}

connectors::CandidateFigures After(std::int64_t minutes, std::uint32_t actions, std::uint32_t errors) {
  connectors::CandidateFigures figures{.began_micros = 0, .now_micros = 0};
  figures.MoveTo(minutes * kMicrosPerMinute);
  figures.minute_of_now() = {actions, errors};
  return figures;
}

TEST(RolloutGuards, JudgeTheLastHour) {
  const RolloutPlan plan{.guards = {*connectors::ParseGuard("actions-per-hour=10..20"),
                                    *connectors::ParseGuard("errors-per-hour=..0")},
                         .promote_after_micros = 2 * kMicrosPerHour};
  EXPECT_FALSE(Judge(plan, After(1, 20, 0)).has_value());
  EXPECT_FALSE(Judge(plan, After(1, 20, 0)).has_value());
  EXPECT_FALSE(Judge(plan, After(1, 21, 0))->promote);
  EXPECT_THAT(Judge(plan, After(1, 0, 1))->why, testing::HasSubstr("errors-per-hour=..0: 1"));
  // Too few can be told once there was an hour.
  EXPECT_FALSE(Judge(plan, After(59, 9, 0)).has_value());
  EXPECT_FALSE(Judge(plan, After(60, 9, 0))->promote);
  EXPECT_FALSE(Judge(plan, After(119, 15, 0)).has_value());
  EXPECT_TRUE(Judge(plan, After(120, 15, 0))->promote);
}

TEST(RolloutGuards, ForgetWhatIsAnHourOld) {
  connectors::CandidateFigures figures = After(5, 7, 2);
  figures.MoveTo(6 * kMicrosPerMinute);
  figures.minute_of_now() = {3, 0};
  EXPECT_EQ(FigureOf(figures, connectors::Guard::Figure::kActions), 10U);
  figures.MoveTo(64 * kMicrosPerMinute);
  EXPECT_EQ(FigureOf(figures, connectors::Guard::Figure::kActions), 10U);
  figures.MoveTo(65 * kMicrosPerMinute);
  EXPECT_EQ(FigureOf(figures, connectors::Guard::Figure::kActions), 3U);
  EXPECT_EQ(FigureOf(figures, connectors::Guard::Figure::kErrors), 0U);
  figures.MoveTo(1'000 * kMicrosPerMinute);
  EXPECT_EQ(FigureOf(figures, connectors::Guard::Figure::kActions), 0U);
  figures.MoveTo(1);
  EXPECT_EQ(figures.now_micros, 1'000 * kMicrosPerMinute);
}

TEST(ShareTest, IsStableAndGrows) {
  std::size_t in_five = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string key = "customer-" + std::to_string(i);
    const bool has = runtime::Share{50'000}.Has(key);
    in_five += has ? 1 : 0;
    EXPECT_TRUE(!has || runtime::Share{60'000}.Has(key));
    EXPECT_TRUE(runtime::Share{}.Has(key));
  }
  EXPECT_NEAR(static_cast<double>(in_five), 5'000, 300);
  // Of this and all later versions: decisions depend on it.
  EXPECT_EQ((std::vector<bool>{runtime::Share{500'000}.Has("a"), runtime::Share{500'000}.Has("b"),
                               runtime::Share{500'000}.Has("c"), runtime::Share{500'000}.Has("d"),
                               runtime::Share{500'000}.Has("C1042")}),
            (std::vector<bool>{true, false, true, true, true}));
}

}  // namespace
}  // namespace lull::service
