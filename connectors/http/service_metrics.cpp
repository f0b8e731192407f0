#include "connectors/http/service_metrics.h"

#include <algorithm>
#include <optional>

namespace lull::connectors {
namespace {

using runtime::DecisionKind;

using Value = std::optional<double>;

double Seconds(std::int64_t micros) { return static_cast<double>(micros) / kMicrosPerSecond; }
double Number(std::uint64_t count) { return static_cast<double>(count); }
double Flag(bool flag) { return flag ? 1 : 0; }
Value IfKnown(double value) { return value < 0 ? Value() : Value(value); }

// Seconds since a moment of the steady clock; 0 if there is none.
double SecondsSince(const ServiceView& view, std::int64_t since_ms) {
  return since_ms == 0 ? 0 : static_cast<double>(std::max<std::int64_t>(view.now_ms - since_ms, 0)) / 1'000;
}

Value LagSeconds(const ServiceView& view) {
  if (!view.streams.problem.empty()) return {};
  if (view.streams.behind == 0) return 0;
  if (!view.streams.oldest_waiting) return {};
  return Seconds(std::max<std::int64_t>(view.now.micros - view.streams.oldest_waiting->micros, 0));
}

// Of the latest checkpoint, if there is one.
const CheckpointGauges* LatestCheckpoint(const ServiceFigures& figures) {
  return figures.checkpoints && figures.checkpoints->made > 0 ? &*figures.checkpoints : nullptr;
}

// ---- One value each
// ------------------------------------------------------------------------------------------

// Of the figures, which are there once the service runs.
struct FigureMetric {
  const char* name;
  MetricKind kind;
  const char* help;
  Value (*of)(const ServiceFigures&);
};

using Figures = const ServiceFigures&;
constexpr MetricKind kCounter = MetricKind::kCounter;
constexpr MetricKind kGauge = MetricKind::kGauge;

constexpr FigureMetric kFigureMetrics[] = {
    {"lull_events_total", kCounter, "Messages of the input log that are neither ticks nor deployments",
     [](Figures f) -> Value { return Number(f.events); }},
    {"lull_ticks_total", kCounter, "Ticks of the clock that were read from the input log",
     [](Figures f) -> Value { return Number(f.ticks); }},
    {"lull_ignored_total", kCounter, "Events of types that the ruleset does not know",
     [](Figures f) -> Value { return Number(f.ignored); }},
    {"lull_duplicates_total", kCounter, "Events that were there before (dedupe)",
     [](Figures f) -> Value { return Number(f.engine.duplicates); }},
    {"lull_steps_unknown_total", kCounter, "Steps of tasks that were not open",
     [](Figures f) -> Value { return Number(f.engine.steps_unknown); }},
    {"lull_forgotten_total", kCounter, "Entities that were forgotten as the ruleset says",
     [](Figures f) -> Value { return Number(f.engine.forgotten); }},
    {"lull_moments_total", kCounter, "Moments that were decided: events and deadlines of entities",
     [](Figures f) -> Value { return Number(f.engine.moments); }},
    {"lull_entities", kGauge, "Entities that are remembered",
     [](Figures f) -> Value { return Number(f.engine.records); }},
    {"lull_engine_memory_bytes", kGauge, "Memory of what is remembered of entities, about",
     [](Figures f) -> Value { return Number(f.engine.bytes); }},
    {"lull_native_code", kGauge, "1: the rules run as native code; 0: the interpreter runs them",
     [](Figures f) -> Value { return Flag(f.native); }},
    {"lull_silent_sources", kGauge, "Sources that are silent for longer than they may, and hold the clock",
     [](Figures f) -> Value { return Number(f.sources_silent.size()); }},
    {"lull_checkpoint_position", kGauge,
     "Sequence of the input log up to which the latest checkpoint reaches",
     [](Figures f) -> Value {
       const CheckpointGauges* latest = LatestCheckpoint(f);
       return latest ? Value(Number(latest->sequence)) : Value();
     }},
    {"lull_checkpoint_duration_seconds", kGauge, "How long the latest checkpoint took until it was on disk",
     [](Figures f) -> Value {
       const CheckpointGauges* latest = LatestCheckpoint(f);
       return latest ? Value(Seconds(latest->duration_micros)) : Value();
     }},
    {"lull_checkpoint_bytes", kGauge, "What had changed before the latest checkpoint, and was written",
     [](Figures f) -> Value {
       const CheckpointGauges* latest = LatestCheckpoint(f);
       return latest ? Value(Number(latest->bytes)) : Value();
     }},
    {"lull_checkpoint_longest_turn_seconds", kGauge, "The longest that events ever waited for a checkpoint",
     [](Figures f) -> Value {
       const CheckpointGauges* latest = LatestCheckpoint(f);
       return latest ? Value(Seconds(latest->longest_turn_micros)) : Value();
     }},
};

// Of all that a request sees.
struct ViewMetric {
  const char* name;
  MetricKind kind;
  const char* help;
  Value (*of)(const ServiceView&);
};

using View = const ServiceView&;

constexpr ViewMetric kViewMetrics[] = {
    {"lull_running", kGauge, "1: the service reads its log; 0: it is starting",
     [](View v) -> Value { return Flag(v.pulse->running); }},
    {"lull_replaying", kGauge, "1: the service reads what was in the log when it began",
     [](View v) -> Value { return Flag(v.pulse->replaying); }},
    {"lull_uptime_seconds", kGauge, "Time since the process began",
     [](View v) -> Value { return Seconds(v.now.micros - v.began.micros); }},
    {"lull_loop_age_seconds", kGauge, "Time since the loop that reads and decides was last seen to go on",
     [](View v) -> Value { return SecondsSince(v, v.pulse->turned_ms); }},
    {"lull_broker_connected", kGauge, "1: the service is connected to the broker",
     [](View v) -> Value { return Flag(v.pulse->connected); }},
    {"lull_outputs_waiting_seconds", kGauge,
     "How long outputs have been waiting for the broker; 0: they do not",
     [](View v) -> Value { return SecondsSince(v, v.pulse->outputs_wait_ms); }},
    {"lull_clock_refused_seconds", kGauge,
     "How long the input log has taken no ticks of the clock; 0: it does",
     [](View v) -> Value { return SecondsSince(v, v.pulse->clock_refused_ms); }},
    {"lull_applied_position", kGauge, "Sequence of the last message of the input log that was applied",
     [](View v) -> Value { return Number(v.pulse->applied); }},
    {"lull_lag_positions", kGauge, "Messages of the input log that wait to be applied",
     [](View v) -> Value { return v.streams.problem.empty() ? Value(Number(v.streams.behind)) : Value(); }},
    {"lull_lag_seconds", kGauge, "How long the oldest message that waits to be applied has been stored",
     LagSeconds},
    {"lull_watermark_delay_seconds", kGauge, "How far the last tick is behind the machine's clock",
     [](View v) -> Value {
       if (!v.figures || v.figures->last_tick.micros == kUnknown) return {};
       return Seconds(v.now.micros - v.figures->last_tick.micros);
     }},
    {"lull_checkpoint_age_seconds", kGauge, "Time since the latest checkpoint of this process was on disk",
     [](View v) -> Value {
       const CheckpointGauges* latest = v.figures ? LatestCheckpoint(*v.figures) : nullptr;
       return latest ? Value(Seconds(v.now.micros - latest->finished.micros)) : Value();
     }},
    {"process_resident_memory_bytes", kGauge, "Memory of the process",
     [](View v) -> Value { return IfKnown(v.process.resident_bytes); }},
    {"process_cpu_seconds_total", kCounter, "Processor time of the process",
     [](View v) -> Value { return IfKnown(v.process.cpu_seconds); }},
    {"process_open_fds", kGauge, "Open file descriptors",
     [](View v) -> Value { return IfKnown(v.process.open_files); }},
    {"process_max_fds", kGauge, "Most file descriptors that may be open",
     [](View v) -> Value { return IfKnown(v.process.open_files_max); }},
    {"process_start_time_seconds", kGauge, "When the process began, since 1970",
     [](View v) -> Value { return Seconds(v.began.micros); }},
};

// ---- One for each nudge, unit, reason …
// ----------------------------------------------------------------------

// Kinds that did not happen have no line, so that many nudges do not make ten times as many.
void AddDecisions(View view, std::vector<MetricSample>& samples) {
  for (const auto& [nudge, counts] : view.figures->engine.nudges) {
    for (std::size_t kind = 0; kind < runtime::kDecisionKindCount; ++kind) {
      const auto named = static_cast<DecisionKind>(kind);
      if (counts.by_kind[kind] == 0 && named != DecisionKind::kSent) continue;
      samples.push_back(
          {{{"nudge", nudge}, {"kind", std::string(NameOf(named))}}, Number(counts.by_kind[kind])});
    }
  }
}

void AddUnits(View view, std::vector<MetricSample>& samples) {
  for (const auto& [unit, count] : view.figures->engine.units) {
    samples.push_back({{{"unit", unit}}, Number(count)});
  }
}

void AddDeadLetters(View view, std::vector<MetricSample>& samples) {
  for (std::size_t code = 0; code < kDeadLetterCodeCount; ++code) {
    samples.push_back({{{"reason", std::string(NameOf(static_cast<DeadLetterCode>(code)))}},
                       Number(view.figures->dead_letters[code])});
  }
}

void AddLate(View view, std::vector<MetricSample>& samples) {
  const runtime::EngineStats& engine = view.figures->engine;
  samples.push_back({{{"outcome", "applied"}}, Number(engine.late)});
  samples.push_back({{{"outcome", "dropped"}}, Number(engine.late_dropped)});
  samples.push_back({{{"outcome", "dead_letter"}}, Number(engine.late_dead_letters)});
}

void AddOutputs(View view, std::vector<MetricSample>& samples) {
  samples.push_back({{{"outcome", "sent"}}, Number(view.figures->outputs_sent)});
  samples.push_back({{{"outcome", "recognised"}}, Number(view.figures->outputs_recognised)});
}

void AddDeployments(View view, std::vector<MetricSample>& samples) {
  samples.push_back({{{"result", "accepted"}}, Number(view.figures->deployments_accepted)});
  samples.push_back({{{"result", "refused"}}, Number(view.figures->deployments_refused)});
}

void AddCheckpoints(View view, std::vector<MetricSample>& samples) {
  const auto& checkpoints = view.figures->checkpoints;
  if (!checkpoints) return;
  samples.push_back({{{"result", "made"}}, Number(checkpoints->made)});
  samples.push_back({{{"result", "failed"}}, Number(checkpoints->failed)});
}

void AddSources(View view, std::vector<MetricSample>& samples) {
  for (const std::string& source : view.figures->sources_watched) {
    const bool silent =
        std::ranges::find(view.figures->sources_silent, source) != view.figures->sources_silent.end();
    samples.push_back({{{"source", source}}, Flag(silent)});
  }
}

template <double (*kOf)(const CandidateGauges&)>
void AddCandidate(View view, std::vector<MetricSample>& samples) {
  const auto& candidate = view.figures->candidate;
  if (!candidate) return;
  samples.push_back({{{"kind", candidate->kind},
                      {"revision", std::to_string(candidate->revision)},
                      {"version", candidate->version}},
                     kOf(*candidate)});
}
double ShareOf(const CandidateGauges& candidate) { return candidate.share; }
double EntitiesOf(const CandidateGauges& candidate) { return Number(candidate.entities); }
double ActionsOf(const CandidateGauges& candidate) { return Number(candidate.actions); }
double ErrorsOf(const CandidateGauges& candidate) { return Number(candidate.errors); }

void AddInfo(View view, std::vector<MetricSample>& samples) {
  samples.push_back(
      {{{"ruleset", view.figures->ruleset}, {"version", view.figures->version}, {"lull", view.lull_version}},
       1});
}

template <double (*kOf)(const StreamFill&)>
void AddStreams(View view, std::vector<MetricSample>& samples) {
  if (!view.streams.problem.empty()) return;
  for (const StreamFill& stream : view.streams.streams) {
    samples.push_back({{{"stream", stream.role}}, kOf(stream)});
  }
}
double BytesOf(const StreamFill& stream) { return Number(stream.bytes); }
double BytesMaxOf(const StreamFill& stream) { return static_cast<double>(stream.bytes_max); }
double MessagesOf(const StreamFill& stream) { return Number(stream.messages); }

struct LabelledMetric {
  const char* name;
  MetricKind kind;
  const char* help;
  bool needs_figures;
  void (*add)(View, std::vector<MetricSample>&);
};

constexpr LabelledMetric kLabelledMetrics[] = {
    {"lull_decisions_total", kCounter,
     "Decisions by nudge and kind: sent, held_out, suppressed, withdrawn, ... (zero is left out but for "
     "sent)",
     true, AddDecisions},
    {"lull_unit_actions_total", kCounter, "Actions sent, by unit", true, AddUnits},
    {"lull_dead_letters_total", kCounter, "Messages that could not be applied, by reason", true,
     AddDeadLetters},
    {"lull_late_events_total", kCounter, "Events behind their entity's clock, by what became of them", true,
     AddLate},
    {"lull_outputs_total", kCounter,
     "Messages to the stream of actions: sent, or recognised as stored by an earlier process", true,
     AddOutputs},
    {"lull_deployments_total", kCounter, "Rulesets that were accepted or refused", true, AddDeployments},
    {"lull_checkpoints_total", kCounter, "Checkpoints that were made, and that could not be", true,
     AddCheckpoints},
    {"lull_source_silent", kGauge, "1: this source is silent for longer than it may", true, AddSources},
    {"lull_ruleset_info", kGauge, "The ruleset in force, and the version of Lull; always 1", true, AddInfo},
    {"lull_candidate_share", kGauge, "Share of the entities that a canary or shadow under way has", true,
     AddCandidate<ShareOf>},
    {"lull_candidate_entities", kGauge, "Entities of the canary or shadow under way", true,
     AddCandidate<EntitiesOf>},
    {"lull_candidate_actions_total", kCounter,
     "Actions that the canary has sent, or the shadow would have sent, since it began", true,
     AddCandidate<ActionsOf>},
    {"lull_candidate_errors_total", kCounter,
     "Events of the candidate's entities that it could not apply, since it began", true,
     AddCandidate<ErrorsOf>},
    {"lull_stream_messages", kGauge, "Messages that a stream holds", false, AddStreams<MessagesOf>},
    {"lull_stream_bytes", kGauge, "Bytes that a stream holds", false, AddStreams<BytesOf>},
    {"lull_stream_bytes_max", kGauge, "Bytes that a stream may hold before it refuses more", false,
     AddStreams<BytesMaxOf>},
};

// ---- Latency
// -------------------------------------------------------------------------------------------------

constexpr std::size_t kBucketFirst = 6;  // 64 microseconds
constexpr std::size_t kBucketLast = 26;  // 67 seconds

Metric Latency(View view) {
  Metric metric{
      .name = "lull_decision_latency_seconds",
      .help = "From the broker's time of storing a message to its outputs being stored; not of replays",
      .kind = MetricKind::kHistogram};
  if (!view.figures) return metric;
  for (std::size_t i = 0; i < view.figures->latency_buckets.size(); ++i) {
    metric.count += view.figures->latency_buckets[i];
    if (i < kBucketFirst || i > kBucketLast) continue;
    metric.buckets.push_back({Seconds(std::int64_t{1} << i), metric.count});
  }
  metric.sum = Seconds(view.figures->latency_sum_micros);
  return metric;
}

Metric Single(const char* name, MetricKind kind, const char* help, Value value) {
  Metric metric{.name = name, .help = help, .kind = kind};
  if (value) metric.samples.push_back({{}, *value});
  return metric;
}

}  // namespace

std::vector<Metric> ServiceMetrics(const ServiceView& view) {
  std::vector<Metric> metrics;
  for (const FigureMetric& metric : kFigureMetrics) {
    metrics.push_back(
        Single(metric.name, metric.kind, metric.help, view.figures ? metric.of(*view.figures) : Value()));
  }
  for (const ViewMetric& metric : kViewMetrics) {
    metrics.push_back(Single(metric.name, metric.kind, metric.help, metric.of(view)));
  }
  for (const LabelledMetric& labelled : kLabelledMetrics) {
    Metric& metric =
        metrics.emplace_back(Metric{.name = labelled.name, .help = labelled.help, .kind = labelled.kind});
    if (view.figures || !labelled.needs_figures) labelled.add(view, metric.samples);
  }
  metrics.push_back(Latency(view));
  return metrics;
}

}  // namespace lull::connectors
