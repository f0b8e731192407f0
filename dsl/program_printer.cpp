#include "dsl/program_printer.h"

#include <fmt/format.h>

#include <array>

#include "dsl/expr_writer.h"
#include "dsl/program_text.h"
#include "runtime/base/time.h"

namespace lull::dsl {
namespace {

constexpr std::array<std::pair<std::int64_t, const char*>, 5> kUnits = {{{kMicrosPerDay, "day"},
                                                                         {kMicrosPerHour, "hour"},
                                                                         {kMicrosPerMinute, "minute"},
                                                                         {kMicrosPerSecond, "second"},
                                                                         {1, "microsecond"}}};

class NamedWriter : public ExprWriter {
 public:
  using ExprWriter::ExprWriter;

  bool writes_outputs() const override { return true; }
  std::string Reference(ExprKind kind, std::uint32_t index) override {
    switch (kind) {
      case ExprKind::kFeature:
        return program_.features[index].name;
      case ExprKind::kScore:
        return program_.scores[index].name;
      case ExprKind::kStall:
        return program_.stalls[index].name;
      case ExprKind::kStage:
        return program_.journeys[index].name;
      default:
        return "(" + WriteAggregate(program_.aggregates[index]) + ")";
    }
  }
  std::string AttributeText(AttributeId id) override {
    const Attribute& attribute = program_.attributes[id];
    return program_.entities[attribute.entity].name + "." + attribute.name;
  }
  std::string FieldText(EventSetId set, FieldScope scope, const std::string& field) override {
    return scope == FieldScope::kTrigger ? program_.event_sets[set].name + "." + field : field;
  }
  std::string EventsText(EventSetId set) override { return program_.event_sets[set].name; }
  std::string Micros(TypeKind kind, std::int64_t micros) override {
    return kind == TypeKind::kDuration ? PrintDuration(micros) : fmt::format("time {}", micros);
  }
};

std::string NameOr(const std::string& name) { return name.empty() ? "-" : name; }

std::string ClockText(std::int32_t minute) { return fmt::format("{:02}:{:02}", minute / 60, minute % 60); }

void PrintCalendar(const Calendar& calendar, std::string& out) {
  constexpr std::array<const char*, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                "friday", "saturday", "sunday"};
  const auto hours_text = [](CalendarHours hours) {
    return ClockText(hours.from_minute) + " to " + ClockText(hours.to_minute);
  };
  out += fmt::format("calendar {} zone {}\n", calendar.name, calendar.zone);
  for (std::size_t day = 0; day < kDays.size(); ++day) {
    for (const CalendarHours& hours : calendar.week[day]) {
      out += fmt::format("  {} {}\n", kDays[day], hours_text(hours));
    }
  }
  for (const CalendarDays& days : calendar.closed) {
    out += fmt::format("  closed day {} to {}\n", days.first, days.last);
  }
  for (const CalendarYearlyDays& days : calendar.closed_yearly) {
    out += fmt::format("  closed every {:02}-{:02} to {:02}-{:02}\n", days.first_month, days.first_day,
                       days.last_month, days.last_day);
  }
  for (const CalendarSpecialHours& special : calendar.special) {
    out += fmt::format("  open day {} {}\n", special.day, hours_text(special.hours));
  }
}

void PrintHeader(const CheckedProgram& program, std::string& out) {
  const RulesetHeader& header = program.header;
  out += fmt::format("ruleset {} zone {} currency {} keep {}\n", NameOr(header.name), header.zone,
                     NameOr(header.currency), header.keep_count);
  for (const Channel& channel : program.channels) {
    out += fmt::format("channel {} as {}\n", channel.name, channel.is_task ? "task" : "message");
  }
  for (const Calendar& calendar : program.calendars) PrintCalendar(calendar, out);
  for (const Unit& unit : program.units) {
    out += "unit " + unit.name;
    if (unit.hours != kNone) out += " hours " + program.calendars[unit.hours].name;
    if (unit.open_tasks_max > 0) {
      out += fmt::format(" at most {} open tasks{}", unit.open_tasks_max,
                         unit.open_tasks_per_key ? " per key" : "");
    }
    out += "\n";
  }
  for (const Choice& choice : program.choices) {
    out += fmt::format("choice {} {{ {} }}\n", choice.name, fmt::join(choice.values, ", "));
  }
}

void PrintEntities(const CheckedProgram& program, std::string& out) {
  for (const Entity& entity : program.entities) {
    out += fmt::format("entity {} by {}", entity.name, NameOr(entity.key));
    out += entity.whole == kNone ? "\n" : " within " + program.entities[entity.whole].name + "\n";
    for (const AttributeId id : entity.attributes) {
      const Attribute& attribute = program.attributes[id];
      out += fmt::format("  {} {} default {}\n", attribute.name, PrintType(program, attribute.type),
                         NameOr(PrintExpr(program, attribute.default_value)));
    }
    if (entity.activity != kNone) {
      out += "  activity";
      for (const EventId event : program.event_sets[entity.activity].events) {
        out += " " + program.events[event].name;
      }
      out += "\n";
    }
    if (entity.forget_after_micros > 0) {
      out += "  forget after " + PrintDuration(entity.forget_after_micros) + "\n";
    }
  }
  for (const Event& event : program.events) {
    out += "event " + event.name + " from " + QuotedText(event.wire_type) + " of";
    for (const EntityId entity : event.entities) {
      out += " " + program.entities[entity].name;
    }
    out += "\n";
    for (const EventField& field : event.fields) {
      out += fmt::format("  {} {}{} from {}\n", field.name, PrintType(program, field.type),
                         field.optional ? "?" : "", QuotedText(field.wire_path));
    }
    for (const SetsAttribute& sets : event.sets) {
      const Attribute& attribute = program.attributes[sets.attribute];
      out += fmt::format("  sets {}.{} from {}\n", program.entities[attribute.entity].name, attribute.name,
                         event.fields[sets.field].name);
    }
  }
}

template <typename Definition>
void PrintAll(const CheckedProgram& program, const std::vector<Definition>& definitions, const char* word,
              NamedWriter& writer, std::string& out) {
  for (const Definition& definition : definitions) {
    const std::string entity = definition.entity == kNone ? "-" : program.entities[definition.entity].name;
    out += fmt::format("{} {} of {}\n{}", word, definition.name, entity,
                       DefinitionText(program, definition, writer));
  }
}

}  // namespace

