// Reads the text that Prometheus reads, strictly, by its description of the format (version 0.0.4), and knows
// nothing of how we write it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace lull::testing {

struct ReadSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct ReadMetrics {
  std::map<std::string, std::string> help;
  std::map<std::string, std::string> type;
  std::vector<ReadSample> samples;

  std::vector<ReadSample> Of(const std::string& name) const;
  /// The one sample with exactly these labels; throws if there is not one.
  double Value(const std::string& name, const std::map<std::string, std::string>& labels = {}) const;
};

/// Throws std::runtime_error with the line that is wrong.
ReadMetrics ReadMetricsText(const std::string& text);

}  // namespace lull::testing
