// Turns what arbitration and step decide into Decisions: ids, units, worth, scores and words.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "runtime/arbitration.h"
#include "runtime/decision.h"
#include "runtime/step_state.h"

namespace lull::runtime {

class DecisionWriter {
 public:
  DecisionWriter(StepState& state, DecisionSink& sink) : state_(state), sink_(sink), wants_(sink.wants()) {}

  struct Route {
    std::uint32_t unit = kNoIndex;
    TextView key;
  };
  /// The first route whose key is known; else the last. The key is left out if nobody wants it.
  Route RouteOf(std::uint32_t nudge);
  Route RouteOf(const RouteSpec& spec);

  /// Unknown if nobody wants it.
  TextView TitleOf(std::uint32_t nudge);
  DecisionId IdOf(const Candidate& candidate) const;
  /// Whether anybody wants to know of what goes out (or would, if held out).
  bool Tells(bool held_out) const {
    return wants_.Has(held_out ? DecisionKind::kHeldOut : DecisionKind::kSent);
  }
  /// It goes out (or would, if `hold` says held out). Its trigger is in hand.
  void Win(const Candidate& candidate, DecisionId id, const Route& route, const Hold& hold,
           std::int64_t expires, std::int64_t due, std::uint32_t reminder);
  /// kSuppressed or kWaiting.
  void Lose(DecisionKind kind, const Candidate& candidate, const Hold& hold);
  /// kWithdrawn, kExpired, kDone or kDeclined.
  void End(DecisionKind kind, DecisionCode code, const OpenTask& task, TextView outcome = {},
           TextView by = {});
  /// The task is with its new unit already.
  void Escalate(const OpenTask& task, std::uint32_t from_unit, TextView from_key);

  void Goal(std::uint32_t experiment, std::int64_t exposed);

  /// Whether anything was given to the sink since the last call.
  bool TakeWritten() {
    const bool written = written_;
    written_ = false;
    return written;
  }

 private:
  void Count(DecisionKind kind, std::uint32_t nudge, std::uint32_t unit);
  Decision Start(DecisionKind kind, std::uint32_t nudge);
  Decision StartOfTask(DecisionKind kind, DecisionCode code, const OpenTask& task);
  void Give(const Decision& decision);
  std::string& NewText();
  std::string_view RenderText(const TextSpec& text);
  void AddDetails(Decision& decision);
  void AddScores(const NudgeSpec& nudge);
  std::string_view Why(const Candidate& candidate, const Hold& hold);
  void AppendLimit(std::string& text, const LimitSpec& limit);
  void AppendNever(std::string& text, const Hold& hold);
  void AppendOutranked(std::string& text, const Candidate& candidate, const Hold& hold);

  StepState& state_;
  DecisionSink& sink_;
  const SinkWants wants_;
  bool written_ = false;

  // Scratch of one decision, kept for its memory.
  std::deque<std::string> texts_;
  std::size_t text_count_ = 0;
  std::vector<std::string_view> reasons_;
  std::vector<ArmChoice> arms_;
  std::vector<ScoreReason> score_reasons_;
  std::vector<ScoreOutcome> scores_;
};

}  // namespace lull::runtime
