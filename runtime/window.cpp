#include "runtime/window.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "runtime/aggregate.h"
#include "runtime/base/check.h"
#include "runtime/wide.h"

namespace lull::runtime {
namespace {

constexpr std::uint32_t kFirstCapacity = 4;
constexpr std::uint32_t kShrinkCapacityMin = 64;

bool IsText(ValueType type) { return type == ValueType::kText; }

/// Sequence numbers wrap; they never lie further apart than a window is long.
bool IsBefore(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }

/// Cursors that have counted an entry at or after `sequence` count anew: the order there has changed.
void ForgetFrom(WindowBlock& block, std::uint32_t sequence) {
  for (std::uint32_t i = 0; i < block.cursor_count; ++i) {
    WindowCursor& cursor = block.cursors()[i];
    if (IsBefore(sequence, cursor.end)) ResetCursor(block, cursor);
  }
}

void CopyEntry(WindowBlock& block, std::uint32_t from, std::uint32_t to) {
  block.time(to) = block.time(from);
  for (std::uint32_t i = 0; i < block.column_count; ++i) block.value(i, to) = block.value(i, from);
}

void BeginCursors(const WindowSpec& spec, WindowBlock& block) {
  for (std::size_t i = 0; i < spec.aggregates.size(); ++i) ResetCursor(block, block.cursors()[i]);
}

}  // namespace

void NumberCursors(EntitySpec& entity) {
  for (std::uint32_t index = 0; index < entity.aggregates.size(); ++index) {
    AggregateSpec& aggregate = entity.aggregates[index];
    if (!IsCarried(aggregate)) continue;
    std::vector<std::uint32_t>& of_window = entity.windows[aggregate.window].aggregates;
    LULL_CHECK(of_window.size() < std::numeric_limits<std::uint16_t>::max());
    aggregate.cursor = static_cast<std::uint32_t>(of_window.size());
    of_window.push_back(index);
  }
}

std::uint64_t UnknownBits(ValueType type) {
  if (type == ValueType::kNumber)
    return std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
  return IsText(type) ? 0 : std::bit_cast<std::uint64_t>(kUnknown);
}

// Entries keep their sequence numbers, so cursors keep what they know.
void Window::Resize(std::uint32_t capacity) {
  WindowBlock* old = *place_;
  const auto cursor_count = static_cast<std::uint16_t>(spec_.aggregates.size());
  const auto column_count = static_cast<std::uint16_t>(spec_.columns.size());
  const std::size_t bytes = sizeof(WindowBlock) + cursor_count * sizeof(WindowCursor) +
                            capacity * (std::size_t{1} + column_count) * sizeof(std::uint64_t);
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  auto* block = new (memory)
      WindowBlock{.capacity = capacity, .column_count = column_count, .cursor_count = cursor_count};
  if (old == nullptr) {
    BeginCursors(spec_, *block);
    *place_ = block;
    return;
  }
  block->head = old->head;
  block->count = old->count;
  block->open = old->open;
  block->has_open = old->has_open;
  block->dropped_time = old->dropped_time;
  std::copy_n(old->cursors(), cursor_count, block->cursors());
  for (std::uint32_t at = old->head; at != old->tail(); ++at) {
    block->time(at) = old->time(at);
    for (std::uint32_t i = 0; i < column_count; ++i) block->value(i, at) = old->value(i, at);
  }
  std::free(old);
  *place_ = block;
}

void Window::MakeRoom() {
  const WindowBlock* block = *place_;
  if (block == nullptr) {
    Resize(kFirstCapacity);
  } else if (block->count == block->capacity) {
    Resize(block->capacity * 2);
  } else if (block->capacity >= kShrinkCapacityMin && block->count < block->capacity / 8) {
    Resize(block->capacity / 4);
  }
}

void Window::ReleaseTexts(std::uint32_t sequence) {
  WindowBlock& block = **place_;
  for (std::uint32_t i = 0; i < block.column_count; ++i) {
    if (IsText(spec_.columns[i])) texts_.Release(static_cast<std::uint32_t>(block.value(i, sequence)));
  }
}

void Window::DropOldest() {
  WindowBlock& block = **place_;
  for (std::uint32_t i = 0; i < block.cursor_count; ++i) {
    WindowCursor& cursor = block.cursors()[i];
    if (cursor.begin == block.head) CursorLosesFirst(entity_, spec_.aggregates[i], block, cursor);
  }
  ReleaseTexts(block.head);
  ++block.head;
  --block.count;
}

// The place for an entry of this time; later ones move up.
std::uint32_t Window::OpenAt(std::int64_t time) {
  WindowBlock& block = **place_;
  std::uint32_t at = block.tail();
  ++block.count;
  while (at != block.head && block.time(at - 1) > time) {
    CopyEntry(block, at - 1, at);
    --at;
  }
  if (at + 1 != block.tail()) ForgetFrom(block, at);
  return at;
}

void Window::Push(std::int64_t now, std::int64_t time) {
  LULL_CHECK(spec_.keep_count > 0);
  if (*place_ != nullptr) {
    WindowBlock& old = **place_;
    old.has_open = 0;
    if (spec_.retention_micros > 0) {
      const std::int64_t cutoff = InstantBefore(now, spec_.retention_micros);
      while (old.count > 0 && old.time(old.head) <= cutoff) DropOldest();
    }
    // A distinct window must first see whether the value is new.
    if (old.count >= spec_.keep_count && !spec_.distinct_only) {
      const bool is_oldest = time < old.time(old.head);
      old.dropped_time = std::max(old.dropped_time, is_oldest ? time : old.time(old.head));
      if (is_oldest) return;
      DropOldest();
    }
  }
  if (spec_.retention_micros > 0 && time <= InstantBefore(now, spec_.retention_micros)) return;
  MakeRoom();
  WindowBlock& block = **place_;
  block.open = OpenAt(time);
  block.has_open = 1;
  block.time(block.open) = time;
  for (std::uint32_t i = 0; i < block.column_count; ++i) {
    block.value(i, block.open) = UnknownBits(spec_.columns[i]);
  }
}

void Window::DropOpen() {
  WindowBlock& block = **place_;
  ForgetFrom(block, block.open);
  ReleaseTexts(block.open);
  --block.count;
  for (std::uint32_t at = block.open; at != block.tail(); ++at) CopyEntry(block, at + 1, at);
  block.has_open = 0;
}

// The open entry of a distinct window has its first column: it stays if that is known and new.
void Window::CloseDistinct(std::uint64_t bits) {
  WindowBlock& block = **place_;
  bool keep = bits != UnknownBits(spec_.columns[0]);
  for (std::uint32_t at = block.head; keep && at != block.tail(); ++at) {
    keep = at == block.open || block.value(0, at) != bits;
  }
  if (!keep) {
    DropOpen();
  } else if (block.count > spec_.keep_count) {
    block.dropped_time = std::max(block.dropped_time, block.time(block.head));
    if (block.open == block.head) block.has_open = 0;
    DropOldest();
  }
}

void Window::SetBits(std::uint32_t column, std::uint64_t bits) {
  WindowBlock& block = **place_;
  if (IsBefore(block.open, block.tail())) ForgetFrom(block, block.open);
  std::uint64_t& value = block.value(column, block.open);
  if (IsText(spec_.columns[column])) texts_.Release(static_cast<std::uint32_t>(value));
  value = bits;
  if (spec_.distinct_only && column == 0) CloseDistinct(bits);
}

void Window::SetInteger(std::uint32_t column, std::int64_t value) {
  if (*place_ == nullptr || (*place_)->has_open == 0) return;
  SetBits(column, std::bit_cast<std::uint64_t>(value));
}

void Window::SetNumber(std::uint32_t column, double value) {
  if (*place_ == nullptr || (*place_)->has_open == 0) return;
  // Equal values have equal bits: one unknown, one zero.
  const bool known = std::isfinite(value);
  SetBits(column, known ? std::bit_cast<std::uint64_t>(value + 0.0) : UnknownBits(ValueType::kNumber));
}

void Window::SetText(std::uint32_t column, TextView value) {
  if (*place_ == nullptr || (*place_)->has_open == 0) return;
  SetBits(column, texts_.Intern(value));
}

void Window::Clear() {
  if (*place_ == nullptr) return;
  WindowBlock& block = **place_;
  for (std::uint32_t at = block.head; at != block.tail(); ++at) ReleaseTexts(at);
  block.head += block.count;
  block.count = 0;
  block.has_open = 0;
  block.dropped_time = kUnknown;
  for (std::uint32_t i = 0; i < block.cursor_count; ++i) ResetCursor(block, block.cursors()[i]);
}

void Window::Free() {
  if (*place_ == nullptr) return;
  Clear();
  std::free(*place_);
  *place_ = nullptr;
}

// Of the same capacity, so each entry keeps its place.
void Window::TakeEntries(WindowBlock& source, const std::vector<ValueType>& types,
                         const std::vector<std::uint32_t>& sources) {
  WindowBlock& block = **place_;
  block.head = source.head;
  block.count = source.count;
  block.dropped_time = source.dropped_time;
  std::copy_n(source.times(), block.capacity, block.times());
  for (std::uint32_t i = 0; i < block.column_count; ++i) {
    if (sources[i] == kNoIndex) {
      std::fill_n(block.column(i), block.capacity, UnknownBits(spec_.columns[i]));
    } else {
      std::copy_n(source.column(sources[i]), block.capacity, block.column(i));
    }
  }
  for (std::uint32_t i = 0; i < source.column_count; ++i) {
    if (!IsText(types[i]) || std::ranges::count(sources, i) > 0) continue;
    for (std::uint32_t at = source.head; at != source.tail(); ++at) {
      texts_.Release(static_cast<std::uint32_t>(source.value(i, at)));
    }
  }
}

void Window::Adopt(WindowBlock*& from, const std::vector<ValueType>& types,
                   const std::vector<std::uint32_t>& sources) {
  Free();
  if (from == nullptr) return;
  LULL_CHECK(from->column_count == types.size() && sources.size() == spec_.columns.size());
  WindowBlock* source = std::exchange(from, nullptr);
  bool is_same = sources.size() == types.size() && source->cursor_count == spec_.aggregates.size();
  for (std::uint32_t i = 0; i < sources.size(); ++i) is_same = is_same && sources[i] == i;
  if (is_same) {
    *place_ = source;
  } else {
    Resize(source->capacity);
    TakeEntries(*source, types, sources);
    std::free(source);
  }
  WindowBlock& block = **place_;
  block.has_open = 0;
  for (std::uint32_t i = 0; i < block.cursor_count; ++i) ResetCursor(block, block.cursors()[i]);
  while (block.count > spec_.keep_count) {
    block.dropped_time = std::max(block.dropped_time, block.time(block.head));
    DropOldest();
  }
}

void Window::Restore(std::uint32_t count) {
  LULL_CHECK(*place_ == nullptr);
  Resize(std::max(kFirstCapacity, std::bit_ceil(count)));
  WindowBlock& block = **place_;
  block.count = count;
  for (std::uint32_t at = block.head; at != block.tail(); ++at) {
    block.time(at) = kUnknown;
    for (std::uint32_t i = 0; i < block.column_count; ++i) block.value(i, at) = UnknownBits(spec_.columns[i]);
  }
}

bool Window::IsApproximate(std::int64_t now, std::int64_t last_micros) const {
  const WindowBlock* block = *place_;
  if (block == nullptr || block->dropped_time == kUnknown) return false;
  return last_micros == 0 || block->dropped_time > InstantBefore(now, last_micros);
}

}  // namespace lull::runtime
