#include "compiler/lower_nudges.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/meaning.h"
#include "dsl/program_printer.h"

namespace lull::compiler {

using dsl::ExprId;
using runtime::FunctionId;

FunctionId NudgeLowering::Condition(const std::string& name, ExprId expr, Reading reading) {
  if (expr == kNone) return runtime::kNoFunction;
  FunctionInHand function(lowering_, name, reading);
  function.read.SetBeside(beside_);
  const ValueId value = function.read.Condition(expr);
  function.build.Return(value);
  return function.Finish();
}

FunctionId NudgeLowering::Value(const std::string& name, ExprId expr) {
  if (expr == kNone) return runtime::kNoFunction;
  FunctionInHand function(lowering_, name, kPlain);
  function.read.SetBeside(beside_);
  function.build.Out(0, function.read.Value(expr));
  return function.Finish();
}

FunctionId NudgeLowering::RouteKey(const std::string& name, ExprId expr) {
  if (expr == kNone) return runtime::kNoFunction;
  FunctionInHand function(lowering_, name, kPlain);
  function.read.SetBeside(beside_);
  function.build.Out(0, function.read.Text(expr));
  return function.Finish();
}

std::string NudgeLowering::SequenceName(const dsl::Sequence& sequence) const {
  std::string name;
  for (const dsl::SequenceStep& step : sequence.steps) {
    name += (name.empty() ? "" : " then ") + lowering_.program().event_sets[step.events].name;
  }
  return name;
}

void NudgeLowering::AddTaskLife(const dsl::Nudge& nudge, runtime::NudgeSpec& spec) {
  const dsl::CheckedProgram& program = lowering_.program();
  if (nudge.outcomes != kNone) spec.outcomes = program.choices[nudge.outcomes].values;
  spec.due = Deadline(nudge.name + "_due", nudge.due);
  spec.expires = Deadline(nudge.name + "_expires", nudge.expires_after);
  for (const dsl::Rung& rung : nudge.ladder) {
    spec.ladder.push_back({Deadline(nudge.name + "_otherwise", rung.after),
                           {rung.to.unit, RouteKey(nudge.name + "_otherwise_key", rung.to.key)}});
  }
}

FunctionId NudgeLowering::Deadline(const std::string& name, ExprId expr) {
  const bool is_time = expr != kNone && lowering_.program().expr(expr).type.kind == dsl::TypeKind::kTime;
  return is_time ? Value(name, expr) : LowerDeadline(lowering_, name, expr, kPlain);
}

runtime::NudgeSpec NudgeLowering::Nudge(dsl::NudgeId id) {
  static constexpr runtime::TriggerKind kTriggers[] = {
      runtime::TriggerKind::kEvent,     runtime::TriggerKind::kStall, runtime::TriggerKind::kStage,
      runtime::TriggerKind::kCondition, runtime::TriggerKind::kWhile, runtime::TriggerKind::kWhile,
      runtime::TriggerKind::kClock,
  };
  const dsl::CheckedProgram& program = lowering_.program();
  const dsl::Nudge& nudge = program.nudges[id];
  const NudgePlan& plan = lowering_.plan.nudges[id];
  runtime::NudgeSpec spec;
  spec.name = nudge.name;
  spec.first_name = program.by_first_names().nudges[id].name;
  spec.entity = nudge.entity;
  beside_ = nudge.sequence == kNone ? nullptr : &lowering_.plan.sequences[nudge.sequence].beside;
  spec.trigger = kTriggers[static_cast<std::size_t>(nudge.trigger)];
  if (nudge.events != kNone) spec.trigger_name = program.event_sets[nudge.events].name;
  if (nudge.sequence != kNone) spec.trigger_name = SequenceName(program.sequences[nudge.sequence]);
  if (nudge.stall != kNone) spec.trigger_name = program.stalls[nudge.stall].name;
  if (nudge.journey != kNone) {
    const dsl::Journey& journey = program.journeys[nudge.journey];
    spec.trigger_name = journey.name + " entering " + journey.stages[nudge.stage].name;
  }
  if (nudge.trigger == dsl::TriggerKind::kClock)
    spec.trigger_name = dsl::PrintSchedule(lowering_.program(), nudge.schedule);
  spec.state_condition = plan.state;
  spec.due_condition = plan.due;
  spec.gone_bit = plan.gone_bit;
  spec.due_offset = plan.last_due.offset;
  const bool own_function = nudge.trigger == dsl::TriggerKind::kEvent || plan.state != kNone;
  if (!own_function) {
    spec.if_condition = Condition(nudge.name + "_if", nudge.if_condition);
    spec.again_after = LowerDeadline(lowering_, nudge.name + "_again_after", nudge.again_after, kPlain);
  }
  AddWaiting(id, spec);
  spec.channel = nudge.channel;
  spec.title = Text(nudge.name + "_title", nudge.title, kNone);
  if (nudge.stall != kNone) {
    for (const dsl::Reason& reason : program.stalls[nudge.stall].reasons) {
      spec.reasons.push_back(Text(nudge.name + "_because", reason.text, reason.when));
    }
  }
  spec.scores = nudge.scores;
  spec.experiments = nudge.experiments;
  for (const dsl::Route& route : nudge.routes) {
    spec.routes.push_back({route.unit, RouteKey(nudge.name + "_key", route.key)});
  }
  AddTaskLife(nudge, spec);
  spec.worth = Value(nudge.name + "_worth", nudge.worth);
  if (nudge.worth != kNone) spec.worth_type = ValueTypeOf(program.expr(nudge.worth).type);
  spec.meaning = MeaningHash(NudgeMeaning(program, nudge));
  beside_ = nullptr;
  return spec;
}

void NudgeLowering::AddWaiting(dsl::NudgeId id, runtime::NudgeSpec& spec) {
  const dsl::Nudge& nudge = lowering_.program().nudges[id];
  const NudgePlan& plan = lowering_.plan.nudges[id];
  spec.trigger_condition = plan.rises;
  if (nudge.trigger == dsl::TriggerKind::kStallBegins) {
    spec.trigger_condition = lowering_.plan.StallCondition(nudge.stall);
  }
  spec.including_existing = nudge.including_existing;
  spec.keep_when_over = nudge.keep_when_over;
  spec.repeat_every = LowerDeadline(lowering_, nudge.name + "_repeat_every", nudge.repeat_every, kPlain);
  spec.repeat_max = nudge.repeat_max;
  spec.valid_for = LowerDeadline(lowering_, nudge.name + "_valid_for", nudge.valid_for, kPlain);
  spec.kept = plan.kept;
  spec.opening = plan.opening;
  spec.opening_time_offset = plan.opening_time.offset;
  if (plan.state == kNone && (nudge.valid_for != kNone || nudge.including_existing)) {
    spec.retry_if = Condition(nudge.name + "_if_still", nudge.if_condition, {false, true});
  }
}

runtime::ScoreSpec NudgeLowering::Score(dsl::ScoreId id) {
  const dsl::Score& score = lowering_.program().scores[id];
  runtime::ScoreSpec spec;
  spec.name = score.name;
  spec.entity = score.entity;
  // Scores that no nudge uses have no slots to read.
  const auto& nudges = lowering_.program().nudges;
  const bool used = std::ranges::any_of(
      nudges, [&](const dsl::Nudge& nudge) { return std::ranges::count(nudge.scores, id) > 0; });
  if (!used) return spec;
  {
    FunctionInHand function(lowering_, score.name + "_score", kPlain);
    function.build.Out(0, function.read.ScoreValue(id));
    spec.value = function.Finish();
  }
  for (const dsl::ScorePart& part : score.parts) {
    runtime::ScoreSpec::Part& out = spec.parts.emplace_back();
    FunctionInHand function(lowering_, score.name + "_part", kPlain);
    const ValueId applies = function.read.ConditionOrYes(part.when);
    const ValueId points = function.read.Value(part.points);
    function.build.Out(0, part.take ? function.build.FNeg(points) : points);
    function.build.Out(1, applies);
    out.points = function.Finish();
    out.has_because = part.because != kNone;
    if (out.has_because) out.because = Text(score.name + "_because", part.because, kNone);
  }
  return spec;
}

std::string NudgeLowering::LimitText(const dsl::Limit& limit) const {
  static constexpr const char* kPeriods[] = {"", "per day", "per week", "per month"};
  static constexpr std::pair<std::int64_t, const char*> kUnits[] = {
      {7 * kMicrosPerDay, "week"},  {kMicrosPerDay, "day"},       {kMicrosPerHour, "hour"},
      {kMicrosPerMinute, "minute"}, {kMicrosPerSecond, "second"}, {1, "microsecond"}};
  const dsl::CheckedProgram& program = lowering_.program();
  std::string what = limit.count_max == 1 ? "nudge" : "nudges";
  if (limit.scope == dsl::LimitScope::kMessages) what = limit.count_max == 1 ? "message" : "messages";
  if (limit.scope == dsl::LimitScope::kTasks) what = limit.count_max == 1 ? "task" : "tasks";
  if (limit.scope == dsl::LimitScope::kNudge) what = program.nudges[limit.scope_index].name;
  if (limit.scope == dsl::LimitScope::kChannel) what = program.channels[limit.scope_index].name;
  if (limit.scope == dsl::LimitScope::kUnit) what = "for " + program.units[limit.scope_index].name;
  if (limit.period != dsl::LimitPeriod::kRolling) {
    return fmt::format("{} {} {}", limit.count_max, what, kPeriods[static_cast<std::size_t>(limit.period)]);
  }
  for (const auto& [micros, unit] : kUnits) {
    if (limit.rolling_micros % micros != 0 || unit == kUnits[0].second) continue;
    const std::int64_t count = limit.rolling_micros / micros;
    return fmt::format("{} {} in {} {}{}", limit.count_max, what, count, unit, count == 1 ? "" : "s");
  }
  return what;
}

runtime::PolicySpec NudgeLowering::Policy(dsl::PolicyId id) {
  const dsl::CheckedProgram& program = lowering_.program();
  const dsl::Policy& policy = program.policies[id];
  runtime::PolicySpec spec;
  spec.name = policy.name;
  spec.first_name = lowering_.program().by_first_names().policies[id].name;
  spec.entity = policy.entity;
  spec.covers = policy.covers;
  spec.best_count = policy.best_count;
  spec.best_by_worth = policy.best_by_worth;
  if (!policy.best_by_worth) spec.best_by = Value(policy.name + "_best", policy.best_by);
  if (policy.best_by != kNone) spec.best_type = ValueTypeOf(program.expr(policy.best_by).type);
  const auto& offsets = lowering_.plan.entities[policy.entity].limit_offsets;
  for (std::size_t i = 0; i < policy.limits.size(); ++i) {
    const dsl::Limit& limit = policy.limits[i];
    runtime::LimitSpec& out = spec.limits.emplace_back();
    out.count_max = limit.count_max;
    out.scope = static_cast<runtime::LimitScope>(limit.scope);
    out.scope_index = limit.scope_index;
    out.period = static_cast<runtime::LimitPeriod>(limit.period);
    out.rolling_micros = limit.rolling_micros;
    out.offset = offsets[id][i];
    out.text = LimitText(limit);
  }
  for (const dsl::QuietHours& quiet : policy.quiet_hours) {
    runtime::QuietHoursSpec& out = spec.quiet_hours.emplace_back();
    out.from_minute = quiet.from_minute;
    out.to_minute = quiet.to_minute;
    out.zone = Value(policy.name + "_zone", quiet.zone);
    out.condition = Condition(policy.name + "_quiet", quiet.condition, {false, true});
  }
  for (const ExprId never : policy.never)
    spec.never.push_back(Condition(policy.name + "_never", never, {false, true}));
  for (const dsl::ConditionText& text : policy.never_texts)
    spec.never_texts.push_back(ConditionText(policy.name + "_never", text));
  spec.holdout_share = policy.holdout_share;
  return spec;
}

}  // namespace lull::compiler
