// When `lull serve` may say that everything before an instant has been read.
//
// A tick is due every interval, but only while every source that is to be watched has sent something within
// its limit of silence: an outage of a source must not look like quiet customers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/checkpoint/checkpoint_head.h"
#include "connectors/nats/input_log.h"
#include "connectors/nats/serve_config.h"
#include "runtime/base/time.h"

namespace lull::service {

class TickClock {
 public:
  explicit TickClock(const connectors::ServeConfig& config);

  /// Whether messages have to be shown to Saw.
  bool watches() const { return !watched_.empty(); }
  void Saw(const connectors::InputMessage& message);

  /// `lateness_micros` of the ruleset in force: ticks stay at least so far behind.
  void set_lateness(std::int64_t lateness_micros) { lateness_micros_ = lateness_micros; }

  /// The instant of the tick that is due; nothing if it is too early, or a source is silent. `steady_micros`
  /// is of a clock that does not jump: the machine's may, and come back.
  std::optional<EventTime> Due(WallTime now, std::int64_t steady_micros);
  /// A tick was published, whether or not the log took it.
  void Published(std::int64_t steady_micros) { published_ = steady_micros; }
  void Read(EventTime instant) { last_ = std::max(last_, instant); }
  EventTime last() const { return last_; }

  /// When each source that is watched was last heard, for a checkpoint; and the way back.
  std::vector<connectors::SourceHeard> Heard() const;
  void Restore(const std::vector<connectors::SourceHeard>& heard);

  /// The sources that hold ticks back at this instant.
  std::vector<std::string> SilentSources(WallTime now) const;
  /// All that may do so.
  std::vector<std::string> WatchedSources() const;

 private:
  struct Watched {
    connectors::ServeSource source;
    std::optional<WallTime> heard;
  };

  std::int64_t interval_micros_;
  std::int64_t delay_micros_;
  std::int64_t lateness_micros_ = 0;
  bool automatic_;
  std::vector<Watched> watched_;
  std::optional<std::int64_t> published_;  // of a steady clock
  EventTime last_;
};

/// The instant that a tick's payload names: RFC 3339, or a number as in events.
std::optional<EventTime> ParseTick(std::string_view payload);
std::string TickPayload(EventTime instant);

}  // namespace lull::service
