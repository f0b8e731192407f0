// Several files of events as one log: decoded, and merged by time.
//
// Each file is taken in its own order; of the events that come next in each, the earliest goes first, and at
// one instant that of the file that was named first. So files of one period, one from each system, become one
// log in order of time, and files that follow each other are read one after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/decision_output.h"
#include "connectors/event_file.h"
#include "connectors/json_decoder.h"
#include "connectors/signing/signing.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"
#include "runtime/event.h"
#include "runtime/ruleset.h"

namespace lull::tools {

/// One thread.
class EventFiles {
 public:
  /// JSON Lines, plain or .gz; "-" is standard input, once at most.
  static Result<EventFiles> Open(std::span<const std::string> paths);

  struct Options {
    EventTime max_time{kEventMicrosMax};  ///< events after it are dead letters
    std::size_t batch_count = 256;        ///< lines of a file that are read at once
    /// Empty: all events. Else only those for which it is true.
    std::function<bool(const runtime::EventFrame&)> keep;
    bool digest = false;  ///< keep the one of digest()
  };
  /// Before Next. `dead_letters` must outlive this.
  void Begin(std::shared_ptr<const runtime::Ruleset> ruleset, Options options,
             connectors::DeadLetterOutput& dead_letters);

  /// Some events that follow; good until the next call. Empty is not the end.
  Result<std::span<const runtime::EventFrame>> Next();
  bool at_end() const;
  /// The line of an event of the latest batch.
  const connectors::RawEvent& RawOf(std::size_t frame) const;

  /// The last line that was read, in its file.
  runtime::LogPosition last_position() const { return last_position_; }
  std::uint64_t line_count() const;
  std::uint64_t bytes_read() const;
  std::optional<std::uint64_t> bytes_total() const;
  std::uint64_t ignored_count() const;
  std::map<std::string, std::uint64_t> IgnoredTypes() const;
  /// Of all lines so far, in the order of the files, if it was asked for.
  std::string digest() const;

 private:
  struct Lane {
    explicit Lane(connectors::EventFile opened) : file(std::move(opened)) {}
    connectors::EventFile file;
    std::unique_ptr<connectors::JsonDecoder> decoder;
    std::span<const connectors::RawEvent> raw;
    connectors::DecodedBatch batch;
    std::size_t next = 0;  // of the batch
    connectors::ContentDigest digest;
    bool at_end = false;

    bool empty() const { return next == batch.frames.size(); }
    std::int64_t time() const { return batch.frames[next].time.micros; }
  };

  Status Fill(Lane& lane);
  void TakeFrom(Lane& lane, std::int64_t up_to);

  std::vector<std::unique_ptr<Lane>> lanes_;
  Options options_;
  connectors::DeadLetterOutput* dead_letters_ = nullptr;
  std::vector<runtime::EventFrame> frames_;
  std::vector<const connectors::RawEvent*> sources_;  // by frame
  runtime::LogPosition last_position_;
};

}  // namespace lull::tools
