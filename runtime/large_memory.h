// Memory for tables and slabs: on huge pages where it is large.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace lull::runtime {

inline constexpr std::size_t kHugePageBytes = std::size_t{1} << 21;

/// Advice only: without huge pages everything works, more slowly. What is there already is joined later.
inline void AdviseHugePages(void* memory, std::size_t bytes) {
  static_cast<void>(madvise(memory, bytes, MADV_HUGEPAGE));
}
inline void AdviseSmallPages(void* memory, std::size_t bytes) {
  static_cast<void>(madvise(memory, bytes, MADV_NOHUGEPAGE));
}

/// `bytes` bytes, not initialised, aligned to `alignment` (a power of two); for std::free. Throws
/// std::bad_alloc.
inline void* AllocateLarge(std::size_t bytes, std::size_t alignment = kHugePageBytes) {
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  if (bytes >= kHugePageBytes) AdviseHugePages(memory, bytes);
  return memory;
}

/// For the arrays of hash tables.
template <typename T>
struct LargeAllocator {
  using value_type = T;

  LargeAllocator() = default;
  template <typename U>
  explicit LargeAllocator(const LargeAllocator<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    return static_cast<T*>(bytes < kHugePageBytes ? AllocateLarge(bytes, 64) : AllocateLarge(bytes));
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }
  friend bool operator==(LargeAllocator, LargeAllocator) { return true; }
};

}  // namespace lull::runtime
