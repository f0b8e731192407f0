// Bytes that live until the moment ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace lull::runtime {

/// A bump allocator. One thread. What it hands out is not initialised and lives until Reset, which the shard
/// calls between moments. Once the largest moment has been seen, it allocates nothing more.
class ScratchArena {
 public:
  explicit ScratchArena(std::size_t first_bytes = 4'096) { AddBlock(first_bytes); }
  ScratchArena(const ScratchArena&) = delete;
  ScratchArena& operator=(const ScratchArena&) = delete;

  /// `bytes` bytes, aligned to 16.
  std::byte* Allocate(std::size_t bytes) {
    const std::size_t rounded = (bytes + 15) / 16 * 16;
    if (rounded > left_) AddBlock(rounded);
    std::byte* start = next_;
    next_ += rounded;
    left_ -= rounded;
    return start;
  }

  /// An array of `count` values without constructors; its elements are not initialised.
  template <typename T>
  std::span<T> Array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
    return {reinterpret_cast<T*>(Allocate(count * sizeof(T))), count};
  }

  /// Forgets everything that was handed out. Several blocks become one of their total size.
  void Reset() {
    if (blocks_.size() > 1) {
      std::size_t total = 0;
      for (const Block& block : blocks_) total += block.bytes;
      blocks_.clear();
      AddBlock(total);
      return;
    }
    next_ = blocks_.front().start.get();
    left_ = blocks_.front().bytes;
  }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> start;
    std::size_t bytes = 0;
  };

  void AddBlock(std::size_t bytes_min) {
    const std::size_t previous = blocks_.empty() ? 0 : blocks_.back().bytes;
    const std::size_t bytes = (std::max(bytes_min, 2 * previous) + 15) / 16 * 16;
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(bytes), bytes});
    next_ = blocks_.back().start.get();
    left_ = bytes;
  }

  std::vector<Block> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace lull::runtime
