#include "trial/explain.h"

#include <algorithm>
#include <cstring>

#include "runtime/experiments.h"

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

Result<std::unique_ptr<Explainer>> Explainer::Begin(const dsl::LoadedRuleset& loaded, Sought sought,
                                                    std::optional<dsl::NudgeId> nudge) {
  std::unique_ptr<Explainer> explainer(new Explainer(std::move(sought)));
  compiler::ProbeRequests requests;
  for (dsl::NudgeId n = 0; n < loaded.program.nudges.size(); ++n) {
    const bool of_entity = loaded.program.nudges[n].entity == explainer->sought_.entity;
    if (!of_entity || (nudge && *nudge != n)) continue;
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

Who Explainer::WhoAt(const runtime::EventFrame& frame, std::uint32_t place) const {
  const runtime::EventSchema& event = ruleset()->events[frame.event];
  Who who{.entity = event.entities[place], .key = {}};
  if (frame.keys[place].known()) who.key = frame.keys[place].view();
  who.whole_key = WholeKeyOf(event, frame, place);
  return who;
}

bool Explainer::IsSought(const Who& who) const {
  if (ruleset()->entities[who.entity].key.empty()) return true;
  if (ruleset()->entities[who.entity].whole == runtime::kNoIndex) return who.key == sought_.key;
  if (sought_.of) return who.key == sought_.key && who.whole_key == *sought_.of;
  return who.key == sought_.key || who.whole_key + "/" + who.key == sought_.key;
}

std::uint32_t Explainer::PlaceIn(const runtime::EventFrame& frame) const {
  const std::vector<std::uint32_t>& entities = ruleset()->events[frame.event].entities;
  for (std::uint32_t i = 0; i < entities.size(); ++i) {
    if (entities[i] != sought_.entity) continue;
    const bool has_key = ruleset()->entities[entities[i]].key.empty() || frame.keys[i].known();
    if (has_key && IsSought(WhoAt(frame, i))) return i;
  }
  return runtime::kNoIndex;
}

bool Explainer::IsOfWhole(const runtime::EventFrame& frame, const std::string& whole_key) const {
  const std::uint32_t whole = ruleset()->entities[sought_.entity].whole;
  const std::vector<std::uint32_t>& entities = ruleset()->events[frame.event].entities;
  const auto at = std::ranges::find(entities, whole);
  if (at == entities.end()) return false;
  const runtime::TextView key = frame.keys[at - entities.begin()];
  return ruleset()->entities[whole].key.empty() || (key.known() && key.view() == whole_key);
}

Who Explainer::who() const {
  if (!found_.empty()) return found_.front();
  return {sought_.entity, sought_.key, sought_.of.value_or("")};
}

bool Explainer::Concerns(const runtime::EventFrame& frame) const {
  if (PlaceIn(frame) != runtime::kNoIndex) return true;
  // A part reads its whole. Which that is may not be known before the part's first event.
  const std::uint32_t whole = ruleset()->entities[sought_.entity].whole;
  if (whole == runtime::kNoIndex) return false;
  return sought_.of ? IsOfWhole(frame, *sought_.of)
                    : std::ranges::count(ruleset()->events[frame.event].entities, whole) > 0;
}

void Explainer::Apply(const runtime::EventFrame& frame) {
  const std::uint32_t place = PlaceIn(frame);
  const bool names_it = place != runtime::kNoIndex;
  if (names_it && std::ranges::count(found_, WhoAt(frame, place)) == 0) {
    found_.push_back(WhoAt(frame, place));
  }
  if (run_->Apply(frame) != runtime::ApplyResult::kApplied || found_.empty()) return;
  const bool is_its = names_it && WhoAt(frame, place) == found_.front();
  if (is_its || IsOfWhole(frame, found_.front().whole_key)) latest_ = std::max(latest_, frame.time.micros);
  if (!is_its) return;
  for (Watched& watched : watched_) {
    const dsl::Nudge& nudge = run_->loaded().program.nudges[watched.nudge];
    if (!IsEvent(nudge)) continue;
    const auto& events = run_->loaded().program.event_sets[nudge.events].events;
    if (std::ranges::count(events, frame.event) == 0) continue;
    watched.chance = frame.time.micros;
    watched.chance_parts = Keep(run_->Ask(watched.parts, who(), frame.time.micros, frame.fields));
  }
}

bool Explainer::Restore(const runtime::EngineClock& clock, std::string_view image) {
  const std::uint32_t whole = ruleset()->entities[sought_.entity].whole;
  const bool is_part = whole != runtime::kNoIndex;
  const std::string& key = is_part ? sought_.of.value() : sought_.key;
  run_->engine().RestoreClock(clock);
  if (!run_->engine().Restore(is_part ? whole : sought_.entity, key, image)) return false;
  const Who who{sought_.entity, sought_.key, is_part ? key : ""};
  const std::byte* record = run_->engine().Record(who.name());
  if (record == nullptr) return false;
  found_ = {who};
  latest_ =
      std::max(clock.tick, runtime::LatestEvent(*reinterpret_cast<const runtime::RecordHeader*>(record)));
  restored_ = true;
  return true;
}

Explanation Explainer::Explain(std::int64_t instant) {
  run_->engine().Finish({instant});
  Explanation explanation;
  explanation.who = who();
  explanation.instant = instant;
  explanation.exists = run_->engine().Record(explanation.who.name()) != nullptr;
  explanation.experiments = ExplainExperiments();
  for (const Watched& watched : watched_) explanation.nudges.push_back(ExplainNudge(watched, instant));
  for (Entry& entry : run_->recorder().Timeline()) {
    if (entry.who == explanation.who) explanation.timeline.push_back(std::move(entry));
  }
  return explanation;
}

NudgeExplanation Explainer::ExplainNudge(const Watched& watched, std::int64_t instant) {
  NudgeExplanation explanation;
  explanation.nudge = watched.nudge;
  for (const DecisionRecord& record : run_->recorder().decisions()) {
    if (record.nudge == watched.nudge && record.who() == who()) explanation.decisions.push_back(record);
  }
  const bool by_event = IsEvent(run_->loaded().program.nudges[watched.nudge]);
  if (by_event) {
    explanation.parts = watched.chance_parts;
  } else {
    explanation.parts = Keep(run_->Ask(watched.parts, who(), instant));
  }
  Judge(watched, instant, explanation);
  return explanation;
}

void Explainer::Judge(const Watched& watched, std::int64_t instant, NudgeExplanation& explanation) {
  const std::vector<DecisionRecord>& decisions = explanation.decisions;
  const DecisionRecord* sent = LatestOf(decisions, DecisionKind::kSent);
  const DecisionRecord* held_out = LatestOf(decisions, DecisionKind::kHeldOut);
  if (const runtime::OpenTask* task = run_->Open(watched.nudge, who()); task != nullptr) {
    explanation.state = NudgeState::kOpen;
    const DecisionRecord* out = task->held_out ? held_out : sent;
    explanation.summary = task->held_out ? "held out" : "its task is open";
    if (out != nullptr) explanation.summary += ", since " + TimeText(out->instant);
    if (task->held_out && out != nullptr && !out->why.empty()) explanation.summary += ": " + out->why;
    explanation.summary += TaskText(*task, decisions);
    return;
  }
  if (const runtime::WaitingNudge* waiting = run_->Waiting(watched.nudge, who()); waiting != nullptr) {
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
    if (restored_) {
      explanation.summary = "what its latest " + run_->loaded().program.event_sets[nudge.events].name +
                            " came to is in the output log; a checkpoint does not keep it";
      return;
    }
    explanation.summary =
        "had no chance yet: no " + run_->loaded().program.event_sets[nudge.events].name + " has come";
    return;
  }
  if (!decisions.empty() && (all || IsEvent(nudge))) {
    const DecisionRecord& latest = decisions.back();
    // What it says of a task began when that went out.
    const auto began = std::ranges::find(decisions, latest.id, &DecisionRecord::id);
    const bool at_chance =
        !IsEvent(nudge) || latest.instant == watched.chance || began->instant == watched.chance;
    if (at_chance) {
      explanation.state = NudgeState::kGone;
      std::string words(runtime::NameOf(latest.kind));
      std::ranges::replace(words, '_', ' ');
      explanation.summary = words + " at " + TimeText(latest.instant);
      const bool said = latest.code == runtime::DecisionCode::kStep;
      const std::string& why = said ? latest.outcome : latest.why;
      if (!why.empty()) explanation.summary += ": " + why;
      if (!latest.by.empty()) explanation.summary += ", by " + latest.by;
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

std::string Explainer::TaskText(const runtime::OpenTask& task,
                                const std::vector<DecisionRecord>& decisions) const {
  const runtime::Ruleset& rules = *ruleset();
  std::string text;
  const DecisionRecord* holder = nullptr;
  for (const DecisionRecord& record : decisions) {
    if (record.id == task.id) holder = &record;
  }
  if (!task.held_out && holder != nullptr && holder->unit != runtime::kNoIndex) {
    text += "; with " + rules.units[holder->unit].name;
    if (holder->unit_key_known) text += " / \"" + holder->unit_key + "\"";
    if (holder->kind == DecisionKind::kEscalated) {
      text += ", the next of its ladder since " + TimeText(holder->instant);
    }
  }
  if (task.claimed) text += "; claimed";
  if (task.due != kUnknown) text += "; due " + TimeText(task.due);
  if (!task.ladder.empty() && !task.claimed) {
    const runtime::OpenRung& next = task.ladder.front();
    text +=
        "; goes on to " + rules.units[next.unit].name + " at " + TimeText(next.at) + " if nobody claims it";
  }
  return text + "; expires " + TimeText(task.expires);
}

std::vector<ExperimentExplanation> Explainer::ExplainExperiments() const {
  const runtime::Ruleset& rules = *ruleset();
  std::vector<ExperimentExplanation> explanations;
  const Who of = who();
  const bool is_part = rules.entities[of.entity].whole != runtime::kNoIndex;
  const std::byte* record = run_->engine().Record(of.name());
  if (record == nullptr) return explanations;
  for (std::uint32_t e = 0; e < rules.experiments.size(); ++e) {
    const runtime::ExperimentSpec& spec = rules.experiments[e];
    if (spec.entity != of.entity) continue;
    const runtime::ExperimentSpec::Arm& arm =
        spec.arms[runtime::ArmIn(rules, e, of.key, is_part, of.whole_key)];
    ExperimentExplanation explanation{.experiment = spec.name, .arm = arm.name, .held_out = arm.held_out};
    if (spec.exposed_offset != runtime::kNoOffset) {
      std::memcpy(&explanation.exposed, record + spec.exposed_offset, sizeof(explanation.exposed));
    }
    if (spec.reached_offset != runtime::kNoOffset) {
      std::memcpy(&explanation.reached, record + spec.reached_offset, sizeof(explanation.reached));
    }
    explanations.push_back(std::move(explanation));
  }
  return explanations;
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
