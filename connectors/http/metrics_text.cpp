#include "connectors/http/metrics_text.h"

#include <prometheus/text_serializer.h>

#include <sstream>

namespace lull::connectors {
namespace {

prometheus::ClientMetric Convert(const Metric& metric, const MetricSample& sample) {
  prometheus::ClientMetric converted;
  for (const auto& [name, value] : sample.labels) converted.label.push_back({name, value});
  (metric.kind == MetricKind::kCounter ? converted.counter.value : converted.gauge.value) = sample.value;
  return converted;
}

prometheus::ClientMetric ConvertHistogram(const Metric& metric) {
  prometheus::ClientMetric converted;
  converted.histogram.sample_count = metric.count;
  converted.histogram.sample_sum = metric.sum;
  for (const MetricBucket& bucket : metric.buckets) {
    converted.histogram.bucket.push_back({bucket.count, bucket.upper});
  }
  return converted;
}

}  // namespace

std::string MetricsText(const std::vector<Metric>& metrics) {
  constexpr prometheus::MetricType kTypes[] = {prometheus::MetricType::Counter, prometheus::MetricType::Gauge,
                                               prometheus::MetricType::Histogram};
  std::vector<prometheus::MetricFamily> families;
  families.reserve(metrics.size());
  for (const Metric& metric : metrics) {
    prometheus::MetricFamily& family = families.emplace_back();
    family.name = metric.name;
    family.help = metric.help;
    family.type = kTypes[static_cast<std::size_t>(metric.kind)];
    if (metric.kind == MetricKind::kHistogram) family.metric.push_back(ConvertHistogram(metric));
    for (const MetricSample& sample : metric.samples) family.metric.push_back(Convert(metric, sample));
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

}  // namespace lull::connectors
