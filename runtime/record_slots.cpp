#include "runtime/record_slots.h"

#include <cstring>

namespace lull::runtime {

FieldValue ReadSlot(const std::byte* record, std::uint32_t offset, SlotKind kind, const TextPool& texts) {
  const std::byte* at = record + offset;
  FieldValue value;
  switch (kind) {
    case SlotKind::kU8: {
      const auto narrow = static_cast<std::uint8_t>(*at);
      value.integer = narrow == kUnknownU8 ? kUnknown : narrow;
      break;
    }
    case SlotKind::kU32: {
      std::uint32_t narrow = 0;
      std::memcpy(&narrow, at, sizeof narrow);
      value.integer = narrow == kUnknownU32 ? kUnknown : narrow;
      break;
    }
    case SlotKind::kText: {
      std::uint32_t id = 0;
      std::memcpy(&id, at, sizeof id);
      value.text = texts.View(id);
      break;
    }
    case SlotKind::kI64:
      std::memcpy(&value.integer, at, sizeof value.integer);
      break;
    case SlotKind::kF64:
      std::memcpy(&value.number, at, sizeof value.number);
      break;
  }
  return value;
}

}  // namespace lull::runtime
