#include "tools/lull/replay.h"

#include <algorithm>

#include "runtime/base/check.h"

namespace lull::tools {

using connectors::DeadLetterCode;
using runtime::ApplyResult;

namespace {

struct Refusal {
  ApplyResult result;
  DeadLetterCode code;
  const char* reason;
};

constexpr Refusal kRefusals[] = {
    {ApplyResult::kLateDeadLetter, DeadLetterCode::kLate,
     "The event is late, and the ruleset says `late dead_letter`"},
    {ApplyResult::kNoKey, DeadLetterCode::kNoKey, "The event has none of the keys of its entities"},
    {ApplyResult::kTooFarAhead, DeadLetterCode::kTooFarAhead,
     "The event's time is further ahead than allowed"},
};

// The first multiple of `step` after an instant.
std::int64_t NextMultiple(std::int64_t micros, std::int64_t step) {
  const std::int64_t rest = micros % step;
  return micros - rest + (rest < 0 ? 0 : step);
}

}  // namespace

Status Replay::Run(const Watcher& watcher) {
  runtime::EngineOptions engine_options;
  engine_options.lateness_micros = options_.lateness_micros;
  engine_options.time_max = EventTime{options_.max_time};
  if (options_.until != kUnknown) engine_options.until = EventTime{options_.until};
  engine_options.live = options_.tick_micros > 0;
  engine_options.snapshots = options_.snapshots;
  auto engine = runtime::Engine::Create(program_, engine_options, sink_);
  if (!engine) return std::unexpected(engine.error());
  engine_ = std::move(*engine);
  live_ = options_.history_until == kUnknown;
  input_.Begin(program_.ruleset,
               {.max_time = EventTime{options_.max_time},
                .batch_count = options_.batch_count,
                .keep = options_.keep,
                .digest = options_.digest},
               dead_letters_);
  while (!input_.at_end()) {
    const auto frames = input_.Next();
    if (!frames) return std::unexpected(frames.error());
    ApplyBatch(*frames);
    if (!watcher(input_.line_count())) return {};
  }
  const runtime::LogPosition last = input_.last_position();
  if (!live_) EndHistory(last);
  const EventTime end = options_.until != kUnknown ? EventTime{options_.until} : engine_->latest_time();
  if (end.micros != kUnknown) engine_->Finish(end, last);
  return {};
}

void Replay::ApplyBatch(Frames frames) {
  for (std::size_t from = 0; from < frames.size();) {
    if (options_.reload_at > 0 && applied_ == options_.reload_at) {
      // The same ruleset always fits.
      LULL_CHECK(engine_->Swap(program_).has_value());
    }
    if (!live_ && frames[from].time.micros > options_.history_until) EndHistory(frames[from].position);
    TickBefore(frames[from]);
    const std::size_t to = EndOfRange(frames, from);
    ApplyRange(frames, from, to);
    applied_ += to - from;
    from = to;
  }
}

void Replay::EndHistory(runtime::LogPosition position) {
  engine_->EndHistory(EventTime{options_.history_until}, position);
  live_ = true;
}

// Frames between which nothing else is to happen.
std::size_t Replay::EndOfRange(Frames frames, std::size_t from) const {
  std::size_t to = frames.size();
  if (options_.reload_at > applied_) {
    to = static_cast<std::size_t>(std::min<std::uint64_t>(to, from + (options_.reload_at - applied_)));
  }
  if (options_.tick_micros == 0 && live_) return to;
  const std::int64_t before = options_.tick_micros == 0 ? kNever : next_tick_;
  std::size_t end = from + 1;
  while (end < to && frames[end].time.micros < before &&
         (live_ || frames[end].time.micros <= options_.history_until)) {
    ++end;
  }
  return end;
}

void Replay::ApplyRange(Frames frames, std::size_t from, std::size_t to) {
  results_.resize(to - from);
  engine_->ApplyBatch(frames.subspan(from, to - from), results_.data());
  for (std::size_t i = from; i < to; ++i) {
    if (results_[i - from] == ApplyResult::kApplied) continue;
    for (const Refusal& refusal : kRefusals) {
      if (refusal.result != results_[i - from]) continue;
      dead_letters_.Add({frames[i].position, refusal.code, refusal.reason, input_.RawOf(i).bytes});
    }
  }
}

// Says that everything before the latest multiple of the tick has been read, once an event lies beyond it.
void Replay::TickBefore(const runtime::EventFrame& frame) {
  if (options_.tick_micros == 0) return;
  const std::int64_t step = options_.tick_micros;
  const std::int64_t next = NextMultiple(frame.time.micros, step);
  if (next_tick_ == kUnknown || next > next_tick_) {
    if (next_tick_ != kUnknown) engine_->Tick(EventTime{next - step}, frame.position);
    next_tick_ = next;
  }
}

ReplayTotals Replay::totals() const {
  ReplayTotals totals;
  if (engine_) totals.engine = engine_->stats();
  totals.lines = input_.line_count();
  totals.ignored = input_.ignored_count();
  totals.ignored_types = input_.IgnoredTypes();
  return totals;
}

}  // namespace lull::tools
