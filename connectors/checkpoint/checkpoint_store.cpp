#include "connectors/checkpoint/checkpoint_store.h"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "runtime/hash.h"

namespace lull::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHeadKey = "h";
constexpr char kEntityMark = 'e';
constexpr std::size_t kTypeBytes = 4;
constexpr std::size_t kDigestBytes = sizeof(std::uint64_t);
constexpr std::size_t kBatchBytes = 1U << 20;
constexpr std::size_t kMemtableBytes = 32U << 20;
constexpr int kNumberDigits = 6;

std::string KeyOf(std::uint32_t entity, std::string_view key) {
  std::string out(1, kEntityMark);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((entity >> shift) & 0xFFU);
  return out.append(key);
}

std::uint64_t DigestOf(std::string_view key, std::string_view value) {
  return runtime::MixBits(runtime::HashBytes(key)) ^ runtime::HashBytes(value);
}

std::string Sealed(std::string_view key, std::string_view value) {
  const std::uint64_t digest = DigestOf(key, value);
  std::string out(reinterpret_cast<const char*>(&digest), kDigestBytes);
  return out.append(value);
}

/// The value without its digest; nothing if that is wrong.
std::optional<std::string_view> Unsealed(std::string_view key, std::string_view sealed) {
  if (sealed.size() < kDigestBytes) return {};
  std::uint64_t digest = 0;
  std::memcpy(&digest, sealed.data(), kDigestBytes);
  const std::string_view value = sealed.substr(kDigestBytes);
  return digest == DigestOf(key, value) ? std::optional(value) : std::nullopt;
}

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
rocksdb::Slice SliceOf(std::string_view view) { return {view.data(), view.size()}; }

Status From(const rocksdb::Status& status, const fs::path& folder) {
  if (status.ok()) return {};
  return Fail("checkpoint store " + folder.string() + ": " + status.ToString() +
              (status.IsNoSpace() ? ". What to do: free space on this disk." : "."));
}

Error FolderError(const std::string& what, const fs::path& folder, const std::error_code& error) {
  return Error{"cannot " + what + " " + folder.string() + ": " + error.message() + "."};
}

/// Messages of the library for its own developers go nowhere: its errors come back as values.
class NoLog : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*args*/) override {}
};

rocksdb::Options DatabaseOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.info_log = std::make_shared<NoLog>();
  options.write_buffer_size = kMemtableBytes;
  options.compression = rocksdb::kLZ4Compression;
  options.max_background_jobs = 2;
  options.avoid_flush_during_shutdown = true;
  return options;
}

Status SyncFolder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  const bool done = file >= 0 && ::fsync(file) == 0;
  const std::error_code error(errno, std::generic_category());
  if (file >= 0) ::close(file);
  if (!done) return std::unexpected(FolderError("write to disk the folder", folder, error));
  return {};
}

/// Makes a folder, and those above it, so that a power cut does not take it away again.
Status MakeFolder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return {};
  const fs::path parent = fs::absolute(folder, error).parent_path();
  if (Status ok = MakeFolder(parent); !ok) return ok;
  fs::create_directory(folder, error);
  if (error) return std::unexpected(FolderError("make the folder", folder, error));
  return SyncFolder(parent);
}

std::optional<std::uint64_t> NumberOf(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (name.empty() || name.find_first_not_of("0123456789") != std::string::npos || name.size() > 18)
    return {};
  return std::stoull(name);
}

std::string NameOf(std::uint64_t number) {
  std::string name = std::to_string(number);
  if (name.size() < kNumberDigits) name.insert(0, kNumberDigits - name.size(), '0');
  return name;
}

/// A database that shares the files of `from` that never change.
Status LinkDatabase(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to, error);
  for (fs::directory_iterator entry(from, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path target = to / entry->path().filename();
    if (entry->path().extension() == ".sst") {
      fs::create_hard_link(entry->path(), target, error);
    } else {
      fs::copy_file(entry->path(), target, error);
    }
    if (error) break;
  }
  if (error) return std::unexpected(FolderError("copy checkpoint " + from.string() + " to", to, error));
  return {};
}

}  // namespace

std::vector<fs::path> FinishedCheckpoints(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder / "checkpoints", error), end; !error && entry != end;
       entry.increment(error)) {
    if (NumberOf(entry->path())) found.push_back(entry->path());
  }
  std::ranges::sort(found, std::ranges::greater{}, [](const fs::path& path) { return *NumberOf(path); });
  return found;
}

// ---- CheckpointReader
// ----------------------------------------------------------------------------------------

struct CheckpointReader::Impl {
  fs::path folder;
  std::unique_ptr<rocksdb::DB> database;
  CheckpointHead head;

  Error Damaged(const std::string& what) const {
    return Error{"checkpoint " + folder.string() + " is damaged: " + what};
  }
  rocksdb::ReadOptions Read() const {
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    options.fill_cache = false;
    options.readahead_size = 2U << 20;
    return options;
  }
};

