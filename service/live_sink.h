// What the deterministic part of `lull serve` gives out: decisions and dead letters, and the decisions of a
// shadow, which are only recorded.
#pragma once

#include <string_view>

#include "connectors/dead_letter.h"
#include "connectors/nats/input_log.h"
#include "runtime/decision.h"

namespace lull::service {

class LiveSink : public runtime::DecisionSink {
 public:
  virtual void AddDeadLetter(const connectors::InputMessage& message, connectors::DeadLetterCode code,
                             std::string_view reason) = 0;
  /// Of the shadow of a revision.
  virtual void AddShadow(const runtime::Decision& decision, std::uint64_t revision) = 0;
};

}  // namespace lull::service
