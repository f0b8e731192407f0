#include "connectors/nats/deployment_streams.h"

#include <algorithm>

namespace lull::connectors {
namespace {

constexpr std::int64_t kProbeBytesMax = 64 << 10;

StreamSpec Output(const ServeConfig& config, const char* suffix, const char* what, const std::string& prefix,
                  std::int64_t bytes_max) {
  StreamSpec spec;
  spec.name = StreamName(config.name, suffix);
  spec.description = what;
  spec.subjects = {prefix + ".>"};
  spec.bytes_max = bytes_max;
  return spec;
}

}  // namespace

StreamSpec InputStream(const ServeConfig& config) {
  StreamSpec spec;
  spec.name = StreamName(config.name, "IN");
  spec.description = "Input log of Lull: events, ticks, deployments";
  for (const ServeSource& source : config.sources) {
    if (source.stream.empty()) {
      spec.subjects.push_back(source.subject);
    } else {
      spec.sources.push_back({source.stream, source.subject});
    }
  }
  spec.subjects.push_back(config.tick_subject());
  spec.subjects.push_back(config.deploy_subject());
  spec.subjects.push_back(config.erase_subject());
  spec.subjects.push_back(config.backfill_subject());
  spec.bytes_max = config.input_bytes_max;
  spec.age_max_micros = config.input_age_micros;
  spec.message_bytes_max = std::max(config.event_bytes_max, spec.message_bytes_max);
  return spec;
}

std::vector<StreamSpec> OutputStreams(const ServeConfig& config) {
  std::vector<StreamSpec> specs = {
      Output(config, "OUT", "Actions of Lull, by unit and key", config.action_prefix,
             config.action_bytes_max),
      Output(config, "DEAD", "Input that Lull could not apply", config.dead_prefix(), config.dead_bytes_max)};
  if (config.keep_decisions) {
    specs.push_back(Output(config, "DECISIONS", "What Lull held back, and why", config.decision_prefix(),
                           config.action_bytes_max));
  }
  if (config.deploy_from_bucket) {
    specs.push_back(Output(config, "SHADOW", "What shadows would have sent", config.shadow_prefix(),
                           config.action_bytes_max));
  }
  return specs;
}

StreamSpec ProbeStream(const ServeConfig& config) {
  StreamSpec spec;
  spec.name = StreamName(config.name, "PROBE");
  spec.description = "Shows that the broker stores what it is sent; keeps the last message";
  spec.subjects = {config.probe_subject()};
  spec.bytes_max = kProbeBytesMax;
  spec.keeps_last_only = true;
  return spec;
}

}  // namespace lull::connectors
