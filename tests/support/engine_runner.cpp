#include "tests/support/engine_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "dsl/load.h"
#include "dsl/render.h"
#include "runtime/base/check.h"

namespace lull::test {
namespace {

using runtime::Decision;
using runtime::DecisionCode;
using runtime::DecisionKind;
using runtime::FieldValue;
using runtime::ValueType;

/// The frames of a log; owns the memory behind them.
class Frames {
 public:
  Frames(const std::vector<LogEvent>& log, const runtime::Ruleset& ruleset) {
    for (const LogEvent& event : log) Add(event, ruleset);
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      frames_[i].fields = fields_[i].data();
      frames_[i].keys = keys_[i].data();
    }
  }

  std::span<const runtime::EventFrame> all() const { return frames_; }

 private:
  static FieldValue Unknown(ValueType type) {
    FieldValue value;
    if (type == ValueType::kNumber) value.number = std::numeric_limits<double>::quiet_NaN();
    if (type != ValueType::kNumber && type != ValueType::kText) value.integer = kUnknown;
    return value;
  }

  static FieldValue Of(const Value& from, ValueType type) {
    FieldValue value = Unknown(type);
    if (!from.known) return value;
    if (type == ValueType::kNumber) {
      value.number = from.number;
    } else if (type == ValueType::kText) {
      value.text = runtime::TextView::Of(from.text);
    } else {
      value.integer = from.integer;
    }
    return value;
  }

  void Add(const LogEvent& event, const runtime::Ruleset& ruleset) {
    const runtime::EventSchema& schema = ruleset.events[event.event];
    runtime::EventFrame frame;
    frame.event = event.event;
    frame.time = EventTime{event.time};
    frame.position = {frames_.size() + 1};
    std::vector<FieldValue> fields(ruleset.frame_slot_count);
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
      if (schema.fields[i].used) fields[schema.fields[i].slot] = Of(event.fields[i], schema.fields[i].type);
    }
    std::vector<runtime::TextView> keys;
    for (const auto& key : event.keys)
      keys.push_back(key ? runtime::TextView::Of(*key) : runtime::TextView{});
    frames_.push_back(frame);
    fields_.push_back(std::move(fields));
    keys_.push_back(std::move(keys));
  }

  std::vector<runtime::EventFrame> frames_;
  std::vector<std::vector<FieldValue>> fields_;
  std::vector<std::vector<runtime::TextView>> keys_;
};

dsl::TypeKind KindOf(ValueType type) {
  if (type == ValueType::kNumber) return dsl::TypeKind::kNumber;
  return type == ValueType::kText ? dsl::TypeKind::kText : dsl::TypeKind::kMoney;
}

std::string WorthText(const Decision& decision) {
  if (!decision.has_worth) return "";
  const ValueType type = decision.ruleset->nudges[decision.nudge].worth_type;
  Value value;
  if (type == ValueType::kNumber) {
    value = std::isnan(decision.worth.number) ? Value{} : Value::Number(decision.worth.number);
  } else if (decision.worth.integer != kUnknown) {
    value = Value::Integer(decision.worth.integer);
  }
  return Show(KindOf(type), value);
}

std::string UnitText(const Decision& decision) {
  if (decision.unit == runtime::kNoIndex) return "";
  std::string text = decision.ruleset->units[decision.unit].name;
  if (decision.unit_key.known()) text += " / " + std::string(decision.unit_key.view());
  return text;
}

std::string WhyText(DecisionCode code) {
  return code == DecisionCode::kPlaceTaken ? "outranked" : std::string(NameOf(code));
}

class Collector : public runtime::DecisionSink {
 public:
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }

  void OnDecision(const Decision& decision) override {
    result.records.push_back(
        fmt::format("{} {} {} {} {} {} n{} k{} {} {}", decision.time.micros, decision.entity, decision.key,
                    decision.ruleset->nudges[decision.nudge].name, NameOf(decision.kind),
                    NameOf(decision.code), decision.n, decision.k, decision.id.Hex(), WorthText(decision)));
    if (decision.kind == DecisionKind::kWaiting) return;
    if (decision.expires.micros != kUnknown &&
        (decision.kind == DecisionKind::kSent || decision.kind == DecisionKind::kHeldOut)) {
      const std::uint32_t whole = decision.ruleset->entities[decision.entity].whole;
      const bool is_part = whole != runtime::kNoIndex;
      result.tasks.push_back({is_part ? whole : decision.entity,
                              std::string(is_part ? decision.whole_key : decision.key), decision.time.micros,
                              decision.id.Hex()});
    }
    Outcome outcome;
    outcome.entity = decision.entity;
    const bool is_part = decision.ruleset->entities[decision.entity].whole != runtime::kNoIndex;
    outcome.key = is_part ? PartKey(std::string(decision.whole_key), std::string(decision.key))
                          : std::string(decision.key);
    outcome.instant = decision.time.micros;
    outcome.nudge = decision.ruleset->nudges[decision.nudge].name;
    for (const runtime::ArmChoice& choice : decision.arms) {
      const runtime::ExperimentSpec& experiment = decision.ruleset->experiments[choice.experiment];
      if (decision.kind == DecisionKind::kGoal) outcome.nudge = experiment.name;
      outcome.why += (outcome.why.empty() ? "" : ", ") + experiment.arms[choice.arm].name;
    }
    outcome.what = NameOf(decision.kind);
    const bool out = decision.kind == DecisionKind::kSent || decision.kind == DecisionKind::kHeldOut;
    if (out) outcome.worth = WorthText(decision);
    if (decision.kind == DecisionKind::kSuppressed) {
      outcome.why = WhyText(decision.code);
    } else {
      outcome.unit = UnitText(decision);
    }
    if (!out && decision.held_out) outcome.what += ", held out";
    result.outcomes.push_back(std::move(outcome));
  }

  RunResult result;
};

}  // namespace

