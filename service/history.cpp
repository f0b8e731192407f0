#include "service/history.h"

#include <charconv>

#include "connectors/json_text.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/routed_task.h"
#include "connectors/time_text.h"
#include "service/recovery.h"
#include "service/tick_clock.h"

namespace lull::service {
namespace {

constexpr std::int64_t kReadWaitMs = 1'500;
constexpr int kSilentReadsMax = 20;

std::optional<std::uint64_t> NumberMember(std::string_view json, std::string_view name) {
  const auto text = connectors::TextMember(json, name);
  if (!text) return {};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return {};
  return number;
}

std::optional<History> ParseHistory(std::string_view json) {
  const auto until = connectors::TextMember(json, "until");
  const auto instant = until ? ParseTick(*until) : std::nullopt;
  const auto from = NumberMember(json, "from");
  const auto before = NumberMember(json, "before");
  const auto events = NumberMember(json, "events");
  auto digest = connectors::TextMember(json, "digest");
  if (!instant || !from || !before || !events || !digest) return {};
  return History{.until = *instant,
                 .from = *from,
                 .before = *before,
                 .digest = std::move(*digest),
                 .events = *events,
                 .mark = {}};
}

/// The first message of a subject, while it is there; false: there is none.
Result<bool> ReadFirst(connectors::Connection& connection, const std::string& stream,
                       const std::string& subject,
                       const std::function<Status(const connectors::InputMessage&)>& take) {
  auto input = connectors::InputLog::Open(connection, {.stream = stream, .subject_filter = subject});
  if (!input) return std::unexpected(input.error());
  for (int silent = 0; !input->caught_up() && silent < kSilentReadsMax; ++silent) {
    const auto messages = input->Read(1, kReadWaitMs);
    if (!messages) return std::unexpected(messages.error());
    if (messages->empty()) continue;
    if (Status ok = take(messages->front()); !ok) return std::unexpected(ok.error());
    return true;
  }
  if (input->caught_up()) return false;
  return Fail("stream " + stream + " does not answer while its beginning is read.");
}

}  // namespace

std::string History::Payload() const {
  std::string json = "{\"until\":";
  connectors::AppendJsonText(json, TickPayload(until));
  json += ",\"from\":\"" + std::to_string(from) + "\",\"before\":\"" + std::to_string(before) +
          "\",\"events\":\"" + std::to_string(events) + "\",\"digest\":";
  connectors::AppendJsonText(json, digest);
  return json + "}";
}

Result<LogBeginning> ReadBeginning(connectors::Connection& connection, const connectors::ServeConfig& config,
                                   const std::string& input_stream) {
  LogBeginning beginning;
  const auto history =
      ReadFirst(connection, input_stream, config.backfill_subject(),
                [&](const connectors::InputMessage& message) -> Status {
                  beginning.history = ParseHistory(message.data);
                  if (!beginning.history) {
                    return Fail("message " + std::to_string(message.sequence) + " of stream " + input_stream +
                                " says that history was taken in, in a form that this version of Lull cannot "
                                "read. What to do: start the version that wrote it, or a later one; only "
                                "`lull backfill` may publish there.");
                  }
                  beginning.history->mark = MarkOf(message);
                  return {};
                });
  if (!history) return std::unexpected(history.error());
  const auto deployment = ReadFirst(connection, input_stream, config.deploy_subject(),
                                    [&](const connectors::InputMessage& message) -> Status {
                                      beginning.first_deployment = message.sequence;
                                      return {};
                                    });
  if (!deployment) return std::unexpected(deployment.error());
  const bool comes_late = beginning.history && beginning.first_deployment > 0 &&
                          beginning.first_deployment < beginning.history->mark.sequence;
  if (comes_late) beginning.history.reset();
  return beginning;
}

}  // namespace lull::service
