// Events and snapshots while a candidate is under way.
#include <algorithm>

#include "service/live_engine.h"

namespace lull::service {

using connectors::DeadLetter;
using connectors::DeadLetterCode;
using connectors::DecodedBatch;
using connectors::InputMessage;

namespace {

/// What a decoder made of the messages of a batch, message by message.
class Decoded {
 public:
  explicit Decoded(const DecodedBatch& batch) : batch_(batch) {}

  /// Of message number `i`, in rising order; null: nothing.
  const runtime::EventFrame* Frame(std::uint32_t i) {
    while (frame_ < batch_.sources.size() && batch_.sources[frame_] < i) ++frame_;
    return frame_ < batch_.sources.size() && batch_.sources[frame_] == i ? &batch_.frames[frame_] : nullptr;
  }
  const DeadLetter* Letter(std::uint64_t sequence) const {
    const auto found = std::ranges::find(batch_.dead_letters, sequence,
                                         [](const DeadLetter& of) { return of.position.value; });
    return found == batch_.dead_letters.end() ? nullptr : &*found;
  }

 private:
  DecodedBatch batch_;
  std::size_t frame_ = 0;
};

}  // namespace

void LiveEngine::AddDeadLetter(Lane& lane, const InputMessage& message, DeadLetterCode code,
                               std::string_view reason) {
  const bool is_candidate = &lane == &rollout_->lane();
  if (is_candidate) rollout_->CountError();
  if (!is_candidate || rollout_->is_canary()) sink_.AddDeadLetter(message, code, reason);
}

void LiveEngine::ApplyOwned(Lane& lane, const runtime::EventFrame& frame, const InputMessage& message) {
  if (IsInHistory(frame, message)) {
    in_history_ += &lane == in_force_.get() || rollout_->is_canary() ? 1 : 0;
    return;
  }
  if (lane.IsTooFarAhead(frame, message)) {
    return AddDeadLetter(lane, message, DeadLetterCode::kTooFarAhead, kTooFarAheadReason);
  }
  lane.Apply({&frame, 1}, [&](std::size_t, DeadLetterCode code, const char* reason) {
    AddDeadLetter(lane, message, code, reason);
  });
}

// Each message has at most one owner: what only one of the rulesets can read belongs to whom its key says, or
// is a dead letter of the one that should have read it.
void LiveEngine::ApplyShared(std::span<const InputMessage> messages) {
  Lane& candidate = rollout_->lane();
  Decoded before(in_force_->Decode(raw_.events()));
  Decoded after(candidate.Decode(raw_.events()));
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    const InputMessage& message = messages[i];
    rollout_->Saw(message.stored_at);
    const runtime::EventFrame* old_frame = before.Frame(i);
    const runtime::EventFrame* new_frame = after.Frame(i);
    const DeadLetter* old_letter = old_frame != nullptr ? nullptr : before.Letter(message.sequence);
    const DeadLetter* new_letter = new_frame != nullptr ? nullptr : after.Letter(message.sequence);
    const bool is_moved = old_frame != nullptr
                              ? rollout_->Has(in_force_->KeyOf(*old_frame))
                              : new_frame != nullptr && rollout_->Has(candidate.KeyOf(*new_frame));
    if (is_moved && new_frame != nullptr) {
      ApplyOwned(candidate, *new_frame, message);
    } else if (is_moved && new_letter != nullptr) {
      AddDeadLetter(candidate, message, new_letter->code, new_letter->reason);
    } else if (!is_moved && old_frame != nullptr) {
      ApplyOwned(*in_force_, *old_frame, message);
    } else if (old_letter != nullptr) {
      AddDeadLetter(*in_force_, message, old_letter->code, old_letter->reason);
    } else if (!is_moved && old_frame == nullptr && new_letter != nullptr) {
      AddDeadLetter(candidate, message, new_letter->code, new_letter->reason);
    }
  }
}

