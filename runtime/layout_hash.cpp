#include "runtime/entity_image.h"
#include "runtime/hash.h"
#include "runtime/image_bytes.h"

namespace lull::runtime {
namespace {

/// Everything of the layout one after the other; its hash is the layout's.
class LayoutText {
 public:
  void Number(std::uint64_t number) { writer_.Small(number); }
  void Name(std::string_view name) { writer_.Text(TextView::Of(name)); }
  void Captured(const std::vector<CapturedField>& fields) {
    Number(fields.size());
    for (const CapturedField& field : fields) Number(static_cast<std::uint64_t>(field.type));
  }
  std::string_view view() const { return text_; }

 private:
  std::string text_;
  ImageWriter writer_{text_};
};

void AddEntity(const EntitySpec& entity, LayoutText& text) {
  text.Name(FirstName(entity));
  text.Name(entity.key);
  text.Number(entity.whole);
  text.Number(entity.record_bytes);
  text.Number(entity.group_wakes_offset);
  text.Number(entity.groups.size());
  text.Number(entity.text_offsets.size());
  for (const std::uint32_t offset : entity.text_offsets) text.Number(offset);
  for (const WindowSpec& window : entity.windows) {
    text.Number(window.offset);
    for (const ValueType type : window.columns) text.Number(static_cast<std::uint64_t>(type));
    for (const std::uint64_t column : window.column_meanings) text.Number(column);
  }
  for (const EachWaitSpec& wait : entity.each_waits) {
    text.Number(static_cast<std::uint64_t>(wait.same_type));
    text.Captured(wait.captured);
  }
  for (const StatePiece& piece : entity.pieces) {
    text.Number(static_cast<std::uint64_t>(piece.kind));
    text.Number(piece.meaning);
    text.Number(piece.index);
    text.Number(piece.bytes);
  }
}

void AddEvent(const EventSchema& event, LayoutText& text) {
  text.Name(event.name);
  text.Number(event.parts.size());
  for (const FieldSchema& field : event.fields) {
    text.Name(field.name);
    text.Number(static_cast<std::uint64_t>(field.type));
    text.Number(field.used ? 1 : 0);
  }
}

}  // namespace

std::uint64_t LayoutHash(const Ruleset& ruleset) {
  LayoutText text;
  for (const EntitySpec& entity : ruleset.entities) AddEntity(entity, text);
  for (const EventSchema& event : ruleset.events) AddEvent(event, text);
  for (const UnitSpec& unit : ruleset.units) text.Name(FirstName(unit));
  for (const NudgeSpec& nudge : ruleset.nudges) {
    text.Name(FirstName(nudge));
    text.Captured(nudge.kept);
  }
  for (const ChoiceTable& choice : ruleset.choices) {
    for (const std::string& value : choice.values) text.Name(value);
  }
  return HashBytes(text.view());
}

}  // namespace lull::runtime
