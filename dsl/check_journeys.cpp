// Journeys: stages, transitions, and transitions that are never taken.
#include <algorithm>
#include <set>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

std::uint32_t StageNamed(Journey& journey, const syntax::Name& name) {
  for (std::uint32_t i = 0; i < journey.stages.size(); ++i) {
    if (journey.stages[i].name == name.text) {
      return i;
    }
  }
  journey.stages.push_back({name.text, false, name.span});
  return static_cast<std::uint32_t>(journey.stages.size() - 1);
}

}  // namespace

// Stages are numbered in the order in which the text names them, the start first.
void Checker::DeclareStages() {
  for (const syntax::JourneyDecl& decl : tree_.journeys) {
    Journey journey;
    journey.name = decl.name.text;
    journey.entity = ResolveEntity(decl.entity);
    journey.doc = decl.doc;
    journey.span = decl.name.span;
    journey.start = StageNamed(journey, decl.start);
    if (!decl.start.exists() && !decl.incomplete) {
      diagnostics_.Report(Code::kUnknownStage, decl.name.span, "the journey does not say where it starts")
          .Help("add a line such as " +
                Quoted("start " + (decl.transitions.empty() || decl.transitions.front().from.empty()
                                       ? std::string("STAGE")
                                       : decl.transitions.front().from.front().text)));
    }
    std::set<std::string_view> entered = {decl.start.text};
    for (const syntax::Transition& transition : decl.transitions) {
      ReportRepeats(transition.from);
      for (const syntax::Name& from : transition.from) {
        StageNamed(journey, from);
      }
      StageNamed(journey, transition.to);
      entered.insert(transition.to.text);
    }
    const std::vector<std::string_view> known(entered.begin(), entered.end());
    for (const Stage& stage : journey.stages) {
      const std::string_view closest = entered.contains(stage.name) ? "" : ClosestWord(stage.name, known);
      if (!closest.empty() && !decl.incomplete) {
        diagnostics_
            .Report(
                Code::kUnknownStage, stage.span,
                "nothing leads to a stage " + Quoted(stage.name) + " of the journey " + Quoted(journey.name))
            .Help("did you mean " + Quoted(closest) + "?")
            .Replace(stage.span, std::string(closest));
      }
    }
    program_.journeys.push_back(std::move(journey));
    ReportRepeats(decl.ends);
    for (const syntax::Name& end : decl.ends) {
      const auto stage = ResolveStage(static_cast<JourneyId>(program_.journeys.size() - 1), end);
      if (stage) {
        program_.journeys.back().stages[*stage].is_end = true;
      }
    }
  }
}

std::optional<std::uint32_t> Checker::FindStage(JourneyId journey, std::string_view name) const {
  const std::vector<Stage>& stages = program_.journeys[journey].stages;
  const auto at =
      std::find_if(stages.begin(), stages.end(), [&](const Stage& stage) { return stage.name == name; });
  return at == stages.end() ? std::nullopt : std::optional(static_cast<std::uint32_t>(at - stages.begin()));
}

std::optional<std::uint32_t> Checker::ResolveStage(JourneyId journey, const syntax::Name& name) {
  const std::optional<std::uint32_t> stage = FindStage(journey, name.text);
  if (!stage && name.exists() && !tree_.journeys[journey].incomplete) {
    std::vector<std::string_view> candidates;
    for (const Stage& each : program_.journeys[journey].stages) {
      candidates.push_back(each.name);
    }
    ReportUnknown(
        Code::kUnknownStage, name,
        "the journey " + Quoted(program_.journeys[journey].name) + " has no stage " + Quoted(name.text),
        candidates);
  }
  return stage;
}

void Checker::CheckJourneys() {
  for (JourneyId id = 0; id < tree_.journeys.size(); ++id) {
    Journey& journey = program_.journeys[id];
    if (journey.entity == kNone) {
      continue;
    }
    const Scope scope{journey.entity, kNone, kNone, false, false};
    for (const syntax::Transition& transition : tree_.journeys[id].transitions) {
      CheckTransition(transition, scope, journey);
    }
    ReportShadowed(journey);
  }
}

