// The timeline of one entity and its parts in the reference engine: moments, journeys, stalls, conditions and
// nudges. Every phase of a moment goes over all members, whatever has happened.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/base/zone.h"
#include "tests/support/reference_engine.h"
#include "tests/support/reference_history.h"

namespace lull::test {

/// One of those who have their moments together: the entity itself, and its parts.
struct Member {
  /// What has a bit: held or not.
  enum class Role : std::uint8_t { kDwell, kStall, kRise, kState, kDue, kWithdraw };
  struct Condition {
    Role role = Role::kStall;
    std::uint32_t index = 0;  // StallId of kDwell and kStall, else NudgeId
    bool held = false;
    /// Yes just before the event in hand, and not held.
    bool early = false;
    std::int64_t since = 0;
  };
  /// A wait of a stall of the `after` forms.
  struct Wait {
    int serial = 0;
    std::size_t opening = 0;  // index into History::entries
    std::int64_t start = 0;
    bool overdue = false;
    bool begun = false;           // `after each`: its episode lasts
    std::set<dsl::NudgeId> gone;  // `after each`: nudges that went out in it
  };

  /// A nudge with `repeat` that went out in an episode that lasts.
  struct Reminding {
    std::int64_t sent = 0;
    std::uint32_t count = 0;
  };

  Member(const dsl::CheckedProgram& program, const ReferenceCalendars& calendars, std::size_t its_index,
         dsl::EntityId of, std::string its_key)
      : index(its_index), entity(of), key(std::move(its_key)), history(program, calendars, of, key) {}

  std::size_t index;  // of Timeline::members_; 0: the entity itself
  dsl::EntityId entity;
  std::string key;
  bool own = false;      // the event in hand is its own
  bool learned = false;  // what its durations are
  History history;
  std::vector<Condition> conditions;  // those that are read come before those that read
  std::map<dsl::StallId, std::vector<Wait>> waits;
  std::map<dsl::StallId, std::size_t> last_opening;  // index into History::entries
  /// Runs of first steps of sequences, oldest first, as indexes into History::entries.
  std::map<dsl::SequenceId, std::vector<std::vector<std::size_t>>> runs;
  /// Sequences that came to their end with the event of the moment.
  std::map<dsl::SequenceId, std::vector<std::size_t>> done;
  std::map<std::pair<dsl::NudgeId, int>, Reminding> reminding;
  std::map<dsl::NudgeId, bool> gone;                           // `while` nudges that went out in this episode
  std::map<dsl::NudgeId, std::int64_t> last_due;               // for `again after`
  std::set<dsl::StallId> began;                                // in this moment ...
  std::set<dsl::StallId> began_before;                         // ... and in the one that it follows
  std::set<std::pair<dsl::JourneyId, std::uint32_t>> entered;  // in this moment and those it follows
  std::vector<std::pair<dsl::JourneyId, std::uint32_t>> moves;  // that it is about to make
};

/// Most of it is about the member in hand.
class Timeline {
 public:
  Timeline(const dsl::CheckedProgram& program, const ReferenceCalendars& calendars, dsl::EntityId entity,
           std::string key, const Zone& zone, const HoldsOut& holds_out, const IdOfTask& id_of_task,
           const ArmOf& arm_of, std::vector<Outcome>& outcomes);
  Timeline(const Timeline&) = delete;

  /// Decides the deadlines before the event, then the event. `parts`: those that it is of, by entity and key.
  void Apply(const LogEvent& event, const std::vector<std::pair<dsl::EntityId, std::string>>& parts);
  /// Decides the deadlines up to and including `end`.
  void Finish(std::int64_t end) { RunDeadlines(end + 1); }

 private:
  using Role = Member::Role;
  using Condition = Member::Condition;
  using Wait = Member::Wait;
  using Reminding = Member::Reminding;

  struct Waiting {
    std::size_t member = 0;  // index into members_
    dsl::NudgeId nudge = 0;
    int serial = 0;  // of a Wait; 0: none
    /// `valid for`: the last try, and the entry that triggered (-1: none).
    bool is_trigger = false;
    std::int64_t end = 0;
    int entry = -1;
    std::vector<std::size_t> steps = {};
    bool is_reminder = false;
  };
  struct Rung {
    std::int64_t at = 0;
    std::string unit;
  };
  struct Task {
    std::size_t member = 0;  // index into members_
    dsl::NudgeId nudge = 0;
    int serial = 0;
    std::int64_t expires = 0;
    bool held_out = false;
    std::string unit;
    std::string id;
    bool claimed = false;
    std::vector<Rung> ladder;
  };
  struct Candidate {
    std::size_t member = 0;  // index into members_
    dsl::NudgeId nudge = 0;
    int serial = 0;
    int number = 0;  // of the nudge and its member in this moment
    std::string key;
    bool waits = false;
    std::size_t waiting = 0;  // index of waiting_
    bool is_reminder = false;
    dsl::UnitId unit = dsl::kNone;
    std::string unit_text;
    Value rank;
  };
  struct Sending {
    std::size_t member = 0;  // index into members_
    std::int64_t time = 0;
    dsl::NudgeId nudge = 0;
    dsl::UnitId unit = dsl::kNone;
  };

