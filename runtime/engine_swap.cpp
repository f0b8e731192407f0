// Another ruleset goes on with the entities of this one.
//
// A swap looks at no entity but those whose open tasks it may end, which is told in the swap's own entry. The
// others wait as they were: nothing happens to them before they are brought over (engine_carry.cpp), which
// is when they are looked for, or when ContinueSwap comes to them, and at the latest before the next tick, a
// snapshot, another swap or the end. Entities do not see each other, and one is brought over as of the
// swap's instant, so it makes no difference when; and it says nothing, so it makes no difference in which
// entry.
#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/engine_succession.h"

namespace lull::runtime {
namespace {

constexpr std::uint32_t kNoBit = kNoIndex;

/// By new bit: the old one of the same meaning.
std::vector<std::uint32_t> SameBits(const EntitySuccession& successor, const EntitySpec& from,
                                    const EntitySpec& to) {
  std::vector<std::uint32_t> same(to.record_bytes * 8, kNoBit);
  const std::vector<std::uint32_t>& sources = successor.plan->sources();
  for (std::size_t piece = 0; piece < to.pieces.size(); ++piece) {
    if (to.pieces[piece].kind != StatePiece::Kind::kBit || sources[piece] == kNoIndex) continue;
    const StatePiece& source = from.pieces[sources[piece]];
    if (source.meaning == to.pieces[piece].meaning) same[to.pieces[piece].index] = source.index;
  }
  return same;
}

/// Whether what a condition says now may be otherwise by something that stands in meanings by its name.
bool LooksUpOtherwise(const Ruleset& from, const Ruleset& to) {
  return from.zone != to.zone || from.calendars != to.calendars || !to.lookups.empty();
}

}  // namespace

Engine::Impl::Successor Engine::Impl::FindSuccessor(std::uint32_t from, const Ruleset& next) const {
  Successor successor{FindSuccession(ruleset(), from, next)};
  if (successor.to == kNoIndex) return successor;
  const EntitySpec& to = next.entities[successor.to];
  successor.carried_bits.assign(to.record_bytes / 8 + 1, 0);
  for (const auto& [before, after] : successor.plan->bits()) {
    successor.carried_bits[after / 64] |= std::uint64_t{1} << (after % 64);
  }
  return successor;
}

/// By old number: nudges that have gone, whose tasks the old ruleset withdraws.
std::vector<bool> Engine::Impl::GoneNudges(const std::vector<Successor>& successors) const {
  std::vector<bool> gone;
  for (std::uint32_t nudge = 0; nudge < ruleset().nudges.size(); ++nudge) {
    gone.push_back(successors[ruleset().nudges[nudge].entity].nudges[nudge] == kNoIndex);
  }
  return gone;
}

/// By old number: nudges that go on, whose tasks may end because their state no longer holds.
std::vector<bool> Engine::Impl::EndingNudges(const std::vector<Successor>& successors,
                                             const Ruleset& next) const {
  std::vector<bool> ending(ruleset().nudges.size());
  for (const Successor& successor : successors) {
    if (successor.to == kNoIndex) continue;
    const std::vector<std::uint32_t> same =
        SameBits(successor, ruleset().entities[successor.from], next.entities[successor.to]);
    for (const auto& [before, after] : successor.plan->nudges()) {
      const NudgeSpec& from = ruleset().nudges[before];
      const NudgeSpec& to = next.nudges[after];
      if (to.state_condition == kNoIndex || to.keep_when_over) continue;
      const bool is_same = same[to.state_condition] == from.state_condition && !from.keep_when_over;
      ending[before] = !is_same || LooksUpOtherwise(ruleset(), next);
    }
  }
  return ending;
}

/// Entities of this store that have a task of one of these nudges.
std::vector<std::uint32_t> Engine::Impl::WithTasksOf(const std::vector<bool>& nudges,
                                                     const RecordStore& store,
                                                     const IndexSet& with_tasks) const {
  std::vector<std::uint32_t> found;
  if (std::ranges::count(nudges, true) == 0) return found;
  for (std::uint32_t place = with_tasks.Next(0); place != IndexSet::kNone;
       place = with_tasks.Next(place + 1)) {
    const RecordHeader& header = HeaderOf(store.RecordAt(place));
    if (header.key_id == 0 || header.side == nullptr) continue;
    const bool has =
        std::ranges::any_of(header.side->tasks, [&](const OpenTask& task) { return nudges[task.nudge]; });
    if (has) found.push_back(place);
  }
  return found;
}

/// Brings an entity to its clock, if it may be behind, and ends its tasks of nudges that are gone.
void Engine::Impl::SettleEntity(Entity& entity, std::int64_t clock, const std::vector<bool>& gone) {
  Drain(entity, clock);
  RunDeadlines(entity, clock);
  const EntitySide* side = HeaderOf(entity.record).side;
  const bool idle = side == nullptr || (side->tasks.empty() && side->waiting.empty());
  for (std::uint32_t nudge = 0; !idle && nudge < gone.size(); ++nudge) {
    const std::uint32_t of = ruleset().nudges[nudge].entity;
    const bool here = of == entity.index || ruleset().entities[of].whole == entity.index;
    if (here && gone[nudge]) step_.WithdrawNudge(nudge, clock, DecisionCode::kRuleGone);
  }
  EndEntity();
}

/// The old ruleset's last words. With ticks, all are at their clocks, unless the clocks move on.
void Engine::Impl::SettleAll(const std::vector<Successor>& successors, std::int64_t clock_gain_micros) {
  const std::vector<bool> gone = GoneNudges(successors);
  for (std::uint32_t index = 0; index < stores_.size(); ++index) {
    if (IsPart(index)) continue;
    RecordStore& store = *stores_[index];
    const auto settle = [&](std::byte* record) {
      RecordHeader& header = HeaderOf(record);
      if (header.clock != kUnknown) header.clock += clock_gain_micros;
      Entity entity{.index = index, .record = record, .key = store.KeyOf(record)};
      SettleEntity(entity, ClockOf(header), gone);
    };
    if (options_.live && clock_gain_micros == 0) {
      for (const std::uint32_t place : WithTasksOf(gone, store, with_tasks_[index]))
        settle(store.RecordAt(place));
    } else {
      store.ForEach(settle);
    }
  }
  EndEntry();
}

Status Engine::Impl::Swap(Program program, LogPosition position) {
  LULL_CHECK(program.ruleset != nullptr && program.code != nullptr);
  if (program.ruleset->version == ruleset().version) {
    UseCode(std::move(program.code));
    return {};
  }
  const Result<Zone> zone = Zone::Find(program.ruleset->zone);
  if (!zone) return std::unexpected(zone.error());
  Result<RulePlan> new_plan = RulePlan::Make(*program.ruleset);
  if (!new_plan) return std::unexpected(new_plan.error());

  FinishSwap();
  position_ = position;
  snapshot_ = nullptr;  // nobody needs the old ruleset's any more
  auto swap = std::make_unique<Succession>(program_.ruleset, texts_);
  const Ruleset& next = *program.ruleset;
  for (std::uint32_t from = 0; from < stores_.size(); ++from) {
    swap->successors.push_back(FindSuccessor(from, next));
  }
  // A smaller lateness moves the clocks on.
  SettleAll(swap->successors, std::max<std::int64_t>(0, lateness_micros_ - LatenessOf(next)));
  FoldCounters();
  const std::vector<bool> ending = EndingNudges(swap->successors, next);
  swap->plan = std::move(plan_);
  swap->tick = tick_;
  swap->position = position_;
  swap->new_nudges.assign(next.nudges.size(), true);
  swap->predecessors.assign(next.entities.size(), kNoIndex);
  swap->carried.resize(next.entities.size());
  for (std::uint32_t from = 0; from < stores_.size(); ++from) {
    const Successor& successor = swap->successors[from];
    if (successor.to == kNoIndex) continue;
    swap->predecessors[successor.to] = from;
    swap->carried[successor.to] = successor.carried_bits;
    for (const auto& [before, after] : successor.plan->nudges()) swap->new_nudges[after] = false;
  }
  succession_ = std::move(swap);
  ReplaceStores(next);
  Install(std::move(program), std::move(*new_plan), *zone);
  BringOverTasksOf(ending);
  if (!options_.live) FinishSwap();
  EndEntry();
  return {};
}

/// Each entity goes on in its place, with its timer.
void Engine::Impl::ReplaceStores(const Ruleset& next) {
  std::vector<std::unique_ptr<RecordStore>> stores;
  std::vector<TimerWheel> wheels(options_.live ? next.entities.size() : 0);
  std::vector<IndexSet> with_tasks(next.entities.size());
  for (std::uint32_t to = 0; to < next.entities.size(); ++to) {
    const EntitySpec& entity = next.entities[to];
    const std::uint32_t from = succession_->predecessors[to];
    if (from == kNoIndex) {
      stores.push_back(std::make_unique<RecordStore>(entity, texts_));
      continue;
    }
    stores.push_back(std::make_unique<RecordStore>(entity, texts_, std::move(stores_[from])));
    if (options_.live) wheels[to] = std::move(wheels_[from]);
    with_tasks[to] = std::move(with_tasks_[from]);
  }
  succession_->leaving = std::move(stores_);
  stores_ = std::move(stores);
  wheels_ = std::move(wheels);
  with_tasks_ = std::move(with_tasks);
}

/// What ends because of the swap is told in its own entry.
void Engine::Impl::BringOverTasksOf(const std::vector<bool>& ending) {
  for (std::uint32_t index = 0; index < stores_.size(); ++index) {
    const RecordStore* before = stores_[index]->before();
    if (before == nullptr || IsPart(index)) continue;
    for (const std::uint32_t place : WithTasksOf(ending, *before, with_tasks_[index]))
      BringOver(index, place);
  }
}

}  // namespace lull::runtime
