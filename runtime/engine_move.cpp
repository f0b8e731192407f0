// Entities go from one engine to another, as they are.
#include "runtime/base/check.h"
#include "runtime/engine_impl.h"
#include "runtime/entity_image.h"

namespace lull::runtime {

std::size_t Engine::MoveTo(Engine& to, const std::function<bool(std::string_view key)>& takes, bool copy) {
  return impl_->MoveTo(*to.impl_, takes, copy);
}

std::size_t Engine::Impl::MoveTo(Impl& to, const std::function<bool(std::string_view key)>& takes,
                                 bool copy) {
  LULL_CHECK(&to != this && to.stores_.size() == stores_.size() && to.tick_ == tick_);
  FinishSwap();
  to.FinishSwap();
  std::size_t moved = 0;
  std::string image;
  for (std::uint32_t index = 0; index < stores_.size(); ++index) {
    if (IsPart(index)) continue;
    stores_[index]->ForEach([&](std::byte* record) {
      const std::string_view key = stores_[index]->KeyOf(record);
      if (!takes(key)) return;
      image.clear();
      WriteEntity(places(), index, record, image);
      LULL_CHECK(to.Restore(index, key, image));
      to.TouchNew(index, to.stores_[index]->Find(key));
      ++moved;
      if (copy) return;
      if (EntitySide* side = HeaderOf(record).side; side != nullptr) DropPending(*side);
      // They live on.
      const std::uint64_t forgotten = counts_.forgotten;
      Discard(index, record);
      EndEntity();
      counts_.forgotten = forgotten;
    });
  }
  to.latest_time_ = std::max(to.latest_time_, latest_time_);
  return moved;
}

void AddStats(EngineStats& to, const EngineStats& from) {
  for (const auto member :
       {&EngineStats::events, &EngineStats::applied, &EngineStats::late, &EngineStats::late_dropped,
        &EngineStats::late_dead_letters, &EngineStats::duplicates, &EngineStats::no_key,
        &EngineStats::steps_unknown, &EngineStats::too_far_ahead, &EngineStats::after_end,
        &EngineStats::moments, &EngineStats::forgotten, &EngineStats::records, &EngineStats::bytes}) {
    to.*member += from.*member;
  }
  for (std::size_t kind = 0; kind < kDecisionKindCount; ++kind) to.by_kind[kind] += from.by_kind[kind];
  for (const auto& [nudge, counts] : from.nudges) {
    for (std::size_t kind = 0; kind < kDecisionKindCount; ++kind) {
      to.nudges[nudge].by_kind[kind] += counts.by_kind[kind];
    }
  }
  for (const auto& [unit, count] : from.units) to.units[unit] += count;
  for (const auto& [name, arms] : from.experiments) {
    std::vector<ArmStats>& own = to.experiments[name];
    for (const ArmStats& arm : arms) {
      const auto same = std::ranges::find(own, arm.arm, &ArmStats::arm);
      if (same == own.end()) {
        own.push_back(arm);
        continue;
      }
      same->exposed += arm.exposed;
      same->held_out += arm.held_out;
      same->reached += arm.reached;
    }
  }
}

}  // namespace lull::runtime
