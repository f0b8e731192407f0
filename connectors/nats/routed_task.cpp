#include "connectors/nats/routed_task.h"

#include <simdjson.h>

namespace lull::connectors {
namespace {

using simdjson::dom::element;

void ReadText(element object, std::string_view name, std::string& into) {
  if (std::string_view text; object[name].get(text) == simdjson::SUCCESS) into = text;
}

void ReadText(element object, std::string_view name, std::optional<std::string>& into) {
  if (std::string_view text; object[name].get(text) == simdjson::SUCCESS) into = std::string(text);
}

}  // namespace

Result<RoutedTask> ParseRoutedTask(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return Fail("not a task: " + std::string(json.substr(0, 200)));
  }
  RoutedTask task;
  ReadText(root, "kind", task.kind);
  ReadText(root, "why", task.why);
  ReadText(root, "id", task.id);
  ReadText(root, "time", task.time);
  ReadText(root, "nudge", task.nudge);
  ReadText(root, "channel", task.channel);
  ReadText(root, "title", task.title);
  ReadText(root, "unit", task.unit);
  ReadText(root, "key", task.key);
  ReadText(root, "due", task.due);
  if (element entity; root["entity"].get(entity) == simdjson::SUCCESS) {
    ReadText(entity, "type", task.entity_type);
    ReadText(entity, "id", task.entity_id);
    if (element whole; entity["within"].get(whole) == simdjson::SUCCESS) ReadText(whole, "id", task.whole_id);
  }
  if (root["position"].get(task.position) != simdjson::SUCCESS) task.position = 0;
  if (element from; root["from"].get(from) == simdjson::SUCCESS) ReadText(from, "unit", task.from_unit);
  if (double worth = 0; root["worth"].get(worth) == simdjson::SUCCESS) task.worth = worth;
  if (simdjson::dom::array reasons; root["reasons"].get(reasons) == simdjson::SUCCESS) {
    for (const element reason : reasons) {
      if (std::string_view text; reason.get(text) == simdjson::SUCCESS) task.reasons.emplace_back(text);
    }
  }
  return task;
}

std::optional<std::string> TextMember(std::string_view json, std::string_view name) {
  thread_local simdjson::dom::parser parser;
  element root;
  std::optional<std::string> text;
  if (parser.parse(json.data(), json.size()).get(root) == simdjson::SUCCESS && root.is_object()) {
    ReadText(root, name, text);
  }
  return text;
}

}  // namespace lull::connectors
