#include "tests/support/collector.h"

#include <fmt/format.h>

#include <cmath>

namespace lull::test {
namespace {

using runtime::Decision;
using runtime::DecisionCode;
using runtime::DecisionKind;
using runtime::ValueType;

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

}  // namespace

void Collector::OnDecision(const Decision& decision) {
  result.records.push_back(
      fmt::format("{} {} {} {} {} {} n{} k{} {} {}", decision.time.micros, decision.entity, decision.key,
                  decision.ruleset->nudges[decision.nudge].name, NameOf(decision.kind), NameOf(decision.code),
                  decision.n, decision.k, decision.id.Hex(), WorthText(decision)));
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

}  // namespace lull::test
