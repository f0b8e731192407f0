// lull backfill: a deployment begins with history from files, and goes on with the live stream.
#include "tools/lull/backfill.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <thread>

#include "connectors/checkpoint/checkpoint_writer.h"
#include "connectors/nats/partitioning.h"
#include "connectors/nats/stream.h"
#include "connectors/nats/subject_token.h"
#include "connectors/time_text.h"
#include "runtime/base/clock.h"
#include "runtime/ordered_sink.h"
#include "service/deployment.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/replay.h"
#include "tools/lull/summary.h"

namespace lull::tools {
namespace {

using connectors::OutputFile;
using service::Deployment;
using service::History;

constexpr std::size_t kSliceEntities = 4'096;
constexpr std::uint64_t kBacklogBytesMax = 64U << 20U;
constexpr std::size_t kBatchCount = 2'000;

/// Files that are written beside the checkpoint; null where none was asked for.
struct BackfillOutputs {
  std::unique_ptr<OutputFile> decisions;
  std::unique_ptr<OutputFile> dead_letters;
};

Result<BackfillOutputs> OpenOutputs(const BackfillOptions& options) {
  BackfillOutputs outputs;
  const std::pair<const std::string*, std::unique_ptr<OutputFile>*> wanted[] = {
      {&options.decisions, &outputs.decisions}, {&options.dead_letters, &outputs.dead_letters}};
  for (const auto& [path, file] : wanted) {
    if (path->empty()) continue;
    auto opened = OutputFile::Create(*path);
    if (!opened) return std::unexpected(opened.error());
    *file = std::make_unique<OutputFile>(std::move(*opened));
  }
  return outputs;
}

/// One partition's part of the work; the whole of it where there are none.
class Share {
 public:
  /// All must outlive it. `number`: of the partition.
  Share(const connectors::ServeConfig& whole, const connectors::ServeConfig& own, std::uint32_t number,
        const BackfillOptions& options, const BackfillOutputs& outputs)
      : whole_(whole),
        own_(own),
        number_(number),
        options_(options),
        outputs_(outputs),
        input_stream_(connectors::StreamName(own.name, "IN")) {}

  /// False: it was done before.
  Result<bool> Run(connectors::Connection& connection);

 private:
  Result<Deployment> FindDeployment(connectors::Connection& connection);
  Status ReadFiles(const Deployment& deployment);
  Status NameIt(connectors::Connection& connection, const Deployment& deployment);
  Status WriteCheckpoint(const Deployment& deployment);
  bool Takes(const runtime::Ruleset& ruleset, const runtime::EventFrame& frame);

