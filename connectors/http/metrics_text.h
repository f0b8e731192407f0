// Figures as text for Prometheus (exposition format 0.0.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::connectors {

enum class MetricKind : std::uint8_t { kCounter, kGauge, kHistogram };

struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;  // any text as value
  double value = 0;
};

struct MetricBucket {
  double upper = 0;         // values up to and including this ...
  std::uint64_t count = 0;  // ... of all smaller buckets, too
};

struct Metric {
  std::string name;  // [a-z_:][a-z0-9_:]*; counters end in _total
  std::string help;  // one line
  MetricKind kind = MetricKind::kGauge;
  std::vector<MetricSample> samples;  // none: only its name is told
  // Of a histogram.
  std::vector<MetricBucket> buckets;
  std::uint64_t count = 0;
  double sum = 0;
};

std::string MetricsText(const std::vector<Metric>& metrics);

/// The media type of that text.
inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace lull::connectors
