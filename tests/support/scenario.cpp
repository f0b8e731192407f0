#include "tests/support/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "compiler/compile.h"
#include "compiler/interpreter.h"
#include "compiler/journey_proofs.h"
#include "compiler/native.h"
#include "connectors/json_decoder.h"
#include "connectors/raw_batch.h"
#include "connectors/time_text.h"
#include "dsl/load.h"
#include "dsl/render.h"
#include "runtime/engine.h"
#include "runtime/format.h"
#include "runtime/ordered_sink.h"

namespace lull::test {
namespace {

using Level = int;
constexpr Level kInterpreter = -1;

/// The decisions as lines.
class LineSink : public runtime::DecisionSink {
 public:
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnDecision(const runtime::Decision& decision) override {
    const runtime::Ruleset& rules = *decision.ruleset;
    std::string line;
    const bool is_goal = decision.kind == runtime::DecisionKind::kGoal;
    runtime::AppendRfc3339(line, decision.time.micros);
    line +=
        " " + std::string(NameOf(decision.kind)) + " " +
        (is_goal ? rules.experiments[decision.arms[0].experiment].name : rules.nudges[decision.nudge].name) +
        " " +
        (rules.entities[decision.entity].whole == runtime::kNoIndex ? ""
                                                                    : std::string(decision.whole_key) + "/") +
        std::string(decision.key);
    for (const runtime::ArmChoice& choice : decision.arms) {
      line += " in " + rules.experiments[choice.experiment].arms[choice.arm].name;
    }
    if (decision.unit != runtime::kNoIndex) line += " -> " + rules.units[decision.unit].name;
    if (decision.unit_key.known()) line += "/" + std::string(decision.unit_key.view());
    if (decision.kind == runtime::DecisionKind::kEscalated && decision.from_unit != runtime::kNoIndex) {
      line += " from " + rules.units[decision.from_unit].name;
      if (decision.from_key.known()) line += "/" + std::string(decision.from_key.view());
    }
    if (decision.due.micros != kUnknown && decision.kind == runtime::DecisionKind::kSent) {
      line += " due ";
      runtime::AppendRfc3339(line, decision.due.micros);
    }
    if (!decision.title.empty()) line += ": " + std::string(decision.title);
    for (const std::string_view reason : decision.reasons) line += " | " + std::string(reason);
    for (const runtime::ScoreOutcome& score : decision.scores) {
      for (const runtime::ScoreReason& reason : score.reasons) line += " | " + std::string(reason.text);
    }
    if (!decision.why.empty()) line += " (" + std::string(decision.why) + ")";
    lines.emplace_back(decision.time.micros, std::move(line));
  }
  std::vector<std::pair<std::int64_t, std::string>> lines;  // instant, line
};

compiler::CompiledRuleset CompileRules(const std::string& rules) {
  dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"rules.lull", rules}});
  if (loaded.good()) compiler::ProveJourneys(loaded.program, loaded.diagnostics);
  std::string problems;
  for (const dsl::Diagnostic& diagnostic : loaded.diagnostics.all()) {
    if (diagnostic.severity() == dsl::Severity::kError) problems += diagnostic.message + "\n";
  }
  EXPECT_TRUE(loaded.good()) << problems << rules;
  if (!loaded.good()) return {};
  auto compiled = compiler::Compile(loaded.program);
  EXPECT_TRUE(compiled.has_value());
  return compiled ? *compiled : compiler::CompiledRuleset{};
}

runtime::Program MakeProgram(const compiler::CompiledRuleset& compiled, Level level) {
  if (level == kInterpreter) return {compiled.ruleset, compiler::MakeInterpreted(compiled.module)};
  compiler::NativeOptions options;
  options.level = level;
  const auto code = compiler::CompileNative(*compiled.module, options);
  EXPECT_TRUE(code.has_value());
  return {compiled.ruleset, *code};
}

std::vector<std::string> Lines(const std::string& log) {
  std::vector<std::string> lines;
  std::istringstream in(log);
  for (std::string line; std::getline(in, line);) {
    if (line.find('{') != std::string::npos) lines.push_back(line);
  }
  return lines;
}

struct Tried {
  compiler::CompiledRuleset first, next;
};

std::vector<std::string> RunOnce(const Tried& rules, const std::vector<std::string>& log,
                                 const ScenarioOptions& options, Level level) {
  LineSink sink;
  runtime::EngineOptions engine_options;
  engine_options.lateness_micros = options.lateness_micros;
  auto engine = runtime::Engine::Create(MakeProgram(rules.first, level), engine_options, sink);
  EXPECT_TRUE(engine.has_value());
  auto decoder = std::make_unique<connectors::JsonDecoder>(rules.first.ruleset);
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (!options.next_rules.empty() && i == options.swap_at) {
      EXPECT_TRUE((*engine)->Swap(MakeProgram(rules.next, level)).has_value());
      decoder = std::make_unique<connectors::JsonDecoder>(rules.next.ruleset);
    }
    connectors::RawBatch raw;
    raw.Add(log[i], {i + 1});
    const connectors::DecodedBatch batch = decoder->Decode(raw.events());
    for (const connectors::DeadLetter& dead : batch.dead_letters)
      ADD_FAILURE() << dead.reason << ": " << log[i];
    for (const runtime::EventFrame& frame : batch.frames) (*engine)->Apply(frame);
  }
  EventTime end = (*engine)->latest_time();
  if (!options.until.empty()) {
    const auto until = connectors::ParseRfc3339(options.until);
    EXPECT_TRUE(until.has_value()) << options.until;
    end = EventTime{*until};
  }
  (*engine)->Finish(end);
  std::ranges::stable_sort(sink.lines, {}, [](const auto& line) { return line.first; });
  std::vector<std::string> lines;
  for (auto& [instant, line] : sink.lines) lines.push_back(std::move(line));
  return lines;
}

}  // namespace

std::vector<std::string> RunScenario(const std::string& rules, const std::string& log,
                                     const ScenarioOptions& options) {
  Tried tried{CompileRules(rules), {}};
  if (!options.next_rules.empty()) tried.next = CompileRules(options.next_rules);
  if (tried.first.ruleset == nullptr) return {};
  const std::vector<std::string> lines = Lines(log);
  const std::vector<std::string> judged = RunOnce(tried, lines, options, kInterpreter);
  for (const Level level : {0, 1})
    EXPECT_EQ(RunOnce(tried, lines, options, level), judged) << "level " << level;
  return judged;
}

std::vector<std::string> CodesOf(const std::string& rules) {
  dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"rules.lull", rules}});
  if (loaded.good()) compiler::ProveJourneys(loaded.program, loaded.diagnostics);
  std::vector<std::string> codes;
  for (const dsl::Diagnostic* diagnostic : loaded.diagnostics.Sorted())
    codes.push_back(CodeText(diagnostic->code));
  return codes;
}

}  // namespace lull::test
