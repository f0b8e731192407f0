#include "runtime/entity_image.h"

#include <algorithm>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/image_bytes.h"
#include "runtime/window.h"

namespace lull::runtime {
namespace {

constexpr std::uint8_t kVersion = 1;

/// One direction of the format: writes what it is given, or fills it.
template <typename Io>
class EntityFormat {
 public:
  EntityFormat(const EntityPlaces& places, Io& io) : places_(places), io_(io) {}

  void Entity(std::uint32_t entity, std::byte* record);

 private:
  const EntitySpec& SpecOf(std::uint32_t entity) const { return places_.ruleset.entities[entity]; }

  /// A number below `end`, or kNoIndex where there may be none.
  void Index(std::uint32_t& index, std::size_t end, bool may_be_none = false);
  /// A counted id of the pool.
  void TextId(std::uint32_t& id);
  /// A value of the given type, without owner: a text that was read points into the image.
  void Value(FieldValue& value, ValueType type);
  template <typename T, typename Each>
  void List(std::vector<T>& items, Each each, std::size_t count_max = ~std::size_t{0}) {
    const std::size_t count = io_.Count(items.size());
    if constexpr (Io::kReads) {
      if (count > count_max) return io_.Fail();
    }
    for (std::size_t i = 0; i < count && io_.ok(); ++i) {
      if constexpr (Io::kReads) items.emplace_back();
      each(items[i]);
    }
  }
  bool Is(bool value) {
    std::uint8_t flag = value ? 1 : 0;
    io_.Fixed(flag);
    return flag != 0;
  }
  void Flag(bool& value) { value = Is(value); }

  void Record(std::uint32_t entity, std::byte* record);
  void WindowOf(const EntitySpec& spec, std::uint32_t window, std::byte* record);
  void Columns(const WindowSpec& spec, WindowBlock& block);
  void Side(std::uint32_t entity, std::byte* record);
  void Waiting(WaitingNudge& waiting);
  void Kept(const std::vector<CapturedField>& kept, KeptEvent& event);
  void Task(OpenTask& task);
  void Wait(const EachWaitSpec& spec, EachWait& wait);
  void SameValue(const EachWaitSpec& spec, bool known, std::uint64_t& value);
  void Pending(std::byte* record);
  void PendingFields(std::uint32_t event, FieldValue* values);
  void FamilyOf(std::uint32_t entity, std::byte* record);
  bool PartPlace(std::uint32_t entity, std::byte* whole, Part& part);

