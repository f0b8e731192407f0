// From JSON to events: the general decoder.
//
// Takes lines of a file or payloads of messages that hold one JSON object each: flat, or CloudEvents 1.x.
// Whatever the bytes are, each of them becomes an event, an ignored one (of a type that the ruleset does not
// have), or a dead letter that says why; nothing stops the batch.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/byte_arena.h"
#include "connectors/dead_letter.h"
#include "connectors/member_scan.h"
#include "connectors/raw_batch.h"
#include "connectors/shape_scan.h"
#include "connectors/wire_plan.h"
#include "runtime/base/time.h"
#include "runtime/event.h"
#include "runtime/ruleset.h"

namespace lull::connectors {

/// Keys and ids above this size make a dead letter.
inline constexpr std::size_t kKeyBytesMax = 256;

/// Results of one batch. Valid until the decoder's next batch, and as long as the raw events' bytes.
struct DecodedBatch {
  std::span<const runtime::EventFrame> frames;
  /// For each frame, which raw event it was made of.
  std::span<const std::uint32_t> sources;
  std::span<const DeadLetter> dead_letters;
};

/// One thread. Allocates only while batches, shapes of events or texts grow, and for dead letters.
class JsonDecoder {
 public:
  explicit JsonDecoder(std::shared_ptr<const runtime::Ruleset> ruleset);

  /// Events after this instant are dead letters ("too far ahead"). At first: the end of all accepted times.
  void set_max_time(EventTime time) { max_time_ = time; }

  DecodedBatch Decode(std::span<const RawEvent> raw);

  /// Events of types that the ruleset does not have, so far.
  std::uint64_t ignored_count() const { return ignored_count_; }
  /// The same by type; beyond kIgnoredTypesMax types, or with long names, they are under "(others)".
  std::map<std::string, std::uint64_t> IgnoredTypes() const;

 private:
  static constexpr std::size_t kIgnoredTypesMax = 1'000;

  /// An event under way.
  struct Draft {
    const EventPlan* plan = nullptr;
    runtime::FieldValue* fields = nullptr;
    runtime::TextView* keys = nullptr;
    bool keys_only = false;  // the attributes of a CloudEvent are no fields
  };

  /// What a member is for whose value the scan has kept.
  struct ShapeStep {
    enum class Kind : std::uint8_t { kField, kKey, kBelow };
    Kind kind = Kind::kField;
    std::uint32_t member = 0;
    std::uint32_t index = 0;  // of MemberUse
  };
  /// Members by their places; ShapeScanner::kNone where there is none.
  struct Shape {
    std::uint32_t type = ShapeScanner::kNone;
    std::uint32_t id = ShapeScanner::kNone;
    std::vector<std::uint32_t> times;  // of WirePlan::times, in their order
    std::vector<ShapeStep> steps;
    std::vector<std::uint64_t> stored;  // fields that the scan has stored, as bits
    /// What the event's other slots hold if no step says otherwise.
    std::vector<std::pair<std::uint32_t, runtime::FieldValue>> unknown;
  };

  void DecodeOne(const RawEvent& raw, std::uint32_t source);
  void DecodeAlong(const Shape& shape, std::uint32_t event, const RawEvent& raw, std::uint32_t source);
  bool ReadAlong(const Shape& shape, const RawEvent& raw, const Draft& draft, runtime::EventFrame& frame);
  bool FollowStep(const ShapeStep& step, const RawEvent& raw, const Draft& draft);
  /// `event`: its number; StringIndex::kNone: it does not count.
  void LearnShape(const RawEvent& raw, std::uint32_t event);
  /// What the member is for; adds to the shape what the scan leaves to do.
  static ShapeMember UseAlong(const EventPlan* plan, std::uint32_t member, std::uint32_t name, Shape& shape);

  // All of these return false after they have reported a dead letter.
  bool ScanLine(const RawEvent& raw);
  bool CheckCloudVersion(const RawEvent& raw, const JsonValue& version);
  bool ReadFlat(const RawEvent& raw, const Draft& draft, runtime::EventFrame& frame);
  bool ReadCloudEvent(const RawEvent& raw, Draft& draft, runtime::EventFrame& frame);
  bool ReadTime(const RawEvent& raw, const JsonValue& time, runtime::EventFrame& frame);
  bool ReadId(const RawEvent& raw, const JsonValue& id, runtime::EventFrame& frame);
  bool ScanNested(const RawEvent& raw, const JsonValue& object, std::size_t level);
  bool ReadMembers(const RawEvent& raw, const Draft& draft, std::uint32_t node, std::size_t level);
  bool ReadField(const RawEvent& raw, const Draft& draft, std::uint32_t index, const JsonValue& value);
  bool ReadKey(const RawEvent& raw, const Draft& draft, std::uint32_t index, const JsonValue& value);
  static bool HasAllKeys(const Draft& draft, std::size_t place);
  bool CheckComplete(const RawEvent& raw, const Draft& draft);

  /// An event that has been read becomes a frame of the batch if it is complete.
  void Take(const RawEvent& raw, const Draft& draft, const runtime::EventFrame& frame, std::uint32_t source);

  /// Finds the event's type among those of the ruleset and prepares its frame. kIgnored has been counted.
  enum class Begin : std::uint8_t { kReady, kIgnored, kDead };
  Begin BeginEvent(const RawEvent& raw, const JsonValue& type, runtime::EventFrame& frame, Draft& draft);
  /// Where the fields of the next event go.
  runtime::FieldValue* NextFields() { return fields_.data() + frames_.size() * ruleset_->frame_slot_count; }
  /// Prepares the frame of an event of this number.
  void BeginFrame(const RawEvent& raw, std::uint32_t event, runtime::EventFrame& frame, Draft& draft);

  /// The value at a path of the event's object; a null if there is none.
  JsonValue FindPath(const NamePath& path);
  bool Bury(const RawEvent& raw, DeadLetterCode code, std::string reason);
  bool BuryFailure(const RawEvent& raw, const JsonFailure& failure);
  bool BuryNonObject(const RawEvent& raw, const char* at);
  void CountIgnored(std::string_view type);
  std::vector<JsonMember>& MembersAt(std::size_t level) {
    while (members_.size() <= level) members_.push_back(std::make_unique<std::vector<JsonMember>>());
    return *members_[level];
  }

  std::shared_ptr<const runtime::Ruleset> ruleset_;
  MemberScanner scanner_;
  std::unique_ptr<const WirePlan> plan_;
  ShapeScanner shape_scanner_;
  std::vector<Shape> shapes_;
  std::array<JsonValue, ShapeScanner::kMembersMax> values_{};  // of the event in hand, along its shape
  EventTime max_time_{kEventMicrosMax};

  // Of the batch in hand.
  std::vector<runtime::EventFrame> frames_;
  std::vector<std::uint32_t> sources_;
  std::vector<runtime::FieldValue> fields_;
  std::vector<runtime::TextView> keys_;
  std::vector<DeadLetter> dead_letters_;
  ByteArena arena_;
  std::size_t key_stride_ = 0;

  // Of the event in hand.
  std::vector<std::unique_ptr<std::vector<JsonMember>>> members_;  // by depth of the path
  std::vector<std::uint64_t> seen_;                                // fields, as bits
  std::vector<JsonMember> path_members_;
  std::uint64_t top_scan_ = 0;

  std::uint64_t ignored_count_ = 0;
  std::uint64_t ignored_others_ = 0;
  StringIndex ignored_types_;
  std::vector<std::uint64_t> ignored_by_type_;
};

}  // namespace lull::connectors