CheckpointReader::CheckpointReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CheckpointReader::CheckpointReader(CheckpointReader&&) noexcept = default;
CheckpointReader& CheckpointReader::operator=(CheckpointReader&&) noexcept = default;
CheckpointReader::~CheckpointReader() = default;

const CheckpointHead& CheckpointReader::head() const { return impl_->head; }

Result<CheckpointReader> CheckpointReader::Open(const fs::path& folder) {
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  rocksdb::Options options = DatabaseOptions();
  options.create_if_missing = false;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status opened = rocksdb::DB::OpenForReadOnly(options, folder.string(), &database);
  if (!opened.ok()) return std::unexpected(impl->Damaged(opened.ToString() + "."));
  impl->database.reset(database);
  std::string sealed;
  const rocksdb::Status got = database->Get(impl->Read(), SliceOf(kHeadKey), &sealed);
  if (!got.ok()) return std::unexpected(impl->Damaged("no head, " + got.ToString() + "."));
  const auto bytes = Unsealed(kHeadKey, sealed);
  if (!bytes) return std::unexpected(impl->Damaged("the checksum of its head is wrong."));
  Result<CheckpointHead> head = ParseCheckpointHead(*bytes);
  if (!head) return std::unexpected(head.error().Within(folder.string()));
  impl->head = std::move(*head);
  return CheckpointReader(std::move(impl));
}

Status CheckpointReader::ReadAll(const Take& take) const {
  const std::unique_ptr<rocksdb::Iterator> at(impl_->database->NewIterator(impl_->Read()));
  std::uint64_t count = 0;
  const std::string first(1, kEntityMark);
  for (at->Seek(first); at->Valid() && at->key().starts_with(first); at->Next()) {
    const std::string_view key = View(at->key());
    if (key.size() < 1 + kTypeBytes) return std::unexpected(impl_->Damaged("a key is too short."));
    std::uint32_t entity = 0;
    for (std::size_t i = 1; i <= kTypeBytes; ++i) entity = entity << 8U | static_cast<std::uint8_t>(key[i]);
    const auto image = Unsealed(key, View(at->value()));
    if (!image) return std::unexpected(impl_->Damaged("the checksum of an entity is wrong."));
    if (!take(entity, key.substr(1 + kTypeBytes), *image)) {
      return std::unexpected(impl_->Damaged("an entity is not what its ruleset can have."));
    }
    ++count;
  }
  if (!at->status().ok()) return std::unexpected(impl_->Damaged(at->status().ToString() + "."));
  if (count != impl_->head.entity_count) {
    return std::unexpected(impl_->Damaged("it has " + std::to_string(count) + " entities, and should have " +
                                          std::to_string(impl_->head.entity_count) + "."));
  }
  return {};
}

Result<std::string> CheckpointReader::Find(std::uint32_t entity, std::string_view key) const {
  const std::string name = KeyOf(entity, key);
  std::string sealed;
  const rocksdb::Status got = impl_->database->Get(impl_->Read(), name, &sealed);
  if (got.IsNotFound()) return std::string();
  if (!got.ok()) return std::unexpected(impl_->Damaged(got.ToString() + "."));
  const auto image = Unsealed(name, sealed);
  if (!image) return std::unexpected(impl_->Damaged("the checksum of an entity is wrong."));
  return std::string(*image);
}

// ---- CheckpointStore
// -----------------------------------------------------------------------------------------

namespace {

/// Held as long as the process lives; the system lets go of it by itself.
struct FileLock {
  FileLock() = default;
  ~FileLock() {
    if (file >= 0) ::close(file);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  int file = -1;
};

}  // namespace

struct CheckpointStore::Impl {
  Options options;
  FileLock lock;
  std::unique_ptr<rocksdb::DB> database;
  rocksdb::WriteBatch batch;
  std::uint64_t next_number = 1;

  fs::path live() const { return options.folder / "live"; }
  fs::path finished() const { return options.folder / "checkpoints"; }
  Status Claim();
  Status SetAside(std::uint64_t above);
  Status RemoveLive() const;
  Status OpenLive();
  Status Write();
  Status WriteIfLarge() { return batch.GetDataSize() < kBatchBytes ? Status() : Write(); }
  void Prune() const;
};

CheckpointStore::CheckpointStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CheckpointStore::CheckpointStore(CheckpointStore&&) noexcept = default;
CheckpointStore& CheckpointStore::operator=(CheckpointStore&&) noexcept = default;
CheckpointStore::~CheckpointStore() = default;

Status CheckpointStore::Impl::Claim() {
  if (Status ok = MakeFolder(finished()); !ok) return ok;
  // A process that was killed may have made it and not come to this.
  if (Status ok = SyncFolder(options.folder); !ok) return ok;
  const fs::path file = options.folder / "lock";
  lock.file = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock.file < 0) {
    return std::unexpected(FolderError("open", file, std::error_code(errno, std::generic_category())));
  }
  if (::flock(lock.file, LOCK_EX | LOCK_NB) == 0) return {};
  return Fail("the state folder " + options.folder.string() +
              " is in use by another process. What to do: stop that one, or give each a `folder` of its own "
              "in [state].");
}

