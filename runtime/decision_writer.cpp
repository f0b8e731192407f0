#include "runtime/decision_writer.h"

#include <algorithm>
#include <cmath>

namespace lull::runtime {
namespace {

/// Of a limit above this, it is not told when each was sent.
constexpr std::size_t kSentShownMax = 5;

}  // namespace

DecisionWriter::Route DecisionWriter::RouteOf(std::uint32_t nudge) {
  Route route;
  const std::vector<RouteSpec>& routes = state_.ruleset->nudges[nudge].routes;
  for (const RouteSpec& spec : routes) {
    route = {spec.unit, {}};
    if (spec.key == kNoFunction || (routes.size() == 1 && !wants_.details)) break;
    route.key = state_.Values(spec.key)[0].text;
    if (route.key.known()) break;
  }
  return route;
}

DecisionWriter::Route DecisionWriter::RouteOf(const RouteSpec& spec) {
  Route route{spec.unit, {}};
  if (spec.key != kNoFunction) route.key = state_.Values(spec.key)[0].text;
  return route;
}

TextView DecisionWriter::TitleOf(std::uint32_t nudge) {
  if (!wants_.details) return {};
  text_count_ = 0;
  return TextView::Of(RenderText(state_.ruleset->nudges[nudge].title));
}

DecisionId DecisionWriter::IdOf(const Candidate& candidate) const {
  return MakeDecisionId({.ruleset = FirstName(*state_.ruleset),
                         .nudge = FirstName(state_.ruleset->nudges[candidate.nudge]),
                         .entity = FirstName(*state_.entity),
                         .key = state_.key,
                         .is_part = state_.hand != 0,
                         .whole = state_.whole_key(),
                         .instant = state_.moment.now,
                         .n = state_.n,
                         .k = candidate.k});
}

void DecisionWriter::Count(DecisionKind kind, std::uint32_t nudge, std::uint32_t unit) {
  ++state_.counters.nudges[nudge][static_cast<std::size_t>(kind)];
  if (kind == DecisionKind::kSent && unit != kNoIndex) ++state_.counters.units[unit];
}

Decision DecisionWriter::Start(DecisionKind kind, std::uint32_t nudge) {
  text_count_ = 0;
  Decision decision;
  decision.kind = kind;
  decision.time = {state_.moment.now};
  decision.entity = state_.entity_index;
  decision.key = state_.key;
  decision.whole_key = state_.whole_key();
  decision.nudge = nudge;
  decision.n = state_.n;
  decision.position = state_.position;
  decision.trigger = state_.ruleset->nudges[nudge].trigger_name;
  decision.ruleset = state_.ruleset;
  return decision;
}

void DecisionWriter::Give(const Decision& decision) {
  written_ = true;
  sink_.OnDecision(decision);
}

void DecisionWriter::Win(const Candidate& candidate, DecisionId id, const Route& route, const Hold& hold,
                         std::int64_t expires, std::int64_t due, std::uint32_t reminder) {
  const bool held_out = hold.code != DecisionCode::kNone;
  const DecisionKind kind = held_out ? DecisionKind::kHeldOut : DecisionKind::kSent;
  Count(kind, candidate.nudge, route.unit);
  if (!wants_.Has(kind)) return;
  Decision decision = Start(kind, candidate.nudge);
  decision.code = hold.code;
  decision.held_out = held_out;
  decision.id = id;
  decision.unit = route.unit;
  decision.unit_key = route.key;
  decision.k = candidate.k;
  decision.expires = {expires};
  decision.reminder = reminder;
  decision.due = {due};
  arms_.clear();
  for (const std::uint32_t experiment : state_.ruleset->nudges[candidate.nudge].experiments) {
    arms_.push_back({experiment, state_.ArmOf(experiment)});
  }
  decision.arms = arms_;
  if (wants_.details) {
    AddDetails(decision);
    if (held_out) decision.why = Why(candidate, hold);
  }
  Give(decision);
}

void DecisionWriter::Lose(DecisionKind kind, const Candidate& candidate, const Hold& hold) {
  Count(kind, candidate.nudge, kNoIndex);
  if (!wants_.Has(kind)) return;
  Decision decision = Start(kind, candidate.nudge);
  decision.code = hold.code;
  decision.id = IdOf(candidate);
  decision.k = candidate.k;
  decision.unit = candidate.unit;
  if (wants_.details) decision.why = Why(candidate, hold);
  Give(decision);
}

namespace {

struct EndText {
  DecisionCode code;
  std::string_view text;
};
constexpr EndText kEndTexts[] = {
    {DecisionCode::kStateEnded, "what it was about is over"},
    {DecisionCode::kAnswered, "what it waited for has come"},
    {DecisionCode::kWithdrawWhen, "the nudge's `withdraw when`"},
    {DecisionCode::kForgotten, "the record was forgotten"},
    {DecisionCode::kRuleGone, "the nudge is not in the new ruleset"},
    {DecisionCode::kTimeOver, "not done in time"},
    {DecisionCode::kHistory, "it went out in history, and nobody was told"},
};

}  // namespace

Decision DecisionWriter::StartOfTask(DecisionKind kind, DecisionCode code, const OpenTask& task) {
  Decision decision = Start(kind, task.nudge);
  decision.code = code;
  decision.held_out = task.held_out;
  decision.id = task.id;
  decision.unit = task.unit;
  decision.unit_key = state_.texts->View(task.unit_key);
  decision.expires = {task.expires};
  decision.due = {task.due};
  return decision;
}

void DecisionWriter::End(DecisionKind kind, DecisionCode code, const OpenTask& task, TextView outcome,
                         TextView by) {
  Count(kind, task.nudge, task.unit);
  if (!wants_.Has(kind)) return;
  Decision decision = StartOfTask(kind, code, task);
  decision.outcome = outcome;
  decision.by = by;
  const auto* text = std::ranges::find(kEndTexts, code, &EndText::code);
  if (wants_.details && text != std::end(kEndTexts)) decision.why = text->text;
  if (wants_.details && code == DecisionCode::kStep) {
    std::string& why = NewText();
    why += NameOf(kind);
    if (outcome.known()) why.append(": ").append(outcome.view());
    decision.why = why;
  }
  Give(decision);
}

void DecisionWriter::Escalate(const OpenTask& task, std::uint32_t from_unit, TextView from_key) {
  Count(DecisionKind::kEscalated, task.nudge, task.unit);
  if (!wants_.Has(DecisionKind::kEscalated)) return;
  Decision decision = StartOfTask(DecisionKind::kEscalated, DecisionCode::kOverdue, task);
  decision.from_unit = from_unit;
  decision.from_key = from_key;
  decision.k = task.rungs_taken;
  decision.title = state_.texts->View(task.title).view();
  if (wants_.details) decision.why = "nobody took it in hand in time";
  Give(decision);
}

void DecisionWriter::Goal(std::uint32_t experiment, std::int64_t exposed) {
  const ExperimentSpec& spec = state_.ruleset->experiments[experiment];
  Count(DecisionKind::kGoal, spec.nudge, kNoIndex);
  if (!wants_.Has(DecisionKind::kGoal)) return;
  Decision decision = Start(DecisionKind::kGoal, spec.nudge);
  decision.code = DecisionCode::kReached;
  decision.trigger = spec.goal;
  decision.exposed = {exposed};
  decision.id = MakeDecisionId({.ruleset = FirstName(*state_.ruleset),
                                .nudge = "experiment " + FirstName(spec),
                                .entity = FirstName(*state_.entity),
                                .key = state_.key,
                                .is_part = state_.hand != 0,
                                .whole = state_.whole_key(),
                                .instant = state_.moment.now,
                                .n = state_.n,
                                .k = 0});
  arms_.assign(1, {experiment, state_.ArmOf(experiment)});
  decision.arms = arms_;
  if (wants_.details) {
    std::string& why = NewText();
    why.append("the goal of ").append(spec.name).append(", ").append(spec.goal);
    decision.why = why;
  }
  Give(decision);
}

std::string& DecisionWriter::NewText() {
  if (text_count_ == texts_.size()) texts_.emplace_back();
  std::string& text = texts_[text_count_++];
  text.clear();
  return text;
}

std::string_view DecisionWriter::RenderText(const TextSpec& text) {
  const FieldValue* values = state_.out.data();
  if (text.arguments != kNoFunction) values = state_.Values(text.arguments);
  std::string& rendered = NewText();
  Render(rendered, text.text, values, state_.format);
  return rendered;
}

void DecisionWriter::AddDetails(Decision& decision) {
  const NudgeSpec& nudge = state_.ruleset->nudges[decision.nudge];
  if (nudge.worth != kNoFunction) {
    decision.worth = state_.Values(nudge.worth)[0];
    decision.has_worth = true;
  }
  decision.title = RenderText(nudge.title);
  reasons_.clear();
  for (std::uint32_t index = 0; index < nudge.reasons.size(); ++index) {
    const TextSpec& reason = nudge.reasons[index];
    if (reason.when != kNoFunction && !state_.Holds(reason.when)) continue;
    reasons_.push_back(RenderText(reason));
    if (state_.trace != nullptr) state_.trace->OnReason(decision.nudge, index);
  }
  decision.reasons = reasons_;
  AddScores(nudge);
  decision.scores = scores_;
}

void DecisionWriter::AddScores(const NudgeSpec& nudge) {
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  scores_.clear();
  score_reasons_.clear();
  std::vector<Range> ranges;
  const std::size_t own = state_.hand;
  for (const std::uint32_t index : nudge.scores) {
    const ScoreSpec& score = state_.ruleset->scores[index];
    state_.Select(score.entity == nudge.entity ? own : 0);
    ScoreOutcome outcome{.score = index, .value = state_.Values(score.value)[0].number, .reasons = {}};
    Range range{score_reasons_.size(), 0};
    for (std::uint32_t line = 0; line < score.parts.size(); ++line) {
      const ScoreSpec::Part& part = score.parts[line];
      if ((!part.has_because && state_.trace == nullptr) || part.points == kNoFunction) continue;
      const FieldValue* values = state_.Values(part.points);
      const double points = values[0].number;
      if (values[1].integer != 1) continue;
      if (state_.trace != nullptr) state_.trace->OnScorePart(index, line);
      if (!part.has_because) continue;
      if (part.because.when != kNoFunction && !state_.Holds(part.because.when)) continue;
      score_reasons_.push_back({points, RenderText(part.because)});
    }
    range.end = score_reasons_.size();
    const auto begin = score_reasons_.begin();
    std::stable_sort(begin + static_cast<std::ptrdiff_t>(range.begin), score_reasons_.end(),
                     [](const ScoreReason& a, const ScoreReason& b) {
                       return (std::isnan(a.points) ? -1 : std::fabs(a.points)) >
                              (std::isnan(b.points) ? -1 : std::fabs(b.points));
                     });
    scores_.push_back(outcome);
    ranges.push_back(range);
  }
  state_.Select(own);
  const std::span<const ScoreReason> all = score_reasons_;
  for (std::size_t index = 0; index < scores_.size(); ++index) {
    scores_[index].reasons = all.subspan(ranges[index].begin, ranges[index].end - ranges[index].begin);
  }
}

void DecisionWriter::AppendLimit(std::string& text, const LimitSpec& limit) {
  text += "capped: " + limit.text;
  if (limit.period != LimitPeriod::kRolling) return;
  std::vector<std::int64_t> sent(&state_.SlotI64(limit.offset),
                                 &state_.SlotI64(limit.offset) + limit.count_max);
  std::erase(sent, kUnknown);
  std::ranges::sort(sent);
  if (sent.empty() || sent.size() > kSentShownMax) return;
  text += " (";
  for (std::size_t index = 0; index < sent.size(); ++index) {
    if (index > 0) text += ", ";
    AppendTime(text, sent[index], state_.format.zone);
  }
  text += ')';
}

void DecisionWriter::AppendOutranked(std::string& text, const Candidate& candidate, const Hold& hold) {
  text += "outranked by ";
  text += state_.ruleset->nudges[hold.nudge].name;
  const PolicySpec& policy = state_.ruleset->policies[hold.policy];
  const std::uint32_t ranking = state_.plan->nudges[candidate.nudge].ranking;
  if (ranking != hold.policy || hold.winner == nullptr) return;
  text += policy.best_by_worth ? " (worth " : " (";
  const auto append = [&](const Candidate& of) {
    const ValueType type =
        policy.best_by_worth ? state_.ruleset->nudges[of.nudge].worth_type : policy.best_type;
    if (of.rank.known) {
      AppendValue(text, of.rank.value, {.type = type, .of = kNoIndex}, state_.format);
    } else {
      text += "unknown";
    }
  };
  append(*hold.winner);
  text += " against ";
  append(candidate);
  text += ')';
}

void DecisionWriter::AppendNever(std::string& text, const Hold& hold) {
  const PolicySpec& policy = state_.ruleset->policies[hold.policy];
  text += "never, says policy " + policy.name;
  if (hold.never >= policy.never_texts.size()) return;
  const std::size_t own = state_.hand;
  if (policy.entity == state_.members[0].entity) state_.Select(0);
  text += ": ";
  const TextSpec& condition = policy.never_texts[hold.never];
  const FieldValue* values = state_.out.data();
  if (condition.arguments != kNoFunction) values = state_.Values(condition.arguments);
  Render(text, condition.text, values, state_.format);
  state_.Select(own);
}

std::string_view DecisionWriter::Why(const Candidate& candidate, const Hold& hold) {
  std::string& text = NewText();
  if (hold.code == DecisionCode::kIf) text += "its `if` does not hold";
  if (hold.experiment != kNoIndex) {
    text += "held out by experiment " + state_.ruleset->experiments[hold.experiment].name;
  }
  if (hold.policy == kNoIndex) return text;
  const std::string& policy = state_.ruleset->policies[hold.policy].name;
  if (hold.code == DecisionCode::kNever) AppendNever(text, hold);
  if (hold.code == DecisionCode::kCapped) AppendLimit(text, *hold.limit);
  if (hold.code == DecisionCode::kHoldout) text += "held out by policy " + policy;
  if (hold.code == DecisionCode::kOutranked) AppendOutranked(text, candidate, hold);
  if (hold.code == DecisionCode::kPlaceTaken) {
    text += "place taken by " + state_.ruleset->nudges[hold.nudge].name;
  }
  if (hold.code == DecisionCode::kQuietHours) {
    text += "quiet hours";
    if (hold.until != kNever) {
      text += " until ";
      AppendTime(text, hold.until, state_.format.zone);
    }
  }
  return text;
}

}  // namespace lull::runtime
