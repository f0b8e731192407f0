#include "compiler/plan.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "compiler/lower_before_this.h"
#include "compiler/meaning.h"
#include "compiler/stream_planner.h"
#include "compiler/usage.h"
#include "dsl/expr_writer.h"
#include "dsl/program_printer.h"
#include "runtime/base/check.h"

namespace lull::compiler {
namespace {

using dsl::CheckedProgram;
using runtime::SlotKind;
using runtime::StatePiece;

bool DependsOnTime(const CheckedProgram& program, dsl::ExprId expr) {
  return expr != kNone && program.expr(expr).depends_on_time;
}

class Planner {
 public:
  Planner(const CheckedProgram& program, const ProbeRequests& probes)
      : program_(program), usage_(FindUsage(program, probes)) {
    plan_.program = &program;
    plan_.aggregates.resize(program.aggregates.size());
    plan_.attributes.resize(program.attributes.size());
    plan_.attribute_times.resize(program.attributes.size());
    plan_.stalls.resize(program.stalls.size());
    plan_.sequences.resize(program.sequences.size());
    plan_.journeys.resize(program.journeys.size());
    plan_.journey_numbers.resize(program.journeys.size(), kNone);
    plan_.nudges.resize(program.nudges.size());
    plan_.experiments.resize(program.experiments.size());
    plan_.entities.resize(program.entities.size());
    plan_.field_used = usage_.fields;
  }

  Plan Make() {
    PlaceFields();
    for (dsl::StallId s = 0; s < program_.stalls.size(); ++s) {
      if (usage_.stalls[s]) PlanStallConditions(s);
    }
    for (dsl::NudgeId n = 0; n < program_.nudges.size(); ++n) PlanNudgeConditions(n);
    for (EntityPlan& entity : plan_.entities) entity.bit_count += Count(entity.conditions);
    for (dsl::NudgeId n = 0; n < program_.nudges.size(); ++n) NumberGoneBit(n);
    for (EntityPlan& entity : plan_.entities) plan_.layouts.emplace_back(entity.bit_count);
    for (dsl::EntityId e = 0; e < plan_.entities.size(); ++e) PieceBits(e);
    for (dsl::AttributeId a = 0; a < program_.attributes.size(); ++a) {
      if (usage_.attributes[a]) PlanAttribute(a);
    }
    StreamPlanner streams(plan_);
    for (dsl::AggregateId a = 0; a < program_.aggregates.size(); ++a) {
      if (usage_.aggregates[a]) streams.PlanAggregate(a);
    }
    for (dsl::JourneyId j = 0; j < program_.journeys.size(); ++j) {
      if (usage_.journeys[j]) PlanJourney(j, streams);
    }
    for (dsl::StallId s = 0; s < program_.stalls.size(); ++s) {
      if (usage_.stalls[s]) PlanStall(s, streams);
    }
    for (dsl::SequenceId s = 0; s < program_.sequences.size(); ++s) {
      if (usage_.sequences[s]) PlanSequence(s);
    }
    for (dsl::EntityId e = 0; e < program_.entities.size(); ++e) {
      if (program_.entities[e].forget_after_micros > 0) plan_.entities[e].activity = streams.Activity(e);
    }
    for (dsl::NudgeId n = 0; n < program_.nudges.size(); ++n) PlanNudge(n);
    for (dsl::PolicyId p = 0; p < program_.policies.size(); ++p) PlanLimits(p);
    for (dsl::NudgeId n = 0; n < program_.nudges.size(); ++n) {
      for (const dsl::ExperimentId e : program_.nudges[n].experiments) PlanExperiment(e);
    }
    streams.Finish();
    PlanBeforeValues(plan_);
    return std::move(plan_);
  }

 private:
  template <typename T>
  static std::uint32_t Count(const std::vector<T>& items) {
    return static_cast<std::uint32_t>(items.size());
  }

