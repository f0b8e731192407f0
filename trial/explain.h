// Why, and why not: what an entity's nudges wait for, what held them back, and its timeline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trial/run.h"

namespace lull::trial {

/// An answer that stays.
struct PartAnswer {
  std::uint32_t depth = 0;
  std::string label;
  std::optional<bool> holds;
  std::string why;
};

enum class NudgeState : std::uint8_t { kOpen, kWaiting, kGone, kDue, kNotDue, kNoChance };
/// "open", "waiting", "gone", "due", "not_due", "no_chance".
std::string_view NameOf(NudgeState state);

struct NudgeExplanation {
  std::uint32_t nudge = 0;
  NudgeState state = NudgeState::kNotDue;
  std::string summary;  // one sentence
  std::vector<PartAnswer> parts;
  std::vector<DecisionRecord> decisions;  // of this nudge, oldest first
};

/// How an entity stands in an experiment.
struct ExperimentExplanation {
  std::string experiment;
  std::string arm;
  bool held_out = false;            // what would go out to this arm is not sent
  std::int64_t exposed = kUnknown;  // its first action in the experiment
  std::int64_t reached = kUnknown;  // when it reached the goal
};

struct Explanation {
  Who who;
  std::int64_t instant = 0;
  bool exists = false;  // whether anything is known of the entity at the instant
  std::vector<NudgeExplanation> nudges;
  std::vector<ExperimentExplanation> experiments;  // of its kind
  std::vector<Entry> timeline;
};

/// Who is asked about. A part is named by its key alone, by WHOLE/KEY, or by its key and `of`, its whole's.
struct Sought {
  std::uint32_t entity = 0;
  std::string key;
  std::optional<std::string> of = {};
};

/// Follows one entity through its events.
class Explainer {
 public:
  /// `nudge` narrows it to one. `loaded` must be free of errors and outlive this.
  static Result<std::unique_ptr<Explainer>> Begin(const dsl::LoadedRuleset& loaded, Sought sought,
                                                  std::optional<dsl::NudgeId> nudge);

  /// Whose events these are; frames are those of this ruleset.
  const std::shared_ptr<const runtime::Ruleset>& ruleset() const { return observed_->compiled.ruleset; }
  const Zone& zone() const { return observed_->zone; }
  bool Concerns(const runtime::EventFrame& frame) const;
  /// Begins with what a checkpoint knows, instead of events: the image of who is sought; of a part, that of
  /// its whole, and `of` is given. False: that is no image of this ruleset, or has no such part.
  bool Restore(const runtime::EngineClock& clock, std::string_view image);
  void Apply(const runtime::EventFrame& frame);
  /// All whom the events so far show to have such a name: several only of parts. The first is explained.
  const std::vector<Who>& found() const { return found_; }
  /// What is so at an instant that is not before the latest event, once all before it has been read.
  Explanation Explain(std::int64_t instant);
  std::string TimeText(std::int64_t instant) const { return trial::TimeText(instant, observed_->zone); }
  /// The latest event of who is explained; of a part, or of its whole. kUnknown: there is none.
  std::int64_t latest() const { return latest_; }

 private:
  struct Watched {
    dsl::NudgeId nudge = 0;
    std::vector<Part> parts;
    std::int64_t chance = kUnknown;  // the latest moment in which an `on` event came
    std::vector<PartAnswer> chance_parts;
  };

  explicit Explainer(Sought sought) : sought_(std::move(sought)) {}

  /// Where the event names who is sought, or kNoIndex.
  std::uint32_t PlaceIn(const runtime::EventFrame& frame) const;
  /// Who stands at a place of an event.
  Who WhoAt(const runtime::EventFrame& frame, std::uint32_t place) const;
  bool IsSought(const Who& who) const;
  Who who() const;
  /// Whether the event is one of the whole of a part that is explained.
  bool IsOfWhole(const runtime::EventFrame& frame, const std::string& whole_key) const;

  NudgeExplanation ExplainNudge(const Watched& watched, std::int64_t instant);
  void Judge(const Watched& watched, std::int64_t instant, NudgeExplanation& explanation);
  /// "with sales / \"Oak Park\", due ..., goes on to ...".
  std::string TaskText(const runtime::OpenTask& task, const std::vector<DecisionRecord>& decisions) const;
  std::vector<ExperimentExplanation> ExplainExperiments() const;
  std::string WhyNot(const std::vector<PartAnswer>& parts) const;

  Sought sought_;
  std::vector<Who> found_;
  std::int64_t latest_ = kUnknown;
  bool restored_ = false;
  std::shared_ptr<const Observed> observed_;
  std::unique_ptr<Run> run_;
  std::vector<Watched> watched_;
};

std::string ExplanationText(const Explanation& explanation, const Explainer& explainer, bool color);
/// One JSON object and a line end.
std::string ExplanationJson(const Explanation& explanation, const Explainer& explainer);

}  // namespace lull::trial
