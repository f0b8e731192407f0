#include "trial/possible.h"

#include <algorithm>
#include <vector>

#include "dsl/check_bounds.h"
#include "runtime/base/time.h"
#include "runtime/ruleset.h"

namespace lull::trial {
namespace {

using dsl::Assumption;
using dsl::ExprId;
using dsl::ExprKind;
using dsl::kNone;
using dsl::Nudge;
using dsl::NudgeId;
using dsl::Policy;
using dsl::TriggerKind;

/// As many as one likes.
constexpr std::uint32_t kMany = 1'000'000;

bool Covers(const Policy& policy, NudgeId nudge) { return std::ranges::count(policy.covers, nudge) > 0; }

/// Whether it is tried only in the moment of its trigger.
bool IsMomentary(const Nudge& nudge) { return !nudge.lasts() && nudge.valid_for == kNone; }

/// What a nudge's state is made of while it lasts; of bits that are set before nudges are looked at.
void AddState(const dsl::CheckedProgram& program, const Nudge& nudge, std::vector<Assumption>& assumed) {
  if (!nudge.lasts() && !IsMomentary(nudge)) return;  // it may wait beyond its state
  if (nudge.stall != kNone) {
    const dsl::Stall& stall = program.stalls[nudge.stall];
    if (stall.until_condition == kNone && stall.while_condition != kNone) {
      assumed.push_back({stall.while_condition, true});
    }
    if (stall.unless_condition != kNone) assumed.push_back({stall.unless_condition, false});
  } else if (nudge.condition != kNone) {
    assumed.push_back({nudge.condition, true});
  }
}

/// What is read in the moment itself.
void AddNarrowing(const Nudge& nudge, std::vector<Assumption>& assumed) {
  if (nudge.if_condition != kNone) assumed.push_back({nudge.if_condition, true});
  if (nudge.where != kNone && nudge.sequence == kNone) assumed.push_back({nudge.where, true});
}

/// Whether its value hangs on the clock itself, which the bits of conditions read a microsecond early in the
/// moments of events.
bool HangsOnClock(const dsl::CheckedProgram& program, ExprId id) {
  const dsl::Expr& expr = program.expr(id);
  switch (expr.kind) {
    case ExprKind::kTimeUntil:
    case ExprKind::kTimeIn:
    case ExprKind::kOpenTimeIn:
    case ExprKind::kNextYearly:
    case ExprKind::kCalendarOpen:
    case ExprKind::kScore:
    case ExprKind::kStall:
    case ExprKind::kLookup:
      return true;
    case ExprKind::kAggregate:
      return program.aggregates[expr.index].function == dsl::AggregateFunction::kTimeSince;
    case ExprKind::kFeature:
      return HangsOnClock(program, program.features[expr.index].value);
    default:
      return std::ranges::any_of(expr.args, [&](ExprId arg) { return HangsOnClock(program, arg); });
  }
}

/// The assumptions one by one, as far as they go without the clock.
void SplitSteady(const dsl::CheckedProgram& program, Assumption assumption, std::vector<Assumption>& steady) {
  const dsl::Expr& expr = program.expr(assumption.condition);
  if (expr.kind == (assumption.holds ? ExprKind::kAnd : ExprKind::kOr)) {
    for (const ExprId arg : expr.args) SplitSteady(program, {arg, assumption.holds}, steady);
  } else if (!HangsOnClock(program, assumption.condition)) {
    steady.push_back(assumption);
  }
}

/// Whether a limit counts a nudge; by the unit that it goes to only perhaps.
bool Counts(const dsl::CheckedProgram& program, const dsl::Limit& limit, NudgeId id, bool perhaps) {
  const Nudge& nudge = program.nudges[id];
  const bool is_task = program.channels[nudge.channel].is_task;
  switch (limit.scope) {
    case dsl::LimitScope::kAll:
      return true;
    case dsl::LimitScope::kNudge:
      return limit.scope_index == id;
    case dsl::LimitScope::kChannel:
      return limit.scope_index == nudge.channel;
    case dsl::LimitScope::kUnit:
      return perhaps && std::ranges::count(nudge.routes, limit.scope_index, &dsl::Route::unit) > 0;
    case dsl::LimitScope::kMessages:
      return !is_task;
    case dsl::LimitScope::kTasks:
      return is_task;
  }
  return perhaps;
}

class Rivals {
 public:
  Rivals(const dsl::CheckedProgram& program, const Policy& policy, NudgeId nudge)
      : program_(program), policy_(policy), id_(nudge), nudge_(program.nudges[nudge]) {}