std::string PrintDuration(std::int64_t micros) {
  std::string text;
  std::int64_t rest = micros < 0 ? -micros : micros;
  for (const auto& [unit, name] : kUnits) {
    const std::int64_t count = rest / unit;
    rest %= unit;
    if (count > 0) {
      text += fmt::format("{}{} {}{}", text.empty() ? "" : " ", count, name, count == 1 ? "" : "s");
    }
  }
  if (text.empty()) {
    return "0 seconds";
  }
  return micros < 0 ? "-(" + text + ")" : text;
}

std::string PrintType(const CheckedProgram& program, Type type) {
  constexpr std::array<const char*, 10> kNames = {
      "flag", "number", "money", "duration", "time", "date", "text", "choice", "stage", "calendar duration"};
  if (type.kind == TypeKind::kChoice) {
    return program.choices[type.of].name;
  }
  if (type.kind == TypeKind::kStage) {
    return "stage of " + program.journeys[type.of].name;
  }
  return kNames[static_cast<std::size_t>(type.kind)];
}

std::string PrintExpr(const CheckedProgram& program, ExprId expr) { return NamedWriter(program).Write(expr); }

std::string PrintAggregate(const CheckedProgram& program, AggregateId aggregate) {
  return NamedWriter(program).WriteAggregate(program.aggregates[aggregate]);
}

std::string PrintProgram(const CheckedProgram& program) {
  std::string out;
  NamedWriter writer(program);
  PrintHeader(program, out);
  PrintEntities(program, out);
  for (AggregateId id = 0; id < program.aggregates.size(); ++id) {
    out += fmt::format("aggregate {} of {}: {}\n", id, program.entities[program.aggregates[id].entity].name,
                       PrintAggregate(program, id));
  }
  for (const Feature& feature : program.features) {
    out += fmt::format("feature {} of {} = {}\n", feature.name,
                       feature.entity == kNone ? "-" : program.entities[feature.entity].name,
                       feature.value == kNone ? "an event" : writer.Write(feature.value));
  }
  PrintAll(program, program.journeys, "journey", writer, out);
  PrintAll(program, program.stalls, "stall", writer, out);
  PrintAll(program, program.scores, "score", writer, out);
  PrintAll(program, program.nudges, "nudge", writer, out);
  PrintAll(program, program.policies, "policy", writer, out);
  for (const Experiment& experiment : program.experiments) {
    out += "experiment " + ExperimentText(program, experiment) + "\n";
    if (experiment.goal == kNone) continue;
    out += fmt::format("  goal {} where {} within {}\n", program.event_sets[experiment.goal].name,
                       NameOr(writer.Write(experiment.goal_where)), PrintDuration(experiment.goal_micros));
  }
  return out;
}

}  // namespace lull::dsl
