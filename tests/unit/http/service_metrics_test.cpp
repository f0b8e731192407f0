#include "connectors/http/service_metrics.h"

#include <gmock/gmock.h>

#include "tests/unit/http/metrics_reader.h"

namespace lull::connectors {
namespace {

using lull::testing::ReadMetrics;
using lull::testing::ReadMetricsText;
using lull::testing::ReadSample;
using ::testing::HasSubstr;

std::string TextOf(const Metric& metric) { return MetricsText({metric}); }

TEST(MetricsText, LabelsMayBeAnyText) {
  const std::string value = "a \"quoted\" \\ back\\nslash\nline {x=\"1\"} 7 \xc3\xa9,=";
  const std::string text =
      TextOf({.name = "lull_x",
              .help = "x",
              .samples = {{{{"label", value}, {"other", ""}}, 3}, {{{"label", "b"}}, 4}}});
  const ReadMetrics read = ReadMetricsText(text);
  EXPECT_EQ(read.samples.size(), 2U);
  EXPECT_EQ(read.Value("lull_x", {{"label", value}, {"other", ""}}), 3) << text;
  EXPECT_EQ(read.Value("lull_x", {{"label", "b"}}), 4);
}

TEST(MetricsText, NumbersAreWhole) {
  for (const double number :
       {0.0, 1.0, 1e15, 9'007'199'254'740'991.0, 0.000'001, 1'795'354'684.123'456, -3.5}) {
    EXPECT_EQ(ReadMetricsText(TextOf({.name = "x", .help = "x", .samples = {{{}, number}}})).Value("x"),
              number);
  }
}

class ServiceMetricsTest : public ::testing::Test {
 protected:
  ServiceMetricsTest() {
    view.pulse = &pulse;
    view.now = {1'000 * kMicrosPerSecond};
    view.began = {990 * kMicrosPerSecond};
    view.now_ms = 50'000;
    view.lull_version = "1.2.3";
    view.process = {.resident_bytes = 4096, .cpu_seconds = 1.5, .open_files = 7, .open_files_max = 1024};
    figures.ruleset = "shop";
    figures.version = "ab12";
    figures.latency_buckets = {};
  }
  ReadMetrics Read() {
    view.figures = std::make_shared<const ServiceFigures>(figures);
    return ReadMetricsText(MetricsText(ServiceMetrics(view)));
  }
  runtime::NudgeCounts& Nudge(const std::string& name) { return figures.engine.nudges[name]; }
  static std::uint64_t& Of(runtime::NudgeCounts& counts, runtime::DecisionKind kind) {
    return counts.by_kind[static_cast<std::size_t>(kind)];
  }

  ServicePulse pulse;
  ServiceFigures figures;
  ServiceView view;
};

TEST_F(ServiceMetricsTest, EachHasANameAHelpAndAType) {
  const ReadMetrics read = Read();
  EXPECT_GT(read.type.size(), 30U);
  for (const auto& [name, type] : read.type) {
    EXPECT_TRUE(name.starts_with("lull_") || name.starts_with("process_")) << name;
    EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
    EXPECT_TRUE(type == "counter" || type == "gauge" || type == "histogram") << name;
    ASSERT_TRUE(read.help.contains(name)) << name;
    EXPECT_GT(read.help.at(name).size(), 15U) << name;
  }
}

TEST_F(ServiceMetricsTest, AreToldBeforeThereAreFigures) {
  const ReadMetrics late = Read();
  view.figures.reset();
  const ReadMetrics early = ReadMetricsText(MetricsText(ServiceMetrics(view)));
  EXPECT_EQ(early.type, late.type);
  EXPECT_EQ(early.Value("lull_running"), 0);
  EXPECT_EQ(early.Value("lull_uptime_seconds"), 10);
  EXPECT_TRUE(early.Of("lull_events_total").empty());
}

TEST_F(ServiceMetricsTest, Counts) {
  figures.events = 12;
  figures.ticks = 3;
  figures.ignored = 2;
  figures.native = true;
  figures.deployments_accepted = 2;
  figures.deployments_refused = 1;
  figures.outputs_sent = 5;
  figures.outputs_recognised = 4;
  figures.dead_letters[static_cast<std::size_t>(DeadLetterCode::kNoKey)] = 6;
  figures.engine.duplicates = 9;
  figures.engine.late = 8;
  figures.engine.late_dropped = 7;
  figures.engine.records = 55;
  figures.engine.bytes = 1'000'000;
  figures.engine.units = {{"sales \"north\"", 3}};
  Of(Nudge("call"), runtime::DecisionKind::kSent) = 11;
  Of(Nudge("call"), runtime::DecisionKind::kHeldOut) = 1;
  Of(Nudge("never"), runtime::DecisionKind::kSuppressed) = 4;
  const ReadMetrics read = Read();
  EXPECT_EQ(read.Value("lull_events_total"), 12);
  EXPECT_EQ(read.Value("lull_ticks_total"), 3);
  EXPECT_EQ(read.Value("lull_ignored_total"), 2);
  EXPECT_EQ(read.Value("lull_native_code"), 1);
  EXPECT_EQ(read.Value("lull_deployments_total", {{"result", "accepted"}}), 2);
  EXPECT_EQ(read.Value("lull_deployments_total", {{"result", "refused"}}), 1);
  EXPECT_EQ(read.Value("lull_outputs_total", {{"outcome", "sent"}}), 5);
  EXPECT_EQ(read.Value("lull_outputs_total", {{"outcome", "recognised"}}), 4);
  EXPECT_EQ(read.Of("lull_dead_letters_total").size(), kDeadLetterCodeCount);
  EXPECT_EQ(read.Value("lull_dead_letters_total", {{"reason", "no_key"}}), 6);
  EXPECT_EQ(read.Value("lull_dead_letters_total", {{"reason", "late"}}), 0);
  EXPECT_EQ(read.Value("lull_duplicates_total"), 9);
  EXPECT_EQ(read.Value("lull_late_events_total", {{"outcome", "applied"}}), 8);
  EXPECT_EQ(read.Value("lull_late_events_total", {{"outcome", "dropped"}}), 7);
  EXPECT_EQ(read.Value("lull_entities"), 55);
  EXPECT_EQ(read.Value("lull_engine_memory_bytes"), 1'000'000);
  EXPECT_EQ(read.Value("lull_unit_actions_total", {{"unit", "sales \"north\""}}), 3);
  EXPECT_EQ(read.Value("lull_decisions_total", {{"nudge", "call"}, {"kind", "sent"}}), 11);
  EXPECT_EQ(read.Value("lull_decisions_total", {{"nudge", "call"}, {"kind", "held_out"}}), 1);
  EXPECT_EQ(read.Value("lull_decisions_total", {{"nudge", "never"}, {"kind", "sent"}}), 0);
  EXPECT_EQ(read.Value("lull_decisions_total", {{"nudge", "never"}, {"kind", "suppressed"}}), 4);
  EXPECT_EQ(read.Of("lull_decisions_total").size(), 4U);
  EXPECT_EQ(read.Value("lull_ruleset_info", {{"ruleset", "shop"}, {"version", "ab12"}, {"lull", "1.2.3"}}),
            1);
  EXPECT_EQ(read.Value("process_resident_memory_bytes"), 4096);
}

TEST_F(ServiceMetricsTest, LatencyIsCumulative) {
  figures.latency_buckets[0] = 1;   // up to 1 microsecond
  figures.latency_buckets[7] = 2;   // 65 to 128
  figures.latency_buckets[10] = 4;  // 513 to 1,024
  figures.latency_buckets[40] = 8;  // days
  figures.latency_sum_micros = 3'500'000;
  const ReadMetrics read = Read();
  const std::string name = "lull_decision_latency_seconds";
  EXPECT_EQ(read.type.at(name), "histogram");
  EXPECT_EQ(read.Value(name + "_count"), 15);
  EXPECT_EQ(read.Value(name + "_sum"), 3.5);
  EXPECT_EQ(read.Value(name + "_bucket", {{"le", "+Inf"}}), 15);
  std::map<double, double> buckets;
  for (const ReadSample& sample : read.Of(name + "_bucket")) {
    if (sample.labels.at("le") != "+Inf") buckets[std::stod(sample.labels.at("le"))] = sample.value;
  }
  EXPECT_EQ(buckets.at(0.000'064), 1);
  EXPECT_EQ(buckets.at(0.000'128), 3);
  EXPECT_EQ(buckets.at(0.000'512), 3);
  EXPECT_EQ(buckets.at(0.001'024), 7);
  double last = 0;
  for (const auto& [bound, count] : buckets) {
    EXPECT_GE(count, last) << bound;
    last = count;
  }
  EXPECT_EQ(last, 7);
}

TEST_F(ServiceMetricsTest, TimesAreOfTheRequest) {
  pulse.running = true;
  pulse.turned_ms = 49'900;
  pulse.outputs_wait_ms = 20'000;
  pulse.applied = 41;
  figures.last_tick = {997 * kMicrosPerSecond};
  figures.sources_watched = {"web.>", "crm.>"};
  figures.sources_silent = {"crm.>"};
  view.streams = {.problem = "",
                  .streams = {{"input", 44, 9'000, 10'000}},
                  .input_last = 44,
                  .behind = 3,
                  .oldest_waiting = WallTime{995 * kMicrosPerSecond}};
  const ReadMetrics read = Read();
  EXPECT_DOUBLE_EQ(read.Value("lull_loop_age_seconds"), 0.1);
  EXPECT_EQ(read.Value("lull_outputs_waiting_seconds"), 30);
  EXPECT_EQ(read.Value("lull_clock_refused_seconds"), 0);
  EXPECT_EQ(read.Value("lull_watermark_delay_seconds"), 3);
  EXPECT_EQ(read.Value("lull_applied_position"), 41);
  EXPECT_EQ(read.Value("lull_lag_positions"), 3);
  EXPECT_EQ(read.Value("lull_lag_seconds"), 5);
  EXPECT_EQ(read.Value("lull_silent_sources"), 1);
  EXPECT_EQ(read.Value("lull_source_silent", {{"source", "crm.>"}}), 1);
  EXPECT_EQ(read.Value("lull_source_silent", {{"source", "web.>"}}), 0);
  EXPECT_EQ(read.Value("lull_stream_bytes", {{"stream", "input"}}), 9'000);
  EXPECT_EQ(read.Value("lull_stream_bytes_max", {{"stream", "input"}}), 10'000);
}

TEST_F(ServiceMetricsTest, WhatIsNotKnownIsNotTold) {
  view.streams.problem = "not connected";
  view.process = {};
  const ReadMetrics read = Read();
  for (const char* name : {"lull_lag_positions", "lull_lag_seconds", "lull_watermark_delay_seconds",
                           "lull_stream_bytes", "process_open_fds"}) {
    EXPECT_TRUE(read.type.contains(name)) << name;
    EXPECT_TRUE(read.Of(name).empty()) << name;
  }
}

TEST_F(ServiceMetricsTest, CheckpointsAreToldOnceThereIsOne) {
  figures.checkpoints = CheckpointGauges{};
  EXPECT_EQ(Read().Value("lull_checkpoints_total", {{"result", "made"}}), 0);
  EXPECT_TRUE(Read().Of("lull_checkpoint_age_seconds").empty());
  figures.checkpoints = CheckpointGauges{.made = 3,
                                         .failed = 1,
                                         .sequence = 77,
                                         .finished = {996 * kMicrosPerSecond},
                                         .duration_micros = 250'000,
                                         .bytes = 9'999,
                                         .longest_turn_micros = 4'000};
  const ReadMetrics read = Read();
  EXPECT_EQ(read.Value("lull_checkpoints_total", {{"result", "made"}}), 3);
  EXPECT_EQ(read.Value("lull_checkpoints_total", {{"result", "failed"}}), 1);
  EXPECT_EQ(read.Value("lull_checkpoint_position"), 77);
  EXPECT_EQ(read.Value("lull_checkpoint_age_seconds"), 4);
  EXPECT_EQ(read.Value("lull_checkpoint_duration_seconds"), 0.25);
  EXPECT_EQ(read.Value("lull_checkpoint_bytes"), 9'999);
  EXPECT_EQ(read.Value("lull_checkpoint_longest_turn_seconds"), 0.004);
}

TEST(ProcessFigures, AreOfThisProcess) {
  const ProcessFigures figures = ReadProcessFigures();
  EXPECT_GT(figures.resident_bytes, 1e6);
  EXPECT_GE(figures.cpu_seconds, 0);
  EXPECT_GE(figures.open_files, 3);
  EXPECT_GE(figures.open_files_max, figures.open_files);
}

}  // namespace
}  // namespace lull::connectors