void LiveEngine::ApplyShadow(const DecodedBatch& in_force, std::span<const InputMessage> messages) {
  Lane& candidate = rollout_->lane();
  Decoded before(in_force);
  Decoded after(candidate.Decode(raw_.events()));
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    rollout_->Saw(messages[i].stored_at);
    const runtime::EventFrame* old_frame = before.Frame(i);
    if (const runtime::EventFrame* frame = after.Frame(i); frame != nullptr) {
      if (rollout_->Has(candidate.KeyOf(*frame))) ApplyOwned(candidate, *frame, messages[i]);
      continue;
    }
    if (after.Letter(messages[i].sequence) == nullptr) continue;
    const bool is_its_own = old_frame != nullptr ? rollout_->Has(in_force_->KeyOf(*old_frame))
                                                 : before.Letter(messages[i].sequence) == nullptr;
    if (is_its_own) rollout_->CountError();
  }
}

bool LiveEngine::ContinueSwap(std::size_t count_max) {
  runtime::Engine& engine = in_force_->engine();
  if (engine.swap_under_way() && !engine.ContinueSwap(count_max)) return false;
  if (rollout_ == nullptr || !rollout_->lane().engine().swap_under_way()) return true;
  return rollout_->lane().engine().ContinueSwap(count_max);
}

bool LiveEngine::swap_under_way() const {
  return in_force_->engine().swap_under_way() ||
         (rollout_ != nullptr && rollout_->lane().engine().swap_under_way());
}

// ---- Snapshots
// ---------------------------------------------------------------------------------------------------

class LiveEngine::BothSnapshots {
 public:
  explicit BothSnapshots(runtime::SnapshotSink& to) : in_force_(*this, 0), candidate_(*this, kBit), to_(to) {}

  void Begin(runtime::Engine& in_force, runtime::Engine& candidate) {
    in_force.BeginSnapshot(in_force_);
    candidate.BeginSnapshot(candidate_);
    begun_ = true;
    to_.OnSnapshot(in_force_.whole, in_force_.entity_count + candidate_.entity_count);
    for (const auto& [entity, key] : erased_) to_.OnErased(entity, key);
    erased_.clear();
  }

 private:
  static constexpr std::uint32_t kBit = connectors::kCandidateEntity;

  struct Half : runtime::SnapshotSink {
    Half(BothSnapshots& of, std::uint32_t marked) : both(of), mark(marked) {}
    void OnSnapshot(bool is_whole, std::uint64_t count) override {
      whole = is_whole;
      entity_count = count;
    }
    // Before the first of them is known how many there are.
    void OnErased(std::uint32_t entity, std::string_view key) override {
      if (both.begun_) return both.to_.OnErased(entity | mark, key);
      both.erased_.emplace_back(entity | mark, key);
    }
    void OnEntity(std::uint32_t entity, std::string_view key, std::string_view image) override {
      both.to_.OnEntity(entity | mark, key, image);
    }
    BothSnapshots& both;
    const std::uint32_t mark;
    bool whole = false;
    std::uint64_t entity_count = 0;
  };

  Half in_force_;
  Half candidate_;
  runtime::SnapshotSink& to_;
  bool begun_ = false;
  std::vector<std::pair<std::uint32_t, std::string>> erased_;
};

LiveEngine::LiveEngine(LiveSink& sink) : sink_(sink), sorter_(sink) {}
LiveEngine::~LiveEngine() = default;

void LiveEngine::BeginSnapshot(runtime::SnapshotSink& sink) {
  if (rollout_ == nullptr) return in_force_->engine().BeginSnapshot(sink);
  both_ = std::make_unique<BothSnapshots>(sink);
  both_->Begin(in_force_->engine(), rollout_->lane().engine());
}

bool LiveEngine::ContinueSnapshot(std::size_t count_max) {
  runtime::Engine& engine = in_force_->engine();
  if (engine.snapshot_under_way() && !engine.ContinueSnapshot(count_max)) return false;
  if (rollout_ == nullptr || !rollout_->lane().engine().snapshot_under_way()) return true;
  return rollout_->lane().engine().ContinueSnapshot(count_max);
}

// Both or none: a snapshot is a whole one of both engines, or of neither.
void LiveEngine::AbandonSnapshot() {
  in_force_->engine().AbandonSnapshot();
  if (rollout_ != nullptr) rollout_->lane().engine().AbandonSnapshot();
  both_.reset();
}

bool LiveEngine::snapshot_under_way() const {
  return in_force_->engine().snapshot_under_way() ||
         (rollout_ != nullptr && rollout_->lane().engine().snapshot_under_way());
}

}  // namespace lull::service
