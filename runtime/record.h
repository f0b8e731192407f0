// The layout of an entity's record that runtime and compiler share.
//
// A record is RecordHeader, then bits (conditions first, then the nudges' "gone out in this episode"), then
// slots at offsets fixed by the compiler. Records never move while a Moment is open on them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/base/time.h"

namespace lull::runtime {

struct EntitySide;  // what few entities have: waiting nudges, open tasks, pending events, waits of `after
                    // each`

struct RecordHeader {
  std::int64_t wake = kNever;           // earliest instant at which time alone may change something
  std::int64_t clock = kUnknown;        // largest time of its own events minus the lateness
  std::int64_t first_event = kUnknown;  // instant of its first event
  std::int64_t instant = kUnknown;      // instant of its latest moment ...
  std::uint32_t moment_count = 0;       // ... and how many moments it has had; of a part: Part::number
  std::uint32_t key_id = 0;             // its key, in the store's text pool
  EntitySide* side = nullptr;
  std::uint64_t reserved = 0;
};

/// Instant of the latest event that was applied to a record, by which a quiet one is forgotten.
inline std::int64_t LatestEvent(const RecordHeader& header) {
  return static_cast<std::int64_t>(header.reserved);
}

inline constexpr std::size_t kBitsOffset = sizeof(RecordHeader);

/// How a value lies in a record. Unknown is all ones in kU8 and kU32, 0 in kText.
enum class SlotKind : std::uint8_t {
  kU8,    // flag, choice, stage
  kU32,   // choice with more than 254 values
  kI64,   // money, duration, time, date, counters
  kF64,   // number
  kText,  // 32-bit id in the store's text pool, counted
};

inline constexpr std::uint8_t kUnknownU8 = 0xFF;
inline constexpr std::uint32_t kUnknownU32 = 0xFFFF'FFFF;

inline constexpr std::uint32_t SlotBytes(SlotKind kind) {
  return kind == SlotKind::kU8 ? 1 : kind == SlotKind::kU32 || kind == SlotKind::kText ? 4 : 8;
}

inline constexpr std::uint32_t kNoOffset = 0xFFFF'FFFF;

inline bool TestBit(const std::byte* record, std::uint32_t bit) {
  const auto* words = reinterpret_cast<const std::uint64_t*>(record + kBitsOffset);
  return ((words[bit / 64] >> (bit % 64)) & 1U) != 0;
}
inline void SetBit(std::byte* record, std::uint32_t bit, bool value) {
  auto* words = reinterpret_cast<std::uint64_t*>(record + kBitsOffset);
  const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
  words[bit / 64] = value ? words[bit / 64] | mask : words[bit / 64] & ~mask;
}

/// The id of the text in a kText slot.
inline std::uint32_t& TextAt(std::byte* record, std::uint32_t offset) {
  return *reinterpret_cast<std::uint32_t*>(record + offset);
}

inline RecordHeader* HeaderAt(std::byte* record) { return reinterpret_cast<RecordHeader*>(record); }
inline const RecordHeader* HeaderAt(const std::byte* record) {
  return reinterpret_cast<const RecordHeader*>(record);
}

}  // namespace lull::runtime
