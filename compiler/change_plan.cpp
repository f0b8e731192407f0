#include "compiler/change_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "compiler/change_memory.h"
#include "compiler/meaning.h"
#include "dsl/program_printer.h"
#include "dsl/program_walk.h"

namespace lull::compiler {
namespace {

using dsl::CheckedProgram;
using dsl::PrintedDefinition;

/// A definition of one side: as it is called now, and by first names.
struct Declared {
  PrintedDefinition now;
  PrintedDefinition first;
};

std::vector<Declared> DeclaredIn(const CheckedProgram& program) {
  std::vector<PrintedDefinition> now = dsl::PrintDefinitions(program);
  std::vector<PrintedDefinition> first = dsl::PrintDefinitions(program.by_first_names());
  std::vector<Declared> declared;
  for (std::size_t i = 0; i < now.size(); ++i) declared.push_back({std::move(now[i]), std::move(first[i])});
  return declared;
}

bool HaveOneName(const Declared& a, const Declared& b) {
  return a.now.kind == b.now.kind && a.first.name == b.first.name &&
         (a.now.kind != "attribute" || a.first.entity == b.first.entity);
}

/// What has another name and is the same for the engine: state is not kept by the names of these.
bool MeanTheSame(const ComparedRuleset& before, const Declared& a, const ComparedRuleset& after,
                 const Declared& b) {
  static constexpr std::array<std::pair<const char*, dsl::DefinitionKind>, 4> kByMeaning = {
      {{"feature", dsl::DefinitionKind::kFeature},
       {"journey", dsl::DefinitionKind::kJourney},
       {"stall", dsl::DefinitionKind::kStall},
       {"score", dsl::DefinitionKind::kScore}}};
  if (a.now.kind != b.now.kind) return false;
  if (a.now.kind == "event") {
    return before.program.events[a.now.index].wire_type == after.program.events[b.now.index].wire_type;
  }
  const auto kind = std::ranges::find(kByMeaning, a.now.kind, [](const auto& each) { return each.first; });
  if (kind == kByMeaning.end()) return false;
  return dsl::Meaning(before.program.by_first_names(), kind->second, a.now.index) ==
         dsl::Meaning(after.program.by_first_names(), kind->second, b.now.index);
}

/// Lines of `of` that `other` has not, told by first names.
std::vector<std::string> LinesOnlyIn(const Declared& of, const Declared& other) {
  std::multiset<std::string> theirs(other.first.lines.begin(), other.first.lines.end());
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < of.first.lines.size(); ++i) {
    const auto found = theirs.find(of.first.lines[i]);
    if (found != theirs.end()) {
      theirs.erase(found);
    } else {
      lines.push_back(of.now.lines[i]);
    }
  }
  return lines;
}

class Comparison {
 public:
  Comparison(const ComparedRuleset& before, const ComparedRuleset& after)
      : before_(before),
        after_(after),
        facts_(before, after),
        old_(DeclaredIn(before.program)),
        new_(DeclaredIn(after.program)) {}

  ChangePlan Make() {
    plan_.version_before = before_.compiled.ruleset->version;
    plan_.version_after = after_.compiled.ruleset->version;
    Match();
    for (std::size_t i = 0; i < new_.size(); ++i) {
      if (new_[i].now.kind == "calendar" && HasOther(i)) changed_calendars_.insert(new_[i].now.index);
    }
    for (std::size_t i = 0; i < new_.size(); ++i) {
      if (old_of_[i] == kNone) {
        Added(new_[i]);
      } else {
        Compare(old_[old_of_[i]], new_[i]);
      }
    }
    for (std::size_t i = 0; i < old_.size(); ++i) {
      if (std::ranges::count(old_of_, i) == 0) Removed(old_[i]);
    }
    return std::move(plan_);
  }

 private:
  void Match() {
    old_of_.assign(new_.size(), kNone);
    std::vector<bool> taken(old_.size());
    const auto pair_up = [&](const auto& same) {
      for (std::size_t after = 0; after < new_.size(); ++after) {
        for (std::uint32_t before = 0; before < old_.size() && old_of_[after] == kNone; ++before) {
          if (taken[before] || !same(old_[before], new_[after])) continue;
          old_of_[after] = before;
          taken[before] = true;
        }
      }
    };
    pair_up(HaveOneName);
    pair_up([&](const Declared& a, const Declared& b) { return MeanTheSame(before_, a, after_, b); });
    // There is one ruleset on each side.
    pair_up([](const Declared& a, const Declared& b) {
      return a.now.kind == "ruleset" && b.now.kind == "ruleset";
    });
  }