  // Time (reference_timeline.cpp).
  void Reset();
  void Select(std::size_t index) { hand_ = &members_[index]; }
  void AddMember(dsl::EntityId entity, const std::string& key);
  std::size_t Part(dsl::EntityId entity, const std::string& key);
  void ForgetPart(std::size_t index);
  /// Calls `body` with each member in hand, the whole first; leaves the whole in hand.
  template <typename Body>
  void ForEach(Body body) {
    for (std::size_t index = 0; index < members_.size(); ++index) {
      if (gone_members_.contains(index)) continue;
      Select(index);
      body();
    }
    Select(0);
  }
  void RunDeadlines(std::int64_t before);
  void DeadlineMoment(std::int64_t instant);
  void FollowUps();
  void BeginMoment();
  void ForgetQuiet();
  bool MayForget() const;
  void KeepBefore();
  bool IsScheduled(dsl::NudgeId id, std::int64_t instant) const;

  // Instants at which something may happen (reference_instants.cpp).
  void ListDurations();
  void ListCalendarDurations();
  /// Something happened at an instant: it may have consequences any duration of the ruleset later.
  void Mark(std::int64_t instant);
  /// An event of somebody: time since it may be rounded, too.
  void MarkEvent(std::int64_t instant);
  void AddDuration(std::int64_t micros);
  void AddSteps(const dsl::Expr& expr);
  void AddBoth(std::int64_t instant);
  void AddOpenTime(std::int64_t start, std::int64_t micros);
  void AddCalendarDeadlines(std::int64_t start);
  void AddFreshDeadlines();
  void AddEdges();
  bool IsOfAttributes(dsl::ExprId id) const;
  void LearnDurations();
  void LearnCountdowns();
  void AddMeeting(std::int64_t mark, std::int64_t until);
  void LookAhead();
  void AddScheduled();
  void AddCandidate(std::int64_t instant);

  // Waits and journeys (reference_waits.cpp).
  void UpdateWaits(const Entry& entry);
  bool Answers(const dsl::Stall& stall, const Wait& wait, const Entry& entry) const;
  bool HasEnded(const dsl::Stall& stall, const Wait& wait) const;
  /// The event that opened the latest wait of a stall with one wait at a time.
  const Entry* OpeningOf(dsl::StallId stall) const;
  bool Matured(const dsl::Stall& stall, const Wait& wait) const;
  void EndEach(dsl::StallId stall, const Wait& wait);
  /// All members decide from one snapshot, then all move.
  bool MoveJourneys(bool by_event);
  void FindMoves(const Entry* entry);
  bool Move();
  bool IsTaken(dsl::JourneyId journey, const dsl::Transition& step, const Entry* entry) const;

  // Sequences (reference_sequences.cpp).
  void UpdateSequences(const Entry& entry);
  /// The latest run of `length` steps that the event may follow; empty: none.
  std::vector<std::size_t> Followed(const dsl::Sequence& sequence, std::size_t step,
                                    const Entry& entry) const;
  std::vector<const Entry*> EntriesOf(const std::vector<std::size_t>& steps) const;

  // Steps of tasks (reference_tasks.cpp).
  Task* FindTask(const LogEvent& event);
  void ApplyTaskStep(const LogEvent& event);
  void EndTask(const char* what, std::size_t index);
  void AgeTasks();
  void OpenTask(const Candidate& candidate, const View& view, bool held_out);
  std::int64_t TaskDeadline(dsl::ExprId id, const View& view);
  std::string RouteText(const dsl::Route& route, const View& view) const;
  // Experiments, in the same file.
  void DealArms();
  std::uint32_t ArmIn(dsl::ExperimentId id) const;
  void Expose(const dsl::Nudge& nudge);
  void ReachGoals(const Entry& entry);
  std::string ArmsText(const dsl::Nudge& nudge) const;
  bool IsInHeldOutArm(const dsl::Nudge& nudge) const;

  // Conditions (reference_conditions.cpp).
  void ListConditions();
  void AddCondition(Role role, std::uint32_t index);
  void AddStallsOf(dsl::ExprId id);
  void AddStall(dsl::StallId id);
  Condition& Find(Role role, std::uint32_t index);
  void LookBefore();
  void UpdateConditions();
  bool ValueOf(const Condition& condition, bool before);
  bool StallValue(dsl::StallId id, bool before);
  bool BegunValue(dsl::StallId id, bool before);
  bool EachValue(dsl::StallId id, bool before);
  bool GateOf(const dsl::Stall& stall, const Entry* opening) const;
  bool DueValue(const Condition& condition) const;
  void Open(Condition& condition);
  void Close(Condition& condition);
  void DropWaiting(dsl::NudgeId nudge, int serial);
  void Withdraw(dsl::NudgeId nudge, int serial, const char* what = "withdrawn");
  void AddDueOfEach();

