#include "service/recovery.h"

#include <algorithm>

#include "connectors/nats/deploy_marker.h"
#include "connectors/nats/stream.h"
#include "connectors/time_text.h"
#include "runtime/hash.h"
#include "service/deployment.h"

namespace lull::service {

using connectors::CheckpointHead;
using connectors::CheckpointReader;
using connectors::FitOf;
using connectors::LogFacts;
using connectors::LogMark;
using connectors::MarkFit;

namespace {

constexpr std::int64_t kReadWaitMs = 10'000;

std::uint64_t OutputDigest(const connectors::InputMessage& message) { return IdDigest(message.message_id); }
std::uint64_t InputDigest(const connectors::InputMessage& message) { return MarkOf(message).digest; }

/// A stream as it is now; one that does not exist has no messages.
Result<LogFacts> FactsOf(connectors::Connection& connection, const std::string& stream, const LogMark& mark,
                         std::uint64_t (*digest)(const connectors::InputMessage&)) {
  const auto state = connectors::ReadStreamState(connection, stream);
  if (!state) return std::unexpected(state.error());
  LogFacts facts{.first_sequence = state->first_sequence, .last_sequence = state->last_sequence};
  if (mark.sequence < facts.first_sequence || mark.sequence > facts.last_sequence) return facts;
  auto input = connectors::InputLog::Open(
      connection, {.stream = stream, .from_sequence = mark.sequence, .message_ids = true});
  if (!input) return std::unexpected(input.error());
  const auto messages = input->Read(1, kReadWaitMs);
  if (!messages) return std::unexpected(messages.error());
  if (messages->empty()) {
    return Fail("message " + std::to_string(mark.sequence) + " of stream " + stream +
                " could not be read within " + std::to_string(kReadWaitMs / 1'000) + " s.");
  }
  if (messages->front().sequence == mark.sequence) facts.digest_at_mark = digest(messages->front());
  return facts;
}

/// What a checkpoint was made with. Fails if this program would lay out its records in another way.
Result<std::shared_ptr<const Deployment>> PrepareSame(std::string_view bundle, std::uint64_t layout_hash) {
  auto marker = connectors::ParseDeployMarker(bundle);
  if (!marker) return std::unexpected(marker.error());
  Result<Deployment> prepared = Prepare(std::move(*marker), false);
  if (!prepared) return std::unexpected(prepared.error());
  if (prepared->layout_hash != layout_hash) {
    return Fail(
        "it was written by a version of Lull that lays out records in another way. What to do: "
        "start that version again, or let this one read the whole input log.");
  }
  return std::make_shared<const Deployment>(std::move(*prepared));
}

/// The attempts of one start.
class Attempt {
 public:
  Attempt(connectors::Connection& connection, const connectors::ServeConfig& config,
          const RecoveryOptions& options, ServiceLog& log, const OutputChannel::Stopping& stopping)
      : connection_(connection), config_(config), options_(options), log_(log), stopping_(stopping) {}

  Result<Recovery> Run();

 private:
  /// Nothing: this one is not good, and the log says why.
  Result<std::optional<Recovery>> Try(const std::filesystem::path& folder);
  Result<bool> FitsLogs(const CheckpointHead& head, const std::string& name);
  Result<bool> FitsInput(const CheckpointHead& head, const std::string& name);
  Result<bool> FitsHistory(const CheckpointHead& head, const std::string& name);
  Result<Recovery> FromTheBeginning(bool had_checkpoints);
  std::nullopt_t Reject(const std::string& name, const std::string& why) {
    log_.Error("a checkpoint cannot be used; the one before it is tried",
               {{"checkpoint", name}, {"why", why}});
    return std::nullopt;
  }

  connectors::Connection& connection_;
  const connectors::ServeConfig& config_;
  const RecoveryOptions& options_;
  ServiceLog& log_;
  const OutputChannel::Stopping& stopping_;
};

Result<bool> Attempt::FitsInput(const CheckpointHead& head, const std::string& name) {
  const auto facts = FactsOf(connection_, options_.input_stream, head.input, InputDigest);
  if (!facts) return std::unexpected(facts.error());
  const MarkFit fit = FitOf(head.input, *facts);
  if (fit == MarkFit::kFits) return true;
  const std::string log_now =
      "the input log " + options_.input_stream + " has messages " + std::to_string(facts->first_sequence) +
      " to " + std::to_string(facts->last_sequence) + ", and checkpoint " + name + " of " +
      connectors::Rfc3339Text(head.made_micros) + " stands at " + std::to_string(head.input.sequence);
  if (fit == MarkFit::kTrimmed) {
    Reject(name, log_now + ": what lies between is gone.");
    return false;
  }
  if (!options_.accept_lost_input) {
    return Fail(
        log_now +
        ": the broker has lost messages that it had accepted, and may have given their numbers to new "
        "ones. Lull has acted on them already. What to do: restore the broker's store if there is a "
        "copy; or start with `--accept-lost-input`, which goes on from an older checkpoint and keeps "
        "what was sent.");
  }
  log_.Warn("accepted input is gone; an older checkpoint is tried", {{"checkpoint", name}, {"why", log_now}});
  return false;
}

// A checkpoint goes on from the history that its log names, or from none.
Result<bool> Attempt::FitsHistory(const CheckpointHead& head, const std::string& name) {
  if (options_.history) {
    if (head.history == options_.history->mark) return true;
    Reject(name, "the input log says that the deployment begins with history up to " +
                     connectors::Rfc3339Text(options_.history->until.micros) +
                     ", and this checkpoint does not.");
    return false;
  }
  if (head.history.sequence == 0) return true;
  const auto state = connectors::ReadStreamState(connection_, options_.input_stream);
  if (!state) return std::unexpected(state.error());
  // The entry itself may have gone by its age.
  if (head.history.sequence < state->first_sequence) return true;
  Reject(name, "it begins with history that the input log does not know of; it is of another log.");
  return false;
}

Result<bool> Attempt::FitsLogs(const CheckpointHead& head, const std::string& name) {
  const auto history = FitsHistory(head, name);
  if (!history || !*history) return history;
  const auto input = FitsInput(head, name);
  if (!input || !*input) return input;
  const std::vector<std::string> streams = Outbox::StreamsOf(config_);
  for (const connectors::OutputMark& output : head.outputs) {
    if (std::ranges::count(streams, output.stream) == 0) continue;
    const auto facts = FactsOf(connection_, output.stream, output.end, OutputDigest);
    if (!facts) return std::unexpected(facts.error());
    // A trimmed output log is nobody's loss: what is gone from it was there.
    if (FitOf(output.end, *facts) != MarkFit::kLost) continue;
    log_.Warn("an output log has lost its end; what it lost is decided and sent again",
              {{"stream", output.stream},
               {"last_sequence", facts->last_sequence},
               {"checkpoint", name},
               {"checkpoint_sequence", output.end.sequence}});
    return false;
  }
  return true;
}

Result<std::optional<Recovery>> Attempt::Try(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  auto checkpoint = CheckpointReader::Open(folder);
  if (!checkpoint) return Reject(name, checkpoint.error().message);
  const CheckpointHead& head = checkpoint->head();
  if (head.deployment != config_.name) {
    return Fail("the state folder " + config_.state_folder->string() + " belongs to deployment \"" +
                head.deployment + "\", and this one is \"" + config_.name +
                "\". What to do: give each a `folder` of its own in [state].");
  }
  const auto fits = FitsLogs(head, name);
  if (!fits) return std::unexpected(fits.error());
  if (!*fits) return std::nullopt;
  auto in_force = PrepareSame(head.bundle, head.layout_hash);
  if (!in_force) return Reject(name, in_force.error().message);
  std::shared_ptr<const Deployment> candidate;
  if (head.candidate) {
    auto tried = PrepareSame(head.candidate->bundle, head.candidate->layout_hash);
    if (!tried) return Reject(name, tried.error().message);
    candidate = std::move(*tried);
  }
  Recovery recovery;
  auto outbox = Outbox::Open(connection_, config_, log_, head.outputs, stopping_);
  if (!outbox) return std::unexpected(outbox.error());
  recovery.outbox = std::move(*outbox);
  auto engine =
      LiveEngine::Restore(std::move(*in_force), std::move(candidate), *recovery.outbox, *checkpoint);
  if (!engine) return Reject(name, engine.error().message);
  recovery.engine = std::move(*engine);
  recovery.head = head;
  recovery.folder = folder;
  return recovery;
}

Result<Recovery> Attempt::FromTheBeginning(bool had_checkpoints) {
  if (options_.history) {
    return Fail(
        "this deployment begins with history up to " +
        connectors::Rfc3339Text(options_.history->until.micros) + " (" +
        std::to_string(options_.history->events) + " events, digest " + options_.history->digest +
        "), and there is no checkpoint that has it: the input log alone is not enough. What to do: put "
        "a copy of the state folder" +
        (config_.state_folder ? " " + config_.state_folder->string() : std::string()) +
        " back in place; or run `lull backfill` again with the same files and the same `--until`, which "
        "makes the checkpoint anew.");
  }
  const auto state = connectors::ReadStreamState(connection_, options_.input_stream);
  if (!state) return std::unexpected(state.error());
  const bool has_head = state->first_sequence <= 1;
  if (!has_head && !options_.accept_lost_input) {
    return Fail("the input log " + options_.input_stream + " begins with message " +
                std::to_string(state->first_sequence) +
                ", and there is no checkpoint to go on from: what the messages before it have done is not "
                "known. What to do: put a copy of the state folder" +
                (config_.state_folder ? " " + config_.state_folder->string() : std::string()) +
                " back in place; or start with `--accept-lost-input`, which begins with the log's first "
                "message as if nothing had been before it.");
  }
  if (!has_head) {
    log_.Warn("the input log has lost its head; what it would have decided is not known any more",
              {{"first_sequence", state->first_sequence}});
  }
  if (had_checkpoints) log_.Warn("no checkpoint can be used; the whole input log is read");
  auto outbox = Outbox::Open(connection_, config_, log_, {}, stopping_);
  if (!outbox) return std::unexpected(outbox.error());
  Recovery recovery;
  recovery.outbox = std::move(*outbox);
  return recovery;
}

Result<Recovery> Attempt::Run() {
  std::vector<std::filesystem::path> folders;
  if (config_.state_folder) folders = connectors::FinishedCheckpoints(*config_.state_folder);
  for (const std::filesystem::path& folder : folders) {
    auto tried = Try(folder);
    if (!tried) return std::unexpected(tried.error());
    if (*tried) return std::move(**tried);
  }
  return FromTheBeginning(!folders.empty());
}

}  // namespace

LogMark MarkOf(const connectors::InputMessage& message) {
  const std::uint64_t digest = runtime::MixBits(runtime::HashBytes(message.subject)) ^
                               runtime::HashBytes(message.data) ^
                               runtime::MixBits(static_cast<std::uint64_t>(message.stored_at.micros));
  return {.sequence = message.sequence, .digest = digest};
}

Result<Recovery> Recover(connectors::Connection& connection, const connectors::ServeConfig& config,
                         const RecoveryOptions& options, ServiceLog& log,
                         const OutputChannel::Stopping& stopping) {
  return Attempt(connection, config, options, log, stopping).Run();
}

}  // namespace lull::service