  bool HasOther(std::size_t after) const {
    return old_of_[after] != kNone && old_[old_of_[after]].first.lines != new_[after].first.lines;
  }

  static DeclarationChange Begin(const Declared& declared, ChangeKind kind) {
    DeclarationChange change;
    change.kind = kind;
    change.of = declared.now.kind;
    change.name = declared.now.name;
    change.entity = declared.now.entity;
    return change;
  }

  void Added(const Declared& declared) {
    DeclarationChange change = Begin(declared, ChangeKind::kAdded);
    change.memory = facts_.MemoryOf(declared.now.kind, declared.now.index);
    if (declared.now.kind == "stall") AddHeld(declared.now.index, change);
    if (declared.now.kind == "nudge") AddTriggers(declared.now.index, change);
    plan_.declarations.push_back(std::move(change));
  }

  void Removed(const Declared& declared) {
    DeclarationChange change = Begin(declared, ChangeKind::kRemoved);
    change.memory = facts_.ForgottenOf(declared.now.kind, declared.now.index);
    const std::uint32_t index = declared.now.index;
    if (declared.now.kind == "entity") change.effects.push_back(Effect::kRecordsGo);
    if (declared.now.kind == "unit") change.effects.push_back(Effect::kUnitGone);
    if (declared.now.kind == "nudge" && facts_.NudgeAfter(index) == runtime::kNoIndex &&
        HasTasks(before_, index)) {
      change.effects.push_back(Effect::kTasksWithdrawn);
    }
    plan_.declarations.push_back(std::move(change));
  }

  void Compare(const Declared& before, const Declared& after) {
    DeclarationChange change = Begin(after, ChangeKind::kAffected);
    const bool differs = before.first.lines != after.first.lines;
    if (before.now.name != after.now.name) {
      change.was = before.now.name;
      change.kind = ChangeKind::kRenamed;
    }
    if (differs) {
      change.kind = ChangeKind::kChanged;
      change.gone = LinesOnlyIn(before, after);
      change.fresh = LinesOnlyIn(after, before);
      if (change.gone.empty() && change.fresh.empty()) change.fresh.push_back("(the same in another order)");
    }
    change.memory = facts_.MemoryOf(after.now.kind, after.now.index);
    AddEffects(before.now.index, after.now.index, differs, change);
    const bool all_kept =
        std::ranges::all_of(change.memory, [](const Memory& memory) { return memory.fate == Fate::kKept; });
    if (change.kind == ChangeKind::kAffected && all_kept && change.effects.empty()) return;
    plan_.declarations.push_back(std::move(change));
  }

  void AddEffects(std::uint32_t before, std::uint32_t after, bool differs, DeclarationChange& change) {
    if (change.of == "entity" && facts_.EntityAfter(before) == runtime::kNoIndex) {
      change.effects.push_back(Effect::kRecordsGo);
    }
    if (change.of == "stall") CompareStalls(before, after, change);
    if (change.of == "journey") CompareJourneys(before, after, change);
    if (change.of == "nudge") CompareNudges(before, after, differs, change);
  }

  // ---- Stalls

  /// What is already so of a stall of which nothing is known.
  void AddHeld(dsl::StallId id, DeclarationChange& change) {
    const dsl::Stall& stall = after_.program.stalls[id];
    const StallPlan& plan = facts_.plan_after().stalls[id];
    if (plan.condition == kNone || facts_.CarriesBit(stall.entity, plan.condition)) return;
    change.effects.push_back(stall.including_existing ? Effect::kTriggersExisting : Effect::kHeldSilently);
  }

