// The texts of a shard: each distinct text once, counted, named by a 32-bit id.
//
// A text lies behind a 12-byte head in chunks of 1 MiB, in a size class of its own; an id is the text's place
// in units of 16 bytes, so that reading a text costs one access. Freed places are used again by texts of the
// same class: texts that come and go do not make the pool grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/event.h"
#include "runtime/large_memory.h"

namespace lull::runtime {

/// One thread. Id 0 is the unknown text: never counted, never freed.
class TextPool {
 public:
  TextPool();
  TextPool(const TextPool&) = delete;
  TextPool& operator=(const TextPool&) = delete;

  /// The id of a text, with one count that the caller owns; 0 for the unknown text.
  std::uint32_t Intern(TextView text);
  /// The id of a text if the pool has it, else 0. Owns nothing.
  std::uint32_t Find(TextView text) const;

  void Retain(std::uint32_t id) {
    if (id != 0) ++HeadOf(id)->count;
  }
  /// Gives one count back. The bytes of a text without counts stay readable until Reclaim.
  void Release(std::uint32_t id) {
    if (id == 0) return;
    if (--HeadOf(id)->count == 0) released_.push_back(id);
  }
  /// Frees the places of texts without counts. The shard calls it between moments: views end here.
  void Reclaim() {
    if (!released_.empty()) ReclaimReleased();
  }

  TextView View(std::uint32_t id) const {
    if (id == 0) return {};
    const Head* head = HeadOf(id);
    return {reinterpret_cast<const char*>(head + 1), head->bytes};
  }

  /// Fetches a text's first bytes ahead of View.
  void Prefetch(std::uint32_t id) const {
    if (id != 0) __builtin_prefetch(HeadOf(id));
  }

  std::size_t count() const { return count_; }
  std::size_t memory_bytes() const;

 private:
  struct Head {
    std::uint32_t count;
    std::uint32_t bytes;
    std::uint32_t hash;
  };
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t id = 0;  // 0: free
  };
  struct FreeArea {
    void operator()(std::byte* area) const { std::free(area); }
  };

  static constexpr std::uint32_t kUnitBytes = 16;
  static constexpr std::uint32_t kChunkUnits = 65'536;

  Head* HeadOf(std::uint32_t id) const {
    return reinterpret_cast<Head*>(chunks_[id / kChunkUnits] +
                                   static_cast<std::size_t>(id % kChunkUnits) * kUnitBytes);
  }
  bool Matches(std::uint32_t id, TextView text) const;
  std::uint32_t FindHashed(TextView text, std::uint32_t hash) const;
  void InsertSlot(Slot slot);
  void EraseSlot(std::uint32_t id);
  void GrowTable();
  std::uint32_t AllocatePlace(std::uint64_t text_bytes);
  void AddArea(std::uint64_t units_min);
  void ReclaimReleased();

  std::vector<Slot, LargeAllocator<Slot>> table_;  // a power of two; linear probing
  std::size_t count_ = 0;
  std::vector<std::byte*> chunks_;  // by id / kChunkUnits; neighbours of one area are contiguous
  std::vector<std::unique_ptr<std::byte[], FreeArea>> areas_;
  std::uint32_t next_unit_ = 0;      // first unused unit of the last chunk ...
  std::uint32_t end_unit_ = 0;       // ... and its end
  std::vector<std::uint32_t> free_;  // by size class: first free place, linked through Head::hash
  std::vector<std::uint32_t> released_;
};

}  // namespace lull::runtime
