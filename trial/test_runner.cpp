#include "trial/test_runner.h"

#include <algorithm>
#include <limits>

#include "dsl/condition_text.h"
#include "trial/test_frames.h"
#include "trial/test_judge.h"

namespace lull::trial {
namespace {

using dsl::Test;
using dsl::TestStep;
using dsl::TestStepKind;

constexpr std::size_t kTimelineLinesMax = 20;

/// The ruleset with the holdouts and arms of a test: nobody is held out of anything but by the test's word.
std::shared_ptr<const runtime::Ruleset> ForTest(const runtime::Ruleset& ruleset, const Test& test) {
  auto copy = std::make_shared<runtime::Ruleset>(ruleset);
  for (runtime::PolicySpec& policy : copy->policies) {
    if (policy.holdout_share > 0) policy.holdout_share = test.held_out ? 1 : 0;
  }
  for (std::uint32_t e = 0; e < copy->experiments.size(); ++e) {
    std::vector<runtime::ExperimentSpec::Arm>& arms = copy->experiments[e].arms;
    const auto in_arm = std::ranges::find(test.arms, e, [](const auto& each) { return each.first; });
    if (in_arm == test.arms.end()) {
      for (runtime::ExperimentSpec::Arm& arm : arms) arm.held_out = false;
      continue;
    }
    for (std::uint32_t arm = 0; arm < arms.size(); ++arm) {
      arms[arm].up_to = arm < in_arm->second ? 0 : std::numeric_limits<std::uint64_t>::max();
    }
  }
  return copy;
}

std::vector<std::string> TimelineOf(const Run& run, const TestJudge::Verdict& verdict, Recorder& recorder) {
  std::vector<std::string> lines;
  for (const Entry& entry : recorder.Timeline()) {
    const bool all_keys = !verdict.who || verdict.who->key.empty();
    const bool concerned =
        !verdict.who || (all_keys ? entry.who.entity == verdict.who->entity : entry.who == *verdict.who);
    if (!concerned) continue;
    lines.push_back(recorder.TimeText(entry.instant) + "  " + entry.text);
    if (all_keys && !run.ruleset().entities[entry.who.entity].key.empty()) {
      const std::string whole = entry.who.whole_key.empty() ? "" : " of " + entry.who.whole_key;
      lines.back() += " (" + entry.who.key + whole + ")";
    }
  }
  if (lines.size() > kTimelineLinesMax) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kTimelineLinesMax));
    lines.insert(lines.begin(), "...");
  }
  return lines;
}

}  // namespace

Result<TestSuite> TestSuite::Make(const dsl::LoadedRuleset& loaded, bool native) {
  TestSuite suite;
  suite.nudge_parts_.resize(loaded.program.nudges.size());
  compiler::ProbeRequests requests;
  for (const Test& test : loaded.program.tests) {
    for (const TestStep& step : test.steps) {
      if (step.kind != TestStepKind::kExpect) continue;
      const dsl::Expectation& expected = step.expectation;
      if (expected.what == dsl::Expected::kCondition) {
        std::vector<Part>& parts = suite.state_parts_[expected.condition];
        parts = PartsOfCondition(loaded, expected.condition);
        requests.exprs.push_back(expected.condition);
        AddRequests(parts, requests);
      } else if (expected.nudge != dsl::kNone && suite.nudge_parts_[expected.nudge].empty()) {
        suite.nudge_parts_[expected.nudge] = PartsOf(loaded, expected.nudge);
        AddRequests(suite.nudge_parts_[expected.nudge], requests);
      }
    }
  }
  Result<Observed> observed = Observe(loaded, requests, native);
  if (!observed) return std::unexpected(observed.error());
  suite.observed_ = std::make_shared<const Observed>(std::move(*observed));
  return suite;
}

