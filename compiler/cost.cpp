#include "compiler/cost.h"

#include <algorithm>

#include "compiler/cost_memory.h"
#include "compiler/cost_paths.h"
#include "compiler/plan.h"

namespace lull::compiler {
namespace {

using runtime::EntitySpec;
using runtime::FunctionId;
using runtime::kNoFunction;

/// The instructions of moments of one entity.
class WorkMeter {
 public:
  WorkMeter(const dsl::CheckedProgram& program, const runtime::Ruleset& ruleset, const Module& module)
      : program_(program), ruleset_(ruleset), paths_(module, ruleset) {}

  void Measure(dsl::EntityId id, EntityCost& cost) {
    const EntitySpec& spec = ruleset_.entities[id];
    const auto of = [&](FunctionId function) { return paths_.Of(spec, function); };
    std::uint64_t deciding = 0;
    for (std::uint32_t n = 0; n < ruleset_.nudges.size(); ++n) {
      if (ruleset_.nudges[n].entity != id) continue;
      cost.nudges.push_back({ruleset_.nudges[n].name, "", OfNudge(spec, n)});
      deciding += cost.nudges.back().amount;
    }
    const std::uint64_t follow_ups = OfFollowUps(spec, deciding);
    const std::uint64_t all_conditions = OfGroups(spec);
    std::uint64_t before = 0;
    for (const EntitySpec::ConditionGroup& group : spec.groups) before += of(group.before);
    cost.deadline_instructions = OfMove(spec) + deciding + follow_ups;
    for (std::size_t e = 0; e < spec.events.size(); ++e) {
      const EntitySpec::EventFunctions& functions = spec.events[e];
      const bool own = std::ranges::count(program_.events[e].entities, id) > 0;
      if (!own && !functions.touches) continue;
      EventCost event{program_.events[e].name, 0, {}};
      const auto add = [&](const char* what, std::uint64_t amount) {
        if (amount > 0) event.items.push_back({what, "", amount});
        event.instructions += amount;
      };
      add("what was so just before", before + of(functions.snapshot));
      add("attributes, features and journeys",
          std::max(of(functions.update), of(spec.levels)) + OfRestarts(spec));
      // All conditions are looked at when an entity begins.
      add("stalls and conditions", all_conditions);
      add("nudges on the event", of(functions.nudges));
      add("what follows from it", follow_ups);
      add("deciding", deciding);
      std::ranges::stable_sort(event.items, std::ranges::greater(), &CostItem::amount);
      cost.events.push_back(std::move(event));
    }
    std::ranges::stable_sort(cost.events, std::ranges::greater(), &EventCost::instructions);
    std::ranges::stable_sort(cost.nudges, std::ranges::greater(), &CostItem::amount);
  }

 private:
  std::uint64_t OfText(const EntitySpec& spec, const runtime::TextSpec& text) {
    return paths_.Of(spec, text.arguments) + paths_.Of(spec, text.when);
  }

  /// Whether it is due, its place among the others, and its texts. Each wait of `after each` is a chance.
  std::uint64_t OfNudge(const EntitySpec& spec, std::uint32_t number) {
    const runtime::NudgeSpec& nudge = ruleset_.nudges[number];
    const auto of = [&](FunctionId function) { return paths_.Of(spec, function); };
    std::uint64_t total = of(nudge.if_condition) + of(nudge.again_after) + 2 * of(nudge.worth);
    total += of(nudge.valid_for) + of(nudge.retry_if) + 2 * of(nudge.repeat_every);
    total += OfText(spec, nudge.title);
    for (const runtime::TextSpec& reason : nudge.reasons) total += OfText(spec, reason);
    // To know the limits of units, to send it, or to say to whom it was not sent.
    for (const runtime::RouteSpec& route : nudge.routes) total += 3 * of(route.key);
    total += of(nudge.due) + of(nudge.expires);
    for (const runtime::RungSpec& rung : nudge.ladder) total += of(rung.after) + of(rung.route.key);
    for (const std::uint32_t score : nudge.scores) total += OfScore(ruleset_.scores[score]);
    for (const runtime::PolicySpec& policy : ruleset_.policies) {
      if (std::ranges::count(policy.covers, number) > 0) total += OfPolicy(policy);
    }
    std::uint64_t chances = 1;
    for (const runtime::EachWaitSpec& wait : spec.each_waits) {
      const auto& listeners = spec.conditions[wait.condition].listeners;
      const bool hears = std::ranges::any_of(listeners, [&](const runtime::Listener& listener) {
        return listener.kind != runtime::ListenerKind::kTransition && listener.index == number;
      });
      if (hears) chances = wait.keep_count;
    }
    return total * chances;
  }

