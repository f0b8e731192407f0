// What a business unit receives, read back from its JSON (connectors/decision_json.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lull::connectors {

struct RoutedTask {
  /// Or "withdrawn", "expired", "done", "declined", "escalated": of a task that was sent before.
  std::string kind = "sent";
  std::string why;  ///< of those
  std::string id;
  std::string time;
  std::string nudge;
  std::string entity_type;
  std::string entity_id;
  std::string whole_id;        ///< of a part: its whole's
  std::uint64_t position = 0;  ///< in the input log
  std::string channel;
  std::string title;
  std::optional<std::string> unit;
  std::optional<std::string> key;
  std::optional<double> worth;
  std::string due;                   ///< empty: none
  std::string from_unit;             ///< of an escalated one: who had it before
  std::vector<std::string> reasons;  ///< those of the stall, then of the scores, largest first
};

Result<RoutedTask> ParseRoutedTask(std::string_view json);

/// The value of a member of an event's object that is a text; nothing if it is not one.
std::optional<std::string> TextMember(std::string_view json, std::string_view name);

}  // namespace lull::connectors