  void CompareStalls(dsl::StallId before, dsl::StallId after, DeclarationChange& change) {
    const dsl::Stall& stall = after_.program.stalls[after];
    const StallPlan& plan = facts_.plan_after().stalls[after];
    if (plan.condition == kNone || facts_.plan_before().stalls[before].condition == kNone) {
      return AddHeld(after, change);
    }
    const bool waits = plan.started.exists() || plan.each_wait != kNone;
    const bool counted = change.memory.empty() || change.memory.front().fate == Fate::kKept;
    const dsl::Stall& old = before_.program.stalls[before];
    const bool moves =
        ExprMeaning(before_.program, old.duration) != ExprMeaning(after_.program, stall.duration) ||
        ExprMeaning(before_.program, old.by) != ExprMeaning(after_.program, stall.by) ||
        UsesChangedCalendar(stall.duration) || UsesChangedCalendar(stall.by);
    const bool held = facts_.CarriesBit(stall.entity, plan.condition);
    if (waits && !counted) change.effects.push_back(Effect::kWaitsEnd);
    if (moves && counted) change.effects.push_back(held ? Effect::kDeadlinesMove : Effect::kLevelsMove);
    const bool told = moves && counted && !stall.including_existing;
    if (!held && !told && !(waits && !counted)) AddHeld(after, change);
  }

  /// Of the new ruleset; features are looked into.
  bool UsesChangedCalendar(dsl::ExprId root) const {
    bool uses = false;
    std::set<dsl::FeatureId> seen;
    std::vector<dsl::ExprId> open = {root};
    while (!open.empty() && !uses) {
      const dsl::ExprId next = open.back();
      open.pop_back();
      dsl::VisitExprs(after_.program, next, [&](dsl::ExprId, const dsl::Expr& expr) {
        const bool by_calendar =
            expr.kind == dsl::ExprKind::kOpenTime || expr.kind == dsl::ExprKind::kOpenDays;
        uses = uses || (by_calendar && changed_calendars_.contains(expr.index));
        if (expr.kind == dsl::ExprKind::kFeature && seen.insert(expr.index).second) {
          open.push_back(after_.program.features[expr.index].value);
        }
      });
    }
    return uses;
  }

  // ---- Journeys

  static std::vector<std::string> TimesOf(const CheckedProgram& program, const dsl::Journey& journey) {
    std::vector<std::string> times;
    for (const dsl::Transition& step : journey.transitions) {
      if (step.duration != kNone) times.push_back(ExprMeaning(program, step.duration));
    }
    return times;
  }

  void CompareJourneys(dsl::JourneyId before, dsl::JourneyId after, DeclarationChange& change) {
    const dsl::Journey& journey = after_.program.journeys[after];
    const JourneyPlan& plan = facts_.plan_after().journeys[after];
    if (!plan.stage.exists() || !facts_.Carries(journey.entity, plan.stage)) return;
    const auto& stages = after_.program.by_first_names().journeys[after].stages;
    const bool lost = std::ranges::any_of(
        before_.program.by_first_names().journeys[before].stages, [&](const dsl::Stage& stage) {
          return std::ranges::find(stages, stage.name, &dsl::Stage::name) == stages.end();
        });
    if (lost) change.effects.push_back(Effect::kStagesBeginAnew);
    const bool moves =
        TimesOf(before_.program, before_.program.journeys[before]) != TimesOf(after_.program, journey) ||
        std::ranges::any_of(journey.transitions,
                            [&](const dsl::Transition& step) { return UsesChangedCalendar(step.duration); });
    if (moves) change.effects.push_back(Effect::kDeadlinesMove);
  }

  // ---- Nudges

  static bool HasTasks(const ComparedRuleset& side, dsl::NudgeId id) {
    const dsl::Nudge& nudge = side.program.nudges[id];
    return nudge.channel != kNone && side.program.channels[nudge.channel].is_task;
  }

  /// Whether something that the nudge waits for was not watched before.
  bool WatchesAnew(dsl::NudgeId id) const {
    const NudgePlan& plan = facts_.plan_after().nudges[id];
    const dsl::EntityId entity = after_.program.nudges[id].entity;
    ConditionId stall = kNone;
    if (after_.program.nudges[id].stall != kNone) {
      stall = facts_.plan_after().stalls[after_.program.nudges[id].stall].condition;
    }
    return std::ranges::any_of(
        std::array{plan.state, plan.rises, plan.due, stall},
        [&](ConditionId condition) { return condition != kNone && !facts_.CarriesBit(entity, condition); });
  }

