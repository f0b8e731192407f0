#include "trial/coverage.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/json_text.h"
#include "trial/possible.h"

namespace lull::trial {
namespace {

using runtime::DecisionCode;
using runtime::DecisionKind;

class CoverageMaker {
 public:
  CoverageMaker(const Observed& observed, const Seen& seen)
      : loaded_(*observed.loaded),
        program_(loaded_.program),
        ruleset_(*observed.compiled.ruleset),
        seen_(seen) {}

  std::vector<CoverageItem> Make() {
    for (std::uint32_t n = 0; n < program_.nudges.size(); ++n) {
      const bool sent = Decided(n, DecisionKind::kSent);
      Add(CoverageKind::kNudge, program_.nudges[n].name, program_.nudges[n].span, sent);
    }
    for (const dsl::Stall& stall : program_.stalls) AddStall(stall);
    for (const dsl::Journey& journey : program_.journeys) AddTransitions(journey);
    for (std::uint32_t s = 0; s < program_.scores.size(); ++s) AddScore(s);
    for (std::uint32_t n = 0; n < program_.nudges.size(); ++n) AddReasons(n);
    for (std::uint32_t n = 0; n < program_.nudges.size(); ++n) AddPaths(n);
    for (std::uint32_t n = 0; n < program_.nudges.size(); ++n) AddTask(n);
    for (std::uint32_t e = 0; e < program_.experiments.size(); ++e) AddExperiment(e);
    return std::move(items_);
  }

 private:
  void Add(CoverageKind kind, std::string name, dsl::Span span, bool taken) {
    items_.push_back({kind, std::move(name), span, taken});
  }

  bool Decided(std::uint32_t nudge, DecisionKind kind) const {
    return std::ranges::any_of(seen_.decisions, [&](const auto& decision) {
      return std::get<0>(decision) == nudge && std::get<1>(decision) == kind;
    });
  }
  bool HeldBack(std::uint32_t nudge, DecisionCode code) const {
    return std::ranges::any_of(seen_.decisions, [&](const auto& decision) {
      return std::get<0>(decision) == nudge && std::get<2>(decision) == code;
    });
  }

  template <typename Spec>
  static std::uint32_t IndexOf(const std::vector<Spec>& specs, const std::string& name) {
    const auto at = std::ranges::find(specs, name, &Spec::name);
    return at == specs.end() ? runtime::kNoIndex : static_cast<std::uint32_t>(at - specs.begin());
  }

  void AddStall(const dsl::Stall& stall) {
    const std::uint32_t condition = IndexOf(ruleset_.entities[stall.entity].conditions, stall.name);
    if (condition == runtime::kNoIndex) return;  // no rule uses it
    const auto taken = [&](const auto& set) { return set.contains({stall.entity, condition}); };
    Add(CoverageKind::kStall, stall.name + " begins", stall.span, taken(seen_.stalls));
    if (stall.form != dsl::StallForm::kAfterEach) {
      Add(CoverageKind::kStall, stall.name + " is over", stall.span, taken(seen_.stalls_over));
    }
  }

  void AddTransitions(const dsl::Journey& journey) {
    const std::uint32_t number = IndexOf(ruleset_.entities[journey.entity].journeys, journey.name);
    if (number == runtime::kNoIndex) return;
    for (const dsl::Transition& step : journey.transitions) {
      std::string from;
      bool taken = false;
      for (const std::uint32_t stage : step.from) {
        from += (from.empty() ? "" : ", ") + journey.stages[stage].name;
        taken = taken || seen_.transitions.contains({journey.entity, number, stage, step.to});
      }
      if (step.from.size() > 3) from = "any";
      Add(CoverageKind::kTransition, journey.name + ": " + from + " -> " + journey.stages[step.to].name,
          step.span, taken);
    }
  }

  void AddScore(std::uint32_t s) {
    if (ruleset_.scores[s].value == runtime::kNoFunction) return;  // no nudge uses it
    const dsl::Score& score = program_.scores[s];
    for (std::uint32_t line = 0; line < score.parts.size(); ++line) {
      const dsl::ScorePart& part = score.parts[line];
      std::string name = score.name + ": " + (part.take ? "take " : "add ") + TextOf(loaded_, part.points);
      if (part.when != dsl::kNone) name += " when " + TextOf(loaded_, part.when);
      Add(CoverageKind::kScoreLine, std::move(name), program_.expr(part.points).span,
          seen_.score_lines.contains({s, line}));
    }
  }

  void AddReasons(std::uint32_t n) {
    const dsl::Nudge& nudge = program_.nudges[n];
    if (nudge.stall == dsl::kNone) return;
    const std::vector<dsl::Reason>& reasons = program_.stalls[nudge.stall].reasons;
    for (std::uint32_t r = 0; r < reasons.size(); ++r) {
      if (!CanHaveReason(program_, n, reasons[r])) continue;
      Add(CoverageKind::kReason, nudge.name + ": because " + TextOf(loaded_, reasons[r].text),
          program_.expr(reasons[r].text).span, seen_.reasons.contains({n, r}));
    }
  }

