// One wake-up per entity, for the live service.
//
// A hierarchical wheel over 64-bit microseconds: eleven levels of 64 buckets, each entry in the bucket of the
// highest digit (of six bits) in which its instant differs from the wheel's. Pushing a wake-up away leaves
// the entry where it is; it is moved when it comes up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/base/time.h"

namespace lull::runtime {

/// One thread. Handles are small dense numbers, such as RecordStore::IndexOf; a handle has one wake-up at
/// most.
class TimerWheel {
 public:
  TimerWheel();

  /// Sets the handle's wake-up; kNever: none. An instant that the wheel has passed comes up at the next
  /// Advance.
  void Schedule(std::uint32_t handle, std::int64_t instant);
  void Cancel(std::uint32_t handle) { Schedule(handle, kNever); }
  /// kNever if there is none.
  std::int64_t InstantOf(std::uint32_t handle) const {
    return handle < nodes_.size() ? nodes_[handle].wanted : kNever;
  }

  /// Calls due(handle, instant) for each wake-up at or before `to`, in order of instant; each is over before
  /// its call, which may schedule any handle.
  template <typename Due>
  void Advance(std::int64_t to, Due&& due) {
    for (std::uint32_t handle = NextDue(to); handle != kNone; handle = NextDue(to)) {
      const std::int64_t instant = nodes_[handle].wanted;
      nodes_[handle].wanted = kNever;
      due(handle, instant);
    }
  }

  /// How many handles have a wake-up or an entry of one that was cancelled since.
  std::size_t entry_count() const { return entry_count_; }

 private:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  static constexpr std::uint32_t kLevelBits = 6;
  static constexpr std::uint32_t kLevelCount = 11;
  static constexpr std::uint32_t kLevelSize = 1U << kLevelBits;

  struct Node {
    std::int64_t wanted = kNever;  // the wake-up
    std::int64_t at = kNever;      // where the entry lies: at or before `wanted`; kNever: nowhere
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
  };

  static std::uint64_t OrderedBits(std::int64_t instant) {
    return static_cast<std::uint64_t>(instant) ^ (std::uint64_t{1} << 63);
  }
  std::uint32_t BucketOf(std::int64_t at) const;
  void Link(std::uint32_t handle, std::int64_t instant);
  void Unlink(std::uint32_t handle);
  /// Takes the earliest wake-up at or before `to` out of the wheel; kNone if there is none.
  std::uint32_t NextDue(std::int64_t to);
  /// The first bucket that is not empty; kNone if all are.
  std::uint32_t FirstBucket() const;
  std::int64_t BucketStart(std::uint32_t bucket) const;
  void Spread(std::uint32_t bucket);

  std::int64_t current_ = kUnknown;
  std::vector<Node> nodes_;
  std::array<std::uint32_t, kLevelCount * kLevelSize> first_;
  std::array<std::uint64_t, kLevelCount> occupied_ = {};
  std::size_t entry_count_ = 0;
};

}  // namespace lull::runtime
