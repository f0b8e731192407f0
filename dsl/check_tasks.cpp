// The life of a task: the events by which people say what became of it, the journeys that go on with that,
// its due time, its ladder and its end.
#include <algorithm>
#include <array>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

constexpr std::string_view kStepPrefix = "lull.task.";
constexpr std::array<std::pair<TaskStep, std::string_view>, 4> kSteps = {{{TaskStep::kDone, "done"},
                                                                          {TaskStep::kDeclined, "declined"},
                                                                          {TaskStep::kClaimed, "claimed"},
                                                                          {TaskStep::kReleased, "released"}}};
constexpr std::uint32_t kTaskIdBytesMax = 64;
constexpr int kSecondsOfDay = 86'400;

EventField StepField(const char* name, bool optional) {
  EventField field;
  field.name = field.wire_path = name;
  field.type = {TypeKind::kText, kNone};
  field.optional = optional;
  return field;
}

}  // namespace

bool Checker::IsTaskChannel(const syntax::Name& channel) const {
  if (tree_.rulesets.empty()) return false;
  const auto& channels = tree_.rulesets.front().channels;
  return std::any_of(channels.begin(), channels.end(), [&](const syntax::Channel& other) {
    return other.kind == syntax::ChannelKind::kTask && other.name.text == channel.text;
  });
}

// The outcomes of a nudge are a choice of their own, behind those that have a name.
void Checker::DeclareOutcomes() {
  for (const syntax::NudgeDecl& decl : tree_.nudges) {
    if (decl.outcomes.empty()) {
      outcomes_.push_back(kNone);
      continue;
    }
    ReportRepeats(decl.outcomes);
    Choice choice{"outcome of " + decl.name.text, {}, decl.outcomes_span};
    for (const syntax::Name& outcome : decl.outcomes) choice.values.push_back(outcome.text);
    outcomes_.push_back(static_cast<ChoiceId>(program_.choices.size()));
    program_.choices.push_back(std::move(choice));
  }
}

void Checker::AddTaskStepEvents() {
  for (EventId id = 0; id < program_.events.size(); ++id) {
    if (!program_.events[id].wire_type.starts_with(kStepPrefix)) continue;
    const syntax::EventDecl& decl = tree_.events[id];
    diagnostics_
        .Report(Code::kStepDeclared, decl.wire_name.exists() ? decl.wire_name.span : decl.name.span,
                "events whose type begins with \"" + std::string(kStepPrefix) + "\" are steps of tasks")
        .Help("take them up in a journey, with `on done NUDGE`, or give this event another type");
  }
  std::vector<EntityId> entities;
  for (const syntax::NudgeDecl& decl : tree_.nudges) {
    const Symbol* entity = Find(decl.entity.text);
    if (!IsTaskChannel(decl.channel) || entity == nullptr || entity->kind != SymbolKind::kEntity) continue;
    // A part has its moments with its whole, whose key finds the task too.
    const EntityId whole = program_.entities[entity->index].whole;
    const EntityId owner = whole == kNone ? entity->index : whole;
    if (std::find(entities.begin(), entities.end(), owner) == entities.end()) entities.push_back(owner);
  }
  std::sort(entities.begin(), entities.end());
  for (std::size_t i = 0; i < kSteps.size() && !entities.empty(); ++i) {
    Event event;
    event.name = event.wire_type = std::string(kStepPrefix) + std::string(kSteps[i].second);
    event.task_step = kSteps[i].first;
    event.entities = entities;
    event.named_count = static_cast<std::uint32_t>(entities.size());
    event.fields = {StepField("task", false), StepField("outcome", true), StepField("by", true)};
    event.fields.front().text_bytes_max = kTaskIdBytesMax;
    program_.events.push_back(std::move(event));
  }
}