  /// Fields of one name and type have one slot in every event, so that a rule on a group reads one place;
  /// classes that meet in an event get different slots.
  void PlaceFields() {
    using Class = std::tuple<std::string, dsl::TypeKind, std::uint32_t>;
    std::map<Class, std::vector<dsl::EventId>> events_of;
    for (dsl::EventId e = 0; e < program_.events.size(); ++e) {
      for (const dsl::EventField& field : program_.events[e].fields) {
        events_of[{field.name, field.type.kind, field.type.of}].push_back(e);
      }
    }
    std::vector<std::set<std::uint32_t>> taken(program_.events.size());
    std::map<Class, std::uint32_t> slots;
    for (const auto& [name, events] : events_of) {
      std::uint32_t slot = 0;
      while (std::ranges::any_of(events, [&](dsl::EventId e) { return taken[e].contains(slot); })) ++slot;
      for (const dsl::EventId e : events) taken[e].insert(slot);
      slots[name] = slot;
      plan_.frame_slot_count = std::max(plan_.frame_slot_count, slot + 1);
    }
    plan_.event_slot_count = plan_.frame_slot_count;
    for (const dsl::Event& event : program_.events) {
      std::vector<std::uint32_t>& of_event = plan_.field_slots.emplace_back();
      for (const dsl::EventField& field : event.fields) {
        of_event.push_back(slots[{field.name, field.type.kind, field.type.of}]);
      }
    }
  }

  ConditionId AddCondition(dsl::EntityId entity, PlannedCondition condition) {
    auto& conditions = plan_.entities[entity].conditions;
    conditions.push_back(std::move(condition));
    return Count(conditions) - 1;
  }

  void PlanStallConditions(dsl::StallId id) {
    const dsl::Stall& stall = program_.stalls[id];
    StallPlan& plan = plan_.stalls[id];
    const std::string meaning = StallMeaning(program_, stall);
    if (stall.form == dsl::StallForm::kFor) {
      PlannedCondition dwell;
      dwell.role = ConditionRole::kDwell;
      dwell.index = id;
      dwell.expr = stall.while_condition;
      dwell.depends_on_time = DependsOnTime(program_, stall.while_condition);
      dwell.name = stall.name + " (while)";
      dwell.meaning = "dwell " + ExprMeaning(program_, stall.while_condition);
      plan.dwell = AddCondition(stall.entity, std::move(dwell));
    }
    PlannedCondition condition;
    condition.role = ConditionRole::kStall;
    condition.index = id;
    condition.depends_on_time = true;
    condition.name = stall.name;
    condition.meaning = meaning;
    plan.condition = AddCondition(stall.entity, std::move(condition));
  }

  void PlanNudgeConditions(dsl::NudgeId id) {
    const dsl::Nudge& nudge = program_.nudges[id];
    NudgePlan& plan = plan_.nudges[id];
    const auto add = [&](ConditionRole role, dsl::ExprId expr, std::string name) {
      PlannedCondition condition;
      condition.role = role;
      condition.index = id;
      condition.expr = expr;
      condition.depends_on_time = DependsOnTime(program_, expr);
      condition.name = std::move(name);
      condition.meaning =
          "condition " + std::to_string(static_cast<int>(role)) + " of " + NudgeMeaning(program_, nudge);
      return AddCondition(nudge.entity, std::move(condition));
    };
    if (nudge.trigger == dsl::TriggerKind::kConditionRises) {
      plan.rises = add(ConditionRole::kRises, nudge.condition, nudge.name + " (on)");
    }
    if (nudge.trigger == dsl::TriggerKind::kWhileCondition) {
      plan.state = add(ConditionRole::kState, nudge.condition, nudge.name + " (while)");
    }
    if (nudge.trigger == dsl::TriggerKind::kWhileStall) plan.state = plan_.stalls[nudge.stall].condition;
    if (plan.state != kNone) {
      plan.due = add(ConditionRole::kDue, nudge.if_condition, nudge.name + " (due)");
      PlannedCondition& due = plan_.entities[nudge.entity].conditions[plan.due];
      due.depends_on_time = due.depends_on_time || nudge.again_after != kNone ||
                            plan_.entities[nudge.entity].conditions[plan.state].depends_on_time;
    }
    if (nudge.withdraw_when != kNone) {
      plan.withdraw = add(ConditionRole::kWithdraw, nudge.withdraw_when, nudge.name + " (withdraw when)");
    }
  }

