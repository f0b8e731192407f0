// The logs that aggregates look back on: entries of (time, columns) of one entity, ordered by time.
//
// The record has a pointer to a block: a ring of entries that doubles as it fills, up to
// WindowSpec::keep_count. Past that the oldest goes, and values that should have counted it are approximate
// until it would have left. A block also has a cursor for each aggregate that adds up or compares its
// entries, so that values are carried from evaluation to evaluation (runtime/aggregate.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/moment.h"
#include "runtime/ruleset.h"
#include "runtime/text_pool.h"

namespace lull::runtime {

/// What an aggregate knows of the entries [begin, end) that it counted last. Sequence numbers, which wrap.
struct alignas(16) WindowCursor {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t known = 0;  // sums: entries with a known value; else runtime/aggregate.cpp
  /// Sums of numbers: entries that cannot be added as integers; extremes: where it is.
  std::uint32_t other = 0;
  std::uint64_t low = 0;   // sums: of money 128 bits; of numbers the sum, ...
  std::uint64_t high = 0;  // ... and the sum of absolute values
};

/// Head of a block; cursors, times and columns follow.
struct alignas(16) WindowBlock {
  std::uint32_t head = 0;  // sequence number of the oldest entry; an entry lies at its number modulo capacity
  std::uint32_t count = 0;
  std::uint32_t capacity = 0;  // a power of two
  std::uint16_t column_count = 0;
  std::uint16_t cursor_count = 0;
  std::uint32_t open = 0;  // sequence number of the entry that is being filled
  std::uint32_t has_open = 0;
  std::int64_t dropped_time = kUnknown;  // latest time of what went because of keep_count

  std::uint32_t tail() const { return head + count; }
  WindowCursor* cursors() { return reinterpret_cast<WindowCursor*>(this + 1); }
  std::int64_t* times() { return reinterpret_cast<std::int64_t*>(cursors() + cursor_count); }
  std::int64_t& time(std::uint32_t sequence) { return times()[sequence & (capacity - 1)]; }
  /// The values of a column: numbers and integers as their bits, texts as counted ids of the pool.
  std::uint64_t* column(std::uint32_t index) {
    return reinterpret_cast<std::uint64_t*>(times()) + (index + std::size_t{1}) * capacity;
  }
  std::uint64_t& value(std::uint32_t index, std::uint32_t sequence) {
    return column(index)[sequence & (capacity - 1)];
  }
};

/// Gives aggregates their cursors: a step in making an entity, once all are listed. What only asks where its
/// entries begin and end finds that by search, and what is asked `with same` is counted anew.
void NumberCursors(EntitySpec& entity);

/// The bits of unknown in a column of this type.
std::uint64_t UnknownBits(ValueType type);

/// A window of one record: a handle of a few words, made for a call or two.
class Window {
 public:
  Window(const EntitySpec& entity, std::uint32_t window, std::byte* record, TextPool& texts)
      : entity_(entity),
        spec_(entity.windows[window]),
        place_(reinterpret_cast<WindowBlock**>(record + spec_.offset)),
        texts_(texts) {}

  /// Inserts an entry at `time`, after its equals, with unknown columns, and lets go of what is no longer
  /// needed at `now`. An entry that nothing can count any more is not kept, and the columns set for it go
  /// nowhere.
  void Push(std::int64_t now, std::int64_t time);
  /// Fill the entry that was pushed last.
  void SetInteger(std::uint32_t column, std::int64_t value);
  void SetNumber(std::uint32_t column, double value);
  void SetText(std::uint32_t column, TextView value);
  /// Removes all entries.
  void Clear();
  /// Removes all entries and gives the block back.
  void Free();
  /// Takes over the entries of another record's block, which loses it, and in each column those of the old
  /// one that `sources` names (kNoIndex: unknown). `types` are those of the old columns. The cursors begin
  /// anew.
  void Adopt(WindowBlock*& from, const std::vector<ValueType>& types,
             const std::vector<std::uint32_t>& sources);

  /// Makes `count` entries of an empty window, to be filled in by time: unknown, at the beginning of time.
  void Restore(std::uint32_t count);

  /// Whether a value over (now - last, now] (last 0: over all) lacks entries that keep_count pushed out.
  bool IsApproximate(std::int64_t now, std::int64_t last_micros) const;
  std::uint32_t count() const { return *place_ == nullptr ? 0 : (*place_)->count; }
  WindowBlock* block() const { return *place_; }
  const WindowSpec& spec() const { return spec_; }

 private:
  void SetBits(std::uint32_t column, std::uint64_t bits);
  void Resize(std::uint32_t capacity);
  void TakeEntries(WindowBlock& source, const std::vector<ValueType>& types,
                   const std::vector<std::uint32_t>& sources);
  void MakeRoom();
  void DropOldest();
  void DropOpen();
  void ReleaseTexts(std::uint32_t sequence);
  void CloseDistinct(std::uint64_t bits);
  std::uint32_t OpenAt(std::int64_t time);

  const EntitySpec& entity_;
  const WindowSpec& spec_;
  WindowBlock** place_;
  TextPool& texts_;
};

}  // namespace lull::runtime