  void AddPaths(std::uint32_t n) {
    const dsl::Nudge& nudge = program_.nudges[n];
    const auto add = [&](const char* path, bool taken) {
      Add(CoverageKind::kPath, nudge.name + ": " + path, nudge.span, taken);
    };
    const bool task = program_.channels[nudge.channel].is_task;
    if (task && ((nudge.lasts() && !nudge.keep_when_over) || nudge.withdraw_when != dsl::kNone))
      add("withdrawn", Decided(n, DecisionKind::kWithdrawn));
    bool quiet = false, held_out = false;
    for (const dsl::Policy& policy : program_.policies) {
      if (std::ranges::count(policy.covers, n) == 0) continue;
      quiet = quiet || !policy.quiet_hours.empty();
      held_out = held_out || policy.holdout_share > 0;
    }
    if (CanBeRefused(program_, n)) add("never", HeldBack(n, DecisionCode::kNever));
    if (CanBeCapped(program_, n)) add("capped", HeldBack(n, DecisionCode::kCapped));
    if (quiet) add("quiet hours", HeldBack(n, DecisionCode::kQuietHours));
    if (CanLosePlace(program_, n)) {
      add("outranked", HeldBack(n, DecisionCode::kOutranked) || HeldBack(n, DecisionCode::kPlaceTaken));
    }
    if (held_out) add("held out", Decided(n, DecisionKind::kHeldOut));
  }

  /// Whether the rules go on with what people say of its tasks.
  bool IsAwaited(std::uint32_t nudge) const {
    return std::ranges::any_of(program_.journeys, [&](const dsl::Journey& journey) {
      return std::ranges::count(journey.transitions, nudge, &dsl::Transition::nudge) > 0;
    });
  }

  void AddTask(std::uint32_t n) {
    const dsl::Nudge& nudge = program_.nudges[n];
    if (!program_.channels[nudge.channel].is_task) return;
    const auto add = [&](const std::string& what, bool taken) {
      Add(CoverageKind::kTask, nudge.name + ": " + what, nudge.span, taken);
    };
    if (nudge.outcomes != dsl::kNone) {
      for (const std::string& outcome : program_.choices[nudge.outcomes].values) {
        add("done \"" + outcome + "\"", seen_.outcomes.contains({n, outcome}));
      }
    } else if (IsAwaited(n)) {
      add("done", Decided(n, DecisionKind::kDone));
    }
    if (nudge.outcomes != dsl::kNone || IsAwaited(n)) add("declined", Decided(n, DecisionKind::kDeclined));
    add("expired", Decided(n, DecisionKind::kExpired));
    for (std::uint32_t rung = 0; rung < nudge.ladder.size(); ++rung) {
      add("goes on to " + program_.units[nudge.ladder[rung].to.unit].name,
          seen_.rungs.contains({n, rung + 1}));
    }
  }

  void AddExperiment(std::uint32_t e) {
    const dsl::Experiment& experiment = program_.experiments[e];
    for (std::uint32_t arm = 0; arm < experiment.arms.size(); ++arm) {
      const std::string name = experiment.name + ": arm " + experiment.arms[arm].name;
      Add(CoverageKind::kExperiment, name, experiment.span, seen_.arms.contains({e, arm}));
      if (experiment.goal == dsl::kNone) continue;
      Add(CoverageKind::kExperiment, name + " reaches the goal", experiment.span,
          seen_.goals.contains({e, arm}));
    }
  }

  const dsl::LoadedRuleset& loaded_;
  const dsl::CheckedProgram& program_;
  const runtime::Ruleset& ruleset_;
  const Seen& seen_;
  std::vector<CoverageItem> items_;
};

struct Heading {
  CoverageKind kind;
  const char* name;
  const char* title;
};
constexpr Heading kHeadings[] = {
    {CoverageKind::kNudge, "nudge", "nudges that go out"},
    {CoverageKind::kStall, "stall", "stalls that begin and end"},
    {CoverageKind::kTransition, "transition", "transitions"},
    {CoverageKind::kScoreLine, "points", "points of scores"},
    {CoverageKind::kReason, "reason", "reasons"},
    {CoverageKind::kPath, "path", "ways that a nudge can go"},
    {CoverageKind::kTask, "task", "what becomes of tasks"},
    {CoverageKind::kExperiment, "experiment", "arms of experiments"},
};

}  // namespace

std::string_view NameOf(CoverageKind kind) { return kHeadings[static_cast<std::size_t>(kind)].name; }

std::vector<CoverageItem> CoverageOf(const Observed& observed, const Seen& seen) {
  return CoverageMaker(observed, seen).Make();
}

std::string CoverageText(const std::vector<CoverageItem>& items) {
  std::string text = "\nWhat the tests have tried:\n";
  for (const Heading& heading : kHeadings) {
    std::size_t all = 0, taken = 0;
    std::string missing;
    for (const CoverageItem& item : items) {
      if (item.kind != heading.kind) continue;
      ++all;
      if (item.taken) {
        ++taken;
      } else {
        missing += "      " + item.name + "\n";
      }
    }
    if (all == 0) continue;
    text +=
        fmt::format("  {:<26} {} of {}{}\n", heading.title, taken, all, missing.empty() ? "" : "; not yet:");
    text += missing;
  }
  return text;
}

std::string CoverageJson(const std::vector<CoverageItem>& items, const dsl::LoadedRuleset& loaded) {
  std::string out = "{\"coverage\":[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    const CoverageItem& item = items[i];
    out += fmt::format("{}{{\"kind\":\"{}\",\"name\":", i > 0 ? "," : "", NameOf(item.kind));
    connectors::AppendJsonText(out, item.name);
    out += ",\"file\":";
    connectors::AppendJsonText(out, loaded.sources.path(item.span.source));
    out += fmt::format(",\"line\":{},\"taken\":{}}}",
                       loaded.sources.Locate(item.span.source, item.span.begin).line, item.taken);
  }
  return out + "]}\n";
}

}  // namespace lull::trial