  void NumberGoneBit(dsl::NudgeId id) {
    if (plan_.nudges[id].state == kNone) return;
    plan_.nudges[id].gone_bit = plan_.entities[program_.nudges[id].entity].bit_count++;
  }

  void PieceBits(dsl::EntityId id) {
    RecordLayout& layout = plan_.layouts[id];
    EntityPlan& entity = plan_.entities[id];
    for (ConditionId c = 0; c < entity.conditions.size(); ++c) {
      PlannedCondition& condition = entity.conditions[c];
      layout.AddPiece(StatePiece::Kind::kBit, c, {condition.meaning, SuccessorOf(condition)});
      if (condition.role == ConditionRole::kDwell) {
        condition.since = layout.AddSlot(SlotKind::kI64, "since " + condition.meaning);
      }
    }
    for (dsl::NudgeId n = 0; n < program_.nudges.size(); ++n) {
      if (program_.nudges[n].entity != id || plan_.nudges[n].gone_bit == kNone) continue;
      layout.AddPiece(StatePiece::Kind::kBit, plan_.nudges[n].gone_bit,
                      {"gone " + NudgeMeaning(program_, program_.nudges[n]),
                       "gone " + NudgeSuccession(program_, program_.nudges[n])});
    }
  }

  /// A wait of another length goes on, so that its new deadline, if it is past, falls now. What is true of
  /// all else that was changed is held without triggering.
  std::string SuccessorOf(const PlannedCondition& condition) const {
    if (condition.role != ConditionRole::kStall) return {};
    const dsl::Stall& stall = program_.stalls[condition.index];
    const bool waits = dsl::IsSingleWait(stall.form) || stall.form == dsl::StallForm::kAfterEach;
    return waits ? "held " + StallSuccession(program_, stall) : std::string();
  }

  void PlanAttribute(dsl::AttributeId id) {
    const dsl::Attribute& attribute = program_.attributes[id];
    RecordLayout& layout = plan_.layouts[attribute.entity];
    const std::string meaning = "attribute " + program_.by_first_names().attributes[id].name + " " +
                                TypeMeaning(program_, attribute.type);
    const Slot slot = layout.AddSlot(SlotKindOf(program_, attribute.type),
                                     {meaning, {}, ValuesOf(program_, attribute.type)});
    plan_.attributes[id] = slot;
    plan_.attribute_times[id] = layout.AddSlot(SlotKind::kI64, "time of " + meaning);
    if (attribute.default_value == kNone) return;
    const dsl::Expr& value = program_.expr(attribute.default_value);
    if (slot.kind == SlotKind::kText) {
      plan_.entities[attribute.entity].default_texts.push_back({slot.offset, value.text});
    } else if (slot.kind == SlotKind::kF64) {
      layout.SetDefaultNumber(slot, value.number);
    } else {
      layout.SetDefault(slot, value.integer);
    }
  }

