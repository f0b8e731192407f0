#include "runtime/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace lull::runtime {

TimerWheel::TimerWheel() { first_.fill(kNone); }

std::uint32_t TimerWheel::BucketOf(std::int64_t at) const {
  const std::uint64_t bits = OrderedBits(at);
  const std::uint64_t difference = bits ^ OrderedBits(current_);
  const auto level =
      difference == 0 ? 0 : (static_cast<std::uint32_t>(std::bit_width(difference)) - 1) / kLevelBits;
  return level * kLevelSize + static_cast<std::uint32_t>((bits >> (level * kLevelBits)) % kLevelSize);
}

void TimerWheel::Link(std::uint32_t handle, std::int64_t instant) {
  Node& node = nodes_[handle];
  node.at = std::max(instant, current_);
  const std::uint32_t bucket = BucketOf(node.at);
  node.previous = kNone;
  node.next = first_[bucket];
  if (node.next != kNone) nodes_[node.next].previous = handle;
  first_[bucket] = handle;
  occupied_[bucket / kLevelSize] |= std::uint64_t{1} << (bucket % kLevelSize);
  ++entry_count_;
}

void TimerWheel::Unlink(std::uint32_t handle) {
  Node& node = nodes_[handle];
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
  } else {
    const std::uint32_t bucket = BucketOf(node.at);
    first_[bucket] = node.next;
    if (node.next == kNone) {
      occupied_[bucket / kLevelSize] &= ~(std::uint64_t{1} << (bucket % kLevelSize));
    }
  }
  node.at = kNever;
  --entry_count_;
}

void TimerWheel::Schedule(std::uint32_t handle, std::int64_t instant) {
  if (handle >= nodes_.size()) {
    if (instant == kNever) return;
    nodes_.resize(handle + std::size_t{1});
  }
  Node& node = nodes_[handle];
  node.wanted = instant;
  // An entry that comes up too early is moved then.
  if (node.at <= instant) return;
  if (node.at != kNever) Unlink(handle);
  Link(handle, instant);
}

std::uint32_t TimerWheel::FirstBucket() const {
  for (std::uint32_t level = 0; level < kLevelCount; ++level) {
    if (occupied_[level] != 0) {
      return level * kLevelSize + static_cast<std::uint32_t>(std::countr_zero(occupied_[level]));
    }
  }
  return kNone;
}

// The instant at which the bucket's entries begin: the wheel's digits above its level, its own, then zeros.
std::int64_t TimerWheel::BucketStart(std::uint32_t bucket) const {
  const std::uint32_t level = bucket / kLevelSize;
  const std::uint32_t shift = level * kLevelBits;
  const std::uint64_t above =
      shift + kLevelBits >= 64 ? 0 : OrderedBits(current_) >> (shift + kLevelBits) << (shift + kLevelBits);
  const std::uint64_t bits = above | static_cast<std::uint64_t>(bucket % kLevelSize) << shift;
  return static_cast<std::int64_t>(bits ^ (std::uint64_t{1} << 63));
}

// Moves the wheel to the bucket's start; its entries go down to the buckets of lower levels.
void TimerWheel::Spread(std::uint32_t bucket) {
  std::uint32_t handle = first_[bucket];
  first_[bucket] = kNone;
  occupied_[bucket / kLevelSize] &= ~(std::uint64_t{1} << (bucket % kLevelSize));
  current_ = BucketStart(bucket);
  while (handle != kNone) {
    const std::uint32_t next = nodes_[handle].next;
    --entry_count_;
    const std::int64_t wanted = nodes_[handle].wanted;
    if (wanted == kNever) {
      nodes_[handle].at = kNever;
    } else {
      Link(handle, wanted);
    }
    handle = next;
  }
}

std::uint32_t TimerWheel::NextDue(std::int64_t to) {
  for (;;) {
    const std::uint32_t bucket = FirstBucket();
    if (bucket == kNone || BucketStart(bucket) > to) return kNone;
    if (bucket >= kLevelSize) {
      Spread(bucket);
      continue;
    }
    current_ = BucketStart(bucket);
    const std::uint32_t handle = first_[bucket];
    const std::int64_t wanted = nodes_[handle].wanted;
    Unlink(handle);
    // An instant that had passed when it was scheduled is due here as well.
    if (wanted <= current_) return handle;
    if (wanted != kNever) Link(handle, wanted);
  }
}

}  // namespace lull::runtime
