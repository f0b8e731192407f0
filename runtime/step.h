// The step: what one event, or the passing of time, does to one entity (semantics: moments).
//
// Pure but for the record in hand and what it says through the sink. One for each shard; one thread. An
// entity has its moments together with its parts (runtime/parts.h): each phase of a moment goes over all
// members that it concerns, the whole first, so that parts see what has become of it.
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

  Step(TextPool& pool, ScratchArena& arena, PartStores& part_stores, DecisionSink& sink);
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  /// All must outlive their use. Takes its own copy of the zone.
  void SetProgram(const Ruleset& new_ruleset, const CodeTable& new_code, const RulePlan& new_plan,
                  const Zone& new_zone);
  void UseCode(const CodeTable& new_code) { code = &new_code; }

  /// Takes a record in hand, never that of a part. `entity_key` must live as long as it is there.
  void Bind(std::uint32_t index, std::byte* record, std::string_view entity_key, LogPosition at);

  /// Decides the deadlines before an instant, each at its own. kForgotten: the last one ended the record,
  /// which is as good as gone; its open tasks have been withdrawn.
  Fate RunDeadlines(std::int64_t before);
  /// The record ends at this instant because somebody asks for it: open tasks are withdrawn, and it is as
  /// good as gone.
  void Forget(std::int64_t instant);
  /// One event, at an instant that is not before the record's last one; deadlines before it have been run.
  void ApplyEvent(const EventFrame& frame, std::int64_t instant);

  /// Of a record that was carried over to a new ruleset, and its parts: what is true at `instant` of
  /// conditions without a bit in `carried` (by entity) is held without triggering, and all wake-ups are found
  /// anew. Where something else has changed by the new rules, and for rules `including existing` that are new
  /// (`new_nudges`, by number), there is a deadline moment at `instant`.
  void HoldExisting(std::int64_t instant, const std::vector<std::vector<std::uint64_t>>& carried,
                    const std::vector<bool>& new_nudges);
  /// Ends what waits and what is open of a nudge, of the entity or its parts, between two events.
  void WithdrawNudge(std::uint32_t nudge, std::int64_t instant, DecisionCode reason);

  /// What is open, waits or would be repeated, of the entity and its parts, ends; its deadlines have been
  /// run.
  void EndHistory(std::int64_t instant);

  /// Calls a value function or condition at an instant, between two moments; changes nothing. `fields` are
  /// those of the event that it is about, or null.
  std::uint64_t Probe(FunctionId function, std::int64_t instant, const FieldValue* fields);

  DecisionWriter& writer() { return writer_; }
  /// Parts that were forgotten since the last call.
  std::uint64_t TakeForgottenParts() { return std::exchange(forgotten_parts_, 0); }

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
  /// Whether a task of the nudge ended in this moment in this way (kDone, kDeclined, kExpired).
  bool TaskEnded(std::uint32_t nudge, DecisionKind kind) const;
  /// Which of the nudge's outcomes the step in hand has given; kUnknown: none of them.
  std::int64_t OutcomeOf(std::uint32_t nudge) const;
  /// An event that is the goal of an experiment (experiments.cpp).
  void ReachGoal(std::uint32_t experiment);

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
  void ClearMember(Member& member);
  void LookBefore();
  /// Puts what holds just before the event behind its fields.
  void KeepBefore(std::uint32_t event);
  void UpdateAll(std::uint32_t event);
  void EnterStages();
  void UpdateConditions(std::uint32_t event);
  void UpdateAllConditions();

  // Groups of conditions of the member in hand (step_conditions.cpp).
  /// Asks all of them, or those whose wake-up has come.
  void AskGroups(bool all);
  void AskSlices(const std::vector<EntitySpec::GroupSlice>& slices);
  /// What the function arms is the group's wake-up too.
  void Ask(std::uint32_t group, FunctionId conditions);
  /// What was true just before an event.
  void AskBefore(bool all);
  bool HasGroupWakes() const { return entity->group_wakes_offset != kNoOffset; }
  std::int64_t& GroupWake(std::uint32_t group) const {
    return SlotI64(entity->group_wakes_offset + group * std::uint32_t{sizeof(std::int64_t)});
  }

  void DecideMoment();
  bool MustArbitrate();
  void FollowUp();
  bool Tries(const Member& member) const;
  Fate DeadlineMoment(std::int64_t instant);
  void EndTasksForgotten();
  /// Of the member in hand: nudges `on every ...` whose instant this is; arms the next ones.
  void RunSchedules();
  bool IsForgettable();
  void Stir() {
    changed_ = true;
    members[hand].changed = true;
  }

  // Parts (step_parts.cpp).
  void TakeConcerned(const EventFrame& frame, std::int64_t instant);
  void TakeDue(std::int64_t instant);
  /// Once a moment, after stalls or stages of the whole have changed.
  void TakeFollowers(bool look);
  void TakeAllParts();
  void ForgetParts();
  void ForgetPart(std::size_t index);
  void DropCrowd();
  /// The places that forgotten parts held are filled in a follow-up moment.
  void Refill();
  /// Writes the members' wake-ups back. `renews`: all that a due member's wake-up stood for was looked at;
  /// else it only comes earlier.
  void Settle(bool renews);

  // After a swap (step_swap.cpp).
  void EndWhatIsOver();
  /// Arms all of the member in hand that no condition arms, or leaves it to the deadline moment that is due.
  void ArmMember();
  void ArmReminders();
  void ArmShared();
  using StepState::ArmShared;

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
  bool IsTooLate(const EachWaitSpec& spec, const EachWaitList& list, std::int64_t time, std::int64_t deadline,
                 const SameValue& same) const;
  void RememberAnswer(std::uint32_t wait, const SameValue& same);
  void BeginEach(std::uint32_t wait, EachWait& entry);
  void EndEach(std::uint32_t wait, EachWait& entry);
  void EndEpisodeOf(EachWait& entry, const EachWaitSpec& spec, DecisionCode reason);
  bool IsAnswered(const EachWait& entry, const EachWaitSpec& spec);
  bool GateOf(EachWait& entry, const EachWaitSpec& spec);
  void CaptureFields(const EachWaitSpec& spec, EachWait& entry);
  void AddDueEach();
  void SweepEach();

  // Reminders, and what is already so (step_waiting.cpp).
  void AddDueReminders();
  /// When it goes out next, of the member in hand; kNever: not as things are.
  std::int64_t NextOf(const Reminder& reminder);
  bool IsWaiting(std::uint32_t nudge, WaitSerial serial);
  void DropReminders(std::uint32_t nudge, WaitSerial serial);
  void IncludeExisting(std::uint32_t nudge);
  bool IsTriggerOn(std::uint32_t nudge) const;
  void AddExisting(std::uint32_t nudge, WaitSerial serial);

  // Steps of tasks (step_tasks.cpp).
  /// The open task that the step names; null: there is none.
  OpenTask* FindTask(const EventFrame& frame);
  void ApplyTaskStep(TaskStepKind kind, const EventFrame& frame);
  void EndTask(DecisionKind kind, OpenTask& task, TextView outcome, TextView by);
  /// Expiry, then ladders.
  void AgeTasks();
  void Escalate(OpenTask& task);

  bool IsEarly(std::uint32_t condition) const {
    return ((members[hand].early[condition / 64] >> (condition % 64)) & 1U) != 0;
  }
  void AddWaiting(std::uint32_t nudge, WaitSerial serial);
  /// Of the member in hand. Serial 0: all of the nudge.
  void DropWaiting(std::uint32_t nudge, WaitSerial serial);
  void Withdraw(std::uint32_t nudge, WaitSerial serial, DecisionCode reason);

  struct Entering {
    std::uint32_t member = 0;
    std::uint32_t journey = 0;
    std::uint32_t stage = 0;
    friend bool operator==(const Entering&, const Entering&) = default;
  };
  struct Beginning {
    std::uint32_t member = 0;
    std::uint32_t condition = 0;
    friend bool operator==(const Beginning&, const Beginning&) = default;
  };

  DecisionWriter writer_;
  Arbiter arbiter_;
  std::size_t early_words_ = 1;                          // of Member::early
  const std::vector<std::uint64_t>* carried_ = nullptr;  // while HoldExisting runs
  bool left_ = false;  // ... and something is left to a deadline moment at its instant
  std::uint64_t forgotten_parts_ = 0;
  // Of any member, in this moment.
  bool changed_ = false;
  bool entered_ = false;
  bool each_due_ = false;
  bool each_over_ = false;
  bool followed_ = false;
  bool freed_ = false;                     // an open task of a part that was forgotten has ended
  std::vector<Entering> entering_;         // at the end of the journeys' phase
  std::vector<Entering> entered_stages_;   // in this moment and those it follows
  std::vector<Beginning> began_;           // stalls, in this moment ...
  std::vector<Beginning> began_before_;    // ... and in the one that it follows
  std::vector<std::uint32_t> numbers_;     // scratch
  std::vector<std::uint32_t> due_groups_;  // scratch of AskGroups
  /// Of the event in hand, if a rule asks what was before it.
  std::vector<FieldValue> fields_and_before_;
};

inline Step& StepOf(Moment* moment) { return *static_cast<Step*>(moment->context); }

}  // namespace lull::runtime
