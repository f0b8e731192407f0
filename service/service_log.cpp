#include "service/service_log.h"

#include <cstdio>

#include "connectors/json_text.h"
#include "runtime/base/clock.h"
#include "runtime/format.h"

namespace lull::service {

LogField::LogField(std::string_view field, std::string_view text) : name(field) {
  connectors::AppendJsonText(json, text);
}

LogField::LogField(std::string_view field, double number) : name(field) {
  connectors::AppendJsonNumber(json, number);
}

void ServiceLog::Write(std::string_view level, std::string_view message, Fields fields) {
  std::string line = "{\"time\":\"";
  runtime::AppendRfc3339(line, WallMicros() / 1'000 * 1'000);
  line += "\",\"level\":\"";
  line += level;
  line += "\",\"deployment\":";
  connectors::AppendJsonText(line, deployment_);
  line += ",\"message\":";
  connectors::AppendJsonText(line, message);
  for (const LogField& field : fields) {
    line += ",\"";
    line += field.name;
    line += "\":";
    line += field.json;
  }
  line += "}\n";
  const std::lock_guard lock(mutex_);
  writer_(line);
}

void ServiceLog::ToStandardError(std::string_view line) {
  // A log that cannot be written has nowhere to say so, and must not stop the service.
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
  (void)std::fflush(stderr);
}

}  // namespace lull::service
