#include "trial/explain.h"

#include <algorithm>

namespace lull::trial {
namespace {

using runtime::DecisionKind;

std::vector<PartAnswer> Keep(const std::vector<Answer>& answers) {
  std::vector<PartAnswer> kept;
  for (const Answer& answer : answers) {
    kept.push_back({answer.part->depth, answer.part->label, answer.holds, answer.why});
    // Of what must not be, no is well.
    if (!answer.part->wanted && answer.holds) kept.back().holds = !*answer.holds;
  }
  return kept;
}

bool IsEvent(const dsl::Nudge& nudge) { return nudge.events != dsl::kNone; }

const DecisionRecord* LatestOf(const std::vector<DecisionRecord>& records, DecisionKind kind) {
  const DecisionRecord* found = nullptr;
  for (const DecisionRecord& record : records) {
    if (record.kind == kind) found = &record;
  }
  return found;
}

}  // namespace

std::string_view NameOf(NudgeState state) {
  static constexpr std::string_view kNames[] = {"open", "waiting", "gone", "due", "not_due", "no_chance"};
  return kNames[static_cast<std::size_t>(state)];
}

Result<std::unique_ptr<Explainer>> Explainer::Begin(const dsl::LoadedRuleset& loaded, std::uint32_t entity,
                                                    std::string key, std::optional<dsl::NudgeId> nudge) {
  std::unique_ptr<Explainer> explainer(new Explainer(entity, std::move(key)));
  compiler::ProbeRequests requests;
  for (dsl::NudgeId n = 0; n < loaded.program.nudges.size(); ++n) {
    if (loaded.program.nudges[n].entity != entity || (nudge && *nudge != n)) continue;
    Watched& watched = explainer->watched_.emplace_back();
    watched.nudge = n;
    watched.parts = PartsOf(loaded, n);
    AddRequests(watched.parts, requests);
  }
  Result<Observed> observed = Observe(loaded, requests, false);
  if (!observed) return std::unexpected(observed.error());
  explainer->observed_ = std::make_shared<const Observed>(std::move(*observed));
  auto run = Run::Begin(*explainer->observed_, explainer->observed_->compiled.ruleset, {});
  if (!run) return std::unexpected(run.error());
  explainer->run_ = std::move(*run);
  return explainer;
}

bool Explainer::Concerns(const runtime::EventFrame& frame) const {
  // A part reads its whole, whose key is not known here.
  if (ruleset()->entities[entity_].whole != runtime::kNoIndex) return true;
  const std::vector<std::uint32_t>& entities = ruleset()->events[frame.event].entities;
  for (std::size_t i = 0; i < entities.size(); ++i) {
    if (entities[i] != entity_) continue;
    return ruleset()->entities[entity_].key.empty() ||
           (frame.keys[i].known() && frame.keys[i].view() == key_);
  }
  return false;
}

void Explainer::Apply(const runtime::EventFrame& frame) {
  if (run_->Apply(frame) != runtime::ApplyResult::kApplied) return;
  for (Watched& watched : watched_) {
    const dsl::Nudge& nudge = run_->loaded().program.nudges[watched.nudge];
    if (!IsEvent(nudge)) continue;
    const auto& events = run_->loaded().program.event_sets[nudge.events].events;
    if (std::ranges::count(events, frame.event) == 0) continue;
    watched.chance = frame.time.micros;
    watched.chance_parts = Keep(run_->Ask(watched.parts, entity_, key_, frame.time.micros, frame.fields));
  }
}

Explanation Explainer::Explain(std::int64_t instant) {
  run_->engine().Finish({instant});
  Explanation explanation;
  explanation.entity = entity_;
  explanation.key = key_;
  explanation.instant = instant;
  explanation.exists = run_->engine().Record(entity_, key_) != nullptr;
  for (const Watched& watched : watched_) explanation.nudges.push_back(ExplainNudge(watched, instant));
  for (Entry& entry : run_->recorder().Timeline()) {
    if (entry.entity == entity_ && entry.key == key_) explanation.timeline.push_back(std::move(entry));
  }
  return explanation;
}

NudgeExplanation Explainer::ExplainNudge(const Watched& watched, std::int64_t instant) {
  NudgeExplanation explanation;
  explanation.nudge = watched.nudge;
  for (const DecisionRecord& record : run_->recorder().decisions()) {
    if (record.nudge == watched.nudge && record.key == key_) explanation.decisions.push_back(record);
  }
  const bool by_event = IsEvent(run_->loaded().program.nudges[watched.nudge]);
  if (by_event) {
    explanation.parts = watched.chance_parts;
  } else {
    explanation.parts = Keep(run_->Ask(watched.parts, entity_, key_, instant));
  }
  Judge(watched, instant, explanation);
  return explanation;
}

void Explainer::Judge(const Watched& watched, std::int64_t instant, NudgeExplanation& explanation) {
  const std::vector<DecisionRecord>& decisions = explanation.decisions;
  const DecisionRecord* sent = LatestOf(decisions, DecisionKind::kSent);
  const DecisionRecord* held_out = LatestOf(decisions, DecisionKind::kHeldOut);
  if (const runtime::OpenTask* task = run_->Open(watched.nudge, key_); task != nullptr) {
    explanation.state = NudgeState::kOpen;
    const DecisionRecord* out = task->held_out ? held_out : sent;
    explanation.summary = task->held_out ? "held out" : "its task is open";
    if (out != nullptr) explanation.summary += ", since " + TimeText(out->instant);
    if (task->held_out && out != nullptr && !out->why.empty()) explanation.summary += ": " + out->why;
    return;
  }
  if (const runtime::WaitingNudge* waiting = run_->Waiting(watched.nudge, key_); waiting != nullptr) {
    explanation.state = NudgeState::kWaiting;
    const DecisionRecord* why = LatestOf(decisions, DecisionKind::kWaiting);
    explanation.summary = "waiting";
    if (waiting->until != kNever) explanation.summary += " until " + TimeText(waiting->until);
    if (why != nullptr && !why->why.empty()) explanation.summary += ": " + why->why;
    return;
  }
  const bool all = std::ranges::all_of(
      explanation.parts, [](const PartAnswer& part) { return part.depth > 0 || part.holds.value_or(true); });
  const dsl::Nudge& nudge = run_->loaded().program.nudges[watched.nudge];
  if (IsEvent(nudge) && watched.chance == kUnknown) {
    explanation.state = NudgeState::kNoChance;
    explanation.summary =
        "had no chance yet: no " + run_->loaded().program.event_sets[nudge.events].name + " has come";
    return;
  }
  if (!decisions.empty() && (all || IsEvent(nudge))) {
    const DecisionRecord& latest = decisions.back();
    const bool at_chance = !IsEvent(nudge) || latest.instant == watched.chance;
    if (at_chance) {
      explanation.state = NudgeState::kGone;
      std::string words(runtime::NameOf(latest.kind));
      std::ranges::replace(words, '_', ' ');
      explanation.summary = words + " at " + TimeText(latest.instant);
      if (!latest.why.empty()) explanation.summary += ": " + latest.why;
      return;
    }
  }
  if (all && !IsEvent(nudge)) {
    explanation.state = NudgeState::kDue;
    explanation.summary = "all that it hangs on is so; it has gone out already, or is not due anew yet";
    return;
  }
  explanation.state = NudgeState::kNotDue;
  if (IsEvent(nudge)) {
    explanation.summary =
        "at its latest chance, " + TimeText(watched.chance) + ", " + WhyNot(explanation.parts);
  } else {
    explanation.summary = WhyNot(explanation.parts);
  }
  if (sent != nullptr && sent->instant <= instant) {
    explanation.summary += "; it last went out at " + TimeText(sent->instant);
  }
}

/// The deepest part that fails, the one that says most.
std::string Explainer::WhyNot(const std::vector<PartAnswer>& parts) const {
  const PartAnswer* found = nullptr;
  std::size_t failing = 0;
  for (const PartAnswer& part : parts) {
    if (part.holds.value_or(true)) continue;
    ++failing;
    if (found == nullptr || part.depth > found->depth) found = &part;
  }
  if (found == nullptr) return "it was not due";
  // Time is what a stall waits for; nobody is at fault.
  const std::size_t until = found->why.find(", until ");
  if (until != std::string::npos) {
    return "waiting until " + found->why.substr(until + 8) + ": " + found->label + ", " +
           found->why.substr(0, until);
  }
  return "`" + found->label + "` is no" + (found->why.empty() ? "" : ": " + found->why);
}

}  // namespace lull::trial
