// The streams of a deployment, as its configuration asks for them.
#pragma once

#include <vector>

#include "connectors/nats/serve_config.h"
#include "connectors/nats/stream.h"

namespace lull::connectors {

StreamSpec InputStream(const ServeConfig& config);
/// Actions, dead letters, decisions if they are kept, and what shadows would have sent if rulesets come
/// through the bucket; in this order.
std::vector<StreamSpec> OutputStreams(const ServeConfig& config);
/// For messages that only show that the broker stores them; keeps the last one.
StreamSpec ProbeStream(const ServeConfig& config);

}  // namespace lull::connectors
