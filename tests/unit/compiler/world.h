// A record, an event and a Moment to run single functions on, and the comparison of two such worlds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "compiler/ir.h"
#include "runtime/moment.h"
#include "runtime/record.h"

namespace lull::compiler::test {

using Random = std::mt19937_64;

// The record: header, bits, 8-byte slots (even: integer, odd: number), 4-byte slots, 1-byte slots.
inline constexpr std::uint32_t kWorldConditions = 130;
inline constexpr std::size_t kWorldWideSlots = 16;
inline constexpr std::size_t kWorldNarrowSlots = 8;
inline constexpr std::uint32_t kWorldWideOffset = runtime::kBitsOffset + 3 * 8;
inline constexpr std::uint32_t kWorldU32Offset = kWorldWideOffset + kWorldWideSlots * 8;
inline constexpr std::uint32_t kWorldU8Offset = kWorldU32Offset + kWorldNarrowSlots * 4;
inline constexpr std::uint32_t kWorldRecordBytes = kWorldU8Offset + kWorldNarrowSlots;
inline constexpr std::int64_t kWorldNow = 1'700'000'000'000'000;

// Fields and results by index: % 3 of a field and % 4 of a result say its type.
inline constexpr std::uint32_t kWorldFields = 12;
inline constexpr std::uint32_t kWorldOuts = 8;
inline constexpr IrType kFieldTypes[] = {IrType::kI64, IrType::kF64, IrType::kText};
inline constexpr IrType kOutTypes[] = {IrType::kI64, IrType::kF64, IrType::kText, IrType::kBool};

void SetWorldInteger(std::byte* record, std::size_t slot, std::int64_t value);

struct World {
  alignas(8) std::array<std::byte, kWorldRecordBytes> record = {};
  std::array<runtime::FieldValue, kWorldFields> fields;
  std::array<runtime::FieldValue, kWorldOuts> out;
  std::array<std::uint64_t, 3> early = {};
  runtime::Moment moment;

  /// All unknown, at kWorldNow.
  World();
  explicit World(Random& random);
  World(const World& other);
  World& operator=(const World&) = delete;

  /// Everything that code can have changed, as text.
  std::string Shown() const;

 private:
  void Attach();
};

std::string ShownValue(const runtime::FieldValue& value, IrType type);

}  // namespace lull::compiler::test
