#include "tests/support/snapshot_runner.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/ordered_sink.h"
#include "tests/support/collector.h"
#include "tests/support/log_frames.h"

namespace lull::test {
namespace {

/// What a store of checkpoints would hold.
class Images : public runtime::SnapshotSink {
 public:
  using Name = std::pair<std::uint32_t, std::string>;

  void OnSnapshot(bool whole, std::uint64_t entity_count) override {
    entity_count_ = entity_count;
    whole_ = whole;
    if (whole) images_.clear();
  }
  void OnErased(std::uint32_t entity, std::string_view key) override {
    images_.erase({entity, std::string(key)});
  }
  void OnEntity(std::uint32_t entity, std::string_view key, std::string_view image) override {
    images_[{entity, std::string(key)}] = image;
  }

  bool whole() const { return whole_; }
  bool complete() const { return images_.size() == entity_count_; }
  const std::map<Name, std::string>& all() const { return images_; }

 private:
  bool whole_ = true;
  std::uint64_t entity_count_ = 0;
  std::map<Name, std::string> images_;
};

/// An entry of the log: an event, or a tick.
struct Entry {
  const runtime::EventFrame* frame = nullptr;
  std::int64_t tick = 0;
};

std::vector<Entry> EntriesOf(const std::vector<LogEvent>& log, const Frames& frames,
                             std::int64_t tick_micros) {
  std::vector<Entry> entries;
  std::int64_t tick = log.empty() ? 0 : log.front().time;
  for (const runtime::EventFrame& frame : frames.all()) {
    while (tick_micros > 0 && tick + tick_micros <= frame.time.micros) {
      const std::int64_t steps = (frame.time.micros - tick) / tick_micros;
      tick += tick_micros * std::max<std::int64_t>(1, steps / 2);
      entries.push_back({.tick = tick});
    }
    entries.push_back({.frame = &frame});
  }
  return entries;
}

class Runner {
 public:
  Runner(Random& random, const runtime::Program& code, bool live) : random_(random), code_(code) {
    options_.live = live;
    options_.snapshots = true;
    engine_ = NewEngine();
  }

  SnapshotRun Run(const std::vector<Entry>& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!engine_->snapshot_under_way() && random_() % 6 == 0) {
        cut_ = i;
        collected_at_cut_ = collector_->result.records.size();
        clock_ = engine_->clock();
        engine_->BeginSnapshot(images_);
      }
      Apply(*engine_, entries[i]);
      if (engine_->snapshot_under_way() && engine_->ContinueSnapshot(random_() % 3)) Restart(entries, i + 1);
    }
    engine_->Finish(engine_->latest_time());
    TakeRecords();
    std::ranges::sort(run_.records);
    return std::move(run_);
  }

 private:
  std::unique_ptr<runtime::Engine> NewEngine() {
    collector_ = std::make_unique<Collector>();
    sorter_ = std::make_unique<runtime::EntrySorter>(*collector_);
    auto engine = runtime::Engine::Create(code_, options_, *sorter_);
    LULL_CHECK(engine.has_value());
    return std::move(*engine);
  }

  static void Apply(runtime::Engine& engine, const Entry& entry) {
    if (entry.frame != nullptr) {
      engine.Apply(*entry.frame);
    } else {
      engine.Tick(EventTime{entry.tick});
    }
  }

  void TakeRecords() {
    const std::vector<std::string>& records = collector_->result.records;
    run_.records.insert(run_.records.end(), records.begin(), records.end());
  }

  /// Goes on with an engine that knows only the snapshot, after what came since the cut.
  void Restart(const std::vector<Entry>& entries, std::size_t next) {
    ++run_.restored;
    if (!images_.whole()) ++run_.incremental;
    std::vector<std::string> first_time = collector_->result.records;
    TakeRecords();
    first_time.erase(first_time.begin(), first_time.begin() + static_cast<std::ptrdiff_t>(collected_at_cut_));
    engine_.reset();
    engine_ = NewEngine();
    LULL_CHECK(images_.complete());
    engine_->RestoreClock(clock_);
    for (const auto& [name, image] : images_.all()) {
      LULL_CHECK(engine_->Restore(name.first, name.second, image));
    }
    for (std::size_t i = cut_; i < next; ++i) Apply(*engine_, entries[i]);
    if (collector_->result.records != first_time && run_.difference.empty()) {
      run_.difference = "entries " + std::to_string(cut_) + " to " + std::to_string(next) + "\n";
      for (const std::string& record : first_time) run_.difference += "first:  " + record + "\n";
      for (const std::string& record : collector_->result.records)
        run_.difference += "replay: " + record + "\n";
    }
    collector_->result.records.clear();
  }

  Random& random_;
  const runtime::Program& code_;
  runtime::EngineOptions options_;
  Images images_;
  std::unique_ptr<Collector> collector_;
  std::unique_ptr<runtime::EntrySorter> sorter_;
  std::unique_ptr<runtime::Engine> engine_;
  std::size_t cut_ = 0;
  std::size_t collected_at_cut_ = 0;
  runtime::EngineClock clock_;
  SnapshotRun run_;
};

}  // namespace

SnapshotRun RunWithSnapshots(Random& random, const runtime::Program& code, const std::vector<LogEvent>& log,
                             std::int64_t tick_micros) {
  const Frames frames(log, *code.ruleset);
  return Runner(random, code, tick_micros > 0).Run(EntriesOf(log, frames, tick_micros));
}

std::vector<EntityBytes> ImagesAfter(const runtime::Program& code, const std::vector<LogEvent>& log) {
  Collector collector;
  auto engine = runtime::Engine::Create(code, {.snapshots = true}, collector);
  LULL_CHECK(engine.has_value());
  const Frames frames(log, *code.ruleset);
  (*engine)->ApplyBatch(frames.all());
  Images images;
  (*engine)->BeginSnapshot(images);
  LULL_CHECK((*engine)->ContinueSnapshot(log.size()));
  std::vector<EntityBytes> all;
  for (const auto& [name, image] : images.all()) all.push_back({name.first, name.second, image});
  return all;
}

}  // namespace lull::test