Status CheckpointStore::Impl::SetAside(std::uint64_t above) {
  const fs::path aside = options.folder / "discarded";
  std::error_code error;
  bool first = true;
  for (const fs::path& folder : FinishedCheckpoints(options.folder)) {
    next_number = std::max(next_number, *NumberOf(folder) + 1);
    if (*NumberOf(folder) <= above) continue;
    if (std::exchange(first, false)) fs::remove_all(aside, error);
    fs::create_directories(aside, error);
    if (!error) fs::rename(folder, aside / folder.filename(), error);
    if (error) return std::unexpected(FolderError("set aside the checkpoint", folder, error));
  }
  return {};
}

Status CheckpointStore::Impl::RemoveLive() const {
  std::error_code error;
  fs::remove_all(live(), error);
  if (error) return std::unexpected(FolderError("remove", live(), error));
  return {};
}

Status CheckpointStore::Impl::OpenLive() {
  rocksdb::DB* opened = nullptr;
  if (Status ok = From(rocksdb::DB::Open(DatabaseOptions(), live().string(), &opened), live()); !ok)
    return ok;
  database.reset(opened);
  return {};
}

Status CheckpointStore::Impl::Write() {
  rocksdb::WriteOptions unlogged;
  // What is not in a finished checkpoint is never read back.
  unlogged.disableWAL = true;
  const rocksdb::Status written = database->Write(unlogged, &batch);
  batch.Clear();
  return From(written, live());
}

void CheckpointStore::Impl::Prune() const {
  const std::vector<fs::path> all = FinishedCheckpoints(options.folder);
  std::error_code error;
  for (std::size_t i = options.keep_count; i < all.size(); ++i) {
    // By another name first, so that half of one is never taken for a whole one.
    const fs::path going = options.folder / ("removing-" + all[i].filename().string());
    fs::rename(all[i], going, error);
    fs::remove_all(going, error);
  }
}

Result<CheckpointStore> CheckpointStore::Continue(Options options, const fs::path& from) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  const auto number = NumberOf(from);
  if (!number) return Fail(from.string() + " is no checkpoint.");
  if (Status ok = impl->Claim(); !ok) return std::unexpected(ok.error());
  if (Status ok = impl->RemoveLive(); !ok) return std::unexpected(ok.error());
  if (Status ok = impl->SetAside(*number); !ok) return std::unexpected(ok.error());
  if (Status ok = LinkDatabase(from, impl->live()); !ok) return std::unexpected(ok.error());
  if (Status ok = impl->OpenLive(); !ok) return std::unexpected(ok.error());
  return CheckpointStore(std::move(impl));
}

Result<CheckpointStore> CheckpointStore::Begin(Options options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  if (Status ok = impl->Claim(); !ok) return std::unexpected(ok.error());
  if (Status ok = impl->RemoveLive(); !ok) return std::unexpected(ok.error());
  if (Status ok = impl->SetAside(0); !ok) return std::unexpected(ok.error());
  if (Status ok = impl->OpenLive(); !ok) return std::unexpected(ok.error());
  return CheckpointStore(std::move(impl));
}

Status CheckpointStore::Clear() {
  impl_->batch.Clear();
  impl_->database.reset();
  if (Status ok = impl_->RemoveLive(); !ok) return ok;
  return impl_->OpenLive();
}

Status CheckpointStore::Erase(std::uint32_t entity, std::string_view key) {
  impl_->batch.Delete(KeyOf(entity, key));
  return impl_->WriteIfLarge();
}

Status CheckpointStore::Put(std::uint32_t entity, std::string_view key, std::string_view image) {
  const std::string name = KeyOf(entity, key);
  impl_->batch.Put(name, Sealed(name, image));
  return impl_->WriteIfLarge();
}

Result<std::uint64_t> CheckpointStore::Finish(CheckpointHead head) {
  head.number = impl_->next_number;
  impl_->batch.Put(SliceOf(kHeadKey), Sealed(kHeadKey, ToBytes(head)));
  if (Status ok = impl_->Write(); !ok) return std::unexpected(ok.error());
  if (Status ok = From(impl_->database->Flush({}), impl_->live()); !ok) return std::unexpected(ok.error());
  rocksdb::Checkpoint* made = nullptr;
  const rocksdb::Status created = rocksdb::Checkpoint::Create(impl_->database.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (Status ok = From(created, impl_->live()); !ok) return std::unexpected(ok.error());
  const fs::path folder = impl_->finished() / NameOf(head.number);
  if (Status ok = From(checkpoint->CreateCheckpoint(folder.string()), folder); !ok) {
    return std::unexpected(ok.error());
  }
  if (Status ok = SyncFolder(impl_->finished()); !ok) return std::unexpected(ok.error());
  ++impl_->next_number;
  impl_->Prune();
  return head.number;
}

}  // namespace lull::connectors
