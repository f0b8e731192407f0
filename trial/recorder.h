// What an engine did, kept in full: every decision, and the timeline of each entity in words.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/decision.h"
#include "runtime/engine.h"
#include "runtime/format.h"
#include "runtime/trace.h"

namespace lull::trial {

/// "Mon 2026-03-02 20:00" on the clocks of a zone.
std::string TimeText(std::int64_t instant, const Zone& zone);

/// An entity; of a part, its whole too.
struct Who {
  std::uint32_t entity = 0;
  std::string key;
  std::string whole_key = {};  // of a part: the key of its whole; else empty

  runtime::Engine::EntityName name() const { return {entity, key, whole_key}; }
  friend auto operator<=>(const Who&, const Who&) = default;
};

/// Of a part's place in an event: the key of its whole; empty of any other place.
std::string_view WholeKeyOf(const runtime::EventSchema& event, const runtime::EventFrame& frame,
                            std::size_t place);

enum class EntryKind : std::uint8_t { kEvent, kStage, kStallBegins, kStallEnds, kDecision };

/// A line of an entity's timeline.
struct Entry {
  std::int64_t instant = 0;
  EntryKind kind = EntryKind::kEvent;
  Who who;
  std::string text;
};

/// A runtime::Decision that stays.
struct DecisionRecord {
  runtime::DecisionKind kind = runtime::DecisionKind::kSent;
  runtime::DecisionCode code = runtime::DecisionCode::kNone;
  runtime::DecisionId id;
  std::int64_t instant = 0;
  std::uint32_t entity = 0;
  std::string key;
  std::string whole_key;  // of a part
  std::uint32_t nudge = 0;
  std::uint32_t unit = runtime::kNoIndex;
  bool unit_key_known = false;
  std::string unit_key;
  std::uint32_t from_unit = runtime::kNoIndex;  // escalated: who had it before
  std::int64_t due = kUnknown;
  std::string outcome;  // what a step of the task said; empty: nothing
  std::string by;
  std::vector<runtime::ArmChoice> arms;
  bool has_worth = false;
  runtime::FieldValue worth;  // a number or money
  std::string title;
  std::vector<std::string> reasons;  // of the stall, then of scores
  std::string why;
  bool expected = false;  // by the test

  Who who() const { return {entity, key, whole_key}; }
};

/// What happened at all, over many runs.
struct Seen {
  std::set<std::pair<std::uint32_t, std::uint32_t>> stalls;       // that began: entity, condition
  std::set<std::pair<std::uint32_t, std::uint32_t>> stalls_over;  // that ended
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>>
      transitions;                                                // entity, journey,
                                                                  // from, to
  std::set<std::pair<std::uint32_t, std::uint32_t>> score_lines;  // score, line
  std::set<std::pair<std::uint32_t, std::uint32_t>> reasons;      // nudge, reason
  std::set<std::tuple<std::uint32_t, runtime::DecisionKind, runtime::DecisionCode>> decisions;  // nudge
  std::set<std::pair<std::uint32_t, std::string>> outcomes;  // nudge, what was done
  std::set<std::pair<std::uint32_t, std::uint32_t>> rungs;   // nudge, how many of its ladder were taken
  std::set<std::pair<std::uint32_t, std::uint32_t>> arms;    // experiment, arm
  std::set<std::pair<std::uint32_t, std::uint32_t>> goals;   // the same

  void Merge(const Seen& other);
};

class Recorder : public runtime::DecisionSink, public runtime::TraceSink {
 public:
  explicit Recorder(const runtime::Ruleset& ruleset, const Zone& zone) : ruleset_(ruleset), zone_(zone) {}

  /// An event, before it is applied.
  void AddEvent(const runtime::EventFrame& frame);

  std::vector<DecisionRecord>& decisions() { return decisions_; }
  /// By instant; equals in the order in which they were revealed.
  std::vector<Entry> Timeline() const;
  const Seen& seen() const { return seen_; }

  /// "Mon 2026-03-02 20:00" on the ruleset's clocks.
  std::string TimeText(std::int64_t instant) const;
  runtime::FormatContext FormatFor(std::uint32_t entity) const;

  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnDecision(const runtime::Decision& decision) override;
  void OnCondition(const Place& place, std::uint32_t condition, bool held) override;
  void OnEachBegins(const Place& place, std::uint32_t condition) override;
  void OnStage(const Place& place, std::uint32_t journey, std::uint32_t from, std::uint32_t to) override;
  void OnScorePart(std::uint32_t score, std::uint32_t part) override {
    seen_.score_lines.emplace(score, part);
  }
  void OnReason(std::uint32_t nudge, std::uint32_t reason) override { seen_.reasons.emplace(nudge, reason); }

 private:
  void Add(const Place& place, EntryKind kind, std::string text);
  std::string Describe(const DecisionRecord& record) const;
  std::string DescribeStep(const runtime::EventFrame& frame) const;
  std::string ArmsText(const DecisionRecord& record) const;
  void See(const DecisionRecord& record, std::uint32_t k);

  const runtime::Ruleset& ruleset_;
  Zone zone_;
  std::vector<Entry> entries_;
  std::vector<DecisionRecord> decisions_;
  Seen seen_;
};

}  // namespace lull::trial
