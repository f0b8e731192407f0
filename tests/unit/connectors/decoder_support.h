// A ruleset's schemas by hand, and a decoder over texts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/json_decoder.h"
#include "connectors/raw_batch.h"
#include "runtime/ruleset.h"

namespace lull::connectors::testing {

/// Slots of the fields below.
enum Slot : std::uint32_t {
  kPage,
  kPrice,
  kAmount,
  kUrgent,
  kWait,
  kDue,
  kDay,
  kStatus,
  kDeep,
  kNote,
  kSlotCount
};

inline runtime::FieldSchema Field(std::string name, runtime::ValueType type, std::uint32_t slot,
                                  bool optional, std::string path = {}) {
  runtime::FieldSchema field;
  field.wire_path = path.empty() ? name : std::move(path);
  field.name = std::move(name);
  field.slot = slot;
  field.type = type;
  field.optional = optional;
  return field;
}

/// Event `seen` of customer and account with all types of fields, all optional; `bought` with a required
/// amount and status; `opened` of the one-and-only desk, called "desk.opened" on the wire.
inline std::shared_ptr<runtime::Ruleset> SampleRuleset() {
  using runtime::ValueType;
  auto ruleset = std::make_shared<runtime::Ruleset>();
  ruleset->frame_slot_count = kSlotCount;
  ruleset->choices.push_back({"state", {"open", "closed", "on_hold"}});
  for (const char* key : {"customer_id", "account.number", ""}) {
    runtime::EntitySpec entity;
    entity.name = key;
    entity.key = key;
    ruleset->entities.push_back(entity);
  }
  runtime::EventSchema seen;
  seen.name = seen.wire_type = "seen";
  seen.entities = {0, 1};
  seen.fields = {Field("page", ValueType::kText, kPage, true),
                 Field("price", ValueType::kNumber, kPrice, true),
                 Field("amount", ValueType::kMoney, kAmount, true),
                 Field("urgent", ValueType::kFlag, kUrgent, true),
                 Field("wait", ValueType::kDuration, kWait, true),
                 Field("due", ValueType::kTime, kDue, true),
                 Field("day", ValueType::kDate, kDay, true),
                 Field("status", ValueType::kChoice, kStatus, true),
                 Field("deep", ValueType::kText, kDeep, true, "context.page.path"),
                 Field("note", ValueType::kText, kNote, true)};
  seen.fields[7].choice = 0;
  seen.fields[9].text_bytes_max = 4;
  runtime::EventSchema bought;
  bought.name = bought.wire_type = "bought";
  bought.entities = {0};
  bought.fields = {Field("amount", ValueType::kMoney, kAmount, false),
                   Field("status", ValueType::kChoice, kStatus, false)};
  bought.fields[1].choice = 0;
  runtime::EventSchema opened;
  opened.name = "opened";
  opened.wire_type = "desk.opened";
  opened.entities = {2};
  ruleset->events = {seen, bought, opened};
  return ruleset;
}

/// Decodes lines one batch at a time and keeps what the batch points to.
class Decoding {
 public:
  explicit Decoding(std::shared_ptr<const runtime::Ruleset> ruleset = SampleRuleset())
      : decoder_(std::move(ruleset)) {}

  JsonDecoder& decoder() { return decoder_; }

  const DecodedBatch& Decode(const std::vector<std::string>& lines) {
    raw_.Clear();
    for (std::size_t i = 0; i < lines.size(); ++i) raw_.Add(lines[i], {i + 1});
    batch_ = decoder_.Decode(raw_.events());
    return batch_;
  }
  const DecodedBatch& Decode(const std::string& line) { return Decode(std::vector<std::string>{line}); }

  /// The name of the only dead letter's code; "event" or "ignored" if there is none.
  std::string Fate(const std::string& line) {
    Decode(line);
    if (!batch_.dead_letters.empty()) return std::string(NameOf(batch_.dead_letters[0].code));
    return batch_.frames.empty() ? "ignored" : "event";
  }

  /// The value of a field of `seen`, given as the text behind `"name":`.
  runtime::FieldValue Value(const std::string& name, const std::string& json, Slot slot) {
    const DecodedBatch& batch =
        Decode(R"({"type":"seen","time":0,"customer_id":"c",")" + name + "\":" + json + "}");
    return batch.frames.empty() ? runtime::FieldValue{} : batch.frames[0].fields[slot];
  }
  std::string FateOfValue(const std::string& name, const std::string& json) {
    return Fate(R"({"type":"seen","time":0,"customer_id":"c",")" + name + "\":" + json + "}");
  }

 private:
  JsonDecoder decoder_;
  RawBatch raw_;
  DecodedBatch batch_;
};

}  // namespace lull::connectors::testing
