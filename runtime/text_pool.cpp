#include "runtime/text_pool.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/hash.h"
#include "runtime/large_memory.h"

namespace lull::runtime {
namespace {

constexpr std::uint32_t kExactClasses = 32;  // places of 1..32 units; above, powers of two
constexpr std::uint32_t kClassCount = kExactClasses + 28;
constexpr std::uint32_t kFreedCount = 0xFFFF'FFFF;
constexpr std::size_t kFirstSlots = 64;
constexpr std::size_t kChunksPerLargeArea = 8;

std::uint32_t ClassOfUnits(std::uint64_t units) {
  if (units <= kExactClasses) return static_cast<std::uint32_t>(units) - 1;
  return kExactClasses + static_cast<std::uint32_t>(std::bit_width(units - 1)) - 6;
}

std::uint64_t UnitsOfClass(std::uint32_t size_class) {
  return size_class < kExactClasses ? size_class + 1 : std::uint64_t{64} << (size_class - kExactClasses);
}

std::uint32_t ShortHash(TextView text) { return static_cast<std::uint32_t>(HashForTable(text.view()) >> 32); }

}  // namespace

TextPool::TextPool() : table_(kFirstSlots), free_(kClassCount, 0) {}

bool TextPool::Matches(std::uint32_t id, TextView text) const {
  const TextView stored = View(id);
  return stored.size == text.size && std::memcmp(stored.data, text.data, text.size) == 0;
}

std::uint32_t TextPool::FindHashed(TextView text, std::uint32_t hash) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash & mask; table_[at].id != 0; at = (at + 1) & mask) {
    if (table_[at].hash == hash && Matches(table_[at].id, text)) return table_[at].id;
  }
  return 0;
}

std::uint32_t TextPool::Find(TextView text) const {
  return text.known() ? FindHashed(text, ShortHash(text)) : 0;
}

std::uint32_t TextPool::Intern(TextView text) {
  if (!text.known()) return 0;
  const std::uint32_t hash = ShortHash(text);
  if (const std::uint32_t id = FindHashed(text, hash); id != 0) {
    ++HeadOf(id)->count;
    return id;
  }
  const std::uint32_t id = AllocatePlace(text.size);
  Head* head = HeadOf(id);
  *head = {.count = 1, .bytes = static_cast<std::uint32_t>(text.size), .hash = hash};
  std::memcpy(head + 1, text.data, text.size);
  if ((count_ + 1) * 4 > table_.size() * 3) GrowTable();
  InsertSlot({.hash = hash, .id = id});
  ++count_;
  return id;
}

void TextPool::InsertSlot(Slot slot) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = slot.hash & mask;
  while (table_[at].id != 0) at = (at + 1) & mask;
  table_[at] = slot;
}

void TextPool::GrowTable() {
  decltype(table_) old(table_.size() * 2);
  old.swap(table_);
  for (const Slot& slot : old) {
    if (slot.id != 0) InsertSlot(slot);
  }
}

// Closes the gap by moving back what was displaced over it, so that no tombstones gather.
void TextPool::EraseSlot(std::uint32_t id) {
  const std::size_t mask = table_.size() - 1;
  std::size_t gap = HeadOf(id)->hash & mask;
  while (table_[gap].id != id) gap = (gap + 1) & mask;
  for (std::size_t at = (gap + 1) & mask; table_[at].id != 0; at = (at + 1) & mask) {
    const std::size_t home = table_[at].hash & mask;
    if (((at - home) & mask) >= ((at - gap) & mask)) {
      table_[gap] = table_[at];
      gap = at;
    }
  }
  table_[gap] = {};
}

std::uint32_t TextPool::AllocatePlace(std::uint64_t text_bytes) {
  LULL_CHECK(text_bytes < 0xFFFF'FF00);
  const std::uint32_t size_class = ClassOfUnits((sizeof(Head) + text_bytes + kUnitBytes - 1) / kUnitBytes);
  if (const std::uint32_t id = free_[size_class]; id != 0) {
    free_[size_class] = HeadOf(id)->hash;
    return id;
  }
  const std::uint64_t units = UnitsOfClass(size_class);
  if (end_unit_ - next_unit_ < units) AddArea(units);
  const std::uint32_t id = next_unit_;
  next_unit_ += static_cast<std::uint32_t>(units);
  return id;
}

void TextPool::AddArea(std::uint64_t units_min) {
  const std::size_t chunks_min = std::max<std::size_t>((units_min + kChunkUnits) / kChunkUnits,
                                                       chunks_.size() < 4 ? 1 : kChunksPerLargeArea);
  // The last chunk stays free, so that an end never wraps to 0.
  LULL_CHECK(chunks_.size() + chunks_min < kChunkUnits);
  const std::size_t bytes = chunks_min * kChunkUnits * kUnitBytes;
  auto* area = static_cast<std::byte*>(AllocateLarge(bytes, bytes < kHugePageBytes ? 4'096 : kHugePageBytes));
  areas_.emplace_back(area);
  next_unit_ = static_cast<std::uint32_t>(chunks_.size() * kChunkUnits);
  if (next_unit_ == 0) next_unit_ = 1;  // id 0 is unknown
  for (std::size_t i = 0; i < chunks_min; ++i) {
    chunks_.push_back(area + i * kChunkUnits * kUnitBytes);
  }
  end_unit_ = static_cast<std::uint32_t>(chunks_.size() * kChunkUnits);
}

void TextPool::ReclaimReleased() {
  for (const std::uint32_t id : released_) {
    Head* head = HeadOf(id);
    // Wanted again since; or released twice in one moment, and freed just now.
    if (head->count != 0) continue;
    EraseSlot(id);
    --count_;
    const std::uint32_t size_class =
        ClassOfUnits((sizeof(Head) + std::uint64_t{head->bytes} + kUnitBytes - 1) / kUnitBytes);
    head->count = kFreedCount;
    head->hash = free_[size_class];
    free_[size_class] = id;
  }
  released_.clear();
}

std::size_t TextPool::memory_bytes() const {
  return chunks_.size() * kChunkUnits * kUnitBytes + table_.size() * sizeof(Slot) +
         released_.capacity() * sizeof(std::uint32_t);
}

}  // namespace lull::runtime