  // What waits although its moment is over, and reminders (reference_waiting.cpp).
  void AddDueReminders();
  void DropReminders(dsl::NudgeId nudge, int serial);
  void DropReplaced(dsl::NudgeId nudge, int serial);
  void LoseTrigger(const Candidate& candidate, const View& view, const std::string& hold);
  void CountReminder(const Candidate& candidate);

  // Nudges and policies (reference_policies.cpp).
  void Arbitrate();
  bool IsDueByTrigger(dsl::NudgeId nudge, const View& view);
  std::vector<Candidate> Collect();
  void Rank(Candidate& candidate, const View& view);
  const dsl::Policy* RankingPolicy(dsl::NudgeId nudge) const;
  bool Before(const Candidate& a, const Candidate& b) const;
  std::string HoldOf(const Candidate& candidate, const View& view);
  bool IsCapped(const dsl::Policy& policy, const dsl::Limit& limit, const Candidate& candidate);
  bool IsQuiet(const dsl::Policy& policy, const View& view);
  bool HasPlace(const dsl::Policy& policy, const Candidate& candidate) const;
  void Win(const Candidate& candidate, const View& view);
  void FindRoute(Candidate& candidate, const View& view) const;
  /// Takes the candidate's member in hand.
  View ViewOf(const Candidate& candidate);
  bool Covers(const dsl::Policy& policy, dsl::NudgeId nudge) const;
  bool IsTask(dsl::NudgeId nudge) const;
  void Say(const char* what, dsl::NudgeId nudge, const char* why, std::string unit, std::string worth);

  /// Whether a policy is of the whole, whose members share it.
  bool IsShared(const dsl::Policy& policy) const { return policy.entity == members_.front().entity; }
  /// Takes what a policy is of in hand.
  void SelectOwner(const dsl::Policy& policy, const Candidate& candidate) {
    Select(IsShared(policy) ? 0 : candidate.member);
  }
  bool IsOf(const dsl::Policy& policy, const Candidate& candidate, std::size_t member) const {
    return IsShared(policy) || member == candidate.member;
  }
  const Entry* EntryInHand() const { return hand_->own ? &hand_->history.entries().back() : nullptr; }

  const dsl::CheckedProgram& program_;
  const ReferenceCalendars& calendars_;
  Zone zone_;
  const HoldsOut& holds_out_;
  const IdOfTask& id_of_task_;
  const ArmOf& arm_of_;
  std::vector<Outcome>& outcomes_;

  std::deque<Member> members_;  // the entity itself first
  Member* hand_ = nullptr;
  std::set<std::size_t> gone_members_;  // parts that were forgotten
  int next_serial_ = 1;
  std::vector<Waiting> waiting_;
  std::vector<Task> tasks_;
  std::vector<Sending> sent_;

  // The moment in hand.
  std::int64_t now_ = 0;
  std::int64_t clock_ = 0;
  bool by_event_ = false;
  struct Trigger {
    dsl::NudgeId nudge = 0;
    int serial = 0;
    std::size_t member = 0;
  };
  std::vector<Trigger> triggers_;
  void AddTrigger(dsl::NudgeId nudge, int serial) { triggers_.push_back({nudge, serial, hand_->index}); }
  std::map<std::pair<dsl::PolicyId, std::size_t>, std::uint32_t>
      new_ones_;  // winners, by policy and its owner

  /// First actions and goals of experiments, by experiment and member.
  std::map<std::pair<dsl::ExperimentId, std::size_t>, std::int64_t> exposed_;
  std::set<std::pair<dsl::ExperimentId, std::size_t>> reached_;
  struct TaskEnd {
    dsl::NudgeId nudge = 0;
    dsl::TaskEnd end{};
    std::size_t member = 0;
    friend auto operator<=>(const TaskEnd&, const TaskEnd&) = default;
  };
  std::set<TaskEnd> task_ends_;  // in this moment
  std::int64_t counted_instant_ = 0;
  std::uint32_t moments_ = 0;  // before this one, at its instant

  std::set<std::int64_t> candidates_;  // instants
  std::set<std::int64_t> marks_;
  std::set<std::int64_t> events_;          // marks that are times of events
  std::vector<std::int64_t> fresh_marks_;  // of this moment
  std::set<std::int64_t> durations_;       // after any mark
  std::set<std::int64_t> steps_;           // after events: where values that are rounded step
  std::vector<const dsl::Expr*> countdowns_of_rules_;
  /// What countdowns reach, by member and expression.
  std::map<std::pair<std::size_t, const dsl::Expr*>, std::int64_t> countdowns_;
  /// Durations of deadlines that count by a calendar.
  std::vector<std::pair<dsl::EntityId, dsl::ExprId>> by_calendar_;
  std::set<dsl::CalendarId> open_times_;  // calendars by which rules measure what has passed
  bool follows_dates_ = false;            // something may change at any midnight
  bool times_meet_ = false;               // a value that moves is compared with another
  bool reads_before_ = false;
};

}  // namespace lull::test