  bool CanTakePlace() const { return CanOutrank() || CanHoldPlace(); }

 private:
  const Nudge& At(NudgeId id) const { return program_.nudges[id]; }
  bool IsTask(const Nudge& nudge) const { return program_.channels[nudge.channel].is_task; }
  /// Policies of a whole count for all its parts together.
  bool IsOfPart(const Nudge& nudge) const { return nudge.entity != policy_.entity; }
  bool IsAfterEach(const Nudge& nudge) const {
    return nudge.stall != kNone && program_.stalls[nudge.stall].form == dsl::StallForm::kAfterEach;
  }
  /// How many of its actions can be due in one moment.
  std::uint32_t DueAtOnce(const Nudge& nudge) const {
    const bool by_one_event = nudge.trigger == TriggerKind::kEvent && IsMomentary(nudge);
    return IsAfterEach(nudge) || (IsOfPart(nudge) && !by_one_event) ? kMany : 1;
  }
  /// How many of its tasks can be open at once.
  std::uint32_t OpenAtOnce(const Nudge& nudge) const {
    const bool one = nudge.lasts() && !nudge.keep_when_over && !IsAfterEach(nudge) && !IsOfPart(nudge);
    return one ? 1 : kMany;
  }

  bool ShareNoEvent(const Nudge& a, const Nudge& b) const {
    const auto& events = program_.event_sets[a.events].events;
    return std::ranges::none_of(program_.event_sets[b.events].events,
                                [&](dsl::EventId event) { return std::ranges::count(events, event) > 0; });
  }

  bool StatesContradict(const Nudge& a, const Nudge& b) const {
    if (IsAfterEach(a) || IsAfterEach(b)) return false;
    std::vector<Assumption> states;
    AddState(program_, a, states);
    const std::size_t own = states.size();
    AddState(program_, b, states);
    return own > 0 && states.size() > own && dsl::FindContradiction(program_, states).has_value();
  }

  bool CanBeDueTogether(const Nudge& other) const {
    const bool momentary = IsMomentary(nudge_) && IsMomentary(other);
    const auto of = [&](TriggerKind a, TriggerKind b) {
      return (nudge_.trigger == a && other.trigger == b) || (nudge_.trigger == b && other.trigger == a);
    };
    if (momentary && of(TriggerKind::kEvent, TriggerKind::kClock)) return false;
    if (momentary && of(TriggerKind::kEvent, TriggerKind::kEvent) && ShareNoEvent(nudge_, other))
      return false;
    // What parts do hangs on conditions of each of them.
    if (IsOfPart(nudge_) || IsOfPart(other)) return true;
    const bool two_stages = momentary && nudge_.journey != kNone && nudge_.journey == other.journey &&
                            nudge_.stage != other.stage;
    if (two_stages || StatesContradict(nudge_, other)) return false;
    // A trigger that waits keeps the fields of its own event.
    if (!(momentary || (nudge_.lasts() && other.lasts()))) return true;
    std::vector<Assumption> narrowed;
    AddNarrowing(nudge_, narrowed);
    AddNarrowing(other, narrowed);
    return !dsl::FindContradiction(program_, narrowed).has_value();
  }

  /// Those that can win a place in the moment in which this nudge is due.
  std::vector<NudgeId> DueTogether() const {
    std::vector<NudgeId> rivals;
    for (const NudgeId other : policy_.covers) {
      const bool is_rival = other == id_ ? DueAtOnce(nudge_) > 1 : CanBeDueTogether(At(other));
      if (is_rival) rivals.push_back(other);
    }
    return rivals;
  }

  /// Whether some limit of at most as many as there are places counts the nudge and all these.
  template <typename Suits>
  bool LimitComesFirst(const std::vector<NudgeId>& others, const Suits& suits) const {
    return std::ranges::any_of(program_.policies, [&](const Policy& policy) {
      const bool shared =
          policy.entity == policy_.entity || program_.entities[policy_.entity].whole == policy.entity;
      const auto covered = [&](NudgeId other) { return Covers(policy, other); };
      if (!shared || !covered(id_) || !std::ranges::all_of(others, covered)) return false;
      return std::ranges::any_of(policy.limits, [&](const dsl::Limit& limit) {
        const auto counts = [&](NudgeId other) { return Counts(program_, limit, other, false); };
        return limit.count_max <= policy_.best_count && counts(id_) && std::ranges::all_of(others, counts) &&
               suits(limit);
      });
    });
  }

