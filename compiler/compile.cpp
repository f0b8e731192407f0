#include "compiler/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/lower_before_this.h"
#include "compiler/lower_entity.h"
#include "compiler/lower_lookup.h"
#include "compiler/lower_nudges.h"
#include "compiler/lower_probes.h"
#include "compiler/meaning.h"
#include "compiler/part_reads.h"
#include "compiler/plan.h"
#include "compiler/rule_graph.h"
#include "runtime/window.h"

namespace lull::compiler {
namespace {

using dsl::CheckedProgram;
using runtime::EntitySpec;
using runtime::Ruleset;

runtime::CalendarSpec MakeCalendar(const dsl::Calendar& calendar) {
  runtime::CalendarSpec spec;
  spec.name = calendar.name;
  spec.zone = calendar.zone;
  for (std::size_t day = 0; day < calendar.week.size(); ++day) {
    for (const dsl::CalendarHours& hours : calendar.week[day]) {
      spec.week[day].push_back({hours.from_minute, hours.to_minute});
    }
  }
  for (const dsl::CalendarDays& days : calendar.closed) spec.closed.push_back({days.first, days.last});
  for (const dsl::CalendarYearlyDays& days : calendar.closed_yearly) {
    spec.closed_yearly.push_back({days.first_month, days.first_day, days.last_month, days.last_day});
  }
  for (const dsl::CalendarSpecialHours& special : calendar.special) {
    spec.special.push_back({special.day, {special.hours.from_minute, special.hours.to_minute}});
  }
  return spec;
}

std::string VersionOf(const CheckedProgram& program) {
  return fmt::format("{:016x}", MeaningHash(ProgramMeaning(program)));
}

void AddHeader(const CheckedProgram& program, Ruleset& ruleset) {
  const dsl::RulesetHeader& header = program.header;
  ruleset.name = header.name;
  ruleset.first_name = program.by_first_names().header.name;
  ruleset.version = VersionOf(program);
  ruleset.title = header.title;
  ruleset.zone = header.zone;
  ruleset.currency = header.currency;
  ruleset.wire.type = header.wire_type;
  if (!header.wire_time.empty()) ruleset.wire.time = {header.wire_time};
  ruleset.wire.id = header.wire_id;
  ruleset.late = static_cast<runtime::LatePolicy>(header.late);
  ruleset.lateness_micros = header.lateness_micros;
  ruleset.dedupe_micros = header.dedupe_micros;
  for (const dsl::Lookup& lookup : program.lookups) {
    ruleset.lookups.push_back(MakeLookupSpec(program, lookup));
  }
  for (const dsl::Choice& choice : program.choices) ruleset.choices.push_back({choice.name, choice.values});
  for (const dsl::Channel& channel : program.channels)
    ruleset.channels.push_back({channel.name, channel.is_task});
  for (const dsl::Calendar& calendar : program.calendars) ruleset.calendars.push_back(MakeCalendar(calendar));
  for (std::size_t id = 0; id < program.units.size(); ++id) {
    const dsl::Unit& unit = program.units[id];
    ruleset.units.push_back({unit.name, program.by_first_names().units[id].name, unit.hours,
                             unit.open_tasks_max, unit.open_tasks_per_key});
  }
}

std::vector<runtime::PartPlace> PartPlaces(const CheckedProgram& program, const dsl::Event& event) {
  const auto is_part = [&](dsl::EntityId entity) { return program.entities[entity].whole != dsl::kNone; };
  if (std::ranges::none_of(event.entities, is_part)) return {};
  std::vector<runtime::PartPlace> places(event.entities.size());
  for (std::uint32_t place = 0; place < places.size(); ++place) {
    places[place].by_part_only = place >= event.named_count;
    if (!is_part(event.entities[place])) continue;
    const auto whole = std::ranges::find(event.entities, program.entities[event.entities[place]].whole);
    places[place].whole = static_cast<std::uint32_t>(whole - event.entities.begin());
  }
  return places;
}

void AddExperiments(const Plan& plan, Ruleset& ruleset) {
  const CheckedProgram& program = *plan.program;
  for (dsl::ExperimentId id = 0; id < program.experiments.size(); ++id) {
    const dsl::Experiment& experiment = program.experiments[id];
    runtime::ExperimentSpec& spec = ruleset.experiments.emplace_back();
    spec.name = experiment.name;
    spec.first_name = program.by_first_names().experiments[id].name;
    spec.entity = experiment.entity;
    std::uint64_t up_to = 0;
    for (const dsl::Arm& arm : experiment.arms) {
      up_to += arm.share;
      spec.arms.push_back({arm.name, up_to, arm.held_out});
    }
    if (experiment.goal != dsl::kNone) spec.goal = program.event_sets[experiment.goal].name;
    spec.goal_micros = experiment.goal_micros;
    spec.exposed_offset = plan.experiments[id].exposed.offset;
    spec.reached_offset = plan.experiments[id].reached.offset;
    const auto takes_part = [&](const dsl::Nudge& nudge) {
      return std::ranges::count(nudge.experiments, id) > 0;
    };
    const auto first = std::ranges::find_if(program.nudges, takes_part);
    if (first != program.nudges.end()) {
      spec.nudge = static_cast<std::uint32_t>(first - program.nudges.begin());
    }
  }
}

void AddEvents(const Plan& plan, Ruleset& ruleset) {
  const CheckedProgram& program = *plan.program;
  ruleset.frame_slot_count = plan.frame_slot_count;
  ruleset.before_slot_count = BeforeSlotCount(plan);
  for (dsl::EventId e = 0; e < program.events.size(); ++e) {
    const dsl::Event& event = program.events[e];
    runtime::EventSchema& schema = ruleset.events.emplace_back();
    schema.name = event.name;
    schema.wire_type = event.wire_type;
    schema.task_step = static_cast<runtime::TaskStepKind>(event.task_step);
    schema.entities = event.entities;
    schema.parts = PartPlaces(program, event);
    for (std::size_t f = 0; f < event.fields.size(); ++f) {
      const dsl::EventField& field = event.fields[f];
      runtime::FieldSchema& out = schema.fields.emplace_back();
      out.name = field.name;
      out.wire_path = field.wire_path;
      out.slot = plan.field_slots[e][f];
      out.type = ValueTypeOf(field.type);
      out.optional = field.optional;
      out.used = plan.field_used[e][f];
      out.text_bytes_max = field.text_bytes_max;
      if (field.type.kind == dsl::TypeKind::kChoice) out.choice = field.type.of;
    }
  }
}

void AddConditions(const Plan& plan, dsl::EntityId id, EntitySpec& spec) {
  using runtime::ListenerKind;
  const CheckedProgram& program = *plan.program;
  for (const PlannedCondition& condition : plan.entities[id].conditions) {
    runtime::ConditionSpec& out = spec.conditions.emplace_back();
    out.name = condition.name;
    out.since_offset = condition.since.offset;
    if (condition.role == ConditionRole::kStall) {
      out.each_wait = plan.stalls[condition.index].each_wait;
      out.including_existing = program.stalls[condition.index].including_existing;
    }
  }
  const auto listen = [&](ConditionId condition, ListenerKind kind, std::uint32_t index) {
    if (condition != kNone) spec.conditions[condition].listeners.push_back({kind, index});
  };
  for (dsl::NudgeId n = 0; n < program.nudges.size(); ++n) {
    const dsl::Nudge& nudge = program.nudges[n];
    if (nudge.entity != id) continue;
    const NudgePlan& of = plan.nudges[n];
    if (nudge.trigger == dsl::TriggerKind::kStallBegins) {
      listen(plan.stalls[nudge.stall].condition, ListenerKind::kTriggerNudge, n);
    }
    listen(of.rises, ListenerKind::kTriggerNudge, n);
    listen(of.state, ListenerKind::kEpisode, n);
    listen(of.due, ListenerKind::kDue, n);
    listen(of.withdraw, ListenerKind::kWithdraw, n);
  }
  for (const dsl::JourneyId j : plan.entities[id].journeys) {
    for (const dsl::Transition& step : program.journeys[j].transitions) {
      if (step.kind != dsl::TransitionKind::kStallBegins) continue;
      listen(plan.StallCondition(step.stall), ListenerKind::kTransition, plan.journey_numbers[j]);
    }
  }
}

/// Whether a deadline that counts from later may be earlier: a day or month later at the same time of day
/// (one working day from Saturday 11:00 is Monday 11:00, from Sunday 00:35 it is Monday 00:35).
bool MayFallDueEarlier(const dsl::Expr& duration) {
  return duration.kind == dsl::ExprKind::kOpenDays || duration.kind == dsl::ExprKind::kMonths;
}

void AddJourneys(const Plan& plan, dsl::EntityId id, EntitySpec& spec) {
  const CheckedProgram& program = *plan.program;
  for (const dsl::JourneyId j : plan.entities[id].journeys) {
    const dsl::Journey& journey = program.journeys[j];
    runtime::JourneySpec& out = spec.journeys.emplace_back();
    out.name = journey.name;
    for (const dsl::Stage& stage : journey.stages) out.stages.push_back(stage.name);
    out.stage_offset = plan.journeys[j].stage.offset;
    out.entered_offset = plan.journeys[j].entered.offset;
    out.start = journey.start;
    out.entering.resize(journey.stages.size());
    for (dsl::NudgeId n = 0; n < program.nudges.size(); ++n) {
      const dsl::Nudge& nudge = program.nudges[n];
      const bool entered = nudge.trigger == dsl::TriggerKind::kStageEntered && nudge.journey == j;
      if (entered) out.entering[nudge.stage].push_back(n);
    }
    spec.has_follow_ups =
        spec.has_follow_ups || std::ranges::any_of(journey.transitions, [](const dsl::Transition& step) {
          return step.kind == dsl::TransitionKind::kWhen || step.kind == dsl::TransitionKind::kStallBegins;
        });
    spec.has_computed_deadlines =
        spec.has_computed_deadlines ||
        std::ranges::any_of(journey.transitions, [&](const dsl::Transition& step) {
          return step.duration != dsl::kNone &&
                 (!program.IsFixedDuration(step.duration) || MayFallDueEarlier(program.expr(step.duration)));
        });
  }
}

void AddDeadlines(Lowering& lowering, dsl::EntityId id, EntitySpec& spec) {
  const CheckedProgram& program = lowering.program();
  for (dsl::StallId s = 0; s < program.stalls.size(); ++s) {
    const dsl::Stall& stall = program.stalls[s];
    const std::uint32_t wait = lowering.plan.stalls[s].each_wait;
    if (stall.entity != id || wait == kNone) continue;
    LowerEachWait(lowering, s, spec.each_waits[wait]);
  }
}

void AddAttributes(const Plan& plan, dsl::EntityId id, EntitySpec& spec) {
  for (const dsl::AttributeId a : plan.program->entities[id].attributes) {
    const Slot slot = plan.attributes[a];
    if (!slot.exists()) continue;
    const dsl::Attribute& attribute = plan.program->attributes[a];
    spec.attributes.push_back({.name = attribute.name,
                               .type = ValueTypeOf(attribute.type),
                               .of = attribute.type.of,
                               .offset = slot.offset,
                               .kind = slot.kind});
  }
}

/// The functions that ask an entity's conditions, by group. Those that ask the same are one.
class ConditionSlices {
 public:
  ConditionSlices(Lowering& lowering, const RuleGraph& graph, dsl::EntityId entity)
      : lowering_(lowering), graph_(graph), entity_(entity) {}

