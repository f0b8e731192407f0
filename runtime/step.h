// The step: what one event, or the passing of time, does to one entity (semantics: moments).
//
// Pure but for the record in hand and what it says through the sink. One for each shard; one thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/arbitration.h"
#include "runtime/decision_writer.h"
#include "runtime/event.h"
#include "runtime/step_state.h"

namespace lull::runtime {

class Step : public StepState {
 public:
  enum class Fate : std::uint8_t { kAlive, kForgotten };

  Step(TextPool& pool, ScratchArena& arena, DecisionSink& sink);
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  /// All must outlive their use. Takes its own copy of the zone.
  void SetProgram(const Ruleset& new_ruleset, const CodeTable& new_code, const RulePlan& new_plan,
                  const Zone& zone);
  void UseCode(const CodeTable& new_code) { code = &new_code; }

  /// Takes a record in hand. `entity_key` must live as long as it is there.
  void Bind(std::uint32_t index, std::byte* record, std::string_view entity_key, LogPosition at);

  /// Decides the deadlines before an instant, each at its own. kForgotten: the last one ended the record,
  /// which is as good as gone; its open tasks have been withdrawn.
  Fate RunDeadlines(std::int64_t before);
  /// One event, at an instant that is not before the record's last one; deadlines before it have been run.
  void ApplyEvent(const EventFrame& frame, std::int64_t instant);

  /// Of a record that was carried over to a new ruleset: what is true at `instant` of conditions without a
  /// bit in `carried` is held without triggering, and the next deadline moment arms everything anew.
  void HoldExisting(std::int64_t instant, const std::vector<std::uint64_t>& carried);
  /// Ends what waits and what is open of a nudge, between two events.
  void WithdrawNudge(std::uint32_t nudge, std::int64_t instant, DecisionCode reason);

  DecisionWriter& writer() { return writer_; }

  // What the functions of abi.h do.
  void OnConditionEdge(std::uint32_t condition, bool value);
  void OnConditionBefore(std::uint32_t condition, bool value);
  bool StallBegan(std::uint32_t condition) const;
  bool MayEnter(std::uint32_t journey, std::uint32_t stage) const;
  void Enter(std::uint32_t journey, std::uint32_t stage);
  void OpenEach(std::uint32_t wait, std::int64_t time, std::int64_t deadline);
  void AnswerEach(std::uint32_t wait, bool with_same);
  bool UpdateEach(std::uint32_t wait, bool gate);
  bool OverdueBefore(std::uint32_t wait, bool gate);
  void Due(std::uint32_t nudge);

 private:
  /// The value of Moment::same as EachWait keeps it. Owns nothing.
  struct SameValue {
    std::uint64_t bits = 0;
    bool known = false;
  };

  void BeginChain(std::int64_t instant, std::int64_t age_instant);
  void BeginMoment();
  void EndMoment();
  void Call(FunctionId function) {
    if (function != kNoFunction) code->functions[function](&moment);
  }
  void BeginRecord(std::int64_t instant);
  void ClearEarly();
  void DecideMoment();
  bool MustArbitrate();
  /// `arms`: `automatic` runs even if nothing has changed.
  void FollowUp(bool arms);
  Fate DeadlineMoment(std::int64_t instant);
  void ExpireTasks();
  bool IsForgettable();
  void EndWhatIsOver();

  // Listeners (step_conditions.cpp).
  void Open(std::uint32_t condition);
  void Close(std::uint32_t condition);
  void TriggerNudge(std::uint32_t condition, std::uint32_t nudge);
  void BeginEpisode(std::uint32_t condition, std::uint32_t nudge);
  void EndEpisode(std::uint32_t condition, std::uint32_t nudge);
  void BecomeDue(std::uint32_t condition, std::uint32_t nudge);
  void StopWaiting(std::uint32_t condition, std::uint32_t nudge);
  void WithdrawOpen(std::uint32_t condition, std::uint32_t nudge);
  void BeginStall(std::uint32_t condition, std::uint32_t nudge);

  // Waits of `after each` (step_each.cpp).
  EachWaitList* FindEach(std::uint32_t wait);
  EachWaitList& MakeEach(std::uint32_t wait);
  SameValue FindSame(ValueType type) const;
  bool IsTooLate(const EachWaitList& list, std::int64_t time, std::int64_t deadline,
                 const SameValue& same) const;
  void RememberAnswer(std::uint32_t wait, bool with_same, const SameValue& same);
  void BeginEach(std::uint32_t wait, EachWait& entry);
  void EndEach(std::uint32_t wait, EachWait& entry);
  void CaptureFields(const EachWaitSpec& spec, EachWait& entry);
  void AddDueEach();
  void SweepEach();

  bool IsEarly(std::uint32_t condition) const {
    return ((early_[condition / 64] >> (condition % 64)) & 1U) != 0;
  }
  void AddWaiting(std::uint32_t nudge, WaitSerial serial);
  /// Serial 0: all of the nudge.
  void DropWaiting(std::uint32_t nudge, WaitSerial serial);
  void Withdraw(std::uint32_t nudge, WaitSerial serial, DecisionCode reason);

  DecisionWriter writer_;
  Arbiter arbiter_;
  const EntityPlan* entity_plan_ = nullptr;
  std::vector<std::uint64_t> early_;
  bool early_set_ = false;
  const std::vector<std::uint64_t>* carried_ = nullptr;  // while HoldExisting runs
  bool changed_ = false;                                 // a condition opened or closed, or a stall began
  bool entered_ = false;                                 // a journey entered a stage
  bool each_due_ = false;   // nudges `while` an `after each` stall may have become due
  bool each_over_ = false;  // waits that nobody needs any more are to be removed
  std::vector<std::pair<std::uint32_t, std::uint32_t>>
      entered_stages_;                       // in this moment and those it follows
  std::vector<std::uint32_t> began_;         // stalls, in this moment ...
  std::vector<std::uint32_t> began_before_;  // ... and in the one that it follows
};

inline Step& StepOf(Moment* moment) { return *static_cast<Step*>(moment->context); }

/// Instant of the latest event that was applied to a record, by which a quiet one is forgotten.
inline std::int64_t LatestEvent(const RecordHeader& header) {
  return static_cast<std::int64_t>(header.reserved);
}

}  // namespace lull::runtime