  void PlanJourney(dsl::JourneyId id, StreamPlanner& streams) {
    const dsl::Journey& journey = program_.journeys[id];
    EntityPlan& entity = plan_.entities[journey.entity];
    RecordLayout& layout = plan_.layouts[journey.entity];
    const std::string meaning = JourneyMeaning(program_, journey);
    JourneyPlan& plan = plan_.journeys[id];
    plan_.journey_numbers[id] = Count(entity.journeys);
    entity.journeys.push_back(id);
    const std::string successor = JourneySuccession(program_, journey);
    std::vector<std::string> stages;
    for (const dsl::Stage& stage : program_.by_first_names().journeys[id].stages)
      stages.push_back(stage.name);
    plan.stage = layout.AddSlot(SlotKind::kU8, {"stage " + meaning, "stage " + successor, stages});
    layout.SetDefault(plan.stage, journey.start);
    plan.entered = layout.AddSlot(SlotKind::kI64, {"entered " + meaning, "entered " + successor});
    const bool quiet = std::ranges::any_of(journey.transitions, [](const dsl::Transition& step) {
      return step.kind == dsl::TransitionKind::kAfterQuiet;
    });
    if (quiet) plan.activity = streams.Activity(journey.entity);
  }

  void PlanStall(dsl::StallId id, StreamPlanner& streams) {
    const dsl::Stall& stall = program_.stalls[id];
    StallPlan& plan = plan_.stalls[id];
    RecordLayout& layout = plan_.layouts[stall.entity];
    const std::string meaning = StallMeaning(program_, stall);
    switch (stall.form) {
      case dsl::StallForm::kFor:
        return;
      case dsl::StallForm::kQuiet:
        plan.base = streams.Activity(stall.entity);
        return;
      case dsl::StallForm::kNo:
        plan.base = streams.LatestOf(stall.entity, stall.awaited, stall.awaited_where);
        return;
      case dsl::StallForm::kAfterEach:
        return PlanEachWait(id, meaning);
      case dsl::StallForm::kAfter:
      case dsl::StallForm::kAfterFirst:
        break;
    }
    const std::string successor = WaitSuccession(program_, stall);
    const auto add = [&](SlotKind kind, const std::string& what, std::vector<std::string> values = {}) {
      return layout.AddSlot(kind, {what + " " + meaning, what + " " + successor, std::move(values)});
    };
    plan.started = add(SlotKind::kI64, "started");
    plan.seen = add(SlotKind::kI64, "seen");
    if (!HasFixedDeadline(stall)) {
      plan.overdue = add(SlotKind::kU8, "overdue");
      layout.SetDefault(plan.overdue, 0);
    }
    const auto add_field = [&](const std::string& field, const char* what) {
      const dsl::Type type = plan_.FieldType(stall.opening, field);
      return add(SlotKindOf(program_, type), what + FieldMeaning(program_, stall.opening, field),
                 ValuesOf(program_, type));
    };
    if (!stall.same_field.empty()) plan.same = add_field(stall.same_field, "same ");
    plan.opening["time"] = plan.started;
    for (const std::string& field : WaitFields(id)) plan.opening[field] = add_field(field, "opening ");
  }

  bool HasFixedDeadline(const dsl::Stall& stall) const {
    if (stall.by != kNone) return program_.expr(stall.by).kind == dsl::ExprKind::kLiteral;
    return program_.IsFixedDuration(stall.duration);
  }

  void PlanOpening(dsl::NudgeId id) {
    const dsl::Nudge& nudge = program_.nudges[id];
    if (nudge.stall == kNone || !dsl::IsSingleWait(program_.stalls[nudge.stall].form)) return;
    NudgePlan& plan = plan_.nudges[id];
    const dsl::EventSetId event = program_.stalls[nudge.stall].opening;
    std::set<std::string> fields;
    NudgeFields(nudge, fields);
    for (const std::string& field : fields) {
      const Slot slot = plan_.stalls[nudge.stall].opening.at(field);
      if (field == "time") {
        plan.opening_time = slot;
      } else {
        const auto type = ValueTypeOf(plan_.FieldType(event, field));
        plan.opening.push_back({plan_.FieldSlot(event, field), type, slot.offset, slot.kind});
      }
    }
  }

