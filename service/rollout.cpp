#include "service/rollout.h"

#include <algorithm>
#include <numeric>

namespace lull::service {

using connectors::CandidateFigures;
using connectors::Guard;

namespace {

/// Moves the entities of these keys from one ruleset to another, migrated as by a swap. Outputs go to
/// `sink`.
Status Transfer(Lane& from, Lane& to, runtime::DecisionSink& sink, runtime::LogPosition position,
                const std::function<bool(std::string_view key)>& takes) {
  auto between = runtime::Engine::Create(from.deployment().program, {.live = true, .snapshots = true}, sink);
  if (!between) return std::unexpected(between.error());
  (*between)->RestoreClock(from.engine().clock());
  from.engine().MoveTo(**between, takes, false);
  if (Status ok = (*between)->Swap(to.deployment().program, position); !ok) return ok;
  (*between)->MoveTo(
      to.engine(), [](std::string_view) { return true; }, false);
  return {};
}

std::string Whole(const runtime::Ruleset& ruleset, const runtime::EntitySpec& entity) {
  return entity.whole == runtime::kNoIndex ? std::string() : ruleset.entities[entity.whole].first_name;
}

std::string WholeOf(const runtime::Ruleset& ruleset, const runtime::EventSchema& event) {
  for (const std::uint32_t id : event.entities) {
    const runtime::EntitySpec& entity = ruleset.entities[id];
    if (entity.whole == runtime::kNoIndex) return entity.first_name;
  }
  return {};
}

}  // namespace

Status CheckTogether(const Deployment& in_force, const Deployment& candidate) {
  for (const Deployment* deployment : {&in_force, &candidate}) {
    if (deployment->why_not_split.empty()) continue;
    return Fail((deployment == &in_force ? "in the ruleset in force " : "") + deployment->why_not_split +
                " So it cannot be tried for a share of entities, or in the shadow. What to do: deploy it at "
                "once.");
  }
  const runtime::Ruleset& before = *in_force.program.ruleset;
  const runtime::Ruleset& after = *candidate.program.ruleset;
  for (const runtime::EntitySpec& entity : after.entities) {
    const auto same = std::ranges::find(before.entities, entity.first_name, &runtime::EntitySpec::first_name);
    if (same == before.entities.end()) continue;
    if (same->key == entity.key && Whole(before, *same) == Whole(after, entity)) continue;
    return Fail(
        "entity " + entity.name +
        " has another key or another whole than in the ruleset in force, so both cannot know whose an "
        "event is. What to do: deploy it at once.");
  }
  for (const runtime::EventSchema& event : after.events) {
    const auto same = std::ranges::find(before.events, event.wire_type, &runtime::EventSchema::wire_type);
    if (same == before.events.end() || WholeOf(before, *same) == WholeOf(after, event)) continue;
    return Fail(
        "event " + event.name +
        " is of another entity than in the ruleset in force, so both cannot know whose it is. What to "
        "do: deploy it at once.");
  }
  return {};
}

void CandidateMeter::OnDecision(const runtime::Decision& decision) {
  if (decision.kind == runtime::DecisionKind::kSent) {
    ++figures_.actions;
    ++figures_.minute_of_now().actions;
  }
  to_.OnDecision(decision);
}

Rollout::Rollout(std::shared_ptr<const Deployment> deployment, runtime::EntrySorter& together,
                 LiveSink& record)
    : deployment_(std::move(deployment)),
      record_(record, deployment_->marker.revision),
      record_sorter_(record_),
      meter_(is_canary() ? static_cast<runtime::DecisionSink&>(together) : record_sorter_, figures_) {}

Status Rollout::Open(std::shared_ptr<const Deployment> deployment) {
  auto lane = Lane::Create(std::move(deployment), meter_);
  if (!lane) return std::unexpected(lane.error());
  lane_ = std::move(*lane);
  return {};
}

Status Rollout::Begin(Lane& from, const connectors::InputMessage& at) {
  figures_ = {.began_micros = at.stored_at.micros, .now_micros = at.stored_at.micros};
  if (Status ok = Open(from.shared_deployment()); !ok) return ok;
  lane_->engine().RestoreClock(from.engine().clock());
  from.engine().MoveTo(
      lane_->engine(), [this](std::string_view key) { return Has(key); }, !is_canary());
  return lane_->Swap(deployment_, {at.sequence});
}

Status Rollout::Resume(const connectors::CandidateHead& head, const runtime::EngineClock& clock) {
  figures_ = head.figures;
  if (Status ok = Open(deployment_); !ok) return ok;
  lane_->engine().RestoreClock(clock);
  return {};
}

Status Rollout::Resize(std::shared_ptr<const Deployment> deployment, Lane& in_force,
                       const connectors::InputMessage& at) {
  const runtime::Share before = plan().share;
  deployment_ = std::move(deployment);
  figures_ = {.began_micros = at.stored_at.micros, .now_micros = at.stored_at.micros};
  lane_->Rename(deployment_);
  const auto comes = [&](std::string_view key) { return plan().share.Has(key) && !before.Has(key); };
  const auto goes = [&](std::string_view key) { return before.Has(key) && !plan().share.Has(key); };
  if (Status ok = Transfer(in_force, *lane_, meter_, {at.sequence}, comes); !ok) return ok;
  return Transfer(*lane_, in_force, meter_, {at.sequence}, goes);
}

Status Rollout::End(Lane& in_force, const connectors::InputMessage& at) {
  if (!is_canary()) return {};
  if (Status ok = lane_->engine().Swap(in_force.deployment().program, {at.sequence}); !ok) return ok;
  lane_->engine().MoveTo(
      in_force.engine(), [](std::string_view) { return true; }, false);
  return {};
}

void Rollout::Saw(WallTime at) { figures_.MoveTo(at.micros); }

void Rollout::CountError() {
  ++figures_.errors;
  ++figures_.minute_of_now().errors;
}

connectors::CandidateHead Rollout::Head() const {
  connectors::CandidateHead head;
  head.bundle = deployment_->bundle;
  head.layout_hash = deployment_->layout_hash;
  head.figures = figures_;
  for (const runtime::EntitySpec& entity : deployment_->program.ruleset->entities) {
    head.entity_types.push_back(entity.name);
  }
  return head;
}

std::uint64_t FigureOf(const CandidateFigures& figures, Guard::Figure figure) {
  std::uint64_t sum = 0;
  for (const connectors::CandidateMinute& minute : figures.minutes) {
    sum += figure == Guard::Figure::kActions ? minute.actions : minute.errors;
  }
  return sum;
}

std::optional<RolloutVerdict> Judge(const connectors::RolloutPlan& plan, const CandidateFigures& figures) {
  const std::int64_t age = figures.now_micros - figures.began_micros;
  for (const Guard& guard : plan.guards) {
    const std::uint64_t value = FigureOf(figures, guard.figure);
    const bool too_many = guard.most && value > *guard.most;
    const bool too_few = guard.least && value < *guard.least && age >= kMicrosPerHour;
    if (!too_many && !too_few) continue;
    return RolloutVerdict{.promote = false,
                          .why = "guard " + Text(guard) + ": " + std::to_string(value) + " in the last hour"};
  }
  if (plan.promote_after_micros == 0 || age < plan.promote_after_micros) return {};
  return RolloutVerdict{
      .promote = true,
      .why = plan.guards.empty() ? "its time is over" : "its time is over, and all guards held"};
}

}  // namespace lull::service
