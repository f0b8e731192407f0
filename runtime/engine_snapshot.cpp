// What has changed since the last snapshot, given out while entries go on; and the way back.
#include "runtime/base/check.h"
#include "runtime/engine_impl.h"
#include "runtime/entity_image.h"

namespace lull::runtime {

void Engine::Impl::BeginSnapshot(SnapshotSink& sink) {
  LULL_CHECK(options_.snapshots && snapshot_ == nullptr);
  FinishSwap();
  snapshot_ = &sink;
  snapshot_store_ = 0;
  snapshot_index_ = 0;
  std::uint64_t entity_count = 0;
  for (std::uint32_t index = 0; index < stores_.size(); ++index) {
    if (!IsPart(index)) entity_count += stores_[index]->count();
  }
  sink.OnSnapshot(all_changed_, entity_count);
  for (std::uint32_t index = 0; index < stores_.size(); ++index) {
    StoreChanges& changes = changes_[index];
    if (all_changed_) {
      changes.erased.clear();
      changes.changed.Clear();
      // Free places, too: who comes to them finds out.
      if (!IsPart(index)) changes.due.Fill(stores_[index]->end());
      continue;
    }
    for (const std::string& key : changes.erased) sink.OnErased(index, key);
    changes.erased.clear();
    std::swap(changes.due, changes.changed);
  }
  all_changed_ = false;
}

bool Engine::Impl::ContinueSnapshot(std::size_t count_max) {
  LULL_CHECK(snapshot_ != nullptr);
  for (; snapshot_store_ < stores_.size(); ++snapshot_store_, snapshot_index_ = 0) {
    StoreChanges& changes = changes_[snapshot_store_];
    for (;;) {
      snapshot_index_ = changes.due.Next(snapshot_index_);
      if (snapshot_index_ == IndexSet::kNone) break;
      if (count_max-- == 0) return false;
      std::byte* record = stores_[snapshot_store_]->RecordAt(snapshot_index_);
      if (HeaderOf(record).key_id == 0) {
        changes.due.Remove(snapshot_index_);
      } else {
        GiveOut(snapshot_store_, record, snapshot_index_);
      }
    }
  }
  snapshot_ = nullptr;
  return true;
}

void Engine::Impl::AbandonSnapshot() {
  snapshot_ = nullptr;
  MarkAllChanged();
}

void Engine::Impl::MarkAllChanged() {
  all_changed_ = true;
  changes_.clear();
  changes_.resize(stores_.size());
}

void Engine::Impl::GiveOut(std::uint32_t index, std::byte* record, std::uint32_t place) {
  changes_[index].due.Remove(place);
  image_.clear();
  WriteEntity(places(), index, record, image_);
  snapshot_->OnEntity(index, stores_[index]->KeyOf(record), image_);
}

void Engine::Impl::NoteChange(std::uint32_t index, std::byte* record) {
  StoreChanges& changes = changes_[index];
  const std::uint32_t place = stores_[index]->IndexOf(record);
  if (snapshot_ != nullptr && changes.due.Has(place)) GiveOut(index, record, place);
  changes.changed.Add(place);
}

void Engine::Impl::NoteCreation(std::uint32_t index, std::byte* record) {
  const std::uint32_t place = stores_[index]->IndexOf(record);
  changes_[index].due.Remove(place);  // which was free
  changes_[index].changed.Add(place);
}

void Engine::Impl::NoteErasure(std::uint32_t index, std::byte* record) {
  if (IsPart(index)) return;
  StoreChanges& changes = changes_[index];
  const std::uint32_t place = stores_[index]->IndexOf(record);
  if (snapshot_ != nullptr && changes.due.Has(place)) GiveOut(index, record, place);
  changes.changed.Remove(place);
  if (!all_changed_) changes.erased.emplace_back(stores_[index]->KeyOf(record));
}

void Engine::Impl::RestoreClock(const EngineClock& clock) {
  tick_ = clock.tick;
  latest_time_ = clock.latest_time;
  all_changed_ = false;
  if (tick_ == kUnknown) return;
  for (TimerWheel& wheel : wheels_) {
    wheel.Advance(tick_ - 1, [](std::uint32_t /*handle*/, std::int64_t /*at*/) {});
  }
}

bool Engine::Impl::Restore(std::uint32_t index, std::string_view key, std::string_view image) {
  if (index >= stores_.size() || IsPart(index)) return false;
  const RecordStore::Found found = stores_[index]->FindOrCreate(key);
  if (!found.created) return false;
  if (!ReadEntity(places(), index, found.record, image)) {
    if (EntitySide* side = HeaderOf(found.record).side; side != nullptr) DropPending(*side);
    Discard(index, found.record);
    return false;
  }
  Schedule(index, found.record);
  return true;
}

}  // namespace lull::runtime