  std::vector<EntitySpec::ConditionGroup> Groups() {
    std::vector<EntitySpec::ConditionGroup> groups;
    for (const std::vector<ConditionId>& conditions : graph_.groups[entity_]) {
      const std::string name = fmt::format("before_{}_{}", EntityName(), groups.size() + 1);
      groups.push_back({Ask(conditions), LowerBefore(lowering_, entity_, conditions, name)});
    }
    return groups;
  }

  std::vector<EntitySpec::GroupSlice> Of(dsl::EventId event) {
    const std::vector<ConditionId>& slice = graph_.slices[entity_][event];
    const std::set<ConditionId> concerned(slice.begin(), slice.end());
    std::vector<EntitySpec::GroupSlice> slices;
    for (std::uint32_t group = 0; group < graph_.groups[entity_].size(); ++group) {
      std::vector<ConditionId> conditions;
      for (const ConditionId condition : graph_.groups[entity_][group]) {
        if (concerned.contains(condition)) conditions.push_back(condition);
      }
      if (!conditions.empty()) slices.push_back({group, Ask(conditions)});
    }
    return slices;
  }

 private:
  runtime::FunctionId Ask(const std::vector<ConditionId>& conditions) {
    const auto [known, is_new] = functions_.try_emplace(conditions, runtime::kNoFunction);
    if (is_new) {
      const std::string name = fmt::format("conditions_{}_{}", EntityName(), functions_.size());
      known->second = LowerConditions(lowering_, entity_, conditions, name);
    }
    return known->second;
  }