  const connectors::ServeConfig& whole_;
  const connectors::ServeConfig& own_;
  const std::uint32_t number_;
  const BackfillOptions& options_;
  const BackfillOutputs& outputs_;
  const std::string input_stream_;
  BackfillPlace place_;
  History history_;
  std::uint64_t after_ = 0;  // events of the files that are after the end of history
  std::optional<EventFiles> files_;
  std::unique_ptr<runtime::DecisionSink> nothing_ = std::make_unique<connectors::NullSink>();
  std::unique_ptr<connectors::DecisionOutput> decisions_;
  std::unique_ptr<runtime::EntrySorter> sorted_;  // years of decisions do not fit into memory
  ReplayOptions replay_options_;
  std::optional<Replay> replay_;
};

// The ruleset of the log, if history is taken in again; else that of the folder.
Result<Deployment> Share::FindDeployment(connectors::Connection& connection) {
  Result<connectors::DeployMarker> marker = Fail("");
  if (place_.is_deployed) {
    auto found = service::FindMarkers(connection, input_stream_, own_.deploy_subject());
    if (!found) return std::unexpected(found.error());
    marker = std::move(found->first);
  } else {
    marker = service::ReadBundle(own_);
  }
  if (!marker) return std::unexpected(marker.error());
  return service::Prepare(std::move(*marker), true);
}

bool Share::Takes(const runtime::Ruleset& ruleset, const runtime::EventFrame& frame) {
  if (whole_.partition_count > 1) {
    const runtime::EventSchema& event = ruleset.events[frame.event];
    std::uint32_t partition = 0;
    for (std::size_t place = 0; place < event.entities.size(); ++place) {
      const bool is_whole = event.parts.empty() || event.parts[place].whole == runtime::kNoIndex;
      if (!is_whole || !frame.keys[place].known()) continue;
      partition =
          connectors::PartitionOf(connectors::EncodeToken(frame.keys[place].view()), whole_.partition_count);
      break;
    }
    if (partition != number_) return false;
  }
  if (frame.time.micros <= options_.until) {
    ++history_.events;
    return true;
  }
  ++after_;
  return false;
}

Status Share::ReadFiles(const Deployment& deployment) {
  auto files = EventFiles::Open(options_.files);
  if (!files) return std::unexpected(files.error());
  files_.emplace(std::move(*files));
  const runtime::Ruleset& ruleset = *deployment.program.ruleset;
  runtime::DecisionSink* sink = nothing_.get();
  if (outputs_.decisions) {
    decisions_ = std::make_unique<connectors::DecisionOutput>(*outputs_.decisions);
    sorted_ = std::make_unique<runtime::EntrySorter>(*decisions_);
    sink = sorted_.get();
  }
  connectors::ReasonCounter reasons;
  runtime::TeeSink counted(*sink, reasons);
  // What cannot be read is the same in each partition.
  connectors::DeadLetterOutput dead_letters(number_ == 0 ? outputs_.dead_letters.get() : nullptr);
  replay_options_.batch_count = kBatchCount;
  replay_options_.history_until = options_.until;
  replay_options_.snapshots = true;
  replay_options_.digest = true;
  replay_options_.keep = [&](const runtime::EventFrame& frame) { return Takes(ruleset, frame); };
  replay_.emplace(deployment.program, replay_options_, *files_, dead_letters, counted);
  ProgressBar progress(!options_.quiet);
  const auto begin = std::chrono::steady_clock::now();
  const Status ran = replay_->Run([&](std::uint64_t lines) {
    progress.Update(lines, files_->bytes_read(), files_->bytes_total());
    return true;
  });
  progress.Clear();
  if (!ran) return ran;
  for (const OutputFile* file : {outputs_.decisions.get(), outputs_.dead_letters.get()}) {
    if (file != nullptr && !file->status()) return file->status();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!options_.quiet) PrintSummary(replay_->totals(), dead_letters, reasons, seconds);
  return {};
}

// The log learns of it first: from then on nothing starts without the checkpoint.
Status Share::NameIt(connectors::Connection& connection, const Deployment& deployment) {
  history_.until = {options_.until};
  history_.digest = files_->digest();
  if (place_.known) {
    const History& known = *place_.known;
    if (known.digest != history_.digest || known.until != history_.until) {
      return Fail(
          fmt::format("deployment \"{}\" has taken in other history: {} events up to {}, digest {}; these "
                      "files have {} up to {}, "
                      "digest {}. What to do: give the same files in the same order, and the same `--until`.",
                      own_.name, known.events, connectors::Rfc3339Text(known.until.micros), known.digest,
                      history_.events, connectors::Rfc3339Text(options_.until), history_.digest));
    }
    history_ = known;
  } else {
    history_.from = place_.first_sequence;
    history_.before = place_.last_sequence;
    const auto stored = connection.Store(own_.backfill_subject(), history_.Payload(),
                                         {.id = "backfill." + own_.name + "." + history_.digest});
    if (!stored) return std::unexpected(stored.error());
    const auto beginning = service::ReadBeginning(connection, own_, input_stream_);
    if (!beginning) return std::unexpected(beginning.error());
    if (!beginning->history || beginning->history->digest != history_.digest ||
        beginning->history->before != history_.before) {
      return Fail("deployment \"" + own_.name +
                  "\" has begun meanwhile, or another backfill has; this one does not count.");
    }
    history_ = *beginning->history;
    place_.is_deployed = beginning->first_deployment > 0;
  }
  if (place_.is_deployed) return {};
  const auto stored = connection.Store(own_.deploy_subject(), deployment.bundle, {});
  return stored ? Status() : std::unexpected(stored.error());
}

Status Share::WriteCheckpoint(const Deployment& deployment) {
  auto store = connectors::CheckpointStore::Begin(
      {.folder = *own_.state_folder, .keep_count = own_.checkpoint_keep_count});
  if (!store) return std::unexpected(store.error());
  connectors::CheckpointWriter writer(std::move(*store));
  runtime::Engine& engine = replay_->engine();
  engine.BeginSnapshot(writer);
  while (!engine.ContinueSnapshot(kSliceEntities)) {
    while (writer.backlog_bytes() > kBacklogBytesMax)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  connectors::CheckpointHead head;
  head.made_micros = WallMicros();
  head.deployment = own_.name;
  head.bundle = deployment.bundle;
  head.layout_hash = deployment.layout_hash;
  head.clock = engine.clock();
  head.input.sequence = history_.from - 1;
  head.history = history_.mark;
  for (const runtime::EntitySpec& entity : deployment.program.ruleset->entities)
    head.entity_types.push_back(entity.name);
  writer.Finish(std::move(head));
  const auto written = writer.Wait();
  if (!written) return std::unexpected(written.error());
  if (!options_.quiet) {
    fmt::print(
        stderr,
        "Deployment \"{}\" begins with {} events up to {}; {} later ones are left to the live stream.\n"
        "Nothing of it was sent. Checkpoint {} in {} has it; start `lull serve`.\n",
        own_.name, Grouped(history_.events), connectors::Rfc3339Text(options_.until), Grouped(after_),
        written->number, own_.state_folder->string());
  }
  return {};
}

Result<bool> Share::Run(connectors::Connection& connection) {
  auto place = FindBackfillPlace(connection, own_, options_);
  if (!place) return std::unexpected(place.error());
  place_ = *place;
  if (place_.is_done) return false;
  if (options_.capture_only) {
    fmt::print(stderr,
               "The input log {} is there: what is published is kept. Export history up to now, or later, "
               "and give it to "
               "`lull backfill` before `lull serve` is started.\n",
               input_stream_);
    return true;
  }
  auto deployment = FindDeployment(connection);
  if (!deployment) return std::unexpected(deployment.error());
  Status done = ReadFiles(*deployment);
  if (done) done = NameIt(connection, *deployment);
  if (done) done = WriteCheckpoint(*deployment);
  if (!done) return std::unexpected(done.error());
  return true;
}

Status CheckOptions(const BackfillOptions& options, const connectors::ServeConfig& config) {
  if (!config.state_folder) {
    return Fail(
        "history lives in checkpoints, and the configuration has `checkpoints = false` under [state].");
  }
  if (options.capture_only) return {};
  if (options.files.empty() || options.until == kUnknown) {
    return Fail("give the files of history and `--until TIME`; or `--capture`.");
  }
  if (options.until > WallMicros()) return Fail("`--until` lies ahead of now.");
  return {};
}

int Backfill(const BackfillOptions& options) {
  const auto config = connectors::LoadServeConfig(options.config_file);
  if (!config) return Complain("the configuration is not usable:\n" + config.error().message, kExitUsage);
  if (Status ok = CheckOptions(options, *config); !ok) return Complain(ok.error().message, kExitUsage);
  const auto outputs = OpenOutputs(options);
  if (!outputs) return Complain(outputs.error().message);
  auto connection = connectors::Connection::Open(config->nats);
  if (!connection) return Complain(connection.error().message);
  bool any = false;
  for (std::uint32_t number = 0; number < config->partition_count; ++number) {
    const connectors::ServeConfig own =
        config->partition_count > 1 ? connectors::PartitionConfig(*config, number) : *config;
    Share share(*config, own, number, options, *outputs);
    const auto done = share.Run(*connection);
    if (!done) return Complain(done.error().message);
    any = any || *done;
  }
  if (!any) {
    return Complain(
        "deployment \"" + config->name +
        "\" has taken in history already. It is taken in once: what comes later comes through the live "
        "stream.");
  }
  for (OutputFile* file : {outputs->decisions.get(), outputs->dead_letters.get()}) {
    if (file == nullptr) continue;
    if (const Status closed = file->Close(); !closed) return Complain(closed.error().message);
  }
  return kExitOk;
}

}  // namespace

void AddBackfillCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<BackfillOptions>();
  CLI::App* command = app.add_subcommand("backfill", "Let a deployment begin with history from files");
  command->add_option("--config", options->config_file, "Configuration file of `lull serve`")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_flag("--capture", options->capture_only,
                    "Only make the input log, so that live events are kept from now on");
  AddTimeOption(*command, "--until", options->until,
                "Up to here the files have everything; later events come from the live stream");
  command->add_option("FILES", options->files, "JSON Lines, plain or .gz, merged by time");
  command->add_option("--decisions", options->decisions,
                      "What would have been decided in history, with reasons");
  command->add_option("--dead-letter", options->dead_letters,
                      "Lines that could not be read, with the reasons");
  command->add_flag("--accept-gap", options->accept_gap,
                    "Go on although events may lie between the end of history and the input log's beginning");
  command->add_flag("--quiet", options->quiet, "No progress or summary");
  command->footer(
      "\nExample:\n"
      "  lull backfill --config lull.toml --capture          # live events are kept from now on\n"
      "  ...                                                 # export history from the other systems\n"
      "  lull backfill --config lull.toml --until 2026-03-20T09:00:00Z orders.jsonl.gz visits-*.jsonl.gz\n"
      "  lull serve --config lull.toml\n"
      "\nWhat is decided in history is sent to nobody: tasks do not stay open, and nothing waits to be sent. "
      "It counts\n"
      "for limits and pauses. Live events up to --until that were kept before this ran are not counted "
      "again.");
  command->callback([options, &run] { run = [options] { return Backfill(*options); }; });
}

}  // namespace lull::tools
