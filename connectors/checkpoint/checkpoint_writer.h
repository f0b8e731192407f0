// Brings snapshots of a shard to its checkpoint store on a thread of its own, so that the path of events
// never waits for a disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "connectors/checkpoint/checkpoint_store.h"
#include "runtime/base/worker.h"
#include "runtime/snapshot.h"

namespace lull::connectors {

/// What became of a checkpoint.
struct CheckpointWritten {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;  // of what had changed
  std::int64_t micros = 0;  // from the snapshot's beginning until it was on disk
};

/// Its calls are of one thread, that of the engine.
class CheckpointWriter : public runtime::SnapshotSink {
 public:
  explicit CheckpointWriter(CheckpointStore store);
  /// Ends at once; what is not finished is lost.
  ~CheckpointWriter() override = default;
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  void OnSnapshot(bool whole, std::uint64_t entity_count) override;
  void OnErased(std::uint32_t entity, std::string_view key) override;
  void OnEntity(std::uint32_t entity, std::string_view key, std::string_view image) override;

  /// The snapshot is complete: makes a checkpoint of it. `entity_count` is filled in.
  void Finish(CheckpointHead head);
  /// What became of the last Finish, once; the next snapshot may then begin. After a failure it must be a
  /// whole one (Engine::AbandonSnapshot).
  std::optional<Result<CheckpointWritten>> Take();
  /// As Take, but waits for it.
  Result<CheckpointWritten> Wait();

  /// Of what was given and is not in the store yet. The engine should not give more above some bound.
  std::uint64_t backlog_bytes() const { return backlog_bytes_; }

 private:
  struct Work {
    bool begins = false;       // a new snapshot, whatever became of the one before
    std::string entries = {};  // of a snapshot, as Append makes them
    std::optional<CheckpointHead> finish = {};
  };

  void Append(std::uint8_t kind, std::uint32_t entity, std::string_view key, std::string_view image);
  void Hand(Work work);
  Status Apply(const std::string& entries);
  void Do(Work work);

  CheckpointStore store_;
  std::string entries_;  // not yet handed to the thread
  std::uint64_t entity_count_ = 0;
  std::uint64_t bytes_ = 0;
  std::int64_t began_micros_ = 0;  // a steady clock's
  std::atomic<std::uint64_t> backlog_bytes_ = 0;

  std::mutex mutex_;
  std::optional<Result<CheckpointWritten>> outcome_;  // under mutex_

  Status failed_;  // of the snapshot in hand; the worker's
  Worker worker_;  // last: its jobs use all of the above
};

}  // namespace lull::connectors
