#include "dsl/program_printer.h"

#include <fmt/format.h>

#include <array>
#include <sstream>

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

std::string CalendarText(const Calendar& calendar) {
  std::string out;
  constexpr std::array<const char*, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                "friday", "saturday", "sunday"};
  const auto hours_text = [](CalendarHours hours) {
    return ClockText(hours.from_minute) + " to " + ClockText(hours.to_minute);
  };
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
  return out;
}

std::string UnitText(const CheckedProgram& program, const Unit& unit) {
  std::string out;
  if (unit.hours != kNone) out += " hours " + program.calendars[unit.hours].name;
  if (unit.open_tasks_max > 0) {
    out += fmt::format(" at most {} open tasks{}", unit.open_tasks_max,
                       unit.open_tasks_per_key ? " per key" : "");
  }
  return out;
}

std::string ChoiceText(const Choice& choice) {
  return fmt::format("{{ {} }}", fmt::join(choice.values, ", "));
}

std::string AttributeText(const CheckedProgram& program, const Attribute& attribute) {
  return fmt::format("{} default {}", PrintType(program, attribute.type),
                     NameOr(PrintExpr(program, attribute.default_value)));
}

/// Behind its name.
std::string EntityHead(const CheckedProgram& program, const Entity& entity) {
  const std::string within = entity.whole == kNone ? "" : " within " + program.entities[entity.whole].name;
  return "by " + NameOr(entity.key) + within;
}

/// Without its attributes.
std::string EntityText(const CheckedProgram& program, const Entity& entity) {
  std::string out;
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
  return out;
}

/// Behind its name.
std::string EventHead(const CheckedProgram& program, const Event& event) {
  std::string out = "from " + QuotedText(event.wire_type) + " of";
  for (const EntityId entity : event.entities) out += " " + program.entities[entity].name;
  return out;
}

std::string FieldText(const CheckedProgram& program, const EventField& field) {
  return fmt::format("{} {}{} from {}", field.name, PrintType(program, field.type), field.optional ? "?" : "",
                     QuotedText(field.wire_path));
}

std::string SetsText(const CheckedProgram& program, const Event& event) {
  std::string out;
  for (const SetsAttribute& sets : event.sets) {
    const Attribute& attribute = program.attributes[sets.attribute];
    out += fmt::format("  sets {}.{} from {}\n", program.entities[attribute.entity].name, attribute.name,
                       event.fields[sets.field].name);
  }
  return out;
}

std::string FeatureText(const Feature& feature, NamedWriter& writer) {
  return feature.value == kNone ? "an event" : writer.Write(feature.value);
}

std::string GoalText(const CheckedProgram& program, const Experiment& experiment, NamedWriter& writer) {
  if (experiment.goal == kNone) return {};
  return fmt::format("  goal {} where {} within {}\n", program.event_sets[experiment.goal].name,
                     NameOr(writer.Write(experiment.goal_where)), PrintDuration(experiment.goal_micros));
}

void PrintHeader(const CheckedProgram& program, std::string& out) {
  const RulesetHeader& header = program.header;
  out += fmt::format("ruleset {} zone {} currency {} keep {}\n", NameOr(header.name), header.zone,
                     NameOr(header.currency), header.keep_count);
  for (const Channel& channel : program.channels) {
    out += fmt::format("channel {} as {}\n", channel.name, channel.is_task ? "task" : "message");
  }
  for (const Calendar& calendar : program.calendars) {
    out += fmt::format("calendar {} zone {}\n{}", calendar.name, calendar.zone, CalendarText(calendar));
  }
  for (const Unit& unit : program.units) out += "unit " + unit.name + UnitText(program, unit) + "\n";
  for (const Choice& choice : program.choices) {
    out += "choice " + choice.name + " " + ChoiceText(choice) + "\n";
  }
}

void PrintEntities(const CheckedProgram& program, std::string& out) {
  for (const Entity& entity : program.entities) {
    out += "entity " + entity.name + " " + EntityHead(program, entity) + "\n";
    for (const AttributeId id : entity.attributes) {
      const Attribute& attribute = program.attributes[id];
      out += "  " + attribute.name + " " + AttributeText(program, attribute) + "\n";
    }
    out += EntityText(program, entity);
  }
  for (const Event& event : program.events) {
    out += "event " + event.name + " " + EventHead(program, event) + "\n";
    for (const EventField& field : event.fields) out += "  " + FieldText(program, field) + "\n";
    out += SetsText(program, event);
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
                       FeatureText(feature, writer));
  }
  PrintAll(program, program.journeys, "journey", writer, out);
  PrintAll(program, program.stalls, "stall", writer, out);
  PrintAll(program, program.scores, "score", writer, out);
  PrintAll(program, program.nudges, "nudge", writer, out);
  PrintAll(program, program.policies, "policy", writer, out);
  for (const Experiment& experiment : program.experiments) {
    out += "experiment " + ExperimentText(program, experiment) + "\n" + GoalText(program, experiment, writer);
  }
  return out;
}

