#include "runtime/rule_plan.h"

#include <algorithm>
#include <string_view>

namespace lull::runtime {
namespace {

constexpr std::size_t kEachNudgesMax = 64;
constexpr std::size_t kOutCountMin = 8;

std::vector<std::uint32_t> PoliciesByName(const Ruleset& ruleset) {
  std::vector<std::uint32_t> policies;
  for (std::uint32_t index = 0; index < ruleset.policies.size(); ++index) policies.push_back(index);
  std::sort(policies.begin(), policies.end(), [&](std::uint32_t a, std::uint32_t b) {
    return ruleset.policies[a].name < ruleset.policies[b].name;
  });
  return policies;
}

void AddPolicies(const Ruleset& ruleset, RulePlan& plan) {
  for (const std::uint32_t index : PoliciesByName(ruleset)) {
    const PolicySpec& policy = ruleset.policies[index];
    const bool ranks = policy.best_by_worth || policy.best_by != kNoFunction;
    const bool by_unit = std::ranges::any_of(
        policy.limits, [](const LimitSpec& limit) { return limit.scope == LimitScope::kUnit; });
    for (const std::uint32_t nudge : policy.covers) {
      NudgePlan& nudge_plan = plan.nudges[nudge];
      nudge_plan.policies.push_back(index);
      if (ranks && nudge_plan.ranking == kNoIndex) nudge_plan.ranking = index;
      nudge_plan.needs_unit = nudge_plan.needs_unit || by_unit;
    }
  }
}

Status AddNudge(const Ruleset& ruleset, std::uint32_t index, RulePlan& plan,
                std::vector<std::size_t>& each_counts) {
  const NudgeSpec& nudge = ruleset.nudges[index];
  NudgePlan& nudge_plan = plan.nudges[index];
  nudge_plan.is_task = ruleset.channels[nudge.channel].is_task;
  if (nudge.trigger != TriggerKind::kWhile || nudge.state_condition == kNoIndex) return {};
  const EntitySpec& entity = ruleset.entities[nudge.entity];
  const ConditionSpec& state = entity.conditions[nudge.state_condition];
  if (state.each_wait == kNoIndex) return {};
  std::size_t& count = each_counts[state.each_wait];
  if (count == kEachNudgesMax) return Fail("more than 64 nudges `while " + state.name + "`");
  nudge_plan.each_wait = state.each_wait;
  nudge_plan.each_bit = std::uint64_t{1} << count++;
  plan.entities[nudge.entity].each_nudges.push_back(index);
  return {};
}

std::size_t OutCount(const Ruleset& ruleset) {
  std::size_t count = kOutCountMin;
  const auto see = [&](const TextSpec& text) { count = std::max(count, text.text.arguments.size()); };
  for (const NudgeSpec& nudge : ruleset.nudges) {
    see(nudge.title);
    std::ranges::for_each(nudge.reasons, see);
  }
  for (const EntitySpec& entity : ruleset.entities) {
    for (const auto& event : entity.events) count = std::max(count, event.before.size());
  }
  for (const ScoreSpec& score : ruleset.scores) {
    for (const ScoreSpec::Part& part : score.parts) see(part.because);
  }
  return count;
}

void AddPlacesByName(const Ruleset& ruleset, RulePlan& plan) {
  std::vector<std::string_view> names;
  for (const NudgeSpec& nudge : ruleset.nudges) names.push_back(nudge.name);
  std::ranges::sort(names);
  for (std::size_t index = 0; index < ruleset.nudges.size(); ++index) {
    const auto place = std::ranges::lower_bound(names, std::string_view(ruleset.nudges[index].name));
    plan.nudges[index].place_by_name = static_cast<std::uint32_t>(place - names.begin());
  }
}

}  // namespace

Result<RulePlan> RulePlan::Make(const Ruleset& ruleset) {
  for (const CalendarSpec& calendar : ruleset.calendars) {
    if (const auto made = Calendar::Make(calendar); !made) return std::unexpected(made.error());
  }
  RulePlan plan;
  plan.nudges.resize(ruleset.nudges.size());
  plan.entities.resize(ruleset.entities.size());
  std::vector<std::vector<std::size_t>> each_counts(ruleset.entities.size());
  for (std::size_t index = 0; index < ruleset.entities.size(); ++index) {
    plan.entities[index].condition_words = (ruleset.entities[index].conditions.size() + 63) / 64;
    each_counts[index].resize(ruleset.entities[index].each_waits.size());
  }
  for (std::uint32_t index = 0; index < ruleset.nudges.size(); ++index) {
    const Status status = AddNudge(ruleset, index, plan, each_counts[ruleset.nudges[index].entity]);
    if (!status) return std::unexpected(status.error());
  }
  AddPolicies(ruleset, plan);
  AddPlacesByName(ruleset, plan);
  plan.out_count = OutCount(ruleset);
  return plan;
}

}  // namespace lull::runtime