  /// The names of the opening event's fields that the expression reads.
  void TriggerFields(dsl::ExprId id, std::set<std::string>& fields) const {
    if (id == kNone) return;
    const dsl::Expr& expr = program_.expr(id);
    const bool reads = expr.kind == dsl::ExprKind::kField && expr.scope == dsl::FieldScope::kTrigger;
    if (reads) fields.insert(expr.text);
    for (const dsl::ExprId argument : expr.args) TriggerFields(argument, fields);
    if (expr.kind == dsl::ExprKind::kAggregate) {
      TriggerFields(program_.aggregates[expr.index].same_value, fields);
    }
  }

  /// The fields of earlier steps that an expression reads, as "STEP.FIELD".
  void StepFields(dsl::ExprId id, std::map<std::string, dsl::ExprId>& fields) const {
    if (id == kNone) return;
    const dsl::Expr& expr = program_.expr(id);
    const bool reads = expr.kind == dsl::ExprKind::kField && expr.scope == dsl::FieldScope::kStep;
    if (reads) fields.emplace(std::to_string(expr.integer) + "." + expr.text, id);
    for (const dsl::ExprId argument : expr.args) StepFields(argument, fields);
  }

  /// What a nudge reads when it goes out; kNone where it has no such clause.
  static std::vector<dsl::ExprId> ReadWhenDue(const dsl::Nudge& nudge) {
    std::vector<dsl::ExprId> exprs = {nudge.if_condition, nudge.title, nudge.worth,        nudge.again_after,
                                      nudge.repeat_every, nudge.due,   nudge.expires_after};
    for (const dsl::Route& route : nudge.routes) exprs.push_back(route.key);
    for (const dsl::Rung& rung : nudge.ladder) {
      exprs.push_back(rung.after);
      exprs.push_back(rung.to.key);
    }
    return exprs;
  }

  void PlanSequence(dsl::SequenceId id) {
    const dsl::Sequence& sequence = program_.sequences[id];
    SequencePlan& plan = plan_.sequences[id];
    RecordLayout& layout = plan_.layouts[sequence.entity];
    const std::string meaning = dsl::Meaning(program_.by_first_names(), dsl::DefinitionKind::kSequence, id);
    std::map<std::string, dsl::ExprId> read;
    for (const dsl::SequenceStep& step : sequence.steps) StepFields(step.where, read);
    for (const dsl::Nudge& nudge : program_.nudges) {
      if (nudge.sequence != id) continue;
      for (const dsl::ExprId expr : ReadWhenDue(nudge)) StepFields(expr, read);
    }
    plan.done = layout.AddSlot(SlotKind::kU8, "done " + meaning);
    layout.SetDefault(plan.done, 0);
    for (std::size_t last = 0; last < sequence.steps.size(); ++last) {
      const std::string after = " after step " + std::to_string(last) + " " + meaning;
      const bool is_end = last + 1 == sequence.steps.size();
      if (!is_end) plan.started.push_back(layout.AddSlot(SlotKind::kI64, "started" + after));
      std::map<std::string, Slot>& fields = plan.fields.emplace_back();
      for (const auto& [name, expr] : read) {
        if (static_cast<std::size_t>(program_.expr(expr).integer) > last) continue;
        const dsl::Expr& field = program_.expr(expr);
        const dsl::EventSetId events = sequence.steps[static_cast<std::size_t>(field.integer)].events;
        const std::string step = std::to_string(field.integer) + FieldMeaning(program_, events, field.text);
        fields[name] = layout.AddSlot(SlotKindOf(program_, field.type),
                                      {step + after, {}, ValuesOf(program_, field.type)});
      }
    }
    std::uint32_t free_slot = plan_.event_slot_count;
    for (const auto& [name, slot] : plan.fields.back()) plan.beside[name] = free_slot++;
    plan_.frame_slot_count = std::max(plan_.frame_slot_count, free_slot);
    for (dsl::NudgeId n = 0; n < program_.nudges.size(); ++n) {
      if (program_.nudges[n].sequence != id) continue;
      for (const auto& [name, expr] : read) {
        const Slot slot = plan.fields.back().at(name);
        plan_.nudges[n].opening.push_back(
            {plan.beside[name], ValueTypeOf(program_.expr(expr).type), slot.offset, slot.kind});
      }
    }
  }

