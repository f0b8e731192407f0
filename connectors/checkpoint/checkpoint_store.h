// Checkpoints of one shard in a folder: an embedded RocksDB, of which each finished checkpoint is a copy.
//
//   FOLDER/live/                 the database that the next checkpoint is written to
//   FOLDER/checkpoints/000042/   a finished checkpoint: a database of its own, whose files are hard links
//
// Only finished checkpoints are ever read back: a process that dies while it writes leaves `live`, which is
// made anew from a finished one. So a checkpoint is atomic whatever happens, and costs what has changed:
// RocksDB shares the files of what has not. A finished one is on disk before it gets its name (RocksDB syncs
// its files, this store the folders).
//
// In each database the key "h" has the head (checkpoint_head.h), and "e", the entity type's number (4 bytes,
// big-endian) and the entity's key have its image (runtime/entity_image.h); each value begins with XXH3-64 of
// key and rest (8 bytes, little-endian). RocksDB has checksums of its own for all it stores; these go from
// end to end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/checkpoint/checkpoint_head.h"
#include "runtime/base/result.h"

namespace lull::connectors {

/// A finished checkpoint, for reading. Any number may be open, also while a store writes.
class CheckpointReader {
 public:
  /// Reads and verifies the head.
  static Result<CheckpointReader> Open(const std::filesystem::path& folder);
  CheckpointReader(CheckpointReader&&) noexcept;
  CheckpointReader& operator=(CheckpointReader&&) noexcept;
  ~CheckpointReader();

  const CheckpointHead& head() const;
  /// Called with each entity, in order of type and key. False: stop, the image is no good.
  using Take = std::function<bool(std::uint32_t entity, std::string_view key, std::string_view image)>;
  /// Fails if anything is damaged or missing, or `take` did not like it: then none of it can be trusted.
  Status ReadAll(const Take& take) const;
  /// The image of one; empty if there is none.
  Result<std::string> Find(std::uint32_t entity, std::string_view key) const;

 private:
  struct Impl;
  explicit CheckpointReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The folders of finished checkpoints below FOLDER, newest first.
std::vector<std::filesystem::path> FinishedCheckpoints(const std::filesystem::path& folder);

/// One thread. One process at a time: FOLDER/lock is held.
class CheckpointStore {
 public:
  struct Options {
    std::filesystem::path folder;
    std::size_t keep_count = 4;  ///< finished checkpoints; older ones go
  };

  /// Goes on from a finished checkpoint: `live` is made of it. Finished ones that are newer are set aside
  /// under FOLDER/discarded, where a person may look at them until the next ones come there.
  static Result<CheckpointStore> Continue(Options options, const std::filesystem::path& from);
  /// Begins with nothing; finished checkpoints are set aside likewise.
  static Result<CheckpointStore> Begin(Options options);
  CheckpointStore(CheckpointStore&&) noexcept;
  CheckpointStore& operator=(CheckpointStore&&) noexcept;
  ~CheckpointStore();

  /// Forgets all entities.
  Status Clear();
  Status Erase(std::uint32_t entity, std::string_view key);
  Status Put(std::uint32_t entity, std::string_view key, std::string_view image);

  /// Makes a finished checkpoint of what was put, with the next number, and removes those beyond
  /// `keep_count`.
  Result<std::uint64_t> Finish(CheckpointHead head);

 private:
  struct Impl;
  explicit CheckpointStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::connectors
