#include "connectors/http/service_health.h"

#include <algorithm>

#include "connectors/json_text.h"

namespace lull::connectors {
namespace {

constexpr std::int64_t kLoopMsMax = 30'000;
constexpr std::int64_t kOutputsMsMax = 5'000;
constexpr std::int64_t kClockMsMax = 10'000;
constexpr std::int64_t kLagMicrosMax = 30 * kMicrosPerSecond;

std::string InSeconds(std::int64_t ms) { return std::to_string(ms / 1'000) + " s"; }

// Empty unless what began at `since_ms` has lasted for longer than it may.
std::string TooLong(const ServiceView& view, std::int64_t since_ms, std::int64_t ms_max,
                    const std::string& what) {
  if (since_ms == 0 || view.now_ms - since_ms <= ms_max) return "";
  return what + " for " + InSeconds(view.now_ms - since_ms);
}

std::string Lag(const ServiceView& view) {
  const StreamsLook& streams = view.streams;
  if (!streams.problem.empty()) return "how far the service is behind is not known: " + streams.problem;
  if (streams.behind == 0 || !streams.oldest_waiting) return "";
  const std::int64_t age = view.now.micros - streams.oldest_waiting->micros;
  if (age <= kLagMicrosMax) return "";
  return std::to_string(streams.behind) + " messages wait, the oldest for " +
         InSeconds(age / kMicrosPerMilli);
}

}  // namespace

std::vector<HealthCheck> CheckAlive(const ServiceView& view) {
  const ServicePulse& pulse = *view.pulse;
  // A start takes as long as the streams are long, and ends by itself.
  if (!pulse.running) return {{"loop", ""}};
  return {{"loop", TooLong(view, pulse.turned_ms, kLoopMsMax, "the loop has not turned")}};
}

std::vector<HealthCheck> CheckReady(const ServiceView& view, const WriteLook& write) {
  const ServicePulse& pulse = *view.pulse;
  std::vector<HealthCheck> checks = CheckAlive(view);
  checks.push_back({"started", pulse.running ? "" : "the service is starting"});
  checks.push_back({"caught_up", pulse.running && pulse.replaying
                                     ? "the service reads what was in its log when it began"
                                     : ""});
  checks.push_back({"connected", pulse.connected ? "" : "not connected to the broker"});
  checks.push_back({"outputs", TooLong(view, pulse.outputs_wait_ms, kOutputsMsMax,
                                       "outputs have been waiting for the broker")});
  checks.push_back({"clock", TooLong(view, pulse.clock_refused_ms, kClockMsMax,
                                     "the input log has not taken a tick of the clock")});
  checks.push_back({"lag", Lag(view)});
  checks.push_back({"write", write.problem});
  return checks;
}

HttpReply HealthReply(const std::vector<HealthCheck>& checks) {
  const bool ok = std::ranges::all_of(checks, [](const HealthCheck& c) { return c.problem.empty(); });
  std::string body = ok ? "{\"ok\":true,\"checks\":[" : "{\"ok\":false,\"checks\":[";
  for (const HealthCheck& check : checks) {
    if (body.back() != '[') body += ',';
    body += "{\"check\":";
    AppendJsonText(body, check.name);
    body += check.problem.empty() ? ",\"ok\":true" : ",\"ok\":false,\"reason\":";
    if (!check.problem.empty()) AppendJsonText(body, check.problem);
    body += '}';
  }
  return {.status = ok ? 200 : 503, .type = "application/json", .body = body + "]}\n"};
}

}  // namespace lull::connectors
