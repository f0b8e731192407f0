// The metrics of a running service. Their names are a promise: dashboards and alerts are written against them
// (tools/deploy/), and a test compares the two.
#pragma once

#include <string>
#include <vector>

#include "connectors/http/metrics_text.h"
#include "connectors/http/service_figures.h"

namespace lull::connectors {

/// Every metric in every state of the service; what is not known has no sample.
std::vector<Metric> ServiceMetrics(const ServiceView& view);

}  // namespace lull::connectors
