// Looking into an engine from outside, between two entries of its log.
#include <cstring>

#include "runtime/engine_impl.h"

namespace lull::runtime {
namespace {

constexpr std::uint32_t kUnknownU32 = 0xFFFF'FFFF;
constexpr std::uint8_t kUnknownU8 = 0xFF;

template <typename T>
void Store(std::byte* record, std::uint32_t offset, T value) {
  std::memcpy(record + offset, &value, sizeof(value));
}

}  // namespace

void Engine::SetTrace(TraceSink* trace) { impl_->SetTrace(trace); }
void Engine::Preset(std::uint32_t entity, std::string_view key, std::span<const SlotValue> values) {
  impl_->Preset(entity, key, values);
}
bool Engine::Probe(std::uint32_t entity, std::string_view key, FunctionId function, EventTime instant,
                   const FieldValue* event_fields, Probed& probed) {
  return impl_->Probe(entity, key, function, instant.micros, event_fields, probed);
}
const std::byte* Engine::Record(std::uint32_t entity, std::string_view key) const {
  return impl_->Record(entity, key);
}

void Engine::Impl::Preset(std::uint32_t entity, std::string_view key, std::span<const SlotValue> values) {
  std::byte* record = stores_[entity]->FindOrCreate(key).record;
  for (const SlotValue& slot : values) {
    const bool unknown = slot.value.integer == kUnknown;
    switch (slot.kind) {
      case SlotKind::kU8:
        Store(record, slot.offset, unknown ? kUnknownU8 : static_cast<std::uint8_t>(slot.value.integer));
        break;
      case SlotKind::kU32:
        Store(record, slot.offset, unknown ? kUnknownU32 : static_cast<std::uint32_t>(slot.value.integer));
        break;
      case SlotKind::kI64:
        Store(record, slot.offset, slot.value.integer);
        break;
      case SlotKind::kF64:
        Store(record, slot.offset, slot.value.number);
        break;
      case SlotKind::kText: {
        std::uint32_t old = 0;
        std::memcpy(&old, record + slot.offset, sizeof(old));
        Store(record, slot.offset, texts_.Intern(slot.value.text));
        texts_.Release(old);
        break;
      }
    }
  }
  texts_.Reclaim();
}

bool Engine::Impl::Probe(std::uint32_t entity, std::string_view key, FunctionId function,
                         std::int64_t instant, const FieldValue* event_fields, Probed& probed) {
  std::byte* record = stores_[entity]->Find(key);
  if (record == nullptr) return false;
  scratch_.Reset();
  step_.Bind(entity, record, key, position_);
  probed.result = step_.Probe(function, instant, event_fields);
  probed.out = step_.out.data();
  return true;
}

std::uint64_t Step::Probe(FunctionId function, std::int64_t instant, const FieldValue* fields) {
  ClearEarly();
  moment.now = instant;
  moment.age_now = instant;
  moment.event_time = instant;
  moment.next_wake = kNever;
  moment.fields = fields;
  moment.same = {};
  return code->functions[function](&moment);
}

}  // namespace lull::runtime
