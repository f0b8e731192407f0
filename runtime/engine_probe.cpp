// Looking into an engine from outside, between two entries of its log.
#include <cstring>

#include "runtime/engine_impl.h"
#include "runtime/record_slots.h"

namespace lull::runtime {
namespace {

template <typename T>
void Store(std::byte* record, std::uint32_t offset, T value) {
  std::memcpy(record + offset, &value, sizeof(value));
}

}  // namespace

void Engine::SetTrace(TraceSink* trace) { impl_->SetTrace(trace); }
void Engine::Preset(const EntityName& name, std::span<const SlotValue> values) {
  impl_->Preset(name, values);
}
bool Engine::Probe(const EntityName& name, FunctionId function, EventTime instant,
                   const FieldValue* event_fields, Probed& probed) {
  return impl_->Probe(name, function, instant.micros, event_fields, probed);
}
const std::byte* Engine::Record(const EntityName& name) const { return impl_->Locate(name).record; }

const EntitySide* Engine::Side(const EntityName& name, std::uint32_t& part) const {
  const Impl::Located located = impl_->Locate(name);
  part = located.part;
  return located.record == nullptr ? nullptr : HeaderOf(located.whole_record).side;
}

bool Engine::ReadSlot(const EntityName& name, std::uint32_t offset, SlotKind kind, FieldValue& value) const {
  return impl_->ReadSlot(name, offset, kind, value);
}
std::string Engine::TextOf(std::uint32_t text_id) const { return impl_->TextOf(text_id); }
std::string Engine::PartKey(const Part& part) const { return impl_->PartKey(part); }

bool Engine::Impl::ReadSlot(const EntityName& name, std::uint32_t offset, SlotKind kind, FieldValue& value) {
  const std::byte* record = Locate(name).record;
  if (record != nullptr) value = runtime::ReadSlot(record, offset, kind, texts_);
  return record != nullptr;
}

Engine::Impl::Located Engine::Impl::Locate(const EntityName& name) {
  Located located;
  located.whole = ruleset().entities[name.entity].whole;
  const bool is_part = located.whole != kNoIndex;
  if (succession_ != nullptr) {
    const std::string_view key = is_part ? name.whole_key : name.key;
    Reach(is_part ? located.whole : name.entity, key, RecordStore::HashKey(key));
  }
  if (!is_part) {
    std::byte* record = stores_[name.entity]->Find(name.key);
    return {.whole = name.entity, .whole_record = record, .record = record};
  }
  located.whole_record = stores_[located.whole]->Find(name.whole_key);
  if (located.whole_record == nullptr) return located;
  const EntitySide* side = HeaderOf(located.whole_record).side;
  if (side == nullptr || side->family == nullptr) return located;
  for (const Part& part : side->family->parts) {
    if (part.entity != name.entity || parts_.KeyOf(part) != name.key) continue;
    located.part = part.number;
    located.record = part.record;
  }
  return located;
}

void Engine::Impl::Preset(const EntityName& name, std::span<const SlotValue> values) {
  const std::uint32_t whole = ruleset().entities[name.entity].whole;
  std::byte* record = Locate(name).record;  // which is brought over
  if (whole == kNoIndex) {
    record = stores_[name.entity]->FindOrCreate(name.key).record;
  } else {
    parts_.FindOrCreate(stores_[whole]->FindOrCreate(name.whole_key).record, name.entity, name.key);
    record = Locate(name).record;
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

bool Engine::Impl::Probe(const EntityName& name, FunctionId function, std::int64_t instant,
                         const FieldValue* event_fields, Probed& probed) {
  const Located located = Locate(name);
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
