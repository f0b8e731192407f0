// What happens inside of a step, for those who want to explain it: tests, `lull explain`, coverage.
//
// Null where nobody watches: the step then pays one test of a pointer where a condition or a journey changes,
// and nothing where nothing does.
#pragma once

#include <cstdint>
#include <string_view>

namespace lull::runtime {

class TraceSink {
 public:
  /// The moment in hand. Views live until the call returns.
  struct Place {
    std::int64_t instant = 0;
    std::uint32_t entity = 0;  // index into Ruleset::entities
    std::string_view key;
    std::string_view whole_key;  // of a part: the key of its whole
  };

  virtual ~TraceSink() = default;
  /// A condition began to hold, or no longer does.
  virtual void OnCondition(const Place& /*place*/, std::uint32_t /*condition*/, bool /*held*/) {}
  /// One wait of an `after each` stall is overdue, and its episode begins.
  virtual void OnEachBegins(const Place& /*place*/, std::uint32_t /*condition*/) {}
  virtual void OnStage(const Place& /*place*/, std::uint32_t /*journey*/, std::uint32_t /*from*/,
                       std::uint32_t /*to*/) {}
  /// Points of a score that applied to an action, and a reason that goes with it.
  virtual void OnScorePart(std::uint32_t /*score*/, std::uint32_t /*part*/) {}
  virtual void OnReason(std::uint32_t /*nudge*/, std::uint32_t /*reason*/) {}
};

}  // namespace lull::runtime
