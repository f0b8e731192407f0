// What the decoder does with each member of an event: a ruleset's schemas, turned round from "where is this
// field" to "what is this name for".
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "connectors/field_value.h"
#include "connectors/member_scan.h"
#include "connectors/string_index.h"
#include "runtime/ruleset.h"

namespace lull::connectors {

struct FieldPlan {
  const runtime::FieldSchema* schema = nullptr;
  Converter convert = nullptr;
  ConversionLimits limits;
  std::uint32_t slot = 0;
  runtime::ValueType type = runtime::ValueType::kText;
  bool stored = false;  // else only checked
};

/// What one member is for: any number of fields and keys, and a path that goes on below it.
struct MemberUse {
  std::vector<std::uint32_t> fields;        // indexes into EventPlan::fields
  std::vector<std::uint32_t> keys;          // indexes into EventSchema::entities
  std::uint32_t below = runtime::kNoIndex;  // index into EventPlan::nodes: members of this member's object
};

/// The members of one object that matter.
struct PathNode {
  std::vector<std::uint32_t> use_of_name;  // by name number; index into uses, or kNoIndex
  std::vector<MemberUse> uses;

  const MemberUse* UseOf(std::uint32_t name) const {
    if (name >= use_of_name.size() || use_of_name[name] == runtime::kNoIndex) return nullptr;
    return &uses[use_of_name[name]];
  }
};

struct EventPlan {
  const runtime::EventSchema* schema = nullptr;
  std::vector<FieldPlan> fields;
  std::vector<std::uint64_t> required;              // bits, by field
  std::vector<runtime::FieldValue> unknown_fields;  // a frame's fields when nothing is set
  std::vector<PathNode> nodes;                      // 0: the event's object
  std::vector<runtime::TextView> keys;              // what is known before: the key of a one and only
};

/// The way to a value that is no field: name numbers from the event's object on.
using NamePath = std::vector<std::uint32_t>;

struct WirePlan {
  StringIndex types;  // wire types; the number is that of the event
  std::vector<EventPlan> events;
  std::vector<StringIndex> choices;
  NamePath type;
  NamePath id;
  std::vector<NamePath> times;
  // CloudEvents have names of their own.
  std::uint32_t spec_version = 0;
  NamePath cloud_data;
  NamePath cloud_type;
  NamePath cloud_id;
  NamePath cloud_time;

  /// `ruleset` must outlive the plan. Interns the names that it needs.
  static std::unique_ptr<const WirePlan> Make(const runtime::Ruleset& ruleset, MemberScanner& names);
};

}  // namespace lull::connectors
