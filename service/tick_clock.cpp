#include "service/tick_clock.h"

#include <algorithm>

#include "connectors/nats/subject_token.h"
#include "connectors/time_text.h"

namespace lull::service {
namespace {

std::string NameOf(const connectors::ServeSource& source) {
  return source.stream.empty() ? source.subject : source.stream + " " + source.subject;
}

}  // namespace

TickClock::TickClock(const connectors::ServeConfig& config)
    : interval_micros_(config.tick_interval_micros),
      delay_micros_(config.tick_delay_micros),
      automatic_(config.automatic_ticks) {
  for (const connectors::ServeSource& source : config.sources) {
    if (source.silence_micros) watched_.push_back({.source = source, .heard = {}});
  }
}

void TickClock::Saw(const connectors::InputMessage& message) {
  for (Watched& watched : watched_) {
    const connectors::ServeSource& source = watched.source;
    if (source.stream != message.origin) continue;
    if (!source.subject.empty() && !connectors::SubjectMatches(source.subject, message.subject)) continue;
    watched.heard = message.stored_at;
  }
}

std::optional<EventTime> TickClock::Due(WallTime now, std::int64_t steady_micros) {
  if (!automatic_ || (published_ && steady_micros - *published_ < interval_micros_)) return {};
  const EventTime instant{now.micros - std::max(delay_micros_, lateness_micros_)};
  if (instant <= last_ || !SilentSources(now).empty()) return {};
  return instant;
}

std::vector<connectors::SourceHeard> TickClock::Heard() const {
  std::vector<connectors::SourceHeard> heard;
  for (const Watched& watched : watched_) {
    if (watched.heard) heard.push_back({NameOf(watched.source), watched.heard->micros});
  }
  return heard;
}

void TickClock::Restore(const std::vector<connectors::SourceHeard>& heard) {
  for (const connectors::SourceHeard& known : heard) {
    const auto watched =
        std::ranges::find(watched_, known.source, [](const Watched& of) { return NameOf(of.source); });
    if (watched != watched_.end()) watched->heard = WallTime{known.wall_micros};
  }
}

std::vector<std::string> TickClock::SilentSources(WallTime now) const {
  std::vector<std::string> silent;
  for (const Watched& watched : watched_) {
    const connectors::ServeSource& source = watched.source;
    if (watched.heard && now.micros - watched.heard->micros <= *source.silence_micros) continue;
    silent.push_back(NameOf(source));
  }
  return silent;
}

std::vector<std::string> TickClock::WatchedSources() const {
  std::vector<std::string> names;
  for (const Watched& watched : watched_) names.push_back(NameOf(watched.source));
  return names;
}

std::optional<EventTime> ParseTick(std::string_view payload) {
  std::optional<std::int64_t> micros = connectors::ParseRfc3339(payload);
  if (!micros) micros = connectors::ParseEpoch(payload);
  if (!micros || *micros < kEventMicrosMin || *micros > kEventMicrosMax) return {};
  return EventTime{*micros};
}

std::string TickPayload(EventTime instant) { return connectors::Rfc3339Text(instant.micros); }

}  // namespace lull::service
