// Whether history can be taken in, and from where on.
#include <fmt/format.h>

#include "connectors/checkpoint/checkpoint_store.h"
#include "connectors/nats/deployment_streams.h"
#include "connectors/nats/stream.h"
#include "connectors/time_text.h"
#include "service/outbox.h"
#include "tools/lull/backfill.h"

namespace lull::tools {
namespace {

constexpr std::int64_t kAskMs = 1'000;

/// Whether the checkpoint is there.
Result<bool> CheckFolder(const connectors::ServeConfig& config,
                         const std::optional<service::History>& known) {
  for (const std::filesystem::path& folder : connectors::FinishedCheckpoints(*config.state_folder)) {
    const auto checkpoint = connectors::CheckpointReader::Open(folder);
    if (!checkpoint) continue;
    if (known && checkpoint->head().history == known->mark) return true;
    return Fail(
        fmt::format("the state folder {} has checkpoints of another beginning. What to do: move it away.",
                    config.state_folder->string()));
  }
  return false;
}

// What happened between the end of history and the log's beginning would be in neither.
Status CheckGap(const connectors::ServeConfig& config, const connectors::StreamState& state,
                const BackfillOptions& options) {
  if (options.accept_gap) return {};
  const std::string stream = connectors::StreamName(config.name, "IN");
  if (state.first_sequence > 1) {
    return Fail(fmt::format(
        "the input log {} has lost its head: its first message is {}. What to do: take history in "
        "before messages go by their age; or accept it with `--accept-gap`.",
        stream, state.first_sequence));
  }
  bool captures = false;
  for (const connectors::ServeSource& source : config.sources) captures = captures || source.stream.empty();
  if (!captures || state.created.micros <= options.until) return {};
  return Fail(fmt::format(
      "the input log {} keeps events since {}, and history ends before, at {}: what happened between is in "
      "neither. What "
      "to do: export history anew, up to now, and give that time as `--until`; or accept the gap with "
      "`--accept-gap`.",
      stream, connectors::Rfc3339Text(state.created.micros), connectors::Rfc3339Text(options.until)));
}

}  // namespace

Result<BackfillPlace> FindBackfillPlace(connectors::Connection& connection,
                                        const connectors::ServeConfig& config,
                                        const BackfillOptions& options) {
  const std::string stream = connectors::StreamName(config.name, "IN");
  const auto state = connectors::EnsureStream(connection, connectors::InputStream(config));
  if (!state) return std::unexpected(state.error());
  if (Status ok = service::Outbox::MakeStreams(connection, config); !ok) return std::unexpected(ok.error());
  const auto beginning = service::ReadBeginning(connection, config, stream);
  if (!beginning) return std::unexpected(beginning.error());
  // Where the log knows of history, other machines may run already.
  if (!beginning->history && connection.Request(config.control_subject(), "status", kAskMs)) {
    return Fail(
        fmt::format("`lull serve` of deployment \"{}\" is running, and history can only be taken in before a "
                    "deployment begins. What to do: give a new deployment another `name` and `folder`.",
                    config.name));
  }
  if (!beginning->history) {
    const auto actions = connectors::ReadStreamState(connection, connectors::StreamName(config.name, "OUT"));
    if (!actions) return std::unexpected(actions.error());
    // The log may have lost the ruleset that it began with.
    if (beginning->first_deployment > 0 || actions->last_sequence > 0) {
      return Fail(
          fmt::format("deployment \"{}\" has begun without history, and cannot take any in now. What to do: "
                      "give a new deployment "
                      "another `name` and `folder`, let it take in the history, and switch over.",
                      config.name));
    }
  }
  const auto is_done = CheckFolder(config, beginning->history);
  if (!is_done) return std::unexpected(is_done.error());
  if (!*is_done && beginning->history && state->first_sequence > beginning->history->from) {
    return Fail(
        fmt::format("the input log {} begins with message {}, and went on from history at {}: what the "
                    "messages between have done is "
                    "not known any more. What to do: put a copy of the state folder {} back in place.",
                    stream, state->first_sequence, beginning->history->from, config.state_folder->string()));
  }
  if (!beginning->history && !options.capture_only) {
    if (Status ok = CheckGap(config, *state, options); !ok) return std::unexpected(ok.error());
  }
  return BackfillPlace{.known = beginning->history,
                       .is_done = *is_done,
                       .is_deployed = beginning->first_deployment > 0,
                       .first_sequence = state->first_sequence,
                       .last_sequence = state->last_sequence};
}

}  // namespace lull::tools