Result<TestResult> TestSuite::RunTest(std::size_t index) {
  const dsl::LoadedRuleset& loaded = *observed_->loaded;
  const Test& test = loaded.program.tests[index];
  TestResult result;
  result.test = &test;
  if (test.steps.empty()) return result;
  runtime::EngineOptions options;
  options.live = true;
  auto begun = Run::Begin(*observed_, ForTest(*observed_->compiled.ruleset, test), options);
  if (!begun) return std::unexpected(begun.error());
  Run& run = **begun;
  TestFrames frames(loaded.program, run.ruleset());
  for (const dsl::TestSubject& subject : test.subjects) {
    run.engine().Preset({subject.entity, subject.key, subject.whole_key}, frames.Attributes(subject));
  }
  TestJudge judge(run, nudge_parts_, state_parts_, test.steps.front().instant);
  const auto fail = [&](const TestStep& step, TestJudge::Verdict verdict) {
    TestFailure& failure = result.failures.emplace_back();
    failure.span = step.span;
    failure.instant = step.instant;
    failure.step = dsl::OnOneLine(loaded.sources.TextOf(step.span));
    failure.message = std::move(verdict.message);
    failure.timeline = TimelineOf(run, verdict, run.recorder());
    failure.reasons = std::move(verdict.reasons);
  };
  std::int64_t since = kUnknown;
  for (std::size_t first = 0; first < test.steps.size();) {
    const std::int64_t now = test.steps[first].instant;
    std::size_t end = first;
    while (end < test.steps.size() && test.steps[end].instant == now) ++end;
    run.engine().Tick({now});
    for (std::size_t i = first; i < end; ++i) {
      const TestStep& step = test.steps[i];
      if (step.kind == TestStepKind::kEvent) run.Apply(frames.Make(step.event, now));
      if (step.kind != TestStepKind::kTask) continue;
      TestJudge::Verdict verdict;
      if (const DecisionRecord* task = judge.TaskOf(step.task, now, verdict); task != nullptr) {
        run.Apply(frames.MakeStep(step.task, *task, now));
      } else {
        fail(step, std::move(verdict));
      }
    }
    // All of this instant has been read: its deadlines are decided.
    run.engine().Tick({now + 1});
    for (std::size_t i = first; i < end; ++i) {
      const TestStep& step = test.steps[i];
      if (step.kind != TestStepKind::kExpect) continue;
      TestJudge::Verdict verdict = judge.Judge(step, since);
      if (!verdict.message.empty()) fail(step, std::move(verdict));
    }
    since = now;
    first = end;
  }
  seen_.Merge(run.recorder().seen());
  return result;
}

Status RunOwnTests(const dsl::LoadedRuleset& loaded) {
  if (loaded.program.tests.empty()) return {};
  Result<TestSuite> suite = TestSuite::Make(loaded, false);
  if (!suite) return std::unexpected(suite.error());
  std::string failures;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < suite->size(); ++i) {
    const Result<TestResult> result = suite->RunTest(i);
    if (!result) return std::unexpected(result.error());
    if (result->passed()) continue;
    ++failed;
    failures += "\n  \"" + result->test->title + "\": " + result->failures.front().message;
  }
  if (failed == 0) return {};
  return Fail(std::to_string(failed) + " of the ruleset's " + std::to_string(suite->size()) +
              " tests fail:" + failures + "\nWhat to do: `lull test` shows what happened.");
}

bool MatchesName(std::string_view name, std::string_view pattern) {
  if (pattern.find('*') == std::string_view::npos) return name.find(pattern) != std::string_view::npos;
  // Each piece between stars is looked for behind the one before; the first and the last are at the ends.
  std::size_t at = 0;
  bool first = true;
  while (true) {
    const std::size_t star = pattern.find('*');
    const std::string_view piece = pattern.substr(0, star);
    if (star == std::string_view::npos) return name.size() >= at + piece.size() && name.ends_with(piece);
    const std::size_t found = name.find(piece, at);
    if (found == std::string_view::npos || (first && found != 0)) return false;
    at = found + piece.size();
    pattern.remove_prefix(star + 1);
    first = false;
  }
}

}  // namespace lull::trial
