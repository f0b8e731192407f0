// lull run: a deterministic replay of a file of events.
#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "runtime/ordered_sink.h"
#include "tools/lull/command.h"
#include "tools/lull/console.h"
#include "tools/lull/replay.h"
#include "tools/lull/rules.h"
#include "tools/lull/summary.h"

namespace lull::tools {
namespace {

using connectors::ActionFormat;
using connectors::OutputFile;

struct RunOptions {
  std::string folder;
  std::vector<std::string> events;
  std::string actions = "-";
  std::string decisions;
  std::string dead_letters;
  ReplayOptions replay;
  std::optional<runtime::LatePolicy> late;
  EngineKind engine = EngineKind::kNative;
  ActionFormat format = ActionFormat::kJson;
  bool counts = false;
  bool stream = false;
  bool quiet = false;
};

/// The files that a run writes; null where none was asked for.
struct Outputs {
  std::unique_ptr<OutputFile> actions;
  std::unique_ptr<OutputFile> decisions;
  std::unique_ptr<OutputFile> dead_letters;

  Status status() const {
    for (const OutputFile* file : {actions.get(), decisions.get(), dead_letters.get()}) {
      if (file != nullptr && !file->status()) return file->status();
    }
    return {};
  }
  bool is_broken_pipe() const {
    return actions->is_broken_pipe() || (decisions && decisions->is_broken_pipe());
  }
  Status Close() const {
    for (OutputFile* file : {actions.get(), decisions.get(), dead_letters.get()}) {
      if (file == nullptr) continue;
      const Status closed = file->Close();
      if (!closed) return closed;
    }
    return {};
  }
};

Result<Outputs> OpenOutputs(const RunOptions& options) {
  Outputs outputs;
  const std::pair<const std::string*, std::unique_ptr<OutputFile>*> wanted[] = {
      {&options.actions, &outputs.actions},
      {&options.decisions, &outputs.decisions},
      {&options.dead_letters, &outputs.dead_letters},
  };
  for (const auto& [path, file] : wanted) {
    if (path->empty()) continue;
    Result<OutputFile> opened = OutputFile::Create(*path);
    if (!opened) return std::unexpected(opened.error());
    *file = std::make_unique<OutputFile>(std::move(*opened));
  }
  return outputs;
}

/// Lets actions through once history is over.
class LiveOnly : public runtime::DecisionSink {
 public:
  explicit LiveOnly(runtime::DecisionSink& sink) : sink_(sink) {}
  void Watch(const Replay& replay) { replay_ = &replay; }

  runtime::SinkWants wants() const override { return sink_.wants(); }
  void OnDecision(const runtime::Decision& decision) override {
    if (replay_->is_live()) sink_.OnDecision(decision);
  }
  void OnEntryEnd() override { sink_.OnEntryEnd(); }
  void OnRuleset(const std::shared_ptr<const runtime::Ruleset>& ruleset) override {
    sink_.OnRuleset(ruleset);
  }

 private:
  runtime::DecisionSink& sink_;
  const Replay* replay_ = nullptr;
};

/// The chain of sinks between engine and files. Decisions of a file replay are put in order at its end; with
/// --stream they go on as each entry reveals them.
class Sinks {
 public:
  Sinks(const RunOptions& options, const Outputs& outputs) : actions_(*outputs.actions, options.format) {
    runtime::DecisionSink* last = options.quiet ? static_cast<runtime::DecisionSink*>(&nothing_) : &reasons_;
    if (outputs.decisions) {
      decisions_ = std::make_unique<connectors::DecisionOutput>(*outputs.decisions);
      last = Tee(InOrder(*decisions_, options.stream), *last);
    }
    if (options.counts) {
      first_ = last;
    } else {
      live_only_ = std::make_unique<LiveOnly>(InOrder(actions_, options.stream));
      first_ = Tee(*live_only_, *last);
    }
  }

  runtime::DecisionSink& first() { return *first_; }
  const connectors::ReasonCounter& reasons() const { return reasons_; }
  /// Before anything is decided.
  void Watch(const Replay& replay) {
    if (live_only_) live_only_->Watch(replay);
  }
  void Flush() {
    for (const auto& sink : ordered_) sink->Flush();
  }

 private:
  runtime::DecisionSink& InOrder(runtime::DecisionSink& sink, bool stream) {
    if (!stream) return *ordered_.emplace_back(std::make_unique<runtime::OrderedSink>(sink));
    return *others_.emplace_back(std::make_unique<runtime::EntrySorter>(sink));
  }
  runtime::DecisionSink* Tee(runtime::DecisionSink& a, runtime::DecisionSink& b) {
    return others_.emplace_back(std::make_unique<runtime::TeeSink>(a, b)).get();
  }

