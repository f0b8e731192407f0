// What the engine says: one Decision for every action that goes out, waits, is held back or ends.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "runtime/decision_id.h"
#include "runtime/event.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

enum class DecisionKind : std::uint8_t {
  kSent,        // an action to hand out
  kHeldOut,     // won, and belongs to a holdout: counts as sent, but nothing is sent
  kSuppressed,  // an `on` nudge lost its one chance
  kWaiting,     // a `while` nudge began to wait, or waits for another kind of reason than before
  kWithdrawn,   // an open task ended because its reason did; `id` is that of the task
  kExpired,     // an open task was not done in time; `id` is that of the task
  kDone,        // somebody did an open task; `id` is that of the task
  kDeclined,    // somebody will not do it
  kEscalated,   // an open task goes to the next unit of its ladder; `id` is that of the task
  kGoal,        // the entity reached the goal of an experiment; `nudge` is the first that takes part
};
inline constexpr std::uint32_t kDecisionKindCount = 10;

/// "sent", "held_out", "suppressed", "waiting", "withdrawn", "expired", "done", "declined", "escalated",
/// "goal".
std::string_view NameOf(DecisionKind kind);

/// Why a decision is not kSent.
enum class DecisionCode : std::uint8_t {
  kNone,
  kNever,   // a policy's `never`
  kCapped,  // a limit
  kQuietHours,
  kOutranked,   // others took the places of this moment
  kPlaceTaken,  // open tasks hold all places
  kHoldout,
  kStateEnded,    // withdrawn: the `while` state is over
  kAnswered,      // withdrawn: the wait of an `after each` stall has been answered
  kWithdrawWhen,  // withdrawn: the nudge's `withdraw when`
  kForgotten,     // withdrawn: the entity's record is deleted
  kRuleGone,      // withdrawn: a new ruleset no longer has the nudge
  kTimeOver,      // expired
  kIf,            // waited, and its own `if` does not hold
  kStep,          // done, declined: a step of the task said so
  kOverdue,       // escalated: nobody took it in hand in time
  kReached,       // goal
  kHistory,       // withdrawn: it went out in history, and nobody was told
};
inline constexpr std::uint32_t kDecisionCodeCount = 18;

/// "never", "capped", "quiet_hours", ...; empty for kNone.
std::string_view NameOf(DecisionCode code);

struct ScoreReason {
  double points = 0;  // signed
  std::string_view text;
};

/// Which arm of an experiment the entity is in.
struct ArmChoice {
  std::uint32_t experiment = 0;  // index into Ruleset::experiments
  std::uint32_t arm = 0;
};

struct ScoreOutcome {
  std::uint32_t score = 0;               // index into Ruleset::scores
  double value = 0;                      // NaN: unknown
  std::span<const ScoreReason> reasons;  // of the points that applied, largest first
};

/// All views and spans live until OnDecision returns.
struct Decision {
  DecisionKind kind = DecisionKind::kSent;
  DecisionCode code = DecisionCode::kNone;
  bool held_out = false;  // of kinds that end or escalate a task: it was never sent
  DecisionId id;
  EventTime time;            // the instant at which it was decided
  std::uint32_t entity = 0;  // index into Ruleset::entities
  std::string_view key;
  std::string_view whole_key;     // of a part: the key of its whole; the entity says which
  std::uint32_t nudge = 0;        // index into Ruleset::nudges
  std::uint32_t unit = kNoIndex;  // index into Ruleset::units; kNoIndex: not routed
  TextView unit_key;              // the routing key in plain; unknown if the route has none or it is unknown
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  LogPosition position;                // the entry that revealed it
  EventTime expires;                   // of a task; kUnknown micros for messages and reminders
  std::uint32_t reminder = 0;          // kSent, kHeldOut: the how many-th of its episode; 0: no reminder
  EventTime due{kUnknown};             // of a task, if it has a due time
  std::uint32_t from_unit = kNoIndex;  // kEscalated: who had it before
  TextView from_key;
  TextView outcome;  // kDone, kDeclined: what the step said, if anything ...
  TextView by;       // ... and who

  /// kSent, kHeldOut: of the experiments that the nudge takes part in; kGoal: of the one whose goal it is.
  std::span<const ArmChoice> arms;
  EventTime exposed;  // kGoal: the entity's first action in the experiment

  /// Set for kSent and kHeldOut, if the sink wants details (else empty).
  FieldValue worth;  // of NudgeSpec::worth_type
  bool has_worth = false;
  std::span<const ScoreOutcome> scores;
  std::span<const std::string_view> reasons;  // of the stall; score reasons are in `scores`
  std::string_view title;
  /// "purchase entering financing", "quote_gone_quiet", ...: NudgeSpec::trigger_name; the kind is in the
  /// spec.
  std::string_view trigger;
  /// In words, for all kinds but kSent, if the sink wants details: "capped: 2 nudges in 7 days".
  std::string_view why;
  const Ruleset* ruleset = nullptr;
};

/// What a sink asks for. Nothing is computed or rendered that it does not want.
struct SinkWants {
  std::uint32_t kinds = (1U << static_cast<unsigned>(DecisionKind::kSent));  // bit: DecisionKind
  bool details = true;  // worth, scores, reasons, title, unit_key, why

  bool Has(DecisionKind kind) const { return ((kinds >> static_cast<unsigned>(kind)) & 1U) != 0; }
  static SinkWants Everything() { return {(1U << kDecisionKindCount) - 1, true}; }
};

/// Where decisions go. Called on the engine's thread, in the order in which they are revealed: ordered by
/// (instant, n, k) for one entity; decisions of several entities that one entry reveals come in any order and
/// are put in order by EntrySorter (runtime/ordered_sink.h).
class DecisionSink {
 public:
  virtual ~DecisionSink() = default;
  /// Asked once, when the engine is made.
  virtual SinkWants wants() const = 0;
  virtual void OnDecision(const Decision& decision) = 0;
  /// All decisions of one entry (event, tick, end) that had any have been given.
  virtual void OnEntryEnd() {}
  /// The ruleset of the decisions that follow; also at the very beginning. Who keeps decisions keeps it
  /// alive.
  virtual void OnRuleset(const std::shared_ptr<const Ruleset>& /*ruleset*/) {}
};

}  // namespace lull::runtime
