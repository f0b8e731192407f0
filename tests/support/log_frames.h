// A log in memory as frames of the engine.
#pragma once

#include <span>
#include <vector>

#include "runtime/event.h"
#include "runtime/ruleset.h"
#include "tests/support/reference_engine.h"

namespace lull::test {

/// The frames of a log; owns the memory behind them.
class Frames {
 public:
  Frames(const std::vector<LogEvent>& log, const runtime::Ruleset& ruleset);
  std::span<const runtime::EventFrame> all() const { return frames_; }

 private:
  void Add(const LogEvent& event, const runtime::Ruleset& ruleset);

  std::vector<runtime::EventFrame> frames_;
  std::vector<std::vector<runtime::FieldValue>> fields_;
  std::vector<std::vector<runtime::TextView>> keys_;
};

}  // namespace lull::test
