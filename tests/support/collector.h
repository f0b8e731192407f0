// Collects what an engine decides, in the form of the reference engine.
#pragma once

#include "runtime/decision.h"
#include "tests/support/engine_runner.h"

namespace lull::test {

class Collector : public runtime::DecisionSink {
 public:
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnDecision(const runtime::Decision& decision) override;

  RunResult result;
};

}  // namespace lull::test