void Checker::CheckTaskStep(const syntax::Transition& written, Scope scope, Transition& transition) {
  transition.kind = TransitionKind::kTaskEnd;
  transition.task_end = static_cast<TaskEnd>(written.task_end);
  transition.nudge = Resolve(written.trigger, SymbolKind::kNudge, Code::kUnknownNudge, "a nudge");
  if (transition.nudge == kNone) return;
  const syntax::NudgeDecl& nudge = tree_.nudges[transition.nudge];
  const Symbol* entity = Find(nudge.entity.text);
  if (entity == nullptr || entity->kind != SymbolKind::kEntity) return;
  if (entity->index != scope.entity) {
    diagnostics_
        .Report(Code::kUnknownNudge, written.trigger.span,
                Quoted(nudge.name.text) + " is a nudge of " + Quoted(nudge.entity.text) +
                    ", and the journey is of " + Quoted(program_.entities[scope.entity].name))
        .NoteAt(nudge.name.span, "declared here");
    return;
  }
  const bool known_channel = nudge.channel.exists() && Find(nudge.channel.text) != nullptr;
  if (!IsTaskChannel(nudge.channel)) {
    if (!known_channel) return;  // reported there
    diagnostics_
        .Report(Code::kMessageHasNoSteps, written.trigger.span,
                Quoted(nudge.name.text) + " sends a message, and a message is gone when it is sent")
        .NoteAt(nudge.channel.span, "a channel of messages")
        .Help("only tasks are done, declined or expired; take an event of the entity instead");
    return;
  }
  if (written.task_end == syntax::TaskEnd::kExpired) {
    if (!written.where.exists()) return;
    diagnostics_
        .Report(Code::kWhereNeedsEvent, tree_[written.where].span,
                "a task expires by itself, so nobody says anything that `where` could look at")
        .Help("leave the `where` out");
    return;
  }
  for (EventId id = 0; id < program_.events.size(); ++id) {
    const bool is_done = program_.events[id].task_step == TaskStep::kDone;
    const bool is_declined = program_.events[id].task_step == TaskStep::kDeclined;
    if (written.task_end == syntax::TaskEnd::kDone ? is_done : is_declined)
      transition.events = sets_.at({id});
  }
  if (!written.where.exists()) return;
  scope.trigger = transition.events;
  scope.trigger_first = true;
  if (outcomes_[transition.nudge] != kNone) scope.step_of = transition.nudge;
  transition.where = CheckCondition(written.where, scope);
}

ExprId Checker::CheckTaskDeadline(syntax::ExprId id, const Scope& scope) {
  if (!id.exists()) return kNone;
  const ExprId duration = CheckDuration(id, scope);
  RequirePositive(duration);
  return duration;
}

// A date means its end.
ExprId Checker::CheckDueBy(syntax::ExprId id, const Scope& scope) {
  const ExprId due = CheckExpr(id, scope, kTimeType);
  if (due == kNone || At(due).type == kTimeType) return due;
  if (At(due).type == kDateType) return MakeTimeOnDay(due, kSecondsOfDay, At(due).span);
  diagnostics_.Report(Code::kNotATime, At(due).span, "`due by` needs a time or a date")
      .Label("this is " + TypeNameOf(due))
      .Help("write `due 4 hours` for a span from when the task goes out");
  return kNone;
}

void Checker::CheckTaskLife(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge) {
  nudge.outcomes = outcomes_[static_cast<std::size_t>(&decl - tree_.nudges.data())];
  nudge.due = decl.due_by ? CheckDueBy(decl.due, scope) : CheckTaskDeadline(decl.due, scope);
  for (const syntax::Rung& written : decl.ladder) {
    Rung rung;
    rung.after = CheckTaskDeadline(written.after, scope);
    rung.to = CheckRoute(written.to, scope);
    if (!written.after.exists() && !decl.due.exists()) {
      diagnostics_
          .Report(Code::kLadderWithoutTime, written.span,
                  "when does the task go to " + Quoted(written.to.unit.text) + "?")
          .Help("say when with `otherwise after 4 hours to " + written.to.unit.text +
                "`, or when the task is due with `due 4 hours`");
    }
    nudge.ladder.push_back(rung);
  }
  nudge.expires_after = CheckTaskDeadline(decl.expires_after, scope);
  if (nudge.channel == kNone || program_.channels[nudge.channel].is_task) return;
  const Span due = decl.due.exists() ? tree_[decl.due].span : Span();
  const Span expires = decl.expires_after.exists() ? tree_[decl.expires_after].span : Span();
  for (const Span& span :
       {due, decl.ladder.empty() ? Span() : decl.ladder.front().span, expires, decl.outcomes_span}) {
    if (!span.exists()) continue;
    diagnostics_.Report(Code::kMessageHasNoSteps, span, "a message is gone when it is sent")
        .NoteAt(decl.channel.span, "a channel of messages")
        .Help(
            "only tasks are due, escalated, expired or done: leave the clause out, or use a channel of "
            "tasks");
    return;
  }
}

}  // namespace lull::dsl
