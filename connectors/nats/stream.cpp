#include "connectors/nats/stream.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "connectors/nats/handles.h"

namespace lull::connectors {
namespace {

constexpr std::int64_t kNanosPerMicro = 1'000;
constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::int64_t kNamesWaitMs = 5'000;

// The library's configuration points into the spec and into these vectors, so they live together.
struct StreamRequest {
  jsStreamConfig config;
  std::vector<const char*> subjects;
  std::vector<jsStreamSource> sources;
  std::vector<jsStreamSource*> source_pointers;

  explicit StreamRequest(const StreamSpec& spec) {
    jsStreamConfig_Init(&config);
    for (const std::string& subject : spec.subjects) {
      subjects.push_back(subject.c_str());
    }
    for (const StreamSource& source : spec.sources) {
      jsStreamSource& entry = sources.emplace_back();
      jsStreamSource_Init(&entry);
      entry.Name = source.stream.c_str();
      entry.FilterSubject = source.subject_filter.empty() ? nullptr : source.subject_filter.c_str();
    }
    for (jsStreamSource& entry : sources) {
      source_pointers.push_back(&entry);
    }
    config.Name = spec.name.c_str();
    config.Description = spec.description.empty() ? nullptr : spec.description.c_str();
    config.Subjects = subjects.data();
    config.SubjectsLen = static_cast<int>(subjects.size());
    config.Sources = source_pointers.data();
    config.SourcesLen = static_cast<int>(source_pointers.size());
    config.Retention = js_LimitsPolicy;
    config.Discard = spec.keeps_last_only ? js_DiscardOld : js_DiscardNew;
    config.MaxMsgs = spec.keeps_last_only ? 1 : config.MaxMsgs;
    config.Storage = js_FileStorage;
    config.MaxBytes = spec.bytes_max;
    config.MaxAge = spec.age_max_micros * kNanosPerMicro;
    config.MaxMsgSize = static_cast<std::int32_t>(spec.message_bytes_max);
    config.Duplicates = spec.duplicate_window_ms * kNanosPerMilli;
    config.DenyDelete = true;
    config.DenyPurge = true;
  }
  StreamRequest(const StreamRequest&) = delete;
  StreamRequest& operator=(const StreamRequest&) = delete;
};

std::vector<std::string> SubjectsOf(const jsStreamConfig& config) {
  std::vector<std::string> subjects(config.Subjects, config.Subjects + config.SubjectsLen);
  std::ranges::sort(subjects);
  return subjects;
}

std::vector<StreamSource> SourcesOf(const jsStreamConfig& config) {
  std::vector<StreamSource> sources;
  for (int i = 0; i < config.SourcesLen; ++i) {
    const jsStreamSource& source = *config.Sources[i];
    sources.push_back({source.Name, source.FilterSubject == nullptr ? "" : source.FilterSubject});
  }
  std::ranges::sort(sources);
  return sources;
}

std::string Differences(const jsStreamConfig& want, const jsStreamConfig& have) {
  const std::pair<const char*, bool> checks[] = {
      {"subjects", SubjectsOf(want) == SubjectsOf(have)},
      {"sources", SourcesOf(want) == SourcesOf(have)},
      {"retention (limits)", want.Retention == have.Retention},
      {want.Discard == js_DiscardNew ? "discard (new)" : "discard (old)", want.Discard == have.Discard},
      {"storage (file)", want.Storage == have.Storage},
      {"max_bytes", want.MaxBytes == have.MaxBytes},
      {"max_msg_size", want.MaxMsgSize == have.MaxMsgSize},
      {want.MaxMsgs > 0 ? "max_msgs (1)" : "max_msgs (none)",
       std::max<std::int64_t>(want.MaxMsgs, 0) == std::max<std::int64_t>(have.MaxMsgs, 0)},
      {"max_age", want.MaxAge == have.MaxAge},
      {"max_msgs_per_subject (none)", have.MaxMsgsPerSubject <= 0},
      {"duplicate_window", want.Duplicates == have.Duplicates},
      {"deny_delete", have.DenyDelete},
      {"deny_purge", have.DenyPurge},
      {"no_ack (off)", !have.NoAck},
      {"sealed (off)", !have.Sealed},
  };
  std::string text;
  for (const auto& [name, same] : checks) {
    if (!same) {
      text += (text.empty() ? "" : ", ") + std::string(name);
    }
  }
  return text;
}

}  // namespace

StreamState StateOf(const jsStreamInfo& info) {
  const jsStreamState& state = info.State;
  const std::uint64_t first = state.Msgs == 0 ? state.LastSeq + 1 : state.FirstSeq;
  return {.first_sequence = first,
          .last_sequence = state.LastSeq,
          .message_count = state.Msgs,
          .bytes = state.Bytes,
          .created = {info.Created / 1'000}};
}

StreamLook LookAtStream(Connection& connection, const std::string& stream) {
  StreamLook look;
  if (!connection.connected()) {
    look.status = NATS_CONNECTION_DISCONNECTED;  // at once, where a request would wait for its whole time
    return look;
  }
  jsStreamInfo* info = nullptr;
  auto code = static_cast<jsErrCode>(0);
  look.status = js_GetStreamInfo(&info, connection.impl().jetstream, stream.c_str(), nullptr, &code);
  look.broker_code = code;
  look.info.reset(info);
  return look;
}

Error StreamLookError(const Connection& connection, const std::string& stream, const StreamLook& look) {
  const int code = look.status == NATS_NOT_FOUND ? JSStreamNotFoundErr : look.broker_code;
  return JetStreamError("looking at stream " + stream + " at " + connection.address(), look.status, code);
}

Result<StreamState> EnsureStream(Connection& connection, const StreamSpec& spec) {
  StreamRequest request(spec);
  jsCtx* js = connection.impl().jetstream;
  const std::string where = "stream " + spec.name + " at " + connection.address();

  const StreamLook found = LookAtStream(connection, spec.name);
  const bool exists = found.ok();
  if (!exists && found.status != NATS_NOT_FOUND) {
    return std::unexpected(StreamLookError(connection, spec.name, found));
  }
  if (!exists || !Differences(request.config, *found.info->Config).empty()) {
    jsStreamInfo* info = nullptr;
    auto code = static_cast<jsErrCode>(0);
    const natsStatus status = exists ? js_UpdateStream(&info, js, &request.config, nullptr, &code)
                                     : js_AddStream(&info, js, &request.config, nullptr, &code);
    const StreamInfoHandle owner(info);
    if (status != NATS_OK && exists) {
      return std::unexpected(JetStreamError(
          "changing " + where + " (differs in: " + Differences(request.config, *found.info->Config) +
              "; use another deployment name, or back the stream up and remove it yourself)",
          status, code));
    }
    if (status != NATS_OK) {
      return std::unexpected(JetStreamError("creating " + where, status, code));
    }
  }

  const StreamLook made = LookAtStream(connection, spec.name);
  if (!made.ok()) {
    return std::unexpected(StreamLookError(connection, spec.name, made));
  }
  if (const std::string differences = Differences(request.config, *made.info->Config); !differences.empty()) {
    return Fail(where + " is not as it was asked for; the broker did not take: " + differences +
                ". What to do: use a newer nats-server, or set these by hand.");
  }
  return StateOf(*made.info);
}

Result<StreamComparison> CompareStream(Connection& connection, const StreamSpec& spec) {
  const StreamLook found = LookAtStream(connection, spec.name);
  if (found.status == NATS_NOT_FOUND) return StreamComparison{};
  if (!found.ok()) return std::unexpected(StreamLookError(connection, spec.name, found));
  return StreamComparison{.exists = true,
                          .differences = Differences(StreamRequest(spec).config, *found.info->Config),
                          .state = StateOf(*found.info),
                          .bytes_max = found.info->Config->MaxBytes};
}

Result<StreamState> ReadStreamState(Connection& connection, const std::string& stream) {
  const StreamLook look = LookAtStream(connection, stream);
  if (!look.ok()) {
    return std::unexpected(StreamLookError(connection, stream, look));
  }
  return StateOf(*look.info);
}

Result<std::string> StreamOfSubject(Connection& connection, const std::string& subject) {
  const std::string where = " at " + connection.address();
  auto reply = connection.Request("$JS.API.STREAM.NAMES", "{\"subject\":\"" + subject + "\"}", kNamesWaitMs);
  if (!reply) {
    return std::unexpected(reply.error().Within("asking which stream has \"" + subject + "\"" + where));
  }
  simdjson::dom::parser parser;
  simdjson::dom::array streams;
  std::string_view name;
  const auto json = parser.parse(*reply);
  if (json["streams"].get(streams) != simdjson::SUCCESS || streams.size() == 0) {
    return Fail("no stream" + where + " captures \"" + subject +
                "\". What to do: check the prefix, and whether `lull serve` has been started.");
  }
  if (streams.size() > 1 || streams.at(0).get(name) != simdjson::SUCCESS) {
    return Fail("more than one stream" + where + " captures \"" + subject + "\".");
  }
  return std::string(name);
}

std::string StreamName(std::string_view deployment, std::string_view suffix) {
  std::string name = "LULL_";
  for (const char c : deployment) {
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name + "_" + std::string(suffix);
}

}  // namespace lull::connectors