  const std::string& EntityName() const { return lowering_.program().entities[entity_].name; }

  Lowering& lowering_;
  const RuleGraph& graph_;
  dsl::EntityId entity_;
  std::map<std::vector<ConditionId>, runtime::FunctionId> functions_;
};

void AddFunctions(Lowering& lowering, const RuleGraph& graph, dsl::EntityId id, EntitySpec& spec) {
  const CheckedProgram& program = lowering.program();
  const dsl::EntityId whole = program.entities[id].whole;
  const WholeReads reads = FindWholeReads(lowering.plan, id);
  spec.follows_whole = reads.state;
  ConditionSlices slices(lowering, graph, id);
  spec.groups = slices.Groups();
  for (dsl::EventId e = 0; e < program.events.size(); ++e) {
    const dsl::Event& event = program.events[e];
    EntitySpec::EventFunctions& functions = spec.events.emplace_back();
    // A step of a task is one of the whole, and of the part whose task it is.
    const bool is_step = event.task_step != dsl::TaskStep::kNo;
    const bool of_whole = whole != dsl::kNone && std::ranges::count(event.entities, whole) > 0;
    const bool own = std::ranges::count(event.entities, id) > 0 || (is_step && of_whole);
    if (!own && !of_whole) continue;
    functions.conditions = slices.Of(e);
    functions.touches = of_whole && (reads.by_journeys || TouchesParts(lowering.plan, graph, id, e));
    if (!own) continue;
    LowerBeforeValues(lowering, id, e, functions);
    functions.update = LowerUpdate(lowering, id, e);
    functions.nudges = LowerEventNudges(lowering, id, e);
  }
  if (whole != dsl::kNone) spec.levels = LowerLevels(lowering, id);
  spec.automatic = LowerAutomatic(lowering, id);
}

void AddRestarts(Lowering& lowering, dsl::EntityId id, EntitySpec& spec) {
  const std::vector<dsl::JourneyId>& journeys = lowering.plan.entities[id].journeys;
  for (std::size_t i = 0; i < journeys.size(); ++i) {
    const auto stages = static_cast<std::uint32_t>(spec.journeys[i].stages.size());
    for (std::uint32_t stage = 0; stage < stages; ++stage) {
      spec.journeys[i].restarts.push_back(LowerRestarts(lowering, journeys[i], stage));
    }
  }
}

void AddSchedules(const CheckedProgram& program, dsl::EntityId id, EntitySpec& spec) {
  for (dsl::NudgeId n = 0; n < program.nudges.size(); ++n) {
    const dsl::Nudge& nudge = program.nudges[n];
    if (nudge.entity != id || nudge.trigger != dsl::TriggerKind::kClock) continue;
    runtime::Schedule schedule;
    schedule.kind = static_cast<runtime::Schedule::Kind>(nudge.schedule.kind);
    schedule.weekdays = nudge.schedule.weekdays;
    schedule.month_day = nudge.schedule.month_day;
    schedule.calendar = nudge.schedule.calendar;
    schedule.second_of_day = nudge.schedule.second_of_day;
    spec.clock_nudges.push_back({n, schedule});
  }
}

EntitySpec MakeEntity(Lowering& lowering, const RuleGraph& graph, dsl::EntityId id) {
  const Plan& plan = lowering.plan;
  const dsl::Entity& entity = lowering.program().entities[id];
  EntitySpec spec;
  spec.name = entity.name;
  spec.first_name = lowering.program().by_first_names().entities[id].name;
  spec.key = entity.key;
  spec.whole = entity.whole;
  spec.keep_count = lowering.program().header.keep_count;
  for (dsl::EntityId e = 0; e < lowering.program().entities.size(); ++e) {
    if (lowering.program().entities[e].whole == id) spec.parts.push_back(e);
  }
  RecordLayout layout = plan.layouts[id];
  if (graph.groups[id].size() > 1) spec.group_wakes_offset = layout.AddWakes(graph.groups[id].size());
  layout.Finish(spec);
  spec.default_texts = plan.entities[id].default_texts;
  for (const WindowPlan& window : plan.entities[id].windows) spec.windows.push_back(window.spec);
  spec.aggregates = plan.entities[id].aggregates;
  runtime::NumberCursors(spec);
  spec.each_waits = plan.entities[id].each_waits;
  AddDeadlines(lowering, id, spec);
  spec.forget_after_micros = entity.forget_after_micros;
  if (plan.entities[id].activity != kNone) {
    spec.activity_offset = plan.streams[plan.entities[id].activity].latest_time.offset;
  }
  AddConditions(plan, id, spec);
  AddJourneys(plan, id, spec);
  AddRestarts(lowering, id, spec);
  AddSchedules(lowering.program(), id, spec);
  AddAttributes(plan, id, spec);
  AddFunctions(lowering, graph, id, spec);
  return spec;
}

}  // namespace

Result<CompiledRuleset> Compile(const CheckedProgram& program, const ProbeRequests& requests) {
  const Plan plan = MakePlan(program, requests);
  const Result<RuleGraph> graph = MakeRuleGraph(plan);
  if (!graph) return std::unexpected(graph.error());
  const auto module = std::make_shared<Module>();
  const auto ruleset = std::make_shared<Ruleset>();
  Lowering lowering{plan, *module};
  AddHeader(program, *ruleset);
  AddEvents(plan, *ruleset);
  AddExperiments(plan, *ruleset);
  for (dsl::EntityId e = 0; e < program.entities.size(); ++e) {
    ruleset->entities.push_back(MakeEntity(lowering, *graph, e));
  }
  NudgeLowering nudges(lowering);
  for (dsl::ScoreId s = 0; s < program.scores.size(); ++s) ruleset->scores.push_back(nudges.Score(s));
  for (dsl::NudgeId n = 0; n < program.nudges.size(); ++n) ruleset->nudges.push_back(nudges.Nudge(n));
  for (dsl::PolicyId p = 0; p < program.policies.size(); ++p) ruleset->policies.push_back(nudges.Policy(p));
  Probes probes = LowerProbes(lowering, requests);
  for (const Function& function : module->functions) ruleset->function_names.push_back(function.name);
  return CompiledRuleset{ruleset, module, std::move(probes)};
}

Result<std::string> CheckCompiles(const CheckedProgram& program) {
  const Plan plan = MakePlan(program, {});
  const Result<RuleGraph> graph = MakeRuleGraph(plan);
  if (!graph) return std::unexpected(graph.error());
  return VersionOf(program);
}

}  // namespace lull::compiler
