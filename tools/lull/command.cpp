#include "tools/lull/command.h"

#include <fmt/format.h>

#include <cstdio>

#include "connectors/time_text.h"
#include "runtime/base/time.h"

namespace lull::tools {

int Complain(const std::string& message, int exit_code) {
  fmt::print(stderr, "lull: {}\n", message);
  return exit_code;
}

CLI::Option* AddDurationOption(CLI::App& command, const std::string& name, std::int64_t& out,
                               const std::string& description) {
  const auto read = [&out](const std::string& text) -> std::string {
    const std::optional<std::int64_t> micros = connectors::ParseSpokenDuration(text);
    if (!micros) return "\"" + text + "\" is not a duration such as 60s, 5m, 36h, 7d or \"1 day 12 hours\"";
    out = *micros;
    return {};
  };
  return command.add_option(name, description)->type_name("DURATION")->check(read);
}

CLI::Option* AddTimeOption(CLI::App& command, const std::string& name, std::int64_t& out,
                           const std::string& description) {
  const auto read = [&out](const std::string& text) -> std::string {
    std::optional<std::int64_t> micros = connectors::ParseRfc3339(text);
    if (!micros) micros = connectors::ParseEpoch(text);
    const std::optional<std::int64_t> day = connectors::ParseDate(text);
    if (day) micros = *day * kMicrosPerDay;
    if (!micros) {
      return "\"" + text +
             "\" is not a time such as 2026-03-02T20:00:00Z, 2026-03-02 (its beginning, UTC) or 1772481600";
    }
    if (*micros < kEventMicrosMin || *micros > kEventMicrosMax)
      return "the time " + text + " is out of range";
    out = *micros;
    return {};
  };
  return command.add_option(name, description)->type_name("TIME")->check(read);
}

}  // namespace lull::tools
