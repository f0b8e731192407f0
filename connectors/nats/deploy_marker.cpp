#include "connectors/nats/deploy_marker.h"

#include <simdjson.h>

#include "connectors/json_text.h"

namespace lull::connectors {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kRolloutFormat = 2;

bool IsOfRollout(const DeployMarker& marker) {
  return marker.rollout || marker.ends != 0 || !marker.decided.empty();
}

bool ReadFiles(simdjson::dom::array files, DeployMarker& marker) {
  for (const simdjson::dom::element file : files) {
    std::string_view name;
    std::string_view text;
    if (file["name"].get(name) != simdjson::SUCCESS || file["text"].get(text) != simdjson::SUCCESS) {
      return false;
    }
    marker.files.emplace_back(name, text);
  }
  return !marker.files.empty();
}

bool ReadRollout(simdjson::dom::element root, DeployMarker& marker) {
  std::string_view decided;
  if (root["decided"].get(decided) == simdjson::SUCCESS) marker.decided = decided;
  if (root["ends"].get(marker.ends) != simdjson::SUCCESS) marker.ends = 0;
  simdjson::dom::element rollout;
  if (root["rollout"].get(rollout) != simdjson::SUCCESS) return true;
  Result<RolloutPlan> plan = ParseRolloutPlan(simdjson::minify(rollout));
  if (plan) marker.rollout = std::move(*plan);
  return plan.has_value();
}

}  // namespace

std::string ToJson(const DeployMarker& marker) {
  std::string out =
      "{\"format\":" + std::to_string(IsOfRollout(marker) ? kRolloutFormat : kFormat) + ",\"version\":";
  AppendJsonText(out, marker.version);
  out += ",\"lateness_micros\":";
  out += marker.lateness_micros == kUnknown ? "null" : std::to_string(marker.lateness_micros);
  out += ",\"ahead_micros\":" + std::to_string(marker.ahead_micros);
  if (marker.revision > 0) out += ",\"revision\":" + std::to_string(marker.revision);
  if (marker.rollout) out += ",\"rollout\":" + ToJson(*marker.rollout);
  if (marker.ends > 0) out += ",\"ends\":" + std::to_string(marker.ends);
  if (!marker.decided.empty()) {
    out += ",\"decided\":";
    AppendJsonText(out, marker.decided);
  }
  out += ",\"files\":[";
  for (std::size_t i = 0; i < marker.files.size(); ++i) {
    out += i == 0 ? "{\"name\":" : ",{\"name\":";
    AppendJsonText(out, marker.files[i].first);
    out += ",\"text\":";
    AppendJsonText(out, marker.files[i].second);
    out += '}';
  }
  out += "]}";
  return out;
}

Result<DeployMarker> ParseDeployMarker(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  DeployMarker marker;
  std::int64_t format = 0;
  std::string_view version;
  simdjson::dom::array files;
  const bool whole = parser.parse(json.data(), json.size()).get(root) == simdjson::SUCCESS &&
                     root["format"].get(format) == simdjson::SUCCESS &&
                     (format == kFormat || (format == kRolloutFormat && ReadRollout(root, marker))) &&
                     root["version"].get(version) == simdjson::SUCCESS &&
                     root["ahead_micros"].get(marker.ahead_micros) == simdjson::SUCCESS &&
                     root["files"].get(files) == simdjson::SUCCESS && ReadFiles(files, marker);
  if (!whole) {
    return Fail("not a deployment that this version of Lull can read");
  }
  marker.version = version;
  if (std::int64_t lateness = 0; root["lateness_micros"].get(lateness) == simdjson::SUCCESS) {
    marker.lateness_micros = lateness;
  }
  if (root["revision"].get(marker.revision) != simdjson::SUCCESS) marker.revision = 0;
  return marker;
}

}  // namespace lull::connectors
