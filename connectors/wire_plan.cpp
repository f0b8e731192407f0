#include "connectors/wire_plan.h"

#include <algorithm>
#include <string>

#include "runtime/base/check.h"
#include "runtime/unknown.h"

namespace lull::connectors {
namespace {

using runtime::kNoIndex;

NamePath InternPath(std::string_view path, MemberScanner& names) {
  NamePath numbers;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t dot = std::min(path.find('.', from), path.size());
    numbers.push_back(names.Intern(path.substr(from, dot - from)));
    from = dot + 1;
  }
  return numbers;
}

MemberUse& UseAt(PathNode& node, std::uint32_t name) {
  if (name >= node.use_of_name.size()) node.use_of_name.resize(name + 1, kNoIndex);
  if (node.use_of_name[name] == kNoIndex) {
    node.use_of_name[name] = static_cast<std::uint32_t>(node.uses.size());
    node.uses.emplace_back();
  }
  return node.uses[node.use_of_name[name]];
}

// The use of the member at the end of a path; makes the nodes on the way.
MemberUse& UseOfPath(EventPlan& plan, const NamePath& path) {
  std::uint32_t node = 0;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    std::uint32_t below = UseAt(plan.nodes[node], path[i]).below;
    if (below == kNoIndex) {
      below = static_cast<std::uint32_t>(plan.nodes.size());
      plan.nodes.emplace_back();
      UseAt(plan.nodes[node], path[i]).below = below;
    }
    node = below;
  }
  return UseAt(plan.nodes[node], path.back());
}

// Every slot as the unknown of its type. PlanEvent sets the event's own anew, should events of different
// types of field share a slot.
std::vector<runtime::FieldValue> UnknownFields(const runtime::Ruleset& ruleset) {
  std::vector<runtime::FieldValue> fields(ruleset.frame_slot_count);
  for (const runtime::EventSchema& event : ruleset.events) {
    for (const runtime::FieldSchema& field : event.fields) {
      if (field.slot < fields.size()) fields[field.slot] = UnknownOf(field.type);
    }
  }
  return fields;
}

EventPlan PlanEvent(const runtime::Ruleset& ruleset, const runtime::EventSchema& schema,
                    const std::vector<StringIndex>& choices, MemberScanner& names) {
  EventPlan plan;
  plan.schema = &schema;
  plan.nodes.emplace_back();
  plan.required.resize((schema.fields.size() + 63) / 64);
  plan.unknown_fields = UnknownFields(ruleset);
  for (std::uint32_t i = 0; i < schema.fields.size(); ++i) {
    const runtime::FieldSchema& field = schema.fields[i];
    FieldPlan& planned = plan.fields.emplace_back();
    planned.schema = &field;
    planned.convert = ConverterFor(field.type);
    planned.slot = field.slot;
    planned.type = field.type;
    planned.limits.text_bytes_max = field.text_bytes_max;
    if (field.type == runtime::ValueType::kChoice) planned.limits.choice = &choices.at(field.choice);
    planned.stored = field.used && field.slot < ruleset.frame_slot_count;
    if (planned.stored) plan.unknown_fields[field.slot] = UnknownOf(field.type);
    if (!field.optional) plan.required[i / 64] |= std::uint64_t{1} << (i % 64);
    UseOfPath(plan, InternPath(field.wire_path.empty() ? field.name : field.wire_path, names))
        .fields.push_back(i);
  }
  for (std::uint32_t i = 0; i < schema.entities.size(); ++i) {
    const std::string& key = ruleset.entities.at(schema.entities[i]).key;
    plan.keys.push_back(key.empty() ? runtime::TextView::Of("") : runtime::TextView{});
    if (!key.empty()) UseOfPath(plan, InternPath(key, names)).keys.push_back(i);
  }
  return plan;
}

}  // namespace

std::unique_ptr<const WirePlan> WirePlan::Make(const runtime::Ruleset& ruleset, MemberScanner& names) {
  auto plan = std::make_unique<WirePlan>();
  for (const runtime::ChoiceTable& choice : ruleset.choices) plan->choices.emplace_back(choice.values);
  for (const runtime::EventSchema& schema : ruleset.events) {
    const std::uint32_t number = plan->types.Add(schema.wire_type.empty() ? schema.name : schema.wire_type);
    LULL_CHECK(number == plan->events.size());
    plan->events.push_back(PlanEvent(ruleset, schema, plan->choices, names));
  }
  plan->type = InternPath(ruleset.wire.type, names);
  plan->id = InternPath(ruleset.wire.id, names);
  for (const std::string& time : ruleset.wire.time) plan->times.push_back(InternPath(time, names));
  plan->spec_version = names.Intern("specversion");
  plan->cloud_data = {names.Intern("data")};
  plan->cloud_type = {names.Intern("type")};
  plan->cloud_id = {names.Intern("id")};
  plan->cloud_time = {names.Intern("time")};
  return plan;
}

}  // namespace lull::connectors
