// A candidate beside the ruleset in force, inside the deterministic part of `lull serve`.
//
// A canary owns the entities of its share: at the marker that begins it they go over from the ruleset in
// force, with their state migrated as by a swap, and events of theirs are decided by the candidate alone. A
// shadow gets a copy of theirs, and what it decides is only recorded. Both end with a marker: what a canary
// owns joins the rest again, migrated to whatever is in force then.
//
// All of this is a function of the input log: who owns an entity is known from its key, and a key names an
// entity in both rulesets alike (CheckTogether).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "connectors/checkpoint/checkpoint_head.h"
#include "connectors/nats/rollout_plan.h"
#include "runtime/ordered_sink.h"
#include "service/lane.h"

namespace lull::service {

/// Whether both rulesets can own entities side by side: each event is of one whole, of the same in both.
Status CheckTogether(const Deployment& in_force, const Deployment& candidate);

/// Counts what the candidate sends, on its way to where it goes.
class CandidateMeter : public runtime::DecisionSink {
 public:
  /// `to` and `figures` must outlive it.
  CandidateMeter(runtime::DecisionSink& to, connectors::CandidateFigures& figures)
      : to_(to), figures_(figures) {}
  runtime::SinkWants wants() const override { return to_.wants(); }
  void OnDecision(const runtime::Decision& decision) override;
  void OnEntryEnd() override { to_.OnEntryEnd(); }
  void OnRuleset(const std::shared_ptr<const runtime::Ruleset>& ruleset) override { to_.OnRuleset(ruleset); }

 private:
  runtime::DecisionSink& to_;
  connectors::CandidateFigures& figures_;
};

/// Where the decisions of a shadow go.
class ShadowSink : public runtime::DecisionSink {
 public:
  ShadowSink(LiveSink& to, std::uint64_t revision) : to_(to), revision_(revision) {}
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnDecision(const runtime::Decision& decision) override { to_.AddShadow(decision, revision_); }

 private:
  LiveSink& to_;
  std::uint64_t revision_;
};

/// The candidate under way. One thread.
class Rollout {
 public:
  /// `together` takes what a canary decides, sorted with what the ruleset in force does; `record` what a
  /// shadow does. Both must outlive it. `plan` is the marker's.
  Rollout(std::shared_ptr<const Deployment> deployment, runtime::EntrySorter& together, LiveSink& record);
  Rollout(const Rollout&) = delete;
  Rollout& operator=(const Rollout&) = delete;

  /// Takes what it owns from `from`, at this message of the log.
  Status Begin(Lane& from, const connectors::InputMessage& at);
  /// As it was at a checkpoint; entities follow through lane().
  Status Resume(const connectors::CandidateHead& head, const runtime::EngineClock& clock);
  /// Has another share, plan and revision of the same ruleset from here on.
  Status Resize(std::shared_ptr<const Deployment> deployment, Lane& in_force,
                const connectors::InputMessage& at);
  /// Gives what it owns back. `in_force` runs what is in force from here on; nothing is left of it.
  Status End(Lane& in_force, const connectors::InputMessage& at);

  bool is_canary() const { return plan().kind == connectors::RolloutPlan::Kind::kCanary; }
  const connectors::RolloutPlan& plan() const { return *deployment_->marker.rollout; }
  std::uint64_t revision() const { return deployment_->marker.revision; }
  const std::shared_ptr<const Deployment>& deployment() const { return deployment_; }
  bool Has(const std::optional<std::string_view>& key) const { return key && plan().share.Has(*key); }
  Lane& lane() { return *lane_; }
  const Lane& lane() const { return *lane_; }

  /// A message came at this time.
  void Saw(WallTime at);
  void CountError();
  const connectors::CandidateFigures& figures() const { return figures_; }
  connectors::CandidateHead Head() const;

 private:
  Status Open(std::shared_ptr<const Deployment> deployment);

  std::shared_ptr<const Deployment> deployment_;
  connectors::CandidateFigures figures_;
  ShadowSink record_;
  runtime::EntrySorter record_sorter_;
  CandidateMeter meter_;
  std::unique_ptr<Lane> lane_;  // last: its engine uses the sinks
};

/// What the guards say; nothing: the candidate goes on.
struct RolloutVerdict {
  bool promote = false;  // else it falls back
  std::string why;
};
std::optional<RolloutVerdict> Judge(const connectors::RolloutPlan& plan,
                                    const connectors::CandidateFigures& figures);
/// Of the last hour.
std::uint64_t FigureOf(const connectors::CandidateFigures& figures, connectors::Guard::Figure figure);

}  // namespace lull::service