  void AddTriggers(dsl::NudgeId id, DeclarationChange& change) {
    if (after_.program.nudges[id].including_existing && !facts_.HasPredecessor(id)) {
      change.effects.push_back(Effect::kTriggersExisting);
    } else if (WatchesAnew(id)) {
      change.effects.push_back(Effect::kHeldSilently);
    }
  }

  void CompareNudges(dsl::NudgeId before, dsl::NudgeId after, bool differs, DeclarationChange& change) {
    const bool goes_on = facts_.NudgeAfter(before) == after;
    const bool tasks = HasTasks(before_, before);
    const bool meaning_differs = NudgeMeaning(before_.program, before_.program.nudges[before]) !=
                                 NudgeMeaning(after_.program, after_.program.nudges[after]);
    if (tasks && !goes_on) change.effects.push_back(Effect::kTasksWithdrawn);
    if (tasks && goes_on && meaning_differs) change.effects.push_back(Effect::kTasksStay);
    if (meaning_differs) AddTriggers(after, change);
    if (tasks && goes_on && differs && TaskLife(before_, before) != TaskLife(after_, after)) {
      change.effects.push_back(Effect::kTaskDeadlinesStay);
    }
  }

  static std::vector<std::string> TaskLife(const ComparedRuleset& side, dsl::NudgeId id) {
    const dsl::Nudge& nudge = side.program.nudges[id];
    std::vector<std::string> life = {ExprMeaning(side.program, nudge.due),
                                     ExprMeaning(side.program, nudge.expires_after)};
    for (const dsl::Rung& rung : nudge.ladder) {
      life.push_back(ExprMeaning(side.program, rung.after));
      if (rung.to.unit == kNone) continue;
      life.push_back(side.program.by_first_names().units[rung.to.unit].name);
    }
    return life;
  }

  const ComparedRuleset before_;
  const ComparedRuleset after_;
  const ChangeFacts facts_;
  const std::vector<Declared> old_;
  const std::vector<Declared> new_;
  std::vector<std::uint32_t> old_of_;  // by new definition
  std::set<dsl::CalendarId> changed_calendars_;
  ChangePlan plan_;
};

}  // namespace

ChangePlan PlanChange(const ComparedRuleset& before, const ComparedRuleset& after) {
  return Comparison(before, after).Make();
}

std::string Describe(const Memory& memory) {
  const std::string full =
      memory.full_after_micros == 0
          ? std::string()
          : fmt::format(", full {} after the deployment", dsl::PrintDuration(memory.full_after_micros));
  switch (memory.fate) {
    case Fate::kKept:
      return "carries over";
    case Fate::kPartly:
      return "keeps what there is" + (full.empty() ? ", which does not reach back to the beginning" : full);
    case Fate::kEmpty:
      return "starts empty" + full;
    case Fate::kForgotten:
      return "is forgotten";
  }
  return {};
}

std::string Describe(Effect effect) {
  switch (effect) {
    case Effect::kDeadlinesMove:
      return "pending deadlines are counted anew from their start; one that is past then falls at the "
             "deployment";
    case Effect::kLevelsMove:
      return "pending deadlines are counted anew from their start; what has lasted long enough already is "
             "held "
             "without triggering";
    case Effect::kWaitsEnd:
      return "pending waits end; it waits from the next event on";
    case Effect::kHeldSilently:
      return "what is already so is held without triggering (`including existing` would trigger it)";
    case Effect::kTriggersExisting:
      return "what is already so triggers at the deployment (`including existing`)";
    case Effect::kTasksStay:
      return "open tasks stay as long as their state lasts";
    case Effect::kTasksWithdrawn:
      return "open tasks are withdrawn";
    case Effect::kTaskDeadlinesStay:
      return "open tasks keep the due time, ladder and expiry that they went out with";
    case Effect::kRecordsGo:
      return "all that is known of these entities is forgotten, and their open tasks end";
    case Effect::kUnitGone:
      return "its open tasks stay and belong to no unit; steps of ladders to it are left out";
    case Effect::kStagesBeginAnew:
      return "who is in a stage that is gone begins at the start";
  }
  return {};
}

}  // namespace lull::compiler
