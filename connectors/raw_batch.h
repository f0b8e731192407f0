// Undecoded events in memory that the decoder can read: each is followed by a 0 and readable padding.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/json_scan.h"
#include "runtime/event.h"

namespace lull::connectors {

/// One line or payload. `bytes.data()[bytes.size()]` is 0 and kJsonPaddingBytes behind it are readable.
struct RawEvent {
  std::string_view bytes;
  runtime::LogPosition position;
};

/// Lines and payloads above this size are dead letters.
inline constexpr std::size_t kRawEventBytesMax = std::size_t{1} << 20;

/// Packs payloads (messages, lines of a test) into one padded block. Reuse it: it keeps its memory.
class RawBatch {
 public:
  void Clear() {
    used_ = 0;
    places_.clear();
  }

  void Add(std::string_view payload, runtime::LogPosition position) {
    bytes_.resize(used_);
    bytes_.append(payload);
    bytes_.push_back('\0');
    places_.push_back({used_, payload.size(), position});
    used_ = bytes_.size();
  }

  bool empty() const { return places_.empty(); }
  std::size_t size() const { return places_.size(); }
  std::size_t byte_count() const { return used_; }

  /// Good until the next call of Add, Clear or events.
  std::span<const RawEvent> events() {
    bytes_.resize(used_);
    bytes_.resize(used_ + kJsonPaddingBytes);
    events_.clear();
    for (const Place& place : places_) {
      events_.push_back({std::string_view(bytes_.data() + place.offset, place.size), place.position});
    }
    return events_;
  }

 private:
  struct Place {
    std::size_t offset;
    std::size_t size;
    runtime::LogPosition position;
  };
  std::string bytes_;
  std::size_t used_ = 0;  // without the padding
  std::vector<Place> places_;
  std::vector<RawEvent> events_;
};

}  // namespace lull::connectors
