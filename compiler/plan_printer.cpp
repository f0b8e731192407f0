#include <fmt/format.h>

#include "compiler/plan.h"

namespace lull::compiler {
namespace {

const char* KindName(runtime::SlotKind kind) {
  static constexpr const char* kNames[] = {"u8", "u32", "i64", "f64", "text"};
  return kNames[static_cast<std::size_t>(kind)];
}

void Line(std::string& out, const std::string& what, const Slot& slot) {
  if (slot.exists()) out += fmt::format("    {:>5} {:<4} {}\n", slot.offset, KindName(slot.kind), what);
}

void PrintStream(std::string& out, const Plan& plan, const Stream& stream) {
  out += fmt::format("  stream {}\n", stream.meaning);
  Line(out, "count", stream.count);
  Line(out, "latest time", stream.latest_time);
  Line(out, "previous time", stream.previous_time);
  Line(out, "first time", stream.first_time);
  Line(out, "since", stream.since_time);
  const std::pair<const char*, const std::map<std::string, Slot>*> groups[] = {
      {"latest", &stream.latest},     {"first", &stream.first},     {"sum of", &stream.sum},
      {"known", &stream.known_count}, {"minimum", &stream.minimum}, {"maximum", &stream.maximum}};
  for (const auto& [name, slots] : groups) {
    for (const auto& [field, slot] : *slots) Line(out, fmt::format("{} {}", name, field), slot);
  }
  const auto& windows = plan.entities[stream.entity].windows;
  if (stream.window == kNone) return;
  const WindowPlan& window = windows[stream.window];
  out += fmt::format("    {:>5} window of {} columns ({}), {} s, at most {} entries\n", window.spec.offset,
                     window.columns.size(), fmt::join(window.columns, ", "),
                     window.spec.retention_micros / kMicrosPerSecond, window.spec.keep_count);
}

}  // namespace

std::string PrintPlan(const Plan& plan) {
  const dsl::CheckedProgram& program = *plan.program;
  std::string out;
  for (dsl::EntityId e = 0; e < program.entities.size(); ++e) {
    runtime::EntitySpec spec;
    plan.layouts[e].Finish(spec);
    out += fmt::format("entity {}: {} bytes a record\n", program.entities[e].name, spec.record_bytes);
    for (std::size_t c = 0; c < plan.entities[e].conditions.size(); ++c) {
      const PlannedCondition& condition = plan.entities[e].conditions[c];
      out +=
          fmt::format("  condition {} {}{}\n", c, condition.name, condition.depends_on_time ? " (time)" : "");
    }
    for (dsl::AttributeId a = 0; a < program.attributes.size(); ++a) {
      if (program.attributes[a].entity == e)
        Line(out, "attribute " + program.attributes[a].name, plan.attributes[a]);
    }
    for (const dsl::JourneyId j : plan.entities[e].journeys) {
      Line(out, "stage of " + program.journeys[j].name, plan.journeys[j].stage);
      Line(out, "entered, of " + program.journeys[j].name, plan.journeys[j].entered);
    }
    for (dsl::StallId s = 0; s < program.stalls.size(); ++s) {
      if (program.stalls[s].entity == e)
        Line(out, "wait of " + program.stalls[s].name, plan.stalls[s].started);
    }
    for (const Stream& stream : plan.streams) {
      if (stream.entity == e) PrintStream(out, plan, stream);
    }
  }
  return out;
}

}  // namespace lull::compiler