  /// What is read of the opening event beside the moment in which it comes.
  std::set<std::string> WaitFields(dsl::StallId id) const {
    const dsl::Stall& stall = program_.stalls[id];
    std::set<std::string> fields;
    for (const dsl::ExprId expr : {stall.while_condition, stall.unless_condition, stall.until_condition,
                                   stall.duration, stall.by, stall.awaited_where}) {
      TriggerFields(expr, fields);
    }
    for (const dsl::Reason& reason : stall.reasons) {
      TriggerFields(reason.text, fields);
      TriggerFields(reason.when, fields);
    }
    for (const dsl::Nudge& nudge : program_.nudges) {
      if (nudge.stall == id) NudgeFields(nudge, fields);
    }
    fields.erase("time");
    return fields;
  }

  void PlanEachWait(dsl::StallId id, const std::string& meaning) {
    const dsl::Stall& stall = program_.stalls[id];
    StallPlan& plan = plan_.stalls[id];
    EntityPlan& entity = plan_.entities[stall.entity];
    runtime::EachWaitSpec wait;
    wait.condition = plan.condition;
    wait.keep_count = program_.header.keep_count;
    wait.keep_overdue = NeedsOverdue(id);
    if (!stall.same_field.empty())
      wait.same_type = ValueTypeOf(plan_.FieldType(stall.opening, stall.same_field));
    std::set<std::string> compared;
    TriggerFields(stall.awaited_where, compared);
    std::set<std::string> fields = WaitFields(id);
    if (compared.contains("time")) fields.insert("time");
    wait.captured = Captured(stall.opening, fields);
    std::set<std::string> timing;
    TriggerFields(stall.duration, timing);
    TriggerFields(stall.by, timing);
    wait.deadline_reads_event = !timing.empty();
    if (stall.same_field.empty() && compared.empty()) {
      const Slot answered = plan_.layouts[stall.entity].AddSlot(
          SlotKind::kI64, {"answered " + meaning, "answered " + WaitSuccession(program_, stall)});
      wait.answered_offset = answered.offset;
    }
    std::uint32_t free_slot = plan_.event_slot_count;
    for (const std::string& field : fields) {
      wait.beside.push_back(compared.contains(field) ? free_slot++ : runtime::kNoIndex);
      if (compared.contains(field)) plan.beside[field] = wait.beside.back();
    }
    plan_.frame_slot_count = std::max(plan_.frame_slot_count, free_slot);
    std::set<std::string> gate;
    TriggerFields(stall.while_condition, gate);
    TriggerFields(stall.unless_condition, gate);
    plan.gate_of_each = !gate.empty();
    plan.each_wait = Count(entity.each_waits);
    plan_.layouts[stall.entity].AddPiece(StatePiece::Kind::kEachWait, Count(entity.each_waits),
                                         {meaning, StallSuccession(program_, stall)});
    entity.each_waits.push_back(wait);
  }

  /// Only where all that listens is `on` the stall, and nothing can hold it back, an overdue wait is done
  /// with at once.
  bool NeedsOverdue(dsl::StallId id) const {
    const dsl::Stall& stall = program_.stalls[id];
    if (stall.while_condition != kNone || stall.unless_condition != kNone) return true;
    const bool read = std::ranges::any_of(program_.exprs, [&](const dsl::Expr& expr) {
      return expr.kind == dsl::ExprKind::kStall && expr.index == id;
    });
    return read || std::ranges::any_of(program_.nudges, [&](const dsl::Nudge& nudge) {
             return nudge.stall == id && nudge.trigger == dsl::TriggerKind::kWhileStall;
           });
  }