  const EntityPlaces& places_;
  Io& io_;
};

// ---- Values
// ------------------------------------------------------------------------------------------------------

template <typename Io>
void EntityFormat<Io>::Index(std::uint32_t& index, std::size_t end, bool may_be_none) {
  // 0 stands for none, so that both are short.
  std::uint32_t shifted = index + 1;
  io_.Small(shifted);
  if constexpr (Io::kReads) {
    index = shifted - 1;
    if (index == kNoIndex ? !may_be_none : index >= end) {
      io_.Fail();
      index = 0;
    }
  }
}

template <typename Io>
void EntityFormat<Io>::TextId(std::uint32_t& id) {
  TextView text = places_.texts.View(id);
  io_.Text(text);
  if constexpr (Io::kReads) id = places_.texts.Intern(text);
}

template <typename Io>
void EntityFormat<Io>::Value(FieldValue& value, ValueType type) {
  if (type == ValueType::kText) {
    io_.Text(value.text);
  } else {
    io_.Fixed(value.integer);
  }
}

// ---- The record
// --------------------------------------------------------------------------------------------------

template <typename Io>
void EntityFormat<Io>::Record(std::uint32_t entity, std::byte* record) {
  const EntitySpec& spec = SpecOf(entity);
  RecordHeader& header = HeaderOf(record);
  io_.Fixed(header.wake);
  io_.Fixed(header.clock);
  io_.Fixed(header.first_event);
  io_.Fixed(header.instant);
  io_.Fixed(header.moment_count);
  io_.Fixed(header.reserved);
  const std::size_t bytes = spec.record_bytes - kBitsOffset;
  std::byte* body = record + kBitsOffset;
  if constexpr (Io::kReads) {
    for (const std::uint32_t offset : spec.text_offsets) places_.texts.Release(TextAt(record, offset));
    io_.Raw(body, bytes);
  } else {
    body = io_.Raw(body, bytes);
  }
  // Whatever is written there: what the record owns comes below.
  for (const std::uint32_t offset : spec.text_offsets) {
    std::memset(body + (offset - kBitsOffset), 0, sizeof(std::uint32_t));
  }
  for (const WindowSpec& window : spec.windows) {
    std::memset(body + (window.offset - kBitsOffset), 0, sizeof(WindowBlock*));
  }
  for (const std::uint32_t offset : spec.text_offsets) TextId(TextAt(record, offset));
  for (std::uint32_t window = 0; window < spec.windows.size(); ++window) WindowOf(spec, window, record);
}

template <typename Io>
void EntityFormat<Io>::WindowOf(const EntitySpec& spec, std::uint32_t window, std::byte* record) {
  Window at(spec, window, record, places_.texts);
  WindowBlock* block = at.block();
  const std::size_t count = io_.Count(at.count());
  const bool has_dropped = block != nullptr && block->dropped_time != kUnknown;
  if (count == 0 && !Is(has_dropped)) return;
  if constexpr (Io::kReads) {
    const std::size_t values = (1 + at.spec().columns.size()) * count;
    if (!io_.ok() || values > io_.left()) return io_.Fail();
    at.Restore(static_cast<std::uint32_t>(count));
    block = at.block();
  }
  io_.Fixed(block->dropped_time);
  Columns(at.spec(), *block);
}

template <typename Io>
void EntityFormat<Io>::Columns(const WindowSpec& spec, WindowBlock& block) {
  for (std::uint32_t at = block.head; at != block.tail(); ++at) io_.Fixed(block.time(at));
  for (std::uint32_t column = 0; column < spec.columns.size(); ++column) {
    for (std::uint32_t at = block.head; at != block.tail(); ++at) {
      std::uint64_t& value = block.value(column, at);
      if (spec.columns[column] != ValueType::kText) {
        io_.Fixed(value);
        continue;
      }
      auto id = static_cast<std::uint32_t>(value);
      TextId(id);
      value = id;
    }
  }
}

// ---- The side
// ----------------------------------------------------------------------------------------------------

template <typename Io>
void EntityFormat<Io>::Side(std::uint32_t entity, std::byte* record) {
  RecordHeader& header = HeaderOf(record);
  if (!Is(header.side != nullptr)) return;
  EntitySide& side = SideOf(header);
  const EntitySpec& spec = SpecOf(entity);
  const std::size_t nudge_count = places_.ruleset.nudges.size();
  List(side.waiting, [&](WaitingNudge& waiting) { Waiting(waiting); });
  List(side.tasks, [&](OpenTask& task) { Task(task); });
  List(side.reminders, [&](Reminder& reminder) {
    Index(reminder.nudge, nudge_count);
    io_.Small(reminder.serial);
    io_.Fixed(reminder.sent);
    io_.Small(reminder.count);
  });
  std::size_t number = 0;
  List(
      side.each,
      [&](EachWaitList& list) {
        const EachWaitSpec& of = spec.each_waits[number++];
        List(list.waits, [&](EachWait& wait) { Wait(of, wait); });
        List(list.answers, [&](EachAnswerSeen& answer) {
          io_.Fixed(answer.time);
          SameValue(of, true, answer.value);
        });
      },
      spec.each_waits.size());
  List(side.seen, [&](SeenId& seen) {
    io_.Fixed(seen.hash.high);
    io_.Fixed(seen.hash.low);
    io_.Fixed(seen.time);
  });
  io_.Small(side.next_serial);
}

template <typename Io>
void EntityFormat<Io>::Waiting(WaitingNudge& waiting) {
  Index(waiting.nudge, places_.ruleset.nudges.size());
  io_.Small(waiting.part);
  io_.Small(waiting.serial);
  io_.Fixed(waiting.code);
  io_.Fixed(waiting.until);
  io_.Fixed(waiting.end);
  Flag(waiting.is_reminder);
  if (io_.ok()) Kept(places_.ruleset.nudges[waiting.nudge].kept, waiting.event);
}

template <typename Io>
void EntityFormat<Io>::Kept(const std::vector<CapturedField>& kept, KeptEvent& event) {
  io_.Fixed(event.time);
  if (!Is(event.fields != nullptr)) return;
  if constexpr (Io::kReads) event.fields = std::make_unique<FieldValue[]>(kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) Value(event.fields[i], kept[i].type);
  if constexpr (Io::kReads) OwnTexts(event, kept);
}

template <typename Io>
void EntityFormat<Io>::Task(OpenTask& task) {
  const std::size_t unit_count = places_.ruleset.units.size();
  io_.Fixed(task.id.high);
  io_.Fixed(task.id.low);
  io_.Fixed(task.expires);
  io_.Fixed(task.due);
  List(task.ladder, [&](OpenRung& rung) {
    io_.Fixed(rung.at);
    Index(rung.unit, unit_count);
    TextId(rung.unit_key);
  });
  Index(task.nudge, places_.ruleset.nudges.size());
  io_.Small(task.part);
  io_.Small(task.serial);
  Index(task.unit, unit_count, true);
  TextId(task.unit_key);
  TextId(task.title);
  io_.Small(task.rungs_taken);
  Flag(task.held_out);
  Flag(task.claimed);
}

template <typename Io>
void EntityFormat<Io>::SameValue(const EachWaitSpec& spec, bool known, std::uint64_t& value) {
  if (spec.same_type != ValueType::kText || !known) return io_.Fixed(value);
  auto id = static_cast<std::uint32_t>(value);
  TextId(id);
  value = id;
}

template <typename Io>
void EntityFormat<Io>::Wait(const EachWaitSpec& spec, EachWait& wait) {
  io_.Fixed(wait.start);
  Flag(wait.known);
  SameValue(spec, wait.known, wait.value);
  io_.Fixed(wait.gone);
  io_.Small(wait.serial);
  Flag(wait.overdue);
  Flag(wait.begun);
  if (!Is(wait.captured != nullptr)) return;
  if constexpr (Io::kReads) wait.captured = std::make_unique<FieldValue[]>(spec.captured.size());
  for (std::size_t i = 0; i < spec.captured.size(); ++i) {
    FieldValue& value = wait.captured[i];
    if (spec.captured[i].type != ValueType::kText) {
      io_.Fixed(value.integer);
      continue;
    }
    auto id = static_cast<std::uint32_t>(value.integer);
    TextId(id);
    value.integer = id;
  }
}

// ---- Buffered events
// ---------------------------------------------------------------------------------------------

template <typename Io>
void EntityFormat<Io>::PendingFields(std::uint32_t event, FieldValue* values) {
  const EventSchema& schema = places_.ruleset.events[event];
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    if (schema.fields[i].used) Value(values[i], schema.fields[i].type);
  }
  for (std::size_t place = 0; place < schema.parts.size(); ++place) {
    io_.Text(values[schema.fields.size() + place].text);
  }
}

template <typename Io>
void EntityFormat<Io>::Pending(std::byte* record) {
  RecordHeader& header = HeaderOf(record);
  std::size_t count = 0;
  if constexpr (!Io::kReads) {
    PendingEvent* first = header.side == nullptr ? nullptr : header.side->pending_first;
    for (const PendingEvent* event = first; event != nullptr; event = event->next) ++count;
    io_.Count(count);
    for (PendingEvent* event = first; event != nullptr; event = event->next) {
      Index(event->event, places_.ruleset.events.size());
      io_.Fixed(event->time);
      PendingFields(event->event, event->values());
    }
  } else {
    count = io_.Count();
    std::vector<FieldValue> values;
    std::vector<FieldValue> slots(places_.ruleset.frame_slot_count);
    std::vector<TextView> keys;
    for (; count > 0 && io_.ok(); --count) {
      EventFrame frame;
      Index(frame.event, places_.ruleset.events.size());
      io_.Fixed(frame.time.micros);
      if (!io_.ok()) return;
      const EventSchema& schema = places_.ruleset.events[frame.event];
      values.assign(schema.fields.size() + schema.parts.size(), FieldValue{});
      PendingFields(frame.event, values.data());
      for (std::size_t i = 0; i < schema.fields.size(); ++i) {
        if (schema.fields[i].used) slots[schema.fields[i].slot] = values[i];
      }
      keys.clear();
      for (std::size_t i = schema.fields.size(); i < values.size(); ++i) keys.push_back(values[i].text);
      frame.fields = slots.data();
      frame.keys = keys.data();
      places_.pending.Insert(SideOf(header), frame, places_.ruleset);
    }
  }
}

// ---- Parts
// -------------------------------------------------------------------------------------------------------

/// The part that is written, or a new one of this number; false: the bytes name none.
template <typename Io>
bool EntityFormat<Io>::PartPlace(std::uint32_t entity, std::byte* whole, Part& part) {
  std::uint32_t number = part.number;
  io_.Small(number);
  Index(part.entity, places_.ruleset.entities.size());
  TextView key;
  if constexpr (!Io::kReads) key = TextView::Of(places_.parts.KeyOf(part));
  io_.Text(key);
  if constexpr (Io::kReads) {
    Family& family = *HeaderOf(whole).side->family;
    const bool rises = number > 0 && (family.parts.empty() || number > family.parts.back().number);
    if (!io_.ok() || !key.known() || !rises || SpecOf(part.entity).whole != entity) return false;
    family.next_number = number;
    if (!places_.parts.FindOrCreate(whole, part.entity, key.view()).created) return false;
    part = family.parts.back();
  }
  return true;
}

template <typename Io>
void EntityFormat<Io>::FamilyOf(std::uint32_t entity, std::byte* record) {
  const EntitySide* existing = HeaderOf(record).side;
  if (!Is(existing != nullptr && existing->family != nullptr)) return;
  std::unique_ptr<Family>& family = SideOf(HeaderOf(record)).family;
  if constexpr (Io::kReads) family = std::make_unique<Family>();
  const std::size_t count = io_.Count(family->parts.size());
  for (std::size_t i = 0; i < count && io_.ok(); ++i) {
    Part part;
    if constexpr (!Io::kReads) part = family->parts[i];
    if (!PartPlace(entity, record, part)) {
      if constexpr (Io::kReads) io_.Fail();
      return;
    }
    const std::uint32_t number = part.number;
    Record(part.entity, part.record);
    HeaderOf(part.record).moment_count = number;
    Side(part.entity, part.record);
    if constexpr (Io::kReads) family->Wakes(part, HeaderOf(part.record).wake);
  }
  io_.Small(family->next_number);
  io_.Fixed(family->whole_wake);
  if constexpr (Io::kReads) {
    if (!family->parts.empty() && family->next_number <= family->parts.back().number) io_.Fail();
  }
}

template <typename Io>
void EntityFormat<Io>::Entity(std::uint32_t entity, std::byte* record) {
  std::uint8_t version = kVersion;
  io_.Fixed(version);
  if constexpr (Io::kReads) {
    if (version != kVersion) return io_.Fail();
  }
  Record(entity, record);
  Side(entity, record);
  Pending(record);
  FamilyOf(entity, record);
}

}  // namespace

void WriteEntity(const EntityPlaces& places, std::uint32_t entity, std::byte* record, std::string& out) {
  ImageWriter writer(out);
  EntityFormat(places, writer).Entity(entity, record);
}

bool ReadEntity(const EntityPlaces& places, std::uint32_t entity, std::byte* record, std::string_view image) {
  ImageReader reader(image);
  EntityFormat(places, reader).Entity(entity, record);
  return reader.complete();
}

}  // namespace lull::runtime
