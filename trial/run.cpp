#include "trial/run.h"

#include <algorithm>

#include "compiler/interpreter.h"
#include "compiler/native.h"
#include "runtime/entity_side.h"

namespace lull::trial {
namespace {

constexpr const char* kNothingToWaitFor = "there is nothing to wait for now";

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

std::string Run::ValueText(const Who& who, dsl::ExprId expr, std::int64_t instant,
                           const runtime::FieldValue* event_fields) {
  const compiler::ExprProbe& probe = observed_.compiled.probes.exprs.at(expr);
  runtime::Engine::Probed probed;
  std::string text;
  if (!engine_->Probe(who.name(), probe.function, {instant}, event_fields, probed)) return "unknown";
  runtime::AppendValue(text, probed.out[0], probe.type, recorder_.FormatFor(who.entity));
  return probe.type.type == runtime::ValueType::kText && text != "unknown" ? "\"" + text + "\"" : text;
}

bool Run::Holds(const Who& who, dsl::ExprId condition, std::int64_t instant,
                const runtime::FieldValue* event_fields) {
  const compiler::ExprProbe& probe = observed_.compiled.probes.exprs.at(condition);
  runtime::Engine::Probed probed;
  return engine_->Probe(who.name(), probe.function, {instant}, event_fields, probed) &&
         IsYes(probe, probed.out[0]);
}

std::vector<Answer> Run::Ask(const std::vector<Part>& parts, const Who& who, std::int64_t instant,
                             const runtime::FieldValue* event_fields) {
  const bool at_hand = event_fields != nullptr;
  std::vector<Answer> answers;
  for (const Part& part : parts) {
    if (part.stall != dsl::kNone) {
      answers.push_back(AskStall(part, who, instant));
      continue;
    }
    Answer answer{.part = &part};
    if (part.condition != dsl::kNone && (at_hand || !part.needs_event)) {
      answer.holds = Holds(who, part.condition, instant, event_fields);
    }
    for (const Part::Value& value : part.values) {
      if (value.needs_event && !at_hand) continue;
      if (!answer.why.empty()) answer.why += ", ";
      answer.why += value.name + " is " + ValueText(who, value.expr, instant, event_fields);
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

Answer Run::AskStall(const Part& part, const Who& who, std::int64_t instant) {
  const compiler::StallProbe& probe = observed_.compiled.probes.stalls.at(part.stall);
  Answer answer{.part = &part};
  const std::byte* record = engine_->Record(who.name());
  if (record == nullptr) {
    answer.holds = false;
    answer.why = "nothing has happened yet";
    return answer;
  }
  if (part.is_state) {
    answer.holds = probe.condition != runtime::kNoIndex && runtime::TestBit(record, probe.condition);
    return answer;
  }
  if (probe.function == runtime::kNoFunction) {
    AskWaits(record, probe.condition, who, answer);
    return answer;
  }
  runtime::Engine::Probed probed;
  engine_->Probe(who.name(), probe.function, {instant}, nullptr, probed);
  const std::int64_t start = probed.out[0].integer;
  const std::int64_t end = probed.out[1].integer;
  if (start == kUnknown) {
    answer.holds = false;
    answer.why = kNothingToWaitFor;
    return answer;
  }
  if (end == kUnknown) {
    answer.holds = false;
    answer.why = "how long is not known";
    return answer;
  }
  answer.holds = end <= instant;
  if (part.duration == dsl::kNone) {
    runtime::AppendDuration(answer.why, instant - start);
    answer.why += " of ";
    runtime::AppendDuration(answer.why, end - start);
  } else {
    // How much of it has passed is another question than how much time.
    answer.why = DurationText(part, part.duration, who, instant) + " from " + recorder_.TimeText(start);
  }
  answer.why += (*answer.holds ? ", since " : ", until ") + recorder_.TimeText(end);
  return answer;
}

void Run::AskWaits(const std::byte* record, std::uint32_t condition, const Who& who, Answer& answer) {
  const auto& specs = ruleset_->entities[who.entity].each_waits;
  const auto spec = std::ranges::find(specs, condition, &runtime::EachWaitSpec::condition);
  const runtime::EntitySide* side = reinterpret_cast<const runtime::RecordHeader*>(record)->side;
  const auto index = static_cast<std::size_t>(spec - specs.begin());
  answer.holds = false;
  if (side == nullptr || index >= side->each.size() || side->each[index].waits.empty()) {
    answer.why = kNothingToWaitFor;
    return;
  }
  const std::vector<runtime::EachWait>& waits = side->each[index].waits;
  const auto overdue = std::ranges::count(waits, true, &runtime::EachWait::overdue);
  answer.holds = overdue > 0;
  answer.why = std::to_string(waits.size()) + (waits.size() == 1 ? " wait" : " waits") +
               ", the oldest from " + recorder_.TimeText(waits.front().start) + "; " +
               std::to_string(overdue) + " overdue";
}

std::string Run::DurationText(const Part& part, dsl::ExprId duration, const Who& who, std::int64_t instant) {
  const dsl::CheckedProgram& program = loaded().program;
  const dsl::Expr& expr = program.expr(duration);
  const auto is_asked = [&](dsl::ExprId id) { return std::ranges::count(part.duration_values, id) > 0; };
  const auto amount = [&](const char* unit) {
    const std::string count = ValueText(who, expr.args[0], instant);
    return count + " " + unit + (count == "1" ? "" : "s");
  };
  if (expr.type.kind != dsl::TypeKind::kCalendarDuration) {
    return is_asked(duration) ? ValueText(who, duration, instant) : TextOf(loaded(), duration);
  }
  if (expr.kind == dsl::ExprKind::kFeature) {
    return DurationText(part, program.features[expr.index].value, who, instant);
  }
  const bool is_sum = expr.kind == dsl::ExprKind::kAdd || expr.kind == dsl::ExprKind::kSubtract;
  if (is_sum) {
    return DurationText(part, expr.args[0], who, instant) +
           (expr.kind == dsl::ExprKind::kAdd ? " + " : " - ") +
           DurationText(part, expr.args[1], who, instant);
  }
  if (expr.args.empty() || !is_asked(expr.args[0])) return TextOf(loaded(), duration);
  switch (expr.kind) {
    case dsl::ExprKind::kIf:
      return DurationText(part, expr.args[Holds(who, expr.args[0], instant) ? 1 : 2], who, instant);
    case dsl::ExprKind::kOpenTime:
      return ValueText(who, expr.args[0], instant) + " of " + program.calendars[expr.index].name;
    case dsl::ExprKind::kOpenDays:
      return amount("working day") + " of " + program.calendars[expr.index].name;
    case dsl::ExprKind::kMonths:
      return amount("month");
    default:
      return TextOf(loaded(), duration);
  }
}

const runtime::WaitingNudge* Run::Waiting(std::uint32_t nudge, const Who& who) const {
  std::uint32_t part = 0;
  const runtime::EntitySide* side = engine_->Side(who.name(), part);
  if (side == nullptr) return nullptr;
  for (const runtime::WaitingNudge& waiting : side->waiting) {
    if (waiting.nudge == nudge && waiting.part == part) return &waiting;
  }
  return nullptr;
}

const runtime::OpenTask* Run::Open(std::uint32_t nudge, const Who& who) const {
  std::uint32_t part = 0;
  const runtime::EntitySide* side = engine_->Side(who.name(), part);
  if (side == nullptr) return nullptr;
  for (const runtime::OpenTask& task : side->tasks) {
    if (task.nudge == nudge && task.part == part) return &task;
  }
  return nullptr;
}

bool Run::IsOpen(const DecisionRecord& record) const {
  std::uint32_t part = 0;
  const runtime::EntitySide* side = engine_->Side(record.who().name(), part);
  return side != nullptr && std::ranges::count(side->tasks, record.id, &runtime::OpenTask::id) > 0;
}

}  // namespace lull::trial