  connectors::ActionOutput actions_;
  connectors::NullSink nothing_;
  connectors::ReasonCounter reasons_;
  std::unique_ptr<connectors::DecisionOutput> decisions_;
  std::vector<std::unique_ptr<runtime::OrderedSink>> ordered_;
  std::vector<std::unique_ptr<runtime::DecisionSink>> others_;
  std::unique_ptr<LiveOnly> live_only_;
  runtime::DecisionSink* first_ = nullptr;
};

std::expected<runtime::Program, int> PrepareProgram(const RunOptions& options) {
  const auto loaded = LoadRules(options.folder, options.quiet);
  if (!loaded) return std::unexpected(loaded.error());
  auto compiled = CompileRules(*loaded);
  if (!compiled) return std::unexpected(compiled.error());
  if (options.late) {
    auto changed = std::make_shared<runtime::Ruleset>(*compiled->ruleset);
    changed->late = *options.late;
    compiled->ruleset = std::move(changed);
  }
  Result<runtime::Program> program = MakeProgram(*compiled, options.engine);
  if (!program) return std::unexpected(Complain(program.error().message));
  return std::move(*program);
}

int FinishOutputs(const Outputs& outputs) {
  const Status closed = outputs.Close();
  if (closed || outputs.is_broken_pipe()) return kExitOk;
  return Complain(closed.error().message);
}

int Run(const RunOptions& options) {
  if (options.actions == "-" && options.decisions == "-" && !options.counts) {
    return Complain("--actions and --decisions cannot both be standard output", kExitUsage);
  }
  const auto program = PrepareProgram(options);
  if (!program) return program.error();
  Result<EventFiles> input = EventFiles::Open(options.events);
  if (!input) return Complain(input.error().message);
  const Result<Outputs> outputs = OpenOutputs(options);
  if (!outputs) return Complain(outputs.error().message);

  Sinks sinks(options, *outputs);
  connectors::DeadLetterOutput dead_letters(outputs->dead_letters.get());
  Replay replay(*program, options.replay, *input, dead_letters, sinks.first());
  sinks.Watch(replay);
  ProgressBar progress(!options.quiet);
  const auto begin = std::chrono::steady_clock::now();
  const Status ran = replay.Run([&](std::uint64_t lines) {
    progress.Update(lines, input->bytes_read(), input->bytes_total());
    if (options.stream) outputs->actions->Flush();
    return outputs->status().has_value();
  });
  sinks.Flush();
  progress.Clear();
  if (!ran) Complain(ran.error().message);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (options.counts) outputs->actions->Write(CountsCsv(replay.totals(), *program->ruleset));
  const int finished = FinishOutputs(*outputs);
  if (!options.quiet) PrintSummary(replay.totals(), dead_letters, sinks.reasons(), seconds);
  return ran ? finished : kExitFailure;
}

void AddInputOptions(CLI::App& command, RunOptions& options) {
  command.add_option("DIR", options.folder, "Folder with the *.lull files")->required();
  command
      .add_option("--events", options.events,
                  "JSON Lines, plain or .gz; - is standard input. Given again: the files are merged by time")
      ->required()
      ->allow_extra_args(false);
  AddTimeOption(command, "--until", options.replay.until,
                "The end of the replay (default: the last event's time)");
  AddTimeOption(
      command, "--history-until", options.replay.history_until,
      "What is decided up to here is history, as for `lull backfill`: no actions, nothing stays open");
  AddDurationOption(command, "--lateness", options.replay.lateness_micros,
                    "How long to wait for events that come late (default: as the ruleset says)");
  AddTimeOption(command, "--max-time", options.replay.max_time, "Events after this time are dead letters");
  static const std::map<std::string, runtime::LatePolicy> kLate = {
      {"apply", runtime::LatePolicy::kApply},
      {"drop", runtime::LatePolicy::kDrop},
      {"dead_letter", runtime::LatePolicy::kDeadLetter}};
  command
      .add_option_function<std::string>(
          "--late", [&options](const std::string& word) { options.late = kLate.at(word); },
          "What to do with late events: apply, drop or dead_letter (default: as the ruleset says)")
      ->check(CLI::IsMember({"apply", "drop", "dead_letter"}));
  AddDurationOption(command, "--ticks", options.replay.tick_micros,
                    "Decide what is due whenever the log's time passes a multiple of this");
}

void AddOutputOptions(CLI::App& command, RunOptions& options) {
  command.add_option("--actions", options.actions, "Where actions go; - is standard output")
      ->capture_default_str();
  command.add_option("--decisions", options.decisions, "All decisions, those held back with the reason too");
  command.add_option("--dead-letter", options.dead_letters, "Input that could not be read, with the reasons");
  command
      .add_option_function<std::string>(
          "--format",
          [&options](const std::string& word) {
            options.format = word == "csv" ? ActionFormat::kCsv : ActionFormat::kJson;
          },
          "Of actions: json (all there is), or csv (nudge,entity,time; where entities have parts, ,whole)")
      ->check(CLI::IsMember({"json", "csv"}));
  command.add_flag("--counts", options.counts, "Instead of actions, write how many there are of each nudge");
  command.add_flag("--stream", options.stream,
                   "Write actions when they are revealed, not in order at the end");
  command.add_flag("--quiet", options.quiet, "No warnings, progress or summary");
}

void AddEngineOptions(CLI::App& command, RunOptions& options) {
  command
      .add_option_function<std::string>(
          "--engine",
          [&options](const std::string& word) {
            options.engine = word == "native" ? EngineKind::kNative : EngineKind::kInterpreter;
          },
          "native (default) or interpreter; both decide the same")
      ->check(CLI::IsMember({"native", "interpreter"}));
  command.add_option("--batch", options.replay.batch_count, "Events that are read at once")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  command.add_option("--reload-at", options.replay.reload_at, "Reload the ruleset after so many events")
      ->group("");
}

}  // namespace

void AddRunCommand(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Replay a file of events, and write the actions");
  AddInputOptions(*command, *options);
  AddOutputOptions(*command, *options);
  AddEngineOptions(*command, *options);
  command->footer(
      "\nExamples:\n"
      "  lull run rules --events log.jsonl.gz --actions actions.jsonl --dead-letter bad.jsonl\n"
      "  lull run rules --events - --format csv --until 2026-01-12T00:00:00Z < log.jsonl\n"
      "  lull run rules --events log.jsonl --counts --lateness 60s\n"
      "\nInput that cannot be read never stops a run: it is counted, and kept with --dead-letter.");
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace lull::tools