  std::uint64_t OfScore(const runtime::ScoreSpec& score) {
    const EntitySpec& spec = ruleset_.entities[score.entity];
    std::uint64_t total = paths_.Of(spec, score.value);
    for (const auto& part : score.parts) total += paths_.Of(spec, part.points) + OfText(spec, part.because);
    return total;
  }

  std::uint64_t OfPolicy(const runtime::PolicySpec& policy) {
    const EntitySpec& spec = ruleset_.entities[policy.entity];
    std::uint64_t total = paths_.Of(spec, policy.best_by);
    for (const FunctionId never : policy.never) total += paths_.Of(spec, never);
    for (const runtime::TextSpec& text : policy.never_texts) total += OfText(spec, text);
    for (const runtime::QuietHoursSpec& quiet : policy.quiet_hours) {
      total += paths_.Of(spec, quiet.condition) + paths_.Of(spec, quiet.zone);
    }
    return total;
  }

  /// What begins anew when its stage is entered: each journey enters one in a moment.
  std::uint64_t OfRestarts(const EntitySpec& spec) {
    std::uint64_t total = 0;
    for (const runtime::JourneySpec& journey : spec.journeys) {
      std::uint64_t most = 0;
      for (const FunctionId restart : journey.restarts) most = std::max(most, paths_.Of(spec, restart));
      total += most;
    }
    return total;
  }

  std::uint64_t OfGroups(const EntitySpec& spec) {
    std::uint64_t total = 0;
    for (const EntitySpec::ConditionGroup& group : spec.groups) total += paths_.Of(spec, group.all);
    return total;
  }

  /// Of a moment without an event: timed and automatic transitions, and every condition.
  std::uint64_t OfMove(const EntitySpec& spec) {
    return paths_.Of(spec, spec.automatic) + OfRestarts(spec) + OfGroups(spec);
  }

  /// A journey enters no stage twice in a moment and what follows it; the last look finds nothing.
  std::uint64_t OfFollowUps(const EntitySpec& spec, std::uint64_t deciding) {
    if (spec.automatic == kNoFunction) return 0;
    std::uint64_t stages = 0;
    for (const runtime::JourneySpec& journey : spec.journeys) stages += journey.stages.size();
    return stages * (OfMove(spec) + deciding) + paths_.Of(spec, spec.automatic);
  }

  const dsl::CheckedProgram& program_;
  const runtime::Ruleset& ruleset_;
  PathMeter paths_;
};

}  // namespace

std::vector<EntityCost> MeasureCost(const dsl::CheckedProgram& program, const CompiledRuleset& compiled) {
  const Plan plan = MakePlan(program);
  WorkMeter work(program, *compiled.ruleset, *compiled.module);
  std::vector<EntityCost> costs;
  for (dsl::EntityId id = 0; id < program.entities.size(); ++id) {
    EntityCost& cost = costs.emplace_back();
    cost.entity = program.entities[id].name;
    MeasureMemory(plan, *compiled.ruleset, id, cost);
    work.Measure(id, cost);
  }
  return costs;
}

}  // namespace lull::compiler
