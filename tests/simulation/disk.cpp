#include "tests/simulation/disk.h"

#include <algorithm>

#include "connectors/checkpoint/checkpoint_store.h"
#include "runtime/base/check.h"
#include "tests/simulation/world.h"

namespace lull {

using simulation::StateFolders;
using simulation::StoredCheckpoint;
using simulation::TheWorld;

std::map<std::string, simulation::StateFolder>& simulation::StateFolders() {
  static std::map<std::string, StateFolder> folders;
  return folders;
}

namespace connectors {

namespace {

bool IsKilled() { return TheWorld().current() != nullptr && TheWorld().current()->killed; }

StoredCheckpoint* FindCheckpoint(const std::filesystem::path& folder) {
  auto& finished = StateFolders()[folder.parent_path().string()].finished;
  const auto found = finished.find(std::stoull(folder.filename().string()));
  return found == finished.end() ? nullptr : &found->second;
}

}  // namespace

struct CheckpointReader::Impl {
  StoredCheckpoint checkpoint;
};

CheckpointReader::CheckpointReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CheckpointReader::CheckpointReader(CheckpointReader&&) noexcept = default;
CheckpointReader& CheckpointReader::operator=(CheckpointReader&&) noexcept = default;
CheckpointReader::~CheckpointReader() = default;

Result<CheckpointReader> CheckpointReader::Open(const std::filesystem::path& folder) {
  const StoredCheckpoint* found = FindCheckpoint(folder);
  if (found == nullptr) return Fail("no checkpoint in " + folder.string());
  return CheckpointReader(std::make_unique<Impl>(*found));
}

const CheckpointHead& CheckpointReader::head() const { return impl_->checkpoint.head; }

Status CheckpointReader::ReadAll(const Take& take) const {
  for (const auto& [key, image] : impl_->checkpoint.entities) {
    if (!take(key.first, key.second, image)) return Fail("an image is no good");
  }
  const bool whole = impl_->checkpoint.entities.size() == impl_->checkpoint.head.entity_count;
  return impl_->checkpoint.damaged || !whole ? Fail("the checkpoint is damaged") : Status();
}

Result<std::string> CheckpointReader::Find(std::uint32_t entity, std::string_view key) const {
  const auto found = impl_->checkpoint.entities.find({entity, std::string(key)});
  return found == impl_->checkpoint.entities.end() ? std::string() : found->second;
}

std::vector<std::filesystem::path> FinishedCheckpoints(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& [number, checkpoint] : StateFolders()[folder.string()].finished) {
    found.push_back(folder / std::to_string(number));
  }
  std::ranges::reverse(found);
  return found;
}

struct CheckpointStore::Impl {
  Options options;
  StoredCheckpoint live;
  std::uint64_t number = 0;

  simulation::StateFolder& folder() { return StateFolders()[options.folder.string()]; }
  Status Writable() { return folder().full ? Fail("no space left on device") : Status(); }
};

CheckpointStore::CheckpointStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CheckpointStore::CheckpointStore(CheckpointStore&&) noexcept = default;
CheckpointStore& CheckpointStore::operator=(CheckpointStore&&) noexcept = default;
CheckpointStore::~CheckpointStore() = default;

Result<CheckpointStore> CheckpointStore::Begin(Options options) {
  auto impl = std::make_unique<Impl>(Impl{.options = std::move(options)});
  if (IsKilled()) return CheckpointStore(std::move(impl));
  impl->folder().finished.clear();
  return CheckpointStore(std::move(impl));
}

Result<CheckpointStore> CheckpointStore::Continue(Options options, const std::filesystem::path& from) {
  auto impl = std::make_unique<Impl>(Impl{.options = std::move(options)});
  const StoredCheckpoint* found = FindCheckpoint(from);
  if (found == nullptr) return Fail("no checkpoint in " + from.string());
  impl->live = *found;
  impl->number = found->head.number;
  if (IsKilled()) return CheckpointStore(std::move(impl));
  std::erase_if(impl->folder().finished, [&](const auto& entry) { return entry.first > impl->number; });
  return CheckpointStore(std::move(impl));
}

Status CheckpointStore::Clear() {
  impl_->live.entities.clear();
  return impl_->Writable();
}

Status CheckpointStore::Erase(std::uint32_t entity, std::string_view key) {
  impl_->live.entities.erase({entity, std::string(key)});
  return impl_->Writable();
}

Status CheckpointStore::Put(std::uint32_t entity, std::string_view key, std::string_view image) {
  impl_->live.entities[{entity, std::string(key)}] = image;
  return impl_->Writable();
}

Result<std::uint64_t> CheckpointStore::Finish(CheckpointHead head) {
  if (const Status writable = impl_->Writable(); !writable) return std::unexpected(writable.error());
  head.number = ++impl_->number;
  if (IsKilled()) return head.number;
  impl_->live.head = std::move(head);
  auto& finished = impl_->folder().finished;
  finished[impl_->number] = impl_->live;
  while (finished.size() > impl_->options.keep_count) finished.erase(finished.begin());
  return impl_->number;
}

}  // namespace connectors
}  // namespace lull