namespace {

class Definitions {
 public:
  explicit Definitions(const CheckedProgram& program) : program_(program), writer_(program) {}

  std::vector<PrintedDefinition> All() {
    AddHeader();
    AddFacts();
    for (std::uint32_t i = 0; i < program_.features.size(); ++i) {
      const Feature& feature = program_.features[i];
      Add("feature", i, feature.name, feature.entity, "= " + FeatureText(feature, writer_));
    }
    AddAll("journey", program_.journeys);
    AddAll("stall", program_.stalls);
    AddAll("score", program_.scores);
    AddAll("nudge", program_.nudges);
    AddAll("policy", program_.policies);
    for (std::uint32_t i = 0; i < program_.experiments.size(); ++i) {
      const Experiment& experiment = program_.experiments[i];
      std::string arms = ExperimentText(program_, experiment);
      if (arms.starts_with(experiment.name + " ")) arms.erase(0, experiment.name.size() + 1);
      Add("experiment", i, experiment.name, experiment.entity,
          arms + "\n" + GoalText(program_, experiment, writer_));
    }
    return std::move(all_);
  }

 private:
  void Add(const char* kind, std::uint32_t index, const std::string& name, EntityId entity,
           const std::string& text) {
    PrintedDefinition definition{.kind = kind, .index = index, .name = name, .entity = {}, .lines = {}};
    if (entity != kNone) definition.entity = program_.entities[entity].name;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      line.erase(0, line.find_first_not_of(' '));
      if (!line.empty()) definition.lines.push_back(std::move(line));
    }
    all_.push_back(std::move(definition));
  }

  template <typename Definition>
  void AddAll(const char* kind, const std::vector<Definition>& definitions) {
    for (std::uint32_t i = 0; i < definitions.size(); ++i) {
      const Definition& definition = definitions[i];
      Add(kind, i, definition.name, definition.entity, DefinitionText(program_, definition, writer_));
    }
  }

  void AddHeader() {
    constexpr std::array<const char*, 3> kLate = {"apply", "drop", "dead_letter"};
    const RulesetHeader& header = program_.header;
    Add("ruleset", 0, header.name, kNone,
        fmt::format("title {}\nzone {}\ncurrency {}\nkeep {}\nwire type {} time {} id {}\nlate {}\n"
                    "lateness {}\ndedupe {}\n",
                    QuotedText(header.title), header.zone, NameOr(header.currency), header.keep_count,
                    header.wire_type, NameOr(header.wire_time), header.wire_id,
                    kLate[static_cast<std::size_t>(header.late)], PrintDuration(header.lateness_micros),
                    PrintDuration(header.dedupe_micros)));
    for (std::uint32_t i = 0; i < program_.channels.size(); ++i) {
      const Channel& channel = program_.channels[i];
      Add("channel", i, channel.name, kNone, channel.is_task ? "as task" : "as message");
    }
  }

  void AddFacts() {
    for (std::uint32_t i = 0; i < program_.calendars.size(); ++i) {
      const Calendar& calendar = program_.calendars[i];
      Add("calendar", i, calendar.name, kNone, "zone " + calendar.zone + "\n" + CalendarText(calendar));
    }
    for (std::uint32_t i = 0; i < program_.units.size(); ++i) {
      Add("unit", i, program_.units[i].name, kNone, UnitText(program_, program_.units[i]));
    }
    for (std::uint32_t i = 0; i < program_.choices.size(); ++i) {
      Add("choice", i, program_.choices[i].name, kNone, ChoiceText(program_.choices[i]));
    }
    for (std::uint32_t i = 0; i < program_.entities.size(); ++i) {
      const Entity& entity = program_.entities[i];
      Add("entity", i, entity.name, kNone,
          EntityHead(program_, entity) + "\n" + EntityText(program_, entity));
      for (const AttributeId id : entity.attributes) {
        Add("attribute", id, program_.attributes[id].name, i,
            AttributeText(program_, program_.attributes[id]));
      }
    }
    for (std::uint32_t i = 0; i < program_.events.size(); ++i) {
      const Event& event = program_.events[i];
      if (event.task_step != TaskStep::kNo) continue;
      std::string text = EventHead(program_, event) + "\n";
      for (const EventField& field : event.fields) {
        text += FieldText(program_, field) +
                (field.type.kind == TypeKind::kText ? fmt::format(" up to {} bytes", field.text_bytes_max)
                                                    : std::string()) +
                "\n";
      }
      Add("event", i, event.name, kNone, text + SetsText(program_, event));
    }
  }

  const CheckedProgram& program_;
  NamedWriter writer_;
  std::vector<PrintedDefinition> all_;
};

}  // namespace

std::vector<PrintedDefinition> PrintDefinitions(const CheckedProgram& program) {
  return Definitions(program).All();
}

}  // namespace lull::dsl