  void PlanKept(dsl::NudgeId id) {
    const dsl::Nudge& nudge = program_.nudges[id];
    const dsl::EventSetId event = nudge.stall == kNone ? nudge.events : program_.stalls[nudge.stall].opening;
    if (event == kNone) return;
    std::set<std::string> fields;
    NudgeFields(nudge, fields);
    fields.erase("time");  // kept in any case
    plan_.nudges[id].kept = Captured(event, fields);
    if (nudge.sequence == kNone) return;
    const std::string sequence =
        dsl::Meaning(program_.by_first_names(), dsl::DefinitionKind::kSequence, nudge.sequence);
    for (const auto& [name, slot] : plan_.sequences[nudge.sequence].fields.back()) {
      const std::uint32_t place = plan_.sequences[nudge.sequence].beside.at(name);
      const auto step =
          std::ranges::find(plan_.nudges[id].opening, place, &runtime::NudgeSpec::OpeningField::slot);
      if (step == plan_.nudges[id].opening.end()) continue;
      plan_.nudges[id].kept.push_back({place, step->type, MeaningHash(name + " of " + sequence)});
    }
  }

  /// The fields of its trigger that a nudge reads when it goes out.
  void NudgeFields(const dsl::Nudge& nudge, std::set<std::string>& fields) const {
    for (const dsl::ExprId expr : ReadWhenDue(nudge)) TriggerFields(expr, fields);
    if (nudge.stall == kNone) return;
    for (const dsl::Reason& reason : program_.stalls[nudge.stall].reasons) {
      TriggerFields(reason.text, fields);
      TriggerFields(reason.when, fields);
    }
  }

  std::vector<runtime::CapturedField> Captured(dsl::EventSetId event,
                                               const std::set<std::string>& fields) const {
    std::vector<runtime::CapturedField> captured;
    for (const std::string& field : fields) {
      const std::uint32_t slot = field == "time" ? runtime::kNoIndex : plan_.FieldSlot(event, field);
      const dsl::Type type = plan_.FieldType(event, field);
      std::string meaning = FieldMeaning(program_, event, field);
      for (const std::string& value : ValuesOf(program_, type)) meaning += " " + value;
      captured.push_back({slot, ValueTypeOf(type), MeaningHash(meaning)});
    }
    return captured;
  }

  void PlanNudge(dsl::NudgeId id) {
    const dsl::Nudge& nudge = program_.nudges[id];
    const std::string meaning = NudgeMeaning(program_, nudge);
    const std::string successor = NudgeSuccession(program_, nudge);
    plan_.layouts[nudge.entity].AddPiece(StatePiece::Kind::kNudge, id, {meaning, successor});
    PlanOpening(id);
    if (nudge.valid_for != kNone || nudge.including_existing) PlanKept(id);
    if (nudge.again_after == kNone) return;
    plan_.nudges[id].last_due =
        plan_.layouts[nudge.entity].AddSlot(SlotKind::kI64, {"due " + meaning, "due " + successor});
  }

  void PlanExperiment(dsl::ExperimentId id) {
    if (plan_.experiments[id].exposed.exists()) return;
    RecordLayout& layout = plan_.layouts[program_.experiments[id].entity];
    const std::string meaning =
        "experiment " +
        dsl::ExperimentText(program_.by_first_names(), program_.by_first_names().experiments[id]);
    plan_.experiments[id].exposed = layout.AddSlot(SlotKind::kI64, "exposed " + meaning);
    plan_.experiments[id].reached = layout.AddSlot(SlotKind::kI64, "reached " + meaning);
  }

