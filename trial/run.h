// One run of a ruleset under observation: the engine, what it did, and questions to it at any instant.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "dsl/load.h"
#include "runtime/engine.h"
#include "runtime/entity_side.h"
#include "trial/condition_parts.h"
#include "trial/recorder.h"

namespace lull::trial {

/// A ruleset compiled with what its observers want to see. Immutable; serves any number of runs.
struct Observed {
  const dsl::LoadedRuleset* loaded = nullptr;
  compiler::CompiledRuleset compiled;
  std::shared_ptr<const runtime::CodeTable> code;
  Zone zone = Zone::Utc();
};

/// `loaded` must be free of errors and outlive the result.
Result<Observed> Observe(const dsl::LoadedRuleset& loaded, const compiler::ProbeRequests& requests,
                         bool native);

/// A part of a condition, answered.
struct Answer {
  const Part* part = nullptr;
  std::optional<bool> holds;  // none: it cannot be asked now
  std::string why;            // "urgency is 5"; "30 hours of 36 hours, until Tue 2026-03-04 08:00"
};

class Run {
 public:
  /// `ruleset` is the observed one, or a copy with other shares of holdouts. `observed` must outlive the run.
  static Result<std::unique_ptr<Run>> Begin(const Observed& observed,
                                            std::shared_ptr<const runtime::Ruleset> ruleset,
                                            const runtime::EngineOptions& options);

  runtime::Engine& engine() { return *engine_; }
  Recorder& recorder() { return recorder_; }
  const runtime::Ruleset& ruleset() const { return *ruleset_; }
  const dsl::LoadedRuleset& loaded() const { return *observed_.loaded; }

  /// Tells the recorder, then the engine.
  runtime::ApplyResult Apply(const runtime::EventFrame& frame);

  /// A value of an entity, in words; "unknown" if there is no such entity.
  std::string ValueText(const Who& who, dsl::ExprId expr, std::int64_t instant,
                        const runtime::FieldValue* event_fields = nullptr);
  /// Whether a condition that was asked for holds.
  bool Holds(const Who& who, dsl::ExprId condition, std::int64_t instant,
             const runtime::FieldValue* event_fields = nullptr);
  /// `event_fields` are those of the event that the rule is about, if it is at hand.
  std::vector<Answer> Ask(const std::vector<Part>& parts, const Who& who, std::int64_t instant,
                          const runtime::FieldValue* event_fields = nullptr);
  /// The nudge as it waits, or null.
  const runtime::WaitingNudge* Waiting(std::uint32_t nudge, const Who& who) const;
  const runtime::OpenTask* Open(std::uint32_t nudge, const Who& who) const;
  /// Whether the task that a decision sent (or held out) is still open.
  bool IsOpen(const DecisionRecord& record) const;

 private:
  Run(const Observed& observed, std::shared_ptr<const runtime::Ruleset> ruleset)
      : observed_(observed), ruleset_(std::move(ruleset)), recorder_(*ruleset_, observed.zone) {}

  Answer AskStall(const Part& part, const Who& who, std::int64_t instant);
  /// The waits of an `after each` stall.
  void AskWaits(const std::byte* record, std::uint32_t condition, const Who& who, Answer& answer);
  /// A duration by the calendar, in words: "3 working days of office".
  std::string DurationText(const Part& part, dsl::ExprId duration, const Who& who, std::int64_t instant);

  const Observed& observed_;
  std::shared_ptr<const runtime::Ruleset> ruleset_;
  Recorder recorder_;
  std::unique_ptr<runtime::Engine> engine_;
};

}  // namespace lull::trial
