#include "runtime/arbitration.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/decision_writer.h"
#include "runtime/unknown.h"

namespace lull::runtime {
namespace {

/// Week 0 holds 1970-01-01, a Thursday.
constexpr std::int64_t kFirstMonday = -3;

}  // namespace

void Arbiter::Reset() {
  policies_.assign(state_.ruleset->policies.size(), {});
  trigger_counts_.assign(state_.ruleset->nudges.size(), 0);
}

void Arbiter::TakeOwner(std::uint32_t policy, const Candidate& candidate) {
  state_.Select(IsOfWhole(policy) ? 0 : candidate.member);
}

Arbiter::PolicyState& Arbiter::StateOf(std::uint32_t policy, const Candidate& candidate) {
  return IsOfWhole(policy) ? policies_[policy] : part_policies_[{policy, candidate.member}];
}

std::uint32_t Arbiter::NumberOf(const Candidate& candidate) {
  if (candidate.member == 0) return trigger_counts_[candidate.nudge]++;
  return part_trigger_counts_[{candidate.member, candidate.nudge}]++;
}

void Arbiter::Run() {
  const EntitySide* side = state_.shared();
  if (state_.triggers.empty() && (side == nullptr || side->waiting.empty())) return;
  Collect();
  state_.triggers.clear();
  if (candidates_.empty()) return;
  RankAll();
  for (const std::uint64_t at : order_) {
    Candidate& candidate = At(at);
    const Hold hold = Judge(candidate);
    if (hold.code == DecisionCode::kNone) {
      Win(candidate);
    } else {
      Lose(candidate, hold);
    }
  }
  RemoveWaiting();
  state_.Select(0);
  state_.ResetTrigger();
  part_policies_.clear();
  part_trigger_counts_.clear();
  for (const Candidate& candidate : candidates_) trigger_counts_[candidate.nudge] = 0;
  std::fill(policies_.begin(), policies_.end(), PolicyState{});
}

void Arbiter::SetTrigger(const Candidate& candidate) {
  if (candidate.waiting != kNoIndex && state_.shared()->waiting[candidate.waiting].is_trigger()) {
    state_.SetTrigger(state_.shared()->waiting[candidate.waiting]);
  } else {
    state_.SetTrigger(candidate.nudge, candidate.serial);
  }
}

void Arbiter::Collect() {
  candidates_.clear();
  std::erase_if(state_.triggers, [this](const Trigger& trigger) {
    state_.Select(trigger.member);
    if (!trigger.checked && !PassesOwnConditions(trigger)) return true;
    DropReplaced(trigger);
    return false;
  });
  if (const EntitySide* side = state_.shared(); side != nullptr) {
    for (std::uint32_t index = 0; index < side->waiting.size(); ++index) {
      Candidate candidate;
      candidate.nudge = side->waiting[index].nudge;
      candidate.member = static_cast<std::uint32_t>(state_.Take(side->waiting[index].part));
      candidate.serial = side->waiting[index].serial;
      candidate.waiting = index;
      candidate.is_reminder = side->waiting[index].is_reminder;
      candidates_.push_back(candidate);
    }
  }
  for (const Trigger& trigger : state_.triggers) {
    Candidate candidate;
    candidate.nudge = trigger.nudge;
    candidate.member = trigger.member;
    candidate.serial = trigger.serial;
    candidates_.push_back(candidate);
  }
  for (Candidate& candidate : candidates_) {
    candidate.k = NumberOf(candidate);
    candidate.place = state_.plan->nudges[candidate.nudge].place_by_name;
    candidate.ranking = state_.plan->nudges[candidate.nudge].ranking;
    if (state_.plan->nudges[candidate.nudge].needs_unit) {
      Take(candidate);
      candidate.unit = writer_.RouteOf(candidate.nudge).unit;
    }
  }
}

bool Arbiter::PassesOwnConditions(const Trigger& trigger) {
  const NudgeSpec& nudge = state_.ruleset->nudges[trigger.nudge];
  state_.SetTrigger(trigger.nudge, trigger.serial);
  if (nudge.if_condition != kNoFunction && !state_.Holds(nudge.if_condition)) return false;
  if (nudge.due_offset == kNoOffset) return true;
  const std::int64_t now = state_.moment.now;
  const std::int64_t last = state_.SlotI64(nudge.due_offset);
  if (last != kUnknown && nudge.again_after != kNoFunction) {
    // An unknown pause compares as no: it never ends.
    if (now < state_.DeadlineOf(nudge.again_after, last)) return false;
  }
  state_.SlotI64(nudge.due_offset) = now;
  return true;
}

Rank Arbiter::RankOf(const Candidate& candidate) {
  Rank rank;
  const std::uint32_t ranking = candidate.ranking;
  if (ranking == kNoIndex) return rank;
  const PolicySpec& policy = state_.ruleset->policies[ranking];
  const NudgeSpec& nudge = state_.ruleset->nudges[candidate.nudge];
  const FunctionId function = policy.best_by_worth ? nudge.worth : policy.best_by;
  if (function == kNoFunction) return rank;
  Take(candidate);
  if (!policy.best_by_worth) TakeOwner(ranking, candidate);
  rank.value = state_.Values(function)[0];
  const ValueType type = policy.best_by_worth ? nudge.worth_type : policy.best_type;
  if (type == ValueType::kNumber) {
    rank.known = !std::isnan(rank.value.number);
    rank.order = rank.known ? static_cast<long double>(rank.value.number) : 0;
  } else {
    rank.known = rank.value.integer != kUnknown;
    rank.order = rank.known ? static_cast<long double>(rank.value.integer) : 0;
  }
  return rank;
}

bool Arbiter::Before(const Candidate& a, const Candidate& b) const {
  if (a.ranking != b.ranking) {
    if (a.ranking == kNoIndex || b.ranking == kNoIndex) return b.ranking == kNoIndex;
    return state_.ruleset->policies[a.ranking].name < state_.ruleset->policies[b.ranking].name;
  }
  if (a.ranking != kNoIndex) {
    if (a.rank.known != b.rank.known) return a.rank.known;
    if (a.rank.order != b.rank.order) return a.rank.order > b.rank.order;
  }
  if (a.place != b.place) return a.place < b.place;
  if (a.member != b.member) {
    const Member& member_a = state_.members[a.member];
    const Member& member_b = state_.members[b.member];
    if (member_a.key != member_b.key) return member_a.key < member_b.key;
  }
  return a.k < b.k;
}

void Arbiter::RankAll() {
  order_.clear();
  bool by_place = true;
  for (std::uint32_t index = 0; index < candidates_.size(); ++index) {
    Candidate& candidate = candidates_[index];
    by_place = by_place && candidate.ranking == kNoIndex && candidate.member == 0;
    order_.push_back(std::uint64_t{candidate.place} << 32 | index);
  }
  if (candidates_.size() < 2) return;
  if (by_place) {
    // Where nothing else decides, k rises with the index.
    std::ranges::sort(order_);
    return;
  }
  for (Candidate& candidate : candidates_) candidate.rank = RankOf(candidate);
  std::ranges::sort(order_, [this](std::uint64_t a, std::uint64_t b) { return Before(At(a), At(b)); });
}

Hold Arbiter::Judge(Candidate& candidate) {
  using Judgement = Hold (Arbiter::*)(const Candidate&);
  static constexpr Judgement kByPolicies[] = {&Arbiter::JudgeNever, &Arbiter::JudgeLimits,
                                              &Arbiter::JudgeQuietHours, &Arbiter::JudgePlaces};
  Take(candidate);
  Hold hold = JudgeIf(candidate);
  if (hold.code != DecisionCode::kNone || state_.plan->nudges[candidate.nudge].policies.empty()) return hold;
  for (const Judgement judgement : kByPolicies) {
    hold = (this->*judgement)(candidate);
    if (hold.code != DecisionCode::kNone) break;
  }
  return hold;
}

bool Arbiter::HoldsUntil(FunctionId condition, std::int64_t& until) {
  const std::int64_t others = std::exchange(state_.moment.next_wake, kNever);
  const bool holds = state_.Holds(condition);
  until = std::min(until, state_.moment.next_wake);
  state_.moment.next_wake = others;
  return holds;
}

Hold Arbiter::JudgeNever(const Candidate& candidate) {
  for (const std::uint32_t index : state_.plan->nudges[candidate.nudge].policies) {
    PolicyState& policy = StateOf(index, candidate);
    TakeOwner(index, candidate);
    if (!policy.never_known) {
      // Every condition is asked, so that each arms its own next change.
      const std::vector<FunctionId>& conditions = state_.ruleset->policies[index].never;
      for (std::uint32_t never = 0; never < conditions.size(); ++never) {
        const bool holds = HoldsUntil(conditions[never], policy.never_until);
        if (holds && policy.never == kNoIndex) policy.never = never;
      }
      policy.never_known = true;
    }
    if (policy.never == kNoIndex) continue;
    return {
        .code = DecisionCode::kNever, .policy = index, .until = policy.never_until, .never = policy.never};
  }
  return {};
}

Hold Arbiter::JudgeLimits(const Candidate& candidate) {
  for (const std::uint32_t index : state_.plan->nudges[candidate.nudge].policies) {
    for (const LimitSpec& limit : state_.ruleset->policies[index].limits) {
      if (!Matches(limit, candidate)) continue;
      TakeOwner(index, candidate);
      const std::int64_t free_at = LimitFreeAt(limit);
      if (free_at == kUnknown) continue;
      return {.code = DecisionCode::kCapped, .policy = index, .limit = &limit, .until = free_at};
    }
  }
  return {};
}

Hold Arbiter::JudgeQuietHours(const Candidate& candidate) {
  const std::int64_t now = state_.moment.now;
  for (const std::uint32_t index : state_.plan->nudges[candidate.nudge].policies) {
    for (const QuietHoursSpec& quiet : state_.ruleset->policies[index].quiet_hours) {
      Hold hold{.code = DecisionCode::kQuietHours, .policy = index};
      TakeOwner(index, candidate);
      if (quiet.condition != kNoFunction) {
        if (HoldsUntil(quiet.condition, hold.until)) return hold;
        continue;
      }
      const TextView named = quiet.zone == kNoFunction ? TextView{} : state_.Values(quiet.zone)[0].text;
      const Zone& zone = named.known() ? state_.zones.Of(named.view()) : state_.format.zone;
      if (!zone.InDailySpan(now, quiet.from_minute, quiet.to_minute)) continue;
      hold.until = zone.DailySpanEnd(now, quiet.from_minute, quiet.to_minute);
      return hold;
    }
  }
  return {};
}

Hold Arbiter::JudgePlaces(const Candidate& candidate) {
  if (candidate.is_reminder) return {};
  const NudgePlan& plan = state_.plan->nudges[candidate.nudge];
  for (const std::uint32_t index : plan.policies) {
    const std::uint32_t places = state_.ruleset->policies[index].best_count;
    if (places == 0) continue;
    const PolicyState& policy = StateOf(index, candidate);
    const auto lost_to = [&](const Candidate& winner) {
      return Hold{
          .code = DecisionCode::kOutranked, .policy = index, .nudge = winner.nudge, .winner = &winner};
    };
    if (policy.winners >= places) return lost_to(*policy.last_winner);
    if (!plan.is_task || state_.shared() == nullptr) continue;
    const std::uint32_t part = state_.members[candidate.member].number;
    std::uint32_t taken = 0;
    Hold hold{.code = DecisionCode::kPlaceTaken, .policy = index};
    for (const OpenTask& task : state_.shared()->tasks) {
      if (!state_.plan->Covers(index, task.nudge) || (task.part != part && !IsOfWhole(index))) continue;
      ++taken;
      if (task.expires < hold.until || hold.nudge == kNoIndex) hold.nudge = task.nudge;
      hold.until = std::min(hold.until, task.expires);
    }
    if (taken >= places) return policy.winners > 0 ? lost_to(*policy.last_winner) : hold;
  }
  return {};
}

bool Arbiter::Matches(const LimitSpec& limit, const Candidate& candidate) const {
  switch (limit.scope) {
    case LimitScope::kAll:
      return true;
    case LimitScope::kNudge:
      return limit.scope_index == candidate.nudge;
    case LimitScope::kChannel:
      return limit.scope_index == state_.ruleset->nudges[candidate.nudge].channel;
    case LimitScope::kUnit:
      return limit.scope_index == candidate.unit;
    case LimitScope::kMessages:
      return !state_.plan->nudges[candidate.nudge].is_task;
    case LimitScope::kTasks:
      return state_.plan->nudges[candidate.nudge].is_task;
  }
  return false;
}

std::int64_t Arbiter::LimitFreeAt(const LimitSpec& limit) {
  const std::int64_t now = state_.moment.now;
  const std::int64_t* slots = &state_.SlotI64(limit.offset);
  if (limit.period != LimitPeriod::kRolling) {
    const std::int64_t count = slots[0] == PeriodStart(limit.period, now) ? slots[1] : 0;
    return count < limit.count_max ? kUnknown : PeriodEnd(limit.period, now);
  }
  std::int64_t free_at = kNever;
  for (std::uint32_t index = 0; index < limit.count_max; ++index) {
    if (slots[index] == kUnknown || slots[index] + limit.rolling_micros <= now) return kUnknown;
    free_at = std::min(free_at, slots[index] + limit.rolling_micros);
  }
  return free_at;
}

std::int64_t Arbiter::PeriodStart(LimitPeriod period, std::int64_t now) const {
  const Zone& zone = state_.format.zone;
  if (period == LimitPeriod::kDay) return zone.DayStart(zone.DayOf(now));
  if (period == LimitPeriod::kWeek) return zone.DayStart(zone.WeekOf(now) * 7 + kFirstMonday);
  const std::int64_t month = zone.MonthOf(now);
  return zone.DayStart(
      DayOfDate({static_cast<std::int32_t>(month / 12), static_cast<std::int32_t>(month % 12) + 1, 1}));
}

std::int64_t Arbiter::PeriodEnd(LimitPeriod period, std::int64_t now) const {
  const Zone& zone = state_.format.zone;
  if (period == LimitPeriod::kDay) return zone.NextDayStart(now);
  return period == LimitPeriod::kWeek ? zone.NextWeekStart(now) : zone.NextMonthStart(now);
}

void Arbiter::Count(const LimitSpec& limit) {
  const std::int64_t now = state_.moment.now;
  std::int64_t* slots = &state_.SlotI64(limit.offset);
  if (limit.period == LimitPeriod::kRolling) {
    // Unknown, a free place, is the smallest value.
    *std::min_element(slots, slots + limit.count_max) = now;
    return;
  }
  const std::int64_t start = PeriodStart(limit.period, now);
  slots[1] = slots[0] == start ? slots[1] + 1 : 1;
  slots[0] = start;
}

bool Arbiter::IsHeldOut(const Candidate& candidate, Hold& hold) const {
  for (const std::uint32_t index : state_.plan->nudges[candidate.nudge].policies) {
    const PolicySpec& policy = state_.ruleset->policies[index];
    if (policy.holdout_share <= 0) continue;
    const std::string& ruleset = FirstName(*state_.ruleset);
    const std::string_view whole = state_.members[0].key;
    const double point = IsOfWhole(index) ? HoldoutPoint(ruleset, FirstName(policy), whole)
                                          : HoldoutPoint(ruleset, FirstName(policy), whole,
                                                         state_.members[candidate.member].key);
    if (point >= policy.holdout_share) continue;
    hold = {.code = DecisionCode::kHoldout, .policy = index};
    return true;
  }
  for (const std::uint32_t index : state_.ruleset->nudges[candidate.nudge].experiments) {
    const ExperimentSpec& experiment = state_.ruleset->experiments[index];
    if (!experiment.arms[state_.ArmOf(index)].held_out) continue;
    hold = {.code = DecisionCode::kHoldout, .experiment = index};
    return true;
  }
  return false;
}

std::int64_t Arbiter::DeadlineOf(FunctionId deadline) {
  if (deadline == kNoFunction) return kUnknown;
  const std::int64_t instant = state_.DeadlineOf(deadline, state_.moment.now);
  return instant == kNever ? kUnknown : std::max(instant, state_.moment.age_now + 1);
}

OpenTask Arbiter::OpenTaskOf(const Candidate& candidate) {
  const NudgeSpec& nudge = state_.ruleset->nudges[candidate.nudge];
  OpenTask task;
  task.nudge = candidate.nudge;
  task.part = state_.part();
  task.serial = candidate.serial;
  SetTrigger(candidate);
  task.due = DeadlineOf(nudge.due);
  task.expires = DeadlineOf(nudge.expires);
  if (task.expires == kUnknown) task.expires = state_.moment.now + kTaskLifeMicros;
  for (const RungSpec& rung : nudge.ladder) {
    const std::int64_t at = rung.after == kNoFunction ? task.due : DeadlineOf(rung.after);
    if (at == kUnknown) continue;
    const DecisionWriter::Route to = writer_.RouteOf(rung.route);
    task.ladder.push_back({.at = at, .unit = to.unit, .unit_key = state_.texts->Intern(to.key)});
  }
  if (!task.ladder.empty()) task.title = state_.texts->Intern(writer_.TitleOf(candidate.nudge));
  state_.ArmShared(task.expires);
  if (!task.ladder.empty()) state_.ArmShared(task.ladder.front().at);
  return task;
}

void Arbiter::Win(Candidate& candidate) {
  const NudgeSpec& nudge = state_.ruleset->nudges[candidate.nudge];
  const NudgePlan& plan = state_.plan->nudges[candidate.nudge];
  for (const std::uint32_t index : plan.policies) {
    TakeOwner(index, candidate);
    for (const LimitSpec& limit : state_.ruleset->policies[index].limits) {
      if (Matches(limit, candidate)) Count(limit);
    }
    if (candidate.is_reminder) continue;
    PolicyState& policy = StateOf(index, candidate);
    ++policy.winners;
    policy.last_winner = &candidate;
  }
  Take(candidate);
  Hold hold;
  const bool held_out = IsHeldOut(candidate, hold);
  for (const std::uint32_t experiment : nudge.experiments) state_.Expose(experiment, held_out);
  const DecisionWriter::Route route = writer_.RouteOf(candidate.nudge);
  const bool opens = plan.is_task && !candidate.is_reminder;
  const DecisionId id = opens || writer_.Tells(held_out) ? writer_.IdOf(candidate) : DecisionId{};
  std::int64_t expires = kUnknown;
  std::int64_t due = kUnknown;
  if (opens) {
    OpenTask task = OpenTaskOf(candidate);
    task.id = id;
    task.unit = route.unit;
    task.unit_key = state_.texts->Intern(route.key);
    task.held_out = held_out;
    expires = task.expires;
    due = task.due;
    SideOf(HeaderOf(state_.whole)).tasks.push_back(std::move(task));
  }
  const std::uint32_t reminder = nudge.repeat_every == kNoFunction ? 0 : CountReminder(candidate);
  writer_.Win(candidate, id, route, hold, expires, due, reminder);
  if (candidate.waiting == kNoIndex) return;
  state_.shared()->waiting[candidate.waiting].nudge = kNoIndex;
  if (plan.each_wait == kNoIndex) {
    if (nudge.gone_bit != kNoIndex) SetBit(state_.moment.record, nudge.gone_bit, true);
    return;
  }
  for (EachWait& wait : state_.side()->each[plan.each_wait].waits) {
    if (wait.serial == candidate.serial) wait.gone |= plan.each_bit;
  }
}

void Arbiter::Lose(Candidate& candidate, const Hold& hold) {
  state_.Select(candidate.member);
  if (candidate.waiting == kNoIndex && !StartsToWait(candidate)) {
    writer_.Lose(DecisionKind::kSuppressed, candidate, hold);
    return;
  }
  WaitingNudge& waiting = state_.shared()->waiting[candidate.waiting];
  waiting.until = hold.until;
  if (waiting.is_trigger()) {
    if (waiting.end <= state_.moment.age_now) {
      writer_.Lose(DecisionKind::kSuppressed, candidate, hold);
      waiting.nudge = kNoIndex;
      return;
    }
    waiting.until = std::min(waiting.until, waiting.end);
  }
  if (waiting.until != kNever) state_.ArmShared(waiting.until);
  if (waiting.code == hold.code) return;
  waiting.code = hold.code;
  writer_.Lose(DecisionKind::kWaiting, candidate, hold);
}

void Arbiter::RemoveWaiting() {
  EntitySide* side = state_.shared();
  if (side == nullptr) return;
  std::erase_if(side->waiting, [](const WaitingNudge& waiting) { return waiting.nudge == kNoIndex; });
}

}  // namespace lull::runtime
