#include "runtime/engine.h"

#include <algorithm>
#include <array>

#include "runtime/base/check.h"
#include "runtime/engine_succession.h"

namespace lull::runtime {
namespace {

/// Events of a batch that are fetched ahead together.
constexpr std::size_t kPrefetchGroup = 32;

std::string_view KeyFor(const Ruleset& ruleset, const EventFrame& frame, std::size_t place, bool& known) {
  const EntitySpec& entity = ruleset.entities[ruleset.events[frame.event].entities[place]];
  known = entity.key.empty() || frame.keys[place].known();
  return entity.key.empty() || !known ? std::string_view("") : frame.keys[place].view();
}

DecisionId HashId(TextView id) {
  return MakeDecisionId({.ruleset = {}, .nudge = id.view(), .entity = {}, .key = {}, .whole = {}});
}

}  // namespace

// ---- Engine
// ------------------------------------------------------------------------------------------------------

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::Create(Program program, const EngineOptions& options,
                                               DecisionSink& sink) {
  LULL_CHECK(program.ruleset != nullptr && program.code != nullptr);
  Result<Zone> zone = Zone::Find(program.ruleset->zone);
  if (!zone) return std::unexpected(zone.error());
  Result<RulePlan> plan = RulePlan::Make(*program.ruleset);
  if (!plan) return std::unexpected(plan.error());
  auto impl = std::make_unique<Impl>(std::move(program), options, sink, std::move(*plan), *zone);
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

ApplyResult Engine::Apply(const EventFrame& frame) { return impl_->Apply(frame); }
void Engine::ApplyBatch(std::span<const EventFrame> frames, ApplyResult* results) {
  impl_->ApplyBatch(frames, results);
}
void Engine::Tick(EventTime instant, LogPosition position) { impl_->Tick(instant.micros, position); }
void Engine::Finish(EventTime end, LogPosition position) { impl_->Finish(end.micros, position); }
void Engine::EndHistory(EventTime end, LogPosition position) { impl_->EndHistory(end.micros, position); }
bool Engine::Erase(std::uint32_t entity, std::string_view key, LogPosition position) {
  return impl_->Erase(entity, key, position);
}
EventTime Engine::latest_time() const { return {impl_->latest_time()}; }
Status Engine::Swap(Program program, LogPosition position) {
  return impl_->Swap(std::move(program), position);
}
bool Engine::ContinueSwap(std::size_t count_max) { return impl_->ContinueSwap(count_max); }
bool Engine::swap_under_way() const { return impl_->swap_under_way(); }
void Engine::UseCode(std::shared_ptr<const CodeTable> code) { impl_->UseCode(std::move(code)); }
void Engine::BeginSnapshot(SnapshotSink& sink) { impl_->BeginSnapshot(sink); }
bool Engine::ContinueSnapshot(std::size_t count_max) { return impl_->ContinueSnapshot(count_max); }
void Engine::AbandonSnapshot() { impl_->AbandonSnapshot(); }
bool Engine::snapshot_under_way() const { return impl_->snapshot_under_way(); }
EngineClock Engine::clock() const { return impl_->clock(); }
void Engine::RestoreClock(const EngineClock& clock) { impl_->RestoreClock(clock); }
bool Engine::Restore(std::uint32_t entity, std::string_view key, std::string_view image) {
  return impl_->Restore(entity, key, image);
}
const Ruleset& Engine::ruleset() const { return impl_->ruleset(); }
EngineStats Engine::stats() const { return impl_->stats(); }

// ---- Set-up
// ------------------------------------------------------------------------------------------------------

Engine::Impl::Impl(Program program, const EngineOptions& options, DecisionSink& sink, RulePlan plan,
                   const Zone& zone)
    : options_(options), sink_(sink), step_(texts_, scratch_, parts_, sink) {
  for (const EntitySpec& entity : program.ruleset->entities) {
    stores_.push_back(std::make_unique<RecordStore>(entity, texts_));
  }
  if (options_.live) wheels_.resize(stores_.size());
  with_tasks_.resize(stores_.size());
  Install(std::move(program), std::move(plan), zone);
}

Engine::Impl::~Impl() {
  for (const std::unique_ptr<RecordStore>& store : stores_) {
    FreeSides(*store);
    if (store->before() != nullptr) FreeSides(*store->before());
  }
  for (std::size_t index = 0; succession_ != nullptr && index < succession_->leaving.size(); ++index) {
    if (succession_->leaving[index] != nullptr) FreeSides(*succession_->leaving[index]);
  }
  stores_.clear();  // what waits in them is of the ruleset before
}

void Engine::Impl::Install(Program program, RulePlan plan, const Zone& zone) {
  program_ = std::move(program);
  plan_ = std::make_unique<const RulePlan>(std::move(plan));
  lateness_micros_ = LatenessOf(*program_.ruleset);
  pending_fields_.assign(program_.ruleset->frame_slot_count, FieldValue{});
  step_.SetProgram(*program_.ruleset, *program_.code, *plan_, zone);
  MarkAllChanged();
  sink_.OnRuleset(program_.ruleset);
}

std::int64_t Engine::Impl::LatenessOf(const Ruleset& ruleset) const {
  return options_.lateness_micros == kUnknown ? ruleset.lateness_micros : options_.lateness_micros;
}

void Engine::Impl::UseCode(std::shared_ptr<const CodeTable> code) {
  LULL_CHECK(code != nullptr && code->functions.size() == program_.code->functions.size());
  program_.code = std::move(code);
  step_.UseCode(*program_.code);
}

// ---- Events
// ------------------------------------------------------------------------------------------------------

void Engine::Impl::Hash(const EventFrame& frame, std::uint64_t* hashes) const {
  const std::size_t count = ruleset().events[frame.event].entities.size();
  for (std::size_t place = 0; place < count; ++place) {
    bool known = false;
    hashes[place] = RecordStore::HashKey(KeyFor(ruleset(), frame, place, known));
  }
}

ApplyResult Engine::Impl::Apply(const EventFrame& frame) {
  hashes_.resize(std::max(hashes_.size(), ruleset().events[frame.event].entities.size()));
  Hash(frame, hashes_.data());
  return ApplyHashed(frame, hashes_.data());
}

void Engine::Impl::ApplyBatch(std::span<const EventFrame> frames, ApplyResult* results) {
  std::array<std::size_t, kPrefetchGroup> first;
  for (std::size_t begin = 0; begin < frames.size(); begin += kPrefetchGroup) {
    const std::span<const EventFrame> group =
        frames.subspan(begin, std::min(kPrefetchGroup, frames.size() - begin));
    std::size_t count = 0;
    for (const EventFrame& frame : group) count += ruleset().events[frame.event].entities.size();
    hashes_.resize(std::max(hashes_.size(), count));
    count = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const std::vector<std::uint32_t>& entities = ruleset().events[group[i].event].entities;
      first[i] = count;
      Hash(group[i], &hashes_[count]);
      for (const std::uint32_t index : entities) stores_[index]->Prefetch(hashes_[count++]);
    }
    records_.clear();
    for (std::size_t i = 0; i < group.size(); ++i) {
      std::size_t hash = first[i];
      for (const std::uint32_t index : ruleset().events[group[i].event].entities) {
        if (std::byte* record = stores_[index]->PrefetchRecord(hashes_[hash++]); record != nullptr) {
          records_.push_back(record);
        }
      }
    }
    for (std::byte* record : records_) __builtin_prefetch(HeaderOf(record).side);
    for (std::size_t i = 0; i < group.size(); ++i) {
      const ApplyResult result = ApplyHashed(group[i], hashes_.data() + first[i]);
      if (results != nullptr) results[begin + i] = result;
    }
  }
}

ApplyResult Engine::Impl::ApplyHashed(const EventFrame& frame, const std::uint64_t* hashes) {
  ++counts_.events;
  if (frame.time > options_.time_max) {
    ++counts_.too_far_ahead;
    return ApplyResult::kTooFarAhead;
  }
  if (frame.time > options_.until) {
    ++counts_.after_end;
    return ApplyResult::kAfterEnd;
  }
  position_ = frame.position;
  const std::vector<std::uint32_t>& entities = ruleset().events[frame.event].entities;
  ApplyResult worst = ApplyResult::kApplied;
  bool has_key = false;
  bool applied = false;
  const bool of_parts = !ruleset().events[frame.event].parts.empty();
  for (std::size_t place = 0; place < entities.size(); ++place) {
    bool known = false;
    const std::string_view key = KeyFor(ruleset(), frame, place, known);
    if (!known || (of_parts && !Sees(frame, place))) continue;
    has_key = true;
    const ApplyResult result = ApplyTo(entities[place], key, hashes[place], frame);
    applied = applied || result == ApplyResult::kApplied;
    worst = std::max(worst, result);
  }
  if (!has_key) {
    ++counts_.no_key;
    return ApplyResult::kNoKey;
  }
  if (applied) {
    ++counts_.applied;
    latest_time_ = std::max(latest_time_, frame.time.micros);
  }
  EndEntry();
  return worst;
}

// Parts see an event with their whole.
bool Engine::Impl::Sees(const EventFrame& frame, std::size_t place) const {
  const std::vector<PartPlace>& places = ruleset().events[frame.event].parts;
  if (places[place].whole != kNoIndex) return false;
  if (!places[place].by_part_only) return true;
  for (std::size_t part = 0; part < places.size(); ++part) {
    if (places[part].whole == place && frame.keys[part].known()) return true;
  }
  return false;
}

ApplyResult Engine::Impl::ApplyTo(std::uint32_t index, std::string_view key, std::uint64_t hash,
                                  const EventFrame& frame) {
  const bool is_step = ruleset().events[frame.event].task_step != TaskStepKind::kNone;
  if (succession_ != nullptr) Reach(index, key, hash);
  RecordStore::Found found;
  if (is_step) {
    found.record = stores_[index]->Find(key, hash);
    if (found.record == nullptr) {
      ++counts_.steps_unknown;
      return ApplyResult::kApplied;
    }
  } else {
    found = stores_[index]->FindOrCreate(key, hash);
  }
  if (found.created) {
    TouchNew(index, found.record);
  } else {
    Touch(index, found.record);
  }
  Entity entity{.index = index, .record = found.record, .key = key};
  const std::int64_t time = frame.time.micros;
  const std::int64_t clock = ClockOf(HeaderOf(entity.record));
  const bool dedupe = ruleset().dedupe_micros > 0 && frame.id.known();
  const DecisionId id = dedupe ? HashId(frame.id) : DecisionId{};
  if (dedupe && IsDuplicate(HeaderOf(entity.record), id)) {
    ++counts_.duplicates;
    return ApplyResult::kDuplicate;
  }
  const bool late = time < clock;
  // What people say of a task counts when it comes.
  if (late && !is_step && ruleset().late != LatePolicy::kApply) return Refuse(entity, found.created);
  if (dedupe) RememberId(HeaderOf(entity.record), id, time);
  if (late) ++counts_.late;
  if (lateness_micros_ > 0 && !late) {
    pending_.Insert(SideOf(HeaderOf(entity.record)), frame, ruleset());
    HeaderOf(entity.record).clock = std::max(HeaderOf(entity.record).clock, time - lateness_micros_);
    Drain(entity, ClockOf(HeaderOf(entity.record)));
  } else {
    Drain(entity, clock);
    RunMoment(entity, frame, std::max(time, clock));
    HeaderOf(entity.record).clock = std::max(HeaderOf(entity.record).clock, time - lateness_micros_);
  }
  const RecordHeader& header = HeaderOf(entity.record);
  if (header.first_event == kUnknown && (header.side == nullptr || header.side->pending_first == nullptr)) {
    // A step came for a record that was forgotten.
    Discard(index, entity.record);
  } else {
    Schedule(index, entity.record);
  }
  EndEntity();
  return ApplyResult::kApplied;
}

ApplyResult Engine::Impl::Refuse(const Entity& entity, bool created) {
  if (created) Discard(entity.index, entity.record);
  if (ruleset().late == LatePolicy::kDrop) {
    ++counts_.late_dropped;
    return ApplyResult::kLateDropped;
  }
  ++counts_.late_dead_letters;
  return ApplyResult::kLateDeadLetter;
}

bool Engine::Impl::IsDuplicate(RecordHeader& header, const DecisionId& id) const {
  if (header.side == nullptr) return false;
  return std::ranges::find(header.side->seen, id, &SeenId::hash) != header.side->seen.end();
}

void Engine::Impl::RememberId(RecordHeader& header, const DecisionId& id, std::int64_t time) const {
  std::vector<SeenId>& seen = SideOf(header).seen;
  std::int64_t latest = time;
  for (const SeenId& other : seen) latest = std::max(latest, other.time);
  // The newest of the others stay, so that with this one there are kIdsKept at least.
  std::size_t removable = seen.size() >= kIdsKept ? seen.size() - (kIdsKept - 1) : 0;
  std::erase_if(seen, [&](const SeenId& other) {
    if (removable == 0) return false;
    --removable;
    return other.time <= latest - ruleset().dedupe_micros;
  });
  seen.push_back({.hash = id, .time = time});
}

// ---- Moments
// -----------------------------------------------------------------------------------------------------

void Engine::Impl::RunDeadlines(Entity& entity, std::int64_t before) {
  step_.Bind(entity.index, entity.record, entity.key, position_);
  if (HeaderOf(entity.record).wake >= before) return;
  if (step_.RunDeadlines(before) == Step::Fate::kAlive) return;
  Renew(entity);
  step_.Bind(entity.index, entity.record, entity.key, position_);
}

void Engine::Impl::RunMoment(Entity& entity, const EventFrame& frame, std::int64_t instant) {
  RunDeadlines(entity, instant);
  step_.ApplyEvent(frame, instant);
}

void Engine::Impl::Drain(Entity& entity, std::int64_t up_to) {
  while (!pending_.empty()) {
    EntitySide* side = HeaderOf(entity.record).side;
    if (side == nullptr || side->pending_first == nullptr || side->pending_first->time > up_to) return;
    PendingEvent* event = PendingEvents::TakeFirst(*side);
    PendingEvents::Expand(*event, ruleset(), pending_fields_.data());
    EventFrame frame;
    frame.event = event->event;
    frame.time = {event->time};
    frame.fields = pending_fields_.data();
    PendingEvents::Keys(*event, ruleset(), pending_keys_);
    frame.keys = pending_keys_.data();
    frame.position = position_;
    RunMoment(entity, frame, event->time);
    pending_.Free(event);
  }
}

void Engine::Impl::Advance(std::uint32_t index, std::byte* record, std::int64_t up_to,
                           std::int64_t deadlines_before) {
  Touch(index, record);
  Entity entity{.index = index, .record = record, .key = stores_[index]->KeyOf(record)};
  Drain(entity, up_to);
  RunDeadlines(entity, deadlines_before);
  const RecordHeader& header = HeaderOf(entity.record);
  if (header.first_event == kUnknown && (header.side == nullptr || header.side->pending_first == nullptr)) {
    Discard(index, entity.record);
  } else {
    Schedule(index, entity.record);
  }
  EndEntity();
}

void Engine::Impl::Renew(Entity& entity) {
  ++counts_.forgotten;
  RecordHeader& old = HeaderOf(entity.record);
  const std::int64_t clock = old.clock;
  EraseParts(old);
  // Buffered events belong to the record's next life.
  EntitySide* side = old.side;
  old.side = nullptr;
  Discard(entity.index, entity.record);
  entity.record = stores_[entity.index]->FindOrCreate(entity.key).record;
  TouchNew(entity.index, entity.record);
  RecordHeader& fresh = HeaderOf(entity.record);
  fresh.clock = clock;
  if (side == nullptr) return;
  ClearSide(*side, ruleset().entities[entity.index], texts_);
  side->seen.clear();
  fresh.side = side;
  if (side->pending_first == nullptr) FreeSide(fresh, ruleset().entities[entity.index], texts_);
}

void Engine::Impl::Discard(std::uint32_t index, std::byte* record) {
  if (options_.snapshots) NoteErasure(index, record);
  EraseParts(HeaderOf(record));
  FreeSide(HeaderOf(record), ruleset().entities[index], texts_);
  if (options_.live) wheels_[index].Cancel(stores_[index]->IndexOf(record));
  stores_[index]->Erase(record);
}

bool Engine::Impl::Erase(std::uint32_t index, std::string_view key, LogPosition position) {
  LULL_CHECK(!IsPart(index));
  if (succession_ != nullptr) Reach(index, key, RecordStore::HashKey(key));
  std::byte* record = stores_[index]->Find(key);
  if (record == nullptr) return false;
  position_ = position;
  Touch(index, record);
  const RecordHeader& header = HeaderOf(record);
  step_.Bind(index, record, stores_[index]->KeyOf(record), position_);
  if (header.first_event != kUnknown) step_.Forget(std::max(ClockOf(header), header.first_event));
  if (header.side != nullptr) DropPending(*header.side);
  ++counts_.forgotten;
  Discard(index, record);
  EndEntity();
  EndEntry();
  return true;
}

void Engine::Impl::EraseParts(RecordHeader& header) {
  if (header.side == nullptr || header.side->family == nullptr) return;
  counts_.forgotten += header.side->family->parts.size();
  parts_.EraseAll(*header.side->family);
  header.side->family.reset();
}

void Engine::Impl::DropPending(EntitySide& side) {
  while (side.pending_first != nullptr) pending_.Free(PendingEvents::TakeFirst(side));
}

void Engine::Impl::Schedule(std::uint32_t index, std::byte* record) {
  RecordHeader& header = HeaderOf(record);
  if (header.side != nullptr && header.side->IsIdle()) FreeSide(header, ruleset().entities[index], texts_);
  if (!options_.live) return;
  std::int64_t instant = header.wake;
  // A buffered event is applied by the tick at its time, a deadline only by one after it.
  if (header.side != nullptr && header.side->pending_first != nullptr) {
    instant = std::min(instant, header.side->pending_first->time - 1);
  }
  const std::uint32_t place = stores_[index]->IndexOf(record);
  wheels_[index].Schedule(place, instant);
  if (header.side != nullptr && !header.side->tasks.empty()) with_tasks_[index].Add(place);
}

void Engine::Impl::EndEntity() {
  counts_.forgotten += step_.TakeForgottenParts();
  texts_.Reclaim();
  scratch_.Reset();
}

void Engine::Impl::EndEntry() {
  if (step_.writer().TakeWritten()) sink_.OnEntryEnd();
}

// ---- Time
// --------------------------------------------------------------------------------------------------------

void Engine::Impl::Tick(std::int64_t instant, LogPosition position) {
  if (instant <= tick_) return;
  FinishSwap();
  tick_ = instant;
  position_ = position;
  for (std::uint32_t index = 0; index < wheels_.size(); ++index) {
    wheels_[index].Advance(instant - 1, [&](std::uint32_t handle, std::int64_t /*at*/) {
      Advance(index, stores_[index]->RecordAt(handle), instant, instant);
    });
  }
  EndEntry();
}

void Engine::Impl::Finish(std::int64_t end, LogPosition position) {
  FinishSwap();
  position_ = position;
  const std::int64_t deadlines_before = end == kNever ? kNever : end + 1;
  for (std::uint32_t index = 0; index < stores_.size(); ++index) {
    if (ruleset().entities[index].whole != kNoIndex) continue;
    stores_[index]->ForEach([&](std::byte* record) { Advance(index, record, kNever, deadlines_before); });
  }
  EndEntry();
}

}  // namespace lull::runtime
