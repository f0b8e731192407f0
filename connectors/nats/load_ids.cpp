#include "connectors/nats/handles.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/output_log.h"

namespace lull::connectors {
namespace {

constexpr int kBatchCount = 1'000;
constexpr std::int64_t kPollMs = 100;
constexpr std::int64_t kSilenceMsMax = 10'000;

}  // namespace

Result<std::uint64_t> LoadIds(Connection& connection, const std::string& stream, std::uint64_t from_sequence,
                              const std::function<void(std::uint64_t, std::string_view)>& take) {
  auto state = ReadStreamState(connection, stream);
  if (!state) {
    return std::unexpected(state.error());
  }
  if (state->message_count == 0 || state->last_sequence < from_sequence) {
    return 0;
  }
  auto log = InputLog::Open(
      connection,
      {.stream = stream, .from_sequence = from_sequence, .headers_only = true, .message_ids = true});
  if (!log) {
    return std::unexpected(log.error());
  }
  std::uint64_t count = 0;
  std::int64_t deadline = SteadyMs() + kSilenceMsMax;
  while (log->next_sequence() <= state->last_sequence) {
    auto batch = log->Read(kBatchCount, kPollMs);
    if (!batch) {
      return std::unexpected(batch.error());
    }
    for (const InputMessage& message : *batch) {
      if (message.message_id.empty()) {
        return Fail(
            "message " + std::to_string(message.sequence) + " of stream " + stream +
            " has no id, so Lull did not write it. What to do: keep other programs from publishing there.");
      }
      take(message.sequence, message.message_id);
      ++count;
    }
    if (!batch->empty()) {
      deadline = SteadyMs() + kSilenceMsMax;
    } else if (SteadyMs() > deadline) {
      return Fail("stream " + stream + " at " + connection.address() +
                  " stopped answering while its ids were read.");
    }
  }
  return count;
}

}  // namespace lull::connectors
