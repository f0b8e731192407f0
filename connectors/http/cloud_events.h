// CloudEvents 1.0 over HTTP (the HTTP binding of the specification: structured, binary and batched content
// modes), as events of an input log.
//
// What is stored is the structured form, which the decoder of events reads (connectors/json_decoder.h):
// `type` is the type of the event, `time` its time, `id` its id, and the members of `data` are its fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/http_server.h"

namespace lull::connectors {

/// Where the key of an event stands, and what else is asked of it.
struct CloudEventRules {
  std::string key = "subject";  ///< an attribute, or "data.NAME"; empty: events need none
  /// The key's value becomes a member of this name, where the event has none; empty: it stays where it is.
  std::string key_as;
  std::size_t event_bytes_max = 1U << 20U;
};

struct CloudEvent {
  std::string type;
  std::optional<std::string> key;
  std::string source;  ///< with `id`: the same event has the same
  std::string id;
  std::string json;  ///< the structured form
};

/// Why a request is not taken.
struct CloudEventProblem {
  int status = 400;
  std::string what;
  std::string what_to_do;
};

/// {"error":…,"what_to_do":…}
HttpReply ProblemReply(const CloudEventProblem& problem);

/// What is wrong with the headers alone; nothing: the body may be read.
std::optional<CloudEventProblem> CheckHeaders(const HttpRequest& request, std::size_t body_bytes_max);

/// The events of a request, in their order; either all of them or a problem.
struct CloudEventsRead {
  std::vector<CloudEvent> events;
  std::optional<CloudEventProblem> problem;
};
CloudEventsRead ReadCloudEvents(const HttpRequest& request, const CloudEventRules& rules);

}  // namespace lull::connectors
