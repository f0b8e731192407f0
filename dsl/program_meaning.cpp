// Canonical meanings: names of what is depended on are replaced with numbers, in the order in which the text
// first comes to them, and each is written out once below.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dsl/expr_writer.h"
#include "dsl/program_printer.h"
#include "dsl/program_text.h"

namespace lull::dsl {
namespace {

using Node = std::pair<ExprKind, std::uint32_t>;

class MeaningWriter : public ExprWriter {
 public:
  using ExprWriter::ExprWriter;

  bool writes_outputs() const override { return false; }
  std::string Reference(ExprKind kind, std::uint32_t index) override {
    const auto [at, is_new] = numbers_.emplace(Node{kind, index}, open_.size());
    if (is_new) {
      open_.push_back({kind, index});
    }
    return fmt::format("${}", at->second);
  }

  std::string AttributeText(AttributeId id) override {
    const Attribute& attribute = program_.attributes[id];
    return fmt::format("{}.{}:{}={}", EntityText(attribute.entity), attribute.name, TypeText(attribute.type),
                       Write(attribute.default_value));
  }

  // A field under its names on the wire, in the order of the events' own.
  std::string FieldText(EventSetId set, FieldScope scope, const std::string& field) override {
    std::map<std::string, std::string> paths;
    for (const EventId id : program_.event_sets[set].events) {
      const Event& event = program_.events[id];
      for (const EventField& each : event.fields) {
        if (each.name == field) {
          paths[event.wire_type] =
              each.wire_path + ":" + TypeText(each.type) + fmt::format("[{}]", each.text_bytes_max);
        }
      }
    }
    std::string text = scope == FieldScope::kTrigger ? "trigger(" : "own(";
    if (paths.empty()) {
      return text + field + ")";  // the time of the event
    }
    for (const auto& [type, path] : paths) {
      text += QuotedText(type) + "." + QuotedText(path) + ";";
    }
    return text + ")";
  }

  std::string EventsText(EventSetId set) override {
    std::vector<std::string> types;
    for (const EventId id : program_.event_sets[set].events) types.push_back(program_.events[id].wire_type);
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
    std::string text = "events(";
    for (const std::string& type : types) text += QuotedText(type) + ";";
    return text + ")";
  }

  std::string Micros(TypeKind kind, std::int64_t micros) override {
    return fmt::format("{}{}us", kind == TypeKind::kTime ? "@" : "", micros);
  }

  std::string EntityText(EntityId id) const {
    return id == kNone ? "-" : fmt::format("{}[{}]", program_.entities[id].name, program_.entities[id].key);
  }

  std::string TypeText(Type type) const {
    if (type.kind == TypeKind::kChoice) {
      return fmt::format("choice({})", fmt::join(program_.choices[type.of].values, ","));
    }
    return type.kind == TypeKind::kStage ? "stage" : PrintType(program_, type);
  }

  /// The texts of all that was referred to, each once.
  std::string Dependencies() {
    std::string out;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const Node node = open_[i];
      out += fmt::format("${} = {}\n", i, TextOf(node));
    }
    return out;
  }

 private:
  std::string TextOf(Node node) {
    const auto [kind, index] = node;
    switch (kind) {
      case ExprKind::kAggregate: {
        const Aggregate& aggregate = program_.aggregates[index];
        return fmt::format("aggregate of {}: {} gives {}", EntityText(aggregate.entity),
                           WriteAggregate(aggregate), TypeText(aggregate.type));
      }
      case ExprKind::kFeature:
        return "feature " + Write(program_.features[index].value);
      case ExprKind::kScore:
        return WithEntity("score", program_.scores[index]);
      case ExprKind::kStall:
        return WithEntity("stall", program_.stalls[index]);
      default:
        return WithEntity("journey", program_.journeys[index]);
    }
  }

  template <typename Definition>
  std::string WithEntity(const char* word, const Definition& definition) {
    return fmt::format("{} of {}\n{}", word, EntityText(definition.entity),
                       DefinitionText(program_, definition, *this));
  }

  std::map<Node, std::size_t> numbers_;
  std::vector<Node> open_;
};

template <typename Definition>
std::string Named(const CheckedProgram& program, const char* word, const Definition& definition) {
  MeaningWriter writer(program);
  std::string text =
      fmt::format("{} {} of {}\n{}", word, definition.name, writer.EntityText(definition.entity),
                  DefinitionText(program, definition, writer));
  return text + writer.Dependencies();
}

}  // namespace

std::string MeaningOfExpr(const CheckedProgram& program, ExprId expr) {
  MeaningWriter writer(program);
  const std::string text = writer.Write(expr) + "\n";
  return text + writer.Dependencies();
}

std::string Meaning(const CheckedProgram& program, DefinitionKind kind, std::uint32_t index) {
  MeaningWriter writer(program);
  switch (kind) {
    case DefinitionKind::kAttribute:
      return "attribute " + writer.AttributeText(index) + "\n";
    case DefinitionKind::kNudge:
      return Named(program, "nudge", program.nudges[index]);
    case DefinitionKind::kPolicy:
      return Named(program, "policy", program.policies[index]);
    case DefinitionKind::kSequence: {
      const std::string text =
          fmt::format("sequence of {}: {}\n", writer.EntityText(program.sequences[index].entity),
                      SequenceText(program, index, writer));
      return text + writer.Dependencies();
    }
    case DefinitionKind::kAggregate:
      writer.Reference(ExprKind::kAggregate, index);
      break;
    case DefinitionKind::kFeature:
      writer.Reference(ExprKind::kFeature, index);
      break;
    case DefinitionKind::kJourney:
      writer.Reference(ExprKind::kStage, index);
      break;
    case DefinitionKind::kStall:
      writer.Reference(ExprKind::kStall, index);
      break;
    case DefinitionKind::kScore:
      writer.Reference(ExprKind::kScore, index);
      break;
  }
  return writer.Dependencies();
}

}  // namespace lull::dsl
