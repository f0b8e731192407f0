#include "tests/fuzz/log_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "connectors/decision_json.h"
#include "connectors/decision_output.h"
#include "connectors/json_decoder.h"

namespace lull::test {
namespace {

using connectors::DeadLetter;
using runtime::ApplyResult;
using runtime::Decision;
using runtime::DecisionKind;

bool IsJson(const std::string& text) {
  connectors::RawBatch batch;
  batch.Add(text, {});
  const char* begin = batch.events()[0].bytes.data();
  connectors::JsonValue value;
  connectors::JsonFailure failure;
  return connectors::ScanJsonValue(begin, 0, value, failure) == begin + text.size() && text[0] == '{';
}

/// Keeps all decisions as JSON and checks what must hold for each of them.
class CheckedDecisions : public runtime::DecisionSink {
 public:
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnRuleset(const std::shared_ptr<const runtime::Ruleset>& ruleset) override {
    rulesets_.push_back(ruleset);
  }

  void OnDecision(const Decision& decision) override {
    std::string text;
    connectors::AppendDecisionJson(text, decision);
    if (decision.kind == DecisionKind::kSent) {
      std::string action;
      connectors::AppendActionJson(action, decision);
      EXPECT_TRUE(IsJson(action)) << action;
    }
    EXPECT_TRUE(IsJson(text)) << text;
    EXPECT_GE(decision.time.micros, kEventMicrosMin) << text;
    EXPECT_LT(decision.time.micros, kNever) << text;
    EXPECT_EQ(decision.kind == DecisionKind::kSent, decision.why.empty()) << text;
    std::int64_t& latest =
        latest_.try_emplace({decision.entity, std::string(decision.key)}, kUnknown).first->second;
    EXPECT_GE(decision.time.micros, latest) << "goes back in time: " << text;
    latest = decision.time.micros;
    CheckTask(decision, text);
    decisions_.push_back(std::move(text));
  }

  std::vector<std::string> Take() { return std::move(decisions_); }

 private:
  // Nothing goes out twice, and only what went out ends.
  void CheckTask(const Decision& decision, const std::string& text) {
    const bool out = decision.kind == DecisionKind::kSent || decision.kind == DecisionKind::kHeldOut;
    const bool end = decision.kind == DecisionKind::kWithdrawn || decision.kind == DecisionKind::kExpired ||
                     decision.kind == DecisionKind::kDone || decision.kind == DecisionKind::kDeclined;
    if (out) {
      EXPECT_TRUE(out_.insert(decision.id.Hex()).second) << "went out before: " << text;
    }
    if (!end) return;
    EXPECT_TRUE(out_.contains(decision.id.Hex())) << "never went out: " << text;
    EXPECT_TRUE(ended_.insert(decision.id.Hex()).second) << "ended before: " << text;
  }

  std::vector<std::shared_ptr<const runtime::Ruleset>> rulesets_;
  std::map<std::pair<std::uint32_t, std::string>, std::int64_t> latest_;
  std::set<std::string> out_;
  std::set<std::string> ended_;
  std::vector<std::string> decisions_;
};

/// One run under way.
class LogRun {
 public:
  LogRun(const runtime::Program& program, const LogSetup& setup)
      : program_(program), setup_(setup), decoder_(program.ruleset) {
    decoder_.set_max_time(setup.engine.time_max);
    auto engine = runtime::Engine::Create(program, setup.engine, decisions_);
    if (engine) engine_ = std::move(*engine);
  }

  LogBooks Run(const std::vector<std::string>& lines) {
    if (engine_ == nullptr) {
      ADD_FAILURE() << "no engine";
      return {};
    }
    std::size_t batches = 0;
    for (std::size_t from = 0; from < lines.size(); from += setup_.batch_size) {
      if (setup_.swap_every > 0 && ++batches % setup_.swap_every == 0) {
        EXPECT_TRUE(engine_->Swap(program_).has_value());
      }
      RunBatch(lines, from, std::min(lines.size(), from + setup_.batch_size));
    }
    const EventTime end = setup_.engine.until.micros == kNever ? engine_->latest_time() : setup_.engine.until;
    if (end.micros != kUnknown) engine_->Finish(end);
    Balance(lines.size());
    books_.decisions = decisions_.Take();
    return std::move(books_);
  }

 private:
  void RunBatch(const std::vector<std::string>& lines, std::size_t from, std::size_t to) {
    batch_.Clear();
    for (std::size_t i = from; i < to; ++i) batch_.Add(lines[i], {i + 1});
    const std::span<const connectors::RawEvent> raw = batch_.events();
    const std::uint64_t ignored_before = decoder_.ignored_count();
    const connectors::DecodedBatch decoded = decoder_.Decode(raw);
    for (const DeadLetter& letter : decoded.dead_letters) Bury(letter, raw, from);
    CheckSources(decoded, raw, decoder_.ignored_count() - ignored_before);
    results_.assign(decoded.frames.size(), ApplyResult::kTooFarAhead);
    for (std::size_t i = 0; i < decoded.frames.size();) {
      Tick(decoded.frames[i].time);
      const std::size_t count = setup_.engine.live ? 1 : decoded.frames.size() - i;
      engine_->ApplyBatch(decoded.frames.subspan(i, count), results_.data() + i);
      i += count;
    }
    for (const ApplyResult result : results_) ++by_result_[static_cast<std::size_t>(result)];
  }

