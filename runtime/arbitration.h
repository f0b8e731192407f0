// Which of the nudges that are due go out, and what holds the others back (semantics: moments; language:
// policies).
//
// due -> `never` -> rank -> one by one: limits, quiet hours, places; each winner counts at once -> holdout.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "runtime/step_state.h"

namespace lull::runtime {

class DecisionWriter;

/// How a policy's `best` values a candidate. Exact for both money and numbers.
struct Rank {
  bool known = false;
  long double order = 0;
  FieldValue value;
};

struct Candidate {
  std::uint32_t nudge = 0;
  std::uint32_t member = 0;  // index into StepState::members
  WaitSerial serial = 0;
  std::uint32_t k = 0;
  std::uint32_t waiting = kNoIndex;  // index into EntitySide::waiting of the whole
  bool is_reminder = false;
  std::uint32_t unit = kNoIndex;     // if it had to be known
  std::uint32_t ranking = kNoIndex;  // NudgePlan::ranking
  std::uint32_t place = 0;           // NudgePlan::place_by_name
  Rank rank;
};

/// What holds a candidate back.
struct Hold {
  DecisionCode code = DecisionCode::kNone;
  std::uint32_t policy = kNoIndex;
  const LimitSpec* limit = nullptr;
  std::int64_t until = kNever;          // kNever: not by time alone, or not known
  std::uint32_t experiment = kNoIndex;  // kHoldout: whose arm it is, if not a policy's share
  std::uint32_t nudge = kNoIndex;       // whose action took the place
  std::uint32_t never = kNoIndex;       // kNever: index into PolicySpec::never
  const Candidate* winner = nullptr;
};

class Arbiter {
 public:
  Arbiter(StepState& state, DecisionWriter& writer) : state_(state), writer_(writer) {}

  /// Decides what is due in the moment in hand: StepState::triggers and the waiting nudges of the entity and
  /// its parts. Leaves the entity itself in hand.
  void Run();
  /// After a change of StepState::plan.
  void Reset();

 private:
  void Collect();
  void SetTrigger(const Candidate& candidate);
  bool PassesOwnConditions(const Trigger& trigger);
  void RankAll();
  Rank RankOf(const Candidate& candidate);
  bool Before(const Candidate& a, const Candidate& b) const;
  Hold Judge(Candidate& candidate);
  /// Whether the condition holds; lowers `until` to the instant at which it may change by time.
  bool HoldsUntil(FunctionId condition, std::int64_t& until);
  Hold JudgeIf(const Candidate& candidate);
  Hold JudgeNever(const Candidate& candidate);
  Hold JudgeLimits(const Candidate& candidate);
  Hold JudgeQuietHours(const Candidate& candidate);
  Hold JudgePlaces(const Candidate& candidate);
  bool Matches(const LimitSpec& limit, const Candidate& candidate) const;
  /// The instant at which the limit lets another one through; kUnknown: now.
  std::int64_t LimitFreeAt(const LimitSpec& limit);
  std::int64_t PeriodStart(LimitPeriod period, std::int64_t now) const;
  std::int64_t PeriodEnd(LimitPeriod period, std::int64_t now) const;
  void Count(const LimitSpec& limit);
  bool IsHeldOut(const Candidate& candidate, Hold& hold) const;
  void Win(Candidate& candidate);
  OpenTask OpenTaskOf(const Candidate& candidate);
  /// An instant of a task's life, counted from now; at the earliest the next that is decided.
  std::int64_t DeadlineOf(FunctionId deadline);
  void Lose(Candidate& candidate, const Hold& hold);
  void RemoveWaiting();

  /// Takes the candidate's member and trigger in hand.
  void Take(const Candidate& candidate) {
    state_.Select(candidate.member);
    SetTrigger(candidate);
  }
  /// Takes what the policy is of in hand: the whole, or the candidate's own part.
  void TakeOwner(std::uint32_t policy, const Candidate& candidate);
  std::uint32_t NumberOf(const Candidate& candidate);

  // Nudges that wait although their moment is over, and reminders (arbitration_waiting.cpp).
  void DropReplaced(const Trigger& trigger);
  bool StartsToWait(Candidate& candidate);
  std::uint32_t CountReminder(const Candidate& candidate);

  struct PolicyState {
    bool never_known = false;
    std::uint32_t never = kNoIndex;  // of the policy's conditions, the first that holds
    std::int64_t never_until = kNever;
    std::uint32_t winners = 0;
    const Candidate* last_winner = nullptr;
  };

  StepState& state_;
  DecisionWriter& writer_;
  std::vector<Candidate> candidates_;
  /// The candidates in the order in which they are judged: index into them, below their place.
  std::vector<std::uint64_t> order_;
  Candidate& At(std::uint64_t ordered) { return candidates_[static_cast<std::uint32_t>(ordered)]; }
  bool IsOfWhole(std::uint32_t policy) const {
    return state_.ruleset->policies[policy].entity == state_.members[0].entity;
  }
  PolicyState& StateOf(std::uint32_t policy, const Candidate& candidate);

  std::vector<PolicyState> policies_;
  std::vector<std::uint32_t> trigger_counts_;  // by nudge
  // Of parts: by number beside policy or member beside nudge.
  std::map<std::pair<std::uint32_t, std::uint32_t>, PolicyState> part_policies_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> part_trigger_counts_;
};

}  // namespace lull::runtime
