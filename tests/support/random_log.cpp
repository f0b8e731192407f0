#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/time.h"
#include "runtime/base/zone.h"
#include "tests/support/random_ruleset.h"

namespace lull::test {
namespace {

/// 2026-03-06T17:00Z: before the spring changes of the clock on both sides of the ocean.
constexpr std::int64_t kStart = 1'772'816'400LL * kMicrosPerSecond;
constexpr const char* kTexts[] = {"north", "south", "north east", "West"};
constexpr const char* kCustomers[] = {"ada", "ben", "cy"};
constexpr const char* kTickets[] = {"t-1", "t-2"};

std::size_t Below(Random& random, std::size_t count) { return random() % count; }

Value RandomValue(Random& random, const dsl::CheckedProgram& program, const dsl::Type& type) {
  switch (type.kind) {
    case dsl::TypeKind::kFlag:
      return Value::Flag(Below(random, 2) == 0);
    case dsl::TypeKind::kNumber:
      return Value::Number(static_cast<double>(Below(random, 17)) / 2 - 1);
    case dsl::TypeKind::kMoney: {
      // Now and then a fraction of a cent, which makes halves when it is multiplied.
      const auto whole = static_cast<std::int64_t>(Below(random, 12)) * 10'000;
      return Value::Integer(Below(random, 4) == 0 ? whole + static_cast<std::int64_t>(Below(random, 200)) * 25
                                                  : whole);
    }
    case dsl::TypeKind::kDuration:
      return Value::Integer(static_cast<std::int64_t>(1 + Below(random, 6)) * 5 * kMicrosPerMinute);
    case dsl::TypeKind::kTime:
      return Value::Integer(kStart + static_cast<std::int64_t>(Below(random, 100)) * kMicrosPerMinute);
    case dsl::TypeKind::kDate:
      return Value::Integer(kStart / kMicrosPerDay - 3 + static_cast<std::int64_t>(Below(random, 400)) % 17);
    case dsl::TypeKind::kChoice:
      return Value::Integer(static_cast<std::int64_t>(Below(random, program.choices[type.of].values.size())));
    default:
      return Value::Text(kTexts[Below(random, std::size(kTexts))]);
  }
}

std::int64_t RandomStep(Random& random) {
  const std::size_t kind = Below(random, 100);
  if (kind < 25) return 0;
  if (kind < 85) return static_cast<std::int64_t>(1 + Below(random, 6)) * 5 * kMicrosPerMinute;
  if (kind < 97) return static_cast<std::int64_t>(1 + Below(random, 8)) * kMicrosPerHour;
  return static_cast<std::int64_t>(1 + Below(random, 31)) * kMicrosPerDay;
}

std::optional<std::string> RandomKey(Random& random, const dsl::Entity& entity, bool may_lack) {
  if (may_lack && Below(random, 5) == 0) return std::nullopt;
  if (entity.name == "customer") return kCustomers[Below(random, std::size(kCustomers))];
  return kTickets[Below(random, std::size(kTickets))];
}

std::string TimeText(std::int64_t micros) { return fmt::format("{}", micros / kMicrosPerMilli); }

std::string FieldJson(const dsl::CheckedProgram& program, const dsl::Type& type, const Value& value) {
  switch (type.kind) {
    case dsl::TypeKind::kFlag:
      return value.integer == 1 ? "true" : "false";
    case dsl::TypeKind::kNumber:
      return fmt::format("{}", value.number);
    case dsl::TypeKind::kMoney:
      return fmt::format("{}", static_cast<double>(value.integer) / 10'000);
    case dsl::TypeKind::kDuration:
      return fmt::format("{}", value.integer / kMicrosPerSecond);
    case dsl::TypeKind::kDate: {
      const LocalDate date = DateOfDay(value.integer);
      return fmt::format("\"{:04}-{:02}-{:02}\"", date.year, date.month, date.day);
    }
    case dsl::TypeKind::kTime:
      return TimeText(value.integer);
    case dsl::TypeKind::kChoice:
      return "\"" + program.choices[type.of].values[static_cast<std::size_t>(value.integer)] + "\"";
    default:
      return "\"" + value.text + "\"";
  }
}

}  // namespace

std::vector<LogEvent> RandomLog(Random& random, const dsl::CheckedProgram& program,
                                const LogOptions& options) {
  std::vector<LogEvent> log;
  std::int64_t time = kStart;
  const auto declared = static_cast<std::size_t>(
      std::ranges::count(program.events, dsl::TaskStep::kNo, &dsl::Event::task_step));
  while (log.size() < options.event_count) {
    time += RandomStep(random);
    LogEvent event;
    event.time = time;
    event.event = static_cast<dsl::EventId>(Below(random, declared));
    const dsl::Event& kind = program.events[event.event];
    for (const dsl::EventField& field : kind.fields) {
      const bool missing = field.optional && Below(random, 3) == 0;
      event.fields.push_back(missing ? Value{} : RandomValue(random, program, field.type));
    }
    // Each event is somebody's: a part needs its whole.
    const dsl::EntityId needed = kind.entities[Below(random, kind.named_count)];
    for (const dsl::EntityId entity : kind.entities) {
      const bool is_needed = entity == needed || entity == program.entities[needed].whole;
      event.keys.push_back(RandomKey(random, program.entities[entity], !is_needed));
    }
    log.push_back(std::move(event));
  }
  return log;
}

std::string ShowLog(const dsl::CheckedProgram& program, const std::vector<LogEvent>& log) {
  std::string text;
  for (const LogEvent& event : log) {
    const dsl::Event& kind = program.events[event.event];
    text += fmt::format(R"({{"type":"{}","time":{})", kind.wire_type, TimeText(event.time));
    for (std::size_t i = 0; i < kind.entities.size(); ++i) {
      if (event.keys[i])
        text += fmt::format(R"(,"{}":"{}")", program.entities[kind.entities[i]].key, *event.keys[i]);
    }
    for (std::size_t i = 0; i < kind.fields.size(); ++i) {
      if (!event.fields[i].known) continue;
      text += fmt::format(R"(,"{}":{})", kind.fields[i].wire_path,
                          FieldJson(program, kind.fields[i].type, event.fields[i]));
    }
    text += "}\n";
  }
  return text;
}

}  // namespace lull::test
