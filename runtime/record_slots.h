// The value of a slot of a record.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/event.h"
#include "runtime/record.h"
#include "runtime/text_pool.h"

namespace lull::runtime {

/// A text points into the pool, until the record changes.
FieldValue ReadSlot(const std::byte* record, std::uint32_t offset, SlotKind kind, const TextPool& texts);

}  // namespace lull::runtime
