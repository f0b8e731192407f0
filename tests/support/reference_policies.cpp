// Which nudges are due, which go out, and what holds the others back.
#include <algorithm>

#include "runtime/base/time.h"
#include "tests/support/reference_timeline.h"

namespace lull::test {
bool Timeline::Covers(const dsl::Policy& policy, dsl::NudgeId nudge) const {
  return std::ranges::count(policy.covers, nudge) > 0;
}

bool Timeline::IsTask(dsl::NudgeId nudge) const {
  return program_.channels[program_.nudges[nudge].channel].is_task;
}

void Timeline::Say(const char* what, dsl::NudgeId nudge, const char* why, std::string unit,
                   std::string worth) {
  outcomes_.push_back({.entity = hand_->entity,
                       .key = hand_->index == 0 ? hand_->key : PartKey(members_.front().key, hand_->key),
                       .instant = now_,
                       .what = what,
                       .nudge = program_.nudges[nudge].name,
                       .why = why,
                       .unit = std::move(unit),
                       .worth = std::move(worth)});
}

// The event in hand is that of the moment, or the one that opened the wait of an `after each` stall.
View Timeline::ViewOf(const Candidate& candidate) {
  Select(candidate.member);
  View view{now_, now_, EntryInHand(), nullptr};
  if (candidate.waits && waiting_[candidate.waiting].is_trigger) {
    const int triggered = waiting_[candidate.waiting].entry;
    view.trigger = triggered < 0 ? nullptr : &hand_->history.entries()[static_cast<std::size_t>(triggered)];
    view.steps = EntriesOf(waiting_[candidate.waiting].steps);
    return view;
  }
  if (const auto done = hand_->done.find(program_.nudges[candidate.nudge].sequence);
      done != hand_->done.end()) {
    view.steps = EntriesOf(done->second);
  }
  const dsl::StallId stall = program_.nudges[candidate.nudge].stall;
  if (candidate.serial == 0) {
    if (stall != dsl::kNone && dsl::IsSingleWait(program_.stalls[stall].form))
      view.trigger = OpeningOf(stall);
    return view;
  }
  const auto waits = hand_->waits.find(program_.nudges[candidate.nudge].stall);
  for (const Wait& wait : waits->second) {
    if (wait.serial == candidate.serial) view.trigger = &hand_->history.entries()[wait.opening];
  }
  return view;
}

bool Timeline::IsDueByTrigger(dsl::NudgeId id, const View& view) {
  const dsl::Nudge& nudge = program_.nudges[id];
  if (!hand_->history.Holds(nudge.where, view) || !hand_->history.Holds(nudge.if_condition, view))
    return false;
  if (nudge.again_after == dsl::kNone) return true;
  if (const auto last = hand_->last_due.find(id); last != hand_->last_due.end()) {
    const Value free = hand_->history.Deadline(last->second, nudge.again_after, view);
    if (!free.known || now_ < free.integer) return false;
  }
  hand_->last_due[id] = now_;
  return true;
}

std::vector<Timeline::Candidate> Timeline::Collect() {
  ForEach([&] {
    const Entry* entry = EntryInHand();
    for (dsl::NudgeId id = 0; entry != nullptr && id < program_.nudges.size(); ++id) {
      const dsl::Nudge& nudge = program_.nudges[id];
      const bool on = nudge.entity == hand_->entity && nudge.trigger == dsl::TriggerKind::kEvent &&
                      hand_->history.IsIn(entry->event, nudge.events) &&
                      (nudge.sequence == dsl::kNone || hand_->done.contains(nudge.sequence));
      if (on) AddTrigger(id, 0);
    }
  });
  std::vector<Candidate> candidates;
  std::map<std::pair<dsl::NudgeId, std::size_t>, int> numbers;
  const auto add = [&](Candidate candidate) {
    const View view = ViewOf(candidate);
    candidate.key = hand_->key;
    candidate.number = numbers[{candidate.nudge, candidate.member}]++;
    FindRoute(candidate, view);
    Rank(candidate, view);
    candidates.push_back(candidate);
  };
  std::vector<Candidate> triggered;
  for (const Trigger& trigger : std::exchange(triggers_, {})) {
    Candidate candidate;
    candidate.member = trigger.member;
    candidate.nudge = trigger.nudge;
    candidate.serial = trigger.serial;
    if (!IsDueByTrigger(trigger.nudge, ViewOf(candidate))) continue;
    triggered.push_back(candidate);
    DropReplaced(trigger.nudge, trigger.serial);
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    Candidate candidate;
    candidate.member = waiting_[i].member;
    candidate.nudge = waiting_[i].nudge;
    candidate.serial = waiting_[i].serial;
    candidate.waits = true;
    candidate.waiting = i;
    candidate.is_reminder = waiting_[i].is_reminder;
    add(candidate);
  }
  for (const Candidate& candidate : triggered) add(candidate);
  return candidates;
}

void Timeline::FindRoute(Candidate& candidate, const View& view) const {
  for (const dsl::Route& route : program_.nudges[candidate.nudge].routes) {
    const std::string& unit = program_.units[route.unit].name;
    if (route.key == dsl::kNone) {
      candidate.unit = route.unit;
      candidate.unit_text = unit;
      return;
    }
    const Value key = hand_->history.Read(route.key, view);
    if (!key.known) continue;
    candidate.unit = route.unit;
    const dsl::Type type = program_.expr(route.key).type;
    const bool is_choice = type.kind == dsl::TypeKind::kChoice;
    candidate.unit_text = unit + " / " +
                          (is_choice ? program_.choices[type.of].values[static_cast<std::size_t>(key.integer)]
                                     : Show(type.kind, key));
    return;
  }
}

// The first policy by name that covers the nudge and ranks.
const dsl::Policy* Timeline::RankingPolicy(dsl::NudgeId nudge) const {
  const dsl::Policy* first = nullptr;
  for (const dsl::Policy& policy : program_.policies) {
    if (policy.best_count == 0 || !Covers(policy, nudge)) continue;
    if (first == nullptr || policy.name < first->name) first = &policy;
  }
  return first;
}

void Timeline::Rank(Candidate& candidate, const View& view) {
  const dsl::Policy* policy = RankingPolicy(candidate.nudge);
  if (policy == nullptr) return;
  const dsl::ExprId by = policy->best_by_worth ? program_.nudges[candidate.nudge].worth : policy->best_by;
  if (by == dsl::kNone) return;
  if (!policy->best_by_worth) SelectOwner(*policy, candidate);
  candidate.rank = hand_->history.Read(by, view);
  // Money and numbers are never mixed within a policy.
  if (program_.expr(by).type.kind != dsl::TypeKind::kNumber) {
    candidate.rank.number = static_cast<double>(candidate.rank.integer);
  }
}

bool Timeline::Before(const Candidate& a, const Candidate& b) const {
  const dsl::Policy* policy_a = RankingPolicy(a.nudge);
  const dsl::Policy* policy_b = RankingPolicy(b.nudge);
  if (policy_a != policy_b) {
    if (policy_a == nullptr || policy_b == nullptr) return policy_b == nullptr;
    return policy_a->name < policy_b->name;
  }
  if (a.rank.known != b.rank.known) return a.rank.known;
  if (a.rank.known && a.rank.number != b.rank.number) return a.rank.number > b.rank.number;
  if (a.nudge != b.nudge) return program_.nudges[a.nudge].name < program_.nudges[b.nudge].name;
  if (a.key != b.key) return a.key < b.key;
  return a.number < b.number;
}

bool Timeline::IsCapped(const dsl::Policy& policy, const dsl::Limit& limit, const Candidate& candidate) {
  const auto counts = [&](dsl::NudgeId nudge, dsl::UnitId unit) {
    if (!Covers(policy, nudge)) return false;
    if (limit.scope == dsl::LimitScope::kNudge) return nudge == limit.scope_index;
    if (limit.scope == dsl::LimitScope::kChannel) return program_.nudges[nudge].channel == limit.scope_index;
    const bool is_task = program_.channels[program_.nudges[nudge].channel].is_task;
    if (limit.scope == dsl::LimitScope::kMessages) return !is_task;
    if (limit.scope == dsl::LimitScope::kTasks) return is_task;
    return limit.scope == dsl::LimitScope::kAll || unit == limit.scope_index;
  };
  if (!counts(candidate.nudge, candidate.unit)) return false;
  const auto in_period = [&](std::int64_t time) {
    if (limit.period == dsl::LimitPeriod::kRolling) return now_ < time + limit.rolling_micros;
    if (limit.period == dsl::LimitPeriod::kDay) return zone_.DayOf(time) == zone_.DayOf(now_);
    if (limit.period == dsl::LimitPeriod::kWeek) return zone_.WeekOf(time) == zone_.WeekOf(now_);
    return zone_.MonthOf(time) == zone_.MonthOf(now_);
  };
  const auto sent = std::ranges::count_if(sent_, [&](const Sending& sending) {
    return IsOf(policy, candidate, sending.member) && counts(sending.nudge, sending.unit) &&
           in_period(sending.time);
  });
  if (static_cast<std::uint32_t>(sent) < limit.count_max) return false;
  if (limit.period != dsl::LimitPeriod::kRolling) AddCandidate(zone_.NextDayStart(now_));
  return true;
}

bool Timeline::IsQuiet(const dsl::Policy& policy, const View& view) {
  for (const dsl::QuietHours& quiet : policy.quiet_hours) {
    if (quiet.condition != dsl::kNone) {
      if (hand_->history.Holds(quiet.condition, view)) return true;
      continue;
    }
    const Value named = quiet.zone == dsl::kNone ? Value{} : hand_->history.Read(quiet.zone, view);
    const Zone zone = named.known ? calendars_.ZoneNamed(named.text) : zone_;
    if (zone.InDailySpan(now_, quiet.from_minute, quiet.to_minute)) {
      AddCandidate(zone.DailySpanEnd(now_, quiet.from_minute, quiet.to_minute));
      return true;
    }
  }
  return false;
}

bool Timeline::HasPlace(const dsl::Policy& policy, const Candidate& candidate) const {
  if (policy.best_count == 0) return true;
  const auto id = static_cast<dsl::PolicyId>(&policy - program_.policies.data());
  const std::size_t owner = IsShared(policy) ? 0 : candidate.member;
  if (const auto found = new_ones_.find({id, owner});
      found != new_ones_.end() && found->second >= policy.best_count) {
    return false;
  }
  if (!IsTask(candidate.nudge)) return true;
  const auto open = std::ranges::count_if(tasks_, [&](const Task& task) {
    return IsOf(policy, candidate, task.member) && Covers(policy, task.nudge);
  });
  return static_cast<std::uint32_t>(open) < policy.best_count;
}

// What holds a candidate back; empty: nothing.
std::string Timeline::HoldOf(const Candidate& candidate, const View& view) {
  std::vector<const dsl::Policy*> policies;
  for (const dsl::Policy& policy : program_.policies) {
    if (Covers(policy, candidate.nudge)) policies.push_back(&policy);
  }
  const bool retried = candidate.waits && waiting_[candidate.waiting].is_trigger;
  if (retried && !hand_->history.Holds(program_.nudges[candidate.nudge].if_condition, view)) return "if";
  const auto is_any = [&](auto&& holds) { return std::ranges::any_of(policies, holds); };
  const bool never = is_any([&](const dsl::Policy* policy) {
    SelectOwner(*policy, candidate);
    return std::ranges::any_of(policy->never, [&](dsl::ExprId id) { return hand_->history.Holds(id, view); });
  });
  if (never) return "never";
  const bool capped = is_any([&](const dsl::Policy* policy) {
    return std::ranges::any_of(policy->limits,
                               [&](const dsl::Limit& limit) { return IsCapped(*policy, limit, candidate); });
  });
  if (capped) return "capped";
  const auto is_quiet = [&](const dsl::Policy* policy) {
    SelectOwner(*policy, candidate);
    return IsQuiet(*policy, view);
  };
  if (is_any(is_quiet)) return "quiet_hours";
  if (candidate.is_reminder) return "";
  if (is_any([&](const dsl::Policy* policy) { return !HasPlace(*policy, candidate); })) return "outranked";
  return "";
}

void Timeline::Win(const Candidate& candidate, const View& view) {
  const dsl::Nudge& nudge = program_.nudges[candidate.nudge];
  bool held_out = false;
  for (dsl::PolicyId id = 0; id < program_.policies.size(); ++id) {
    const dsl::Policy& policy = program_.policies[id];
    if (!Covers(policy, candidate.nudge)) continue;
    if (!candidate.is_reminder) ++new_ones_[{id, IsShared(policy) ? 0 : candidate.member}];
    const std::string& whole = hand_->index == 0 ? hand_->key : members_.front().key;
    held_out = held_out || holds_out_(policy, IsShared(policy) ? whole : PartKey(whole, hand_->key));
  }
  held_out = held_out || IsInHeldOutArm(nudge);
  Expose(nudge);
  sent_.push_back({candidate.member, now_, candidate.nudge, candidate.unit});
  Mark(now_);
  std::string worth;
  if (nudge.worth != dsl::kNone) {
    worth = Show(program_.expr(nudge.worth).type.kind, hand_->history.Read(nudge.worth, view));
  }
  Say(held_out ? "held_out" : "sent", candidate.nudge, ArmsText(nudge).c_str(), candidate.unit_text, worth);
  CountReminder(candidate);
  if (IsTask(candidate.nudge) && !candidate.is_reminder) OpenTask(candidate, view, held_out);
  if (!candidate.waits) return;
  waiting_[candidate.waiting].nudge = dsl::kNone;
  hand_->gone[candidate.nudge] = true;
  for (Wait& wait : hand_->waits[nudge.stall]) {
    if (wait.serial == candidate.serial) wait.gone.insert(candidate.nudge);
  }
}

void Timeline::Arbitrate() {
  new_ones_.clear();
  ForEach([&] { AddDueReminders(); });
  std::vector<Candidate> candidates = Collect();
  std::ranges::stable_sort(candidates, [&](const Candidate& a, const Candidate& b) { return Before(a, b); });
  for (const Candidate& candidate : candidates) {
    const View view = ViewOf(candidate);
    const std::string hold = HoldOf(candidate, view);
    Select(candidate.member);
    if (hold.empty()) {
      Win(candidate, view);
    } else {
      LoseTrigger(candidate, view, hold);
    }
  }
  std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.nudge == dsl::kNone; });
  Select(0);
}

}  // namespace lull::test