  void PlanLimits(dsl::PolicyId id) {
    const dsl::Policy& policy = program_.policies[id];
    const CheckedProgram& named = program_.by_first_names();
    auto& offsets = plan_.entities[policy.entity].limit_offsets;
    offsets.resize(program_.policies.size());
    for (const dsl::Limit& limit : policy.limits) {
      const bool rolling = limit.period == dsl::LimitPeriod::kRolling;
      const std::string successor = "limit " + named.policies[id].name + " " +
                                    std::to_string(static_cast<int>(limit.scope)) + " " + ScopeName(limit) +
                                    " " + std::to_string(static_cast<int>(limit.period));
      const std::string meaning =
          successor + " " + std::to_string(limit.count_max) + " " + std::to_string(limit.rolling_micros);
      offsets[id].push_back(plan_.layouts[policy.entity].AddBlock(
          rolling ? limit.count_max : 2, StatePiece::Kind::kLimit, {meaning, successor}));
    }
  }

  std::string ScopeName(const dsl::Limit& limit) const {
    const CheckedProgram& named = program_.by_first_names();
    switch (limit.scope) {
      case dsl::LimitScope::kAll:
      case dsl::LimitScope::kMessages:
      case dsl::LimitScope::kTasks:
        return {};
      case dsl::LimitScope::kNudge:
        return named.nudges[limit.scope_index].name;
      case dsl::LimitScope::kChannel:
        return named.channels[limit.scope_index].name;
      case dsl::LimitScope::kUnit:
        return named.units[limit.scope_index].name;
    }
    return {};
  }

  const CheckedProgram& program_;
  Usage usage_;
  Plan plan_;
};

}  // namespace

std::uint32_t Plan::FieldSlot(dsl::EventSetId set, const std::string& field) const {
  const dsl::EventId event = Events(set).front();
  const auto& fields = program->events[event].fields;
  const auto found = std::ranges::find(fields, field, &dsl::EventField::name);
  LULL_CHECK(found != fields.end());
  return field_slots[event][static_cast<std::size_t>(found - fields.begin())];
}

dsl::Type Plan::FieldType(dsl::EventSetId set, const std::string& field) const {
  if (field == "time") return {dsl::TypeKind::kTime, kNone};
  const auto& fields = program->events[Events(set).front()].fields;
  const auto found = std::ranges::find(fields, field, &dsl::EventField::name);
  LULL_CHECK(found != fields.end());
  return found->type;
}

Plan MakePlan(const CheckedProgram& program, const ProbeRequests& probes) {
  return Planner(program, probes).Make();
}

SlotKind SlotKindOf(const CheckedProgram& program, dsl::Type type) {
  switch (type.kind) {
    case dsl::TypeKind::kFlag:
    case dsl::TypeKind::kStage:
      return SlotKind::kU8;
    case dsl::TypeKind::kChoice:
      return program.choices[type.of].values.size() > 254 ? SlotKind::kU32 : SlotKind::kU8;
    case dsl::TypeKind::kNumber:
      return SlotKind::kF64;
    case dsl::TypeKind::kText:
      return SlotKind::kText;
    default:
      return SlotKind::kI64;
  }
}

runtime::ValueType ValueTypeOf(dsl::Type type) {
  switch (type.kind) {
    case dsl::TypeKind::kFlag:
      return runtime::ValueType::kFlag;
    case dsl::TypeKind::kNumber:
      return runtime::ValueType::kNumber;
    case dsl::TypeKind::kMoney:
      return runtime::ValueType::kMoney;
    case dsl::TypeKind::kDuration:
      return runtime::ValueType::kDuration;
    case dsl::TypeKind::kTime:
      return runtime::ValueType::kTime;
    case dsl::TypeKind::kDate:
      return runtime::ValueType::kDate;
    case dsl::TypeKind::kText:
      return runtime::ValueType::kText;
    case dsl::TypeKind::kChoice:
      return runtime::ValueType::kChoice;
    case dsl::TypeKind::kStage:
      return runtime::ValueType::kStage;
    case dsl::TypeKind::kCalendarDuration:
      break;  // never a value
  }
  return runtime::ValueType::kText;
}

}  // namespace lull::compiler
