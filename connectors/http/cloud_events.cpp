#include "connectors/http/cloud_events.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "connectors/json_text.h"
#include "connectors/time_text.h"

namespace lull::connectors {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kStructuredType = "application/cloudevents+json";
constexpr std::string_view kBatchType = "application/cloudevents-batch+json";
constexpr std::size_t kEventsMax = 10'000;

enum class Mode { kNone, kStructured, kBatch, kBinary };

CloudEventProblem Bad(std::string what, std::string what_to_do, int status = 400) {
  return {.status = status, .what = std::move(what), .what_to_do = std::move(what_to_do)};
}

struct MediaType {
  std::string name;  // in lower case
  bool is_utf8 = true;
};

MediaType MediaTypeOf(const HttpRequest& request) {
  std::string text(request.Header("content-type").value_or(""));
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  MediaType type{.name = text.substr(0, text.find(';'))};
  while (!type.name.empty() && type.name.back() == ' ') type.name.pop_back();
  const std::size_t charset = text.find("charset=");
  if (charset != text.npos) type.is_utf8 = text.find("utf-8", charset) != text.npos;
  return type;
}

bool IsJson(const std::string& type) { return type == "application/json" || type.ends_with("+json"); }

Mode ModeOf(const HttpRequest& request) {
  const std::string type = MediaTypeOf(request).name;
  if (type == kBatchType) return Mode::kBatch;
  if (type == kStructuredType) return Mode::kStructured;
  return request.Header("ce-specversion") ? Mode::kBinary : Mode::kNone;
}

/// Attribute values in headers are percent-encoded where they are not plain.
std::optional<std::string> DecodeHeader(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return {};
    const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (error != std::errc() || end != text.data() + i + 3) return {};
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

/// An event of the binary mode in the structured form.
std::optional<std::string> Structured(const HttpRequest& request) {
  std::string json = "{";
  for (const auto& [name, value] : request.headers) {
    if (!name.starts_with("ce-")) continue;
    const auto plain = DecodeHeader(value);
    if (!plain) return {};
    if (json.size() > 1) json += ',';
    AppendJsonText(json, name.substr(3));
    json += ':';
    AppendJsonText(json, *plain);
  }
  if (!request.body.empty()) {
    json += ",\"datacontenttype\":\"application/json\",\"data\":";
    json += request.body;
  }
  return json + "}";
}

std::optional<std::string> KeyText(element value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  if (value.is_int64() || value.is_uint64()) return simdjson::minify(value);
  return {};
}

std::optional<std::string> FindKey(const object& event, const std::string& key) {
  element value;
  if (key.starts_with("data.")) {
    object data;
    if (event["data"].get(data) != simdjson::SUCCESS || data[key.substr(5)].get(value) != simdjson::SUCCESS)
      return {};
  } else if (event[key].get(value) != simdjson::SUCCESS) {
    return {};
  }
  return KeyText(value);
}

class Reader {
 public:
  explicit Reader(const CloudEventRules& rules) : rules_(rules) {}

  CloudEventsRead Read(const HttpRequest& request) {
    const Mode mode = ModeOf(request);
    const std::optional<std::string> binary = mode == Mode::kBinary ? Structured(request) : std::nullopt;
    if (mode == Mode::kBinary && !binary) {
      return {.problem = Bad("A ce- header has a % that begins no percent-encoding", "Encode % as %25.")};
    }
    const std::string_view text = binary ? std::string_view(*binary) : request.body;
    element root;
    auto error = simdjson::SUCCESS;
    // By itself, too: it could end the event's data and go on with attributes of its own.
    if (binary && !request.body.empty()) {
      error = parser_.parse(request.body.data(), request.body.size()).get(root);
    }
    if (error == simdjson::SUCCESS) error = parser_.parse(text.data(), text.size()).get(root);
    if (error != simdjson::SUCCESS) {
      return {.problem = Bad(std::string("The body is not JSON: ") + simdjson::error_message(error),
                             "Send one whole JSON text in UTF-8.")};
    }
    simdjson::dom::array events;
    if (mode != Mode::kBatch) {
      (void)Take(root, text, 0, false);
    } else if (root.get(events) != simdjson::SUCCESS) {
      read_.problem = Bad("A batch must be a JSON array of events",
                          "Send [event, ...], or one event as " + std::string(kStructuredType) + ".");
    } else if (events.size() > kEventsMax) {
      read_.problem = Bad("A batch may have " + std::to_string(kEventsMax) + " events", "Send several.", 413);
    } else {
      std::size_t number = 0;
      for (const element event : events) {
        if (!Take(event, simdjson::minify(event), number++, true)) break;
      }
    }
    if (read_.problem) read_.events.clear();
    return std::move(read_);
  }

 private:
  bool Take(element value, std::string_view text, std::size_t number, bool of_batch) {
    CloudEvent event;
    auto problem = Fill(value, text, event);
    if (!problem && event.json.size() > rules_.event_bytes_max) {
      problem = Bad("An event has " + std::to_string(event.json.size()) + " bytes; at most " +
                        std::to_string(rules_.event_bytes_max) + " are taken",
                    "Send less with it, or raise `event_bytes` of gateway and service.", 413);
    }
    if (problem) {
      if (of_batch) problem->what = "Event " + std::to_string(number) + " of the batch: " + problem->what;
      read_.problem = std::move(problem);
      return false;
    }
    read_.events.push_back(std::move(event));
    return true;
  }

  std::optional<CloudEventProblem> Fill(element value, std::string_view text, CloudEvent& event) const {
    object members;
    if (value.get(members) != simdjson::SUCCESS) return Bad("An event must be a JSON object", "Send {...}.");
    std::string_view version;
    if (members["specversion"].get(version) != simdjson::SUCCESS || !version.starts_with("1.")) {
      return Bad("It has no `specversion` that is read here", "Send CloudEvents of version 1.0.");
    }
    std::string_view parts[3];
    constexpr const char* kRequired[] = {"id", "source", "type"};
    for (std::size_t i = 0; i < 3; ++i) {
      if (members[kRequired[i]].get(parts[i]) != simdjson::SUCCESS || parts[i].empty()) {
        return Bad(std::string("It has no `") + kRequired[i] + "`", "Send it, as a text that is not empty.");
      }
    }
    std::string_view time;
    if (members["time"].get(time) != simdjson::SUCCESS || !ParseRfc3339(time)) {
      return Bad("It has no `time` that can be read", "Send when it happened, as 2026-03-02T10:00:00Z.");
    }
    if (auto problem = CheckData(members)) return problem;
    event.type = parts[2];
    event.source = parts[1];
    event.id = parts[0];
    if (!rules_.key.empty()) {
      event.key = FindKey(members, rules_.key);
      if (!event.key || event.key->empty()) {
        return Bad("It has no key: `" + rules_.key + "` is missing, or is neither a text nor a whole number",
                   "Send whom it is about.");
      }
    }
    event.json = WithKey(members, text, event.key);
    return {};
  }

  static std::optional<CloudEventProblem> CheckData(const object& members) {
    element data;
    if (members["data_base64"].get(data) == simdjson::SUCCESS) {
      return Bad("Its data is `data_base64`", "Send JSON data, as `data`.");
    }
    if (members["data"].get(data) == simdjson::SUCCESS && !data.is_object() && !data.is_null()) {
      return Bad("Its `data` is no JSON object", "Send {...}; its members become the fields of the event.");
    }
    return {};
  }

  std::string WithKey(const object& members, std::string_view text,
                      const std::optional<std::string>& key) const {
    element there;
    const bool adds = !rules_.key_as.empty() && key && members[rules_.key_as].get(there) != simdjson::SUCCESS;
    if (!adds) return std::string(text);
    std::string json = "{";
    AppendJsonText(json, rules_.key_as);
    json += ':';
    AppendJsonText(json, *key);
    // It has members: `type`, at least.
    json += ',';
    json += text.substr(text.find('{') + 1);
    return json;
  }

  const CloudEventRules& rules_;
  simdjson::dom::parser parser_;
  CloudEventsRead read_;
};

}  // namespace

HttpReply ProblemReply(const CloudEventProblem& problem) {
  HttpReply reply{.status = problem.status, .type = "application/json", .body = "{\"error\":"};
  AppendJsonText(reply.body, problem.what);
  reply.body += ",\"what_to_do\":";
  AppendJsonText(reply.body, problem.what_to_do);
  reply.body += "}\n";
  if (problem.status == 429 || problem.status == 503) reply.headers = {{"Retry-After", "1"}};
  return reply;
}

std::optional<CloudEventProblem> CheckHeaders(const HttpRequest& request, std::size_t body_bytes_max) {
  const std::string_view length = request.Header("content-length").value_or("0");
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (error != std::errc() || bytes > body_bytes_max) {
    return Bad("The body has " + std::string(length) + " bytes; at most " + std::to_string(body_bytes_max) +
                   " are taken at once",
               "Send several smaller batches.", 413);
  }
  if (const auto coding = request.Header("content-encoding"); coding && *coding != "identity") {
    return Bad("The body is packed (" + std::string(*coding) + ")", "Send it as it is.", 415);
  }
  const MediaType type = MediaTypeOf(request);
  const Mode mode = ModeOf(request);
  if (mode == Mode::kNone) {
    return Bad("This is no CloudEvent: Content-Type is \"" + type.name + "\", and there is no ce-specversion",
               "Send " + std::string(kStructuredType) + ", " + std::string(kBatchType) +
                   ", or ce- headers with JSON as body.",
               415);
  }
  if (!type.is_utf8 || (mode == Mode::kBinary && !type.name.empty() && !IsJson(type.name))) {
    return Bad("The data is of type \"" + type.name + "\"", "Send JSON in UTF-8.", 415);
  }
  return {};
}

CloudEventsRead ReadCloudEvents(const HttpRequest& request, const CloudEventRules& rules) {
  return Reader(rules).Read(request);
}

}  // namespace lull::connectors