void Checker::CheckTransition(const syntax::Transition& written, const Scope& scope, Journey& journey) {
  Transition transition;
  transition.to = StageNamed(journey, written.to);
  transition.span = written.span;
  for (const syntax::Name& from : written.from) {
    transition.from.push_back(StageNamed(journey, from));
  }
  for (std::uint32_t stage = 0; written.any && stage < journey.stages.size(); ++stage) {
    if (stage != transition.to && !journey.stages[stage].is_end) {
      transition.from.push_back(stage);
    }
  }
  switch (written.kind) {
    case syntax::TransitionKind::kOn:
      CheckTransitionTrigger(written, scope, transition);
      break;
    case syntax::TransitionKind::kOnTaskStep:
      CheckTaskStep(written, scope, transition);
      break;
    case syntax::TransitionKind::kWhen:
      transition.kind = TransitionKind::kWhen;
      transition.when = CheckCondition(written.value, scope);
      break;
    case syntax::TransitionKind::kAfter:
    case syntax::TransitionKind::kAfterQuiet:
      transition.kind = written.kind == syntax::TransitionKind::kAfter ? TransitionKind::kAfter
                                                                       : TransitionKind::kAfterQuiet;
      transition.duration = CheckDuration(written.value, scope);
      RequirePositive(transition.duration);
      if (transition.kind == TransitionKind::kAfterQuiet) {
        ResolveEvents({"activity", written.span}, scope.entity);
      }
      break;
  }
  journey.transitions.push_back(std::move(transition));
}

void Checker::CheckTransitionTrigger(const syntax::Transition& written, Scope scope, Transition& transition) {
  if (!written.sequence.steps.empty()) {
    transition.kind = TransitionKind::kEvent;
    transition.sequence = CheckSequence(written.sequence, scope);
    transition.events = scope.trigger;
    return;
  }
  const Symbol* symbol = Find(written.trigger.text);
  if (symbol != nullptr && symbol->kind == SymbolKind::kStall) {
    transition.kind = TransitionKind::kStallBegins;
    transition.stall = symbol->index;
    if (EntityOf(*symbol) != scope.entity) {
      ReportUnknownName(written.trigger, scope);
    }
    if (written.where.exists()) {
      diagnostics_
          .Report(Code::kWhereNeedsEvent, tree_[written.where].span,
                  "a stall has no fields that `where` could look at")
          .Help("put the condition into the `while` of the stall");
    }
    return;
  }
  transition.kind = TransitionKind::kEvent;
  transition.events = ResolveEvents(written.trigger, scope.entity);
  if (transition.events != kNone && written.where.exists()) {
    scope.trigger = transition.events;
    scope.trigger_first = true;
    scope.on_event = true;
    transition.where = CheckCondition(written.where, scope);
  }
}

// The first transition of a stage that an event fits is taken. One that is never the first is hardly meant,
// unless it is an `any` that earlier ones make exceptions from.
void Checker::ReportShadowed(const Journey& journey) {
  std::map<std::pair<std::uint32_t, EventId>, Span> taken;
  const auto& written =
      tree_.journeys[static_cast<std::size_t>(&journey - program_.journeys.data())].transitions;
  for (std::size_t i = 0; i < journey.transitions.size(); ++i) {
    const Transition& transition = journey.transitions[i];
    if (transition.kind != TransitionKind::kEvent || transition.events == kNone) {
      continue;
    }
    const std::vector<EventId>& events = program_.event_sets[transition.events].events;
    std::vector<std::uint32_t> shadowed;
    for (const std::uint32_t stage : transition.from) {
      if (std::all_of(events.begin(), events.end(), [&](EventId event) {
            return taken.contains({stage, event});
          })) {
        shadowed.push_back(stage);
      }
    }
    if (!shadowed.empty() && (!written[i].any || shadowed.size() == transition.from.size())) {
      diagnostics_
          .Report(Code::kShadowed, transition.span,
                  "from the stage " + Quoted(journey.stages[shadowed.front()].name) + " this is never taken")
          .NoteAt(taken.at({shadowed.front(), events.front()}), "this one takes the event first")
          .Help("put the transition with the narrower condition first, or leave one of them out");
    }
    if (!written[i].where.exists() && transition.sequence == kNone) {
      for (const std::uint32_t stage : transition.from) {
        for (const EventId event : events) {
          taken.emplace(std::pair(stage, event), transition.span);
        }
      }
    }
  }
}

}  // namespace lull::dsl
