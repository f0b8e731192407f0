#include "connectors/json_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "connectors/time_text.h"
#include "runtime/base/check.h"

namespace lull::connectors {
namespace {

using runtime::EventFrame;
using runtime::TextView;

// The beginning of a text for a message, cut between characters.
std::string Shortened(std::string_view text) {
  constexpr std::size_t kBytesMax = 40;
  if (text.size() <= kBytesMax) return std::string(text);
  std::size_t size = kBytesMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "...";
}

std::string ListOf(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

JsonDecoder::JsonDecoder(std::shared_ptr<const runtime::Ruleset> ruleset)
    : ruleset_(std::move(ruleset)), plan_(WirePlan::Make(*ruleset_, scanner_)), shape_scanner_(plan_->types) {
  std::size_t fields_max = 0;
  for (const EventPlan& event : plan_->events) {
    key_stride_ = std::max(key_stride_, event.keys.size());
    fields_max = std::max(fields_max, event.required.size());
  }
  seen_.resize(fields_max);
}

DecodedBatch JsonDecoder::Decode(std::span<const RawEvent> raw) {
  frames_.clear();
  sources_.clear();
  dead_letters_.clear();
  arena_.Reset();
  if (fields_.size() < raw.size() * ruleset_->frame_slot_count) {
    fields_.resize(raw.size() * ruleset_->frame_slot_count);
  }
  if (keys_.size() < raw.size() * key_stride_) keys_.resize(raw.size() * key_stride_);
  frames_.reserve(raw.size());
  sources_.reserve(raw.size());
  for (std::uint32_t i = 0; i < raw.size(); ++i) DecodeOne(raw[i], i);
  return {frames_, sources_, dead_letters_};
}

void JsonDecoder::DecodeOne(const RawEvent& raw, std::uint32_t source) {
  if (raw.bytes.size() > kRawEventBytesMax) {
    Bury(raw, DeadLetterCode::kTooLong, fmt::format("The line has more than {} bytes", kRawEventBytesMax));
    return;
  }
  const ShapeScanner::Found found = shape_scanner_.Scan(raw.bytes, values_, NextFields(), arena_);
  if (found.shape != ShapeScanner::kNone) return DecodeAlong(shapes_[found.shape], found.event, raw, source);
  if (!ScanLine(raw)) return;
  const JsonValue* version = scanner_.Find(plan_->spec_version, MembersAt(0));
  const bool cloud = version != nullptr && version->kind != JsonKind::kNull;
  if (cloud && !CheckCloudVersion(raw, *version)) return;

  const JsonValue type = cloud ? FindPath(plan_->cloud_type) : FindPath(plan_->type);
  EventFrame frame;
  Draft draft;
  const Begin begin = BeginEvent(raw, type, frame, draft);
  if (begin != Begin::kDead && version == nullptr) LearnShape(raw, frame.event);
  if (begin != Begin::kReady) return;
  const bool read = cloud ? ReadCloudEvent(raw, draft, frame) : ReadFlat(raw, draft, frame);
  if (read) Take(raw, draft, frame, source);
}

void JsonDecoder::Take(const RawEvent& raw, const Draft& draft, const EventFrame& frame,
                       std::uint32_t source) {
  if (!CheckComplete(raw, draft)) return;
  frames_.push_back(frame);
  sources_.push_back(source);
}

bool JsonDecoder::ScanLine(const RawEvent& raw) {
  const char* p = SkipJsonSpace(raw.bytes.data());
  if (*p != '{') return BuryNonObject(raw, p);
  JsonFailure failure;
  p = scanner_.Scan(p, 0, MembersAt(0), failure);
  if (p == nullptr) return BuryFailure(raw, failure);
  p = SkipJsonSpace(p);
  if (p != raw.bytes.data() + raw.bytes.size()) {
    return BuryFailure(raw, {JsonFault::kSyntax, p, "the end of the line"});
  }
  top_scan_ = scanner_.scan();
  if (!scanner_.has_duplicate()) return true;
  return Bury(raw, DeadLetterCode::kDuplicateName,
              fmt::format("The name `{}` stands there twice", Shortened(scanner_.duplicate())));
}

bool JsonDecoder::CheckCloudVersion(const RawEvent& raw, const JsonValue& version) {
  if (version.is_string() && PlainText(version, arena_).starts_with("1.")) return true;
  return Bury(raw, DeadLetterCode::kUnknownEnvelope,
              fmt::format("This reads CloudEvents of versions 1.x, and this one says specversion {}",
                          Shortened(version.text())));
}

JsonDecoder::Begin JsonDecoder::BeginEvent(const RawEvent& raw, const JsonValue& type, EventFrame& frame,
                                           Draft& draft) {
  if (type.kind == JsonKind::kNull) {
    Bury(raw, DeadLetterCode::kNoType, "The event has no type (`" + ruleset_->wire.type + "`)");
    return Begin::kDead;
  }
  if (!type.is_string()) {
    Bury(raw, DeadLetterCode::kNoType,
         fmt::format("The event's type must be a text, but is {}", DescribeKind(type.kind)));
    return Begin::kDead;
  }
  const std::string_view name = PlainText(type, arena_);
  frame.event = plan_->types.Find(name);
  if (frame.event == StringIndex::kNone) {
    CountIgnored(name);
    return Begin::kIgnored;
  }
  BeginFrame(raw, frame.event, frame, draft);
  std::copy(draft.plan->unknown_fields.begin(), draft.plan->unknown_fields.end(), draft.fields);
  std::fill_n(seen_.begin(), draft.plan->required.size(), 0);
  return Begin::kReady;
}

void JsonDecoder::BeginFrame(const RawEvent& raw, std::uint32_t event, EventFrame& frame, Draft& draft) {
  draft.plan = &plan_->events[event];
  draft.fields = NextFields();
  draft.keys = keys_.data() + frames_.size() * key_stride_;
  for (std::size_t key = 0; key < draft.plan->keys.size(); ++key) draft.keys[key] = draft.plan->keys[key];
  frame.event = event;
  frame.fields = draft.fields;
  frame.keys = draft.keys;
  frame.position = raw.position;
}

bool JsonDecoder::ReadFlat(const RawEvent& raw, const Draft& draft, EventFrame& frame) {
  JsonValue time;
  for (const NamePath& path : plan_->times) {
    time = FindPath(path);
    if (time.kind != JsonKind::kNull) break;
  }
  const JsonValue id = FindPath(plan_->id);
  return ReadTime(raw, time, frame) && ReadId(raw, id, frame) && ReadMembers(raw, draft, 0, 0);
}

bool JsonDecoder::ReadCloudEvent(const RawEvent& raw, Draft& draft, EventFrame& frame) {
  const JsonValue data = FindPath(plan_->cloud_data);
  if (!ReadTime(raw, FindPath(plan_->cloud_time), frame)) return false;
  if (!ReadId(raw, FindPath(plan_->cloud_id), frame)) return false;
  draft.keys_only = true;
  if (!ReadMembers(raw, draft, 0, 0)) return false;
  draft.keys_only = false;
  if (data.kind == JsonKind::kNull) return true;
  if (data.kind != JsonKind::kObject) {
    return Bury(raw, DeadLetterCode::kWrongType,
                fmt::format("`data` must be an object, but is {}", DescribeKind(data.kind)));
  }
  return ScanNested(raw, data, 0) && ReadMembers(raw, draft, 0, 0);
}

bool JsonDecoder::ReadTime(const RawEvent& raw, const JsonValue& time, EventFrame& frame) {
  if (time.kind == JsonKind::kNull) {
    return Bury(raw, DeadLetterCode::kNoTime, "The event has no time (" + ListOf(ruleset_->wire.time) + ")");
  }
  runtime::FieldValue value;
  if (ConvertTime(time, {}, arena_, value) != Conversion::kDone) {
    return Bury(raw, DeadLetterCode::kBadTime,
                fmt::format("The time {} is neither RFC 3339 with an offset nor a number since 1970",
                            Shortened(time.text())));
  }
  frame.time.micros = value.integer;
  if (value.integer < kEventMicrosMin || value.integer > kEventMicrosMax) {
    return Bury(raw, DeadLetterCode::kTimeOutOfRange,
                fmt::format("The time {} is before the year 1900 or after 2200", Shortened(time.text())));
  }
  if (frame.time > max_time_) {
    return Bury(raw, DeadLetterCode::kTooFarAhead,
                fmt::format("The time {} is further ahead than allowed", Shortened(time.text())));
  }
  return true;
}

bool JsonDecoder::ReadId(const RawEvent& raw, const JsonValue& id, EventFrame& frame) {
  if (id.kind == JsonKind::kNull) return true;
  if (!id.is_string() && !id.is_number()) {
    return Bury(raw, DeadLetterCode::kWrongType,
                fmt::format("The event's id must be a text or a number, but is {}", DescribeKind(id.kind)));
  }
  const std::string_view text = PlainText(id, arena_);
  if (text.size() > kKeyBytesMax) {
    return Bury(raw, DeadLetterCode::kTextTooLong,
                fmt::format("The event's id has more than {} bytes", kKeyBytesMax));
  }
  if (!text.empty()) frame.id = TextView::Of(text);
  return true;
}

bool JsonDecoder::ReadMembers(const RawEvent& raw, const Draft& draft, std::uint32_t node,
                              std::size_t level) {
  const PathNode& wanted = draft.plan->nodes[node];
  for (const JsonMember& member : MembersAt(level)) {
    const MemberUse* use = wanted.UseOf(member.name);
    if (use == nullptr || member.value.kind == JsonKind::kNull) continue;
    if (!draft.keys_only) {
      for (const std::uint32_t field : use->fields) {
        if (!ReadField(raw, draft, field, member.value)) return false;
      }
    }
    for (const std::uint32_t key : use->keys) {
      if (!ReadKey(raw, draft, key, member.value)) return false;
    }
    if (use->below == runtime::kNoIndex || member.value.kind != JsonKind::kObject) continue;
    if (!ScanNested(raw, member.value, level + 1)) return false;
    if (!ReadMembers(raw, draft, use->below, level + 1)) return false;
  }
  return true;
}

bool JsonDecoder::ScanNested(const RawEvent& raw, const JsonValue& object, std::size_t level) {
  JsonFailure failure;
  const char* end = scanner_.Scan(object.begin, 1, MembersAt(level), failure);
  LULL_CHECK(end == object.end);
  if (!scanner_.has_duplicate()) return true;
  return Bury(raw, DeadLetterCode::kDuplicateName,
              fmt::format("The name `{}` stands twice in one object", Shortened(scanner_.duplicate())));
}

bool JsonDecoder::ReadField(const RawEvent& raw, const Draft& draft, std::uint32_t index,
                            const JsonValue& value) {
  const FieldPlan& field = draft.plan->fields[index];
  runtime::FieldValue converted;
  const Conversion result = field.convert(value, field.limits, arena_, converted);
  if (result == Conversion::kDone) {
    if (field.stored) draft.fields[field.slot] = converted;
    seen_[index / 64] |= std::uint64_t{1} << (index % 64);
    return true;
  }
  const std::string& name = field.schema->name;
  if (result == Conversion::kTextTooLong) {
    return Bury(raw, DeadLetterCode::kTextTooLong,
                fmt::format("The text `{}` has more than {} bytes", name, field.limits.text_bytes_max));
  }
  if (result == Conversion::kNotOneOf) {
    if (field.schema->optional) return true;
    const runtime::ChoiceTable& choice = ruleset_->choices[field.schema->choice];
    return Bury(raw, DeadLetterCode::kNotOneOf,
                fmt::format("`{}` is \"{}\", which is not one of {}", name,
                            Shortened(PlainText(value, arena_)), ListOf(choice.values)));
  }
  const bool scalar = value.is_string() || value.is_number();
  return Bury(raw, DeadLetterCode::kWrongType,
              fmt::format("`{}` must be {}, but is {}{}", name, DescribeType(field.schema->type),
                          DescribeKind(value.kind), scalar ? ": " + Shortened(value.text()) : ""));
}

bool JsonDecoder::ReadKey(const RawEvent& raw, const Draft& draft, std::uint32_t index,
                          const JsonValue& value) {
  const auto name = [&]() -> const std::string& {
    return ruleset_->entities[draft.plan->schema->entities[index]].key;
  };
  if (!value.is_string() && !value.is_number()) {
    return Bury(
        raw, DeadLetterCode::kWrongType,
        fmt::format("The key `{}` must be a text or a number, but is {}", name(), DescribeKind(value.kind)));
  }
  const std::string_view text = PlainText(value, arena_);
  if (text.size() > kKeyBytesMax) {
    return Bury(raw, DeadLetterCode::kTextTooLong,
                fmt::format("The key `{}` has more than {} bytes", name(), kKeyBytesMax));
  }
  if (!text.empty()) draft.keys[index] = TextView::Of(text);
  return true;
}

// A part's event carries the key of its whole too; a whole that was not named sees it with its part only.
bool JsonDecoder::HasAllKeys(const Draft& draft, std::size_t place) {
  const std::vector<runtime::PartPlace>& parts = draft.plan->schema->parts;
  if (parts.empty()) return true;
  const std::uint32_t whole = parts[place].whole;
  return whole == runtime::kNoIndex ? !parts[place].by_part_only : draft.keys[whole].known();
}

bool JsonDecoder::CheckComplete(const RawEvent& raw, const Draft& draft) {
  const EventPlan& plan = *draft.plan;
  for (std::size_t word = 0; word < plan.required.size(); ++word) {
    const std::uint64_t missing = plan.required[word] & ~seen_[word];
    if (missing == 0) continue;
    const std::size_t field = word * 64 + static_cast<std::size_t>(std::countr_zero(missing));
    return Bury(raw, DeadLetterCode::kMissingField,
                fmt::format("`{}` lacks `{}`", plan.schema->name, plan.fields[field].schema->name));
  }
  const std::size_t key_count = plan.keys.size();
  for (std::size_t i = 0; i < key_count; ++i) {
    if (draft.keys[i].known() && HasAllKeys(draft, i)) return true;
  }
  if (key_count == 0) return true;
  std::vector<std::string> names;
  for (const std::uint32_t entity : plan.schema->entities) {
    if (!ruleset_->entities[entity].key.empty()) names.push_back(ruleset_->entities[entity].key);
  }
  const bool half = std::any_of(draft.keys, draft.keys + key_count, [](TextView key) { return key.known(); });
  if (half) {
    return Bury(raw, DeadLetterCode::kNoKey,
                fmt::format("`{}` needs the key of the part and that of its whole ({})", plan.schema->name,
                            ListOf(names)));
  }
  return Bury(raw, DeadLetterCode::kNoKey,
              fmt::format("`{}` has no key ({})", plan.schema->name, ListOf(names)));
}

JsonValue JsonDecoder::FindPath(const NamePath& path) {
  JsonValue value;
  const std::vector<JsonMember>& top = MembersAt(0);
  if (scanner_.scan() == top_scan_) {
    const JsonValue* found = scanner_.Find(path[0], top);
    if (found != nullptr) value = *found;
  } else {
    // A longer path was followed before, and the scanner has forgotten the members of the top.
    const auto found = std::find_if(top.begin(), top.end(),
                                    [&](const JsonMember& member) { return member.name == path[0]; });
    if (found != top.end()) value = found->value;
  }
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (value.kind != JsonKind::kObject) return {};
    JsonFailure failure;
    const char* end = scanner_.Scan(value.begin, 1, path_members_, failure);
    LULL_CHECK(end == value.end);
    const JsonValue* found = scanner_.Find(path[i], path_members_);
    value = found == nullptr ? JsonValue{} : *found;
  }
  return value;
}

bool JsonDecoder::Bury(const RawEvent& raw, DeadLetterCode code, std::string reason) {
  dead_letters_.push_back({raw.position, code, std::move(reason), raw.bytes});
  return false;
}

bool JsonDecoder::BuryFailure(const RawEvent& raw, const JsonFailure& failure) {
  const auto column = failure.at - raw.bytes.data() + 1;
  if (failure.fault == JsonFault::kUtf8) {
    return Bury(raw, DeadLetterCode::kInvalidUtf8,
                fmt::format("The text that begins at byte {} is not UTF-8", column));
  }
  if (failure.fault == JsonFault::kDepth) {
    return Bury(raw, DeadLetterCode::kTooDeep,
                fmt::format("More than {} levels of lists and objects at byte {}", kJsonDepthMax, column));
  }
  const bool at_end = failure.at >= raw.bytes.data() + raw.bytes.size();
  return Bury(raw, DeadLetterCode::kInvalidJson,
              at_end ? fmt::format("The line ends where {} should be", failure.expected)
                     : fmt::format("At byte {} there should be {}", column, failure.expected));
}

bool JsonDecoder::BuryNonObject(const RawEvent& raw, const char* at) {
  JsonValue value;
  JsonFailure failure;
  const char* p = ScanJsonValue(at, 0, value, failure);
  if (p == nullptr) return BuryFailure(raw, failure);
  p = SkipJsonSpace(p);
  if (p != raw.bytes.data() + raw.bytes.size()) {
    return BuryFailure(raw, {JsonFault::kSyntax, p, "the end of the line"});
  }
  return Bury(raw, DeadLetterCode::kNotAnObject,
              fmt::format("An event must be a JSON object, and this is {}", DescribeKind(value.kind)));
}

void JsonDecoder::CountIgnored(std::string_view type) {
  ++ignored_count_;
  const std::uint32_t known = ignored_types_.Find(type);
  const bool keepable = ignored_types_.size() < kIgnoredTypesMax && type.size() <= kKeyBytesMax;
  if (known == StringIndex::kNone && !keepable) {
    ++ignored_others_;
    return;
  }
  const std::uint32_t index = known == StringIndex::kNone ? ignored_types_.Add(type) : known;
  if (index >= ignored_by_type_.size()) ignored_by_type_.push_back(0);
  ++ignored_by_type_[index];
}

std::map<std::string, std::uint64_t> JsonDecoder::IgnoredTypes() const {
  std::map<std::string, std::uint64_t> types;
  for (std::uint32_t i = 0; i < ignored_by_type_.size(); ++i) types[ignored_types_[i]] = ignored_by_type_[i];
  if (ignored_others_ > 0) types["(others)"] = ignored_others_;
  return types;
}

}  // namespace lull::connectors
