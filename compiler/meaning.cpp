#include "compiler/meaning.h"

#include <fmt/format.h>

#include <algorithm>

#include "dsl/program_printer.h"

namespace lull::compiler {

using dsl::CheckedProgram;
using dsl::DefinitionKind;

std::string ExprMeaning(const CheckedProgram& program, dsl::ExprId expr) {
  return expr == dsl::kNone ? std::string() : dsl::MeaningOfExpr(program.by_first_names(), expr);
}

std::string EventsMeaning(const CheckedProgram& program, const std::vector<dsl::EventId>& events) {
  std::vector<std::string> types;
  for (const dsl::EventId event : events) types.push_back(program.events[event].wire_type);
  std::ranges::sort(types);
  return fmt::format("{}", fmt::join(types, ","));
}

std::string StallMeaning(const CheckedProgram& program, const dsl::Stall& stall) {
  const auto index = static_cast<std::uint32_t>(&stall - program.stalls.data());
  return dsl::Meaning(program.by_first_names(), DefinitionKind::kStall, index);
}

std::string JourneyMeaning(const CheckedProgram& program, const dsl::Journey& journey) {
  const auto index = static_cast<std::uint32_t>(&journey - program.journeys.data());
  return dsl::Meaning(program.by_first_names(), DefinitionKind::kJourney, index);
}

std::string NudgeMeaning(const CheckedProgram& program, const dsl::Nudge& nudge) {
  const CheckedProgram& named = program.by_first_names();
  const auto index = static_cast<std::size_t>(&nudge - program.nudges.data());
  std::string text = fmt::format("nudge {} of {} trigger {}", named.nudges[index].name,
                                 named.entities[nudge.entity].name, static_cast<int>(nudge.trigger));
  if (nudge.events != dsl::kNone)
    text += " on " + EventsMeaning(program, program.event_sets[nudge.events].events);
  if (nudge.sequence != dsl::kNone)
    text += " after " + dsl::Meaning(named, DefinitionKind::kSequence, nudge.sequence);
  if (nudge.stall != dsl::kNone) text += " stall " + StallMeaning(program, program.stalls[nudge.stall]);
  if (nudge.journey != dsl::kNone) {
    const dsl::Journey& journey = program.journeys[nudge.journey];
    text += " entering " + named.journeys[nudge.journey].stages[nudge.stage].name + " of " +
            JourneyMeaning(program, journey);
  }
  if (nudge.trigger == dsl::TriggerKind::kClock) {
    text += " " + dsl::PrintSchedule(program, nudge.schedule);
  }
  for (const dsl::ExprId expr :
       {nudge.where, nudge.condition, nudge.if_condition, nudge.again_after, nudge.withdraw_when}) {
    text += " | " + ExprMeaning(program, expr);
  }
  return text;
}

std::string TypeMeaning(const CheckedProgram& program, dsl::Type type) {
  if (type.kind == dsl::TypeKind::kChoice) {
    return "choice " + program.by_first_names().choices[type.of].name;
  }
  return std::to_string(static_cast<int>(type.kind));
}

std::vector<std::string> ValuesOf(const CheckedProgram& program, dsl::Type type) {
  if (type.kind != dsl::TypeKind::kChoice) return {};
  return program.by_first_names().choices[type.of].values;
}

std::string FieldMeaning(const CheckedProgram& program, dsl::EventSetId events, const std::string& field) {
  if (field.empty() || field == "time") return field;
  std::vector<std::string> places;
  for (const dsl::EventId id : program.event_sets[events].events) {
    const dsl::Event& event = program.events[id];
    const auto found = std::ranges::find(event.fields, field, &dsl::EventField::name);
    if (found == event.fields.end()) continue;
    places.push_back(event.wire_type + "." + found->wire_path + " " + TypeMeaning(program, found->type));
  }
  std::ranges::sort(places);
  return fmt::format("({})", fmt::join(places, ","));
}

std::string WaitSuccession(const CheckedProgram& program, const dsl::Stall& stall) {
  const CheckedProgram& named = program.by_first_names();
  std::string text = fmt::format("wait of {} of {} form {}",
                                 named.stalls[static_cast<std::size_t>(&stall - program.stalls.data())].name,
                                 named.entities[stall.entity].name, static_cast<int>(stall.form));
  for (const auto& [events, where] :
       {std::pair(stall.opening, stall.opening_where), std::pair(stall.awaited, stall.awaited_where)}) {
    if (events == dsl::kNone) continue;
    text += " | " + EventsMeaning(program, program.event_sets[events].events) + " where " +
            ExprMeaning(program, where);
    if (!stall.same_field.empty()) text += " same " + FieldMeaning(program, events, stall.same_field);
  }
  return text;
}

std::string StallSuccession(const CheckedProgram& program, const dsl::Stall& stall) {
  std::string text = WaitSuccession(program, stall);
  for (const dsl::ExprId expr : {stall.while_condition, stall.unless_condition, stall.until_condition}) {
    text += " | " + ExprMeaning(program, expr);
  }
  return text;
}

// Serials of the waits of `after each` are of no use without them.
std::string NudgeSuccession(const CheckedProgram& program, const dsl::Nudge& nudge) {
  const CheckedProgram& named = program.by_first_names();
  const auto index = static_cast<std::size_t>(&nudge - program.nudges.data());
  std::string text = fmt::format("nudge {} of {} trigger {}", named.nudges[index].name,
                                 named.entities[nudge.entity].name, static_cast<int>(nudge.trigger));
  if (nudge.stall != dsl::kNone && program.stalls[nudge.stall].form == dsl::StallForm::kAfterEach) {
    text += " " + StallSuccession(program, program.stalls[nudge.stall]);
  }
  return text;
}

std::string JourneySuccession(const CheckedProgram& program, const dsl::Journey& journey) {
  const CheckedProgram& named = program.by_first_names();
  const auto index = static_cast<std::size_t>(&journey - program.journeys.data());
  return "journey " + named.journeys[index].name + " of " + named.entities[journey.entity].name;
}

std::string ProgramMeaning(const CheckedProgram& program) {
  const dsl::RulesetHeader& header = program.header;
  std::string text =
      fmt::format("{} {} {} {} {} {} {}\n", header.title, header.wire_type, header.wire_time, header.wire_id,
                  static_cast<int>(header.late), header.lateness_micros, header.dedupe_micros);
  text += dsl::PrintProgram(program);
  if (program.first_named) text += dsl::PrintProgram(*program.first_named);
  for (const dsl::Event& event : program.events) {
    for (const dsl::EventField& field : event.fields) text += fmt::format("{} ", field.text_bytes_max);
  }
  for (std::uint32_t n = 0; n < program.nudges.size(); ++n) {
    text += dsl::Meaning(program, DefinitionKind::kNudge, n) + "\n";
  }
  for (std::uint32_t p = 0; p < program.policies.size(); ++p) {
    text += dsl::Meaning(program, DefinitionKind::kPolicy, p) + "\n";
  }
  return text;
}

}  // namespace lull::compiler
