// Conditions that open and close, and who listens to them.
#include <algorithm>
#include <utility>

#include "runtime/step.h"

namespace lull::runtime {

void Step::Ask(std::uint32_t group, FunctionId conditions) {
  const std::int64_t found = std::exchange(moment.next_wake, kNever);
  Call(conditions);
  std::int64_t& wake = GroupWake(group);
  wake = std::min(wake, moment.next_wake);
  moment.next_wake = std::min(found, moment.next_wake);
}

void Step::AskGroups(bool all) {
  const std::vector<EntitySpec::ConditionGroup>& groups = entity->groups;
  if (!HasGroupWakes()) {
    if (!groups.empty()) Call(groups.front().all);
    return;
  }
  // Only a deadline moment has seen all that a wake-up stood for.
  const std::int64_t over = moment.age_now == moment.now ? moment.now : kUnknown;
  due_groups_.clear();
  std::int64_t* const wakes = &GroupWake(0);
  for (std::uint32_t group = 0; group < groups.size(); ++group) {
    const bool due = wakes[group] <= over;
    if (due) wakes[group] = kNever;
    if (due || all) {
      due_groups_.push_back(group);
    } else {
      moment.next_wake = std::min(moment.next_wake, wakes[group]);
    }
  }
  for (const std::uint32_t group : due_groups_) {
    Ask(group, groups[group].all);
    moment.next_wake = std::min(moment.next_wake, wakes[group]);
  }
}

void Step::AskSlices(const std::vector<EntitySpec::GroupSlice>& slices) {
  if (!HasGroupWakes()) {
    if (!slices.empty()) Call(slices.front().conditions);
    return;
  }
  for (const auto& [group, conditions] : slices) Ask(group, conditions);
}

void Step::AskBefore(bool all) {
  for (std::uint32_t group = 0; group < entity->groups.size(); ++group) {
    if (all || !HasGroupWakes() || GroupWake(group) <= moment.now) Call(entity->groups[group].before);
  }
}

void Step::OnConditionEdge(std::uint32_t condition, bool value) {
  if (carried_ != nullptr) {
    const bool is_carried = (((*carried_)[condition / 64] >> (condition % 64)) & 1U) != 0;
    if (is_carried || (value && entity->conditions[condition].including_existing)) {
      left_ = true;
      return;
    }
    SetBit(moment.record, condition, value);
    const std::uint32_t since = entity->conditions[condition].since_offset;
    if (value && since != kNoOffset) SlotI64(since) = moment.now;
    return;
  }
  if (!value) {
    Close(condition);
  } else if (!IsEarly(condition)) {
    Open(condition);
  }
}

void Step::OnConditionBefore(std::uint32_t condition, bool value) {
  const bool held = TestBit(moment.record, condition);
  if (held && !value) {
    Close(condition);
  } else if (!held && value) {
    members[hand].early[condition / 64] |= std::uint64_t{1} << (condition % 64);
  }
}

void Step::Open(std::uint32_t condition) {
  using Handler = void (Step::*)(std::uint32_t, std::uint32_t);
  static constexpr Handler kOnOpen[] = {&Step::TriggerNudge, &Step::BeginEpisode, &Step::BecomeDue,
                                        &Step::WithdrawOpen, &Step::BeginStall};
  SetBit(moment.record, condition, true);
  Stir();
  if (trace != nullptr) trace->OnCondition(place(), condition, true);
  const ConditionSpec& spec = entity->conditions[condition];
  if (spec.since_offset != kNoOffset) SlotI64(spec.since_offset) = moment.now;
  for (const Listener& listener : spec.listeners) {
    (this->*kOnOpen[static_cast<std::size_t>(listener.kind)])(condition, listener.index);
  }
}

void Step::Close(std::uint32_t condition) {
  using Handler = void (Step::*)(std::uint32_t, std::uint32_t);
  static constexpr Handler kOnClose[] = {nullptr, &Step::EndEpisode, &Step::StopWaiting, nullptr, nullptr};
  SetBit(moment.record, condition, false);
  Stir();
  if (trace != nullptr) trace->OnCondition(place(), condition, false);
  for (const Listener& listener : entity->conditions[condition].listeners) {
    const Handler handler = kOnClose[static_cast<std::size_t>(listener.kind)];
    if (handler != nullptr) (this->*handler)(condition, listener.index);
  }
}

void Step::TriggerNudge(std::uint32_t condition, std::uint32_t nudge) {
  // Each wait of `after each` triggers on its own (BeginEach).
  if (entity->conditions[condition].each_wait != kNoIndex) return;
  triggers.push_back({.nudge = nudge, .member = static_cast<std::uint32_t>(hand)});
}

void Step::BeginStall(std::uint32_t condition, std::uint32_t /*nudge*/) {
  if (entity->conditions[condition].each_wait == kNoIndex) {
    began_.push_back({static_cast<std::uint32_t>(hand), condition});
  }
}

void Step::BeginEpisode(std::uint32_t /*condition*/, std::uint32_t nudge) {
  const std::uint32_t gone_bit = ruleset->nudges[nudge].gone_bit;
  if (gone_bit != kNoIndex) SetBit(moment.record, gone_bit, false);
}

void Step::EndEpisode(std::uint32_t condition, std::uint32_t nudge) {
  BeginEpisode(condition, nudge);
  DropWaiting(nudge, 0);
  DropReminders(nudge, 0);
  if (!ruleset->nudges[nudge].keep_when_over) Withdraw(nudge, 0, DecisionCode::kStateEnded);
}

void Step::BecomeDue(std::uint32_t /*condition*/, std::uint32_t nudge) {
  if (plan->nudges[nudge].each_wait != kNoIndex) {
    each_due_ = members[hand].each_due = true;
    return;
  }
  const NudgeSpec& spec = ruleset->nudges[nudge];
  if (spec.gone_bit != kNoIndex && TestBit(moment.record, spec.gone_bit)) return;
  AddWaiting(nudge, 0);
}

void Step::StopWaiting(std::uint32_t /*condition*/, std::uint32_t nudge) { DropWaiting(nudge, 0); }

void Step::WithdrawOpen(std::uint32_t /*condition*/, std::uint32_t nudge) {
  DropWaiting(nudge, 0);
  Withdraw(nudge, 0, DecisionCode::kWithdrawWhen);
}

void Step::AddWaiting(std::uint32_t nudge, WaitSerial serial) {
  const std::uint32_t due_offset = ruleset->nudges[nudge].due_offset;
  if (due_offset != kNoOffset) SlotI64(due_offset) = moment.now;
  SideOf(HeaderOf(whole)).waiting.push_back({.nudge = nudge, .part = part(), .serial = serial});
}

void Step::DropWaiting(std::uint32_t nudge, WaitSerial serial) {
  if (shared() == nullptr) return;
  std::erase_if(shared()->waiting, [&](const WaitingNudge& waiting) {
    return waiting.nudge == nudge && waiting.part == part() && (serial == 0 || waiting.serial == serial);
  });
}

void Step::Withdraw(std::uint32_t nudge, WaitSerial serial, DecisionCode reason) {
  if (shared() == nullptr) return;
  std::erase_if(shared()->tasks, [&](const OpenTask& task) {
    if (task.nudge != nudge || task.part != part() || (serial != 0 && task.serial != serial)) return false;
    writer_.End(DecisionKind::kWithdrawn, reason, task);
    ReleaseTask(task, *texts);
    return true;
  });
}

bool Step::StallBegan(std::uint32_t condition) const {
  const Beginning beginning{static_cast<std::uint32_t>(hand), condition};
  return std::ranges::find(began_before_, beginning) != began_before_.end();
}

bool Step::MayEnter(std::uint32_t journey, std::uint32_t stage) const {
  const Entering entering{static_cast<std::uint32_t>(hand), journey, stage};
  return std::ranges::find(entered_stages_, entering) == entered_stages_.end();
}

void Step::Enter(std::uint32_t journey, std::uint32_t stage) {
  entering_.push_back({static_cast<std::uint32_t>(hand), journey, stage});
}

void Step::Due(std::uint32_t nudge) {
  const std::uint32_t due_offset = ruleset->nudges[nudge].due_offset;
  if (due_offset != kNoOffset) SlotI64(due_offset) = moment.now;
  triggers.push_back({.nudge = nudge, .member = static_cast<std::uint32_t>(hand), .checked = true});
}

}  // namespace lull::runtime
