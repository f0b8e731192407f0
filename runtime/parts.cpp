#include "runtime/parts.h"

#include <algorithm>
#include <cstring>

#include "runtime/base/check.h"

namespace lull::runtime {
namespace {

// A part's key in its store: the id of its whole's key (the whole keeps it alive), then its own.
constexpr std::size_t kWholeBytes = sizeof(std::uint32_t);

/// Stale entries of the heap that are borne beside one for each part.
constexpr std::size_t kStaleWakes = 16;

bool IsLater(const Family::Wake& a, const Family::Wake& b) {
  return a.instant != b.instant ? a.instant > b.instant : a.number > b.number;
}

}  // namespace

Part* Family::Find(std::uint32_t number) {
  const auto found = std::ranges::lower_bound(parts, number, {}, &Part::number);
  return found == parts.end() || found->number != number ? nullptr : &*found;
}

void Family::Wakes(const Part& part, std::int64_t instant) {
  HeaderOf(part.record).wake = instant;
  if (wakes.size() > 2 * parts.size() + kStaleWakes) {
    wakes.clear();
    for (const Part& other : parts) {
      const std::int64_t wake = HeaderOf(other.record).wake;
      if (wake != kNever) wakes.push_back({wake, other.number});
    }
    std::ranges::make_heap(wakes, IsLater);
    return;
  }
  if (instant == kNever) return;
  wakes.push_back({instant, part.number});
  std::ranges::push_heap(wakes, IsLater);
}

std::int64_t Family::EarliestWake() {
  while (!wakes.empty()) {
    const Part* part = Find(wakes.front().number);
    if (part != nullptr && HeaderOf(part->record).wake == wakes.front().instant) break;
    std::ranges::pop_heap(wakes, IsLater);
    wakes.pop_back();
  }
  return wakes.empty() ? kNever : wakes.front().instant;
}

void Family::TakeDue(std::int64_t instant, std::vector<std::uint32_t>& numbers) {
  while (EarliestWake() <= instant) {
    numbers.push_back(wakes.front().number);
    std::ranges::pop_heap(wakes, IsLater);
    wakes.pop_back();
  }
}

PartStores::Found PartStores::FindOrCreate(std::byte* whole, std::uint32_t entity, std::string_view key) {
  const std::uint32_t whole_key = HeaderOf(whole).key_id;
  key_.assign(reinterpret_cast<const char*>(&whole_key), kWholeBytes);
  key_ += key;
  const RecordStore::Found found = stores_[entity]->FindOrCreate(key_);
  RecordHeader& header = HeaderOf(found.record);
  if (!found.created) return {header.moment_count, false};
  std::unique_ptr<Family>& family = SideOf(HeaderOf(whole)).family;
  if (family == nullptr) {
    family = std::make_unique<Family>();
    family->whole_wake = HeaderOf(whole).wake;
  }
  header.moment_count = family->next_number++;
  family->parts.push_back({.number = header.moment_count, .entity = entity, .record = found.record});
  return {header.moment_count, true};
}

std::string_view PartStores::KeyOf(const Part& part) const {
  return stores_[part.entity]->KeyOf(part.record).substr(kWholeBytes);
}

std::string_view PartStores::WholeKeyOf(const RecordStore& store, const std::byte* record) const {
  std::uint32_t id = 0;
  std::memcpy(&id, store.KeyOf(record).data(), kWholeBytes);
  return texts_.View(id).view();
}

void PartStores::EraseRecord(const Part& part) {
  RecordStore& store = *stores_[part.entity];
  FreeSide(HeaderOf(part.record), store.entity(), texts_);
  store.Erase(part.record);
}

void PartStores::Erase(Family& family, std::uint32_t number) {
  Part* part = family.Find(number);
  LULL_CHECK(part != nullptr);
  EraseRecord(*part);
  family.parts.erase(family.parts.begin() + (part - family.parts.data()));
}

void PartStores::EraseAll(Family& family) {
  for (const Part& part : family.parts) EraseRecord(part);
  family.parts.clear();
  family.wakes.clear();
}

std::size_t PartStores::Count(const Family& family, std::uint32_t entity) const {
  return static_cast<std::size_t>(std::ranges::count(family.parts, entity, &Part::entity));
}

std::uint32_t PartStores::Quietest(const Family& family, std::uint32_t entity) const {
  const Part* quietest = nullptr;
  for (const Part& part : family.parts) {
    if (part.entity != entity) continue;
    // Of equals the oldest: it has the smallest number.
    const auto latest = [](const Part& of) { return LatestEvent(HeaderOf(of.record)); };
    if (quietest == nullptr || latest(part) < latest(*quietest)) quietest = &part;
  }
  LULL_CHECK(quietest != nullptr);
  return quietest->number;
}

}  // namespace lull::runtime
