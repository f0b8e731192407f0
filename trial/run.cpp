#include "trial/run.h"

#include <algorithm>

#include "compiler/interpreter.h"
#include "compiler/native.h"
#include "runtime/entity_side.h"

namespace lull::trial {
namespace {

bool IsYes(const compiler::ExprProbe& probe, const runtime::FieldValue& value) {
  return probe.type.type == runtime::ValueType::kFlag && value.integer == 1;
}

}  // namespace

Result<Observed> Observe(const dsl::LoadedRuleset& loaded, const compiler::ProbeRequests& requests,
                         bool native) {
  Observed observed;
  observed.loaded = &loaded;
  Result<Zone> zone = Zone::Find(loaded.program.header.zone);
  if (!zone) return std::unexpected(zone.error());
  observed.zone = *zone;
  Result<compiler::CompiledRuleset> compiled = compiler::Compile(loaded.program, requests);
  if (!compiled) return std::unexpected(compiled.error());
  observed.compiled = std::move(*compiled);
  if (!native) {
    observed.code = compiler::MakeInterpreted(observed.compiled.module);
    return observed;
  }
  auto code = compiler::CompileNative(*observed.compiled.module, compiler::NativeOptions());
  if (!code) return std::unexpected(code.error());
  observed.code = *code;
  return observed;
}

Result<std::unique_ptr<Run>> Run::Begin(const Observed& observed,
                                        std::shared_ptr<const runtime::Ruleset> ruleset,
                                        const runtime::EngineOptions& options) {
  std::unique_ptr<Run> run(new Run(observed, std::move(ruleset)));
  auto engine = runtime::Engine::Create({run->ruleset_, observed.code}, options, run->recorder_);
  if (!engine) return std::unexpected(engine.error());
  run->engine_ = std::move(*engine);
  run->engine_->SetTrace(&run->recorder_);
  return run;
}

runtime::ApplyResult Run::Apply(const runtime::EventFrame& frame) {
  recorder_.AddEvent(frame);
  return engine_->Apply(frame);
}

std::string Run::ValueText(std::uint32_t entity, std::string_view key, dsl::ExprId expr, std::int64_t instant,
                           const runtime::FieldValue* event_fields) {
  const compiler::ExprProbe& probe = observed_.compiled.probes.exprs.at(expr);
  runtime::Engine::Probed probed;
  std::string text;
  if (!engine_->Probe(entity, key, probe.function, {instant}, event_fields, probed)) return "unknown";
  runtime::AppendValue(text, probed.out[0], probe.type, recorder_.FormatFor(entity));
  return probe.type.type == runtime::ValueType::kText && text != "unknown" ? "\"" + text + "\"" : text;
}

bool Run::Holds(std::uint32_t entity, std::string_view key, dsl::ExprId condition, std::int64_t instant,
                const runtime::FieldValue* event_fields) {
  const compiler::ExprProbe& probe = observed_.compiled.probes.exprs.at(condition);
  runtime::Engine::Probed probed;
  return engine_->Probe(entity, key, probe.function, {instant}, event_fields, probed) &&
         IsYes(probe, probed.out[0]);
}

std::vector<Answer> Run::Ask(const std::vector<Part>& parts, std::uint32_t entity, std::string_view key,
                             std::int64_t instant, const runtime::FieldValue* event_fields) {
  const bool at_hand = event_fields != nullptr;
  std::vector<Answer> answers;
  for (const Part& part : parts) {
    if (part.stall != dsl::kNone) {
      answers.push_back(AskStall(part, entity, key, instant));
      continue;
    }
    Answer answer{.part = &part};
    if (part.condition != dsl::kNone && (at_hand || !part.needs_event)) {
      answer.holds = Holds(entity, key, part.condition, instant, event_fields);
    }
    for (const Part::Value& value : part.values) {
      if (value.needs_event && !at_hand) continue;
      if (!answer.why.empty()) answer.why += ", ";
      answer.why += value.name + " is " + ValueText(entity, key, value.expr, instant, event_fields);
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

Answer Run::AskStall(const Part& part, std::uint32_t entity, std::string_view key, std::int64_t instant) {
  const compiler::StallProbe& probe = observed_.compiled.probes.stalls.at(part.stall);
  Answer answer{.part = &part};
  const std::byte* record = engine_->Record(entity, key);
  if (record == nullptr) {
    answer.holds = false;
    answer.why = "nothing has happened yet";
    return answer;
  }
  if (part.is_state) {
    answer.holds = probe.condition != runtime::kNoIndex && runtime::TestBit(record, probe.condition);
    return answer;
  }
  runtime::Engine::Probed probed;
  engine_->Probe(entity, key, probe.function, {instant}, nullptr, probed);
  const std::int64_t start = probed.out[0].integer;
  const std::int64_t end = probed.out[1].integer;
  if (start == kUnknown) {
    answer.holds = false;
    answer.why = "there is nothing to wait for now";
    return answer;
  }
  if (end == kUnknown) {
    answer.holds = false;
    answer.why = "how long is not known";
    return answer;
  }
  answer.holds = end <= instant;
  runtime::AppendDuration(answer.why, instant - start);
  answer.why += " of ";
  runtime::AppendDuration(answer.why, end - start);
  answer.why += (*answer.holds ? ", since " : ", until ") + recorder_.TimeText(end);
  return answer;
}

const runtime::WaitingNudge* Run::Waiting(std::uint32_t nudge, std::string_view key) const {
  std::uint32_t part = 0;
  const runtime::EntitySide* side = engine_->Side(ruleset_->nudges[nudge].entity, key, part);
  if (side == nullptr) return nullptr;
  for (const runtime::WaitingNudge& waiting : side->waiting) {
    if (waiting.nudge == nudge && waiting.part == part) return &waiting;
  }
  return nullptr;
}

const runtime::OpenTask* Run::Open(std::uint32_t nudge, std::string_view key) const {
  std::uint32_t part = 0;
  const runtime::EntitySide* side = engine_->Side(ruleset_->nudges[nudge].entity, key, part);
  if (side == nullptr) return nullptr;
  for (const runtime::OpenTask& task : side->tasks) {
    if (task.nudge == nudge && task.part == part) return &task;
  }
  return nullptr;
}

bool Run::IsOpen(const DecisionRecord& record) const {
  std::uint32_t part = 0;
  const runtime::EntitySide* side = engine_->Side(record.entity, record.key, part);
  return side != nullptr && std::ranges::count(side->tasks, record.id, &runtime::OpenTask::id) > 0;
}

}  // namespace lull::trial