  bool CanOutrank() const {
    const std::vector<NudgeId> rivals = DueTogether();
    std::uint32_t winners = 0;
    for (const NudgeId rival : rivals) winners += DueAtOnce(At(rival));
    return winners >= policy_.best_count && !LimitComesFirst(rivals, [](const dsl::Limit&) { return true; });
  }

  bool CanHoldPlace() const {
    if (!IsTask(nudge_)) return false;
    std::vector<NudgeId> holders;
    std::uint32_t open = 0;
    bool of_others = false;
    std::int64_t life_micros = 0;
    for (const NudgeId other : policy_.covers) {
      const Nudge& nudge = At(other);
      const bool own = other == id_;
      const bool is_over =
          own ? OpenAtOnce(nudge) == 1
              : !IsOfPart(nudge_) && OpenAtOnce(nudge) == 1 && StatesContradict(nudge_, nudge);
      if (!IsTask(nudge) || is_over) continue;
      holders.push_back(other);
      open += OpenAtOnce(nudge);
      of_others = of_others || !own || DueAtOnce(nudge) > 1;
      life_micros = std::max(life_micros, LifeOf(nudge));
    }
    const auto outlives = [&](const dsl::Limit& limit) {
      return limit.period == dsl::LimitPeriod::kRolling && limit.rolling_micros > life_micros;
    };
    return of_others && open >= policy_.best_count && !LimitComesFirst(holders, outlives);
  }

  std::int64_t LifeOf(const Nudge& nudge) const {
    if (nudge.expires_after == kNone) return runtime::kTaskLifeMicros;
    const dsl::Expr& after = program_.expr(nudge.expires_after);
    const bool fixed = after.kind == dsl::ExprKind::kLiteral && after.type.kind == dsl::TypeKind::kDuration;
    return fixed ? after.integer : kNever;
  }

  const dsl::CheckedProgram& program_;
  const Policy& policy_;
  NudgeId id_;
  const Nudge& nudge_;
};

}  // namespace

bool CanLosePlace(const dsl::CheckedProgram& program, NudgeId nudge) {
  return std::ranges::any_of(program.policies, [&](const Policy& policy) {
    return policy.best_count > 0 && policy.covers.size() > 1 && Covers(policy, nudge) &&
           Rivals(program, policy, nudge).CanTakePlace();
  });
}

bool CanBeCapped(const dsl::CheckedProgram& program, NudgeId nudge) {
  const auto counts = [&](const dsl::Limit& limit) { return Counts(program, limit, nudge, true); };
  return std::ranges::any_of(program.policies, [&](const Policy& policy) {
    return Covers(policy, nudge) && std::ranges::any_of(policy.limits, counts);
  });
}

bool CanBeRefused(const dsl::CheckedProgram& program, NudgeId nudge) {
  std::vector<Assumption> state;
  const Nudge& refused = program.nudges[nudge];
  AddState(program, refused, state);
  if (IsMomentary(refused)) {
    AddNarrowing(refused, state);
  } else if (refused.if_condition != kNone) {
    state.push_back({refused.if_condition, true});  // read again whenever it is tried
  }
  std::vector<Assumption> steady;
  for (const Assumption& assumption : state) SplitSteady(program, assumption, steady);
  const auto can_hold = [&](ExprId never) {
    if (HangsOnClock(program, never)) return true;
    std::vector<Assumption> all = steady;
    all.push_back({never, true});
    return !dsl::FindContradiction(program, all).has_value();
  };
  return std::ranges::any_of(program.policies, [&](const Policy& policy) {
    return Covers(policy, nudge) && std::ranges::any_of(policy.never, can_hold);
  });
}

bool CanHaveReason(const dsl::CheckedProgram& program, NudgeId nudge, const dsl::Reason& reason) {
  if (reason.when == kNone) return true;
  std::vector<Assumption> all = {{reason.when, true}};
  if (program.nudges[nudge].if_condition != kNone) all.push_back({program.nudges[nudge].if_condition, true});
  return !dsl::FindContradiction(program, all).has_value();
}

}  // namespace lull::trial
