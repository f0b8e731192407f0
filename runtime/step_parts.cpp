// The members of a moment: which parts it concerns, and what becomes of their wake-ups.
#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/step.h"

namespace lull::runtime {

void StepState::Switch(std::size_t index) {
  members[hand].next_wake = moment.next_wake;
  hand = index;
  Member& member = members[index];
  entity_index = member.entity;
  entity = &ruleset->entities[entity_index];
  format.entity = entity;
  key = member.key;
  moment.record = member.record;
  moment.next_wake = member.next_wake;
  moment.early = member.early.data();
}

std::size_t StepState::Take(std::uint32_t number) {
  if (number == 0) return 0;
  Part* part = family()->Find(number);
  LULL_CHECK(part != nullptr);
  if (part->member < member_count && members[part->member].number == number) return part->member;
  if (member_count == members.size()) members.emplace_back().early.assign(members[0].early.size(), 0);
  Member& member = members[member_count];
  std::vector<std::uint64_t> early = std::move(member.early);
  if (member.early_set) std::ranges::fill(early, 0);
  member = Member{};
  member.early = std::move(early);
  member.number = number;
  member.entity = part->entity;
  member.record = part->record;
  member.key = parts->KeyOf(*part);
  part->member = static_cast<std::uint32_t>(member_count);
  return member_count++;
}

void Step::ClearMember(Member& member) {
  if (member.early_set) std::ranges::fill(member.early, 0);
  member.early_set = member.due = member.own = member.first = member.touched = member.arms = false;
}

void Step::TakeConcerned(const EventFrame& frame, std::int64_t instant) {
  const EventSchema& schema = ruleset->events[frame.event];
  for (std::size_t place = 0; place < schema.parts.size(); ++place) {
    const std::uint32_t whole_place = schema.parts[place].whole;
    if (whole_place == kNoIndex || schema.entities[whole_place] != members[0].entity) continue;
    if (!frame.keys[place].known()) continue;
    const PartStores::Found found =
        parts->FindOrCreate(whole, schema.entities[place], frame.keys[place].view());
    const std::size_t index = Take(found.number);
    Member& member = members[index];
    member.own = true;
    // A test may have set its attributes before.
    member.first = HeaderOf(member.record).first_event == kUnknown;
    member.arms = member.first || ruleset->entities[member.entity].has_computed_deadlines;
    if (!member.first) continue;
    Select(index);
    BeginRecord(instant);
    header().reserved = static_cast<std::uint64_t>(instant);
    Select(0);
  }
  if (family() == nullptr) return;
  numbers_.clear();
  if (family()->EarliestWake() <= instant) family()->TakeDue(instant, numbers_);
  for (const std::uint32_t number : numbers_) {
    const std::size_t index = Take(number);
    members[index].due = members[index].look = true;
  }
  for (const std::uint32_t touched : entity->parts) {
    const EntitySpec& spec = ruleset->entities[touched];
    if (!spec.events[frame.event].touches) continue;
    for (std::size_t i = 0; i < family()->parts.size(); ++i) {
      const Part part = family()->parts[i];
      if (part.entity != touched) continue;
      Member& member = members[Take(part.number)];
      member.touched = true;
      member.arms = member.arms || spec.has_computed_deadlines;
    }
  }
}

void Step::TakeDue(std::int64_t instant) {
  Family* of = family();
  members[0].due = of == nullptr || of->whole_wake <= instant;
  if (of == nullptr) return;
  numbers_.clear();
  of->TakeDue(instant, numbers_);
  for (const std::uint32_t number : numbers_) members[Take(number)].due = true;
}

void Step::TakeFollowers(bool look) {
  if (followed_ || family() == nullptr) return;
  followed_ = true;
  for (std::size_t i = 0; i < family()->parts.size(); ++i) {
    const Part part = family()->parts[i];
    if (!ruleset->entities[part.entity].follows_whole) continue;
    Member& member = members[Take(part.number)];
    member.follows = true;
    member.look = member.look || look;
  }
}

void Step::TakeAllParts() {
  if (family() == nullptr) return;
  for (std::size_t i = 0; i < family()->parts.size(); ++i) Take(family()->parts[i].number);
}

void Step::ForgetPart(std::size_t index) {
  Select(index);
  const std::uint32_t number = part();
  std::erase_if(shared()->tasks, [&](const OpenTask& task) {
    if (task.part != number) return false;
    writer_.End(DecisionKind::kWithdrawn, DecisionCode::kForgotten, task);
    ReleaseTask(task, *texts);
    freed_ = true;
    return true;
  });
  std::erase_if(shared()->waiting, [&](const WaitingNudge& waiting) { return waiting.part == number; });
  Select(0);
  members[index].record = nullptr;
  parts->Erase(*family(), number);
  ++forgotten_parts_;
}

void Step::ForgetParts() {
  for (std::size_t index = 1; index < member_count; ++index) {
    if (!members[index].due) continue;
    Select(index);
    if (IsForgettable()) ForgetPart(index);
  }
}

// One more than a whole may have: the one that has been quiet longest goes.
void Step::DropCrowd() {
  for (std::size_t index = 1; index < member_count; ++index) {
    const Member& member = members[index];
    const std::uint32_t keep = ruleset->entities[member.entity].keep_count;
    if (!member.first || family()->parts.size() <= keep) continue;
    const std::uint32_t entity_of = member.entity;
    if (parts->Count(*family(), entity_of) <= keep) continue;
    ForgetPart(Take(parts->Quietest(*family(), entity_of)));
  }
}

void Step::Refill() {
  if (!std::exchange(freed_, false)) return;
  BeginMoment();
  changed_ = true;
  DecideMoment();
}

void Step::Settle(bool renews) {
  Select(0);
  RecordHeader& of_whole = HeaderOf(whole);
  Family* of = family();
  const auto next = [&](const Member& member, std::int64_t before, std::int64_t found) {
    return renews && member.due ? found : std::min(before, found);
  };
  if (of == nullptr) {
    of_whole.wake = next(members[0], of_whole.wake, moment.next_wake);
    return;
  }
  of->whole_wake = next(members[0], of->whole_wake, moment.next_wake);
  for (std::size_t index = 1; index < member_count; ++index) {
    const Member& member = members[index];
    if (member.record == nullptr) continue;
    const std::int64_t before = HeaderOf(member.record).wake;
    const std::int64_t wake = next(member, before, member.next_wake);
    // The due ones have been taken out of the heap.
    if (wake != before || member.due) of->Wakes(*of->Find(member.number), wake);
  }
  of_whole.wake = std::min(of->whole_wake, of->EarliestWake());
}

}  // namespace lull::runtime