  // Each line is one event, one dead letter, or ignored.
  void CheckSources(const connectors::DecodedBatch& decoded, std::span<const connectors::RawEvent> raw,
                    std::uint64_t ignored) {
    std::set<std::uint64_t> positions;
    for (const DeadLetter& letter : decoded.dead_letters) positions.insert(letter.position.value);
    ASSERT_EQ(decoded.frames.size(), decoded.sources.size());
    for (std::size_t i = 0; i < decoded.frames.size(); ++i) {
      ASSERT_LT(decoded.sources[i], raw.size());
      EXPECT_EQ(decoded.frames[i].position.value, raw[decoded.sources[i]].position.value);
      EXPECT_GE(decoded.frames[i].time.micros, kEventMicrosMin);
      EXPECT_LE(decoded.frames[i].time, setup_.engine.time_max);
      positions.insert(decoded.frames[i].position.value);
    }
    EXPECT_EQ(positions.size(), decoded.frames.size() + decoded.dead_letters.size());
    EXPECT_EQ(raw.size(), positions.size() + ignored);
    books_.ignored += ignored;
  }

  void Bury(const DeadLetter& letter, std::span<const connectors::RawEvent> raw, std::size_t from) {
    ++books_.dead_letters;
    EXPECT_FALSE(letter.reason.empty());
    ASSERT_GT(letter.position.value, from);
    ASSERT_LE(letter.position.value, from + raw.size());
    EXPECT_EQ(letter.bytes, raw[letter.position.value - from - 1].bytes);
    std::string text;
    connectors::AppendDeadLetterJson(text, letter);
    EXPECT_TRUE(IsJson(text)) << text.substr(0, 1'000);
    EXPECT_TRUE(connectors::IsUtf8(letter.reason)) << letter.reason;
  }

  void Tick(EventTime time) {
    if (!setup_.engine.live || setup_.tick_micros == 0 || time.micros <= next_tick_) return;
    engine_->Tick(time);
    next_tick_ = time.micros + setup_.tick_micros;
  }

  std::uint64_t Count(ApplyResult result) const { return by_result_[static_cast<std::size_t>(result)]; }

  void Balance(std::size_t lines) {
    const runtime::EngineStats stats = engine_->stats();
    books_.lines = lines;
    books_.applied = Count(ApplyResult::kApplied);
    books_.duplicates = Count(ApplyResult::kDuplicate);
    books_.late_dropped = Count(ApplyResult::kLateDropped);
    books_.after_end = Count(ApplyResult::kAfterEnd);
    books_.dead_letters +=
        Count(ApplyResult::kLateDeadLetter) + Count(ApplyResult::kNoKey) + Count(ApplyResult::kTooFarAhead);
    EXPECT_EQ(books_.lines, books_.ignored + books_.dead_letters + books_.applied + books_.duplicates +
                                books_.late_dropped + books_.after_end);
    EXPECT_EQ(Count(ApplyResult::kNoKey), stats.no_key);
    EXPECT_EQ(Count(ApplyResult::kTooFarAhead), stats.too_far_ahead);
    EXPECT_EQ(Count(ApplyResult::kAfterEnd), stats.after_end);
    // An event of several entities that only some of them took counts for both.
    EXPECT_GE(stats.applied, books_.applied);
    EXPECT_GE(stats.duplicates, books_.duplicates);
    EXPECT_GE(stats.late_dropped, books_.late_dropped);
    EXPECT_GE(stats.late_dead_letters, Count(ApplyResult::kLateDeadLetter));
    std::uint64_t results = 0;
    for (const std::uint64_t count : by_result_) results += count;
    EXPECT_EQ(stats.events, results);
    if (stats.applied == 0) {
      EXPECT_EQ(stats.records, 0U);
    }
  }

  const runtime::Program& program_;
  const LogSetup& setup_;
  connectors::JsonDecoder decoder_;
  connectors::RawBatch batch_;
  CheckedDecisions decisions_;
  std::unique_ptr<runtime::Engine> engine_;
  std::vector<ApplyResult> results_;
  std::array<std::uint64_t, 7> by_result_{};  // by ApplyResult
  std::int64_t next_tick_ = kUnknown;
  LogBooks books_;
};

}  // namespace

LogSetup LogSetup::Random(FuzzRandom& random) {
  constexpr std::int64_t kSpans[] = {0, 1, kMicrosPerSecond, kMicrosPerHour, 30 * kMicrosPerDay};
  const auto span = [&] { return kSpans[Below(random, std::size(kSpans))]; };
  LogSetup setup;
  if (OneIn(random, 2)) setup.engine.lateness_micros = span();
  if (OneIn(random, 3)) setup.dedupe_micros = span();
  setup.late = static_cast<runtime::LatePolicy>(Below(random, 3));
  setup.engine.live = OneIn(random, 3);
  if (OneIn(random, 2)) setup.tick_micros = span();
  const std::int64_t some_time =
      (1'456'000'000 + static_cast<std::int64_t>(Below(random, 330'000'000))) * kMicrosPerSecond;
  if (OneIn(random, 8)) setup.engine.until = {some_time};
  if (OneIn(random, 8)) setup.engine.time_max = {some_time};
  setup.batch_size = OneIn(random, 3) ? 1 : 1 + Below(random, 80);
  if (OneIn(random, 6)) setup.swap_every = 1 + Below(random, 5);
  return setup;
}

LogBooks RunLog(const runtime::Program& program, const std::vector<std::string>& lines,
                const LogSetup& setup) {
  auto ruleset = std::make_shared<runtime::Ruleset>(*program.ruleset);
  ruleset->late = setup.late;
  ruleset->dedupe_micros = setup.dedupe_micros;
  const runtime::Program changed{std::move(ruleset), program.code};
  return LogRun(changed, setup).Run(lines);
}

}  // namespace lull::test