TriedRuleset CompileText(std::string text) {
  dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts({{"random.lull", text}});
  if (!loaded.good()) {
    throw std::runtime_error(text + "\n" + dsl::RenderAll(loaded.diagnostics, loaded.sources));
  }
  auto compiled = compiler::Compile(loaded.program);
  if (!compiled) throw std::runtime_error(text + "\n" + compiled.error().message);
  return {std::move(text), std::move(loaded.program), std::move(*compiled)};
}

HoldsOut HoldoutOf(const dsl::CheckedProgram& program) {
  return [&program](const dsl::Policy& policy, const std::string& key) {
    if (policy.holdout_share <= 0) return false;
    const dsl::CheckedProgram& named = program.by_first_names();
    const std::string& name =
        named.policies[static_cast<std::size_t>(&policy - program.policies.data())].name;
    const std::string& ruleset = named.header.name;
    if (program.entities[policy.entity].whole == dsl::kNone) {
      return runtime::HoldoutPoint(ruleset, name, key) < policy.holdout_share;
    }
    const std::size_t slash = key.find('/');
    return runtime::HoldoutPoint(ruleset, name, key.substr(0, slash), key.substr(slash + 1)) <
           policy.holdout_share;
  };
}

ArmOf ArmsOf(const dsl::CheckedProgram& program) {
  return [&program](const dsl::Experiment& experiment, const std::string& key) {
    const dsl::Entity& entity = program.entities[experiment.entity];
    runtime::ArmName name{.ruleset = program.header.name,
                          .experiment = experiment.name,
                          .entity = entity.name,
                          .key = key,
                          .is_part = entity.whole != dsl::kNone,
                          .whole = {}};
    if (name.is_part) {
      const std::size_t slash = key.find('/');
      name.whole = std::string_view(key).substr(0, slash);
      name.key = std::string_view(key).substr(slash + 1);
    }
    std::uint64_t point = runtime::ArmPoint(name);
    std::uint32_t arm = 0;
    for (; point >= experiment.arms[arm].share; ++arm) point -= experiment.arms[arm].share;
    return arm;
  };
}

IdOfTask TaskIdsOf(const dsl::CheckedProgram& program) {
  return [&program](const TaskName& name) {
    return runtime::MakeDecisionId({.ruleset = program.header.name,
                                    .nudge = name.nudge,
                                    .entity = name.entity,
                                    .key = name.key,
                                    .is_part = name.is_part,
                                    .whole = name.whole,
                                    .instant = name.instant,
                                    .n = name.n,
                                    .k = name.k})
        .Hex();
  };
}

RunResult RunEngine(const dsl::CheckedProgram& program, const runtime::Program& code,
                    const std::vector<LogEvent>& log, const RunOptions& options) {
  LULL_CHECK(code.ruleset->events.size() == program.events.size());
  Collector collector;
  runtime::EngineOptions engine_options;
  engine_options.live = options.tick_micros > 0;
  auto engine = runtime::Engine::Create(code, engine_options, collector);
  LULL_CHECK(engine.has_value());
  const Frames frames(log, *code.ruleset);
  const auto all = frames.all();
  std::int64_t tick = log.empty() ? 0 : log.front().time;
  for (std::size_t from = 0; from < all.size();) {
    if (options.swap_every > 0 && from % options.swap_every == 0)
      LULL_CHECK((*engine)->Swap(code).has_value());
    while (options.tick_micros > 0 && tick + options.tick_micros <= all[from].time.micros) {
      // Far apart events need no more than a tick at each end.
      const std::int64_t steps = (all[from].time.micros - tick) / options.tick_micros;
      tick += options.tick_micros * std::max<std::int64_t>(1, steps / 2);
      (*engine)->Tick(EventTime{tick});
    }
    std::size_t count = std::min(options.batch_size, all.size() - from);
    if (options.swap_every > 0) count = std::min(count, options.swap_every - from % options.swap_every);
    if (options.tick_micros > 0 || options.after_event) count = 1;
    (*engine)->ApplyBatch(all.subspan(from, count));
    if (options.after_event) options.after_event(log[from], (*engine)->stats());
    from += count;
  }
  if (!log.empty()) (*engine)->Finish((*engine)->latest_time());
  std::ranges::sort(collector.result.outcomes);
  return std::move(collector.result);
}

}  // namespace lull::test
