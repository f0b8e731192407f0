// Looking into an engine from outside, between two entries of its log.
#include <cstring>

#include "runtime/engine_impl.h"

namespace lull::runtime {
namespace {

template <typename T>
void Store(std::byte* record, std::uint32_t offset, T value) {
  std::memcpy(record + offset, &value, sizeof(value));
}

}  // namespace

void Engine::SetTrace(TraceSink* trace) { impl_->SetTrace(trace); }
void Engine::Preset(std::uint32_t entity, std::string_view key, std::string_view whole_key,
                    std::span<const SlotValue> values) {
  impl_->Preset(entity, key, whole_key, values);
}
bool Engine::Probe(std::uint32_t entity, std::string_view key, FunctionId function, EventTime instant,
                   const FieldValue* event_fields, Probed& probed) {
  return impl_->Probe(entity, key, function, instant.micros, event_fields, probed);
}
const std::byte* Engine::Record(std::uint32_t entity, std::string_view key) const {
  return impl_->Locate(entity, key).record;
}

const EntitySide* Engine::Side(std::uint32_t entity, std::string_view key, std::uint32_t& part) const {
  const Impl::Located located = impl_->Locate(entity, key);
  part = located.part;
  return located.record == nullptr ? nullptr : HeaderOf(located.whole_record).side;
}

Engine::Impl::Located Engine::Impl::Locate(std::uint32_t entity, std::string_view key) const {
  Located located;
  located.whole = ruleset().entities[entity].whole;
  if (located.whole == kNoIndex) {
    std::byte* record = stores_[entity]->Find(key);
    return {.whole = entity, .whole_record = record, .record = record};
  }
  stores_[located.whole]->ForEach([&](std::byte* whole) {
    const EntitySide* side = HeaderOf(whole).side;
    if (located.record != nullptr || side == nullptr || side->family == nullptr) return;
    for (const Part& part : side->family->parts) {
      if (part.entity != entity || parts_.KeyOf(part) != key) continue;
      located.whole_record = whole;
      located.part = part.number;
      located.record = part.record;
    }
  });
  return located;
}

void Engine::Impl::Preset(std::uint32_t entity, std::string_view key, std::string_view whole_key,
                          std::span<const SlotValue> values) {
  const std::uint32_t whole = ruleset().entities[entity].whole;
  std::byte* record = nullptr;
  if (whole == kNoIndex) {
    record = stores_[entity]->FindOrCreate(key).record;
  } else {
    parts_.FindOrCreate(stores_[whole]->FindOrCreate(whole_key).record, entity, key);
    record = Locate(entity, key).record;
  }
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
        std::uint32_t& text = TextAt(record, slot.offset);
        texts_.Release(text);
        text = texts_.Intern(slot.value.text);
        break;
      }
    }
  }
  texts_.Reclaim();
}

bool Engine::Impl::Probe(std::uint32_t entity, std::string_view key, FunctionId function,
                         std::int64_t instant, const FieldValue* event_fields, Probed& probed) {
  const Located located = Locate(entity, key);
  if (located.record == nullptr) return false;
  scratch_.Reset();
  step_.Bind(located.whole, located.whole_record, stores_[located.whole]->KeyOf(located.whole_record),
             position_);
  step_.Select(step_.Take(located.part));
  probed.result = step_.Probe(function, instant, event_fields);
  probed.out = step_.out.data();
  return true;
}

std::uint64_t Step::Probe(FunctionId function, std::int64_t instant, const FieldValue* fields) {
  moment.now = instant;
  moment.age_now = instant;
  moment.event_time = instant;
  moment.next_wake = kNever;
  moment.fields = fields;
  moment.same = {};
  return code->functions[function](&moment);
}

}  // namespace lull::runtime
